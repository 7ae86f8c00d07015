import Chainrule
import Testing

/// How training ends: patience, divergence, cancelling; and what is held out and weighed.
@Suite struct TrainerEndTests {
    private let x: [Float]
    private let classes: [Int32]

    init() {
        var noise = Noise(81)
        x = noise.floats(40 * 3)
        classes = noise.classes(40, below: 3)
    }

    private func makeNetwork() throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(16, .tanh)
        try architecture.dense(3)
        return try Network(architecture, seed: 81)
    }

    private func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
        var options = TrainingOptions(cost: .crossEntropy())
        options.batchSize = 8
        change(&options)
        return options
    }

    private func makeTrainer(
        _ options: TrainingOptions, rate: Float = 0.05, network: Network? = nil
    ) throws -> Trainer {
        let network = try network ?? makeNetwork()
        return try Trainer(network, optimizer: Optimizer(Adam(), learningRate: rate, for: network), options: options)
    }

    // MARK: Patience

    /// Noise cannot be learnt for others: the validation cost rises soon.
    @Test func patienceEndsAndTheBestComesBack() throws {
        for minDelta in [0, 0.02] {
            var parameters: [[Float]] = []
            var network: Network?
            let trainer = try makeTrainer(
                options {
                    $0.epochs = 500
                    $0.patience = 3
                    $0.minDelta = minDelta
                    $0.validationSplit = 0.25
                    $0.onEpoch = { _ in
                        parameters.append(network?.parameterVector ?? [])
                        return true
                    }
                })
            network = trainer.network
            let history = try trainer.fit(x, targets: .classes(classes))
            let costs = history.map { $0.validation?.cost ?? .nan }
            // What ought to have happened, by the definition.
            var (best, bestEpoch) = (Double.infinity, 0)
            for (epoch, cost) in costs.enumerated() {
                #expect(history[epoch].isBest == (cost < best - minDelta))
                if cost < best - minDelta { (best, bestEpoch) = (cost, epoch + 1) }
            }
            #expect(history.count == bestEpoch + 3 && history.count < 500)
            #expect(trainer.progress.bestEpoch == bestEpoch && trainer.progress.bestCost == best)
            #expect(bits(trainer.network.parameterVector) == bits(parameters[bestEpoch - 1]))
            #expect(try trainer.fit(x, targets: .classes(classes)).isEmpty)
        }
    }

    @Test func theLastEpochAlsoGivesBackTheBest() throws {
        let (patient, plain) = (
            try makeTrainer(
                options {
                    $0.epochs = 30
                    $0.patience = 30
                    $0.validationSplit = 0.25
                }),
            try makeTrainer(
                options {
                    $0.epochs = 30
                    $0.validationSplit = 0.25
                })
        )
        try patient.fit(x, targets: .classes(classes))
        try plain.fit(x, targets: .classes(classes))
        #expect(patient.progress.bestEpoch < 30 && patient.progress.bestEpoch == plain.progress.bestEpoch)
        let shorter = try makeTrainer(
            options {
                $0.epochs = plain.progress.bestEpoch
                $0.validationSplit = 0.25
            })
        try shorter.fit(x, targets: .classes(classes))
        #expect(bits(patient.network.parameterVector) == bits(shorter.network.parameterVector))
        #expect(bits(patient.network.parameterVector) != bits(plain.network.parameterVector))
    }

    // MARK: Divergence

    /// The learning rate explodes after two epochs: the best parameters stay, and the message has the step.
    @Test func divergenceKeepsTheBest() throws {
        let network = try makeNetwork()
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.1, for: network)
        var best: [Float] = []
        let trainer = try Trainer(
            network, optimizer: optimizer,
            options: options {
                $0.epochs = 50
                $0.onEpoch = { epoch in
                    if epoch.isBest { best = network.parameterVector }
                    if epoch.number == 2 { try? optimizer.setLearningRate(3e38) }
                    return true
                }
            })
        do {
            try trainer.fit(x, targets: .classes(classes))
            Issue.record("a learning rate of 3e38 should not train")
        } catch {
            #expect(error.code == .notFinite)
            let step = optimizer.steps + 1
            #expect(
                error.message.contains("epoch \((step - 1) / 5 + 1), batch \((step - 1) % 5 + 1), step \(step):"),
                "\(error.message)")
            #expect(step > 10)
        }
        #expect(trainer.progress.epochs >= 2 && !best.isEmpty)
        #expect(bits(network.parameterVector) == bits(best))
    }

    /// Before the first epoch ends, the best are those it began with.
    @Test func divergenceInTheFirstEpoch() throws {
        let trainer = try makeTrainer(options(), rate: 0.05)
        let before = trainer.network.parameterVector
        var steps = 0
        let optimizer = trainer.optimizer
        let other = try Trainer(
            trainer.network, optimizer: optimizer,
            options: options {
                $0.onBatch = { _ in
                    steps += 1
                    if steps == 3 { try? optimizer.setLearningRate(3e38) }
                    return true
                }
            })
        expectError(.notFinite, "epoch 1, batch") { try other.fit(x, targets: .classes(classes)) }
        #expect(steps >= 3)
        #expect(bits(trainer.network.parameterVector) == bits(before))
    }

    /// The optimizer forgets what made it diverge: the same trainer goes on from the best parameters, at a lower rate, as a new
    /// optimizer would.
    @Test func divergenceIsForgotten() throws {
        for method in OptimizationMethods.all {
            // Targets far away make every method's state large before a step is refused.
            let targets = Targets.values(x.map { $0 * 1e15 }, columns: 3)
            let ones = Targets.values([Float](repeating: 1, count: x.count), columns: 3)
            func makeOptions(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
                var options = TrainingOptions(cost: .meanSquaredError())
                (options.epochs, options.batchSize, options.shuffles) = (4, 8, false)
                change(&options)
                return options
            }
            let network = try makeNetwork()
            let optimizer = try Optimizer(method, learningRate: 1e-3, for: network)
            var batches = 0
            let trainer = try Trainer(
                network, optimizer: optimizer,
                options: makeOptions {
                    $0.onBatch = { _ in
                        batches += 1
                        if batches == 3 { try? optimizer.setLearningRate(3e38) }
                        return true
                    }
                })
            let before = network.parameterVector
            // These set the size of a step by themselves, and only begin with the learning rate.
            guard (try? trainer.fit(x, targets: targets)) == nil else {
                #expect(["irprop_minus", "quickprop"].contains(method.identifier.description), "\(method.identifier)")
                continue
            }
            #expect(bits(network.parameterVector) == bits(before))
            let stepsBefore = optimizer.steps
            #expect(stepsBefore >= 3)
            try optimizer.setLearningRate(1e-4)
            try trainer.fit(x, targets: ones)
            #expect(optimizer.steps == stepsBefore + 4 * 5, "\(method.identifier)")

            let fresh = try makeNetwork()
            try fresh.fit(
                x, targets: ones,
                optimizer: Optimizer(method, learningRate: 1e-4, for: fresh), options: makeOptions())
            #expect(bits(network.parameterVector) == bits(fresh.parameterVector), "\(method.identifier)")
        }
    }

    // MARK: Callbacks

    @Test func batchesAreReported() throws {
        var reports: [BatchReport] = []
        let trainer = try makeTrainer(
            options {
                $0.epochs = 2
                $0.batchSize = 16
                $0.onBatch = {
                    reports.append($0)
                    return true
                }
            })
        let history = try trainer.fit(x, targets: .classes(classes))
        #expect(reports.map { $0.epoch } == [1, 1, 1, 2, 2, 2])
        #expect(reports.map { $0.batch } == [1, 2, 3, 1, 2, 3])
        #expect(reports.map { $0.step } == [1, 2, 3, 4, 5, 6])
        #expect(reports.map { $0.rows } == [16, 16, 8, 16, 16, 8])
        for epoch in 0..<2 {
            var total = 0.0
            for report in reports where report.epoch == epoch + 1 { total += report.cost * Double(report.rows) }
            #expect(history[epoch].cost == total / 40)
        }
    }

    /// A custom cost that refuses in the middle of a batch: the step before is the last.
    @Test func cancellingInTheMiddleOfABatch() throws {
        var calls = 0
        let network = try makeNetwork()
        let counted = CustomCost { y, _, _, rows, columns, gradient throws(ChainruleError) in
            for index in 0..<rows * columns { gradient[index] = y[index] }
            guard rows == 8 else { throw ChainruleError(.callback, "enough") }
            return 1
        }
        let trainer = try Trainer(
            network, optimizer: Optimizer(GradientDescent(), learningRate: 0.1, for: network),
            options: options {
                $0.cost = Cost(custom: counted)
                $0.onBatch = { _ in
                    calls += 1
                    return true
                }
            })
        // 36 rows: the fifth batch has 4.
        expectError(.callback, "epoch 1, batch 5, step 5: enough") {
            try trainer.fit(Array(x[0..<36 * 3]), targets: .none())
        }
        #expect(calls == 4 && trainer.optimizer.steps == 4 && trainer.progress.batches == 4)
    }

    @Test func callbacksCannotTrain() throws {
        var trainer: Trainer?
        var errors = 0
        let (x, classes) = (self.x, self.classes)
        trainer = try makeTrainer(
            options {
                $0.epochs = 1
                $0.onEpoch = { _ in
                    for body in [
                        { _ = try trainer?.fit(x, targets: .classes(classes)) },
                        { _ = try trainer?.partialFit(x, targets: .classes(classes)) },
                        { try trainer?.load(from: "anything") },
                    ] {
                        do { try body() } catch let error as ChainruleError {
                            if error.code == .busy { errors += 1 }
                        } catch {}
                    }
                    return true
                }
            })
        // Its options hold the callback, and it the trainer.
        defer { trainer = nil }
        try trainer?.fit(x, targets: .classes(classes))
        #expect(errors == 3)
        // And afterwards it can.
        try trainer?.partialFit(x, targets: .classes(classes))
    }

    // MARK: Held-out rows

    @Test func theLastRowsAreHeldOut() throws {
        let (split, apart) = (
            try makeTrainer(
                options {
                    $0.epochs = 3
                    $0.shuffles = false
                    $0.validationSplit = 0.25
                }),
            try makeTrainer(
                options {
                    $0.epochs = 3
                    $0.shuffles = false
                })
        )
        let first = try split.fit(x, targets: .classes(classes))
        let second = try apart.fit(
            Array(x[0..<90]), targets: .classes(Array(classes[0..<30])),
            validation: (Array(x[90...]), .classes(Array(classes[30...]))))
        #expect(bits(split.network.parameterVector) == bits(apart.network.parameterVector))
        #expect(first.map { $0.validation?.cost } == second.map { $0.validation?.cost })
        #expect(first[0].validation?.rows == 10)
    }

    /// With shuffling any rows are, each once, and by the seed.
    @Test func anyRowsAreHeldOut() throws {
        func heldOut(seed: UInt64) throws -> Set<Float> {
            // Rows that tell which they are; those that are trained on are seen by the cost.
            var seen = Set<Float>()
            let network = try makeNetwork()
            let seeing = CustomCost { _, targets, _, rows, columns, gradient in
                for index in 0..<rows * columns { gradient[index] = 0 }
                return Double(targets[0])
            }
            let trainer = try Trainer(
                network, optimizer: Optimizer(GradientDescent(), learningRate: 0.1, for: network),
                options: options {
                    $0.cost = Cost(custom: seeing)
                    $0.epochs = 2
                    $0.batchSize = 1
                    $0.seed = seed
                    $0.validationSplit = 0.1
                    $0.onBatch = {
                        seen.insert(Float($0.cost))
                        return true
                    }
                })
            try trainer.fit(x, targets: .values((0..<40).map { Float($0) }, columns: 1))
            return Set((0..<40).map { Float($0) }).subtracting(seen)
        }
        let rows = try heldOut(seed: 1)
        #expect(rows.count == 4)
        #expect(try heldOut(seed: 1) == rows)
        #expect(try heldOut(seed: 2) != rows)
    }

    @Test func splitsHaveTwoParts() throws {
        for (rows, share, held) in [(2, 0.01, 1), (2, 0.99, 1), (10, 0.99, 9), (40, 1e-9, 1)] {
            let trainer = try makeTrainer(
                options {
                    $0.epochs = 1
                    $0.validationSplit = share
                })
            let epoch = try trainer.fit(Array(x[0..<rows * 3]), targets: .classes(Array(classes[0..<rows])))[0]
            #expect(epoch.validation?.rows == held)
        }
        expectError(.size, "1 row", "validation_split") {
            try makeTrainer(options { $0.validationSplit = 0.5 }).fit([1, 2, 3], targets: .classes([0]))
        }
        expectError(.value, "both") {
            try makeTrainer(options { $0.validationSplit = 0.5 })
                .fit(x, targets: .classes(classes), validation: (x, .classes(classes)))
        }
    }

    // MARK: Class weights

    /// A class of weight 2 counts as sample weights of 2.
    @Test func classWeightsAreSampleWeights() throws {
        for given in [nil, (0..<40).map { Float($0 % 3) + 0.5 }] as [[Float]?] {
            let (byClass, byRow) = (
                try makeTrainer(
                    options {
                        $0.epochs = 3
                        $0.classWeights = [2, 0, 0.5]
                    }), try makeTrainer(options { $0.epochs = 3 })
            )
            let weights = (0..<40).map { [2, 0, 0.5][Int(classes[$0])] * (given?[$0] ?? 1) }
            try byClass.fit(x, targets: .classes(classes, weights: given))
            try byRow.fit(x, targets: .classes(classes, weights: weights))
            #expect(bits(byClass.network.parameterVector) == bits(byRow.network.parameterVector))
        }
    }

    /// Class 2 is never seen, and has a weight nevertheless.
    @Test func classesNeverSeen() throws {
        let seen = classes.map { min($0, 1) }
        let trainer = try makeTrainer(
            options {
                $0.epochs = 20
                $0.classWeights = [1, 1, 100]
            })
        let history = try trainer.fit(x, targets: .classes(seen), validation: (x, .classes(classes)))
        #expect(history[19].cost < history[0].cost)
        let confusion = try trainer.network.confusion(.crossEntropy(), x, targets: .classes(seen))
        #expect(confusion[6...] == [0, 0, 0])
        expectError(.target, "weights of the rows to train on are all 0") {
            try makeTrainer(options { $0.classWeights = [0, 0, 1] }).fit(x, targets: .classes(seen))
        }
    }

    /// One output that says yes or no has two classes, as a network of two outputs has.
    @Test(arguments: [false, true]) func classWeightsOfYesAndNo(logits: Bool) throws {
        let cost = logits ? Cost.binaryCrossEntropyOfLogits() : .binaryCrossEntropy()
        func trainer(_ classWeights: [Float]?, outputs: Int = 1) throws -> Trainer {
            var architecture = try Architecture(inputs: 3)
            try architecture.dense(outputs, logits ? .identity : .sigmoid)
            return try makeTrainer(
                options {
                    $0.cost = cost
                    $0.epochs = 3
                    $0.classWeights = classWeights
                }, network: Network(architecture, seed: 1))
        }
        let labels = classes.map { Float(min($0, 1)) }
        for given in [nil, (0..<40).map { Float($0 % 3) + 0.5 }] as [[Float]?] {
            let (byClass, byRow) = (try trainer([2, 0.25]), try trainer(nil))
            let weights = (0..<40).map { [2, 0.25][Int(labels[$0])] * (given?[$0] ?? 1) }
            let history = try byClass.fit(x, targets: .values(labels, columns: 1, weights: given))
            let expected = try byRow.fit(x, targets: .values(labels, columns: 1, weights: weights))
            #expect(bits(byClass.network.parameterVector) == bits(byRow.network.parameterVector))
            #expect(history.map { $0.accuracy } == expected.map { $0.accuracy })
        }
        var other = labels
        other[7] = 0.5
        let refused = try trainer([2, 0.25])
        let before = bits(refused.network.parameterVector)
        expectError(.target, "the target of row 7 is 0.5; with class weights it must be 0 or 1") {
            try refused.fit(x, targets: .values(other, columns: 1))
        }
        let source = DataSource(targets: .values(columns: 1)) { [x] request, row, values, _, _ throws(ChainruleError) in
            guard request.firstRow == 0 else { return 0 }
            for index in 0..<9 { row[index] = x[index] }
            for index in 0..<3 { values[index] = index == 2 ? 0.25 : 1 }
            return 3
        }
        expectError(.callback, "the target of row 2 is 0.25; with class weights it must be 0 or 1") {
            try refused.fit(source)
        }
        #expect(bits(refused.network.parameterVector) == before)
        expectError(.size, "1 class weights for 2 classes") { _ = try trainer([1]) }
        expectError(.value, "class weights need classes: the cost '\(cost.identifier)' of 2 outputs has no classes") {
            _ = try trainer([1, 1], outputs: 2)
        }
    }

    // MARK: Bad options

    @Test func badOptions() throws {
        func refused(
            _ code: ChainruleError.Code, _ part: String, sourceLocation: SourceLocation = #_sourceLocation,
            _ change: (inout TrainingOptions) -> Void
        ) {
            expectError(code, part, sourceLocation: sourceLocation) { _ = try makeTrainer(options(change)) }
        }
        for bad in [-0.1, 1, 2, .nan, .infinity] {
            refused(.value, "validation_split is \(bad)") { $0.validationSplit = bad }
        }
        for bad in [-0.1, .nan, .infinity] { refused(.value, "min_delta is \(bad)") { $0.minDelta = bad } }
        refused(.size, "patience is -1") { $0.patience = -1 }
        refused(.size, "2 class weights", ) { $0.classWeights = [1, 1] }
        for bad in [-1, Float.nan, .infinity] {
            refused(.value, "weight of class 1 is \(bad)") { $0.classWeights = [1, bad, 1] }
        }
        refused(.value, "mean_squared_error") {
            $0.cost = .meanSquaredError()
            $0.classWeights = [1, 1, 1]
        }
        let values = Targets.values([Float](repeating: 1.0 / 3, count: 120), columns: 3)
        expectError(.target, "class weights need target classes") {
            try makeTrainer(options { $0.classWeights = [1, 1, 1] }).fit(x, targets: values)
        }
        expectError(.target, "too large") {
            try makeTrainer(options { $0.classWeights = [3e38, 3e38, 3e38] }).fit(
                x, targets: .classes(classes, weights: [Float](repeating: 3, count: 40)))
        }
    }

    /// What ended stays ended: the best parameters come back once, and what is done afterwards stays.
    @Test func aFitWithNothingToDoDoesNothing() throws {
        let trainer = try makeTrainer(
            options {
                $0.epochs = 20
                $0.patience = 2
                $0.validationSplit = 0.25
                $0.schedule = Schedule(ConstantSchedule())
            })
        try trainer.fit(x, targets: .classes(classes))
        try trainer.partialFit(x, targets: .classes(classes))
        try trainer.optimizer.setLearningRate(0.25)
        let parameters = trainer.network.parameterVector
        #expect(try trainer.fit(x, targets: .classes(classes)).isEmpty)
        #expect(bits(trainer.network.parameterVector) == bits(parameters))
        #expect(trainer.optimizer.learningRate == 0.25)
    }

    /// The rate that the optimizer has when a call begins is where its schedule begins.
    @Test func schedulesBeginAtThePresentRate() throws {
        func parameters(_ rate: Float, later: Float?) throws -> [Float] {
            let trainer = try makeTrainer(
                options {
                    $0.epochs = 2
                    $0.schedule = Schedule(ExponentialSchedule(factor: 0.9))
                }, rate: rate)
            if let later { try trainer.optimizer.setLearningRate(later) }
            try trainer.fit(x, targets: .classes(classes))
            #expect(trainer.optimizer.learningRate == later ?? rate)
            return trainer.network.parameterVector
        }
        #expect(try bits(parameters(0.01, later: 0.05)) == bits(parameters(0.05, later: nil)))
    }

    /// Divergence puts back what partial fits had made, not what the trainer was created with; and the next fit begins an epoch.
    @Test func divergenceAfterPartialFits() throws {
        let trainer = try makeTrainer(options { $0.epochs = 50 })
        for _ in 0..<3 { try trainer.partialFit(x, targets: .classes(classes)) }
        let parameters = trainer.network.parameterVector
        try trainer.optimizer.setLearningRate(3e38)
        expectError(.notFinite, "epoch 4, batch") { try trainer.fit(x, targets: .classes(classes)) }
        #expect(bits(trainer.network.parameterVector) == bits(parameters))
        #expect(trainer.progress.rows == 0 && trainer.progress.batches == 0)
    }

    /// A stopped partial fit is over: fit continues with its own rows.
    @Test func stoppedPartialFits() throws {
        var stops = true
        let trainer = try makeTrainer(
            options {
                $0.epochs = 1
                $0.onBatch = { _ in !stops }
            })
        expectError(.cancelled) { try trainer.partialFit(Array(x[0..<30]), targets: .classes(Array(classes[0..<10]))) }
        stops = false
        #expect(try trainer.fit(x, targets: .classes(classes)).count == 1)
    }

    // MARK: Parts

    /// Each call is an epoch: the same as epochs of one fit, if the data are the same.
    @Test func partialFitsAreEpochs() throws {
        let (parts, whole) = (try makeTrainer(options()), try makeTrainer(options { $0.epochs = 3 }))
        let history = try whole.fit(x, targets: .classes(classes))
        for number in 1...3 {
            let epoch = try parts.partialFit(x, targets: .classes(classes))
            #expect(epoch.number == number && epoch.cost == history[number - 1].cost && !epoch.isBest)
        }
        #expect(bits(parts.network.parameterVector) == bits(whole.network.parameterVector))
        #expect(parts.progress.epochs == 3 && parts.progress.bestEpoch == 0)
        // Fewer rows than a batch.
        #expect(try parts.partialFit(Array(x[0..<9]), targets: .classes(Array(classes[0..<3]))).number == 4)
        #expect(parts.optimizer.steps == 16)
        expectError(.size, "x has 0 rows") { try parts.partialFit([], targets: .classes([])) }
    }
}
