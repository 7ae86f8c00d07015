/// When ``Network/minimize(_:_:targets:validation:method:options:)`` ends, and what it reports.
public struct MinimizationOptions {
    /// At least 1.
    public var maxIterations = 1000
    /// Of C and its gradient together, at least 1; nil: no limit.
    public var maxEvaluations: Int?
    /// Ends where no element of ∂√|C|/∂w has a larger magnitude than this times the largest of the run; ≥ 0. So the scale of C and
    /// that of the targets do not matter, and squared errors that could become 0 go on until the other limits.
    public var gradientTolerance = 1e-5
    /// Ends where an iteration lowers C by no more than this, relative to C; ≥ 0, and 0 for never.
    public var costTolerance = 1e-9
    /// Ends at once where C is no larger; nil: never.
    public var targetCost: Double?
    /// How many threads share the evaluation of C; nil: the library decides. The results are the same bit for bit. A custom
    /// cost or activation runs on one.
    public var threads: Int?
    /// λ₂ of the penalty `λ₂/2 Σ w²` over the weights, which is a part of the C that is minimized and reported; finite and ≥ 0.
    /// For a cost that is a mean, this is scikit-learn's `alpha` by the number of rows. There is no λ₁: the methods are for a C
    /// that is smooth.
    public var l2 = 0.0
    /// Whether the penalty is for biases, too.
    public var includesBiases = false
    /// The share of the rows, in [0, 1), that is held out to validate on when no validation data are given: any rows. At least
    /// one is held out, and at least one is not.
    public var validationSplit = 0.0
    /// Which rows are held out: those of a trainer that shuffles, with the same seed.
    public var seed: UInt64 = 0
    /// Ends after so many iterations without a new best cost, at least 1; with validation data every end then leaves the
    /// parameters with the best validation cost. nil: it goes on, and validation data are only measured on. The cost is that of
    /// the validation data, without a penalty, or without them C.
    public var patience: Int?
    /// By how much a cost must be lower to be a new best, finite and ≥ 0.
    public var minDelta = 0.0
    /// Called after each iteration; returns whether to go on. Must not use the network.
    public var onIteration: ((Iteration) -> Bool)?

    public init() {}

    func validate() throws(ChainruleError) {
        guard maxIterations >= 1 else {
            throw ChainruleError(.size, "max_iterations is \(maxIterations); at least 1 is needed")
        }
        if let maxEvaluations, maxEvaluations < 1 {
            throw ChainruleError(.size, "max_evaluations is \(maxEvaluations); at least 1 is needed")
        }
        guard gradientTolerance.isFinite && gradientTolerance >= 0 else {
            throw ChainruleError(
                .value, "gradient_tolerance is \(gradientTolerance); it must be finite and >= 0")
        }
        guard costTolerance.isFinite && costTolerance >= 0 else {
            throw ChainruleError(.value, "cost_tolerance is \(costTolerance); it must be finite and >= 0")
        }
        if targetCost?.isNaN == true { throw ChainruleError(.value, "target_cost is nan") }
        try TrainingOptions.check(threads: threads)
        guard l2.isFinite && l2 >= 0 else {
            throw ChainruleError(.value, "l2 is \(l2); it must be finite and >= 0")
        }
        try Split.check(share: validationSplit)
        try TrainingOptions.check(patience: patience, minDelta: minDelta)
    }
}

/// What happened in one iteration of a minimization.
public struct Iteration: Sendable {
    /// From 1.
    public let number: Int
    /// Of C and its gradient, so far.
    public let evaluations: Int
    /// Of the Gauss-Newton matrix and a vector, or of that matrix itself, so far.
    public let products: Int
    /// C after the iteration, with the penalty.
    public let cost: Double
    /// The largest magnitude in ∂C/∂w after the iteration.
    public let gradientNorm: Double
    /// ‖Δw‖, the Euclidean length of the step.
    public let step: Double
    /// How much of C is the penalty.
    public let penalty: Double
    /// The validation data after the iteration; nil without them. A cost that is not finite is infinite.
    public let validation: Metrics?
    /// Whether the cost, that of the validation data if there are any, is the best so far.
    public let isBest: Bool
}

/// What a minimization found: the network's parameters are now the ones with the lowest C that it came across, or with
/// patience and validation data the ones with the best validation cost.
public struct Minimum: Sendable {
    /// Why it ended.
    public enum Reason: Sendable {
        /// The gradient is within its tolerance, or 0.
        case gradient
        /// An iteration lowered C by no more than the tolerance.
        case cost
        /// C has reached the target.
        case target
        case maxIterations
        case maxEvaluations
        /// As many iterations as the patience allows had no new best cost.
        case patience
        /// No step lowers C, not even along the steepest descent: it is as near to a minimum as float32 can tell, or the
        /// gradient is not C's.
        case noProgress
        /// The callback, or a ``Cancellation``, asked to stop.
        case cancelled
    }

    /// C of the parameters, with the penalty.
    public let cost: Double
    /// How much of it is the penalty: the rest is what ``Network/evaluate(_:_:targets:top:)`` gives.
    public let penalty: Double
    /// The largest magnitude in ∂C/∂w.
    public let gradientNorm: Double
    public let iterations: Int
    /// Of C and its gradient, the first included.
    public let evaluations: Int
    /// Of the Gauss-Newton matrix and a vector, or of that matrix itself.
    public let products: Int
    public let reason: Reason
    /// The last iteration with a new best cost, that of the validation data if there are any; 0 is where the run began.
    public let bestIteration: Int
    /// The validation cost of that iteration; nil without validation data. With patience it is that of the parameters.
    public let validationCost: Double?
}
