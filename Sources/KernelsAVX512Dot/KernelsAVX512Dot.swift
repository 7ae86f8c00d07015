// Compiled with -march=x86-64-v4 -mavx512bf16 -mavx512vnni. Nothing else may live in this module: its code must never run, or
// be merged by the linker with code that runs, on a processor without these instructions.
import CIntrinsics
import Kernels

/// What register tiles need of AVX-512 besides the multiplication.
enum AVX512Words: TileArithmetic {
    typealias Scalar = Float
    typealias Vector = SIMD16<Float>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { c.addingProduct(a, b) }
    @inline(__always) static func broadcast(_ a: Float) -> Vector { Vector(repeating: a) }
    @inline(__always) static func rectified(_ a: Vector) -> Vector { a.replacing(with: 0, where: a .< 0) }
    @inline(__always) static func load(_ pointer: UnsafePointer<Float>, _ count: Int) -> Vector {
        vector16_load(pointer, Int64(count))
    }
    @inline(__always) static func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
        vector16_store(vector, pointer, Int64(count))
    }
    @inline(__always) static var tileRows: Int { 14 }
}

enum AVX512BFloat16: BFloat16Arithmetic {
    typealias Base = AVX512Words
    typealias Scalar = Float
    typealias Vector = SIMD16<Float>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
        vector16_dot_bfloat16(a, b, c)
    }
    @inline(__always)
    static func round(_ x: UnsafePointer<Float>, _ halves: UnsafeMutablePointer<UInt16>, count: Int) {
        for i in stride(from: 0, to: count, by: 16) {
            vector16_round_bfloat16(x + i, halves + i, Int64(min(count - i, 16)))
        }
    }
}

enum AVX512Int8: PanelArithmetic {
    typealias Base = AVX512Words
    typealias Scalar = Float
    typealias Vector = SIMD16<Float>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
        vector16_dot_int8(a, b, c)
    }
}

@export(interface)
public func avx512BFloat16Prediction() -> PredictionKernels { PredictionKernels(BFloat16Product<AVX512BFloat16>.self) }
@export(interface)
public func avx512Int8Prediction() -> PredictionKernels { PredictionKernels(Int8Product<AVX512Int8>.self) }
