import CPlatform
import Kernels
import KernelsAVX2
import KernelsAVX512

/// The instruction sets that the kernels are compiled for, worst to best.
public enum InstructionSetLevel: Int, CaseIterable, Sendable {
    case baseline, avx2, avx512

    public var identifier: StaticString {
        switch self {
        case .baseline: "baseline"
        case .avx2: "avx2"
        case .avx512: "avx512"
        }
    }

    /// Whether this build has kernels for the level and this processor can run them.
    public var isSupported: Bool {
        switch self {
        case .baseline:
            true
        case .avx2:
            #if Baseline || !arch(x86_64)
                false
            #else
                platform_supports_avx2() != 0
            #endif
        case .avx512:
            #if Baseline || AVX2 || !arch(x86_64)
                false
            #else
                platform_supports_avx512() != 0
            #endif
        }
    }

    /// The best level that this processor can run.
    public static var best: InstructionSetLevel {
        if avx512.isSupported { return .avx512 }
        if avx2.isSupported { return .avx2 }
        return .baseline
    }

    /// The kernels of this level, which must be supported.
    public var kernels: KernelTable<Float> {
        precondition(isSupported, "kernels for an instruction set that this processor lacks")
        switch self {
        case .baseline: return baselineKernels()
        case .avx2: return avx2Kernels()
        case .avx512: return avx512Kernels()
        }
    }
    /// The elementary functions of this level, which must be supported: for tests.
    public var elementaryKernels: ElementaryKernels<Float> {
        precondition(isSupported, "kernels for an instruction set that this processor lacks")
        switch self {
        case .baseline: return baselineElementaryKernels()
        case .avx2: return avx2ElementaryKernels()
        case .avx512: return avx512ElementaryKernels()
        }
    }
}
