import KernelDispatch
import Kernels

/// The numbers that a predictor computes with.
public enum Precision: CaseIterable, Sendable {
    /// 32-bit floating point: the network's own numbers, with the same results bit for bit where no batch normalisation is
    /// folded into weights (``Predictor``).
    case float32
    /// Rounds weights and activations to the upper 16 bits of a float32. Sums products in float32.
    case bfloat16
    /// Stores weights in steps of 1/127 of each unit's largest, and activations in 255 steps over the range of each row
    /// of a product: of a sample's position, or of the patch under a window.
    /// Sums products exactly in 32-bit integers.
    case int8

    @inline(never) func kernels(_ level: InstructionSetLevel) -> PredictionKernels {
        switch self {
        case .float32: level.float32Prediction
        case .bfloat16: level.bfloat16Prediction
        case .int8: level.int8Prediction
        }
    }
}
