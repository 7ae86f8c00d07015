import Kernels

/// Nesterov's accelerated gradient as momentum, in terms of the look-ahead parameters:
/// `v ← μ v + g; w ← w − η (g + μ v)` (Sutskever et al. 2013, in the simplified form of Bengio et al. 2013; PyTorch's
/// `SGD(nesterov=True)`).
public final class Nesterov: KernelMethod {
    public let identifier: StaticString = "nesterov"
    public let stateVectors = 1
    /// μ in [0, 1).
    public let momentum: Float

    public init(momentum: Float = 0.9) {
        self.momentum = momentum
    }

    public var hyperparameters: Hyperparameters { Hyperparameters(momentum: momentum) }

    public func with(_ numbers: Hyperparameters) -> any OptimizationMethod {
        Nesterov(momentum: numbers.momentum)
    }

    public func validate() throws(ChainruleError) {
        try OptimizationMethods.check(momentum, "momentum", of: identifier)
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        state[0] = Double(momentum) * state[0] + gradient
        let ahead = gradient + Double(momentum) * state[0]
        return ahead <= OptimizationMethods.largest ? learningRate * ahead : .infinity
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.nesterov } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        SIMD8(learningRate, momentum, 0, 0, 0, 0, 0, 0)
    }
}
