import Kernels

/// Quickprop (Fahlman 1988), for gradients over all of the data: every parameter goes to the bottom of the parabola that its
/// gradient g and the gradient p before its last step d tell of.
///
/// `d ← r d − η g` with `r = g / (p − g)`, but `r = μ` where that is larger, or where the parabola has no
/// bottom; `− η g` is left out where g has another sign than p. Where d was 0, `d ← − η g`. Then `w ← w + d`.
///
/// The formula is Fahlman's and FANN's. Their decay, −0.0001 in FANN, is an ``Regularization/l2`` of 0.0001 that includes
/// the biases; here there is none unless it is asked for. A step counts as 0 only if it is
/// 0, as Fahlman has it; FANN takes steps up to 0.001 for 0. FANN divides η by the number of rows, because its gradients
/// are sums. Here alone |d| is cut at Δ₊, since nothing else keeps steps that grow by μ from overflowing.
public final class Quickprop: KernelMethod {
    public let identifier: StaticString = "quickprop"
    public let stateVectors = 2
    /// μ > 0, finite: how many times larger than the last a step can be, the term of η aside.
    public let growth: Float
    /// Δ₊ > 0, finite.
    public let maxStep: Float

    public init(growth: Float = 1.75, maxStep: Float = 50) {
        self.growth = growth
        self.maxStep = maxStep
    }

    public func validate() throws(ChainruleError) {
        try OptimizationMethods.check(positive: growth, "growth", of: identifier)
        try OptimizationMethods.check(positive: maxStep, "max_step", of: identifier)
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        let linear = learningRate * gradient
        // r is between −1 and μ.
        let next = linear + max(Double(growth), 1) * state[0]
        // Neither the step before it is cut nor p − g may overflow.
        guard next <= OptimizationMethods.largest && 2 * gradient <= OptimizationMethods.largest else {
            return .infinity
        }
        state[0] = min(next, Double(maxStep))
        state[1] = gradient
        return state[0]
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.quickprop } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        SIMD8(learningRate, growth, growth / (1 + growth), maxStep, 0, 0, 0, 0)
    }
}
