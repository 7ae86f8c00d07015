/// What attention makes of the products of queries and keys. Such a block has a row for each query and a column for each key.
///
/// Row r sees the first `visible + r · more` columns: with `more` 1 a query sees no keys after its own position, with 0 all rows
/// see as many. The rest of a row is 0 afterwards.
public struct AttentionKernels<Scalar: KernelScalar>: Sendable {
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    /// ``AttentionKernel/exponentials``.
    public let exponentials:
        @Sendable (
            _ rows: Int, _ columns: Int, _ visible: Int, _ more: Int, _ s: Out, _ stride: Int, _ scale: In,
            _ most: Out, _ sum: Out, _ factor: Out
        ) -> Void
    /// ``AttentionKernel/signals``.
    public let signals:
        @Sendable (
            _ rows: Int, _ columns: Int, _ visible: Int, _ more: Int, _ s: Out, _ sStride: Int, _ d: Out,
            _ dStride: Int, _ scale: In, _ most: In, _ inverse: In, _ h: In, _ hStride: Int, _ delta: In,
            _ deltaStride: Int, _ width: Int
        ) -> Void
    /// ``AttentionKernel/scaleRows``.
    public let scaleRows: @Sendable (_ rows: Int, _ columns: Int, _ matrix: Out, _ stride: Int, _ factors: In) -> Void

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        exponentials = AttentionKernel<Set>.exponentials
        signals = AttentionKernel<Set>.signals
        scaleRows = AttentionKernel<Set>.scaleRows
    }
}

@usableFromInline
enum AttentionKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    @inlinable @inline(__always)
    static func seen(_ row: Int, _ columns: Int, _ visible: Int, _ more: Int) -> Int {
        max(0, min(columns, visible + row * more))
    }

    /// Softmax of a row, a block of its columns after another (Milakov and Gimelshein 2018): with `most` and `sum` of the blocks
    /// before, −∞ and 0 at first,
    ///
    ///     m = max(most, scale max s)   factor = e^(most − m)   s ← e^(scale s − m)   sum ← factor sum + Σ s   most ← m
    ///
    /// `factor` is for what was made of the blocks before.
    @inlinable @inline(__always)
    static func exponentials(
        rows: Int, columns: Int, visible: Int, more: Int, _ s: Out, stride: Int, scale: In, most: Out, sum: Out,
        factor: Out
    ) {
        let scale = Lanes<Set>(scale[0])
        let nothing = Lanes<Set>(-Set.Scalar.infinity)
        for row in 0..<rows {
            let (s, count) = (s + row * stride, seen(row, columns, visible, more))
            clear(s, from: count, to: columns)
            if count == 0 {
                factor[row] = 1
                continue
            }
            var largest = nothing
            for (i, left) in Lanes<Set>.vectors(of: count) {
                let values = Lanes<Set>(loading: s + i, left).prefix(left, else: nothing)
                largest = .select(largest < values, values, largest)
            }
            let before = Lanes<Set>(most[row])
            largest = (Lanes(Set.largest(largest.vector)) * scale).atLeast(before)
            let change = Lanes.exp(before - largest)
            var sums: Lanes<Set> = 0.0
            for (i, left) in Lanes<Set>.vectors(of: count) {
                let e = Lanes.exp((-largest).adding(Lanes(loading: s + i, left), times: scale))
                e.store(s + i, left)
                sums = sums + e.prefix(left, else: 0.0)
            }
            let total = Lanes<Set>(Set.pairwiseSum(sums.vector)).adding(Lanes(sum[row]), times: change)
            largest.store(most + row, 1)
            total.store(sum + row, 1)
            change.store(factor + row, 1)
        }
    }

    /// From s and `d = ∂C/∂p`: `p = e^(scale s − most) inverse` in the place of s, and `scale p (d − h · δ)` in that of d, where
    /// `h · δ = Σ p d` over all columns.
    @inlinable @inline(__always)
    static func signals(
        rows: Int, columns: Int, visible: Int, more: Int, _ s: Out, sStride: Int, _ d: Out, dStride: Int, scale: In,
        most: In, inverse: In, _ h: In, hStride: Int, _ delta: In, deltaStride: Int, width: Int
    ) {
        let scale = Lanes<Set>(scale[0])
        for row in 0..<rows {
            let (s, d, count) = (s + row * sStride, d + row * dStride, seen(row, columns, visible, more))
            clear(s, from: count, to: columns)
            clear(d, from: count, to: columns)
            var sums: Lanes<Set> = 0.0
            for (i, left) in Lanes<Set>.vectors(of: width) {
                sums = sums.adding(
                    Lanes(loading: h + (row * hStride + i), left),
                    times: Lanes(loading: delta + (row * deltaStride + i), left))
            }
            let mean = Lanes<Set>(Set.pairwiseSum(sums.vector))
            let (largest, factor) = (-Lanes<Set>(most[row]), Lanes<Set>(inverse[row]))
            for (i, left) in Lanes<Set>.vectors(of: count) {
                let p = Lanes.exp(largest.adding(Lanes(loading: s + i, left), times: scale)) * factor
                p.store(s + i, left)
                (p * scale * (Lanes(loading: d + i, left) - mean)).store(d + i, left)
            }
        }
    }

    /// Multiplies each row by its factor.
    @inlinable @inline(__always)
    static func scaleRows(rows: Int, columns: Int, _ matrix: Out, stride: Int, factors: In) {
        for row in 0..<rows {
            let (matrix, factor) = (matrix + row * stride, Lanes<Set>(factors[row]))
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                (Lanes(loading: matrix + i, left) * factor).store(matrix + i, left)
            }
        }
    }

    @inlinable @inline(__always)
    static func clear(_ row: Out, from first: Int, to end: Int) {
        let zero: Lanes<Set> = 0.0
        for (i, left) in Lanes<Set>.vectors(of: end - first) { zero.store(row + (first + i), left) }
    }
}
