extension Layer {
    /// The shape of the only input. Throws if there are several.
    func onlyInput(_ inputs: [Shape], of layer: LayerName) throws(ChainruleError) -> Shape {
        guard inputs.count == 1 else {
            throw ChainruleError(
                .size, "\(kind) '\(layer.text)' reads one layer; \(inputs.count) were given")
        }
        return inputs[0]
    }

    /// Throws unless a list has a number for each axis of the input, or for each but the channels.
    func checkCount(
        _ count: Int, _ what: StaticString, of input: Shape, exceptChannels: Bool = false, in layer: LayerName
    ) throws(ChainruleError) {
        let wanted = exceptChannels ? input.rank - 1 : input.rank
        guard count == wanted else {
            throw ChainruleError(
                .size,
                """
                \(kind) '\(layer.text)' reads \(input.text): \(what) holds \(wanted) numbers, one for each axis\
                \(exceptChannels ? " but the channels" : ""); \(count) were given
                """)
        }
    }

    /// The shape of an output of these lengths. An error names the layer and what it reads.
    func shape(
        of layer: LayerName, reading input: Shape, _ extents: () throws(ChainruleError) -> [Int]
    ) throws(ChainruleError) -> Shape {
        do throws(ChainruleError) {
            return try Shape(extents())
        } catch {
            throw error.preceded(by: "\(kind) '\(layer.text)' reads \(input.text): ")
        }
    }
}

extension LayerPass {
    /// Throws unless all elements of an input are whole numbers in a range: integers that the network's input holds as floats.
    /// - Parameters:
    ///   - index: the input's.
    ///   - what: what the integers are.
    ///   - range: of integers that floats hold.
    func checkIntegers(ofInput index: Int, _ what: StaticString, in range: ClosedRange<Int>) throws(ChainruleError) {
        let values = samples(of: inputActivation(index))
        let (least, most) = (Float(range.lowerBound), Float(range.upperBound))
        for row in 0..<values.rows {
            for place in 0..<values.columns {
                let value = values[row, place]
                if value >= least && value <= most && Float(Int(value)) == value { continue }
                let position = values.columns > 1 ? " at position " + place.description : ""
                throw ChainruleError(
                    .value,
                    """
                    row \(batchRow(row)) has the \(what) \(value)\(position); it must be a whole number from \
                    \(range.lowerBound) to \(range.upperBound)
                    """)
            }
        }
    }
}
