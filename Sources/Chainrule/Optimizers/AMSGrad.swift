import Kernels

/// AMSGrad (Reddi et al. 2018, algorithm 2), with Adam's bias corrections, like PyTorch's `Adam(amsgrad=True)`: m and v
/// as for ``Adam``, `u ← max(u, v)`, `w ← w − η m̂ / (√û + ε)` with `û = u / (1 − β₂ᵗ)`.
public final class AMSGrad: MomentMethod {
    public let identifier: StaticString = "amsgrad"
    public let stateVectors = 3
    public let beta1: Float
    public let beta2: Float
    public let epsilon: Float

    public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        advance(&state, gradient: gradient)
        state[2] = max(state[2], state[1])
        return bound(state: state, learningRate: learningRate, step: step)
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.amsGrad } }
}
