import Kernels

/// Lion (Chen et al. 2023, algorithm 2): `w ← w − η (sign(β₁ m + (1 − β₁) g) + λ w); m ← β₂ m + (1 − β₂) g`, where λ is
/// ``Regularization/weightDecay``.
///
/// Every parameter moves by η in every step, whatever the size of its gradient. η is usually a third to a tenth of
/// Adam's.
public final class Lion: KernelMethod {
    public let identifier: StaticString = "lion"
    public let stateVectors = 1
    /// β₁ in [0, 1).
    public let beta1: Float
    /// β₂ in [0, 1).
    public let beta2: Float

    public init(beta1: Float = 0.9, beta2: Float = 0.99) {
        self.beta1 = beta1
        self.beta2 = beta2
    }

    public var hyperparameters: Hyperparameters { Hyperparameters(beta1: beta1, beta2: beta2) }

    public func with(_ numbers: Hyperparameters) -> any OptimizationMethod {
        Lion(beta1: numbers.beta1, beta2: numbers.beta2)
    }

    public func validate() throws(ChainruleError) {
        try OptimizationMethods.check(beta1, "beta1", of: identifier)
        try OptimizationMethods.check(beta2, "beta2", of: identifier)
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        state[0] = max(state[0], gradient)
        return learningRate
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.lion } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        SIMD8(learningRate, beta1, beta2, 1 - beta1, 1 - beta2, 0, 0, 0)
    }
}
