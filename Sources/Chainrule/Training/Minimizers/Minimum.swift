/// When ``Network/minimize(_:_:targets:method:options:)`` ends, and what it reports.
public struct MinimizationOptions {
    /// At least 1.
    public var maxIterations = 1000
    /// Of C and its gradient together; at least 1.
    public var maxEvaluations = Int.max
    /// Ends where no element of ∂√|C|/∂w has a larger magnitude than this times the largest of the run; ≥ 0. So the scale of C and
    /// that of the targets do not matter, and squared errors that could become 0 go on until the other limits.
    public var gradientTolerance = 1e-5
    /// Ends where an iteration lowers C by no more than this, relative to C; ≥ 0, and 0 for never.
    public var costTolerance = 1e-9
    /// Ends at once where C is no larger.
    public var targetCost = -Double.infinity
    /// How many threads share the evaluation of C: 0 for as many as the library decides, otherwise this number. The results
    /// are the same bit for bit. With a custom cost or activation it is always one.
    public var threads = 0
    /// Called after each iteration; returns whether to go on. Must not use the network.
    public var onIteration: ((Iteration) -> Bool)?

    public init() {}

    func validate() throws(NetworkError) {
        guard maxIterations >= 1 else {
            throw NetworkError(.size, "max_iterations is \(maxIterations); at least 1 is needed")
        }
        guard maxEvaluations >= 1 else {
            throw NetworkError(.size, "max_evaluations is \(maxEvaluations); at least 1 is needed")
        }
        guard gradientTolerance.isFinite && gradientTolerance >= 0 else {
            throw NetworkError(
                .value, "gradient_tolerance is \(gradientTolerance); it must be finite and >= 0")
        }
        guard costTolerance.isFinite && costTolerance >= 0 else {
            throw NetworkError(.value, "cost_tolerance is \(costTolerance); it must be finite and >= 0")
        }
        guard !targetCost.isNaN else { throw NetworkError(.value, "target_cost is nan") }
        try TrainingOptions.check(threads: threads)
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
    /// C after the iteration.
    public let cost: Double
    /// The largest magnitude in ∂C/∂w after the iteration.
    public let gradientNorm: Double
    /// ‖Δw‖, the Euclidean length of the step.
    public let step: Double
}

/// What a minimization found: the network's parameters are now the ones with the lowest C that it came across.
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
        /// No step lowers C, not even along the steepest descent: it is as near to a minimum as float32 can tell, or the
        /// gradient is not C's.
        case noProgress
        /// The callback, or a ``Cancellation``, asked to stop.
        case cancelled
    }

    /// C of the parameters.
    public let cost: Double
    /// The largest magnitude in ∂C/∂w.
    public let gradientNorm: Double
    public let iterations: Int
    /// Of C and its gradient, the first included.
    public let evaluations: Int
    /// Of the Gauss-Newton matrix and a vector, or of that matrix itself.
    public let products: Int
    public let reason: Reason
}
