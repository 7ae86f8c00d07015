import Chainrule
import Testing

@Suite struct ArchitectureTests {
    @Test func layersAreNamedByPosition() throws {
        var architecture = try Architecture(inputs: 4)
        #expect(architecture.outputs == 4)
        try architecture.dense(3, .relu)
        try architecture.dense(2, name: "head")
        try architecture.activation(.softmax)
        #expect(architecture.nodes.map { $0.name.text } == ["0", "head", "2"])
        #expect(architecture.nodes.map { $0.width } == [3, 2, 2])
        #expect(architecture.inputs == 4 && architecture.outputs == 2)
    }

    @Test func widthsFollowFromTheInputs() throws {
        var architecture = try Architecture(inputs: 4)
        try architecture.dense(3, name: "a")
        try architecture.dense(3, name: "b", input: "input")
        try architecture.sum(of: ["a", "b"], name: "c")
        try architecture.concatenation(of: ["c", "input", "a"], name: "d")
        try architecture.activation(.tanh, name: "e", input: "input")
        #expect(architecture.nodes.map { $0.width } == [3, 3, 3, 10, 4])
    }

    /// An architecture is a value: a copy that is changed leaves the first as it was.
    @Test func copiesAreIndependent() throws {
        var architecture = try Architecture(inputs: 4)
        try architecture.dense(3)
        var copy = architecture
        try copy.dense(2)
        #expect(architecture.nodes.count == 1 && copy.nodes.count == 2)
    }

    @Test(arguments: [0, -1, Int.min]) func tooFewInputs(inputs: Int) {
        expectError(.size, "at least 1 input", "\(inputs)") { _ = try Architecture(inputs: inputs) }
    }

    @Test(arguments: [Int(Int32.max) + 1, .max]) func tooManyInputs(inputs: Int) {
        expectError(.size, "2147483647", "\(inputs)") { _ = try Architecture(inputs: inputs) }
    }

    @Test(arguments: [0, -3, Int.min]) func tooFewUnits(units: Int) throws {
        var architecture = try Architecture(inputs: 4)
        expectError(.size, "'a'", "at least 1 unit", "\(units)") { try architecture.dense(units, name: "a") }
    }

    @Test(arguments: [Int(Int32.max) + 1, .max]) func tooManyUnits(units: Int) throws {
        var architecture = try Architecture(inputs: 4)
        expectError(.size, "'a'", "\(units)", "2147483647") { try architecture.dense(units, name: "a") }
        #expect(architecture.nodes.isEmpty)
    }

    @Test func aConcatenationThatIsTooWide() throws {
        var architecture = try Architecture(inputs: Int(Int32.max))
        expectError(.size, "'wide'", "4294967294", "2147483647") {
            try architecture.concatenation(of: ["input", "input"], name: "wide")
        }
    }

    @Test func aLayerThatReadsTooManyOthers() throws {
        var architecture = try Architecture(inputs: 1)
        let names = [String](repeating: "input", count: Architecture.mostInputs + 1)
        expectError(.size, "'many'", "\(names.count)", "\(Architecture.mostInputs)") {
            try architecture.sum(of: names, name: "many")
        }
        expectError(.size, "'many'", "\(names.count)") { try architecture.concatenation(of: names, name: "many") }
        try architecture.sum(of: Array(names.dropLast()), name: "most")
    }

    @Test func tooManyLayers() throws {
        var architecture = try Architecture(inputs: 1)
        for _ in 0..<10_000 { try architecture.activation(.identity) }
        expectError(.size, "10000") { try architecture.activation(.identity) }
    }

    @Test func namesThatAreTaken() throws {
        var architecture = try Architecture(inputs: 4)
        try architecture.dense(3, name: "same")
        expectError(.name, "'same'", "taken") { try architecture.dense(3, name: "same") }
        expectError(.name, "'input'", "taken") { try architecture.dense(3, name: "input") }
        // The name that the second layer would have by its position.
        try architecture.dense(3, name: "2")
        expectError(.name, "'2'", "taken") { try architecture.dense(3) }
        #expect(architecture.nodes.count == 2)
    }

    @Test func unknownNames() throws {
        var architecture = try Architecture(inputs: 4)
        try architecture.dense(4, name: "a")
        expectError(.name, "'b'", "'nobody'") { try architecture.dense(3, name: "b", input: "nobody") }
        expectError(.name, "'b'", "'nobody'") { try architecture.sum(of: ["a", "nobody"], name: "b") }
        expectError(.name, "'b'", "'nobody'") { try architecture.concatenation(of: ["nobody"], name: "b") }
        expectError(.name, "'b'", "''") { try architecture.activation(.tanh, name: "b", input: "") }
        // Not itself, and not what comes later.
        expectError(.name, "'b'", "reads 'b'") { try architecture.activation(.tanh, name: "b", input: "b") }
        // Names are bytes: case matters.
        expectError(.name, "'A'") { try architecture.activation(.tanh, name: "b", input: "A") }
        #expect(architecture.nodes.count == 1)
    }

