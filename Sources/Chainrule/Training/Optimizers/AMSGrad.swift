import Kernels

/// AMSGrad (Reddi et al. 2018, algorithm 2), with the bias corrections that Adam has and PyTorch's `Adam(amsgrad=True)`, too:
/// m and v as for ``Adam``, `u ← max(u, v)`, `w ← w − η m̂ / (√û + ε)` with `û = u / (1 − β₂ᵗ)`.
public final class AMSGrad: KernelMethod {
    public let identifier: StaticString = "amsgrad"
    public let stateVectors = 3
    public let squareStates = 1..<3
    /// β₁ in [0, 1).
    public let beta1: Float
    /// β₂ in [0, 1).
    public let beta2: Float
    /// ε ≥ 10⁻³⁰.
    public let epsilon: Float

    public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    private var moments: Moments { Moments(beta1: beta1, beta2: beta2, epsilon: epsilon) }

    public func validate() throws(NetworkError) {
        try moments.validate(of: identifier)
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        moments.advance(&state, gradient: gradient)
        state[2] = max(state[2], state[1])
        return moments.bound(state: state, learningRate: learningRate, step: step)
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.amsGrad } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        moments.factors(learningRate: learningRate, step: step)
    }
}
