import Kernels

/// Gradient descent: `w ← w − η ∂C/∂w`.
public final class GradientDescent: OptimizationMethod {
    public let identifier: StaticString = "gradient_descent"
    public let stateVectors = 0

    public init() {}

    public func validate() throws(NetworkError) {}

    public func bound(gradient: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int) -> Double {
        learningRate * gradient
    }

    public func step(_ step: OptimizerStep) {
        let count = step.parameters.count
        step.arithmetic.kernels.gradientDescent(
            1, count, step.parameters.base, count, step.gradients.base, count, step.learningRate)
    }
}
