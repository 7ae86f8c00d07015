/// Loops over flat vectors.
public enum VectorKernels<Set: InstructionSet> {
    public typealias Scalar = Set.Scalar

    /// `y += x`.
    @inlinable @inline(__always)
    public static func add(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>, count: Int) {
        for i in 0..<count { y[i] += x[i] }
    }

    /// `y *= x`.
    @inlinable @inline(__always)
    public static func multiply(_ y: UnsafeMutablePointer<Scalar>, by x: UnsafePointer<Scalar>, count: Int) {
        for i in 0..<count { y[i] *= x[i] }
    }

    /// The sum of each column of a `rows × columns` matrix, row by row; added to `sums` if accumulating.
    @inlinable @inline(__always)
    public static func sumColumns(
        _ matrix: UnsafePointer<Scalar>, stride: Int, rows: Int, columns: Int, sums: UnsafeMutablePointer<Scalar>,
        accumulating: Bool
    ) {
        if !accumulating { for column in 0..<columns { sums[column] = 0 } }
        for row in 0..<rows { add(matrix + row * stride, to: sums, count: columns) }
    }

    /// ``KernelScalar/largestMagnitude``.
    @inlinable @inline(__always)
    public static func largestMagnitude(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
        Scalar.largestMagnitude(x, count: count)
    }
}
