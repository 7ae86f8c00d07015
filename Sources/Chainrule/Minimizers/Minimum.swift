/// When ``Network/minimize(_:_:targets:validation:method:options:)`` ends, and what it reports.
public struct MinimizationOptions {
    /// At least 1.
    public var maxIterations = 1000
    /// The most evaluations of C and its gradient together, at least 1; nil: no limit.
    public var maxEvaluations: Int?
    /// Ends where every element of ∂√|C|/∂w is at most this times the largest of the run, in magnitude; ≥ 0. So the
    /// scales of C and of the targets do not matter, and squared errors that could become 0 go on until the other
    /// limits.
    public var gradientTolerance = 1e-5
    /// Ends after an iteration that lowers C by no more than this, relative to C; ≥ 0. 0: never.
    public var costTolerance = 1e-9
    /// Ends as soon as C is at most this; nil: never.
    public var targetCost: Double?
    /// How many threads share the evaluation of C; nil: the library decides. The results are the same bit for bit. A
    /// custom cost or activation runs on one thread.
    public var threads: Int?
    /// λ₂ of the penalty `λ₂/2 Σ w²` over the weights, finite and ≥ 0. The penalty is part of the C that is minimized
    /// and reported. For a cost that is a mean, this is scikit-learn's `alpha` divided by the number of rows. There is
    /// no λ₁: the methods need a smooth C.
    public var l2 = 0.0
    /// Whether the penalty includes biases.
    public var includesBiases = false
    /// The share of the rows, in [0, 1), to hold out for validation if you give no validation data: random rows. Holds
    /// out at least one row and leaves at least one.
    public var validationSplit = 0.0
    /// Selects the held-out rows: the same as those of a trainer that shuffles, with the same seed.
    public var seed: UInt64 = 0
    /// Ends after this many iterations without a new best cost, at least 1. With validation data the run then always
    /// leaves the parameters with the best validation cost, however it ends. nil: goes on, and only measures validation
    /// data. The cost is the validation cost, without a penalty; without validation data it is C.
    public var patience: Int?
    /// How much lower a cost must be to be a new best, finite and ≥ 0.
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
    /// Evaluations of C and its gradient so far.
    public let evaluations: Int
    /// Products of the Gauss-Newton matrix and a vector so far, or computations of that matrix.
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
    /// Whether this is the best cost so far: the validation cost if there are validation data.
    public let isBest: Bool
}

/// What a minimization found. The network's parameters are now those with the lowest C found; with patience and
/// validation data, those with the best validation cost.
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
        /// Patience ran out: that many iterations had no new best cost.
        case patience
        /// No step lowers C, not even along the steepest descent. Either this is as near to a minimum as float32 can
        /// tell, or the gradient is not C's.
        case noProgress
        /// The callback, or a ``Cancellation``, asked to stop.
        case cancelled
    }

    /// C of the parameters, with the penalty.
    public let cost: Double
    /// The penalty's part of C: the rest is what ``Network/evaluate(_:_:targets:top:)`` gives.
    public let penalty: Double
    /// The largest magnitude in ∂C/∂w.
    public let gradientNorm: Double
    public let iterations: Int
    /// Evaluations of C and its gradient, including the first.
    public let evaluations: Int
    /// Products of the Gauss-Newton matrix and a vector, or computations of that matrix.
    public let products: Int
    public let reason: Reason
    /// The last iteration with a new best cost: the validation cost if there are validation data. 0: the start of the
    /// run.
    public let bestIteration: Int
    /// The validation cost of that iteration; nil without validation data. With patience, the validation cost of the
    /// parameters.
    public let validationCost: Double?
}
