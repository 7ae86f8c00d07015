import CPlatform
import Kernels

#if arch(x86_64)
    import KernelsAVX2
    import KernelsAVX512
#endif

/// The instruction sets that the kernels are compiled for, worst to best.
public enum InstructionSetLevel: Int, CaseIterable, Sendable {
    case baseline
    #if arch(x86_64)
        case avx2, avx512
    #endif

    public var identifier: StaticString {
        switch self {
        #if arch(arm64)
            case .baseline: "neon"
        #else
            case .baseline: "baseline"
        #endif
        #if arch(x86_64)
            case .avx2: "avx2"
            case .avx512: "avx512"
        #endif
        }
    }

    /// Whether this build has kernels for the level and this processor can run them.
    public var isSupported: Bool {
        switch self {
        case .baseline:
            true
        #if arch(x86_64)
            case .avx2:
                #if Baseline
                    false
                #else
                    platform_supports_avx2() != 0
                #endif
            case .avx512:
                #if Baseline || AVX2
                    false
                #else
                    platform_supports_avx512() != 0
                #endif
        #endif
        }
    }

    /// The best level that this processor can run.
    public static var best: InstructionSetLevel {
        #if arch(x86_64)
            if avx512.isSupported { return .avx512 }
            if avx2.isSupported { return .avx2 }
        #endif
        return .baseline
    }

    /// The kernels of this level, which must be supported.
    public var kernels: KernelTable<Float> {
        precondition(isSupported, "kernels for an instruction set that this processor lacks")
        switch self {
        case .baseline: return baselineKernels()
        #if arch(x86_64)
            case .avx2: return avx2Kernels()
            case .avx512: return avx512Kernels()
        #endif
        }
    }
    /// The elementary functions of this level, which must be supported: for tests.
    public var elementaryKernels: ElementaryKernels<Float> {
        precondition(isSupported, "kernels for an instruction set that this processor lacks")
        switch self {
        case .baseline: return baselineElementaryKernels()
        #if arch(x86_64)
            case .avx2: return avx2ElementaryKernels()
            case .avx512: return avx512ElementaryKernels()
        #endif
        }
    }
}
