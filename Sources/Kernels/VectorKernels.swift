/// Loops over flat vectors.
public enum VectorKernels<Set: InstructionSet> {
    public typealias Scalar = Set.Scalar

    /// `y += x`.
    @inlinable @inline(__always)
    public static func add(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>, count: Int) {
        for (i, left) in Lanes<Set>.vectors(of: count) {
            (Lanes(loading: y + i, left) + Lanes<Set>(loading: x + i, left)).store(y + i, left)
        }
    }

    /// `y *= x`.
    @inlinable @inline(__always)
    public static func multiply(_ y: UnsafeMutablePointer<Scalar>, by x: UnsafePointer<Scalar>, count: Int) {
        for (i, left) in Lanes<Set>.vectors(of: count) {
            (Lanes(loading: y + i, left) * Lanes<Set>(loading: x + i, left)).store(y + i, left)
        }
    }

    /// The sum of each column of a `rows × columns` matrix, row by row; added to `sums` if accumulating.
    @inlinable @inline(__always)
    public static func sumColumns(
        _ matrix: UnsafePointer<Scalar>, stride: Int, rows: Int, columns: Int, sums: UnsafeMutablePointer<Scalar>,
        accumulating: Bool
    ) {
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            var total: Lanes<Set> = accumulating ? Lanes(loading: sums + i, left) : 0.0
            for row in 0..<rows { total = total + Lanes(loading: matrix + (row * stride + i), left) }
            total.store(sums + i, left)
        }
    }

    /// The largest magnitude among the elements: infinity if one is infinite, NaN if one is NaN.
    @inlinable @inline(never)
    public static func largestMagnitude(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
        var largest: Lanes<Set> = 0.0
        for (i, left) in Lanes<Set>.vectors(of: count) {
            let magnitudes = Lanes<Set>(loading: x + i, left).magnitude
            largest = Lanes(Set.largerMagnitude(largest.vector, magnitudes.vector))
        }
        return Set.largestMagnitude(largest.vector)
    }
}
