import Chainrule
import KernelDispatch
import Testing

/// The copy of its parameters that a network keeps for repeated predictions: nobody can tell by the results.
@Suite struct PreparedCopyTests {
    /// More than enough predictions for a copy.
    private static let repetitions = 20

    private func network(_ description: TestNetwork, level: InstructionSetLevel = .standard) throws -> Network {
        try Network(description.architecture, seed: 3, level: level)
    }

    /// Predicts until there is a copy.
    private func repeatPredictions(_ network: Network) throws {
        let x = [Float](repeating: 0.5, count: network.inputs)
        for _ in 0..<PreparedCopyTests.repetitions { _ = try network.predict(x) }
    }

    @Test(arguments: supportedLevels) func resultsHaveTheSameBits(level: InstructionSetLevel) throws {
        var copies = 0
        for description in PredictedNetworks.all {
            let network = try network(description, level: level)
            var noise = Noise(4)
            for rows in [1, 2, 3, 5, 13, 15, 29, 64, 65, 300] {
                var x = noise.floats(rows * network.inputs, in: -2...2)
                x[0] = -0.0
                x[x.count - 1] = Float.leastNonzeroMagnitude * 7000
                let without = try self.network(description, level: level).predict(x)
                #expect(bits(try network.predict(x)) == bits(without), "\(description) \(rows)")
                try repeatPredictions(network)
                #expect(bits(try network.predict(x)) == bits(without), "\(description) \(rows)")
            }
            if network.keepsPreparedCopy { copies += 1 }
            // Custom functions are called as ever.
            let isCustom = network.architecture.nodes.contains { $0.layer.callsCustomFunctions }
            #expect(!(network.keepsPreparedCopy && isCustom))
        }
        #expect(copies >= PredictedNetworks.chains.count + 2)
    }

    @Test func everyLayerAndActivation() throws {
        for activation in Activation.all {
            var architecture = try Architecture(inputs: 7)
            try architecture.dense(19, activation, name: "a")
            try architecture.dropout(0.5)
            try architecture.noise(deviation: 0.5)
            try architecture.dense(19, name: "b")
            try architecture.activation(activation, name: "c")
            try architecture.sum(of: ["a", "c"], name: "sum")
            try architecture.concatenation(of: ["sum", "input"])
            try architecture.dense(5, activation)
            let network = try Network(architecture, seed: 3)
            var noise = Noise(5)
            let x = noise.floats(7 * network.inputs)
            let without = try network.predict(x)
            try repeatPredictions(network)
            #expect(network.keepsPreparedCopy)
            #expect(bits(try network.predict(x)) == bits(without), "\(activation.identifier)")
        }
    }

    @Test func notFiniteNumbersGoThrough() throws {
        for description in PredictedNetworks.all {
            let network = try network(description)
            try repeatPredictions(network)
            var noise = Noise(7)
            for value in [Float.nan, .infinity, -.infinity] {
                var x = noise.floats(20 * network.inputs)
                x[3 * network.inputs] = value
                let without = try network.copy().predict(x)
                for (y, expected) in zip(try network.predict(x), without) {
                    // Which of several NaN comes out of an operation is not told.
                    #expect(y.bitPattern == expected.bitPattern || y.isNaN && expected.isNaN, "\(description)")
                }
            }
        }
    }

    /// One after each change, or a few, are too few for a copy; many rows count as many.
    @Test func aCopyIsMadeForRepeatedPredictions() throws {
        let network = try network(PredictedNetworks.chains[1])
        let row = [Float](repeating: 1, count: network.inputs)
        for _ in 0..<3 {
            for _ in 0..<10 { _ = try network.predict(row) }
            #expect(!network.keepsPreparedCopy)
            network.setParameters(network.parameterVector)
        }
        try repeatPredictions(network)
        #expect(network.keepsPreparedCopy)
        network.setParameters(network.parameterVector)
        #expect(!network.keepsPreparedCopy)
        let many = [Float](repeating: 1, count: 2000 * network.inputs)
        _ = try network.predict(many)
        #expect(!network.keepsPreparedCopy)
        _ = try network.predict(row)
        #expect(network.keepsPreparedCopy)
    }

    /// What changes the parameters, each with what it needs.
    private static var changes: [(name: String, change: (Network) throws -> Void)] {
        [
            ("set", { $0.setParameters($0.parameterVector.map { 1.5 * $0 }) }),
            (
                "step",
                {
                    let gradients = [Float](repeating: 1, count: $0.parameterCount)
                    try Optimizer(Adam(), learningRate: 0.1, for: $0).step($0, gradients: gradients.span)
                }
            ),
            (
                "load",
                {
                    let other = try Network($0.architecture, seed: 99)
                    try $0.loadParameters(savedBytes: other.savedBytes())
                }
            ),
            (
                "fit",
                {
                    let optimizer = try Optimizer(GradientDescent(), learningRate: 0.1, for: $0)
                    _ = try $0.fit(rows(4, of: $0), targets: targets(4, of: $0), optimizer: optimizer, options: options)
                }
            ),
            (
                "fit with the best epoch's parameters put back",
                {
                    var options = PreparedCopyTests.options
                    options.patience = 1
                    let network = $0
                    let x = rows(1, of: network)
                    options.onEpoch = { _ in
                        for _ in 0..<repetitions { _ = try? network.predict(x) }
                        return true
                    }
                    let optimizer = try Optimizer(GradientDescent(), learningRate: 30, for: $0)
                    _ = try? $0.fit(
                        rows(4, of: $0), targets: targets(4, of: $0), optimizer: optimizer, options: options)
                }
            ),
            (
                "minimize",
                {
                    var options = MinimizationOptions()
                    options.maxIterations = 3
                    _ = try $0.minimize(
                        .meanSquaredError(), rows(4, of: $0), targets: targets(4, of: $0), options: options)
                }
            ),
        ]
    }

