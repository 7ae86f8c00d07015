import Chainrule
import Testing

/// Training on after training: the optimizer's state, the orders of the rows and the masks of dropout go on.
@Suite struct GoingOnTests {
    private let x: [Float]
    private let targets: Targets

    init() {
        var noise = Noise(5)
        x = noise.floats(40 * 3)
        targets = .classes(noise.classes(40, below: 3))
    }

    private func makeNetwork() throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(8, .relu)
        try architecture.dropout(0.5)
        try architecture.dense(3)
        return try Network(architecture, seed: 5)
    }

    private func options(epochs: Int) -> TrainingOptions {
        var options = TrainingOptions(cost: .crossEntropy())
        options.epochs = epochs
        options.batchSize = 8
        return options
    }

    @Test func aSecondFitWithTheSameOptimizerGoesOn() throws {
        let (whole, pieces) = (try makeNetwork(), try makeNetwork())
        let once = try Optimizer(Adam(), learningRate: 0.01, for: whole)
        let costs = try whole.fit(x, targets: targets, optimizer: once, options: options(epochs: 6)).map { $0.cost }
        let again = try Optimizer(Adam(), learningRate: 0.01, for: pieces)
        var found: [Double] = []
        for epochs in [1, 2, 3] {
            found += try pieces.fit(x, targets: targets, optimizer: again, options: options(epochs: epochs)).map {
                $0.cost
            }
        }
        #expect(found == costs)
        #expect(bits(pieces.parameterVector) == bits(whole.parameterVector))
        #expect(again.epochs == 6)
    }

    @Test func aTrainerWithMoreEpochsGoesOn() throws {
        let (whole, pieces) = (try makeNetwork(), try makeNetwork())
        try whole.fit(
            x, targets: targets, optimizer: Optimizer(Adam(), learningRate: 0.01, for: whole),
            options: options(epochs: 5))
        let trainer = try Trainer(
            pieces, optimizer: Optimizer(Adam(), learningRate: 0.01, for: pieces), options: options(epochs: 2))
        try trainer.fit(x, targets: targets)
        #expect(try trainer.fit(x, targets: targets).isEmpty)
        try trainer.setEpochs(5)
        let history = try trainer.fit(x, targets: targets)
        #expect(history.map { $0.number } == [3, 4, 5] && history.allSatisfy { $0.count == 5 })
        #expect(bits(pieces.parameterVector) == bits(whole.parameterVector))
        expectError(.size, "epochs is 0") { try trainer.setEpochs(0) }
    }

    /// A checkpoint remembers the epochs that the optimizer had been through before the run.
    @Test func aCheckpointOfARunWithAUsedOptimizer() throws {
        let folder = try TemporaryFolder()
        func trainer(stopping: Bool) throws -> Trainer {
            let network = try makeNetwork()
            let optimizer = try Optimizer(Adam(), learningRate: 0.01, for: network)
            try network.fit(x, targets: targets, optimizer: optimizer, options: options(epochs: 2))
            var options = options(epochs: 3)
            if stopping { options.onBatch = { $0.epoch < 2 || $0.batch < 3 } }
            return try Trainer(network, optimizer: optimizer, options: options)
        }
        let whole = try trainer(stopping: false)
        try whole.fit(x, targets: targets)
        let stopped = try trainer(stopping: true)
        expectError(.cancelled, "stopped") { try stopped.fit(x, targets: targets) }
        try stopped.save(to: folder.path("run"))

        let network = try makeNetwork()
        let resumed = try Trainer(
            network, optimizer: Optimizer(Adam(), learningRate: 0.01, for: network), options: options(epochs: 3))
        try resumed.load(from: folder.path("run"))
        try resumed.fit(x, targets: targets)
        #expect(bits(network.parameterVector) == bits(whole.network.parameterVector))
        #expect(resumed.optimizer.epochs == 5)
    }
}
