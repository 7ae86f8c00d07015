/// Repeats each position along each axis but the channels (nearest neighbour): position i of h is position `i / factor` of
/// h_in.
final class Upsampling: RearrangingLayer {
    static let kind: StaticString = "upsampling"
    var kind: StaticString { Upsampling.kind }
    var settings: LayerSettings { .upsampling(factors: factors) }

    let factors: [Int]

    init(factors: [Int]) { self.factors = factors }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        try checkCount(factors.count, "factors", of: input, exceptChannels: true, in: name)
        for axis in factors.indices {
            guard factors[axis] >= 1 else {
                throw ChainruleError(
                    .size,
                    "upsampling '\(name.text)' repeats positions \(factors[axis]) times along axis \(axis); at least 1 is needed"
                )
            }
        }
        return try shape(of: name, reading: input) { () throws(ChainruleError) in
            var extents = input.extents
            for axis in factors.indices { extents[axis] = try Plan.checkedProduct(extents[axis], factors[axis]) }
            return extents
        }
    }

    func rearrangement(of input: Shape, into shape: Shape) -> Rearrangement {
        var rearrangement = Rearrangement()
        for axis in factors.indices {
            let stride = shape.stride(ofAxis: axis)
            rearrangement.append(
                input[axis], source: input.stride(ofAxis: axis), result: factors[axis] * stride)
            rearrangement.append(factors[axis], source: 0, result: stride)
        }
        rearrangement.append(input.channels, source: 1, result: 1)
        return rearrangement
    }

    func encode(to json: inout JSONWriter) { json.member("factors", factors) }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Upsampling(factors: try object.integers("factors"))
    }
}
