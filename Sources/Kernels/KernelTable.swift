/// Every kernel of the library, compiled for one instruction set: what the rest of the library calls.
///
/// A kernel that takes or returns a `Scalar` by value is marked `@inline(never)`. Its closure in the table is then a thunk
/// that calls it, because the table is generic; and into thunks the compiler inlines no C function, such as the vector
/// operations of an instruction set. Kernels that take pointers and counts alone are inlined into their closures.
public struct KernelTable<Scalar: KernelScalar>: Sendable {
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    /// ``InstructionSet/tileRows``.
    public let tileRows: Int
    /// The lanes of a vector.
    public let vectorWidth: Int
    /// ``MatrixKernels/multiply``.
    public let multiply:
        @Sendable (
            _ rows: Int, _ columns: Int, _ depth: Int, _ a: In, _ aRowStride: Int, _ aColumnStride: Int, _ b: In,
            _ bStride: Int, _ c: Out, _ cStride: Int, _ accumulating: Bool, _ scratch: Out, _ scratchCount: Int
        ) -> Void
    /// ``MatrixKernels/multiplyTransposed``.
    public let multiplyTransposed:
        @Sendable (
            _ rows: Int, _ columns: Int, _ depth: Int, _ a: In, _ aStride: Int, _ b: In, _ bStride: Int, _ bias: In?,
            _ c: Out, _ cStride: Int, _ scratch: Out, _ scratchCount: Int
        ) -> Void

    /// ``MatrixKernels/multiplySegments``.
    public let multiplySegments:
        @Sendable (
            _ segments: Segments, _ rows: Int, _ columns: Int, _ depth: Int, _ a: In, _ aRowStride: Int,
            _ aColumnStride: Int, _ b: In, _ bStride: Int, _ bias: In?, _ c: Out, _ cStride: Int, _ accumulating: Bool
        ) -> Void

    /// ``Packing/transpose``.
    public let transpose:
        @Sendable (
            _ rows: Int, _ columns: Int, _ matrix: In, _ stride: Int, _ result: Out, _ resultStride: Int
        ) -> Void

    /// ``VectorKernels/add``.
    public let add: @Sendable (_ x: In, _ y: Out, _ count: Int) -> Void
    /// ``VectorKernels/multiply``.
    public let multiplyElements: @Sendable (_ y: Out, _ x: In, _ count: Int) -> Void
    /// ``VectorKernels/sumColumns``.
    public let sumColumns:
        @Sendable (
            _ matrix: In, _ stride: Int, _ rows: Int, _ columns: Int, _ sums: Out, _ accumulating: Bool
        ) -> Void
    /// ``VectorKernels/largestMagnitude``.
    public let largestMagnitude: @Sendable (_ x: In, _ count: Int) -> Scalar

    public let activations: ActivationKernels<Scalar>
    public let costs: CostKernels<Scalar>
    public let optimizers: OptimizerKernels<Scalar>
    public let regularization: RegularizationKernels<Scalar>
    public let noise: NoiseKernels<Scalar>
    public let depthwise: DepthwiseKernels<Scalar>
    public let normalization: NormalizationKernels<Scalar>
    public let recurrent: RecurrentKernels<Scalar>
    public let attention: AttentionKernels<Scalar>
    /// ``MaximumKernel/maximum``.
    public let maximum:
        @Sendable (
            _ window: UnsafePointer<Window>, _ channels: Int, _ x: In, _ xStride: Int, _ y: Out, _ yStride: Int,
            _ taps: Out?, _ tapsStride: Int
        ) -> Void
    /// ``ElementFormulas/compute``.
    public let elements:
        @Sendable (
            _ formula: ElementFormula, _ partial: Partial, _ a: In, _ b: In, _ numbers: In, _ result: Out, _ count: Int
        ) -> Void

    @inlinable @inline(__always)
    public init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        tileRows = Set.tileRows
        vectorWidth = Set.Vector.scalarCount
        multiply = MatrixKernels<Set>.multiply
        multiplyTransposed = MatrixKernels<Set>.multiplyTransposed
        multiplySegments = MatrixKernels<Set>.multiplySegments
        transpose = Packing<Set>.transpose
        add = VectorKernels<Set>.add
        multiplyElements = VectorKernels<Set>.multiply
        sumColumns = VectorKernels<Set>.sumColumns
        largestMagnitude = VectorKernels<Set>.largestMagnitude
        activations = ActivationKernels(Set.self)
        costs = CostKernels(Set.self)
        optimizers = OptimizerKernels(Set.self)
        regularization = RegularizationKernels(Set.self)
        noise = NoiseKernels(Set.self)
        depthwise = DepthwiseKernels(Set.self)
        normalization = NormalizationKernels(Set.self)
        recurrent = RecurrentKernels(Set.self)
        attention = AttentionKernels(Set.self)
        maximum = MaximumKernel<Set>.maximum
        elements = ElementFormulas<Set>.compute
    }
}
