/// Depthwise convolution of lines: each channel has its own kernel, and sees no other channel.
///
/// A matrix has a row for each position or tap, and a column for each channel. Every tap lies inside the source. What is
/// written shares no memory with what is read. An element's terms are added in one order, whatever channels it is
/// computed with.
public struct DepthwiseKernels<Scalar: KernelScalar>: Sendable {
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    /// ``DepthwiseKernel/line``.
    public let line:
        @Sendable (
            _ segments: Segments, _ count: Int, _ channels: Int, _ taps: Int, _ x: In, _ xDistance: Int,
            _ tapDistance: Int, _ weights: In, _ weightDistance: Int, _ bias: In?, _ y: Out, _ yDistance: Int,
            _ accumulating: Bool
        ) -> Void
    /// ``DepthwiseKernel/addWeightGradient``.
    public let addWeightGradient:
        @Sendable (
            _ segments: Segments, _ count: Int, _ channels: Int, _ taps: Int, _ x: In, _ xDistance: Int,
            _ tapDistance: Int, _ dy: In, _ dyDistance: Int, _ dw: Out, _ dwDistance: Int
        ) -> Void

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        line = DepthwiseKernel<Set>.line
        addWeightGradient = DepthwiseKernel<Set>.addWeightGradient
    }
}
