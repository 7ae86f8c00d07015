/// Adam and its relatives: their hyperparameters, `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, and their bias
/// corrections `c = 1 − βᵗ`. By default a method does the same as ``Adam``.
public protocol MomentMethod: KernelMethod {
    /// β₁ in [0, 1).
    var beta1: Float { get }
    /// β₂ in [0, 1).
    var beta2: Float { get }
    /// ε ≥ 10⁻³⁰.
    var epsilon: Float { get }

    init(beta1: Float, beta2: Float, epsilon: Float)
}

extension MomentMethod {
    /// m and v.
    public var stateVectors: Int { 2 }
    public var squareStates: Range<Int> { 1..<stateVectors }

    public var hyperparameters: Hyperparameters { Hyperparameters(beta1: beta1, beta2: beta2, epsilon: epsilon) }

    public func with(_ numbers: Hyperparameters) -> any OptimizationMethod {
        Self(beta1: numbers.beta1, beta2: numbers.beta2, epsilon: numbers.epsilon)
    }

    public func validate() throws(ChainruleError) {
        try OptimizationMethods.check(beta1, "beta1", of: identifier)
        try OptimizationMethods.check(beta2, "beta2", of: identifier)
        try OptimizationMethods.check(epsilon: epsilon, of: identifier)
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        advance(&state, gradient: gradient)
        return bound(state: state, learningRate: learningRate, step: step)
    }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        adamFactors(learningRate: learningRate, step: step)
    }

    /// Replaces the bounds on m and v by those after a step.
    func advance(_ state: inout SIMD4<Double>, gradient: Double) {
        state[0] = Double(beta1) * state[0] + (1 - Double(beta1)) * gradient
        state[1] = Double(beta2) * state[1] + (1 - Double(beta2)) * gradient * gradient
    }

    /// A bound on the change in a step of Adam. Call ``advance(_:gradient:)`` first.
    func bound(state: SIMD4<Double>, learningRate: Double, step: Int) -> Double {
        let rate = learningRate / correction(beta1, step)
        // The kernel multiplies before it divides: neither η / c₁ nor its product with m may overflow on the way.
        guard rate <= OptimizationMethods.largest else { return .infinity }
        return OptimizationMethods.quotient(rate * state[0], epsilon: epsilon)
    }

    /// The factors of Adam's kernel.
    func adamFactors(learningRate: Float, step: Int) -> SIMD8<Float> {
        let corrections = SIMD2(Float(correction(beta1, step)), Float(correction(beta2, step)))
        return SIMD8(
            learningRate / corrections[0], beta1, beta2, epsilon, (1 / corrections[1]).squareRoot(), 1 - beta1,
            1 - beta2, 0)
    }

    /// `1 − βᵗ`.
    private func correction(_ beta: Float, _ step: Int) -> Double {
        1 - OptimizationMethods.power(Double(beta), step)
    }
}
