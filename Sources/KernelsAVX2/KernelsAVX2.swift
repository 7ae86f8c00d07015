// Compiled with -march=x86-64-v3. Nothing else may live in this module: its code must never run, or be merged by the
// linker with code that runs, on a processor without these instructions.
import CIntrinsics
import Kernels

enum AVX2: InstructionSet {
    typealias Scalar = Float
    typealias Vector = SIMD8<Float>
    typealias Mask = SIMD8<Int32>
    typealias Sums = SIMD8<Double>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
        vector8_fused(a, b, c)
    }
    @inline(__always) static func add(_ a: Vector, _ b: Vector) -> Vector { vector8_add(a, b) }
    @inline(__always) static func broadcast(_ a: Float) -> Vector { Vector(repeating: a) }
    @inline(__always) static func transpositionRound(_ round: Int, _ a: Vector, _ b: Vector) -> (Vector, Vector) {
        round < 2
            ? (vector8_unpack_low(a, b), vector8_unpack_high(a, b))
            : (vector8_first_groups(a, b), vector8_second_groups(a, b))
    }
    @inline(__always) static func transpositionOrder(_ place: Int) -> Int { (place & 1) << 2 | place >> 1 }
    @inline(__always) static func transpositionPlace(of index: Int) -> Int { (index & 3) << 1 | index >> 2 }
    @inline(__always) static var tileRows: Int { 6 }

    @inline(__always) static func subtract(_ a: Vector, _ b: Vector) -> Vector { vector8_subtract(a, b) }
    @inline(__always) static func multiply(_ a: Vector, _ b: Vector) -> Vector { vector8_multiply(a, b) }
    @inline(__always) static func divide(_ a: Vector, _ b: Vector) -> Vector { vector8_divide(a, b) }
    @inline(__always) static func squareRoot(_ a: Vector) -> Vector { vector8_square_root(a) }
    @inline(__always) static func magnitude(_ a: Vector) -> Vector { vector8_magnitude(a) }
    @inline(__always) static func copySign(_ a: Vector, _ sign: Vector) -> Vector { vector8_copy_sign(a, sign) }
    @inline(__always) static func scale(_ a: Vector, _ n: Vector) -> Vector { vector8_scale(a, n) }
    @inline(__always) static func powerOfTwo(_ n: Vector) -> Vector { vector8_power_of_two(n) }
    @inline(__always) static func exponent(_ a: Vector) -> Vector { vector8_exponent(a) }
    @inline(__always) static func significand(_ a: Vector) -> Vector { vector8_significand(a) }
    @inline(__always) static func less(_ a: Vector, _ b: Vector) -> Mask { vector8_less(a, b) }
    @inline(__always) static func lessOrEqual(_ a: Vector, _ b: Vector) -> Mask { vector8_less_or_equal(a, b) }
    @inline(__always) static func lanes(before lane: Int) -> Mask { vector8_before(Int32(truncatingIfNeeded: lane)) }
    @inline(__always) static func lane(at lane: Int) -> Mask { vector8_at(Int32(truncatingIfNeeded: lane)) }
    @inline(__always) static func select(_ mask: Mask, _ a: Vector, _ b: Vector) -> Vector {
        vector8_select(mask, a, b)
    }
    @inline(__always) static func largerMagnitude(_ a: Vector, _ b: Vector) -> Vector {
        vector8_larger_magnitude(a, b)
    }
    @inline(__always) static func load(_ x: UnsafePointer<Float>, _ count: Int) -> Vector {
        vector8_load(x, Int64(count))
    }
    @inline(__always) static func store(_ a: Vector, _ x: UnsafeMutablePointer<Float>, _ count: Int) {
        vector8_store(a, x, Int64(count))
    }
    @inline(__always) static func accumulate(_ sums: Sums, _ a: Vector) -> Sums { vector8_accumulate(sums, a) }
    @inline(__always) static func total(_ sums: Sums) -> Double { vector8_total(sums) }
    @inline(__always) static func addInTurn(
        _ total: Double, _ a: Vector, weights: UnsafePointer<Float>?, _ count: Int
    ) -> Double {
        vector8_add_in_turn(total, a, weights, Int64(count))
    }
    @inline(__always) static func pairwiseSum(_ a: Vector) -> Float { vector8_sum(a) }
    @inline(__always) static func largest(_ a: Vector) -> Float { vector8_largest(a) }
    @inline(__always) static func largestMagnitude(_ a: Vector) -> Float { vector8_largest_magnitude(a) }
}

/// The kernels for processors with x86-64-v3. Never emitted into a client, which is compiled for the baseline.
@export(interface)
public func avx2Kernels() -> KernelTable<Float> { KernelTable(AVX2.self) }

@export(interface)
public func avx2ElementaryKernels() -> ElementaryKernels<Float> { ElementaryKernels(AVX2.self) }

/// The same for prediction.
@export(interface)
public func avx2Prediction() -> PredictionKernels { PredictionKernels(AVX2.self) }

/// Each product by itself, first and second, in float32.
enum AVX2BFloat16: BFloat16Arithmetic {
    typealias Base = AVX2
    typealias Scalar = Float
    typealias Vector = SIMD8<Float>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
        c.addingProduct(first(a), first(b)).addingProduct(second(a), second(b))
    }
    @inline(__always) private static func bits(_ words: Vector) -> SIMD8<UInt32> {
        unsafeBitCast(words, to: SIMD8<UInt32>.self)
    }
    @inline(__always) private static func first(_ words: Vector) -> Vector {
        unsafeBitCast(bits(words) &<< 16, to: Vector.self)
    }
    @inline(__always) private static func second(_ words: Vector) -> Vector {
        unsafeBitCast(bits(words) & 0xffff_0000, to: Vector.self)
    }
}

enum AVX2Int8: PanelArithmetic {
    typealias Base = AVX2
    typealias Scalar = Float
    typealias Vector = SIMD8<Float>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
        vector8_dot_int8(a, b, c)
    }
}

@export(interface)
public func avx2BFloat16Prediction() -> PredictionKernels { PredictionKernels(BFloat16Product<AVX2BFloat16>.self) }
@export(interface)
public func avx2Int8Prediction() -> PredictionKernels { PredictionKernels(Int8Product<AVX2Int8>.self) }
