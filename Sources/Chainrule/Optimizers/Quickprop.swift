import Kernels

/// Quickprop (Fahlman 1988), for gradients over all data. Each parameter goes to the bottom of a parabola. Its gradient
/// g, its previous gradient p and its last step d define the parabola.
///
/// `d ← r d − η g` with `r = g / (p − g)`; but `r = μ` if that is larger, or if the parabola has no bottom. Omits
/// `− η g` if g and p have different signs. If d was 0, `d ← − η g`. Then `w ← w + d`.
///
/// The formula is Fahlman's and FANN's. Their decay, −0.0001 in FANN, is an ``Regularization/l2`` of 0.0001 that
/// includes the biases; here the default is none. A step counts as 0 only if it is 0, as in Fahlman; FANN treats steps
/// up to 0.001 as 0. FANN divides η by the number of rows, because its gradients are sums. Only this version cuts |d|
/// at Δ₊: nothing else keeps steps that grow by μ from overflowing.
public final class Quickprop: KernelMethod {
    public let identifier: StaticString = "quickprop"
    public let stateVectors = 2
    /// μ > 0, finite: how many times larger than the last a step can be, apart from the term with η.
    public let growth: Float
    /// Δ₊ > 0, finite.
    public let maxStep: Float

    public init(growth: Float = 1.75, maxStep: Float = 50) {
        self.growth = growth
        self.maxStep = maxStep
    }

    public var hyperparameters: Hyperparameters { Hyperparameters(growth: growth, maxStep: maxStep) }

    public func with(_ numbers: Hyperparameters) -> any OptimizationMethod {
        Quickprop(growth: numbers.growth, maxStep: numbers.maxStep)
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
        // Neither the uncut step nor p − g may overflow.
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
