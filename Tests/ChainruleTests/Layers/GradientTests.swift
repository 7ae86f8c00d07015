import Chainrule
import Testing

/// Every activation, kind of layer and topology: gradients against central differences in float64.
@Suite struct GradientTests {
    private func activations() -> [Activation] { Activation.all + [.sine] }

    /// Mean squared error of targets that are as random as everything else.
    private func check(_ network: TestNetwork, rows: Int, seed: UInt64 = 1, _ what: String) throws -> GradientCheck {
        var noise = Noise(seed + 100)
        let outputs = try network.architecture.outputs
        return try GradientCheck(
            network, rows: rows, seed: seed, cost: .meanSquaredError(.sum), targets: noise.floats(rows * outputs), what)
    }

    @Test func everyActivationHasAReference() {
        for activation in activations() {
            #expect(ReferenceActivation.of(activation) != nil, "\(activation.identifier)")
        }
    }

    @Test(arguments: [true, false]) func ofDenseLayersWithEveryActivation(bias: Bool) throws {
        for activation in Activation.stackable {
            let network = TestNetwork(
                inputs: 4,
                [
                    .dense("a", 5, activation, from: "input", bias: bias),
                    .dense("b", 3, activation, from: "a", bias: bias),
                ])
            try check(network, rows: 3, "dense \(activation.identifier), bias \(bias)").run()
        }
    }

    @Test func ofActivationLayers() throws {
        for activation in activations() {
            let network = TestNetwork(
                inputs: 4,
                [
                    .activation("first", activation, from: "input"), .dense("a", 5, .tanh, from: "first"),
                    .activation("last", activation, from: "a"),
                ])
            try check(network, rows: 3, "activation layer \(activation.identifier)").run()
        }
    }

    /// Layers at every position of a shape.
    @Test func ofShapesWithEveryActivation() throws {
        for activation in Activation.stackable {
            try check(.shaped(activation), rows: 3, "shapes with \(activation.identifier)").run()
        }
    }

    @Test func ofEveryLayerOfShapes() throws {
        for (name, network) in TestNetwork.ofShapes { try check(network, rows: 2, name).run(along: "l") }
    }

    @Test func ofActivationsWithOtherAlphas() throws {
        let activations: [Activation] = [
            .leakyReLU(alpha: 0.3), .leakyReLU(alpha: 0), .elu(alpha: 0.5), .elu(alpha: 2), .clippedReLU(alpha: 0.5),
        ]
        for activation in activations {
            let network = TestNetwork(
                inputs: 3, [.dense("a", 6, activation, from: "input"), .dense("b", 2, from: "a")])
            try check(network, rows: 4, "\(activation.identifier) with alpha \(activation.alpha!)").run()
        }
    }

    /// Networks that read layers more than once, in every way.
    private static let topologies: [(String, TestNetwork)] = [
        ("one layer", TestNetwork(inputs: 5, [.dense("a", 3, from: "input")])),
        (
            "four layers without bias",
            TestNetwork(
                inputs: 4,
                [
                    .dense("a", 5, .tanh, from: "input", bias: false), .dense("b", 4, .sigmoid, from: "a", bias: false),
                    .dense("c", 6, .silu, from: "b", bias: false), .dense("d", 2, from: "c", bias: false),
                ])
        ),
        (
            "residual",
            TestNetwork(
                inputs: 3,
                [
                    .dense("a", 4, .tanh, from: "input"), .dense("b", 4, .gelu, from: "a"), .sum("c", of: "a", "b"),
                    .dense("d", 4, .softplus, from: "c"), .sum("e", of: "c", "d", "a"), .dense("f", 2, from: "e"),
                ])
        ),
        (
            "fan-out to four readers",
            TestNetwork(
                inputs: 3,
                [
                    .dense("a", 4, .tanh, from: "input"), .dense("b", 4, .sigmoid, from: "a"),
                    .activation("c", .silu, from: "a"), .sum("d", of: "a", "b"),
                    .concatenation("e", of: "a", "c", "d"), .dense("f", 2, from: "e"),
                ])
        ),
        (
            "the same layer twice in one sum",
            TestNetwork(
                inputs: 3,
                [
                    .dense("a", 4, .tanh, from: "input"), .sum("b", of: "a", "a"),
                    .activation("c", .sigmoid, from: "b"),
                    .sum("d", of: "c", "a", "c"), .dense("e", 2, from: "d"),
                ])
        ),
        (
            "the same layer twice in one concatenation",
            TestNetwork(
                inputs: 2,
                [
                    .dense("a", 3, .tanh, from: "input"), .concatenation("b", of: "a", "input", "a"),
                    .dense("c", 2, .silu, from: "b"),
                ])
        ),
        (
            "the input read by four layers",
            TestNetwork(
                inputs: 3,
                [
                    .dense("a", 3, .tanh, from: "input"), .activation("b", .sigmoid, from: "input"),
                    .sum("c", of: "a", "b", "input"), .concatenation("d", of: "c", "input"), .dense("e", 2, from: "d"),
                ])
        ),
        (
            "combinations alone, without parameters",
            TestNetwork(
                inputs: 2,
                [
                    .sum("a", of: "input", "input"), .activation("b", .tanh, from: "a"),
                    .concatenation("c", of: "b", "a"), .activation("d", .softmax, from: "c"),
                ])
        ),
        (
            "a sum of one and a concatenation of one",
            TestNetwork(
                inputs: 3,
                [
                    .sum("a", of: "input"), .dense("b", 3, .tanh, from: "a"), .concatenation("c", of: "b"),
                    .activation("d", .identity, from: "c"),
                ])
        ),
        (
            "one unit wide",
            TestNetwork(
                inputs: 1,
                [.dense("a", 1, .tanh, from: "input"), .sum("b", of: "a", "input"), .dense("c", 1, .silu, from: "b")])
        ),
    ]

    @Test(arguments: [1, 3]) func ofEveryTopology(rows: Int) throws {
        for (what, network) in GradientTests.topologies {
            try check(network, rows: rows, seed: UInt64(rows), "\(what), \(rows) rows").run()
        }
    }

    @Test func ofEveryTopologyOnALargeBatch() throws {
        for (what, network) in GradientTests.topologies {
            try check(network, rows: 37, "\(what), 37 rows").runAlongDirections()
        }
    }

    /// Wide enough for every column block of every instruction set.
    @Test func ofAWideNetwork() throws {
        let network = TestNetwork(
            inputs: 19,
            [.dense("a", 35, .tanh, from: "input"), .dense("b", 21, .silu, from: "a"), .dense("c", 7, from: "b")])
        try check(network, rows: 37, "wide").runAlongDirections()
    }
}
