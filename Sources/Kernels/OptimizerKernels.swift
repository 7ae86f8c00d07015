/// One step of each optimizer over flat vectors: parameters `w`, gradient `g`, learning rate `eta`.
public enum OptimizerKernels<Set: InstructionSet> {
    public typealias Scalar = Set.Scalar

    /// `w ← w − η g`.
    @inlinable @inline(__always)
    public static func gradientDescent(
        rows: Int, columns: Int, _ w: UnsafeMutablePointer<Scalar>, stride: Int, _ g: UnsafePointer<Scalar>,
        gStride: Int, eta: Scalar
    ) {
        for row in 0..<rows { for i in 0..<columns { w[row * stride + i] -= eta * g[row * gStride + i] } }
    }

    /// `v ← μ v + g; w ← w − η v`.
    @inlinable @inline(__always)
    public static func momentum(
        rows: Int, columns: Int, _ w: UnsafeMutablePointer<Scalar>, _ v: UnsafeMutablePointer<Scalar>, stride: Int,
        _ g: UnsafePointer<Scalar>, gStride: Int,
        eta: Scalar, mu: Scalar
    ) {
        for row in 0..<rows {
            let (w, v, g) = (w + row * stride, v + row * stride, g + row * gStride)
            for i in 0..<columns {
                let velocity = mu * v[i] + g[i]
                v[i] = velocity
                w[i] -= eta * velocity
            }
        }
    }

    /// `m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η (m / c₁) / (√(v / c₂) + ε)`, where c₁ and c₂ are the
    /// bias corrections `1 − βᵗ` (Kingma and Ba 2015, algorithm 1).
    @inlinable @inline(__always)
    public static func adam(
        rows: Int, columns: Int, _ w: UnsafeMutablePointer<Scalar>, _ m: UnsafeMutablePointer<Scalar>,
        _ v: UnsafeMutablePointer<Scalar>, stride: Int,
        _ g: UnsafePointer<Scalar>, gStride: Int, eta: Scalar, beta1: Scalar, beta2: Scalar, epsilon: Scalar,
        correction1: Scalar, correction2: Scalar
    ) {
        let rate = eta / correction1
        let scale = (1 / correction2).squareRoot()
        for row in 0..<rows {
            let (w, m, v, g) = (w + row * stride, m + row * stride, v + row * stride, g + row * gStride)
            for i in 0..<columns {
                let mean = beta1 * m[i] + (1 - beta1) * g[i]
                let variance = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
                m[i] = mean
                v[i] = variance
                w[i] -= rate * mean / (variance.squareRoot() * scale + epsilon)
            }
        }
    }
}
