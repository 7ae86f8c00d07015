import CPlatform

/// Trains one network, and can stop after any batch and go on, in the same process or another.
///
/// ```swift
/// var options = TrainingOptions(cost: .crossEntropy())
/// options.patience = 5
/// options.validationSplit = 0.1
/// let trainer = try Trainer(network, optimizer: optimizer, options: options)
/// let history = try trainer.fit(x, targets: .classes(labels))
/// ```
///
/// Each epoch goes through the rows in batches: a forward pass, the cost, a backward pass and a step. Everything random
/// in an epoch follows from the seed, the optimizer's epochs and, for dropout and noise, the optimizer's steps. So a
/// trainer that you saved after any batch continues as if it had never stopped, bit for bit.
///
/// Threads: one call at a time. Requires exclusive access to the network, except for what the callbacks do.
public final class Trainer: FallibleClass {
    public let network: Network
    public let optimizer: Optimizer
    private(set) var options: TrainingOptions
    package var cost: Cost { options.cost }
    /// How far it has come.
    public internal(set) var progress = TrainingProgress()
    /// The parameters and the state of the best epoch, or those before the first.
    let bestNumbers: FloatMemory
    /// nil: none are carried from batch to batch.
    let carriedStates: CarriedStates?
    /// nil: the learning rate stays as it is.
    var schedule: ScheduleRun?
    /// Whether a call is running. Callbacks are part of it.
    private var isBusy = false

    fileprivate init(
        network: Network, optimizer: Optimizer, options: TrainingOptions, bestNumbers: FloatMemory,
        carriedStates: CarriedStates?
    ) {
        self.network = network
        self.optimizer = optimizer
        self.options = options
        self.bestNumbers = bestNumbers
        self.carriedStates = carriedStates
        schedule = options.schedule.map { ScheduleRun($0, optimizer) }
    }

    /// Trains until the last epoch, from wherever the trainer is. First finishes an interrupted epoch. Does nothing if
    /// the trainer has had all its epochs, or if its patience has run out.
    ///
    /// After an error the parameters are those of the last complete step. Exception: ``ChainruleError/Code/notFinite``
    /// in a step or in validation is a sign that training diverges. It restores the best parameters so far and makes
    /// the optimizer forget its steps: the next step, with a lower learning rate, is like the first.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major, every element finite.
    ///   - targets: for each row of x.
    ///   - validation: data to measure on after each epoch; never trained on.
    /// - Returns: what happened in each epoch of this call.
    @discardableResult
    public func fit(
        _ x: [Float], targets: Targets, validation: (x: [Float], targets: Targets)? = nil
    ) throws(ChainruleError) -> [Epoch] {
        var history: [Epoch] = []
        try network.withData(x, targets, "x") { data throws(ChainruleError) in
            try Network.withValidation(validation, inputs: network.inputs) { held throws(ChainruleError) in
                try fit(data, validation: held) { history.append($0) }
            }
        }
        return history
    }

    /// Does the same with the rows of a data source, in the source's order.
    @discardableResult
    public func fit(
        _ source: DataSource, validation: (x: [Float], targets: Targets)? = nil
    ) throws(ChainruleError) -> [Epoch] {
        var history: [Epoch] = []
        try Network.withValidation(validation, inputs: network.inputs) { held throws(ChainruleError) in
            try fit(source, validation: held) { history.append($0) }
        }
        return history
    }

    /// Sets how many epochs ``fit(_:targets:validation:)`` trains in all, at least 1. Use it to continue after the
    /// last.
    public func setEpochs(_ epochs: Int) throws(ChainruleError) {
        try whileBusy { () throws(ChainruleError) in
            try TrainingOptions.check(epochs: epochs)
            options.epochs = epochs
        }
    }

    /// Goes once through these rows, as an epoch of its own: no validation, and never the best epoch. For data that
    /// arrive bit by bit. Abandons an interrupted epoch.
    @discardableResult
    public func partialFit(_ x: [Float], targets: Targets) throws(ChainruleError) -> Epoch {
        try network.withData(x, targets, "x") { data throws(ChainruleError) in try partialFit(data) }
    }

