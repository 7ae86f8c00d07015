/// The matrix products as they are defined: the specification of ``MatrixKernels``, and what the tests compare it with.
public enum NaiveMatrixKernels<Scalar: KernelScalar> {
    /// `C = A B`, or `C += A B`. Parameters as ``MatrixKernels/multiply``.
    public static func multiply(
        rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aRowStride: Int, aColumnStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int, accumulating: Bool
    ) {
        for i in 0..<rows {
            for j in 0..<columns {
                var total: Scalar = 0
                for p in 0..<depth { total += a[i * aRowStride + p * aColumnStride] * b[p * bStride + j] }
                c[i * cStride + j] = accumulating ? c[i * cStride + j] + total : total
            }
        }
    }

    /// `C = A Bᵀ`, plus `bias` on every row if there is one. Parameters as ``MatrixKernels/multiplyTransposed``.
    public static func multiplyTransposed(
        rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int, bias: UnsafePointer<Scalar>?,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int
    ) {
        for i in 0..<rows {
            for j in 0..<columns {
                var total: Scalar = 0
                for p in 0..<depth { total += a[i * aStride + p] * b[j * bStride + p] }
                c[i * cStride + j] = total + (bias?[j] ?? 0)
            }
        }
    }
}
