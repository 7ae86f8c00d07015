// Compiled with -march=x86-64-v3. Nothing else may live in this module: its code must never run, or be merged by the
// linker with code that runs, on a processor without these instructions.
import CIntrinsics
import Kernels

enum AVX2: InstructionSet {
    typealias Scalar = Float
    typealias Vector = SIMD8<Float>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { c.addingProduct(a, b) }
    @inline(__always) static func multiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }
    @inline(__always) static func add(_ a: Vector, _ b: Vector) -> Vector { a + b }
    @inline(__always) static func broadcast(_ a: Float) -> Vector { Vector(repeating: a) }
    @inline(__always) static func rectified(_ a: Vector) -> Vector { a.replacing(with: 0, where: a .< 0) }
    @inline(__always) static func load(_ pointer: UnsafePointer<Float>, count: Int) -> Vector {
        intrinsics_load_first_8(pointer, Int64(count))
    }
    @inline(__always) static func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, count: Int) {
        intrinsics_store_first_8(pointer, vector, Int64(count))
    }
    @inline(__always) static func transpositionRound(_ round: Int, _ a: Vector, _ b: Vector) -> (Vector, Vector) {
        round < 2
            ? (intrinsics_unpack_low_8(a, b), intrinsics_unpack_high_8(a, b))
            : (intrinsics_first_group_8(a, b), intrinsics_second_group_8(a, b))
    }
    @inline(__always) static func transpositionOrder(_ place: Int) -> Int { (place & 1) << 2 | place >> 1 }
    @inline(__always) static var tileRows: Int { 6 }
}

/// The kernels for processors with x86-64-v3. Never emitted into a client, which is compiled for the baseline.
@export(interface)
public func avx2Kernels() -> KernelTable<Float> { KernelTable(AVX2.self) }

/// The same for prediction.
@export(interface)
public func avx2Prediction() -> PredictionKernels { PredictionKernels(Float32Product<AVX2>.self) }

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
        intrinsics_dot_int8_8(a, b, c)
    }
}

@export(interface)
public func avx2BFloat16Prediction() -> PredictionKernels { PredictionKernels(BFloat16Product<AVX2BFloat16>.self) }
@export(interface)
public func avx2Int8Prediction() -> PredictionKernels { PredictionKernels(Int8Product<AVX2Int8>.self) }