    /// Makes the next batch begin with states of 0, if the trainer carries states (``TrainingOptions/carriesStates``). For data that
    /// arrive bit by bit: call it before the first part of new sequences.
    public func resetStates() throws(ChainruleError) {
        try whileBusy { () throws(ChainruleError) in
            guard let carriedStates else {
                throw ChainruleError(.mismatch, "the trainer does not carry states from batch to batch")
            }
            carriedStates.reset()
        }
    }

    // MARK: Views

    package func fit(
        _ data: DataView, validation: DataView?, onEpoch: (Epoch) -> Void = { _ in }
    ) throws(ChainruleError) {
        try whileBusy { () throws(ChainruleError) in
            try data.checkShape(for: options.cost, outputs: network.outputs, "x")
            if let validation {
                try validation.checkShape(for: options.cost, outputs: network.outputs, "the validation data")
            }
            let largestInput = try network.check(data, cost: options.cost, "x")
            if let validation { try network.check(validation, cost: options.cost, "the validation data") }
            guard options.validationSplit > 0 else {
                let feed = try RowFeed(for: self, data, rows: 0..<data.x.rows, largestInput: largestInput)
                return try fit(feed, validation: validation, onEpoch: onEpoch)
            }
            guard validation == nil else { throw Split.bothAreGiven }
            let split = try Split(
                of: data, share: options.validationSplit, seed: options.shuffles ? options.seed : nil)
            try network.check(split.heldOut, cost: options.cost, "the part of x to validate on")
            let feed = try RowFeed(for: self, data, rows: split.trainingRows.elements, largestInput: largestInput)
            try fit(feed, validation: split.heldOut, onEpoch: onEpoch)
        }
    }

    package func fit(
        _ source: DataSource, validation: DataView?, onEpoch: (Epoch) -> Void = { _ in }
    ) throws(ChainruleError) {
        try whileBusy { () throws(ChainruleError) in
            try source.checkShape(for: options, outputs: network.outputs)
            if let validation { try network.check(validation, cost: options.cost, "the validation data") }
            guard options.validationSplit == 0 else {
                throw ChainruleError(.value, "a data source cannot be split: give validation data instead")
            }
            try fit(SourceFeed(for: self, source), validation: validation, onEpoch: onEpoch)
        }
    }

    @discardableResult
    package func partialFit(_ data: DataView) throws(ChainruleError) -> Epoch {
        try whileBusy { () throws(ChainruleError) in
            let largestInput = try network.check(data, cost: options.cost, "x")
            let feed = try RowFeed(for: self, data, rows: 0..<data.x.rows, largestInput: largestInput)
            progress.abandonEpoch()
            progress.awaitsBest = false
            schedule?.begin(epochs: options.epochs, stepsPerEpoch: nil)
            defer {
                schedule?.end()
                progress.abandonEpoch()
            }
            try train(on: feed)
            try schedule?.finishEpoch(cost: progress.cost(options.cost))
            return finishEpoch(validation: nil, isBest: false)
        }
    }

    // MARK: Epochs

