/// A box of the input: along each axis the elements from `begin` to before `end`.
final class SliceLayer: RearrangingLayer {
    static let kind: StaticString = "slice"
    var kind: StaticString { SliceLayer.kind }
    var settings: LayerSettings { .slice(begin: begin, end: end) }

    let begin: [Int]
    let end: [Int]

    init(begin: [Int], end: [Int]) {
        self.begin = begin
        self.end = end
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        try checkCount(begin.count, "begin", of: input, in: name)
        try checkCount(end.count, "end", of: input, in: name)
        var extents: [Int] = []
        for axis in begin.indices {
            guard 0 <= begin[axis] && begin[axis] < end[axis] && end[axis] <= input[axis] else {
                throw ChainruleError(
                    .size,
                    """
                    slice '\(name.text)' takes the elements from \(begin[axis]) to before \(end[axis]) along axis \
                    \(axis) of \(input.text)
                    """)
            }
            extents.append(end[axis] - begin[axis])
        }
        return try Shape(extents)
    }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence {
        shape[0] == inputs[0][0] ? .step : .allSteps
    }

    func ofOneStep(_ shape: Shape) -> any Layer {
        SliceLayer(begin: begin, end: [1] + end.dropFirst())
    }

    func rearrangement(of input: Shape, into shape: Shape) -> Rearrangement {
        var start = 0
        for axis in begin.indices { start += begin[axis] * input.stride(ofAxis: axis) }
        var rearrangement = Rearrangement(sourceStart: start)
        for axis in begin.indices {
            rearrangement.append(
                shape[axis], source: input.stride(ofAxis: axis), result: shape.stride(ofAxis: axis))
        }
        return rearrangement
    }

    func encode(to json: inout JSONWriter) {
        json.member("begin", begin)
        json.member("end", end)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        SliceLayer(begin: try object.integers("begin"), end: try object.integers("end"))
    }
}
