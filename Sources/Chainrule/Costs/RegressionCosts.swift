import Kernels

extension Cost {
    /// `c = (1/N) Σ (y − t)²`.
    public static func meanSquaredError(_ reduction: Reduction = .mean) -> Cost {
        Cost(
            "mean_squared_error", reduction,
            overflow: .elementwise { y, t, _ in ((y - t) * (y - t), 2 * (y - t)) },
            function: .builtIn { $0.kernels.costs.squaredError })
    }

    /// `c = (1/N) Σ |y − t|`; the derivative at y = t is 0.
    public static func meanAbsoluteError(_ reduction: Reduction = .mean) -> Cost {
        Cost(
            "mean_absolute_error", reduction,
            overflow: .elementwise { y, t, _ in ((y - t).magnitude, y == t ? 0 : y > t ? 1 : -1) },
            function: .builtIn { $0.kernels.costs.absoluteError })
    }

    /// `c = (1/N) Σ` of `(y − t)²/2` where `|y − t| ≤ d`, else `d (|y − t| − d/2)` (Huber 1964).
    /// - Parameters:
    ///   - delta: d, finite and > 0.
    ///   - reduction: what becomes of the costs of the rows.
    public static func huber(delta: Float = 1, _ reduction: Reduction = .mean) throws(ChainruleError) -> Cost {
        guard delta.isFinite && delta > 0 else {
            throw ChainruleError(.value, "the Huber cost's delta is \(delta); it must be finite and > 0")
        }
        return Cost(
            "huber", reduction, parameter: delta,
            overflow: .elementwise { y, t, d in
                let slope = max(-d, min(d, y - t))
                return (slope.magnitude * ((y - t).magnitude - slope.magnitude / 2), slope)
            },
            function: .builtIn { $0.kernels.costs.huber })
    }
}
