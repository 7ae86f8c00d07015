/// A layer that combines layers element by element. Layers are repeated along axes of length 1, and along axes that they lack
/// (``Shape/repetition(in:)``).
protocol CombiningLayer: ParameterlessLayer {}

extension CombiningLayer {
    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .step }

    /// The shape in which all inputs are repeated.
    func commonShape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        guard var common = inputs.first else {
            throw ChainruleError(.size, "\(kind) '\(name.text)' reads at least 1 layer; 0 were given")
        }
        for (index, input) in inputs.enumerated() where input != common {
            guard let extents = common.extents(repeatedWith: input) else {
                let other = inputs.firstIndex { $0.extents(repeatedWith: input) == nil }!
                throw ChainruleError(
                    .size,
                    """
                    \(kind) '\(name.text)' combines layers whose lengths, from the last axis on, are equal or 1; input \(other) \
                    has \(inputs[other].text), input \(index) \(input.text)
                    """)
            }
            common = try shape(of: name, reading: input) { () throws(ChainruleError) in extents }
        }
        return common
    }
}

extension LayerPass {
    /// How an input's elements are repeated in the layer's shape.
    func repetition(ofInput index: Int) -> Rearrangement { inputShape(index).repetition(in: shape)! }
}
