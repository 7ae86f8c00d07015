import Chainrule
import Testing

@Suite struct ModelHeaderTests {
    /// An architecture with one layer of 2 × 3 weights, as it stands in a header.
    private static let architecture =
        #"{\"inputs\":3,\"layers\":[{\"type\":\"dense\",\"name\":\"a\",\"inputs\":[\"input\"],\"units\":2,\"bias\":false,\"activation\":\"tanh\"}]}"#

    private func header(
        metadata: String? = nil, format: String = #""chainrule""#, version: String = #""1""#,
        architecture: String = "\"\(ModelHeaderTests.architecture)\"",
        tensors: String = #""a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}"#
    ) -> String {
        let metadata =
            metadata ?? #"{"format":\#(format),"format_version":\#(version),"architecture":\#(architecture)}"#
        return #"{"__metadata__":\#(metadata),\#(tensors)}"#
    }

    @discardableResult
    private func parse(_ json: String, dataBytes: Int = 24) throws -> ModelHeader {
        try ModelHeader(JSONText(json.utf8), dataBytes: dataBytes)
    }

    @Test func aHeaderByHand() throws { try parse(header()) }

    @Test func encodedHeadersAreParsed() throws {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(5, .elu(alpha: 0.5), name: "a")
        try architecture.dense(5, name: "b", bias: false)
        try architecture.sum(of: ["a", "b"])
        let plan = try Plan(architecture)
        let bytes = try ModelHeader.encode(plan)
        let length = try ModelHeader.length(Array(bytes[0..<8]), fileBytes: bytes.count + 4 * plan.parameterCount)
        #expect(length == bytes.count - 8 && length % 8 == 0)
        _ = try ModelHeader(JSONText(bytes[8...]), dataBytes: 4 * plan.parameterCount)
        expectError(.format, "take 180 bytes", "has 176") {
            _ = try ModelHeader(JSONText(bytes[8...]), dataBytes: 4 * plan.parameterCount - 4)
        }
    }

    @Test func lengths() throws {
        func length(_ prefix: [UInt8], _ fileBytes: Int) throws -> Int {
            try ModelHeader.length(prefix, fileBytes: fileBytes)
        }
        #expect(try length([2, 0, 0, 0, 0, 0, 0, 0], 10) == 2)
        #expect(try length([1, 2, 3, 0, 0, 0, 0, 0], 1_000_000) == 1 + 2 * 256 + 3 * 65536)
        expectError(.format, "header of 0 bytes") { _ = try length([0, 0, 0, 0, 0, 0, 0, 0], 100) }
        expectError(.format, "header of 1 bytes") { _ = try length([1, 0, 0, 0, 0, 0, 0, 0], 100) }
        expectError(.format, "truncated", "header of 93 bytes", "file of 100 bytes") {
            _ = try length([93, 0, 0, 0, 0, 0, 0, 0], 100)
        }
        #expect(try length([92, 0, 0, 0, 0, 0, 0, 0], 100) == 92)
        // 100,000,001, and all bits.
        expectError(.format, "100000001 bytes") { _ = try length([1, 0xe1, 0xf5, 5, 0, 0, 0, 0], .max) }
        expectError(.format, "18446744073709551615") {
            _ = try length([UInt8](repeating: 255, count: 8), .max)
        }
    }

    @Test func filesThatAreNoModels() {
        expectError(.format, "no JSON object") { try parse("[]") }
        expectError(.format, "no JSON at byte") { try parse("{") }
    }

