import Chainrule
import Testing

@Suite struct ClassLabelTests {
    private func network(outputs: Int = 3) throws -> Network {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(outputs, name: "a")
        return try Network(architecture, seed: 1)
    }

    @Test func filesAndCopiesKeepThem() throws {
        for labels in [["ash", "böök \u{1}\"\\", ""], []] {
            let network = try network()
            #expect(network.classLabels.isEmpty)
            try network.setClassLabels(labels)
            #expect(try network.copy().classLabels == labels)
            #expect(try Network(savedBytes: network.savedBytes()).classLabels == labels)
            // The parameters of a file are no more than that.
            let other = try self.network()
            try other.setClassLabels(["1", "2", "3"])
            try other.loadParameters(savedBytes: network.savedBytes())
            #expect(other.classLabels == ["1", "2", "3"])
        }
    }

    @Test func aNetworkWithoutThemHasTheSameFileAsBefore() throws {
        let network = try network()
        let bytes = try network.savedBytes()
        try network.setClassLabels(["a", "b", "c"])
        try network.setClassLabels([])
        #expect(try network.savedBytes() == bytes)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("class_labels"))
    }

    @Test func howManyThereAre() throws {
        let single = try network(outputs: 1)
        try single.setClassLabels(["no", "yes"])
        #expect(single.classLabels.count == 2)
        try single.setClassLabels(["only"])
        let three = try network()
        try three.setClassLabels(["a", "b", "c"])
        for count in [1, 2, 4] {
            expectError(.size, "\(count) class labels were given", "3") {
                try three.setClassLabels([String](repeating: "x", count: count))
            }
        }
        #expect(three.classLabels == ["a", "b", "c"])
    }

    @Test func whatTheyAreMadeOf() throws {
        let network = try network()
        try network.setClassLabels([String](repeating: String(repeating: "x", count: 255), count: 3))
        expectError(.value, "class label 1", "255") {
            try network.setClassLabels(["a", String(repeating: "x", count: 256), "c"])
        }
        expectError(.value, "class label 2 holds a zero byte") { try network.setClassLabels(["a", "b", "c\0d"]) }
    }

    @Test func filesAreChecked() throws {
        let network = try network()
        try network.setClassLabels(["a", "b", "c"])
        let bytes = try network.savedBytes()
        let good = #"[\"a\",\"b\",\"c\"]"#
        for (text, message) in [
            (#"[\"a\",\"b\"]"#, "2 class labels were given"),
            (#"[\"a\",\"b\",7]"#, "no array of at most 65536 strings"),
            (#"{\"a\":\"b\"}"#, "the class labels are no array"), (#"[\"a\",\"b\",\"c\""#, "no JSON"),
            (#"[\"a\",\"b\",\"\\u0000\"]"#, "holds a zero byte"), ("[]   ", nil),
            ("", "no JSON"),
        ] as [(String, String?)] {
            let altered = try #require(replacing(good, by: text, in: bytes))
            guard let message else {
                #expect(try Network(savedBytes: altered).classLabels.isEmpty)
                continue
            }
            expectError(.format, message) { _ = try Network(savedBytes: altered) }
            // Who loads the parameters alone does not read them.
            try network.loadParameters(savedBytes: altered)
        }
        var altered = bytes
        let place = try #require(bytes.firstRange(of: Array(good.utf8))?.lowerBound)
        altered[place + 3] = 0xff
        expectError(.format, "'chainrule.class_labels' is not UTF-8") { _ = try Network(savedBytes: altered) }
        expectError(.format, "'chainrule.class_labels' is missing or not a string") {
            let number = try #require(replacing("\"\(good)\"", by: "7", in: bytes))
            _ = try Network(savedBytes: number)
        }
    }

    /// A file with another text in its header, of the same length with spaces behind the header.
    private func replacing(_ old: String, by new: String, in bytes: [UInt8]) -> [UInt8]? {
        guard let range = bytes.firstRange(of: Array(old.utf8)) else { return nil }
        var result = bytes
        result.replaceSubrange(range, with: Array(new.utf8))
        var length = 0
        for index in (0..<8).reversed() { length = length << 8 | Int(result[index]) }
        length += new.utf8.count - old.utf8.count
        for index in 0..<8 { result[index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
        return result
    }
}
