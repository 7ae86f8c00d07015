import Chainrule
import KernelDispatch
@_exported import Reference
import Testing

/// The instruction sets that this processor runs, each to be tested.
let supportedLevels = InstructionSetLevel.allCases.filter { $0.isSupported }

/// Whether the library is built for release.
#if DEBUG
    let isOptimized = false
#else
    let isOptimized = true
#endif

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

    mutating func classes(_ count: Int, below bound: Int32) -> [Int32] {
        (0..<count).map { _ in Int32.random(in: 0..<bound, using: &self) }
    }
}

func bits(_ values: [Float]) -> [UInt32] { values.map { $0.bitPattern } }

func doubles(_ values: [Float]) -> [Double] { values.map { Double($0) } }

/// Expects that every element is the expected one, up to `absolute + relative · |expected|`.
func expectClose(
    _ result: [Double], _ expected: [Double], relative: Double = 0, absolute: Double, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard result.count == expected.count else {
        Issue.record("\(what): \(result.count) elements, not \(expected.count)", sourceLocation: sourceLocation)
        return
    }
    for index in result.indices {
        let tolerance = absolute + relative * expected[index].magnitude
        guard (result[index] - expected[index]).magnitude <= tolerance else {
            Issue.record(
                "\(what): element \(index) is \(result[index]), not \(expected[index])", sourceLocation: sourceLocation)
            return
        }
    }
}

func expectClose(
    _ result: [Float], _ expected: [Double], relative: Double = 0, absolute: Double, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    expectClose(
        doubles(result), expected, relative: relative, absolute: absolute, what, sourceLocation: sourceLocation)
}

/// Expects that the body throws an error of this kind, whose message holds all the parts: the place and the value.
func expectError(
    _ code: ChainruleError.Code, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation,
    from body: () throws -> Void
) {
    do {
        try body()
        Issue.record("no error; expected one with \(parts)", sourceLocation: sourceLocation)
    } catch let error as ChainruleError {
        #expect(error.code == code, "\(error.message)", sourceLocation: sourceLocation)
        for part in parts {
            #expect(
                error.message.contains(part), "the message is '\(error.message)'", sourceLocation: sourceLocation)
        }
    } catch {
        Issue.record("an error of another type: \(error)", sourceLocation: sourceLocation)
    }
}

/// Numbers from 0 to 1 as targets that the cost takes: for cross-entropy each row is a distribution.
func targetValues(of cost: Cost, _ numbers: [Float], columns: Int) -> [Float] {
    guard cost.identifier.description == "cross_entropy" else { return numbers }
    return stride(from: 0, to: numbers.count, by: columns).flatMap { start in
        let row = numbers[start..<start + columns]
        return row.map { $0 / row.reduce(0, +) }
    }
}
