// Compiled with -march=x86-64-v4. Nothing else may live in this module: its code must never run, or be merged by the
// linker with code that runs, on a processor without these instructions.
import CIntrinsics
import Kernels

enum AVX512: InstructionSet {
    typealias Scalar = Float
    typealias Vector = SIMD16<Float>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { c.addingProduct(a, b) }
    @inline(__always) static func multiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }
    @inline(__always) static func add(_ a: Vector, _ b: Vector) -> Vector { a + b }
    @inline(__always) static func broadcast(_ a: Float) -> Vector { Vector(repeating: a) }
    @inline(__always) static func rectified(_ a: Vector) -> Vector { a.replacing(with: 0, where: a .< 0) }
    @inline(__always) static func load(_ pointer: UnsafePointer<Float>, count: Int) -> Vector {
        intrinsics_load_first_16(pointer, Int64(count))
    }
    @inline(__always) static func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, count: Int) {
        intrinsics_store_first_16(pointer, vector, Int64(count))
    }
    @inline(__always) static func transpositionRound(_ round: Int, _ a: Vector, _ b: Vector) -> (Vector, Vector) {
        round < 2
            ? (intrinsics_unpack_low_16(a, b), intrinsics_unpack_high_16(a, b))
            : (intrinsics_even_groups_16(a, b), intrinsics_odd_groups_16(a, b))
    }
    @inline(__always) static func transpositionOrder(_ place: Int) -> Int {
        (place & 1) << 3 | (place & 2) << 1 | place >> 2
    }
    @inline(__always) static var tileRows: Int { 14 }
}

/// The kernels for processors with x86-64-v4. Never emitted into a client, which is compiled for the baseline.
@export(interface)
public func avx512Kernels() -> KernelTable<Float> { KernelTable(AVX512.self) }

/// The same for prediction.
@export(interface)
public func avx512Prediction() -> PredictionKernels { PredictionKernels(Float32Product<AVX512>.self) }
