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
    public let softsign: ActivationKernel<Scalar>
    public let hardSigmoid: ActivationKernel<Scalar>
    public let hardSwish: ActivationKernel<Scalar>
    public let mish: ActivationKernel<Scalar>
    public let clippedReLU: ActivationKernel<Scalar>
    public let exponential: ActivationKernel<Scalar>
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
        softsign = SharingKernels<Set, SoftsignActivation>.kernel
        hardSigmoid = SharingKernels<Set, HardSigmoidActivation>.kernel
        hardSwish = SharingKernels<Set, HardSwishActivation>.kernel
        mish = SharingKernels<Set, MishActivation>.kernel
        clippedReLU = SharingKernels<Set, ClippedReLUActivation>.kernel
        exponential = SharingKernels<Set, ExponentialActivation>.kernel
        softmax = RowwiseKernels<Set, SoftmaxActivation>.kernel
        logSoftmax = RowwiseKernels<Set, LogSoftmaxActivation>.kernel
    }
}
