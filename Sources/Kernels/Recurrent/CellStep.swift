/// What a step of a recurrent cell reads and writes, for some rows of a batch. A row of a view has an element for each unit,
/// or for each unit of one gate after the other.
public struct CellStep<Scalar>: BitwiseCopyable {
    /// Rows of a matrix, `stride` elements apart.
    public struct Rows: BitwiseCopyable {
        @usableFromInline var base: UnsafeMutablePointer<Scalar>
        @usableFromInline let stride: Int

        public init(_ base: UnsafeMutablePointer<Scalar>, stride: Int) {
            self.base = base
            self.stride = stride
        }

        @inlinable @inline(__always)
        func row(_ index: Int) -> UnsafeMutablePointer<Scalar> { base + index * stride }
    }

    /// A part of a step: between two parts comes a product.
    public enum Part: BitwiseCopyable {
        case whole
        case gates
        case candidate
    }

    @usableFromInline let rows: Int
    @usableFromInline let units: Int
    /// From a unit's z of one gate to that of the next.
    @usableFromInline let gateDistance: Int
    /// Forward, the input's share of z, which becomes σ(z); backward, σ(z).
    @usableFromInline var gates: Rows
    /// Forward, the state's share of z; backward, δ of what the candidate's product reads.
    @usableFromInline let recurrent: Rows
    /// Forward, h before the step, which becomes h; backward, its δ, which becomes δ of h before the step, without what comes
    /// through the products.
    @usableFromInline let state: Rows
    /// The same of c.
    @usableFromInline let cell: Rows
    /// What forward computes besides for backward: tanh c; `W_hn h' + b_hn`; `r ⊙ h'`.
    @usableFromInline let extra: Rows
    /// Backward, c or h before the step.
    @usableFromInline let previous: Rows
    /// What backward writes: ∂C/∂z.
    @usableFromInline let signals: Rows
    /// Peepholes, or b_hn.
    @usableFromInline let weights: UnsafePointer<Scalar>?
    @usableFromInline var part: Part
    /// Whether to write σ(z) and `extra` for a backward pass.
    @usableFromInline let isKept: Bool

    public init(
        rows: Int, units: Int, gateDistance: Int, gates: Rows, recurrent: Rows, state: Rows, cell: Rows, extra: Rows,
        previous: Rows,
        signals: Rows, weights: UnsafePointer<Scalar>?, part: Part = .whole, isKept: Bool = true
    ) {
        self.rows = rows
        self.units = units
        self.gateDistance = gateDistance
        self.gates = gates
        self.recurrent = recurrent
        self.state = state
        self.cell = cell
        self.extra = extra
        self.previous = previous
        self.signals = signals
        self.weights = weights
        self.part = part
        self.isKept = isKept
    }
}

/// The steps of recurrent cells, but for their products.
public struct RecurrentKernels<Scalar: KernelScalar>: Sendable {
    public typealias Step = @Sendable (_ step: UnsafePointer<CellStep<Scalar>>) -> Void

    /// ``LSTMKernel/forward``.
    public let lstmForward: Step
    /// ``LSTMKernel/backward``.
    public let lstmBackward: Step
    /// ``GRUKernel/forward``.
    public let gruForward: Step
    /// ``GRUKernel/backward``.
    public let gruBackward: Step
    /// ``SimpleKernel/forward``.
    public let tanhForward: Step
    public let reluForward: Step

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        lstmForward = LSTMKernel<Set>.forward
        lstmBackward = LSTMKernel<Set>.backward
        gruForward = GRUKernel<Set>.forward
        gruBackward = GRUKernel<Set>.backward
        tanhForward = SimpleKernel<Set, TanhActivation>.forward
        reluForward = SimpleKernel<Set, ReLUActivation>.forward
    }
}
