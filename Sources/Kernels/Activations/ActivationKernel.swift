/// A σ that works on each element alone, by its formula and its derivative's.
public protocol ElementwiseActivation: SendableMetatype {
    /// `h = σ(z)`.
    static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set>
    /// `σ'(z)`, of `z` and the `h = σ(z)` already known.
    static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set>
}

/// A σ that is not straight almost everywhere, as ReLU is: it has a second derivative other than 0.
public protocol CurvedActivation: ElementwiseActivation {
    /// `σ''(z)`, of `z` and the `h = σ(z)` already known; where σ' can be had from h alone, so can σ''.
    static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set>
}

/// A σ of a whole row, such as softmax, by its value, its vector-Jacobian product, and how that changes. Its Jacobian is
/// symmetric unless it conforms to ``AsymmetricRowActivation``.
public protocol RowActivation: SendableMetatype {
    /// Writes `h = σ(z)` for one row; `h` and `z` may be the same memory.
    static func value<Set: InstructionSet>(
        _ z: UnsafePointer<Set.Scalar>, _ h: UnsafeMutablePointer<Set.Scalar>, columns: Int, _: Set.Type)
    /// Writes `s = Jᵀ δ` for one row, J being the Jacobian ∂h/∂z; `s` and `delta` may be the same memory.
    static func backward<Set: InstructionSet>(
        _ h: UnsafePointer<Set.Scalar>, _ delta: UnsafePointer<Set.Scalar>, _ s: UnsafeMutablePointer<Set.Scalar>,
        columns: Int, _: Set.Type)
    /// Adds `R{Jᵀ} δ` to `s` for one row: how `Jᵀ δ` changes with h, for an h that changes by R{h}.
    static func addCurvature<Set: InstructionSet>(
        _ h: UnsafePointer<Set.Scalar>, _ hTangent: UnsafePointer<Set.Scalar>, _ delta: UnsafePointer<Set.Scalar>,
        _ s: UnsafeMutablePointer<Set.Scalar>, columns: Int, _: Set.Type)
}

/// A σ of a whole row whose Jacobian is not symmetric.
public protocol AsymmetricRowActivation: RowActivation {
    /// Writes `R{h} = J R{z}` for one row.
    static func tangent<Set: InstructionSet>(
        _ h: UnsafePointer<Set.Scalar>, _ zTangent: UnsafePointer<Set.Scalar>,
        _ hTangent: UnsafeMutablePointer<Set.Scalar>, columns: Int, _: Set.Type)
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
    public let backward: Product
    /// `R{h} = σ'(z) ⊙ R{z}`, or `J R{z}`: of R{z} in the place of δ. Nil where it is `backward` itself, J being
    /// symmetric.
    public let tangent: Product?
    /// Adds `δ ⊙ σ''(z) ⊙ R{z}`, or `R{Jᵀ} δ`, to `s`: with `backward` of R{δ} before it, s is the tangent of
    /// `δ ⊙ σ'(z)`. Nil where that is 0.
    public let addCurvature:
        (
            @Sendable (
                _ z: UnsafePointer<Scalar>, _ h: UnsafePointer<Scalar>, _ zTangent: UnsafePointer<Scalar>,
                _ hTangent: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>, _ s: UnsafeMutablePointer<Scalar>,
                _ rows: Int, _ columns: Int, _ alpha: Scalar
            ) -> Void
        )?

    public typealias Product =
        @Sendable (
            _ z: UnsafePointer<Scalar>, _ h: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>,
            _ s: UnsafeMutablePointer<Scalar>, _ rows: Int, _ columns: Int, _ alpha: Scalar
        ) -> Void

    @inlinable @inline(__always)
    init(
        forward: @escaping @Sendable (UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Int, Int, Scalar) -> Void,
        backward: @escaping Product, tangent: Product? = nil,
        addCurvature:
            (
                @Sendable (
                    UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>,
                    UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, Int, Int, Scalar
                ) -> Void
            )?
    ) {
        self.forward = forward
        self.backward = backward
        self.tangent = tangent
        self.addCurvature = addCurvature
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
    static var kernel: ActivationKernel<Scalar> {
        ActivationKernel(forward: forward, backward: backward, addCurvature: nil)
    }
}

extension ElementwiseKernels where Activation: CurvedActivation {
    @inlinable @inline(never)
    static func addCurvature(
        _ z: UnsafePointer<Scalar>, _ h: UnsafePointer<Scalar>, _ zTangent: UnsafePointer<Scalar>,
        _ delta: UnsafePointer<Scalar>, _ s: UnsafeMutablePointer<Scalar>, count: Int, alpha: Scalar
    ) {
        let alpha = Lanes<Set>(alpha)
        for (i, left) in Lanes<Set>.vectors(of: count) {
            let curvature = Activation.secondDerivative(
                Lanes<Set>(loading: z + i, left), Lanes(loading: h + i, left), alpha: alpha)
            Lanes(loading: s + i, left)
                .adding(Lanes(loading: delta + i, left) * Lanes(loading: zTangent + i, left), times: curvature)
                .store(s + i, left)
        }
    }

    @inlinable @inline(__always)
    static var kernel: ActivationKernel<Scalar> {
        ActivationKernel(
            forward: forward, backward: backward,
            addCurvature: { z, h, zTangent, _, delta, s, rows, columns, alpha in
                addCurvature(z, h, zTangent, delta, s, count: rows * columns, alpha: alpha)
            })
    }
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

    @inlinable @inline(never)
    static func addCurvature(
        _ h: UnsafePointer<Scalar>, _ hTangent: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>,
        _ s: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int
    ) {
        for row in 0..<rows {
            let start = row * columns
            Activation.addCurvature(
                h + start, hTangent + start, delta + start, s + start, columns: columns, Set.self)
        }
    }

    @inlinable @inline(__always)
    static var kernel: ActivationKernel<Scalar> {
        ActivationKernel(
            forward: forward, backward: backward,
            addCurvature: { _, h, _, hTangent, delta, s, rows, columns, _ in
                addCurvature(h, hTangent, delta, s, rows: rows, columns: columns)
            })
    }
}

extension RowwiseKernels where Activation: AsymmetricRowActivation {
    @inlinable @inline(never)
    static func tangent(
        _ z: UnsafePointer<Scalar>, _ h: UnsafePointer<Scalar>, _ zTangent: UnsafePointer<Scalar>,
        _ hTangent: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        for row in 0..<rows {
            let start = row * columns
            Activation.tangent(h + start, zTangent + start, hTangent + start, columns: columns, Set.self)
        }
    }

    @inlinable @inline(__always)
    static var kernel: ActivationKernel<Scalar> {
        ActivationKernel(
            forward: forward, backward: backward, tangent: tangent,
            addCurvature: { _, h, _, hTangent, delta, s, rows, columns, _ in
                addCurvature(h, hTangent, delta, s, rows: rows, columns: columns)
            })
    }
}
