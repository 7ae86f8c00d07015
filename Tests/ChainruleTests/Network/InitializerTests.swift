import Chainrule
import Testing

@Suite struct InitializerTests {
    private static let fanIn = 300
    private static let fanOut = 100

    /// The weights that the initializer gives a layer of 300 inputs and 100 units.
    private func draw(_ initializer: Initializer, _ activation: Activation = .identity) throws -> [Double] {
        var architecture = try Architecture(inputs: InitializerTests.fanIn)
        try architecture.dense(InitializerTests.fanOut, activation, name: "a", weights: initializer)
        let network = try Network(architecture, seed: 17)
        return doubles(try network.tensor("a.weight", of: network.parameterVector))
    }

    private func moments(_ numbers: [Double]) -> (mean: Double, variance: Double) {
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        return (mean, numbers.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(numbers.count))
    }

    /// Uniform between the limits: all within, almost all of the range used, and the moments of 30,000 numbers within
    /// five standard deviations.
    private func expectUniform(_ numbers: [Double], from low: Double, to high: Double, _ what: String) {
        let width = high - low
        #expect(numbers.count == 30_000)
        #expect(numbers.min()! >= low - 1e-7 * width && numbers.min()! < low + 0.001 * width, "\(what)")
        #expect(numbers.max()! <= high + 1e-7 * width && numbers.max()! > high - 0.001 * width, "\(what)")
        let (mean, variance) = moments(numbers)
        #expect((mean - (low + high) / 2).magnitude < 5 * width / (12 * 30_000).squareRoot(), "\(what)")
        #expect((variance / (width * width / 12) - 1).magnitude < 5 * (0.8 / 30_000).squareRoot(), "\(what)")
    }

    private func expectNormal(_ numbers: [Double], mean: Double, variance: Double, _ what: String) {
        #expect(numbers.count == 30_000)
        let found = moments(numbers)
        #expect((found.mean - mean).magnitude < 5 * (variance / 30_000).squareRoot(), "\(what)")
        #expect((found.variance / variance - 1).magnitude < 5 * (2.0 / 30_000).squareRoot(), "\(what)")
        // No uniform distribution of this variance goes beyond 1.74 deviations.
        let deviation = variance.squareRoot()
        #expect(numbers.contains { ($0 - mean).magnitude > 3 * deviation }, "\(what)")
    }

    @Test func zerosAndConstants() throws {
        #expect(try draw(.zeros).allSatisfy { $0 == 0 })
        #expect(try draw(.constant(-0.75)).allSatisfy { $0 == -0.75 })
    }

    @Test func uniformAndNormal() throws {
        expectUniform(try draw(.uniform(low: -0.5, high: 2)), from: -0.5, to: 2, "uniform")
        #expect(try draw(.uniform(low: 0.25, high: 0.25)).allSatisfy { $0 == 0.25 })
        expectNormal(try draw(.normal(mean: 3, deviation: 0.5)), mean: 3, variance: 0.25, "normal")
        #expect(try draw(.normal(mean: 3, deviation: 0)).allSatisfy { $0 == 3 })
    }

    /// ± √(6 / (fanIn + fanOut)), and so on: 6/400, 6/300, 3/300.
    @Test func limitsFollowFromTheFans() throws {
        for (initializer, limit, what) in [
            (Initializer.glorotUniform, 0.122474487139159, "glorot"), (.heUniform, 0.141421356237310, "he"),
            (.lecunUniform, 0.1, "lecun"),
        ] {
            expectUniform(try draw(initializer), from: -limit, to: limit, what)
        }
    }

    /// 2 / (fanIn + fanOut), 2 / fanIn, 1 / fanIn.
    @Test func variancesFollowFromTheFans() throws {
        for (initializer, variance, what) in [
            (Initializer.glorotNormal, 0.005, "glorot"), (.heNormal, 2.0 / 300, "he"),
            (.lecunNormal, 1.0 / 300, "lecun"),
        ] {
            expectNormal(try draw(initializer), mean: 0, variance: variance, what)
        }
    }

