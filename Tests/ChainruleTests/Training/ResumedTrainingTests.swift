import Chainrule
import Testing

/// A saved trainer and another that resumes equal one without a stop, bit for bit.
@Suite struct ResumedTrainingTests {
    private let x: [Float]
    private let classes: [Int32]
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        var noise = Noise(71)
        x = noise.floats(50 * 3)
        classes = noise.classes(50, below: 3)
    }

    private func makeNetwork(units: Int = 8) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(units, .tanh)
        try architecture.dense(3)
        return try Network(architecture, seed: 71)
    }

    private func options(epochs: Int = 4) -> TrainingOptions {
        var options = TrainingOptions(cost: .crossEntropy())
        options.epochs = epochs
        options.batchSize = 8
        options.seed = 5
        options.validationSplit = 0.2
        return options
    }

    private func makeTrainer(
        _ method: any OptimizationMethod, _ options: TrainingOptions, network: Network? = nil
    ) throws -> Trainer {
        let network = try network ?? makeNetwork()
        return try Trainer(
            network, optimizer: Optimizer(method, learningRate: 0.01, for: network), options: options)
    }

    private func makeTrainer(_ options: TrainingOptions, network: Network? = nil) throws -> Trainer {
        try makeTrainer(Adam(), options, network: network)
    }

    private func bitsOf(_ epoch: Epoch) -> [UInt64] {
        [
            epoch.cost.bitPattern, epoch.accuracy?.bitPattern ?? 0, epoch.validation?.cost.bitPattern ?? 0,
            epoch.isBest ? 1 : 0,
        ]
    }

    /// After every batch of two epochs, also the last of an epoch, with every method.
    @Test func everyBatchIsAPlaceToStop() throws {
        for method in OptimizationMethods.all {
            let whole = try makeTrainer(method, options())
            let history = try whole.fit(x, targets: .classes(classes))
            for stop in method is Adam ? Array(1...10) : [1, 5, 7] {
                let path = folder.path("checkpoint")
                var interrupted = options()
                var batches = 0
                interrupted.onBatch = { _ in
                    batches += 1
                    return batches < stop
                }
                let first = try makeTrainer(method, interrupted)
                expectError(.cancelled, "epoch \((stop - 1) / 5 + 1), batch \((stop - 1) % 5 + 1), step \(stop)") {
                    try first.fit(x, targets: .classes(classes))
                }
                #expect(first.progress.batches == (stop - 1) % 5 + 1)
                try first.save(to: path)

                let second = try makeTrainer(method, options())
                // What it holds is replaced.
                try second.partialFit(x, targets: .classes(classes))
                try second.load(from: path)
                #expect(bits(second.network.parameterVector) == bits(first.network.parameterVector))
                let rest = try second.fit(x, targets: .classes(classes))
                #expect(
                    bits(second.network.parameterVector) == bits(whole.network.parameterVector),
                    "\(method.identifier) stopped after batch \(stop)")
                #expect(rest.map(bitsOf) == history.suffix(rest.count).map(bitsOf))
                #expect(rest.count == 4 - (stop - 1) / 5)
                #expect(second.optimizer.steps == 20 && second.progress.epochs == 4)
            }
        }
    }

    /// The same trainer, without a file.
    @Test func aTrainerGoesOnByItself() throws {
        let whole = try makeTrainer(options())
        try whole.fit(x, targets: .classes(classes))
        var interrupted = options()
        var batches = 0
        interrupted.onBatch = { _ in
            batches += 1
            return batches % 7 != 0
        }
        let trainer = try makeTrainer(interrupted)
        var calls = 0
        while trainer.progress.epochs < 4 {
            calls += 1
            do {
                try trainer.fit(x, targets: .classes(classes))
            } catch {
                #expect(error.code == .cancelled)
            }
        }
        #expect(calls == 3)
        #expect(bits(trainer.network.parameterVector) == bits(whole.network.parameterVector))
        // There is nothing left to do.
        #expect(try trainer.fit(x, targets: .classes(classes)).isEmpty)
    }

    /// Saved from the callbacks: the file holds the state that the callback was told.
    @Test func savingFromCallbacks() throws {
        let path = folder.path("from a callback")
        for inBatch in [true, false] {
            let whole = try makeTrainer(options())
            try whole.fit(x, targets: .classes(classes))
            var saving = options()
            var trainer: Trainer?
            saving.onBatch = { batch in
                if inBatch && batch.step == 8 { #expect(throws: Never.self) { try trainer?.save(to: path) } }
                return true
            }
            saving.onEpoch = { epoch in
                if !inBatch && epoch.number == 2 { #expect(throws: Never.self) { try trainer?.save(to: path) } }
                return true
            }
            trainer = try makeTrainer(saving)
            // Its options hold the callbacks, and they the trainer.
            defer { trainer = nil }
            try trainer?.fit(x, targets: .classes(classes))
            let resumed = try makeTrainer(options())
            try resumed.load(from: path)
            #expect(resumed.optimizer.steps == (inBatch ? 8 : 10))
            #expect(resumed.progress.rows == (inBatch ? 24 : 0))
            try resumed.fit(x, targets: .classes(classes))
            #expect(bits(resumed.network.parameterVector) == bits(whole.network.parameterVector))
        }
    }

    /// More epochs than at first.
    @Test func moreEpochs() throws {
        let path = folder.path("more")
        let short = try makeTrainer(options(epochs: 2))
        try short.fit(x, targets: .classes(classes))
        try short.save(to: path)
        let (whole, long) = (try makeTrainer(options()), try makeTrainer(options()))
        try whole.fit(x, targets: .classes(classes))
        try long.load(from: path)
        #expect(try long.fit(x, targets: .classes(classes)).count == 2)
        #expect(bits(long.network.parameterVector) == bits(whole.network.parameterVector))
    }

    /// Whatever else a step depends on: schedules, plateaus among them, dropout, layers frozen for a while.
    @Test func everythingThatAStepDependsOn() throws {
        let schedules = [
            Schedule(CosineSchedule(), warmup: 3), Schedule(ExponentialSchedule(factor: 0.9), perEpoch: true),
            Schedule(.plateau(Plateau(factor: 0.5, patience: 0, threshold: 0.5)), warmup: 4),
            Schedule(
                .custom(CustomSchedule { t, base, cost in base / Float(t + 1) * (cost.isNaN ? 1 : Float(cost)) })),
        ]
        for schedule in schedules {
            func trainer(stopAfter stop: Int = .max) throws -> Trainer {
                var architecture = try Architecture(inputs: 3)
                try architecture.dense(8, .tanh, name: "a")
                try architecture.dropout(0.25)
                try architecture.dense(3, name: "b")
                var options = options()
                options.schedule = schedule
                var batches = 0
                options.onBatch = { _ in
                    batches += 1
                    return batches < stop
                }
                let network = try Network(architecture, seed: 72)
                let optimizer = try Optimizer(
                    Adam(), learningRate: 0.01,
                    regularization: Regularization(weightDecay: 0.1, l1: 0.001, clipNorm: 0.5),
                    for: network)
                // The layers' t differ from then on.
                try optimizer.set(layer: "a", LayerStep(isFrozen: true))
                let trainer = try Trainer(network, optimizer: optimizer, options: options)
                _ = try optimizer.step(
                    network, gradients: [Float](repeating: 0.01, count: network.parameterCount).span)
                try optimizer.set(layer: "a", LayerStep())
                return trainer
            }
            let whole = try trainer()
            try whole.fit(x, targets: .classes(classes))
            #expect(whole.optimizer.learningRate == 0.01)
            for stop in [2, 5, 8, 15] {
                let path = folder.path("everything")
                let first = try trainer(stopAfter: stop)
                expectError(.cancelled) { try first.fit(x, targets: .classes(classes)) }
                try first.save(to: path)
                let second = try trainer()
                try second.load(from: path)
                #expect(second.optimizer.learningRate == 0.01)
                try second.fit(x, targets: .classes(classes))
                #expect(bits(second.network.parameterVector) == bits(whole.network.parameterVector))
            }
        }
        // With another schedule, or another regularization, it is another run.
        var other = options()
        other.schedule = schedules[0]
        refuses(try makeTrainer(other), try saved(), .mismatch, "schedule 'none'; the trainer has 'cosine'")
        let network = try makeNetwork()
        let optimizer = try Optimizer(
            Adam(), learningRate: 0.01, regularization: Regularization(l2: 0.1), for: network)
        refuses(
            try Trainer(network, optimizer: optimizer, options: options()), try saved(), .mismatch, "regularization")
    }

    // MARK: Files that do not fit

    private func saved() throws -> String {
        let path = folder.path("saved")
        let trainer = try makeTrainer(options(epochs: 1))
        try trainer.fit(x, targets: .classes(classes))
        try trainer.save(to: path)
        return path
    }

    private func refuses(
        _ trainer: Trainer, _ path: String, _ code: ChainruleError.Code, _ part: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let before = bits(trainer.network.parameterVector)
        expectError(code, part, sourceLocation: sourceLocation) { try trainer.load(from: path) }
        #expect(bits(trainer.network.parameterVector) == before, sourceLocation: sourceLocation)
        #expect(trainer.progress.epochs == 0 && trainer.optimizer.steps == 0, sourceLocation: sourceLocation)
    }

    @Test func checkpointsOfOtherRuns() throws {
        let path = try saved()
        refuses(try makeTrainer(options(), network: makeNetwork(units: 9)), path, .mismatch, "another network")
        refuses(try makeTrainer(Momentum(), options()), path, .mismatch, "method 'adam'; the trainer has 'momentum'")
        refuses(try makeTrainer(Adam(beta1: 0.8), options()), path, .mismatch, "other hyperparameters")
        var other = options()
        other.seed = 6
        refuses(try makeTrainer(other), path, .mismatch, "seed 5; the trainer has 6")
        other = options()
        other.batchSize = 9
        refuses(try makeTrainer(other), path, .mismatch, "batch_size 8; the trainer has 9")
        other = options()
        other.shuffles = false
        refuses(try makeTrainer(other), path, .mismatch, "shuffle")
        other = options()
        other.validationSplit = 0.25
        refuses(try makeTrainer(other), path, .mismatch, "validation_split 0.2; the trainer has 0.25")
        other = options()
        other.cost = .crossEntropy(.sum)
        refuses(try makeTrainer(other), path, .mismatch, "reduction")
    }

    @Test func modelFilesAreNoCheckpoints() throws {
        let path = folder.path("model")
        try makeNetwork().save(to: path)
        refuses(try makeTrainer(options()), path, .format, "no checkpoint")
        // And the other way round.
        let checkpoint = try saved()
        expectError(.format, "a checkpoint, not a model file") { _ = try Network(contentsOf: checkpoint) }
    }

    /// Other data than those of the epoch that was interrupted.
    @Test func otherRows() throws {
        var interrupted = options()
        interrupted.onBatch = { _ in false }
        let trainer = try makeTrainer(interrupted)
        expectError(.cancelled) { try trainer.fit(x, targets: .classes(classes)) }
        expectError(.mismatch, "after 8 of 40 rows", "with 24") {
            try trainer.fit(Array(x[0..<90]), targets: .classes(Array(classes[0..<30])))
        }
    }
}
