/// How ``Network/cascade(_:inputs:targets:outputs:validation:options:)`` grows a network.
public struct CascadeOptions {
    public var cost: Cost
    /// σ of the output layer.
    public var outputActivation: Activation = .identity
    /// σ of hidden units. The candidates take them in turn; the best unit is installed with its own. At least 1 and at
    /// most ``candidates``; none that reads other units, such as softmax.
    public var activations: [Activation] = [.tanh]
    /// How many units compete for each place, from 1 to 10,000.
    public var candidates = 8
    /// Growing ends with this many hidden units, from 1 to ``mostUnits``. With n units a pass of the network keeps some
    /// n²/2 floats for each row of its piece of the batch.
    public var maxUnits = 30
    /// The most iterations of L-BFGS for each training of the outputs and of each candidate; at least 1.
    public var maxIterations = 200
    /// Growing ends as soon as C of the training data is at most this; nil: no target.
    public var targetCost: Double?
    /// Growing ends after this many units without a lower cost, at least 1; nil: goes on. The cost is the validation
    /// cost, or without validation data that of the training data.
    public var patience: Int?
    /// How much lower a cost must be to restart the patience, finite and ≥ 0.
    public var minDelta = 0.0
    /// The seed of the first weights.
    public var seed: UInt64 = 0
    /// How many threads share the training of the outputs; nil: the library decides. The results are the same bit for
    /// bit. A custom cost or activation runs on one thread.
    public var threads: Int?
    /// Called for the network without hidden units and after each unit; returns whether to go on.
    public var onUnit: ((CascadeUnit) -> Bool)?

    /// Each unit is two layers, and the output is one.
    public static var mostUnits: Int { (Architecture.mostLayers - 1) / 2 }

    /// Enough for any pool.
    package static var mostCandidates: Int { 10_000 }

    public init(cost: Cost) { self.cost = cost }

    func validate() throws(ChainruleError) {
        try CascadeOptions.check(candidates: candidates, activations: activations.count)
        for (index, activation) in activations.enumerated() where activation.readsWholeRows {
            throw ChainruleError(
                .value, "activations[\(index)] is '\(activation.identifier)', which is constant for a single unit")
        }
        guard maxUnits >= 1 && maxUnits <= CascadeOptions.mostUnits else {
            throw ChainruleError(.size, "max_units is \(maxUnits); it must be from 1 to \(CascadeOptions.mostUnits)")
        }
        guard maxIterations >= 1 else {
            throw ChainruleError(.size, "max_iterations is \(maxIterations); at least 1 is needed")
        }
        if targetCost?.isNaN == true { throw ChainruleError(.value, "target_cost is nan") }
        try TrainingOptions.check(patience: patience, minDelta: minDelta)
        try TrainingOptions.check(threads: threads)
    }

    package static func check(candidates: Int, activations: Int) throws(ChainruleError) {
        guard candidates >= 1 && candidates <= mostCandidates else {
            throw ChainruleError(.size, "candidates is \(candidates); it must be from 1 to \(mostCandidates)")
        }
        guard activations >= 1 && activations <= candidates else {
            throw ChainruleError(
                .size, "there are \(activations) activations for \(candidates) candidates; it must be from 1 to as many"
            )
        }
    }
}

/// The state of a growing network: first without hidden units, then after each new one.
public struct CascadeUnit: Sendable {
    /// The number of hidden units.
    public let units: Int
    /// The most units it may get.
    public let maxUnits: Int
    /// The metrics of the training data.
    public let training: Metrics
    /// The metrics of the validation data; nil without them. A cost that is not finite is infinite.
    public let validation: Metrics?
    /// S of the last unit, from 0 to 1: how well it followed the network's remaining errors. nil without units.
    public let correlation: Double?
    /// Whether this is the best cost so far: the validation cost if there are validation data.
    public let isBest: Bool
}