    private static var options: TrainingOptions {
        var options = TrainingOptions(cost: .meanSquaredError())
        options.epochs = 3
        options.batchSize = 2
        return options
    }

    private static func rows(_ count: Int, of network: Network) -> [Float] {
        var noise = Noise(11)
        return noise.floats(count * network.inputs)
    }

    private static func targets(_ count: Int, of network: Network) -> Targets {
        var noise = Noise(12)
        return .values(noise.floats(count * network.outputs), columns: network.outputs)
    }

    @Test func everyChangeReachesPredictions() throws {
        for (name, change) in PreparedCopyTests.changes {
            let network = try network(PredictedNetworks.chains[0])
            let x = PreparedCopyTests.rows(5, of: network)
            for _ in 0..<2 {
                try repeatPredictions(network)
                #expect(network.keepsPreparedCopy)
                try change(network)
                let after = try network.predict(x)
                #expect(bits(after) == bits(try network.copy().predict(x)), "\(name)")
                try repeatPredictions(network)
                #expect(bits(try network.predict(x)) == bits(after), "\(name)")
            }
        }
    }

    /// A copy made between two changes is of neither.
    @Test func predictionsBetweenChangesOfOneCall() throws {
        let network = try network(PredictedNetworks.chains[0])
        let x = PreparedCopyTests.rows(5, of: network)
        try network.withParameters { parameters throws in
            parameters[0] = 5
            try repeatPredictions(network)
            parameters[0] = 7
        }
        #expect(bits(try network.predict(x)) == bits(try network.copy().predict(x)))

        /// Adds 1 to every parameter, and predicts before that.
        final class Predicting: OptimizationMethod, @unchecked Sendable {
            let predict: () -> Void
            init(_ predict: @escaping () -> Void) { self.predict = predict }
            var identifier: StaticString { "predicting" }
            var stateVectors: Int { 0 }
            func validate() throws(ChainruleError) {}
            func bound(
                gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
            ) -> Double { 1 }
            func step(_ step: OptimizerStep) {
                predict()
                step.withParameters { parameters, _ in for index in parameters.indices { parameters[index] += 1 } }
            }
        }
        let method = Predicting { try? repeatPredictions(network) }
        let gradients = [Float](repeating: 0, count: network.parameterCount)
        try Optimizer(method, learningRate: 1, for: network).step(network, gradients: gradients.span)
        #expect(bits(try network.predict(x)) == bits(try network.copy().predict(x)))
    }

    /// Whoever has the parameters' address may change them at any time.
    @Test func sharedParametersAreReadByEveryPrediction() throws {
        let network = try network(PredictedNetworks.chains[0])
        let x = PreparedCopyTests.rows(5, of: network)
        try repeatPredictions(network)
        let parameters = network.shareParameters()
        for value in [Float(1), 2, 3] {
            parameters[0, 0] = value
            try repeatPredictions(network)
            #expect(!network.keepsPreparedCopy)
            #expect(bits(try network.predict(x)) == bits(try network.copy().predict(x)))
        }
        let copy = try network.copy()
        try repeatPredictions(copy)
        #expect(copy.keepsPreparedCopy)
    }

    @Test func eightThreadsPredictTheSame() async throws {
        for description in [PredictedNetworks.chains[2], PredictedNetworks.others[0]] {
            var noise = Noise(8)
            for round in 0..<10 {
                let network = try network(description)
                let x = noise.floats(70 * network.inputs)
                let expected = bits(try network.copy().predict(x))
                await withTaskGroup(of: Bool.self) { group in
                    for thread in 0..<8 {
                        group.addTask {
                            for call in 0..<15 {
                                let rows = 1 + (thread * 37 + call * 11 + round) % 70
                                let y = try? network.predict(Array(x[0..<rows * network.inputs]))
                                guard let y, bits(y) == Array(expected[0..<rows * network.outputs]) else {
                                    return false
                                }
                            }
                            return true
                        }
                    }
                    for await same in group { #expect(same) }
                }
                #expect(network.keepsPreparedCopy)
            }
        }
    }

    /// A cancelled call makes no copy, but a later one does.
    @Test func cancellation() throws {
        let network = try network(
            TestNetwork(inputs: 1000, [.dense("a", 600, .relu, from: "input"), .dense("y", 3, from: "a")]))
        let cancellation = Cancellation()
        cancellation.set()
        let x = [Float](repeating: 1, count: 1000)
        var cancelled = 0
        for _ in 0..<PreparedCopyTests.repetitions {
            do {
                _ = try cancellation.watch { () throws in try network.predict(x) }
            } catch let error as ChainruleError {
                #expect(error.code == .cancelled)
                cancelled += 1
            }
        }
        #expect(cancelled > 0 && !network.keepsPreparedCopy)
        try repeatPredictions(network)
        #expect(network.keepsPreparedCopy)
    }
}
