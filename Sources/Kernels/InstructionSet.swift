import CIntrinsics

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
    /// The first `count` lanes, at most all; the others are 0, and their memory is not touched.
    static func load(_ x: UnsafePointer<Scalar>, _ count: Int) -> Vector
    static func store(_ a: Vector, _ x: UnsafeMutablePointer<Scalar>, _ count: Int)
    /// The rows of a register tile of two vectors: as many as leave registers for the operands. A
    /// constant: for an instruction set 6 or 14.
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
/// A module compiled for one instruction set defines one conforming type and instantiates ``KernelTable`` with it. The
/// formulas of activations and costs use the operations through the operators of ``Lanes``.
///
/// `multiplyAdd` rounds once or twice, but in every lane alike, and edges are computed in the lanes of vectors, too: a row's
/// result does not depend on which rows it was computed with.
public protocol InstructionSet: TileArithmetic {
    /// What multiplies columns that fill half a vector at most: narrower vectors, where a processor can compute two of them
    /// in the time of one.
    associatedtype Narrow: TileArithmetic = Self where Narrow.Scalar == Scalar
    /// The outcome of a comparison for each lane.
    associatedtype Mask
    /// As many double-precision sums as a vector has lanes.
    associatedtype Sums: SIMD where Sums.Scalar == Double

    static func add(_ a: Vector, _ b: Vector) -> Vector

    /// One round of the transposition of a square matrix (``Packing``): from two vectors, one with the first and one with the
    /// second element of each pair of elements, or of groups of elements.
    static func transpositionRound(_ round: Int, _ a: Vector, _ b: Vector) -> (Vector, Vector)
    /// Which row of the matrix stands at a place before the first round, and which column after the last.
    static func transpositionOrder(_ place: Int) -> Int
    /// The place with that row or column: its inverse.
    static func transpositionPlace(of index: Int) -> Int

    static func subtract(_ a: Vector, _ b: Vector) -> Vector
    static func multiply(_ a: Vector, _ b: Vector) -> Vector
    static func divide(_ a: Vector, _ b: Vector) -> Vector
    static func squareRoot(_ a: Vector) -> Vector
    static func magnitude(_ a: Vector) -> Vector
    /// The magnitude of `a` with the sign of `sign`.
    static func copySign(_ a: Vector, _ sign: Vector) -> Vector
    /// `a · 2ⁿ`, rounded once also where it is subnormal; n is a whole number from −252 to 254.
    static func scale(_ a: Vector, _ n: Vector) -> Vector
    /// `2ⁿ`; n is a whole number from −126 to 127.
    static func powerOfTwo(_ n: Vector) -> Vector
    /// The k for which ⅔ ≤ a / 2ᵏ < 4⁄3; a is positive, finite and not subnormal. Unspecified otherwise.
    static func exponent(_ a: Vector) -> Vector
    /// `a / 2ᵏ` with that k.
    static func significand(_ a: Vector) -> Vector

    /// Comparisons with NaN are false.
    static func less(_ a: Vector, _ b: Vector) -> Mask
    static func lessOrEqual(_ a: Vector, _ b: Vector) -> Mask
    static func lanes(before lane: Int) -> Mask
    static func lane(at lane: Int) -> Mask
    /// `mask ? a : b` in each lane.
    static func select(_ mask: Mask, _ a: Vector, _ b: Vector) -> Vector
    /// The larger of two numbers without a sign, NaN being larger than infinity.
    static func largerMagnitude(_ a: Vector, _ b: Vector) -> Vector

    /// Adds each lane to its sum.
    static func accumulate(_ sums: Sums, _ a: Vector) -> Sums
    /// Adds the first `count` lanes to `total` one after the other, each times its weight if there are any.
    static func addInTurn(_ total: Double, _ a: Vector, weights: UnsafePointer<Scalar>?, _ count: Int) -> Double
    // Over the lanes, the upper half onto the lower until one is left.
    static func total(_ sums: Sums) -> Double
    static func pairwiseSum(_ a: Vector) -> Scalar
    /// The largest lane; unspecified which if one is NaN.
    static func largest(_ a: Vector) -> Scalar
    /// The largest lane, none of which has a sign, NaN being larger than infinity.
    static func largestMagnitude(_ a: Vector) -> Scalar
}

extension InstructionSet {
    @inlinable @inline(__always)
    public static func rectified(_ a: Vector) -> Vector {
        let zero = broadcast(0)
        return select(less(a, zero), zero, a)
    }
}

