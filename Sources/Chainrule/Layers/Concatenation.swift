/// Joins the outputs of layers along the last axis: `h = (h_1, h_2, …)`, at every position. Each input gets its own piece
/// of δ. Likewise for their tangents.
final class Concatenation: ParameterlessLayer {
    static let kind: StaticString = "concatenation"
    var kind: StaticString { Concatenation.kind }
    var settings: LayerSettings { .concatenation }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        guard let first = inputs.first else {
            throw ChainruleError(.size, "concatenation '\(name.text)' reads at least 1 layer; 0 were given")
        }
        var channels = 0
        for (index, input) in inputs.enumerated() {
            guard input.hasPositions(of: first) else {
                throw ChainruleError(
                    .size,
                    """
                    concatenation '\(name.text)' joins layers along the last axis; input 0 has the shape \(first.text), \
                    input \(index) \(input.text)
                    """)
            }
            channels = try Plan.checkedSum([channels, input.channels])
        }
        return try first.with(channels: channels, in: name)
    }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        var start = 0
        for index in 0..<pass.inputCount {
            let input = pass.inputActivation(index)
            pass.h.columns(from: start, count: input.columns).assign(input)
            start += input.columns
        }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        var start = 0
        for index in 0..<pass.inputCount {
            let columns = pass.inputActivation(index).columns
            if let inputDelta = pass.inputDelta(index) {
                let piece = pass.delta.columns(from: start, count: columns)
                pass.arithmetic.assign(piece, to: inputDelta, accumulating: pass.accumulatesInputDelta(index))
            }
            start += columns
        }
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) { try forward(pass.tangents) }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    func encode(to json: inout JSONWriter) {}

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer { Concatenation() }
}
