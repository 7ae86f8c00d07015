/// A layer that combines layers element by element. A layer of one element, or of the channels alone, is repeated: at every
/// element, or at every position.
protocol CombiningLayer: ParameterlessLayer {}

extension CombiningLayer {
    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .step }

    /// The shape of the largest input, to which all others are repeated.
    func commonShape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        guard !inputs.isEmpty else {
            throw ChainruleError(.size, "\(kind) '\(name.text)' reads at least 1 layer; 0 were given")
        }
        var most = 0
        for (index, input) in inputs.enumerated()
        where input.count > inputs[most].count || input.count == inputs[most].count && input.rank > inputs[most].rank {
            most = index
        }
        let largest = inputs[most]
        for (index, input) in inputs.enumerated() where input.repetition(in: largest) == nil {
            let (first, second) = (min(index, most), max(index, most))
            throw ChainruleError(
                .size,
                """
                \(kind) '\(name.text)' combines layers of one shape, or of one element or the channels alone; input \(first) \
                has \(inputs[first].text), input \(second) \(inputs[second].text)
                """)
        }
        return largest
    }
}

extension Shape {
    /// How elements of this shape are repeated in a larger one; nil if they do not fit.
    func repetition(in larger: Shape) -> Rearrangement? {
        if self == larger { return .identity(count) }
        guard rank == 1 else { return nil }
        var repetition = Rearrangement()
        if count == 1 {
            repetition.append(larger.count, source: 0, result: 1)
        } else if count == larger.channels {
            repetition.append(larger.positions, source: 0, result: count)
            repetition.append(count, source: 1, result: 1)
        } else {
            return nil
        }
        return repetition
    }
}

extension LayerPass {
    /// How an input's elements are repeated in the layer's shape.
    func repetition(ofInput index: Int) -> Rearrangement { inputShape(index).repetition(in: shape)! }
}