    /// Files of other programs hold tensors alone: that is no error until the architecture is asked for.
    @Test func filesWithoutAnArchitecture() throws {
        func expectNone(_ parts: String..., in json: String, dataBytes: Int? = nil) throws {
            let parsed = try parse(json, dataBytes: dataBytes ?? 24)
            for part in parts + ["load the parameters alone"] {
                expectError(.format, part) { _ = try parsed.architecture.get() }
            }
        }
        try expectNone("'__metadata__'", in: "{}", dataBytes: 0)
        try expectNone("'__metadata__'", in: header(metadata: "[]"))
        try expectNone("'format'", in: header(metadata: "{}"))
        try expectNone("'pt'", "not 'chainrule'", in: header(format: #""pt""#))
        try expectNone("'format'", in: header(format: "1"))
    }

    @Test func versions() {
        for version in ["2", "10", "999999"] {
            expectError(.fileVersion, "version \(version)", "up to 1") { try parse(header(version: "\"\(version)\"")) }
        }
        for version in ["0", "", "-1", "1.0", "one", "99999999999999999999", " 1"] {
            expectError(.format, "'\(version)'") { try parse(header(version: "\"\(version)\"")) }
        }
        expectError(.format, "'format_version'") { try parse(header(version: "1")) }
    }

    @Test func architectures() {
        expectError(.format, "'architecture'") { try parse(header(architecture: "{}")) }
        expectError(.format, "no JSON") { try parse(header(architecture: #""nonsense""#)) }
        expectError(.format, "no JSON object") { try parse(header(architecture: #""[]""#)) }
    }

    @Test func tensors() {
        func refuse(_ part: String, _ tensor: String, dataBytes: Int = 24) {
            expectError(.format, part) {
                try parse(header(tensors: #""a.weight":\#(tensor)"#), dataBytes: dataBytes)
            }
        }
        refuse("'a.weight' is no object", "1")
        refuse("'dtype'", #"{"shape":[2,3],"data_offsets":[0,24]}"#)
        refuse("type 'F64', not 'F32'", #"{"dtype":"F64","shape":[3],"data_offsets":[0,24]}"#)
        refuse("'shape'", #"{"dtype":"F32","data_offsets":[0,24]}"#)
        refuse("whole numbers", #"{"dtype":"F32","shape":[-2,-3],"data_offsets":[0,24]}"#)
        refuse("whole numbers", #"{"dtype":"F32","shape":[1.5,4],"data_offsets":[0,24]}"#)
        refuse("whole numbers", #"{"dtype":"F32","shape":["2",3],"data_offsets":[0,24]}"#)
        refuse("overflows", #"{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,24]}"#)
        refuse("overflows", #"{"dtype":"F32","shape":[9007199254740992,9007199254740992,0],"data_offsets":[0,0]}"#)
        refuse("'data_offsets'", #"{"dtype":"F32","shape":[2,3]}"#)
        for offsets in ["[]", "[0]", "[0,24,48]", "[24,0]", "[-24,0]", "[0,24.5]", #"["0",24]"#] {
            refuse("data_offsets", #"{"dtype":"F32","shape":[2,3],"data_offsets":\#(offsets)}"#)
        }
        refuse("takes 20 bytes; its shape needs 24", #"{"dtype":"F32","shape":[2,3],"data_offsets":[0,20]}"#)
        refuse("begins at byte 8, not at 0", #"{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]}"#, dataBytes: 32)
        refuse("take 24 bytes; the file has 28", #"{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}"#, dataBytes: 28)
        refuse("take 24 bytes; the file has 0", #"{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}"#, dataBytes: 0)
    }

    @Test func tensorsThatOverlapOrLeaveAGap() {
        func two(_ first: String, _ second: String) -> String {
            header(
                tensors: """
                    "a.weight":{"dtype":"F32","shape":[3],"data_offsets":\(first)},
                    "b.weight":{"dtype":"F32","shape":[3],"data_offsets":\(second)}
                    """)
        }
        #expect(throws: Never.self) { try parse(two("[0,12]", "[12,24]")) }
        #expect(throws: Never.self) { try parse(two("[12,24]", "[0,12]")) }
        expectError(.format, "'b.weight' begins at byte 8, not at 12") {
            try parse(two("[0,12]", "[8,20]"), dataBytes: 20)
        }
        expectError(.format, "'b.weight' begins at byte 16, not at 12") {
            try parse(two("[0,12]", "[16,28]"), dataBytes: 28)
        }
        expectError(.format, "begins at byte 0, not at 12") { try parse(two("[0,12]", "[0,12]"), dataBytes: 12) }
    }
}
