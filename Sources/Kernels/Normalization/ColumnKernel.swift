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
        let wide = Lanes<Set>.count * FourVectorsOfSums<Set>.count
        var i = 0
        while i < columns {
            let (matrix, mean, variance, left) = (matrix + i, mean + i, variance + i, columns - i)
            if left >= wide {
                moments(FourVectorsOfSums<Set>.self, matrix, stride, rows, mean, variance, wide)
                i += wide
            } else {
                moments(OneVectorOfSums<Set>.self, matrix, stride, rows, mean, variance, left)
                i += Lanes<Set>.count
            }
        }
    }

    @inlinable @inline(__always)
    static func moments<Tile: ColumnSums>(
        _: Tile.Type, _ matrix: In, _ stride: Int, _ rows: Int, _ mean: Out, _ variance: Out, _ left: Int
    ) where Tile.Set == Set {
        let share = 1 / Double(rows)
        var sums = Tile()
        var place = matrix
        for _ in 0..<rows {
            sums.add { Lanes(loading: place + $0, left - $0) }
            place += stride
        }
        sums.store(mean, times: share, left)
        sums = Tile()
        place = matrix
        for _ in 0..<rows {
            sums.add {
                let difference = Lanes<Set>(loading: place + $0, left - $0) - Lanes(loading: mean + $0, left - $0)
                return difference * difference
            }
            place += stride
        }
        sums.store(variance, times: share, left)
    }

    /// The sum of `a ⊙ b` over each column; added to `sums` if accumulating.
    @inlinable @inline(__always)
    static func products(
        _ a: In, _ aStride: Int, _ b: In, _ bStride: Int, rows: Int, columns: Int, sums: Out, accumulating: Bool
    ) {
        let wide = Lanes<Set>.count * FourVectorsOfSums<Set>.count
        var i = 0
        while i < columns {
            let (a, b, sums, left) = (a + i, b + i, sums + i, columns - i)
            if left >= wide {
                products(FourVectorsOfSums<Set>.self, a, aStride, b, bStride, rows, sums, accumulating, wide)
                i += wide
            } else {
                products(OneVectorOfSums<Set>.self, a, aStride, b, bStride, rows, sums, accumulating, left)
                i += Lanes<Set>.count
            }
        }
    }

    @inlinable @inline(__always)
    static func products<Tile: ColumnSums>(
        _: Tile.Type, _ a: In, _ aStride: Int, _ b: In, _ bStride: Int, _ rows: Int, _ sums: Out,
        _ accumulating: Bool, _ left: Int
    ) where Tile.Set == Set {
        var totals = Tile()
        if accumulating { totals.add { Lanes(loading: sums + $0, left - $0) } }
        var (a, b) = (a, b)
        for _ in 0..<rows {
            totals.add { Lanes(loading: a + $0, left - $0) * Lanes(loading: b + $0, left - $0) }
            a += aStride
            b += bStride
        }
        totals.store(sums, times: 1, left)
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
