/// A σ that works on each element alone, by its formula and its derivative's.
public protocol ElementwiseActivation: SendableMetatype {
    /// `h = σ(z)`.
    static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set>
    /// `σ'(z)`, of `z` and the `h = σ(z)` already known.
    static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set>
}

/// A σ of a whole row, such as softmax, by its value and its vector-Jacobian product.
public protocol RowActivation: SendableMetatype {
    /// Writes `h = σ(z)` for one row; `h` and `z` may be the same memory.
    static func value<Set: InstructionSet>(
        _ z: UnsafePointer<Set.Scalar>, _ h: UnsafeMutablePointer<Set.Scalar>, columns: Int, _: Set.Type)
    /// Writes `s = Jᵀ δ` for one row, J being the Jacobian ∂h/∂z; `s` and `delta` may be the same memory.
    static func backward<Set: InstructionSet>(
        _ h: UnsafePointer<Set.Scalar>, _ delta: UnsafePointer<Set.Scalar>, _ s: UnsafeMutablePointer<Set.Scalar>,
        columns: Int, _: Set.Type)
}

/// The forward and backward kernels of one activation. All arrays are `rows × columns` and contiguous.
public struct ActivationKernel<Scalar: KernelScalar>: Sendable {
    /// `h = σ(z)`; `h` and `z` may be the same memory.
    public let forward:
        @Sendable (
            _ z: UnsafePointer<Scalar>, _ h: UnsafeMutablePointer<Scalar>, _ rows: Int, _ columns: Int, _ alpha: Scalar
        ) -> Void
    /// `s = δ ⊙ σ'(z)`, or `Jᵀ δ` where σ is not elementwise; `s` and `delta` may be the same memory, and
    /// so may `z` and `h` where σ' can be had from h alone.
    public let backward:
        @Sendable (
            _ z: UnsafePointer<Scalar>, _ h: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>,
            _ s: UnsafeMutablePointer<Scalar>, _ rows: Int, _ columns: Int, _ alpha: Scalar
        ) -> Void

    @inlinable @inline(__always)
    init(
        forward: @escaping @Sendable (UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Int, Int, Scalar) -> Void,
        backward:
            @escaping @Sendable (
                UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Int,
                Int,
                Scalar
            ) -> Void
    ) {
        self.forward = forward
        self.backward = backward
    }
}

@usableFromInline
enum ElementwiseKernels<Set: InstructionSet, Activation: ElementwiseActivation> {
    @usableFromInline typealias Scalar = Set.Scalar

    @inlinable @inline(never)
    static func forward(
        _ z: UnsafePointer<Scalar>, _ h: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        let alpha = Lanes<Set>(alpha)
        for (i, left) in Lanes<Set>.vectors(of: rows * columns) {
            Activation.value(Lanes(loading: z + i, left), alpha: alpha).store(h + i, left)
        }
    }

    @inlinable @inline(never)
    static func backward(
        _ z: UnsafePointer<Scalar>, _ h: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>,
        _ s: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        let alpha = Lanes<Set>(alpha)
        for (i, left) in Lanes<Set>.vectors(of: rows * columns) {
            let slope = Activation.derivative(
                Lanes<Set>(loading: z + i, left), Lanes(loading: h + i, left), alpha: alpha)
            (Lanes(loading: delta + i, left) * slope).store(s + i, left)
        }
    }

    @inlinable @inline(__always)
    static var kernel: ActivationKernel<Scalar> { ActivationKernel(forward: forward, backward: backward) }
}

@usableFromInline
enum RowwiseKernels<Set: InstructionSet, Activation: RowActivation> {
    @usableFromInline typealias Scalar = Set.Scalar

    @inlinable @inline(never)
    static func forward(
        _ z: UnsafePointer<Scalar>, _ h: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        for row in 0..<rows { Activation.value(z + row * columns, h + row * columns, columns: columns, Set.self) }
    }

    @inlinable @inline(never)
    static func backward(
        _ z: UnsafePointer<Scalar>, _ h: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>,
        _ s: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        for row in 0..<rows {
            let start = row * columns
            Activation.backward(h + start, delta + start, s + start, columns: columns, Set.self)
        }
    }

    @inlinable @inline(__always)
    static var kernel: ActivationKernel<Scalar> { ActivationKernel(forward: forward, backward: backward) }
}
