/// The same elements in the same order, in another shape: `h = h_in`, `δ_in = δ`. Likewise for the tangents.
final class Reshape: ParameterlessLayer {
    static let kind: StaticString = "reshape"
    var kind: StaticString { Reshape.kind }
    var settings: LayerSettings { .reshape(shape) }

    /// nil: one axis of all elements.
    let shape: Shape?

    init(_ shape: Shape?) { self.shape = shape }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        guard inputs.count == 1 else {
            throw ChainruleError(.size, "reshape '\(name.text)' reads one layer; \(inputs.count) were given")
        }
        guard let shape else { return try Shape([inputs[0].count]) }
        guard shape.count == inputs[0].count else {
            throw ChainruleError(
                .size,
                """
                reshape '\(name.text)' reads \(inputs[0].text), \(inputs[0].count) elements; \(shape.text) has \
                \(shape.count)
                """)
        }
        return shape
    }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var isIdentityWithoutNoise: Bool { true }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        pass.samples(of: pass.h).assign(pass.samples(of: pass.inputActivation(0)))
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0) else { return }
        pass.arithmetic.assign(
            pass.samples(of: pass.delta), to: pass.samples(of: inputDelta),
            accumulating: pass.accumulatesInputDelta(0))
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) { try forward(pass.tangents) }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    func encode(to json: inout JSONWriter) { if let shape { json.member("shape", shape) } }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Reshape(object["shape"] == nil ? nil : try object.shape("shape"))
    }
}
