import Kernels

extension Cost {
    /// `c = (1/N) Σ (y − t)²`.
    public static func meanSquaredError(_ reduction: Reduction = .mean) -> Cost {
        Cost("mean_squared_error", reduction, function: .builtIn { $0.kernels.costs.squaredError })
    }

    /// `c = (1/N) Σ |y − t|`; the derivative at y = t is 0.
    public static func meanAbsoluteError(_ reduction: Reduction = .mean) -> Cost {
        Cost("mean_absolute_error", reduction, function: .builtIn { $0.kernels.costs.absoluteError })
    }

    /// `c = (1/N) Σ` of `(y − t)²/2` where `|y − t| ≤ d`, else `d (|y − t| − d/2)` (Huber 1964).
    /// - Parameter delta: d, finite and > 0.
    public static func huber(delta: Float = 1, _ reduction: Reduction = .mean) throws(NetworkError) -> Cost {
        guard delta.isFinite && delta > 0 else {
            throw NetworkError(.value, "the Huber cost's delta is \(delta); it must be finite and > 0")
        }
        return Cost("huber", reduction, parameter: delta, function: .builtIn { $0.kernels.costs.huber })
    }
}
