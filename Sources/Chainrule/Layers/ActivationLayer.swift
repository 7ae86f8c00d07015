/// An activation as its own layer: `z` is the input's h, `h = σ(z)`, `δ_in = δ ⊙ σ'(z)`.
final class ActivationLayer: ParameterlessLayer {
    static let kind: StaticString = "activation"
    var kind: StaticString { ActivationLayer.kind }
    var settings: LayerSettings { .activation(activation) }

    let activation: Activation

    init(_ activation: Activation) { self.activation = activation }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        guard inputs.count == 1 else {
            throw ChainruleError(.size, "activation layer '\(name.text)' reads one layer; \(inputs.count) were given")
        }
        try activation.validate(layer: name, width: inputs[0].channels)
        return inputs[0]
    }

    var preactivation: Preactivation { .input }
    var outputActivation: Activation? { activation }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .step }

    var signal: Signal { activation.signal }
    var overwritesInput: Bool { activation.derivativeIsOfValue && !activation.isCustom }
    var predictsInPlace: Bool { !activation.isCustom }
    var overwritesDelta: Bool { !activation.isCustom }

    func forward(_ pass: LayerPass) throws(ChainruleError) { try activation.forward(pass) }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0) else { return }
        try activation.backward(pass)
        pass.arithmetic.assign(pass.s, to: inputDelta, accumulating: pass.accumulatesInputDelta(0))
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) { try activation.tangent(pass) }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        guard let inputDelta = pass.tangents.inputDelta(0) else { return }
        try activation.tangentBackward(pass)
        pass.arithmetic.assign(
            pass.tangents.s, to: inputDelta, accumulating: pass.tangents.accumulatesInputDelta(0))
    }

    func encode(to json: inout JSONWriter) { activation.encode(to: &json) }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        ActivationLayer(try Activation.decode(object))
    }
}
