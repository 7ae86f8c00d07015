import KernelDispatch
import Synchronization

/// An instruction set that the library can compute with.
///
/// For one of them all results are the same bit for bit, in every run and with any number of threads; between two they differ
/// by rounding. The library takes the best that the processor has. To get the numbers of a machine that has less, take less: for
/// the whole process with ``set(_:)``, or for one network when it is built. Files do not remember it.
public enum InstructionSet: CaseIterable, Sendable {
    /// What every x86-64 processor has.
    case baseline
    /// AVX2 and FMA: x86-64-v3.
    case avx2
    /// AVX-512 F, BW, CD, DQ and VL: x86-64-v4. Where the processor has dot products of bfloat16 too, predictors in bfloat16
    /// take them, and round otherwise than with AVX-512 alone.
    case avx512
    /// What every arm64 processor has.
    case neon

    /// "baseline", "avx2", "avx512" or "neon".
    public var name: StaticString {
        switch self {
        case .baseline: "baseline"
        case .avx2: "avx2"
        case .avx512: "avx512"
        case .neon: "neon"
        }
    }

    /// Whether this processor has it.
    public var isSupported: Bool { level?.isSupported ?? false }

    /// What is computed with, except by networks that were built for another one.
    public static var current: InstructionSet {
        let level = InstructionSetLevel.decided ?? .best
        return allCases.first { $0.level == level } ?? .baseline
    }

    /// Has the process compute with an instruction set from now on: networks that are built, loaded or grown, with their trainers and
    /// predictors, and costs on their own.
    ///
    /// Call it before all of these: the first of them decides for the best. Afterwards only what was decided is accepted.
    ///
    /// Threads: any; of several at once, one decides.
    public static func set(_ set: InstructionSet) throws(ChainruleError) {
        let level = try set.supportedLevel()
        let decided = InstructionSetLevel.decide(level)
        guard decided == level else {
            throw ChainruleError(
                .busy,
                """
                the library already computes with \(current.name); \(set.name) can be set before the first network is built, \
                loaded or grown, and before the first cost is computed
                """)
        }
    }

    /// Its level, or an error that names what this processor has.
    func supportedLevel() throws(ChainruleError) -> InstructionSetLevel {
        if let level, level.isSupported { return level }
        var supported = ""
        for set in InstructionSet.allCases where set.isSupported {
            supported += supported.isEmpty ? set.name.description : ", \(set.name.description)"
        }
        throw ChainruleError(
            .value, "\(name) is not there: this processor and this library have \(supported)")
    }

    private var level: InstructionSetLevel? {
        switch self {
        #if arch(arm64)
            case .neon: .baseline
            case .baseline, .avx2, .avx512: nil
        #elseif AVX
            case .baseline: .baseline
            case .avx2: .avx2
            case .avx512: .avx512
            case .neon: nil
        #else
            case .baseline: .baseline
            case .avx2, .avx512, .neon: nil
        #endif
        }
    }
}

/// 0 until it is decided what the process computes with; then 1 more than the level's number.
private let decision = Atomic<Int>(0)

extension InstructionSetLevel {
    /// What the process computes with; decided for the best if it was not decided before.
    package static var standard: InstructionSetLevel { decided ?? decide(.best) }

    fileprivate static var decided: InstructionSetLevel? {
        InstructionSetLevel(rawValue: decision.load(ordering: .relaxed) - 1)
    }

    /// Decides for a level, if nothing was decided before.
    /// - Returns: what is decided.
    fileprivate static func decide(_ level: InstructionSetLevel) -> InstructionSetLevel {
        let (_, before) = decision.compareExchange(
            expected: 0, desired: level.rawValue + 1, ordering: .relaxed)
        return InstructionSetLevel(rawValue: before - 1) ?? level
    }
}
