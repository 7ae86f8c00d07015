// Lists of a few whole numbers in JSON, such as shapes.

extension JSONWriter {
    mutating func member(_ name: String, _ shape: Shape) { member(name, shape.extents) }

    mutating func member(_ name: String, _ numbers: [Int]) {
        key(name)
        beginArray()
        for number in numbers { integer(number) }
        endArray()
    }
}

extension JSONObject {
    func shape(_ name: String) throws(ChainruleError) -> Shape { try Shape(integers(name)) }

    /// - Parameter most: how many numbers there are at most; as many as a shape has axes, if not given.
    func integers(
        _ name: String, most: Int = Shape.mostAxes, mayBeNegative: Bool = false
    ) throws(ChainruleError) -> [Int] {
        var numbers: [Int] = []
        for value in try array(name) {
            let negative = mayBeNegative ? value.number.flatMap { Int(exactly: $0) } : nil
            guard let number = value.integer ?? negative, numbers.count < most else {
                throw ChainruleError(
                    .format, "the header's '\(name)' is no list of 1 to \(most) lengths")
            }
            // The array grows by doubling.
            if numbers.count == numbers.capacity { try Reserve.setAside(32 * numbers.count) }
            numbers.append(number)
        }
        return numbers
    }
}
