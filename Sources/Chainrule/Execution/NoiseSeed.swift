import Kernels

/// The seed and the step of the random numbers of ``Dropout`` and ``GaussianNoise`` layers, which follow from these, from the layer,
/// the row of the batch and the column, and from nothing else: a run goes on from here as it went.
public struct NoiseSeed: Sendable {
    public let seed: UInt64
    /// Steps with different numbers have different random numbers, below 2⁵⁰.
    public let step: UInt64

    public init(seed: UInt64, step: UInt64) {
        self.seed = seed
        self.step = step
    }

    func place(layer: Int, row: Int) -> NoisePlace { NoisePlace(seed: seed, step: step, layer: layer, row: row) }
}
