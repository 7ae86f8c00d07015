import Kernels

/// iRPROP⁻ (Igel and Hüsken 2000), for gradients over all of the data: every parameter has a step size Δ of its own. Where the
/// gradient has the sign that it had in the step before, `Δ ← min(Δ η⁺, Δ₊)`; where it has the other,
/// `Δ ← max(Δ η⁻, Δ₋)`, and the gradient is taken as 0, in this step and as what the next one compares with; then
/// `w ← w − Δ sign(g)`.
///
/// Δ begins as the learning rate η of the first step in which that is not 0; later learning rates have no effect. PyTorch's
/// `Rprop` is this method, but for its putting an η outside of [Δ₋, Δ₊] to the nearer end, which here is used as it is.
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
        // Δ before the step, which may be the one that it begins with.
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
