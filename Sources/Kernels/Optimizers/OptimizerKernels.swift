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
