import Kernels

/// Gradient descent: `w ← w − η ∂C/∂w`.
public final class GradientDescent: KernelMethod {
    public let identifier: StaticString = "gradient_descent"
    public let stateVectors = 0
    public let rests = true

    public init() {}

    public func validate() throws(ChainruleError) {}

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        learningRate * gradient
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.gradientDescent } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        SIMD8(learningRate, 0, 0, 0, 0, 0, 0, 0)
    }
}