    private func fit(
        _ feed: any BatchFeed, validation: DataView?, onEpoch: (Epoch) -> Void
    ) throws(ChainruleError) {
        schedule?.begin(epochs: options.epochs, stepsPerEpoch: feed.count.map { ($0 - 1) / options.batchSize + 1 })
        defer { schedule?.end() }
        if progress.bestEpoch == 0 && progress.rows == 0 { bestNumbers.vector.assign(network.numbers) }
        let evaluation = try validation.map { (validation) throws(ChainruleError) in
            try Evaluation(of: network, cost: options.cost, rows: validation.x.rows)
        }
        while progress.epochs < options.epochs && !isOutOfPatience {
            do throws(ChainruleError) {
                if progress.rows == 0 { carriedStates?.reset() }
                try train(on: feed)
                let metrics = try validate(evaluation, validation)
                let cost = metrics?.cost ?? progress.cost(options.cost)
                try schedule?.finishEpoch(cost: cost)
                let epoch = finishEpoch(validation: metrics, isBest: noteBest(cost))
                progress.awaitsBest = true
                onEpoch(epoch)
                if let callback = options.onEpoch, !callback(epoch) {
                    throw ChainruleError(
                        .cancelled, "the callback stopped training after epoch \(epoch.number) of \(epoch.count)")
                }
            } catch {
                if error.code == .notFinite {
                    restoreBest()
                    // What made the steps diverge would make the next ones diverge, at any rate.
                    optimizer.forgetSteps()
                    progress.abandonEpoch()
                }
                throw error
            }
        }
        if options.patience != nil && progress.awaitsBest { restoreBest() }
    }

    private var isOutOfPatience: Bool {
        guard let patience = options.patience else { return false }
        return progress.epochsSinceBest >= patience
    }

    /// Takes the remaining steps of an epoch.
    private func train(on feed: any BatchFeed) throws(ChainruleError) {
        guard progress.epochs < .max && optimizer.epochs < .max else {
            throw ChainruleError(.size, "there have been \(Int.max) epochs, and more are not counted")
        }
        let number = progress.epochs + 1
        if progress.rows == 0 { progress.rowsOfEpoch = feed.count }
        guard progress.rowsOfEpoch == feed.count else {
            throw ChainruleError(
                .mismatch,
                """
                epoch \(number) was interrupted after \(progress.rows) of \(describe(progress.rowsOfEpoch)) rows; it \
                cannot go on with \(describe(feed.count))
                """)
        }
        try feed.begin(epoch: optimizer.epochs + 1)
        var start = platform_seconds()
        while let rows = try feed.next(epoch: number, row: progress.rows) {
            let batch = progress.batches + 1
            do throws(ChainruleError) {
                guard rows.count <= Int.max - progress.rows else {
                    throw ChainruleError(.size, "the epoch has more than \(Int.max) rows, which are not counted")
                }
                try schedule?.setRate(epochs: progress.epochs, steps: Int(clamping: progress.stepsTaken))
                let (cost, weight, decided) = try feed.step.take(rows)
                progress.add(cost: cost, weight: weight, decided: decided, rows: rows.count)
                let now = platform_seconds()
                progress.seconds += now - start
                start = now
                if let onBatch = options.onBatch {
                    let report = BatchReport(
                        epoch: number, batch: batch, step: optimizer.steps, rows: rows.count, cost: cost)
                    guard onBatch(report) else { throw ChainruleError(.cancelled, "the callback stopped training") }
                    start = platform_seconds()
                }
            } catch {
                let step = error.code == .cancelled ? optimizer.steps : optimizer.steps + 1
                throw error.preceded(by: "epoch \(number), batch \(batch), step \(step): ")
            }
        }
        guard progress.rows > 0 else {
            throw ChainruleError(.callback, "the data source gave no rows for epoch \(number); at least 1 is needed")
        }
    }

    private func validate(_ evaluation: Evaluation?, _ validation: DataView?) throws(ChainruleError) -> Metrics? {
        guard let evaluation, let validation else { return nil }
        do throws(ChainruleError) {
            return try evaluation.run(validation)
        } catch {
            throw error.preceded(by: "epoch \(progress.epochs + 1), validation: ")
        }
    }

    private func noteBest(_ cost: Double) -> Bool {
        guard progress.note(cost, minDelta: options.minDelta) else { return false }
        bestNumbers.vector.assign(network.numbers)
        return true
    }

    private func restoreBest() {
        progress.awaitsBest = false
        network.parameterVersion += 1
        network.numbers.assign(bestNumbers.vector)
    }

