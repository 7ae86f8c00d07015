/// The kernels of every cost.
public struct CostKernels<Scalar: KernelScalar>: Sendable {
    public let squaredError: CostKernel<Scalar>
    public let absoluteError: CostKernel<Scalar>
    public let huber: CostKernel<Scalar>
    public let binaryCrossEntropy: CostKernel<Scalar>
    public let binaryCrossEntropyOfLogits: CostKernel<Scalar>
    public let crossEntropy: CostKernel<Scalar>
    /// ``CrossEntropyKernel`` with class indices as targets; otherwise as ``CostKernel/evaluate``.
    public let crossEntropyOfClasses:
        @Sendable (
            _ rows: Int, _ columns: Int, _ y: UnsafePointer<Scalar>, _ yStride: Int, _ classes: UnsafePointer<Int32>,
            _ weights: UnsafePointer<Scalar>?, _ normalizer: Double, _ gradient: UnsafeMutablePointer<Scalar>?,
            _ gradientStride: Int
        ) -> Double
    /// The same with a smoothing ε before the gradient.
    public let smoothedCrossEntropyOfClasses:
        @Sendable (
            _ rows: Int, _ columns: Int, _ y: UnsafePointer<Scalar>, _ yStride: Int, _ classes: UnsafePointer<Int32>,
            _ weights: UnsafePointer<Scalar>?, _ normalizer: Double, _ smoothing: Scalar,
            _ gradient: UnsafeMutablePointer<Scalar>?, _ gradientStride: Int
        ) -> Double
    /// ``CrossEntropyKernel`` with class indices as targets, which do not matter; otherwise as ``CostKernel/hessianProduct``.
    public let crossEntropyOfClassesHessianProduct:
        @Sendable (
            _ rows: Int, _ columns: Int, _ y: UnsafePointer<Scalar>, _ yStride: Int, _ weights: UnsafePointer<Scalar>?,
            _ normalizer: Double, _ v: UnsafePointer<Scalar>, _ vStride: Int, _ product: UnsafeMutablePointer<Scalar>,
            _ productStride: Int
        ) -> Void

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        squaredError = ElementwiseCostKernel<Set, SquaredError>.kernel
        absoluteError = ElementwiseCostKernel<Set, AbsoluteError>.kernel
        huber = ElementwiseCostKernel<Set, HuberError>.kernel
        binaryCrossEntropy = ElementwiseCostKernel<Set, BinaryCrossEntropy>.kernel
        binaryCrossEntropyOfLogits = ElementwiseCostKernel<Set, BinaryCrossEntropyOfLogits>.kernel
        crossEntropy = CrossEntropyKernel<Set>.kernel
        crossEntropyOfClasses = CrossEntropyKernel<Set>.evaluate
        smoothedCrossEntropyOfClasses = CrossEntropyKernel<Set>.evaluateSmoothed
        crossEntropyOfClassesHessianProduct = {
            rows, columns, y, yStride, weights, normalizer, v, vStride, product, stride in
            CrossEntropyKernel<Set>.hessianProduct(
                rows: rows, columns: columns, y, yStride: yStride, nil, tStride: 0, weights: weights,
                normalizer: normalizer, parameter: 0, v, vStride: vStride, product, productStride: stride)
        }
    }
}
