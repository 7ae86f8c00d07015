import Foundation
import KernelDispatch
import Kernels
import Testing

/// The instruction sets that this processor runs, each to be tested.
let supportedLevels = InstructionSetLevel.allCases.filter { $0.isSupported }

extension InstructionSetLevel {
    /// Whether its multiply-add rounds once.
    var isFused: Bool {
        #if arch(arm64)
            true
        #else
            self != .baseline
        #endif
    }
}

/// SplitMix64: test data that is the same in every run, from a generator that is not the library's.
struct Noise: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
        (0..<count).map { _ in Float.random(in: range, using: &self) }
    }

    /// Small whole numbers: their products and sums are exact in float32, in any order.
    mutating func wholeNumbers(_ count: Int) -> [Float] {
        var numbers = [Float](repeating: 0, count: count)
        for index in 0..<count { numbers[index] = Float(Int(truncatingIfNeeded: next() >> 60)) - 8 }
        return numbers
    }
}

/// Whether a float32 result is the float64 value, up to `absolute` or `relative` to its magnitude. Infinities must be
/// the same, and so must NaN.
func isClose(_ result: Double, _ expected: Double, relative: Double, absolute: Double = 0) -> Bool {
    if expected.isNaN || result.isNaN { return expected.isNaN && result.isNaN }
    if expected == result { return true }
    return (result - expected).magnitude <= absolute + relative * expected.magnitude
}

/// The distance from 1 to the next float.
let ulp = Double(Float.ulpOfOne)

func bits(_ values: [Float]) -> [UInt32] { values.map { $0.bitPattern } }

extension KernelTable<Float> {
    /// ``multiply`` with scratch memory for so many elements, or for as many as make it fastest, holding NaN.
    func multiply(
        _ rows: Int, _ columns: Int, _ depth: Int, _ a: [Float], _ aRowStride: Int, _ aColumnStride: Int, _ b: [Float],
        _ bStride: Int, into c: inout [Float], _ cStride: Int, accumulating: Bool = false, scratchCount: Int? = nil
    ) {
        let count =
            scratchCount
            ?? CopyLayout.scratchCount(rows: rows, columns: columns, depth: min(depth, CopyLayout.mostDepth))
        var scratch = [Float](repeating: .nan, count: count + 1)
        multiply(
            rows, columns, depth, a, aRowStride, aColumnStride, b, bStride, &c, cStride, accumulating, &scratch, count)
        #expect(scratch[count].isNaN, "wrote beyond its scratch memory")
    }

    /// ``multiplyTransposed`` with scratch memory for so many elements, or for as many as make it fastest, holding NaN.
    func multiplyTransposed(
        _ rows: Int, _ columns: Int, _ depth: Int, _ a: [Float], _ aStride: Int, _ b: [Float], _ bStride: Int,
        bias: UnsafePointer<Float>?, into c: inout [Float], _ cStride: Int, scratchCount: Int? = nil
    ) {
        let count = scratchCount ?? PackedProduct.scratchCount(rows: rows, columns: columns, depth: depth)
        var scratch = [Float](repeating: .nan, count: count + 1)
        multiplyTransposed(rows, columns, depth, a, aStride, b, bStride, bias, &c, cStride, &scratch, count)
        #expect(scratch[count].isNaN, "wrote beyond its scratch memory")
    }
}
