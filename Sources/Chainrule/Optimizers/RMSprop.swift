import Kernels

/// RMSprop (Tieleman and Hinton 2012, lecture 6.5): `v ← β₂ v + (1 − β₂) g²; w ← w − η g / (√v + ε)`. v starts at 0,
/// without bias correction. Same as PyTorch's, not centred and without momentum; β₂ is its `alpha`.
public final class RMSprop: KernelMethod {
    public let identifier: StaticString = "rmsprop"
    public let stateVectors = 1
    public let squareStates = 0..<1
    /// β₂ in [0, 1).
    public let beta2: Float
    /// ε ≥ 10⁻³⁰.
    public let epsilon: Float

    public init(beta2: Float = 0.99, epsilon: Float = 1e-8) {
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    public var hyperparameters: Hyperparameters { Hyperparameters(beta2: beta2, epsilon: epsilon) }

    public func with(_ numbers: Hyperparameters) -> any OptimizationMethod {
        RMSprop(beta2: numbers.beta2, epsilon: numbers.epsilon)
    }

    public func validate() throws(ChainruleError) {
        try OptimizationMethods.check(beta2, "beta2", of: identifier)
        try OptimizationMethods.check(epsilon: epsilon, of: identifier)
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        state[0] = Double(beta2) * state[0] + (1 - Double(beta2)) * gradient * gradient
        return OptimizationMethods.quotient(learningRate * gradient, epsilon: epsilon)
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.rmsprop } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        SIMD8(learningRate, beta2, epsilon, 1 - beta2, 0, 0, 0, 0)
    }
}
