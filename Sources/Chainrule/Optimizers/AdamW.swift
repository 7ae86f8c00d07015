import Kernels

/// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2): m̂ and v̂ as for ``Adam``,
/// `w ← w − η (m̂ / (√v̂ + ε) + λ w)`. Like PyTorch, it multiplies the decay by η.
///
/// Differs from ``Adam`` only in λ: 0.01 unless ``Regularization/weightDecay`` sets one.
public final class AdamW: MomentMethod {
    public let identifier: StaticString = "adamw"
    public let beta1: Float
    public let beta2: Float
    public let epsilon: Float

    public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    public var usualWeightDecay: Float { 0.01 }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.adam } }
}
