/// One step of each optimizer on a block of parameters `w`, with learning rate `eta`.
///
/// `w` and the optimizer's state have `rows × columns` elements with `stride` between rows, the gradient `g` as many with
/// `gStride`: so a block of a matrix can be stepped along a gradient that lies elsewhere. Flat vectors are one row.
public enum OptimizerKernels<Set: InstructionSet> {
    public typealias Scalar = Set.Scalar
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    /// `w ← w − η g`.
    @inlinable @inline(never)
    public static func gradientDescent(
        rows: Int, columns: Int, _ w: Out, stride: Int, _ g: In, gStride: Int, eta: Scalar
    ) {
        let descent = Lanes<Set>(-eta)
        for row in 0..<rows {
            let (w, g) = (w + row * stride, g + row * gStride)
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                Lanes(loading: w + i, left).adding(descent, times: Lanes(loading: g + i, left)).store(w + i, left)
            }
        }
    }

    /// `v ← μ v + g; w ← w − η v`.
    @inlinable @inline(never)
    public static func momentum(
        rows: Int, columns: Int, _ w: Out, _ v: Out, stride: Int, _ g: In, gStride: Int, eta: Scalar, mu: Scalar
    ) {
        let (descent, mu) = (Lanes<Set>(-eta), Lanes<Set>(mu))
        for row in 0..<rows {
            let (w, v, g) = (w + row * stride, v + row * stride, g + row * gStride)
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let velocity = Lanes(loading: g + i, left).adding(mu, times: Lanes(loading: v + i, left))
                velocity.store(v + i, left)
                Lanes(loading: w + i, left).adding(descent, times: velocity).store(w + i, left)
            }
        }
    }

    /// `m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η (m / c₁) / (√(v / c₂) + ε)`, where c₁ and c₂ are the
    /// bias corrections `1 − βᵗ` (Kingma and Ba 2015, algorithm 1).
    ///
    /// One square root and one division for each element, both correctly rounded. Estimates refined by Newton's method
    /// would be no faster (nor, where memory is the limit, would leaving both out), and differ between makers of processors.
    @inlinable @inline(never)
    public static func adam(
        rows: Int, columns: Int, _ w: Out, _ m: Out, _ v: Out, stride: Int, _ g: In, gStride: Int, eta: Scalar,
        beta1: Scalar, beta2: Scalar, epsilon: Scalar, correction1: Scalar, correction2: Scalar
    ) {
        let rate = Lanes<Set>(eta / correction1)
        let scale = Lanes<Set>(1.0 / correction2).squareRoot()
        let epsilon = Lanes<Set>(epsilon)
        let (beta1, beta2, rest1, rest2) =
            (Lanes<Set>(beta1), Lanes<Set>(beta2), Lanes<Set>(1 - beta1), Lanes<Set>(1 - beta2))
        for row in 0..<rows {
            let (w, m, v, g) = (w + row * stride, m + row * stride, v + row * stride, g + row * gStride)
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let slope = Lanes<Set>(loading: g + i, left)
                let mean = (rest1 * slope).adding(beta1, times: Lanes(loading: m + i, left))
                let variance = (rest2 * slope * slope).adding(beta2, times: Lanes(loading: v + i, left))
                mean.store(m + i, left)
                variance.store(v + i, left)
                let deviation = epsilon.adding(variance.squareRoot(), times: scale)
                (Lanes(loading: w + i, left) - rate * mean / deviation).store(w + i, left)
            }
        }
    }
}
