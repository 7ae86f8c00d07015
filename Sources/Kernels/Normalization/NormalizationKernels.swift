/// Normalization of blocks (LayerNorm, RMSNorm, GroupNorm, InstanceNorm) and of columns (BatchNorm).
///
/// A block is all of a `rows × columns` matrix.
public struct NormalizationKernels<Scalar: KernelScalar>: Sendable {
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    /// ``BlockKernel/normalize``.
    public let normalizeBlock:
        @Sendable (
            _ rows: Int, _ columns: Int, _ x: In, _ xStride: Int, _ z: Out, _ zStride: Int, _ centers: Bool,
            _ epsilon: In, _ inverse: Out
        ) -> Void
    /// ``BlockKernel/project``.
    public let projectBlock:
        @Sendable (
            _ rows: Int, _ columns: Int, _ u: In, _ uStride: Int, _ gamma: In?, _ z: In, _ zStride: Int, _ inverse: In,
            _ centers: Bool, _ out: Out, _ outStride: Int, _ accumulating: Bool
        ) -> Void
    /// ``ColumnKernel/moments``.
    public let columnMoments:
        @Sendable (_ matrix: In, _ stride: Int, _ rows: Int, _ columns: Int, _ mean: Out, _ variance: Out) -> Void
    /// ``ColumnKernel/products``.
    public let columnProducts:
        @Sendable (
            _ a: In, _ aStride: Int, _ b: In, _ bStride: Int, _ c: In?, _ rows: Int, _ columns: Int, _ products: Out,
            _ sums: Out?, _ accumulating: Bool
        ) -> Void
    /// ``ColumnKernel/affine``.
    public let columnAffine:
        @Sendable (
            _ rows: Int, _ columns: Int, _ a: In, _ aStride: Int, _ ka: In, _ b: In?, _ bStride: Int, _ kb: In?,
            _ kc: In?, _ out: Out, _ outStride: Int, _ accumulating: Bool
        ) -> Void

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        normalizeBlock = BlockKernel<Set>.normalize
        projectBlock = BlockKernel<Set>.project
        columnMoments = ColumnKernel<Set>.moments
        columnProducts = ColumnKernel<Set>.products
        columnAffine = ColumnKernel<Set>.affine
    }
}
