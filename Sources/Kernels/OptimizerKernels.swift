/// One step of each optimizer over flat vectors: parameters `w`, gradient `g`, learning rate `eta`.
public enum OptimizerKernels<Set: InstructionSet> {
    public typealias Scalar = Set.Scalar

    /// `w ← w − η g`.
    @inlinable @inline(__always)
    public static func gradientDescent(
        _ w: UnsafeMutablePointer<Scalar>, _ g: UnsafePointer<Scalar>, count: Int, eta: Scalar
    ) {
        for i in 0..<count { w[i] -= eta * g[i] }
    }

    /// `v ← μ v + g; w ← w − η v`.
    @inlinable @inline(__always)
    public static func momentum(
        _ w: UnsafeMutablePointer<Scalar>, _ v: UnsafeMutablePointer<Scalar>, _ g: UnsafePointer<Scalar>, count: Int,
        eta: Scalar, mu: Scalar
    ) {
        for i in 0..<count {
            let velocity = mu * v[i] + g[i]
            v[i] = velocity
            w[i] -= eta * velocity
        }
    }

    /// `m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η (m / c₁) / (√(v / c₂) + ε)`, where c₁ and c₂ are the
    /// bias corrections `1 − βᵗ` (Kingma and Ba 2015, algorithm 1).
    @inlinable @inline(__always)
    public static func adam(
        _ w: UnsafeMutablePointer<Scalar>, _ m: UnsafeMutablePointer<Scalar>, _ v: UnsafeMutablePointer<Scalar>,
        _ g: UnsafePointer<Scalar>, count: Int, eta: Scalar, beta1: Scalar, beta2: Scalar, epsilon: Scalar,
        correction1: Scalar, correction2: Scalar
    ) {
        let rate = eta / correction1
        let scale = (1 / correction2).squareRoot()
        for i in 0..<count {
            let mean = beta1 * m[i] + (1 - beta1) * g[i]
            let variance = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
            m[i] = mean
            v[i] = variance
            w[i] -= rate * mean / (variance.squareRoot() * scale + epsilon)
        }
    }
}
