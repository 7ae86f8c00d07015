import KernelDispatch
import Kernels

/// The numbers that a predictor computes with.
public enum Precision: CaseIterable, Sendable {
    /// 32-bit floating point: the network's own numbers, and its results bit for bit.
    case float32
    /// Weights and activations rounded to the upper 16 bits of a float32, products summed in float32.
    case bfloat16
    /// Weights in steps of 1/127 of each unit's largest, activations in 255 steps over each row's range; products summed
    /// exactly in 32-bit integers.
    case int8

    @inline(never) func kernels(_ level: InstructionSetLevel) -> PredictionKernels {
        switch self {
        case .float32: level.float32Prediction
        case .bfloat16: level.bfloat16Prediction
        case .int8: level.int8Prediction
        }
    }
}
