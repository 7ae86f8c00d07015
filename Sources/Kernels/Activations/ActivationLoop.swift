import CIntrinsics

/// What a formula gives: σ, σ' or σ''.
public enum Derivative: Sendable {
    case none, first, second
}

/// The activations whose loop is ``ActivationLoop``.
public enum SharedActivation: Sendable {
    case softsign, hardSigmoid, hardSwish, mish, clippedReLU, exponential
}

/// A σ that has no loop of its own.
public protocol SharingActivation: ElementwiseActivation {
    static var shared: SharedActivation { get }
    /// σ, σ' or σ''. An activation may have its own, to compute once what they share.
    static func result<Set: InstructionSet>(
        _ derivative: Derivative, _ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>
    ) -> Lanes<Set>
}

extension SharingActivation {
    @inlinable @inline(__always)
    public static func result<Set: InstructionSet>(
        _ derivative: Derivative, _ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>
    ) -> Lanes<Set> {
        derivative == .none ? value(z, alpha: alpha) : self.derivative(z, h, alpha: alpha)
    }
}

extension SharingActivation where Self: CurvedActivation {
    @inlinable @inline(__always)
    public static func result<Set: InstructionSet>(
        _ derivative: Derivative, _ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>
    ) -> Lanes<Set> {
        switch derivative {
        case .none: value(z, alpha: alpha)
        case .first: self.derivative(z, h, alpha: alpha)
        case .second: secondDerivative(z, h, alpha: alpha)
        }
    }
}

/// The loop that activations share. It takes less code than loops of their own, and a few nanoseconds more for each block.
@usableFromInline
enum ActivationLoop<Set: InstructionSet> {
    @usableFromInline typealias Scalar = Set.Scalar
    @usableFromInline typealias In = UnsafePointer<Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Scalar>

    /// `s = σ(z)`, `s = δ ⊙ σ'(z)`, or `s += δ ⊙ R{z} ⊙ σ''(z)`, block by block in the nearest cache.
    @inlinable @inline(never)
    static func run(
        _ z: In, _ h: In, _ delta: In, _ s: Out, rows: Int, columns: Int, _ zTangent: In,
        _ activation: SharedActivation, _ derivative: Derivative, alpha: Scalar
    ) {
        let count = rows * columns
        // Two blocks of float32 are as much as is on the stack for sure.
        let size = 128
        withUnsafeTemporaryAllocation(of: Scalar.self, capacity: 2 * size) { memory in
            let (results, values) = (memory.baseAddress!, memory.baseAddress! + size)
            var start = 0
            while start < count {
                let block = min(size, count - start)
                // A loop over the elements would copy them one by one.
                let bytes = block * MemoryLayout<Scalar>.stride
                UnsafeMutableRawPointer(results).copyMemory(from: z + start, byteCount: bytes)
                UnsafeMutableRawPointer(values).copyMemory(from: h + start, byteCount: bytes)
                apply(activation, derivative, results, values, count: block, alpha: alpha)
                // Of a length that it knows the compiler would write the loop out.
                let end = vector_opaque(results + block)!.assumingMemoryBound(to: Scalar.self)
                for (i, left) in Lanes<Set>.vectors(of: end - UnsafePointer(results)) {
                    let place = start + i
                    var result = Lanes<Set>(loading: results + i, Lanes<Set>.count)
                    if derivative != .none { result = Lanes(loading: delta + place, left) * result }
                    if derivative == .second {
                        result = Lanes(loading: s + place, left)
                            .adding(Lanes(loading: zTangent + place, left), times: result)
                    }
                    result.store(s + place, left)
                }
                start += size
            }
        }
    }

    @inlinable @inline(__always)
    static func apply(
        _ activation: SharedActivation, _ derivative: Derivative, _ z: Out, _ h: In, count: Int, alpha: Scalar
    ) {
        switch activation {
        case .softsign: SharingKernels<Set, SoftsignActivation>.apply(derivative, z, h, count: count, alpha: alpha)
        case .hardSigmoid:
            SharingKernels<Set, HardSigmoidActivation>.apply(derivative, z, h, count: count, alpha: alpha)
        case .hardSwish: SharingKernels<Set, HardSwishActivation>.apply(derivative, z, h, count: count, alpha: alpha)
        case .mish: SharingKernels<Set, MishActivation>.apply(derivative, z, h, count: count, alpha: alpha)
        case .clippedReLU:
            SharingKernels<Set, ClippedReLUActivation>.apply(derivative, z, h, count: count, alpha: alpha)
        case .exponential:
            SharingKernels<Set, ExponentialActivation>.apply(derivative, z, h, count: count, alpha: alpha)
        }
    }
}

@usableFromInline
enum SharingKernels<Set: InstructionSet, Activation: SharingActivation> {
    @usableFromInline typealias Scalar = Set.Scalar

    /// Puts σ, σ' or σ'' in the place of z, in whole vectors: the last may end behind `count`.
    @inlinable @inline(never)
    static func apply(
        _ derivative: Derivative, _ z: UnsafeMutablePointer<Scalar>, _ h: UnsafePointer<Scalar>, count: Int,
        alpha: Scalar
    ) {
        let (alpha, whole) = (Lanes<Set>(alpha), Lanes<Set>.count)
        for (i, _) in Lanes<Set>.vectors(of: count) {
            Activation.result(derivative, Lanes(loading: z + i, whole), Lanes(loading: h + i, whole), alpha: alpha)
                .store(z + i, whole)
        }
    }

    @inlinable @inline(__always)
    static func forward(
        _ z: UnsafePointer<Scalar>, _ h: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        ActivationLoop<Set>.run(z, z, z, h, rows: rows, columns: columns, z, Activation.shared, .none, alpha: alpha)
    }

    @inlinable @inline(__always)
    static func backward(
        _ z: UnsafePointer<Scalar>, _ h: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>,
        _ s: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int, alpha: Scalar
    ) {
        ActivationLoop<Set>.run(
            z, h, delta, s, rows: rows, columns: columns, z, Activation.shared, .first, alpha: alpha)
    }

    @inlinable @inline(__always)
    static var kernel: ActivationKernel<Scalar> {
        ActivationKernel(forward: forward, backward: backward, addCurvature: nil)
    }
}

extension SharingKernels where Activation: CurvedActivation {
    @inlinable @inline(__always)
    static var kernel: ActivationKernel<Scalar> {
        ActivationKernel(
            forward: forward, backward: backward,
            addCurvature: { z, h, zTangent, _, delta, s, rows, columns, alpha in
                ActivationLoop<Set>.run(
                    z, h, delta, s, rows: rows, columns: columns, zTangent, Activation.shared, .second, alpha: alpha)
            })
    }
}
