/// Depthwise convolution of one sample: each channel has its own kernel, and sees no other channel.
///
/// A matrix has a row for each position, or for each tap in the order depth, height, width, and a column for each channel.
/// What is written shares no memory with what is read. An element's terms are added in one order, whatever channels it is
/// computed with.
public struct DepthwiseKernels<Scalar: KernelScalar>: Sendable {
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    /// ``DepthwiseKernel/forward``.
    public let forward:
        @Sendable (
            _ window: UnsafePointer<Window>, _ channels: Int, _ x: In, _ xStride: Int, _ weights: In,
            _ weightStride: Int, _ bias: In?, _ y: Out, _ yStride: Int
        ) -> Void
    /// ``DepthwiseKernel/inputGradient``.
    public let inputGradient:
        @Sendable (
            _ window: UnsafePointer<Window>, _ channels: Int, _ dy: In, _ dyStride: Int, _ weights: In,
            _ weightStride: Int, _ dx: Out, _ dxStride: Int, _ accumulating: Bool
        ) -> Void
    /// ``DepthwiseWeightKernel/gradient``.
    public let weightGradient:
        @Sendable (
            _ window: UnsafePointer<Window>, _ channels: Int, _ x: In, _ xStride: Int, _ dy: In, _ dyStride: Int,
            _ dw: Out, _ dwStride: Int, _ accumulating: Bool
        ) -> Void

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        forward = DepthwiseKernel<Set>.forward
        inputGradient = DepthwiseKernel<Set>.inputGradient
        weightGradient = DepthwiseWeightKernel<Set>.gradient
    }
}
