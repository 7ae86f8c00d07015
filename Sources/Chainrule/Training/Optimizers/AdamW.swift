import Kernels

/// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2): m̂ and v̂ as for ``Adam``,
/// `w ← w − η (m̂ / (√v̂ + ε) + λ w)`. As PyTorch has it, the decay goes with η.
///
/// It differs from ``Adam`` in that λ is 0.01 unless ``Regularization/weightDecay`` says otherwise.
public final class AdamW: KernelMethod {
    public let identifier: StaticString = "adamw"
    public let stateVectors = 2
    public let squareStates = 1..<2
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

    public var usualWeightDecay: Float { 0.01 }

    public func validate() throws(NetworkError) {
        try moments.validate(of: identifier)
    }

    public func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double {
        moments.advance(&state, gradient: gradient)
        return moments.bound(state: state, learningRate: learningRate, step: step)
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.adam } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        moments.factors(learningRate: learningRate, step: step)
    }
}
