import Chainrule
import Testing

/// Architectures as JSON that nobody vouches for.
@Suite struct ArchitectureFileTests {
    @discardableResult
    private func decode(_ json: String) throws -> Architecture {
        try Architecture(#require(try JSONText(json.utf8).value.object()))
    }

    private func layer(_ members: String) -> String { #"{"inputs":2,"layers":[\#(members)]}"# }

    private func dense(_ changed: String) -> String {
        layer(#"{"type":"dense","name":"a","inputs":["input"],"units":2,"bias":true,\#(changed)}"#)
    }

    @Test func everyKindOfLayerAndActivationComesBack() throws {
        for activation in Activation.all + [
            .elu(alpha: 0.1), .leakyReLU(alpha: 0.30000001), .elu(alpha: 0), .clippedReLU(alpha: 0.1),
        ] {
            var architecture = try Architecture(inputs: 3)
            try architecture.dense(3, activation, name: "a", bias: false)
            try architecture.activation(activation, input: "input")
            try architecture.sum(of: ["a", "1", "a"], name: "s-_1")
            try architecture.concatenation(of: ["s-_1", "input"])
            try architecture.dropout(0.30000001)
            try architecture.noise(deviation: 0.1, name: "n")
            try architecture.reshape(Shape([2, 3]))
            try architecture.dropout(0.25, wholeChannels: true)
            try checkItComesBack(architecture)
        }
        var kinds: Set = ["activation", "dropout", "channel_dropout", "noise"]
        for (_, network) in TestNetwork.ofShapes {
            let architecture = try network.architecture
            try checkItComesBack(architecture)
            kinds.formUnion(architecture.nodes.map { $0.layer.kind.description })
        }
        #expect(kinds == Set(LayerTable.all.map { $0.kind.description }))
    }

    private func checkItComesBack(_ architecture: Architecture) throws {
        var json = JSONWriter()
        architecture.encode(to: &json)
        var again = JSONWriter()
        try decode(json.text).encode(to: &again)
        #expect(again.text == json.text)
    }

    @Test func missingAndMistypedMembers() {
        for (json, name) in [
            (#"{"layers":[]}"#, "inputs"), (#"{"inputs":-1,"layers":[]}"#, "inputs"),
            (#"{"inputs":"2","layers":[]}"#, "inputs"),
            (layer(#"{"type":"dropout","name":"a","inputs":["input"]}"#), "rate"),
            (layer(#"{"type":"dropout","name":"a","inputs":["input"],"rate":"0.5"}"#), "rate"),
            (layer(#"{"type":"noise","name":"a","inputs":["input"],"deviation":true}"#), "deviation"),
            (#"{"inputs":2}"#, "layers"), (#"{"inputs":2,"layers":{}}"#, "layers"), (layer("1"), "layers"),
            (layer("{}"), "type"), (layer(#"{"type":1}"#), "type"),
            (layer(#"{"type":"sum","name":"a"}"#), "inputs"),
            (layer(#"{"type":"sum","name":"a","inputs":[1]}"#), "inputs"),
            (layer(#"{"type":"sum","inputs":["input"]}"#), "name"),
            (layer(#"{"type":"dense","name":"a","inputs":["input"],"bias":true,"activation":"tanh"}"#), "units"),
            (layer(#"{"type":"dense","name":"a","inputs":["input"],"units":2,"activation":"tanh"}"#), "bias"),
            (layer(#"{"type":"dense","name":"a","inputs":["input"],"units":2,"bias":1,"activation":"tanh"}"#), "bias"),
            (dense(#""alpha":1"#), "activation"), (dense(#""activation":"elu","alpha":"1""#), "alpha"),
            (dense(#""activation":"elu","alpha":null"#), "alpha"),
        ] {
            expectError(.format, "'\(name)'") { try decode(json) }
        }
    }

    @Test func unknownKinds() {
        expectError(.format, "'fourier'") { try decode(layer(#"{"type":"fourier","name":"a","inputs":["input"]}"#)) }
        expectError(.format, "'swish'") { try decode(dense(#""activation":"swish""#)) }
        expectError(.format, "custom activation", "load the parameters") {
            try decode(dense(#""activation":"custom""#))
        }
    }

    @Test func shapesThatAreNone() {
        func decode(_ members: String) throws {
            try self.decode(layer(#"{"name":"a","inputs":["input"],\#(members)}"#))
        }
        expectError(.size, "layer 'a': ", "1 to 4 axes; 0") { try decode(#""type":"reshape","shape":[]"#) }
        expectError(.format, "layer 'a': ", "1 to 4 lengths") { try decode(#""type":"reshape","shape":[1,1,1,1,2]"#) }
        expectError(.size, "layer 'a': ", "2147483647 elements") {
            try decode(#""type":"reshape","shape":[65536,65536]"#)
        }
        expectError(.size, "reshape 'a' reads [2], 2 elements; [3, 1] has 3") {
            try decode(#""type":"reshape","shape":[3,1]"#)
        }
        expectError(.value, "softmax 'a' runs along axis 7; [2]") { try decode(#""type":"softmax","axis":7"#) }
        expectError(.format, "layer 'a': ", "'axis'") { try decode(#""type":"softmax","axis":0.5"#) }
        expectError(.value, "transpose 'a'", "[2]") { try decode(#""type":"transpose","axes":[1]"#) }
        expectError(.size, "slice 'a'", "[2]") { try decode(#""type":"slice","begin":[0],"end":[9007199254740991]"#) }
    }

    /// The architecture's own methods make it an activation.
    @Test func softmaxAlongTheLastAxis() throws {
        let reshape = #"{"type":"reshape","name":"x","inputs":["input"],"shape":[2,3]}"#
        let decoded = try decode(
            #"{"inputs":6,"layers":[\#(reshape),{"type":"softmax","name":"l","inputs":["x"],"axis":1}]}"#)
        var same = try Architecture(inputs: 6)
        try same.reshape(Shape([2, 3]))
        try same.softmax(axis: 1)
        let x: [Float] = [1, 2, 3, -1, 0.5, 4]
        #expect(try Network(decoded, seed: 0).predict(x) == Network(same, seed: 0).predict(x))
    }

    @Test func whatTheArchitectureItselfRefuses() {
        expectError(.size, "0") { try decode(#"{"inputs":0,"layers":[]}"#) }
        expectError(.size, "9007199254740992") { try decode(#"{"inputs":9007199254740992,"layers":[]}"#) }
        expectError(.value, "'tanh'", "takes no alpha") { try decode(dense(#""activation":"tanh","alpha":1"#)) }
        expectError(.value, "'elu'", "-1.0") { try decode(dense(#""activation":"elu","alpha":-1"#)) }
        expectError(.value, "'clipped_relu'", "> 0") { try decode(dense(#""activation":"clipped_relu","alpha":0"#)) }
        expectError(.value, "'elu'", "inf") { try decode(dense(#""activation":"elu","alpha":1e300"#)) }
        expectError(.name, "'b.c'") { try decode(layer(#"{"type":"sum","name":"b.c","inputs":["input"]}"#)) }
        expectError(.name, "'nobody'") { try decode(layer(#"{"type":"sum","name":"b","inputs":["nobody"]}"#)) }
    }
}
