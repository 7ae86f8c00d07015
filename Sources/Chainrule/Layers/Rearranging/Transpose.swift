/// Permutes the axes: axis i of h is axis `axes[i]` of h_in.
final class Transpose: RearrangingLayer {
    static let kind: StaticString = "transpose"
    var kind: StaticString { Transpose.kind }
    var settings: LayerSettings { .transpose(axes: axes) }

    let axes: [Int]

    init(axes: [Int]) { self.axes = axes }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        try checkCount(axes.count, "axes", of: input, in: name)
        var extents: [Int] = []
        var seen = SIMD4<Int>()
        for axis in axes {
            guard axis >= 0 && axis < input.rank, seen[axis] == 0 else {
                throw ChainruleError(
                    .value,
                    """
                    transpose '\(name.text)': \(axis) is \(axis >= 0 && axis < input.rank ? "twice" : "not") among \
                    the axes of \(input.text); each is named once
                    """)
            }
            seen[axis] = 1
            extents.append(input[axis])
        }
        return try Shape(extents)
    }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { axes[0] == 0 ? .step : .allSteps }

    func rearrangement(of input: Shape, into shape: Shape) -> Rearrangement {
        var rearrangement = Rearrangement(isPermutation: true)
        for (axis, source) in axes.enumerated() {
            rearrangement.append(
                shape[axis], source: input.stride(ofAxis: source), result: shape.stride(ofAxis: axis))
        }
        return rearrangement
    }

    func encode(to json: inout JSONWriter) { json.member("axes", axes) }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Transpose(axes: try object.integers("axes"))
    }
}
