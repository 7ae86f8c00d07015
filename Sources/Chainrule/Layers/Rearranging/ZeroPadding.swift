/// Adds positions whose channels are 0 before and after each axis but the channels.
final class ZeroPadding: RearrangingLayer {
    static let kind: StaticString = "zero_padding"
    var kind: StaticString { ZeroPadding.kind }
    var settings: LayerSettings { .zeroPadding(before: before, after: after) }

    let before: [Int]
    let after: [Int]

    init(before: [Int], after: [Int]) {
        self.before = before
        self.after = after
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        try checkCount(before.count, "before", of: input, exceptChannels: true, in: name)
        try checkCount(after.count, "after", of: input, exceptChannels: true, in: name)
        for axis in before.indices {
            guard before[axis] >= 0 && after[axis] >= 0 else {
                throw ChainruleError(
                    .size,
                    """
                    zero_padding '\(name.text)' adds \(before[axis]) positions before axis \(axis) of \(input.text) \
                    and \(after[axis]) after it; crop what is too much
                    """)
            }
        }
        return try shape(of: name, reading: input) { () throws(ChainruleError) in
            var extents = input.extents
            for axis in before.indices {
                extents[axis] = try Plan.checkedSum([before[axis], extents[axis], after[axis]])
            }
            return extents
        }
    }

    func rearrangement(of input: Shape, into shape: Shape) -> Rearrangement {
        var start = 0
        for axis in before.indices { start += before[axis] * shape.stride(ofAxis: axis) }
        var rearrangement = Rearrangement(hasGaps: true, resultStart: start)
        for axis in 0..<input.rank {
            rearrangement.append(
                input[axis], source: input.stride(ofAxis: axis), result: shape.stride(ofAxis: axis))
        }
        return rearrangement
    }

    func encode(to json: inout JSONWriter) {
        json.member("before", before)
        json.member("after", after)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        ZeroPadding(before: try object.integers("before"), after: try object.integers("after"))
    }
}
