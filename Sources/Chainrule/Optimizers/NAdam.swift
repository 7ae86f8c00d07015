import Kernels

/// Adam with Nesterov's momentum (Dozat 2016, algorithm 2, in PyTorch's form): m and v as for ``Adam``,
/// `w ← w − η ((1 − μₜ) g / (1 − M) + μₜ₊₁ m / (1 − M μₜ₊₁)) / (√v̂ + ε)` with `μₜ = β₁ (1 − 0.96ᵗᵠ / 2)`, φ = 0.004,
/// and `M = μ₁ μ₂ … μₜ`.
public final class NAdam: MomentMethod {
    public let identifier: StaticString = "nadam"
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
        let (ofGradient, ofMean) = rates(step)
        let rates = SIMD2(learningRate * ofGradient, learningRate * ofMean)
        guard rates.max() <= OptimizationMethods.largest else { return .infinity }
        return OptimizationMethods.quotient(rates[0] * gradient + rates[1] * state[0], epsilon: epsilon)
    }

    public var kernel: OptimizerKernelChoice? { OptimizerKernelChoice { $0.kernels.optimizers.nadam } }

    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> {
        let (ofGradient, ofMean) = rates(step)
        var factors = adamFactors(learningRate: learningRate, step: step)
        factors[0] = Float(Double(learningRate) * ofGradient)
        factors[7] = Float(Double(learningRate) * ofMean)
        return factors
    }

    /// `(1 − μₜ) / (1 − M)` and `μₜ₊₁ / (1 − M μₜ₊₁)`.
    private func rates(_ step: Int) -> (ofGradient: Double, ofMean: Double) {
        var product = 1.0
        var power = 1.0
        // None of the first 64 exceeds 0.51: their product is negligible beside 1.
        for _ in 1...min(step, 64) {
            power *= NAdam.decay
            product *= momentum(power)
        }
        let this = momentum(OptimizationMethods.power(NAdam.decay, step))
        let next = momentum(OptimizationMethods.power(NAdam.decay, step + 1))
        return ((1 - this) / (1 - product), next / (1 - product * next))
    }

    /// μₜ, given `0.96ᵗᵠ`.
    private func momentum(_ power: Double) -> Double { Double(beta1) * (1 - 0.5 * power) }

    /// `0.96ᵠ`.
    private static var decay: Double { 0.9998367253526753 }
}
