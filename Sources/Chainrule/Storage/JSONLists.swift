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

    /// At most as many numbers as a shape has axes.
    func integers(_ name: String, mayBeNegative: Bool = false) throws(ChainruleError) -> [Int] {
        var numbers: [Int] = []
        for value in try array(name) {
            let negative = mayBeNegative ? value.number.flatMap { Int(exactly: $0) } : nil
            guard let number = value.integer ?? negative, numbers.count < Shape.mostAxes else {
                throw ChainruleError(
                    .format, "the header's '\(name)' is no list of 1 to \(Shape.mostAxes) lengths")
            }
            numbers.append(number)
        }
        return numbers
    }
}
