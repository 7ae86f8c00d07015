import Chainrule
import Testing

/// Batch normalization with the batch's statistics, and its running ones.
@Suite struct BatchNormalizationTests {
    private func description(overBatch: Bool) -> TestNetwork {
        TestNetwork(
            inputs: 5,
            [
                .dense("a", 12, .tanh, from: "input"), .reshape("x", [2, 2, 3], from: "a"),
                .other("l", .normalization(.batch(momentum: 0.1), overBatch: overBatch), from: "x"),
                .reshape("r", [12], from: "l"), .dense("y", 3, from: "r"),
            ])
    }

    @Test func gradientOverABatch() throws {
        var noise = Noise(3)
        let check = try GradientCheck(
            description(overBatch: true), rows: 4, seed: 3, cost: .meanSquaredError(.sum), targets: noise.floats(12),
            "batch normalization over a batch")
        check.workspace.usesBatchStatistics = true
        try check.run(along: "l")
    }

    private func fit(_ network: Network, threads: Int = 1, epochs: Int = 1, _ x: [Float], _ t: [Float]) throws {
        var options = TrainingOptions(cost: .meanSquaredError())
        options.batchSize = t.count / network.outputs
        options.threads = threads
        options.epochs = epochs
        options.shuffles = false
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.1, for: network)
        _ = try Trainer(network, optimizer: optimizer, options: options)
            .fit(x, targets: .values(t, columns: network.outputs))
    }

    /// One step moves the running statistics a tenth of the way to the batch's: the unbiased variance.
    @Test func runningStatisticsFollowTheBatch() throws {
        let network = try Network(description(overBatch: false).architecture, seed: 4)
        #expect(network.plan.state.map { $0.name } == ["l.running_mean", "l.running_var"])
        #expect(network.numbers.elements.suffix(6) == [0, 0, 0, 1, 1, 1])
        var noise = Noise(4)
        let (x, t) = (noise.floats(6 * 5, in: -2...2), noise.floats(6 * 3))
        let workspace = try Workspace(for: network, maxRows: 6)
        workspace.usesBatchStatistics = true
        try network.forward(x, in: workspace)
        let read = try workspace.values(of: "x", .activation)
        let byHand = try network.copy()
        let otherWorkspace = try Workspace(for: byHand, maxRows: 6)
        otherWorkspace.usesBatchStatistics = true
        try byHand.forward(x, in: otherWorkspace)
        try byHand.updateStatistics(from: otherWorkspace)
        try fit(network, x, t)
        let state = Array(network.numbers.elements.suffix(6))
        for channel in 0..<3 {
            let values = stride(from: channel, to: read.count, by: 3).map { Double(read[$0]) }
            let mean = values.reduce(0, +) / 24
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 23
            expectClose([state[channel]], [0.1 * mean], absolute: 1e-6, "the mean")
            expectClose([state[3 + channel]], [0.9 + 0.1 * variance], absolute: 1e-6, "the variance")
        }
        #expect(bits(Array(byHand.numbers.elements.suffix(6))) == bits(state))
    }

    @Test func oneNumberHasNoVariance() throws {
        var architecture = try Architecture(inputs: 3)
        try architecture.normalization(.batch(momentum: 0.1), name: "n")
        let network = try Network(architecture, seed: 1)
        let before = network.numbers.elements
        expectError(.size, "layer 'n'", "at least 2 rows") { try fit(network, [1, 2, 3], [1, 2, 3]) }
        #expect(network.numbers.elements == before)
        // Several positions of one row are enough.
        var other = try Architecture(inputs: 3)
        try other.reshape(Shape([3, 1]))
        try other.normalization(.batch(momentum: 0.1))
        try fit(Network(other, seed: 1), [1, 2, 3], [1, 2, 3])
    }

    /// The last batch of an epoch has one row. The error is the layer's on any number of threads, and keeps what was learned.
    @Test(arguments: [1, 2, 3]) func theLastBatchIsTooShort(threads: Int) throws {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(40, .tanh)
        try architecture.normalization(.batch(momentum: 0.1), name: "n")
        try architecture.dense(1)
        let network = try Network(architecture, seed: 1)
        let before = network.parameterVector
        var noise = Noise(1)
        var options = TrainingOptions(cost: .meanSquaredError())
        (options.batchSize, options.threads, options.epochs) = (64, threads, 1)
        expectError(.size, "layer 'n'", "at least 2 rows") {
            try network.fit(
                noise.floats(65 * 3), targets: .values(noise.floats(65), columns: 1),
                optimizer: Optimizer(Adam(), learningRate: 0.01, for: network), options: options)
        }
        #expect(network.parameterVector != before)
    }

    @Test func aVarianceThatOverflowsIsAnError() throws {
        var architecture = try Architecture(inputs: 1)
        try architecture.normalization(.batch(momentum: 0.1), name: "n")
        let other = try Network(architecture, seed: 1)
        expectError(.notFinite, "layer 'n'", "the variance of channel 0 over the batch is inf") {
            try fit(other, [1e20, -1e20, 1e20, -1e20], [1, 2, 3, 4])
        }
        #expect(other.numbers.elements == [1, 0, 0, 1])
    }

    /// A forward pass by hand takes any numbers, and refuses their statistics.
    @Test(arguments: [Float.nan, .infinity, -.infinity]) func statisticsOfNumbersThatAreNotFinite(_ value: Float) throws
    {
        var architecture = try Architecture(inputs: 2)
        try architecture.normalization(.batch(momentum: 0.1), name: "n")
        let network = try Network(architecture, seed: 1)
        let workspace = try Workspace(for: network, maxRows: 3)
        workspace.usesBatchStatistics = true
        expectError(.notFinite, "layer 'n'", "the variance of channel 1 over the batch is") {
            try network.forward([1, 2, 3, value, 5, 6], in: workspace)
        }
    }

    /// The check of a gradient computes with the state of the network.
    @Test func aGradientCheckSeesTheState() throws {
        let network = try Network(description(overBatch: false).architecture, seed: 6)
        network.setState()
        var noise = Noise(6)
        let (x, t) = (noise.floats(4 * 5), noise.floats(4 * 3))
        let report = try network.checkGradient(.meanSquaredError(), x, targets: .values(t, columns: 3))
        let (_, gradients) = try network.valueAndGradient(.meanSquaredError(), x, .values(t, columns: 3))
        let worst = try #require(report.worst)
        let tensor = network.plan.tensors[worst.index]
        let index = tensor.offset + worst.row * tensor.columns + worst.column
        expectClose([gradients[index]], [worst.analytic], absolute: 1e-5, "\(worst.name)")
    }

    @Test func statisticsAreNotThere() throws {
        let network = try Network(description(overBatch: false).architecture, seed: 4)
        let workspace = try Workspace(for: network, maxRows: 2)
        expectError(.noForward, "no forward pass") { try network.updateStatistics(from: workspace) }
        try network.forward([Float](repeating: 1, count: 10), in: workspace)
        expectError(.noForward, "the batch's statistics") { try network.updateStatistics(from: workspace) }
        let inference = try Workspace(for: network, maxRows: 2, purpose: .inference)
        expectError(.mismatch, "inference") {
            inference.usesBatchStatistics = true; try network.forward([Float](repeating: 1, count: 10), in: inference)
        }
    }

    /// Copies, files, predictors and checkpoints carry the state; restoring the best does, too.
    @Test func theStateGoesWhereTheParametersGo() throws {
        let network = try Network(description(overBatch: false).architecture, seed: 5)
        var noise = Noise(5)
        let (x, t) = (noise.floats(8 * 5), noise.floats(8 * 3))
        try fit(network, epochs: 3, x, t)
        let y = bits(try network.predict(x))
        #expect(try bits(network.copy().predict(x)) == y)
        #expect(try bits(Predictor(network).predict(x)) == y)
        let saved = try Network(savedBytes: network.savedBytes())
        #expect(try bits(saved.predict(x)) == y)

        func trainer(_ epochs: Int) throws -> Trainer {
            let network = try Network(description(overBatch: false).architecture, seed: 5)
            var options = TrainingOptions(cost: .meanSquaredError())
            (options.batchSize, options.epochs, options.threads) = (4, epochs, 1)
            return try Trainer(
                network, optimizer: Optimizer(Adam(), learningRate: 0.01, for: network), options: options)
        }
        let whole = try trainer(4)
        _ = try whole.fit(x, targets: .values(t, columns: 3))
        let first = try trainer(2)
        _ = try first.fit(x, targets: .values(t, columns: 3))
        let second = try trainer(4)
        try second.load(savedBytes: first.savedBytes())
        _ = try second.fit(x, targets: .values(t, columns: 3))
        #expect(bits(second.network.numbers.elements) == bits(whole.network.numbers.elements))
    }
}
