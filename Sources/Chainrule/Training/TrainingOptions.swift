/// How a ``Trainer`` trains.
public struct TrainingOptions {
    public var cost: Cost
    /// How many times training goes through all rows, at least 1.
    public var epochs = 10
    /// Rows for each step, at least 1; the last batch of an epoch may be shorter.
    public var batchSize = 32
    /// Whether each epoch goes through the rows in a new order.
    public var shuffles = true
    /// Whether recurrent layers carry their states from batch to batch: row i of a batch begins with the state that row i of the
    /// batch before ended with, and gradients stop there (truncated backpropagation through time). Each epoch begins with
    /// states of 0; ``Trainer/partialFit(_:targets:)`` goes on with those of the call before
    /// (``Trainer/resetStates()``). Takes rows in order (``shuffles`` is false), whole batches, and recurrent layers that go
    /// forwards and read no first state.
    public var carriesStates = false
    /// The seed of everything random: which rows are held out, their order in each epoch, and the numbers of dropout
    /// and noise. The latter follow from this and from the number of steps that the optimizer has taken.
    public var seed: UInt64 = 0
    /// How many threads share the work; fewer if a step has fewer parts. nil: the library decides, by the size of a
    /// step and the time that steps took. The results are the same bit for bit. A custom cost or activation runs on one
    /// thread.
    public var threads: Int?
    /// The share of the rows, in [0, 1), to hold out for validation if you give no validation data: random rows with
    /// ``shuffles``, otherwise the last. Holds out at least one row and leaves at least one.
    public var validationSplit = 0.0
    /// For each class, a factor for the sample weights of its rows in training, finite and ≥ 0; nil: 1. Requires target
    /// classes. A binary cross-entropy of one output has two factors, for the targets 0 and 1; other targets are an
    /// error.
    public var classWeights: [Float]?
    /// Stops training after this many epochs without a new best cost, at least 1. Then, or after the last epoch,
    /// restores the best parameters. nil: goes on to the last epoch and keeps its parameters. The cost is the
    /// validation cost if there are validation data, otherwise the epoch's cost.
    public var patience: Int?
    /// How much lower a cost must be to be a new best, finite and ≥ 0.
    public var minDelta = 0.0
    /// Sets the optimizer's learning rate for each step; nil: the rate stays as it is. The schedule starts from the
    /// optimizer's rate. Each call restores that rate at its end.
    public var schedule: Schedule?
    /// Called after each batch; returns whether to go on. May read the network and save the trainer. Capture the
    /// trainer weakly: it holds its options.
    public var onBatch: ((BatchReport) -> Bool)?
    /// Called after each epoch; returns whether to go on. May read the network and save the trainer.
    public var onEpoch: ((Epoch) -> Bool)?

    /// Enough for any machine.
    static var mostThreads: Int { 1024 }

    public init(cost: Cost) { self.cost = cost }

    func validate(outputs: Int) throws(ChainruleError) {
        try cost.check(outputs: outputs)
        try schedule?.validate()
        try TrainingOptions.check(epochs: epochs)
        guard batchSize >= 1 else {
            throw ChainruleError(.size, "the batch size is \(batchSize); at least 1 is needed")
        }
        try TrainingOptions.check(threads: threads)
        guard !(carriesStates && shuffles) else {
            throw ChainruleError(.value, "states are carried from batch to batch: the rows cannot be shuffled")
        }
        try Split.check(share: validationSplit)
        try TrainingOptions.check(patience: patience, minDelta: minDelta)
        guard let classWeights else { return }
        let classes = try TrainingOptions.weightedClasses(of: cost, outputs: outputs)
        guard classWeights.count == classes else {
            throw ChainruleError(.size, "there are \(classWeights.count) class weights for \(classes) classes")
        }
        for (index, weight) in classWeights.enumerated() where !(weight.isFinite && weight >= 0) {
            throw ChainruleError(
                .value, "the weight of class \(index) is \(weight); it must be finite and >= 0")
        }
    }

    /// How many class weights there must be.
    package static func weightedClasses(of cost: Cost, outputs: Int) throws(ChainruleError) -> Int {
        do throws(ChainruleError) {
            return try cost.classes(outputs: outputs)
        } catch {
            throw error.preceded(by: "class weights need classes: ")
        }
    }

    static func check(epochs: Int) throws(ChainruleError) {
        guard epochs >= 1 else { throw ChainruleError(.size, "epochs is \(epochs); at least 1 is needed") }
    }

    static func check(patience: Int?, minDelta: Double) throws(ChainruleError) {
        if let patience, patience < 1 {
            throw ChainruleError(.size, "patience is \(patience); at least 1 is needed")
        }
        guard minDelta >= 0 && minDelta.isFinite else {
            throw ChainruleError(.value, "min_delta is \(minDelta); it must be finite and >= 0")
        }
    }

    static func check(threads: Int?) throws(ChainruleError) {
        if let threads, threads < 1 || threads > mostThreads {
            throw ChainruleError(.size, "threads is \(threads); from 1 to \(mostThreads) are possible")
        }
    }
}

/// What happened in one batch.
public struct BatchReport: Sendable {
    /// The number of the epoch, from 1.
    public let epoch: Int
    /// The number of the batch in the epoch, from 1.
    public let batch: Int
    /// t, the number of steps that the optimizer has taken, including this one.
    public let step: Int64
    public let rows: Int
    /// C of the batch before its step.
    public let cost: Double
}

/// What happened in one epoch.
public struct Epoch: Sendable {
    /// From 1.
    public let number: Int
    /// How many there will be.
    public let count: Int
    /// C of the epoch's rows, each batch's from before its step. Combines the batches by the cost's reduction; for a
    /// custom cost, takes their mean weighted by rows.
    public let cost: Double
    /// The share of the epoch's rows that were right, each judged before the step of its batch. Rows count by their
    /// sample weights times their class weights. Otherwise as ``Metrics/accuracy``: nil with costs that decide nothing.
    public let accuracy: Double?
    /// The validation data after the epoch; nil without them.
    public let validation: Metrics?
    /// Whether this is the best cost so far: the validation cost if there are validation data.
    public let isBest: Bool
    /// The time the epoch took, without validation.
    public let seconds: Double
    /// Rows per second.
    public let samplesPerSecond: Double
}