    private func finishEpoch(validation: Metrics?, isBest: Bool) -> Epoch {
        let epoch = Epoch(
            number: progress.epochs + 1, count: options.epochs, cost: progress.cost(options.cost),
            accuracy: progress.decided.accuracy, validation: validation, isBest: isBest, seconds: progress.seconds,
            samplesPerSecond: Double(progress.rows) / progress.seconds)
        progress.finishEpoch()
        optimizer.epochs += 1
        return epoch
    }

    /// Runs `body`. Throws if a callback of this trainer calls it: callbacks may not change the trainer.
    func whileBusy<Result>(_ body: () throws(ChainruleError) -> Result) throws(ChainruleError) -> Result {
        try checkIsNotBusy()
        isBusy = true
        defer { isBusy = false }
        return try network.whileTraining(body)
    }

    func checkIsNotBusy() throws(ChainruleError) {
        guard !isBusy else {
            throw ChainruleError(
                .busy, "the trainer is training or loading: callbacks can read and save, but not train or load")
        }
    }
}

extension FallibleClass where Self == Trainer {
    /// - Parameters:
    ///   - network: the network to train.
    ///   - optimizer: made for this network; its state goes on from where it is.
    ///   - options: the cost, the batches, the epochs and callbacks.
    public init(_ network: Network, optimizer: Optimizer, options: TrainingOptions) throws(ChainruleError) {
        try network.checkOutput(for: options.cost)
        try options.validate(outputs: network.outputs)
        try optimizer.check(network)
        self = Trainer(
            network: network, optimizer: optimizer, options: options,
            bestNumbers: try FloatMemory(copying: network.numbers),
            carriedStates: options.carriesStates ? try CarriedStates(network.plan, rows: options.batchSize) : nil)
    }
}

private func describe(_ rows: Int?) -> String { rows?.description ?? "a data source's" }

/// How far a trainer has come.
public struct TrainingProgress: Sendable {
    /// How many epochs are finished.
    public internal(set) var epochs = 0
    /// The finished rows and batches of the next epoch; 0 between epochs.
    public internal(set) var rows = 0
    public internal(set) var batches = 0
    /// How many steps the trainer has taken.
    var stepsTaken: Int64 = 0
    /// Whether an epoch of fit has ended since the best parameters were last restored.
    var awaitsBest = false
    /// How many rows the running epoch has; nil if unknown until its end.
    var rowsOfEpoch: Int?
    /// The lowest cost of an epoch of ``Trainer/fit(_:targets:validation:)``; with validation data, the lowest
    /// validation cost. Infinity before the first epoch.
    public internal(set) var bestCost = Double.infinity
    /// The number of that epoch; 0 before the first.
    public internal(set) var bestEpoch = 0

    /// How many epochs of fit came after it.
    var epochsSinceBest = 0
    /// Over the batches of the running epoch: the sums of C times its weight, of the weights, and of what was decided.
    var costSum = 0.0
    var weightSum = 0.0
    var decided = DecidedWeight()
    var seconds = 0.0

    mutating func add(cost: Double, weight: Double, decided: DecidedWeight, rows: Int) {
        costSum += cost * weight
        weightSum += weight
        self.decided += decided
        self.rows += rows
        batches += 1
        stepsTaken += 1
    }

    /// C of the epoch's rows.
    func cost(_ cost: Cost) -> Double {
        // If all weights are 0, C is 0.
        cost.reduction == .sum || weightSum == 0 ? costSum : costSum / weightSum
    }

    /// Whether this is a new best cost.
    mutating func note(_ cost: Double, minDelta: Double) -> Bool {
        guard cost < bestCost - minDelta else {
            epochsSinceBest += 1
            return false
        }
        (bestCost, bestEpoch, epochsSinceBest) = (cost, epochs + 1, 0)
        return true
    }

    mutating func finishEpoch() {
        epochs += 1
        abandonEpoch()
    }

    mutating func abandonEpoch() {
        rowsOfEpoch = nil
        (rows, batches, costSum, weightSum, decided, seconds) = (0, 0, 0, 0, DecidedWeight(), 0)
    }
}
