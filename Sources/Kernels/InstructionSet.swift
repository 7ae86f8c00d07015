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

/// What a register tile computes with: vectors, and an operation that adds a product to a sum.
///
/// Every requirement is written for an instruction set on concrete SIMD types, because only then does each become one
/// instruction.
public protocol TileArithmetic: SendableMetatype {
    associatedtype Scalar: KernelScalar
    associatedtype Vector: SIMD where Vector.Scalar == Scalar

    /// `a * b + c`, or what takes its place: ``PanelArithmetic``.
    static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector
    static func broadcast(_ a: Scalar) -> Vector
    /// max(0, a), NaN where a is NaN.
    static func rectified(_ a: Vector) -> Vector
    /// The first `count` elements, the other lanes 0. Reads nothing beyond them.
    static func load(_ pointer: UnsafePointer<Scalar>, count: Int) -> Vector
    /// Writes the first `count` lanes alone.
    static func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Scalar>, count: Int)
    /// The rows of a register tile of two vectors: as many as leave registers for the operands. A constant, at most 14.
    static var tileRows: Int { get }
}

extension TileArithmetic {
    @inlinable @inline(__always)
    static func load(_ pointer: UnsafePointer<Scalar>) -> Vector {
        UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
    }

    @inlinable @inline(__always)
    static func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Scalar>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: vector, as: Vector.self)
    }
}

/// What the generic kernels need to know of an instruction set.
///
/// A module compiled for one instruction set defines one conforming type and instantiates ``KernelTable`` with it.
///
/// `multiplyAdd` rounds once or twice, but in the same way for vectors and scalars: the edges of a matrix then get the
/// same bits as its interior, and a row's result does not depend on which rows it was computed with.
public protocol InstructionSet: TileArithmetic {
    static func multiplyAdd(_ a: Scalar, _ b: Scalar, _ c: Scalar) -> Scalar
    static func add(_ a: Vector, _ b: Vector) -> Vector

    /// One round of the transposition of a square matrix (``Packing``): from two vectors, one with the first and one with the
    /// second element of each pair of elements, or of groups of elements.
    static func transpositionRound(_ round: Int, _ a: Vector, _ b: Vector) -> (Vector, Vector)
    /// Which row of the matrix stands at a place before the first round, and which column after the last.
    static func transpositionOrder(_ place: Int) -> Int
}

extension InstructionSet {
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
    @inline(__always) static func rectified(_ a: Vector) -> Vector { a.replacing(with: 0, where: a .< 0) }
    @inline(__always) static func load(_ pointer: UnsafePointer<Float>, count: Int) -> Vector {
        if count == 4 { return load(pointer) }
        return Vector(pointer[0], count > 1 ? pointer[1] : 0, count > 2 ? pointer[2] : 0, 0)
    }
    @inline(__always) static func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, count: Int) {
        if count == 4 { return store(vector, pointer) }
        pointer[0] = vector[0]
        if count > 1 { pointer[1] = vector[1] }
        if count > 2 { pointer[2] = vector[2] }
    }
    @inline(__always) static func transpositionRound(_ round: Int, _ a: Vector, _ b: Vector) -> (Vector, Vector) {
        (Vector(a[0], b[0], a[1], b[1]), Vector(a[2], b[2], a[3], b[3]))
    }
    @inline(__always) static func transpositionOrder(_ place: Int) -> Int { place }
    @inline(__always) static var tileRows: Int { 6 }
}

/// The kernels for a processor of which nothing is known.
@export(interface)
public func baselineKernels() -> KernelTable<Float> { KernelTable(Baseline.self) }
