import Kernels

/// Gradient descent with momentum: `v ← μ v + ∂C/∂w; w ← w − η v` (Polyak 1964).
public final class Momentum: KernelMethod {
    public let identifier: StaticString = "momentum"
    public let stateVectors = 1
    /// μ in [0, 1).
    public let momentum: Float

    public init(momentum: Float = 0.9) { self.momentum = momentum }

    public var hyperparameters: Hyperparameters { Hyperparameters(momentum: momentum) }

    public func with(_ numbers: Hyperparameters) -> any OptimizationMethod {
        Momentum(momentum: numbers.momentum)
    }

    public func validate() throws(ChainruleError) {
        try OptimizationMethods.check(momentum, "momentum", of: identifier)
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        state[0] = Double(momentum) * state[0] + gradient
        return learningRate * state[0]
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.momentum } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        SIMD8(learningRate, momentum, 0, 0, 0, 0, 0, 0)
    }
}
