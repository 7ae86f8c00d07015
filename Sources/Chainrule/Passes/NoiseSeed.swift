import Kernels

/// The seed and the step of the random numbers of dropout and Gaussian noise layers. The numbers depend only on
/// these two, the layer, the row of the batch and the column. So a run can be continued from here exactly.
public struct NoiseSeed: Sendable {
    public let seed: UInt64
    /// Different steps below 2⁵⁰ have different random numbers.
    public let step: UInt64

    public init(seed: UInt64, step: UInt64) {
        self.seed = seed
        self.step = step
    }

    func place(layer: Int, row: Int) -> NoisePlace { NoisePlace(seed: seed, step: step, layer: layer, row: row) }
}
