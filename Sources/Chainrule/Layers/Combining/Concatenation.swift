/// Joins the outputs of layers along an axis: `h = (h_1, h_2, …)`. Each input gets its own piece of δ. Likewise for their
/// tangents.
final class Concatenation: ParameterlessLayer {
    static let kind: StaticString = "concatenation"
    var kind: StaticString { Concatenation.kind }
    var settings: LayerSettings { .concatenation(axis: axis) }

    /// nil: the last.
    let axis: Int?

    init(axis: Int? = nil) { self.axis = axis }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        guard let first = inputs.first else {
            throw ChainruleError(.size, "concatenation '\(name.text)' reads at least 1 layer; 0 were given")
        }
        let axis = self.axis ?? first.rank - 1
        guard axis >= 0 && axis < first.rank else {
            throw ChainruleError(
                .value, "concatenation '\(name.text)' joins layers along axis \(axis); \(first.text) has none")
        }
        var length = 0
        for (index, input) in inputs.enumerated() {
            guard input.isSame(as: first, exceptAlong: axis) else {
                throw ChainruleError(
                    .size,
                    """
                    concatenation '\(name.text)' joins layers along axis \(axis); input 0 has the shape \(first.text), \
                    input \(index) \(input.text)
                    """)
            }
            length = try Plan.checkedSum([length, input[axis]])
        }
        return try first.with(length, along: axis, in: name)
    }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence {
        axis == 0 && shape.rank > 1 ? .allSteps : .step
    }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        forEachPiece(of: pass.h, pass) { index, piece in
            piece.assign(pass.inputActivation(index).reshaped(columns: piece.columns))
        }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        forEachPiece(of: pass.delta, pass) { index, piece in
            guard let inputDelta = pass.inputDelta(index) else { return }
            pass.arithmetic.assign(
                piece, to: inputDelta.reshaped(columns: piece.columns),
                accumulating: pass.accumulatesInputDelta(index))
        }
    }

    /// Calls `body` with the piece of each input. Its rows run over the axes before the joined one.
    private func forEachPiece(of joined: Matrix, _ pass: LayerPass, _ body: (_ index: Int, _ piece: Matrix) -> Void) {
        let axis = self.axis ?? pass.shape.rank - 1
        let inner = pass.shape.stride(ofAxis: axis)
        let rows = joined.reshaped(columns: pass.shape[axis] * inner)
        var start = 0
        for index in 0..<pass.inputCount {
            let columns = pass.inputShape(index)[axis] * inner
            body(index, rows.columns(from: start, count: columns))
            start += columns
        }
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) { try forward(pass.tangents) }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    func encode(to json: inout JSONWriter) { if let axis { json.member("axis", axis) } }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Concatenation(axis: object["axis"] == nil ? nil : try object.integer("axis"))
    }
}
