import Kernels

/// AdaGrad (Duchi et al. 2011, figure 1): `v ← v + g²; w ← w − η g / (√v + ε)`. v begins at 0.
public final class AdaGrad: KernelMethod {
    public let identifier: StaticString = "adagrad"
    public let stateVectors = 1
    public let squareStates = 0..<1
    public let rests = true
    /// ε ≥ 10⁻³⁰.
    public let epsilon: Float

    public init(epsilon: Float = 1e-10) {
        self.epsilon = epsilon
    }

    public var hyperparameters: Hyperparameters { Hyperparameters(epsilon: epsilon) }

    public func with(_ numbers: Hyperparameters) -> any OptimizationMethod {
        AdaGrad(epsilon: numbers.epsilon)
    }

    public func validate() throws(ChainruleError) {
        try OptimizationMethods.check(epsilon: epsilon, of: identifier)
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        state[0] += gradient * gradient
        return OptimizationMethods.quotient(learningRate * gradient, epsilon: epsilon)
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.adaGrad } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        SIMD8(learningRate, epsilon, 0, 0, 0, 0, 0, 0)
    }
}
