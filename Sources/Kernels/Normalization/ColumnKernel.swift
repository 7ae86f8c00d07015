/// Sums over the columns of a matrix, and what is made of each column with its own numbers.
///
/// Sums are in float64 and in the order of the rows: a column's do not depend on the other columns.
@usableFromInline
enum ColumnKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// The mean of each column, and the mean of the squared differences from it.
    @inlinable @inline(__always)
    static func moments(_ matrix: In, _ stride: Int, rows: Int, columns: Int, mean: Out, variance: Out) {
        let share = 1 / Double(rows)
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            var sums = Set.Sums()
            for row in 0..<rows {
                sums = Set.accumulate(sums, Lanes<Set>(loading: matrix + (row * stride + i), left).vector)
            }
            for lane in 0..<min(left, Lanes<Set>.count) { mean[i + lane] = Set.Scalar(sums[lane] * share) }
            let means = Lanes<Set>(loading: mean + i, left)
            sums = Set.Sums()
            for row in 0..<rows {
                let difference = Lanes(loading: matrix + (row * stride + i), left) - means
                sums = Set.accumulate(sums, (difference * difference).vector)
            }
            for lane in 0..<min(left, Lanes<Set>.count) { variance[i + lane] = Set.Scalar(sums[lane] * share) }
        }
    }

    /// The sum of `a ⊙ b` over each column; added to `sums` if accumulating.
    @inlinable @inline(__always)
    static func products(
        _ a: In, _ aStride: Int, _ b: In, _ bStride: Int, rows: Int, columns: Int, sums: Out, accumulating: Bool
    ) {
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            var totals = Set.Sums()
            if accumulating { totals = Set.accumulate(totals, Lanes<Set>(loading: sums + i, left).vector) }
            for row in 0..<rows {
                let product =
                    Lanes<Set>(loading: a + (row * aStride + i), left) * Lanes(loading: b + (row * bStride + i), left)
                totals = Set.accumulate(totals, product.vector)
            }
            for lane in 0..<min(left, Lanes<Set>.count) { sums[i + lane] = Set.Scalar(totals[lane]) }
        }
    }

    /// `out = ka ⊙ a + kb ⊙ b + kc`, with a factor and a summand for each column; added to `out` if accumulating. Without b
    /// or kc: without that term. `out` may be `a` or `b`.
    @inlinable @inline(__always)
    static func affine(
        rows: Int, columns: Int, _ a: In, _ aStride: Int, ka: In, _ b: In?, _ bStride: Int, kb: In?, kc: In?,
        _ out: Out, _ outStride: Int, accumulating: Bool
    ) {
        for row in 0..<rows {
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let place = out + (row * outStride + i)
                var sum: Lanes<Set> = accumulating ? Lanes(loading: place, left) : 0.0
                if let kc { sum = sum + Lanes(loading: kc + i, left) }
                sum = sum.adding(
                    Lanes(loading: ka + i, left), times: Lanes(loading: a + (row * aStride + i), left))
                if let b, let kb {
                    sum = sum.adding(
                        Lanes(loading: kb + i, left), times: Lanes(loading: b + (row * bStride + i), left))
                }
                sum.store(place, left)
            }
        }
    }
}
