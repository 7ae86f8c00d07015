/// A dense layer packed for prediction: plain data, so that a list of them is walked without counting references.
///
/// The weights lie in panels. A panel is as many units as two vectors have lanes, and for each word of the depth it holds
/// one word of every unit: what a register tile loads at a time is contiguous. A word is 32 bits: one float32, two
/// neighbouring bfloat16 or four neighbouring int8. The units that are left over after the last whole panel fill one or two
/// panels of one vector. What is missing to whole words and whole vectors is zero.
public struct PackedDense: BitwiseCopyable, @unchecked Sendable {
    /// N_{l−1} and N_l.
    public var inputs: Int
    public var outputs: Int
    /// The depth in words.
    public var words: Int
    public var panels: UnsafePointer<Float>
    /// What the sums begin with, for every lane of the panels: the bias, or zeros.
    public var start: UnsafePointer<Float>
    /// For int8, for every lane of the panels: the bias, the units' scales and the sums of their weights.
    public var bias: UnsafePointer<Float>
    public var scales: UnsafePointer<Float>
    public var weightSums: UnsafePointer<Int32>

    /// Whether σ is max(0, z).
    public var rectifies: Bool
    /// Any other σ but the identity.
    public var activation: UnsafePointer<ActivationKernel<Float>>?
    public var alpha: Float

    /// From one row of the result to the next where it is not the last layer's: room for every lane of the panels.
    public var resultStride: Int
    /// Where the scratch memory of a prediction holds this layer's result, and what is computed of its inputs, in floats
    /// for each row.
    public var resultPlace: Int
    public var operandPlace: Int
    public var operandStride: Int

    public init(inputs: Int, outputs: Int, words: Int, panels: UnsafePointer<Float>, lanes: UnsafePointer<Float>) {
        self.inputs = inputs
        self.outputs = outputs
        self.words = words
        self.panels = panels
        start = lanes
        bias = lanes
        scales = lanes
        weightSums = UnsafeRawPointer(lanes).assumingMemoryBound(to: Int32.self)
        rectifies = false
        activation = nil
        alpha = 0
        resultStride = 0
        resultPlace = 0
        operandPlace = 0
        operandStride = 0
    }
}

/// How weights become panels.
public enum PanelPacking {
    /// The lanes of all panels of a layer.
    public static func lanes(of outputs: Int, vectorWidth: Int) -> Int {
        (outputs + vectorWidth - 1) / vectorWidth * vectorWidth
    }

    /// Calls `body` with each panel's units and its width, the lanes from one word of the depth to the next.
    @inlinable
    public static func forEachPanel<Failure: Error>(
        outputs: Int, vectorWidth: Int, _ body: (_ units: Range<Int>, _ width: Int) throws(Failure) -> Void
    ) throws(Failure) {
        var unit = 0
        while unit < outputs {
            let width = outputs - unit >= 2 * vectorWidth ? 2 * vectorWidth : vectorWidth
            try body(unit..<min(unit + width, outputs), width)
            unit += width
        }
    }

    /// Calls `body` with every word's place in the panels, the unit it belongs to and its place in the depth; lanes without
    /// a unit are left out. Not made for speed: for precisions that round each word.
    @inlinable
    public static func forEachWord<Failure: Error>(
        outputs: Int, words: Int, vectorWidth: Int,
        _ body: (_ place: Int, _ unit: Int, _ word: Int) throws(Failure) -> Void
    ) throws(Failure) {
        try forEachPanel(outputs: outputs, vectorWidth: vectorWidth) { units, width throws(Failure) in
            for (lane, unit) in units.enumerated() {
                for word in 0..<words { try body(units.lowerBound * words + word * width + lane, unit, word) }
            }
        }
    }
}
