/// The elementwise sum of layers of one shape, as in a residual connection: `h = Σ_i h_i`, `δ_i = δ`. Likewise for
/// their tangents.
final class Sum: ParameterlessLayer {
    static let kind: StaticString = "sum"
    var kind: StaticString { Sum.kind }
    var settings: LayerSettings { .sum }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        guard let shape = inputs.first else {
            throw ChainruleError(.size, "sum '\(name.text)' reads at least 1 layer; 0 were given")
        }
        for index in inputs.indices where inputs[index] != shape {
            throw ChainruleError(
                .size,
                "sum '\(name.text)' adds layers of one shape; input 0 has \(shape.text), input \(index) \(inputs[index].text)"
            )
        }
        return shape
    }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        for index in 0..<pass.inputCount {
            pass.arithmetic.assign(pass.inputActivation(index), to: pass.h, accumulating: index > 0)
        }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        for index in 0..<pass.inputCount {
            guard let inputDelta = pass.inputDelta(index) else { continue }
            pass.arithmetic.assign(pass.delta, to: inputDelta, accumulating: pass.accumulatesInputDelta(index))
        }
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) { try forward(pass.tangents) }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    func encode(to json: inout JSONWriter) {}

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer { Sum() }
}