    /// The fan-in is the number of inputs of W, not of units: one unit with many inputs.
    @Test func fansAreColumnsAndRows() throws {
        var architecture = try Architecture(inputs: 30_000)
        try architecture.dense(1, name: "a", bias: false, weights: .lecunUniform)
        let numbers = doubles(try Network(architecture, seed: 1).parameterVector)
        expectUniform(numbers, from: -0.01, to: 0.01, "fan-in 30000")
    }

    /// Without a word from the layer, weights are drawn as suits the activation.
    @Test func theStandardSuitsTheActivation() throws {
        let expected: [String: Initializer] = [
            "identity": .glorotUniform, "sigmoid": .glorotUniform, "tanh": .glorotUniform, "softmax": .glorotUniform,
            "log_softmax": .glorotUniform, "custom": .glorotUniform, "relu": .glorotUniform,
            "leaky_relu": .glorotUniform,
            "elu": .glorotUniform, "softplus": .heUniform, "gelu": .glorotUniform, "gelu_tanh": .glorotUniform,
            "silu": .glorotUniform,
            "selu": .lecunNormal, "softsign": .glorotUniform, "hard_sigmoid": .glorotUniform,
            "hard_swish": .glorotUniform, "mish": .glorotUniform, "clipped_relu": .glorotUniform,
            "exponential": .glorotUniform,
        ]
        for activation in Activation.all + [.sine] {
            let name = activation.identifier.description
            let initializer = try #require(expected[name])
            #expect(try draw(.standard, activation) == draw(initializer, activation), "\(name)")
        }
    }

    @Test func biases() throws {
        func biases(_ initializer: Initializer) throws -> [Float] {
            var architecture = try Architecture(inputs: 3)
            try architecture.dense(4, name: "a", biases: initializer)
            let network = try Network(architecture, seed: 2)
            return try network.tensor("a.bias", of: network.parameterVector)
        }
        #expect(try biases(.zeros) == [0, 0, 0, 0])
        #expect(try biases(.constant(0.5)) == [0.5, 0.5, 0.5, 0.5])
        let drawn = try biases(.uniform(low: 1, high: 2))
        #expect(drawn.allSatisfy { $0 >= 1 && $0 <= 2 } && Set(drawn).count == 4)
    }

    /// Uniform in the limits of Glorot's weights, whatever the activation.
    @Test func standardBiases() throws {
        for activation in [Activation.identity, .relu, .softplus, .selu] {
            var architecture = try Architecture(inputs: 6)
            try architecture.dense(30_000, activation, name: "a")
            let network = try Network(architecture, seed: 3)
            let limit = (6.0 / 30_006).squareRoot()
            expectUniform(
                doubles(try network.tensor("a.bias", of: network.parameterVector)), from: -limit, to: limit, "biases")
        }
    }

    @Test func badParametersAreRefused() throws {
        let bad: [(Initializer, String)] = [
            (.constant(.nan), "nan"), (.constant(.infinity), "inf"),
            (.uniform(low: 1, high: 0.5), "from 1.0 to 0.5"), (.uniform(low: -.infinity, high: 0), "-inf"),
            (.uniform(low: 0, high: .nan), "nan"), (.normal(mean: .nan, deviation: 1), "nan"),
            (.normal(mean: 0, deviation: -0.25), "-0.25"), (.normal(mean: 0, deviation: .infinity), "inf"),
        ]
        for (initializer, value) in bad {
            var architecture = try Architecture(inputs: 3)
            expectError(.value, "'layer'", "weight", value) {
                try architecture.dense(2, name: "layer", weights: initializer)
            }
            expectError(.value, "'layer'", "bias", value) {
                try architecture.dense(2, name: "layer", biases: initializer)
            }
            #expect(architecture.nodes.isEmpty)
        }
    }
}
