import Kernels

/// Adam (Kingma and Ba 2015, algorithm 1): `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`,
/// `w ← w − η m̂ / (√v̂ + ε)` with `m̂ = m / (1 − β₁ᵗ)`, `v̂ = v / (1 − β₂ᵗ)`.
public final class Adam: KernelMethod {
    public let identifier: StaticString = "adam"
    public let stateVectors = 2
    /// β₁ in [0, 1).
    public let beta1: Float
    /// β₂ in [0, 1).
    public let beta2: Float
    /// ε ≥ 10⁻³⁰.
    public let epsilon: Float

    public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    public func validate() throws(NetworkError) {
        try OptimizationMethods.check(beta1, "beta1", of: identifier)
        try OptimizationMethods.check(beta2, "beta2", of: identifier)
        guard epsilon.isFinite && epsilon >= 1e-30 else {
            throw NetworkError(.value, "epsilon of adam is \(epsilon); it must be finite and >= 1e-30")
        }
    }

    public func bound(gradient: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int) -> Double {
        state[0] = Double(beta1) * state[0] + (1 - Double(beta1)) * gradient
        state[1] = Double(beta2) * state[1] + (1 - Double(beta2)) * gradient * gradient
        let rate = learningRate / correction(beta1, step)
        // The kernel multiplies before it divides: neither η / (1 − β₁ᵗ) nor its product with m may overflow on the way.
        guard rate <= Double(Float.greatestFiniteMagnitude) else { return .infinity }
        return rate * state[0] / min(Double(epsilon), 1)
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.adam } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        let corrections = SIMD2(Float(correction(beta1, step)), Float(correction(beta2, step)))
        return SIMD8(
            learningRate / corrections[0], beta1, beta2, epsilon, (1 / corrections[1]).squareRoot(), 1 - beta1,
            1 - beta2, 0)
    }

    /// `1 − βᵗ`. By squaring, because the last bit of `pow` is the C library's affair.
    private func correction(_ beta: Float, _ step: Int) -> Double {
        var power = 1.0
        var square = Double(beta)
        var left = step
        while left > 0 {
            if left % 2 == 1 { power *= square }
            square *= square
            left /= 2
        }
        return 1 - power
    }
}
