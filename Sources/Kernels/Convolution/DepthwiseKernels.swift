/// Depthwise convolution: each channel has its own kernel, and sees no other channel.
///
/// A matrix has a row for each position or tap, and a column for each channel. Every tap lies inside the source. What is
/// written shares no memory with what is read. An element's terms are added in one order, whatever channels it is
/// computed with.
public struct DepthwiseKernels<Scalar: KernelScalar>: Sendable {
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    /// ``DepthwiseKernel/sum``.
    public let sum:
        @Sendable (_ block: DepthwiseBlock, _ x: In, _ weights: In, _ bias: In?, _ y: Out, _ accumulating: Bool) -> Void
    /// ``DepthwiseKernel/addWeightGradient``.
    public let addWeightGradient: @Sendable (_ block: DepthwiseBlock, _ x: In, _ dy: In, _ dw: Out) -> Void

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        sum = DepthwiseKernel<Set>.sum
        addWeightGradient = DepthwiseKernel<Set>.addWeightGradient
    }
}
