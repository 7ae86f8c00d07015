import Kernels

/// iRPROP⁻ (Igel and Hüsken 2000), for gradients over all data. Each parameter has its own step size Δ. If the gradient
/// has the same sign as in the step before, `Δ ← min(Δ η⁺, Δ₊)`. If it has the other sign, `Δ ← max(Δ η⁻, Δ₋)`, and the
/// gradient counts as 0, both in this step and in the next one's comparison. Then `w ← w − Δ sign(g)`.
///
/// Δ starts as the learning rate η of the first step with η ≠ 0. Later learning rates have no effect. Same as PyTorch's
/// `Rprop`, except that PyTorch moves an η outside of [Δ₋, Δ₊] to the nearer end; here it is used unchanged.
public final class IRPROPMinus: KernelMethod {
    public let identifier: StaticString = "irprop_minus"
    public let stateVectors = 2
    /// η⁺ ≥ 1, finite.
    public let growth: Float
    /// η⁻ in [0, 1).
    public let shrink: Float
    /// Δ₋ in (0, Δ₊].
    public let minStep: Float
    /// Δ₊ > 0, finite.
    public let maxStep: Float

    public init(growth: Float = 1.2, shrink: Float = 0.5, minStep: Float = 1e-6, maxStep: Float = 50) {
        self.growth = growth
        self.shrink = shrink
        self.minStep = minStep
        self.maxStep = maxStep
    }

    public var hyperparameters: Hyperparameters {
        Hyperparameters(growth: growth, shrink: shrink, minStep: minStep, maxStep: maxStep)
    }

    public func with(_ numbers: Hyperparameters) -> any OptimizationMethod {
        IRPROPMinus(growth: numbers.growth, shrink: numbers.shrink, minStep: numbers.minStep, maxStep: numbers.maxStep)
    }

    public func validate() throws(ChainruleError) {
        guard growth.isFinite && growth >= 1 else {
            throw ChainruleError(.value, "growth of \(identifier) is \(growth); it must be finite and >= 1")
        }
        try OptimizationMethods.check(shrink, "shrink", of: identifier)
        try OptimizationMethods.check(positive: maxStep, "max_step", of: identifier)
        guard minStep > 0 && minStep <= maxStep else {
            throw ChainruleError(
                .value,
                "min_step of \(identifier) is \(minStep); it must be > 0 and at most max_step, which is \(maxStep)")
        }
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        // Δ before the step; its first value is the learning rate.
        let size = max(state[1], learningRate)
        state[0] = 1
        state[1] = max(size, Double(minStep), min(size * Double(growth), Double(maxStep)))
        return state[1]
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.irpropMinus } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        SIMD8(learningRate, growth, shrink, minStep, maxStep, 0, 0, 0)
    }
}
