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

    @inlinable @inline(__always)
    public init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        tileRows = Set.tileRows
        multiply = MatrixKernels<Set>.multiply
        multiplyTransposed = MatrixKernels<Set>.multiplyTransposed
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
    }
}

/// The kernels of every activation.
public struct ActivationKernels<Scalar: KernelScalar>: Sendable {
    public let identity: ActivationKernel<Scalar>
    public let sigmoid: ActivationKernel<Scalar>
    public let tanh: ActivationKernel<Scalar>
    public let relu: ActivationKernel<Scalar>
    public let leakyReLU: ActivationKernel<Scalar>
    public let elu: ActivationKernel<Scalar>
    public let selu: ActivationKernel<Scalar>
    public let softplus: ActivationKernel<Scalar>
    public let gelu: ActivationKernel<Scalar>
    public let geluTanh: ActivationKernel<Scalar>
    public let silu: ActivationKernel<Scalar>
    public let softmax: ActivationKernel<Scalar>
    public let logSoftmax: ActivationKernel<Scalar>

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        identity = ElementwiseKernels<Set, IdentityActivation>.kernel
        sigmoid = ElementwiseKernels<Set, SigmoidActivation>.kernel
        tanh = ElementwiseKernels<Set, TanhActivation>.kernel
        relu = ElementwiseKernels<Set, ReLUActivation>.kernel
        leakyReLU = ElementwiseKernels<Set, LeakyReLUActivation>.kernel
        elu = ElementwiseKernels<Set, ELUActivation>.kernel
        selu = ElementwiseKernels<Set, SELUActivation>.kernel
        softplus = ElementwiseKernels<Set, SoftplusActivation>.kernel
        gelu = ElementwiseKernels<Set, GELUActivation>.kernel
        geluTanh = ElementwiseKernels<Set, GELUTanhActivation>.kernel
        silu = ElementwiseKernels<Set, SiLUActivation>.kernel
        softmax = RowwiseKernels<Set, SoftmaxActivation>.kernel
        logSoftmax = RowwiseKernels<Set, LogSoftmaxActivation>.kernel
    }
}

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

/// The kernels of every optimizer. The most used have loops of their own over the tiles of a gradient; the rest share one.
public struct OptimizerKernels<Scalar: KernelScalar>: Sendable {
    public let gradientDescent: OptimizerKernel<Scalar>
    public let momentum: OptimizerKernel<Scalar>
    /// Adam and AdamW.
    public let adam: OptimizerKernel<Scalar>
    public let nesterov: OptimizerKernel<Scalar>
    public let adaGrad: OptimizerKernel<Scalar>
    public let rmsprop: OptimizerKernel<Scalar>
    public let amsGrad: OptimizerKernel<Scalar>
    public let nadam: OptimizerKernel<Scalar>
    public let lion: OptimizerKernel<Scalar>
    public let irpropMinus: OptimizerKernel<Scalar>
    public let quickprop: OptimizerKernel<Scalar>

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        gradientDescent = OptimizerKernelInstance<Set, GradientDescentRule>.kernel
        momentum = OptimizerKernelInstance<Set, MomentumRule>.kernel
        adam = OptimizerKernelInstance<Set, AdamRule>.kernel
        nesterov = OptimizerKernelInstance<Set, NesterovRule>.sharingLoop
        adaGrad = OptimizerKernelInstance<Set, AdaGradRule>.sharingLoop
        rmsprop = OptimizerKernelInstance<Set, RMSpropRule>.sharingLoop
        amsGrad = OptimizerKernelInstance<Set, AMSGradRule>.sharingLoop
        nadam = OptimizerKernelInstance<Set, NAdamRule>.sharingLoop
        lion = OptimizerKernelInstance<Set, LionRule>.sharingLoop
        irpropMinus = OptimizerKernelInstance<Set, IRPROPMinusRule>.sharingLoop
        quickprop = OptimizerKernelInstance<Set, QuickpropRule>.sharingLoop
    }
}
