import KernelDispatch
import Synchronization

/// An instruction set that the library can compute with.
///
/// With one instruction set, all results are the same bit for bit, in every run and with any number of threads. Between
/// two, results differ by rounding. The library takes the best that the processor has. To get the numbers of a lesser
/// machine, choose its instruction set: for the whole process with ``set(_:)``, or for one network when you build it.
/// Files do not store it.
public enum InstructionSet: CaseIterable, Sendable {
    /// What every x86-64 processor has.
    case baseline
    /// AVX2 and FMA: x86-64-v3.
    case avx2
    /// AVX-512 F, BW, CD, DQ and VL: x86-64-v4. If the processor also has bfloat16 dot products, bfloat16 predictors
    /// use them, and round differently than with AVX-512 alone.
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

    /// The instruction set that the library computes with, except in networks built for another one.
    public static var current: InstructionSet { named(InstructionSetLevel.decided ?? .best) }

    /// The instruction set of a level.
    static func named(_ level: InstructionSetLevel) -> InstructionSet {
        allCases.first { $0.level == level } ?? .baseline
    }

    /// Sets the instruction set of the process from now on: for networks that are built, loaded or grown, with their
    /// trainers and predictors, and for costs on their own.
    ///
    /// Call it before all of these: the first of them chooses the best. Afterwards only the instruction set already
    /// chosen is accepted.
    ///
    /// Threads: any; if several call at once, one decides.
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

    /// The level of this instruction set. Throws an error that names what this processor has.
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

/// 0 until the process has chosen an instruction set; then 1 more than the level's number.
private let decision = Atomic<Int>(0)

extension InstructionSetLevel {
    /// The level that the process computes with. Chooses the best if none is chosen yet.
    package static var standard: InstructionSetLevel { decided ?? decide(.best) }

    fileprivate static var decided: InstructionSetLevel? {
        InstructionSetLevel(rawValue: decision.load(ordering: .relaxed) - 1)
    }

    /// Chooses a level if none is chosen yet.
    /// - Returns: the chosen level.
    fileprivate static func decide(_ level: InstructionSetLevel) -> InstructionSetLevel {
        let (_, before) = decision.compareExchange(
            expected: 0, desired: level.rawValue + 1, ordering: .relaxed)
        return InstructionSetLevel(rawValue: before - 1) ?? level
    }
}
