/// How a ``Trainer`` trains.
public struct TrainingOptions {
    public var cost: Cost
    /// How often every row is seen, at least 1.
    public var epochs = 10
    /// Rows for each step, at least 1; the last batch of an epoch may be shorter.
    public var batchSize = 32
    /// Whether each epoch goes through the rows in a new order.
    public var shuffles = true
    /// Of everything random: which rows are held out, their order in each epoch, and the numbers of dropout and noise, which
    /// follow from this and from the steps that the optimizer has taken.
    public var seed: UInt64 = 0
    /// How many threads share the work, or fewer if a step has fewer parts; nil: the library decides, by the size of a step and
    /// the time that steps took. The results are the same bit for bit. A custom cost or activation runs on one.
    public var threads: Int?
    /// The share of the rows, in [0, 1), that is held out to validate on when no validation data are given: the last rows, or
    /// with ``shuffles`` any. At least one row is held out, and at least one is not.
    public var validationSplit = 0.0
    /// A factor for the sample weights of the rows of each class in training, finite and ≥ 0; nil for 1. The targets must be
    /// classes; with a binary cross-entropy of one output there are two factors, for targets that are 0 and those that are 1,
    /// and no others are taken.
    public var classWeights: [Float]?
    /// Training stops after so many epochs without a new best cost, at least 1, and then, or after the last epoch, puts the best
    /// parameters back; nil: it goes on to the last epoch, and keeps what that leaves. The cost is that of the validation data, or
    /// without them that of the epoch.
    public var patience: Int?
    /// By how much a cost must be lower to be a new best, finite and ≥ 0.
    public var minDelta = 0.0
    /// What the optimizer's learning rate is in each step; nil for the rate that it has. The rate that it has is where the
    /// schedule begins, and what it has again after each call.
    public var schedule: Schedule?
    /// Called after each batch; returns whether to go on. May read the network and save the trainer, which it then refers to
    /// weakly: the trainer holds its options.
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
    /// t, the number of steps that the optimizer has taken, this one included.
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
    /// C of the epoch's rows, each batch's as it was before its step: put together as the cost's reduction has it, for a
    /// custom cost as the mean by rows.
    public let cost: Double
    /// The share of the epoch's rows that were right, by their weights, those of the classes included, and each as it was
    /// before the step of its batch; otherwise as ``Metrics/accuracy``, nil with costs that decide nothing.
    public let accuracy: Double?
    /// The validation data after the epoch; nil without them.
    public let validation: Metrics?
    /// Whether the cost, that of the validation data if there are any, is the best so far.
    public let isBest: Bool
    /// The time the epoch took, validation not included.
    public let seconds: Double
    /// Rows by seconds.
    public let samplesPerSecond: Double
}