    @Test func sumsOfDifferentWidths() throws {
        var architecture = try Architecture(inputs: 4)
        try architecture.dense(3, name: "a")
        expectError(.size, "'b'", "input 0 has [4]", "input 2 [3]") {
            try architecture.sum(of: ["input", "input", "a"], name: "b")
        }
    }

    @Test func combinationsOfNothing() throws {
        var architecture = try Architecture(inputs: 4)
        expectError(.size, "sum 'b'", "0 were given") { try architecture.sum(of: [], name: "b") }
        expectError(.size, "concatenation 'b'", "0 were given") { try architecture.concatenation(of: [], name: "b") }
    }

    @Test func softmaxOfOneUnit() throws {
        for activation in [Activation.softmax, .logSoftmax] {
            var architecture = try Architecture(inputs: 1)
            expectError(.size, "layer 'a' is 1 wide", "'\(activation.identifier)'", "'sigmoid'") {
                try architecture.dense(1, activation, name: "a")
            }
            expectError(.size, "layer 'b' is 1 wide", "'\(activation.identifier)'") {
                try architecture.activation(activation, name: "b")
            }
            #expect(architecture.nodes.isEmpty)
            try architecture.dense(2, activation)
            try architecture.activation(activation)
        }
    }

    @Test func alphasThatAreNoHeight() throws {
        var architecture = try Architecture(inputs: 4)
        for (alpha, text) in [(Float(0), "0.0"), (-0.0, "-0.0"), (-6, "-6.0"), (.nan, "nan"), (.infinity, "inf")] {
            expectError(.value, "'a'", "clipped_relu", text, "finite and > 0") {
                try architecture.dense(3, .clippedReLU(alpha: alpha), name: "a")
            }
        }
        #expect(architecture.nodes.isEmpty)
    }

    @Test func alphasThatAreNoSlope() throws {
        var architecture = try Architecture(inputs: 4)
        for (alpha, text) in [(Float(-0.5), "-0.5"), (.nan, "nan"), (.infinity, "inf")] {
            expectError(.value, "'a'", "leaky_relu", text) {
                try architecture.dense(3, .leakyReLU(alpha: alpha), name: "a")
            }
            expectError(.value, "'a'", "elu", text) { try architecture.activation(.elu(alpha: alpha), name: "a") }
        }
        #expect(architecture.nodes.isEmpty)
    }

    @Test func alphaForAnActivationWithoutOne() throws {
        for activation in Activation.all where activation.alpha == nil {
            expectError(.value, "'\(activation.identifier)'", "takes no alpha", "0.25") {
                _ = try activation.with(alpha: 0.25)
            }
        }
        expectError(.value, "'custom'") { _ = try Activation.sine.with(alpha: 1) }
        #expect(try Activation.elu().with(alpha: 0.25).alpha == 0.25)
    }

    @Test func identifiersAreDistinct() throws {
        #expect(Set(Activation.all.map { $0.identifier.description }).count == Activation.all.count)
        #expect(Set(try Cost.all().map { $0.identifier.description }).count == (try Cost.all().count))
        #expect(
            Set(OptimizationMethods.all.map { $0.identifier.description }).count == OptimizationMethods.all.count)
        #expect(Set(LayerTable.all.map { $0.kind.description }).count == LayerTable.all.count)
    }
}

@Suite struct LayerNameTests {
    @Test func goodNames() throws {
        for text in ["a", "0", "_", "-", "Conv-2_b", String(repeating: "x", count: 63), "Input", "weight"] {
            #expect(try LayerName(text).text == text)
        }
    }

    @Test func lengthsAreLimited() {
        expectError(.name, "''", "0 bytes") { _ = try LayerName("") }
        let long = String(repeating: "x", count: 64)
        expectError(.name, long, "64 bytes") { _ = try LayerName(long) }
        // Bytes count, not characters.
        expectError(.name, "64 bytes") { _ = try LayerName(String(repeating: "é", count: 32)) }
    }

    @Test func otherBytesAreRefused() throws {
        for (text, byte) in [
            ("a b", 32), ("a.b", 46), ("é", 195), ("a/b", 47), ("\u{0}", 0), ("a\n", 10), ("a\"", 34), ("{", 123),
            ("@", 64), ("[", 91), ("`", 96), (":", 58),
        ] {
            expectError(.name, text, "byte \(byte);") { _ = try LayerName(text) }
            var architecture = try Architecture(inputs: 1)
            expectError(.name, text, "byte \(byte);") { try architecture.dense(1, name: text) }
        }
    }

    @Test func equalityIsOfBytes() throws {
        #expect(try LayerName("a") == LayerName("a"))
        #expect(try LayerName("a") != LayerName("A"))
        #expect(try LayerName("a") != LayerName("aa"))
    }
}
