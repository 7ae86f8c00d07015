import Chainrule
import Testing

/// What would be computed without an error, and wrongly.
@Suite struct RefusedTests {
    private let x: [Float] = [0.5, -1, 2, 0.25, -0.5, 1]

    private func network(_ last: Activation, dropout: Bool = false) throws -> Network {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(2, last, name: "last")
        if dropout { try architecture.dropout(0.5) }
        return try Network(architecture, seed: 1)
    }

    /// Everything that takes a cost, on a network and targets.
    private func uses(_ network: Network, _ cost: Cost, _ targets: Targets) -> [() throws -> Void] {
        var options = TrainingOptions(cost: cost)
        options.epochs = 1
        let vector = [Float](repeating: 1, count: network.parameterCount)
        return [
            { [x] in
                let adam = try Optimizer(Adam(), learningRate: 0.01, for: network)
                try network.fit(x, targets: targets, optimizer: adam, options: options)
            },
            { [x] in
                let adam = try Optimizer(Adam(), learningRate: 0.01, for: network)
                try Trainer(network, optimizer: adam, options: options).partialFit(x, targets: targets)
            },
            { [x] in try network.minimize(cost, x, targets: targets) },
            { [x] in _ = try network.evaluate(cost, x, targets: targets) },
            { [x] in _ = try network.valueAndGradient(cost, x, targets) },
            { [x] in _ = try network.product(.hessian, cost, x, targets, vector) },
            { [x] in _ = try network.checkGradient(cost, x, targets: targets) },
        ]
    }

    @Test func anActivationThatTheCostApplies() throws {
        for (activation, cost) in [
            (Activation.softmax, Cost.crossEntropy()), (.sigmoid, .binaryCrossEntropyOfLogits()),
        ] {
            for dropout in [false, true] {
                let network = try network(activation, dropout: dropout)
                for use in uses(network, cost, .values([1, 0, 0, 1, 1, 0], columns: 2)) {
                    expectError(.value, "layer 'last' applies \(activation.identifier)", "'\(cost.identifier)'") {
                        try use()
                    }
                }
            }
        }
        let allowed = try network(.logSoftmax)
        for use in uses(allowed, .crossEntropy(), .classes([0, 1, 1])) { try use() }
    }

    @Test func targetsThatAreNoDistributions() throws {
        let network = try network(.identity)
        for (row, sum) in [([0, 0], "0.0"), ([1, 1], "2.0"), ([0.25, 0.5], "0.75")] as [([Float], String)] {
            for use in uses(network, .crossEntropy(), .values([1, 0] + row + [0, 1], columns: 2)) {
                expectError(.target, "row 1 add up to \(sum)", "cross_entropy") { try use() }
            }
        }
        // Rounded ones, and rows that do not count.
        let targets = Targets.values([0.3335, 0.6668, 0, 0, 0, 1], columns: 2, weights: [1, 0, 1])
        for use in uses(network, .crossEntropy(), targets) { try use() }
    }

    @Test func trainingWithinItsOwnCallbacks() throws {
        let network = try network(.identity)
        let targets = Targets.classes([0, 1, 1])
        var options = TrainingOptions(cost: .crossEntropy())
        options.epochs = 1
        let adam = try Optimizer(Adam(), learningRate: 0.01, for: network)
        let other = try Trainer(network, optimizer: adam, options: options)
        let slope = [Float](repeating: 0, count: network.parameterCount)
        let changes: [() throws -> Void] = [
            { [x] in try other.fit(x, targets: targets) },
            { [x] in try other.partialFit(x, targets: targets) },
            { [x] in try network.minimize(.crossEntropy(), x, targets: targets) },
            { try adam.step(network, slope) },
            { try network.loadParameters(from: "nowhere") },
        ]
        var refused = 0
        let refuse = {
            for change in changes {
                expectError(.busy, "the network is being trained") { try change() }
                refused += 1
            }
        }
        options.onEpoch = { _ in
            refuse()
            return true
        }
        let outer = try Optimizer(Adam(), learningRate: 0.01, for: network)
        try network.fit(x, targets: targets, optimizer: outer, options: options)
        var limits = MinimizationOptions()
        limits.maxIterations = 1
        limits.onIteration = { _ in
            refuse()
            return true
        }
        try network.minimize(.crossEntropy(), x, targets: targets, options: limits)
        #expect(refused == 2 * changes.count)
        for change in changes.dropLast() { try change() }
    }
}
