import Kernels

/// Gradient descent with momentum: `v ← μ v + ∂C/∂w; w ← w − η v` (Polyak 1964).
public final class Momentum: OptimizationMethod {
    public let identifier: StaticString = "momentum"
    public let stateVectors = 1
    public let stepsInBlocks = true
    /// μ in [0, 1).
    public let momentum: Float

    public init(momentum: Float = 0.9) { self.momentum = momentum }

    public func validate() throws(NetworkError) {
        try OptimizationMethods.check(momentum, "momentum", of: identifier)
    }

    public func bound(gradient: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int) -> Double {
        state[0] = Double(momentum) * state[0] + gradient
        return learningRate * state[0]
    }

    public func step(_ step: OptimizerStep) {
        step.arithmetic.kernels.momentum(
            step.parameters.rows, step.parameters.columns, step.parameters.base, step.state(0).base,
            step.parameters.stride, step.gradients.base, step.gradients.stride, step.learningRate, momentum)
    }
}
