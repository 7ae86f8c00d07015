// Compiled with -march=x86-64-v4. Nothing else may live in this module: its code must never run, or be merged by the
// linker with code that runs, on a processor without these instructions.
import CIntrinsics
import Kernels

/// Half a vector: processors with units of 256 bits compute two in the time of a whole one.
enum AVX512Half: TileArithmetic {
    typealias Scalar = Float
    typealias Vector = SIMD8<Float>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
        vector8_fused(a, b, c)
    }
    @inline(__always) static func broadcast(_ a: Float) -> Vector { Vector(repeating: a) }
    @inline(__always) static func rectified(_ a: Vector) -> Vector { a.replacing(with: 0, where: a .< 0) }
    @inline(__always) static func load(_ x: UnsafePointer<Float>, _ count: Int) -> Vector {
        vector8_load(x, Int64(count))
    }
    @inline(__always) static func store(_ a: Vector, _ x: UnsafeMutablePointer<Float>, _ count: Int) {
        vector8_store(a, x, Int64(count))
    }
    @inline(__always) static var tileRows: Int { 14 }
}

enum AVX512: InstructionSet {
    typealias Narrow = AVX512Half
    typealias Scalar = Float
    typealias Vector = SIMD16<Float>
    typealias Mask = SIMD16<Int32>
    typealias Sums = SIMD16<Double>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
        vector16_fused(a, b, c)
    }
    @inline(__always) static func add(_ a: Vector, _ b: Vector) -> Vector { vector16_add(a, b) }
    @inline(__always) static func broadcast(_ a: Float) -> Vector { Vector(repeating: a) }
    @inline(__always) static func transpositionRound(_ round: Int, _ a: Vector, _ b: Vector) -> (Vector, Vector) {
        round < 2
            ? (vector16_unpack_low(a, b), vector16_unpack_high(a, b))
            : (vector16_even_groups(a, b), vector16_odd_groups(a, b))
    }
    @inline(__always) static func transpositionOrder(_ place: Int) -> Int {
        (place & 1) << 3 | (place & 2) << 1 | place >> 2
    }
    @inline(__always) static func transpositionPlace(of index: Int) -> Int {
        (index & 3) << 2 | (index & 4) >> 1 | index >> 3
    }
    @inline(__always) static var tileRows: Int { 14 }

    @inline(__always) static func subtract(_ a: Vector, _ b: Vector) -> Vector { vector16_subtract(a, b) }
    @inline(__always) static func multiply(_ a: Vector, _ b: Vector) -> Vector { vector16_multiply(a, b) }
    @inline(__always) static func divide(_ a: Vector, _ b: Vector) -> Vector { vector16_divide(a, b) }
    @inline(__always) static func squareRoot(_ a: Vector) -> Vector { vector16_square_root(a) }
    @inline(__always) static func magnitude(_ a: Vector) -> Vector { vector16_magnitude(a) }
    @inline(__always) static func copySign(_ a: Vector, _ sign: Vector) -> Vector { vector16_copy_sign(a, sign) }
    @inline(__always) static func scale(_ a: Vector, _ n: Vector) -> Vector { vector16_scale(a, n) }
    @inline(__always) static func powerOfTwo(_ n: Vector) -> Vector { vector16_power_of_two(n) }
    @inline(__always) static func exponent(_ a: Vector) -> Vector { vector16_exponent(a) }
    @inline(__always) static func significand(_ a: Vector) -> Vector { vector16_significand(a) }
    @inline(__always) static func less(_ a: Vector, _ b: Vector) -> Mask { vector16_less(a, b) }
    @inline(__always) static func lessOrEqual(_ a: Vector, _ b: Vector) -> Mask { vector16_less_or_equal(a, b) }
    @inline(__always) static func lanes(before lane: Int) -> Mask { vector16_before(Int32(truncatingIfNeeded: lane)) }
    @inline(__always) static func lane(at lane: Int) -> Mask { vector16_at(Int32(truncatingIfNeeded: lane)) }
    @inline(__always) static func select(_ mask: Mask, _ a: Vector, _ b: Vector) -> Vector {
        vector16_select(mask, a, b)
    }
    @inline(__always) static func largerMagnitude(_ a: Vector, _ b: Vector) -> Vector {
        vector16_larger_magnitude(a, b)
    }
    @inline(__always) static func load(_ x: UnsafePointer<Float>, _ count: Int) -> Vector {
        vector16_load(x, Int64(count))
    }
    @inline(__always) static func store(_ a: Vector, _ x: UnsafeMutablePointer<Float>, _ count: Int) {
        vector16_store(a, x, Int64(count))
    }
    @inline(__always) static func accumulate(_ sums: Sums, _ a: Vector) -> Sums { vector16_accumulate(sums, a) }
    @inline(__always) static func total(_ sums: Sums) -> Double { vector16_total(sums) }
    @inline(__always) static func addInTurn(
        _ total: Double, _ a: Vector, weights: UnsafePointer<Float>?, _ count: Int
    ) -> Double {
        vector16_add_in_turn(total, a, weights, Int64(count))
    }
    @inline(__always) static func pairwiseSum(_ a: Vector) -> Float { vector16_sum(a) }
    @inline(__always) static func largest(_ a: Vector) -> Float { vector16_largest(a) }
    @inline(__always) static func largestMagnitude(_ a: Vector) -> Float { vector16_largest_magnitude(a) }
}

/// The kernels for processors with x86-64-v4. Never emitted into a client, which is compiled for the baseline.
@export(interface)
public func avx512Kernels() -> KernelTable<Float> { KernelTable(AVX512.self) }

@export(interface)
public func avx512ElementaryKernels() -> ElementaryKernels<Float> { ElementaryKernels(AVX512.self) }

/// The same for prediction.
@export(interface)
public func avx512Prediction() -> PredictionKernels { PredictionKernels(AVX512.self) }
