/// A σ that works on each element alone, by its formula and its derivative's.
public protocol ElementwiseActivation: SendableMetatype {
    /// `h = σ(z)`.
    static func value<Scalar: KernelScalar>(_ z: Scalar, alpha: Scalar) -> Scalar
    /// `σ'(z)`, of `z` and the `h = σ(z)` already known.
    static func derivative<Scalar: KernelScalar>(_ z: Scalar, _ h: Scalar, alpha: Scalar) -> Scalar
}

/// A σ of a whole row, such as softmax, by its value and its vector-Jacobian product.
public protocol RowActivation: SendableMetatype {
    /// Writes `h = σ(z)` for one row; `h` and `z` may be the same memory.
    static func value<Scalar: KernelScalar>(
        _ z: UnsafePointer<Scalar>, _ h: UnsafeMutablePointer<Scalar>, columns: Int)
    /// Writes `s = Jᵀ δ` for one row, J being the Jacobian ∂h/∂z.
    static func backward<Scalar: KernelScalar>(
        _ h: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>, _ s: UnsafeMutablePointer<Scalar>, columns: Int)
}

/// The forward and backward kernels of one activation. All arrays are `rows × columns` and contiguous.
public struct ActivationKernel<Scalar: KernelScalar>: Sendable {
    /// `h = σ(z)`; `h` and `z` may be the same memory.
    public let forward:
        @Sendable (
            _ z: UnsafePointer<Scalar>, _ h: UnsafeMutablePointer<Scalar>, _ rows: Int, _ columns: Int, _ alpha: Scalar
        ) -> Void
    /// `s = δ ⊙ σ'(z)`, or `Jᵀ δ` where σ is not elementwise; `s` does not overlap the others.
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

// The loops below name their instruction set although they use none of its operations: that gives each instruction set
// its own copy of the code, under its own symbol.

@usableFromInline
enum ElementwiseKernels<Set: InstructionSet, Activation: ElementwiseActivation> {
    @usableFromInline typealias Scalar = Set.Scalar

    @inlinable @inline(__always)
    static func forward(
        _ z: UnsafePointer<Scalar>, _ h: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        for i in 0..<rows * columns { h[i] = Activation.value(z[i], alpha: alpha) }
    }

    @inlinable @inline(__always)
    static func backward(
        _ z: UnsafePointer<Scalar>, _ h: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>,
        _ s: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        for i in 0..<rows * columns { s[i] = delta[i] * Activation.derivative(z[i], h[i], alpha: alpha) }
    }

    @inlinable @inline(__always)
    static var kernel: ActivationKernel<Scalar> { ActivationKernel(forward: forward, backward: backward) }
}

@usableFromInline
enum RowwiseKernels<Set: InstructionSet, Activation: RowActivation> {
    @usableFromInline typealias Scalar = Set.Scalar

    @inlinable @inline(__always)
    static func forward(
        _ z: UnsafePointer<Scalar>, _ h: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        for row in 0..<rows { Activation.value(z + row * columns, h + row * columns, columns: columns) }
    }

    @inlinable @inline(__always)
    static func backward(
        _ z: UnsafePointer<Scalar>, _ h: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>,
        _ s: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        for row in 0..<rows {
            let start = row * columns
            Activation.backward(h + start, delta + start, s + start, columns: columns)
        }
    }

    @inlinable @inline(__always)
    static var kernel: ActivationKernel<Scalar> { ActivationKernel(forward: forward, backward: backward) }
}
