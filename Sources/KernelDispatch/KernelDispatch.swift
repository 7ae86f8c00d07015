import CPlatform
import Kernels

#if AVX
    import KernelsAVX2
    import KernelsAVX512
    import KernelsAVX512Dot
#endif

/// The instruction sets that the kernels are compiled for, worst to best.
public enum InstructionSetLevel: Int, CaseIterable, Sendable {
    case baseline
    #if AVX
        case avx2, avx512
    #endif

    /// Whether this build has kernels for the level and this processor can run them.
    public var isSupported: Bool {
        switch self {
        case .baseline:
            true
        #if AVX
            case .avx2:
                platform_supports_avx2() != 0
            case .avx512:
                #if AVX2
                    false
                #else
                    platform_supports_avx512() != 0
                #endif
        #endif
        }
    }

    /// The best level that this processor can run.
    public static var best: InstructionSetLevel {
        #if AVX
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
        #if AVX
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
        #if AVX
            case .avx2: return avx2ElementaryKernels()
            case .avx512: return avx512ElementaryKernels()
        #endif
        }
    }
}

// What predictors compute with. As above, the level must be supported. Dot products are a level of their own: AVX-512 without
// them takes AVX2's kernels for the short numbers.
extension InstructionSetLevel {
    public var float32Prediction: PredictionKernels {
        precondition(isSupported, "kernels for an instruction set that this processor lacks")
        switch self {
        case .baseline: return baselinePrediction()
        #if AVX
            case .avx2: return avx2Prediction()
            case .avx512: return avx512Prediction()
        #endif
        }
    }

    /// Whether the short numbers' kernels are those with dot products.
    public var hasDotProducts: Bool {
        #if AVX
            return self == .avx512 && platform_supports_avx512_dot() != 0
        #else
            return false
        #endif
    }

    public var bfloat16Prediction: PredictionKernels {
        precondition(isSupported, "kernels for an instruction set that this processor lacks")
        switch self {
        case .baseline: return baselineBFloat16Prediction()
        #if AVX
            case .avx512 where platform_supports_avx512_dot() != 0: return avx512BFloat16Prediction()
            case .avx2, .avx512: return avx2BFloat16Prediction()
        #endif
        }
    }

    public var int8Prediction: PredictionKernels {
        precondition(isSupported, "kernels for an instruction set that this processor lacks")
        switch self {
        case .baseline: return baselineInt8Prediction()
        #if AVX
            case .avx512 where platform_supports_avx512_dot() != 0: return avx512Int8Prediction()
            case .avx2, .avx512: return avx2Int8Prediction()
        #endif
        }
    }
}