/// What every processor of the architecture has: 128-bit vectors, on arm64 (NEON) with fused multiply-add and 32 registers
/// for them, on x86-64 with neither.
enum Baseline: InstructionSet {
    typealias Scalar = Float
    typealias Vector = SIMD4<Float>
    typealias Mask = SIMD4<Int32>
    typealias Sums = SIMD4<Double>

    #if arch(arm64)
        @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
            vector4_fused(a, b, c)
        }
        @inline(__always) static var tileRows: Int { 14 }
    #else
        @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
            add(multiply(a, b), c)
        }
        @inline(__always) static var tileRows: Int { 6 }
    #endif
    @inline(__always) static func add(_ a: Vector, _ b: Vector) -> Vector { vector4_add(a, b) }
    @inline(__always) static func broadcast(_ a: Float) -> Vector { Vector(repeating: a) }
    @inline(__always) static func transpositionRound(_ round: Int, _ a: Vector, _ b: Vector) -> (Vector, Vector) {
        (Vector(a[0], b[0], a[1], b[1]), Vector(a[2], b[2], a[3], b[3]))
    }
    @inline(__always) static func transpositionOrder(_ place: Int) -> Int { place }
    @inline(__always) static func transpositionPlace(of index: Int) -> Int { index }

    @inline(__always) static func subtract(_ a: Vector, _ b: Vector) -> Vector { vector4_subtract(a, b) }
    @inline(__always) static func multiply(_ a: Vector, _ b: Vector) -> Vector { vector4_multiply(a, b) }
    @inline(__always) static func divide(_ a: Vector, _ b: Vector) -> Vector { vector4_divide(a, b) }
    @inline(__always) static func squareRoot(_ a: Vector) -> Vector { vector4_square_root(a) }
    @inline(__always) static func magnitude(_ a: Vector) -> Vector { vector4_magnitude(a) }
    @inline(__always) static func copySign(_ a: Vector, _ sign: Vector) -> Vector { vector4_copy_sign(a, sign) }
    @inline(__always) static func scale(_ a: Vector, _ n: Vector) -> Vector { vector4_scale(a, n) }
    @inline(__always) static func powerOfTwo(_ n: Vector) -> Vector { vector4_power_of_two(n) }
    @inline(__always) static func exponent(_ a: Vector) -> Vector { vector4_exponent(a) }
    @inline(__always) static func significand(_ a: Vector) -> Vector { vector4_significand(a) }
    @inline(__always) static func less(_ a: Vector, _ b: Vector) -> Mask { vector4_less(a, b) }
    @inline(__always) static func lessOrEqual(_ a: Vector, _ b: Vector) -> Mask { vector4_less_or_equal(a, b) }
    @inline(__always) static func lanes(before lane: Int) -> Mask { vector4_before(Int32(truncatingIfNeeded: lane)) }
    @inline(__always) static func lane(at lane: Int) -> Mask { vector4_at(Int32(truncatingIfNeeded: lane)) }
    @inline(__always) static func select(_ mask: Mask, _ a: Vector, _ b: Vector) -> Vector {
        vector4_select(mask, a, b)
    }
    @inline(__always) static func largerMagnitude(_ a: Vector, _ b: Vector) -> Vector {
        vector4_larger_magnitude(a, b)
    }
    @inline(__always) static func load(_ x: UnsafePointer<Float>, _ count: Int) -> Vector {
        vector4_load(x, Int64(count))
    }
    @inline(__always) static func store(_ a: Vector, _ x: UnsafeMutablePointer<Float>, _ count: Int) {
        vector4_store(a, x, Int64(count))
    }
    @inline(__always) static func accumulate(_ sums: Sums, _ a: Vector) -> Sums { vector4_accumulate(sums, a) }
    @inline(__always) static func total(_ sums: Sums) -> Double { vector4_total(sums) }
    @inline(__always) static func addInTurn(
        _ total: Double, _ a: Vector, weights: UnsafePointer<Float>?, _ count: Int
    ) -> Double {
        vector4_add_in_turn(total, a, weights, Int64(count))
    }
    @inline(__always) static func pairwiseSum(_ a: Vector) -> Float { vector4_sum(a) }
    @inline(__always) static func largest(_ a: Vector) -> Float { vector4_largest(a) }
    @inline(__always) static func largestMagnitude(_ a: Vector) -> Float { vector4_largest_magnitude(a) }
}

/// The kernels for a processor of which nothing is known.
@export(interface)
public func baselineKernels() -> KernelTable<Float> { KernelTable(Baseline.self) }

@export(interface)
public func baselineElementaryKernels() -> ElementaryKernels<Float> { ElementaryKernels(Baseline.self) }
