/// How ``Network/fit(_:targets:optimizer:options:validation:)`` trains.
public struct TrainingOptions {
    public var cost: Cost
    /// How often every row is seen, at least 1.
    public var epochs = 10
    /// Rows for each step, at least 1; the last batch of an epoch may be shorter.
    public var batchSize = 32
    /// Whether each epoch goes through the rows in a new order.
    public var shuffles = true
    /// Of the shuffling, and of dropout and noise, whose numbers follow from this and from the steps that the optimizer has
    /// taken.
    public var seed: UInt64 = 0
    /// How many threads share the work: 0 for as many as the library decides, by the size of a step and by what steps
    /// took so far, otherwise this number. The results are the same bit for bit. With a custom cost or activation it is always
    /// one.
    public var threads = 0
    /// What the optimizer's learning rate is in each step; nil for the rate that it has. The rate that it has is where the
    /// schedule begins, and what it has again afterwards.
    public var schedule: Schedule?
    /// Called after each epoch; returns whether to go on. May read the network, not change it.
    public var onEpoch: ((Epoch) -> Bool)?

    /// Enough for any machine.
    static var mostThreads: Int { 1024 }

    public init(cost: Cost) { self.cost = cost }

    func validate() throws(NetworkError) {
        try schedule?.validate()
        guard epochs >= 1 else { throw NetworkError(.size, "epochs is \(epochs); at least 1 is needed") }
        guard batchSize >= 1 else { throw NetworkError(.size, "the batch size is \(batchSize); at least 1 is needed") }
        guard threads >= 0 && threads <= TrainingOptions.mostThreads else {
            throw NetworkError(
                .size,
                "threads is \(threads); from 0 (the library decides) to \(TrainingOptions.mostThreads) are possible")
        }
    }
}

/// What happened in one epoch.
public struct Epoch: Sendable {
    /// From 1.
    public let number: Int
    public let count: Int
    /// C of the epoch's rows, each batch's as it was before its step: put together as the cost's reduction has it, for a
    /// custom cost as the mean by rows.
    public let cost: Double
    /// C on the validation set after the epoch; nil without one.
    public let validationCost: Double?
    /// The share of validation rows whose largest output is the target class; nil without classes.
    public let validationAccuracy: Double?
    /// The time the epoch took, validation not included.
    public let seconds: Double
    /// Rows by seconds.
    public let samplesPerSecond: Double
}
