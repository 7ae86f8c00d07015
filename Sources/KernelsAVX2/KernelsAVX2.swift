// Compiled with -march=x86-64-v3. Nothing else may live in this module: its code must never run, or be merged by the
// linker with code that runs, on a processor without these instructions.
import Kernels

enum AVX2: InstructionSet {
    typealias Scalar = Float
    typealias Vector = SIMD8<Float>

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { c.addingProduct(a, b) }
    @inline(__always) static func multiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }
    @inline(__always) static func add(_ a: Vector, _ b: Vector) -> Vector { a + b }
    @inline(__always) static func broadcast(_ a: Float) -> Vector { Vector(repeating: a) }
}

/// The kernels for processors with x86-64-v3. Never emitted into a client, which is compiled for the baseline.
@export(interface)
public func avx2Kernels() -> KernelTable<Float> { KernelTable(AVX2.self) }
