/// The same elements in the same order, in another shape: `h = h_in`, `δ_in = δ`. Likewise for the tangents.
final class Reshape: RearrangingLayer {
    static let kind: StaticString = "reshape"
    var kind: StaticString { Reshape.kind }
    var settings: LayerSettings { .reshape(shape) }

    /// nil: one axis of all elements.
    let shape: Shape?

    init(_ shape: Shape?) { self.shape = shape }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        guard let shape else { return try Shape([input.count]) }
        guard shape.count == input.count else {
            throw ChainruleError(
                .size,
                """
                reshape '\(name.text)' reads \(input.text), \(input.count) elements; \(shape.text) has \
                \(shape.count)
                """)
        }
        return shape
    }

    var isIdentityWithoutNoise: Bool { true }
    var overwritesInput: Bool { true }
    var overwritesDelta: Bool { true }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .view }

    func ofOneStep(_ shape: Shape) -> any Layer { Reshape(shape) }

    func rearrangement(of input: Shape, into shape: Shape) -> Rearrangement { .identity(shape.count) }

    func encode(to json: inout JSONWriter) { if let shape { json.member("shape", shape) } }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Reshape(object["shape"] == nil ? nil : try object.shape("shape"))
    }
}
