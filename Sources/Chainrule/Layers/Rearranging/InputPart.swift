/// A part of x by itself, with a name and a shape.
final class InputPart: RearrangingLayer {
    static let kind: StaticString = "input"
    var kind: StaticString { InputPart.kind }
    var settings: LayerSettings { .input(shape, first: first) }

    let shape: Shape
    /// The place of its first element in x.
    let first: Int

    init(_ shape: Shape, first: Int) {
        self.shape = shape
        self.first = first
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        guard first >= 0 && first <= input.count && shape.count <= input.count - first else {
            throw ChainruleError(
                .size,
                """
                input '\(name.text)' is \(shape.count) elements, \(shape.text), from element \(first) on; it reads \
                \(input.count)
                """)
        }
        return shape
    }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence {
        first == 0 && shape.count == inputs[0].count ? .view : .allSteps
    }

    func ofOneStep(_ shape: Shape) -> any Layer { Reshape(shape) }

    func rearrangement(of input: Shape, into shape: Shape) -> Rearrangement {
        var rearrangement = Rearrangement(isPermutation: shape.count == input.count, sourceStart: first)
        rearrangement.append(shape.count, source: 1, result: 1)
        return rearrangement
    }

    func encode(to json: inout JSONWriter) {
        json.member("shape", shape)
        json.member("first", first)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        InputPart(try object.shape("shape"), first: try object.integer("first"))
    }
}
