import Kernels

/// Gradient descent: `w ← w − η ∂C/∂w`.
public final class GradientDescent: OptimizationMethod {
    public let identifier: StaticString = "gradient_descent"
    public let stateVectors = 0
    public let stepsInBlocks = true

    public init() {}

    public func validate() throws(NetworkError) {}

    public func bound(gradient: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int) -> Double {
        learningRate * gradient
    }

    public func step(_ step: OptimizerStep) {
        step.arithmetic.kernels.gradientDescent(
            step.parameters.rows, step.parameters.columns, step.parameters.base, step.parameters.stride,
            step.gradients.base, step.gradients.stride, step.learningRate)
    }
}
