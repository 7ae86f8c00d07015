/// Sums over the columns of a matrix, and what is made of each column with its own numbers.
///
/// Sums are in float64 and in the order of the rows: a column's do not depend on the other columns.
@usableFromInline
enum ColumnKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// The mean of each column, and the mean of the squared differences from it.
    ///
    /// The matrix is read once. The squares are of differences from the mean of some rows, which lies near that of all: then
    /// `Σ d² / n − (Σ d / n)²` loses little.
    @inlinable @inline(__always)
    static func moments(_ matrix: In, _ stride: Int, rows: Int, columns: Int, mean: Out, variance: Out) {
        let some = min(rows, 16)
        let (share, shareOfSome) = (1 / Double(rows), 1 / Double(some))
        var i = 0
        while i < columns {
            let (matrix, mean, variance, left) = (matrix + i, mean + i, variance + i, columns - i)
            sums(rows: some, left) { row, column, left in
                let x = Lanes<Set>(loading: matrix + (row * (rows / some) * stride + column), left)
                return (x, x)
            } forEach: { column, sum, _ in
                mean[column] = Set.Scalar(sum * shareOfSome)
            }
            i += sums(rows: rows, left) { row, column, left in
                let x = Lanes<Set>(loading: matrix + (row * stride + column), left)
                let difference = x - Lanes(loading: mean + column, left)
                return (x, difference * difference)
            } forEach: { column, sum, squares in
                let difference = sum * share - Double(mean[column])
                mean[column] = Set.Scalar(sum * share)
                let square = squares * share - difference * difference
                // NaN stays.
                variance[column] = Set.Scalar(square < 0 ? 0 : square)
            }
        }
    }

    /// The sum of `a ⊙ (b − c)` over each column, and that of `a`; added to what is there if accumulating.
    /// - Parameters:
    ///   - c: a number for each column; nil: zeros.
    ///   - sums: nil: without the sum of `a`.
    @inlinable @inline(__always)
    static func products(
        _ a: In, _ aStride: Int, _ b: In, _ bStride: Int, minus c: In?, rows: Int, columns: Int, products: Out,
        sums: Out?, accumulating: Bool
    ) {
        var i = 0
        while i < columns {
            let (a, b, c, products, sums) = (a + i, b + i, c.map { $0 + i }, products + i, sums.map { $0 + i })
            i += ColumnKernel.sums(rows: rows, columns - i) { row, column, left in
                let value = Lanes<Set>(loading: a + (row * aStride + column), left)
                var factor = Lanes<Set>(loading: b + (row * bStride + column), left)
                if let c { factor = factor - Lanes(loading: c + column, left) }
                return (value * factor, value)
            } forEach: { column, product, sum in
                products[column] = Set.Scalar(accumulating ? Double(products[column]) + product : product)
                if let sums { sums[column] = Set.Scalar(accumulating ? Double(sums[column]) + sum : sum) }
            }
        }
    }

    /// Two sums over all rows, of so many columns as fill a tile or are left.
    /// - Returns: how many columns that were.
    @inlinable @inline(__always) @discardableResult
    static func sums(
        rows: Int, _ left: Int, _ terms: (_ row: Int, _ column: Int, _ left: Int) -> (Lanes<Set>, Lanes<Set>),
        forEach body: (_ column: Int, Double, Double) -> Void
    ) -> Int {
        // Sixteen registers hold the sums of two vectors, thirty-two those of four.
        if Set.tileRows > 6 && left >= FourVectorsOfSums<Set>.width {
            return sums(FourVectorsOfSums<Set>.self, rows: rows, FourVectorsOfSums<Set>.width, terms, forEach: body)
        }
        if left >= TwoVectorsOfSums<Set>.width {
            return sums(TwoVectorsOfSums<Set>.self, rows: rows, TwoVectorsOfSums<Set>.width, terms, forEach: body)
        }
        return sums(OneVectorOfSums<Set>.self, rows: rows, left, terms, forEach: body)
    }

    @inlinable @inline(__always)
    static func sums<Tile: ColumnSums>(
        _: Tile.Type, rows: Int, _ left: Int,
        _ terms: (_ row: Int, _ column: Int, _ left: Int) -> (Lanes<Set>, Lanes<Set>),
        forEach body: (_ column: Int, Double, Double) -> Void
    ) -> Int where Tile.Set == Set {
        var sums = Tile()
        for row in 0..<rows { sums.add { terms(row, $0, left) } }
        sums.forEach(left, body)
        return Tile.width
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
