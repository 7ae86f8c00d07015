/// Normalization of all elements of a matrix together.
@usableFromInline
enum BlockKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// `z = (x − μ) r` with `r = 1/√(v + ε)`: μ is the mean, or 0 unless the kernel centers, and v the mean of `(x − μ)²`.
    /// Writes r to `inverse`. `z` may be `x`.
    @inlinable @inline(__always)
    static func normalize(
        rows: Int, columns: Int, _ x: In, _ xStride: Int, _ z: Out, _ zStride: Int, centers: Bool, epsilon: In,
        inverse: Out
    ) {
        var mean: Lanes<Set> = 0.0
        if centers {
            mean = BlockKernel.mean(rows, columns) { row, i, left in Lanes(loading: x + (row * xStride + i), left) }
        }
        let variance = BlockKernel.mean(rows, columns) { row, i, left in
            let difference = (Lanes(loading: x + (row * xStride + i), left) - mean).prefix(left, else: 0.0)
            return difference * difference
        }
        let factor = 1.0 / (variance + Lanes(epsilon[0])).squareRoot()
        factor.store(inverse, 1)
        for row in 0..<rows {
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let difference = Lanes(loading: x + (row * xStride + i), left) - mean
                (difference * factor).store(z + (row * zStride + i), left)
            }
        }
    }

    /// `out = r (g − mean(g) − z mean(g ⊙ z))` with `g = γ ⊙ u`, without mean(g) unless the kernel centers; added to `out` if
    /// accumulating. What ``normalize`` does to a gradient or a tangent: its Jacobian, which is symmetric. `out` may be `u`.
    @inlinable @inline(__always)
    static func project(
        rows: Int, columns: Int, _ u: In, _ uStride: Int, gamma: In?, _ z: In, _ zStride: Int, inverse: In,
        centers: Bool, _ out: Out, _ outStride: Int, accumulating: Bool
    ) {
        @inline(__always) func scaled(_ row: Int, _ i: Int, _ left: Int) -> Lanes<Set> {
            let element = Lanes<Set>(loading: u + (row * uStride + i), left)
            guard let gamma else { return element }
            return element * Lanes(loading: gamma + i, left)
        }
        var mean: Lanes<Set> = 0.0
        if centers { mean = BlockKernel.mean(rows, columns) { row, i, left in scaled(row, i, left) } }
        let slope = BlockKernel.mean(rows, columns) { row, i, left in
            scaled(row, i, left) * Lanes(loading: z + (row * zStride + i), left)
        }
        let factor = Lanes<Set>(inverse[0])
        for row in 0..<rows {
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let rest = scaled(row, i, left) - mean - slope * Lanes(loading: z + (row * zStride + i), left)
                let place = out + (row * outStride + i)
                let result = accumulating ? Lanes(loading: place, left).adding(rest, times: factor) : rest * factor
                result.store(place, left)
            }
        }
    }

    /// The mean of the block's elements, summed in float64. A term's lanes after `left` are 0.
    @inlinable @inline(__always)
    static func mean(
        _ rows: Int, _ columns: Int, _ term: (_ row: Int, _ i: Int, _ left: Int) -> Lanes<Set>
    ) -> Lanes<Set> {
        var sums = Set.Sums()
        for row in 0..<rows {
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                sums = Set.accumulate(sums, term(row, i, left).vector)
            }
        }
        return Lanes(Set.Scalar(Set.total(sums) / Double(rows * columns)))
    }
}
