import Reference
import Testing

@testable import Chainrule

/// In a step layers share memory: h and δ of one lie where those of another are no longer needed. The gradients are those of a
/// workspace for training, where everything has its own.
@Suite struct SharedMemoryTests {
    /// Chains of layers that work in place, layers that several read, and layers behind no parameters.
    static let networks: [(name: String, network: TestNetwork)] = {
        func convolution(_ activation: Activation) -> ReferenceLayer {
            .convolution(ConvolutionSettings(3, WindowSettings([3, 3], padding: .same), activation))
        }
        let batch = ReferenceLayer.normalization(.batch(momentum: 0.1), overBatch: true)
        let start: [TestNetwork.Layer] = [
            .reshape("x", [4, 3, 3], from: "input"), .other("c", convolution(.identity), from: "x"),
            .other("n", batch, from: "c"), .activation("a", .relu, from: "n"),
        ]
        func end(_ last: String) -> [TestNetwork.Layer] {
            [.reshape("f", [36], from: last), .dense("y", 2, from: "f")]
        }
        let more: [TestNetwork.Layer] = [
            .other("c2", convolution(.identity), from: "a"), .other("n2", batch, from: "c2"),
        ]
        return [
            ("normalized", start + end("a")),
            ("residual", start + more + [.sum("s", of: "a", "n2"), .activation("a2", .tanh, from: "s")] + end("a2")),
            (
                "two readers",
                start + more + [.activation("b", .tanh, from: "n"), .sum("s", of: "n2", "b", "a")] + end("s")
            ),
            (
                "normalized input",
                [
                    .reshape("x", [4, 3, 3], from: "input"), .other("n", batch, from: "x"),
                    .other("c", convolution(.relu), from: "n"),
                ] + end("c")
            ),
            (
                "activations in a row",
                start + [.activation("b", .sigmoid, from: "a"), .activation("e", .gelu, from: "b")]
                    + end("e")
            ),
            (
                "no σ from h",
                [
                    .reshape("x", [4, 3, 3], from: "input"), .other("c", convolution(.identity), from: "x"),
                    .activation("a", .silu, from: "c"),
                ] + end("a")
            ),
            (
                "pooled",
                start + [
                    .other("p", .pooling(.mean, nil), from: "a"), .activation("b", .tanh, from: "p"),
                    .dense("y", 2, from: "b"),
                ]
            ),
        ].map { ($0.0, TestNetwork(inputs: 36, $0.1)) }
    }()

    /// One step of gradient descent with η = 1 moves the parameters by the gradient.
    @Test(arguments: [1, 2, 3]) func aStepIsAlongTheGradient(threads: Int) throws {
        for (name, description) in SharedMemoryTests.networks + TestNetwork.ofShapes {
            var noise = Noise(21)
            let network = try Network(description.architecture, seed: 21)
            let rows = 24
            let (x, t) = (noise.floats(rows * network.inputs), noise.floats(rows * network.outputs))

            let workspace = try Workspace(for: network, maxRows: rows)
            workspace.usesBatchStatistics = network.plan.mixesRows
            try network.forward(x, in: workspace)
            let scale = 2 / Float(t.count)
            let outputGradient = zip(workspace.outputs, t).map { scale * ($0 - $1) }
            let gradients = try network.gradients(from: outputGradient, in: workspace)
            let expected = zip(network.parameterVector, gradients).map { Double($0) - Double($1) }

            var options = TrainingOptions(cost: .meanSquaredError())
            (options.epochs, options.batchSize, options.threads, options.shuffles) = (1, rows, threads, false)
            let optimizer = try Optimizer(GradientDescent(), learningRate: 1, for: network)
            try network.fit(x, targets: .values(t, columns: network.outputs), optimizer: optimizer, options: options)
            expectClose(network.parameterVector, expected, absolute: 2e-6, "\(name), \(threads) threads")
        }
    }

    /// What a step keeps of a network like those for small devices: x, and what each convolution and each normalization gives.
    /// The rest is less than a third of it.
    @Test func aStepKeepsLittleBesidesActivations() throws {
        var architecture = try Architecture(inputs: 490)
        try architecture.reshape(Shape([49, 10, 1]))
        var first = ConvolutionSettings(64, WindowSettings([10, 4], stride: [2, 2], padding: .same))
        try architecture.convolution(first)
        for _ in 0..<4 {
            first = ConvolutionSettings(64, WindowSettings([3, 3], padding: .same))
            first.groups = 64
            for settings in [first, ConvolutionSettings(64, WindowSettings([1, 1]))] {
                try architecture.normalization(.batch(momentum: 0.1))
                try architecture.activation(.relu)
                try architecture.convolution(settings)
            }
        }
        let plan = try Network(architecture, seed: 1).plan
        let layout = try plan.layout(
            maxRows: 32, purpose: .gradients, threads: 1, usesBatchStatistics: true, hasGradientsByLayer: true)
        let (convolutions, normalizations, positions) = (9, 8, 25 * 5)
        let kept = 32 * (490 + (convolutions + normalizations) * 64 * positions)
        #expect(layout.count - layout.scratchCount < kept * 13 / 10)
    }
}
