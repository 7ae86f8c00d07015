import CPlatform

/// A floating-point type that kernels compute with, with the elementary functions of libm.
public protocol KernelScalar: BinaryFloatingPoint, SendableMetatype {
    static func exp(_ x: Self) -> Self
    static func expMinusOne(_ x: Self) -> Self
    static func log(_ x: Self) -> Self
    static func log(onePlus x: Self) -> Self
    static func tanh(_ x: Self) -> Self
    static func erf(_ x: Self) -> Self

    /// The largest magnitude among the elements: infinity if one is infinite, NaN if one is NaN.
    static func largestMagnitude(_ x: UnsafePointer<Self>, count: Int) -> Self
}

extension Float: KernelScalar {
    @inlinable @inline(__always) public static func exp(_ x: Float) -> Float { expf(x) }
    @inlinable @inline(__always) public static func expMinusOne(_ x: Float) -> Float { expm1f(x) }
    @inlinable @inline(__always) public static func log(_ x: Float) -> Float { logf(x) }
    @inlinable @inline(__always) public static func log(onePlus x: Float) -> Float { log1pf(x) }
    @inlinable @inline(__always) public static func tanh(_ x: Float) -> Float { tanhf(x) }
    @inlinable @inline(__always) public static func erf(_ x: Float) -> Float { erff(x) }

    @inlinable @inline(__always)
    public static func largestMagnitude(_ x: UnsafePointer<Float>, count: Int) -> Float {
        // Magnitudes have the order of their bit patterns, with infinity and then NaN above every number; and integers
        // have a vector maximum.
        var largest: UInt32 = 0
        for i in 0..<count { largest = Swift.max(largest, x[i].bitPattern & 0x7fff_ffff) }
        return Float(bitPattern: largest)
    }
}

/// What the generic kernels need to know of an instruction set.
///
/// A module compiled for one instruction set defines one conforming type and instantiates ``KernelTable`` with it.
/// Every requirement is written there on concrete SIMD types, because only then does each become one instruction.
///
/// `multiplyAdd` rounds once or twice, but in the same way for vectors and scalars: the edges of a matrix then get the
/// same bits as its interior, and a row's result does not depend on which rows it was computed with.
public protocol InstructionSet: SendableMetatype {
    associatedtype Scalar: KernelScalar
    associatedtype Vector: SIMD where Vector.Scalar == Scalar

    /// `a * b + c`.
    static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector
    static func multiplyAdd(_ a: Scalar, _ b: Scalar, _ c: Scalar) -> Scalar
    static func add(_ a: Vector, _ b: Vector) -> Vector
    static func broadcast(_ a: Scalar) -> Vector
}

extension InstructionSet {
    @inlinable @inline(__always)
    static func load(_ pointer: UnsafePointer<Scalar>) -> Vector {
        UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
    }

    @inlinable @inline(__always)
    static func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Scalar>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: vector, as: Vector.self)
    }

    /// The sum of the lanes, first to last.
    @inlinable @inline(__always)
    static func sum(_ vector: Vector) -> Scalar {
        var total = vector[0]
        for lane in 1..<Vector.scalarCount { total += vector[lane] }
        return total
    }
}

/// What every processor of the architecture has: 128-bit vectors without fused multiply-add.
enum Baseline: InstructionSet {
    typealias Scalar = Float
    typealias Vector = SIMD4<Float>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { a * b + c }
    @inline(__always) static func multiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float { a * b + c }
    @inline(__always) static func add(_ a: Vector, _ b: Vector) -> Vector { a + b }
    @inline(__always) static func broadcast(_ a: Float) -> Vector { Vector(repeating: a) }
}

/// The kernels for a processor of which nothing is known.
@export(interface)
public func baselineKernels() -> KernelTable<Float> { KernelTable(Baseline.self) }
