/// Repeats the elements of its input in a larger shape, by numpy's rules (``Shape/repetition(in:)``). Each element gets the sum of δ
/// over where it is.
final class Broadcast: RearrangingLayer {
    static let kind: StaticString = "broadcast"
    var kind: StaticString { Broadcast.kind }
    var settings: LayerSettings { .broadcast(shape) }

    let shape: Shape

    init(_ shape: Shape) { self.shape = shape }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        guard input.repetition(in: shape) != nil else {
            throw ChainruleError(
                .size,
                """
                broadcast '\(name.text)' reads \(input.text), which does not fill \(shape.text): from the last axis on, \
                lengths must be equal or 1
                """)
        }
        return shape
    }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence {
        inputs[0].rank == shape.rank && inputs[0][0] == shape[0] ? .step : .allSteps
    }

    func ofOneStep(_ shape: Shape) -> any Layer { Broadcast(shape) }

    func rearrangement(of input: Shape, into shape: Shape) -> Rearrangement { input.repetition(in: shape)! }

    func encode(to json: inout JSONWriter) { json.member("shape", shape) }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Broadcast(try object.shape("shape"))
    }
}
