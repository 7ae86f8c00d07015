/// How ``Network/cascade(_:targets:validation:options:)`` grows a network.
public struct CascadeOptions {
    public var cost: Cost
    /// σ of the output layer.
    public var outputActivation: Activation = .identity
    /// σ of hidden units: the candidates take them in turn, and the best unit is installed with its own. At least 1, and none
    /// that looks at other units, as softmax does; no more than candidates.
    public var activations: [Activation] = [.tanh]
    /// How many units compete for each place, from 1 to ``mostCandidates``.
    public var candidates = 8
    /// Growing ends with so many hidden units, from 1 to ``mostUnits``. A pass of the network keeps some n²/2 floats for each
    /// row of its piece of the batch, with n units.
    public var maxUnits = 30
    /// The most iterations of L-BFGS for the outputs each time, and for each candidate; at least 1.
    public var maxIterations = 200
    /// Growing ends where C of the data that are grown on is no larger; nil: no such target.
    public var targetCost: Double?
    /// Growing ends after so many units without a lower cost, at least 1; nil: it goes on. The cost is that of the validation
    /// data, or without them that of the data that are grown on.
    public var patience: Int?
    /// By how much a cost must be lower for patience to begin anew, finite and ≥ 0.
    public var minDelta = 0.0
    /// Of the first weights.
    public var seed: UInt64 = 0
    /// How many threads share the training of the outputs; nil: the library decides. The results are the same bit for bit. A
    /// custom cost or activation runs on one.
    public var threads: Int?
    /// Called for the network without hidden units and after each unit; returns whether to go on.
    public var onUnit: ((CascadeUnit) -> Bool)?

    /// A unit is two layers, and there is the output.
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

/// What a network that grows has come to: without hidden units at first, then with each new one.
public struct CascadeUnit: Sendable {
    /// The number of hidden units.
    public let units: Int
    /// The most that there will be.
    public let maxUnits: Int
    /// Of the data that are grown on.
    public let training: Metrics
    /// Of the validation data; nil without them. A cost that is not finite is infinite.
    public let validation: Metrics?
    /// S of the last unit, from 0 to 1: how well it followed what the network did wrong before. nil without units.
    public let correlation: Double?
    /// Whether the cost, that of the validation data if there are any, is the best so far.
    public let isBest: Bool
}
