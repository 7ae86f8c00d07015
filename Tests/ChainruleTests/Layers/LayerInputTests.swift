import Chainrule
import Testing

/// Layers that read one layer refuse more and fewer. The architecture's methods never ask for that; files may.
@Suite struct LayerInputTests {
    private func add(_ type: String, reading inputs: [String]) throws {
        let json = """
            {"inputs": 3, "layers": [{"type": "\(type)", "name": "a", "inputs": [\(inputs.map { "\"\($0)\"" }.joined(separator: ","))],
            "units": 2, "bias": true, "activation": "tanh"}]}
            """
        _ = try Architecture(#require(try JSONText(json.utf8).value.object()))
    }

    @Test func denseLayersReadOne() throws {
        try add("dense", reading: ["input"])
        expectError(.size, "dense layer 'a'", "reads one layer", "2 were given") {
            try add("dense", reading: ["input", "input"])
        }
        expectError(.size, "dense layer 'a'", "0 were given") { try add("dense", reading: []) }
    }

    @Test func activationLayersReadOne() throws {
        try add("activation", reading: ["input"])
        expectError(.size, "activation layer 'a'", "reads one layer", "3 were given") {
            try add("activation", reading: ["input", "input", "input"])
        }
        expectError(.size, "activation layer 'a'", "0 were given") { try add("activation", reading: []) }
    }

    @Test func reshapesReadOne() throws {
        try add("reshape", reading: ["input"])
        expectError(.size, "reshape 'a'", "reads one layer", "2 were given") {
            try add("reshape", reading: ["input", "input"])
        }
        expectError(.size, "reshape 'a'", "0 were given") { try add("reshape", reading: []) }
    }

    @Test func customActivationErrorsEndThePass() throws {
        struct Broken: Sendable {
            static func activation(value: Float, derivative: Float) -> Activation {
                Activation(
                    custom: CustomActivation(
                        value: { z, h, rows, columns in
                            for index in 0..<rows * columns { h[index] = index == 3 ? value : z[index] }
                        },
                        derivative: { _, _, slope, rows, columns in
                            for index in 0..<rows * columns { slope[index] = index == 3 ? derivative : 1 }
                        }))
            }
        }
        func workspace(_ activation: Activation) throws -> (Network, Workspace) {
            var architecture = try Architecture(inputs: 2)
            try architecture.dense(2, activation, name: "a", weights: .constant(0.5), biases: .zeros)
            let network = try Network(architecture, seed: 0)
            return (network, try Workspace(for: network, maxRows: 2))
        }
        let (first, firstWorkspace) = try workspace(Broken.activation(value: .nan, derivative: 1))
        expectError(.callback, "value is nan", "row 1, column 1", "3.5") {
            try first.forward([1, 2, 3, 4], in: firstWorkspace)
        }
        // Nothing of the pass is left to be used.
        #expect(firstWorkspace.rows == 0)
        expectError(.noForward, "no forward pass") { _ = try firstWorkspace.values(of: "a", .activation) }
        expectError(.callback, "value is nan") { _ = try first.predict([1, 2, 3, 4]) }
        let (second, secondWorkspace) = try workspace(Broken.activation(value: 1, derivative: .nan))
        try second.forward([1, 2, 3, 4], in: secondWorkspace)
        expectError(.callback, "derivative is nan", "row 1, column 1", "3.5") {
            _ = try second.gradients(from: [1, 1, 1, 1], in: secondWorkspace)
        }
        expectError(.noForward, "no backward pass") { _ = try secondWorkspace.values(of: "a", .delta) }
    }

    /// NaN that went in comes out, without an error.
    @Test func nanGoesThroughCustomActivations() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.activation(.sine)
        let y = try Network(architecture, seed: 0).predict([.nan, 1])
        #expect(y[0].isNaN && y[1] > 0.84 && y[1] < 0.85)
    }

    @Test func errorsOfCustomActivationsArriveAsTheyAre() throws {
        let failing = CustomActivation(
            value: { _, _, rows, _ throws(ChainruleError) in throw ChainruleError(.callback, "refused \(rows) rows") },
            derivative: { _, _, _, _, _ in })
        var architecture = try Architecture(inputs: 2)
        try architecture.activation(Activation(custom: failing))
        let network = try Network(architecture, seed: 0)
        expectError(.callback, "refused 3 rows") { _ = try network.predict([1, 2, 3, 4, 5, 6]) }
    }
}
