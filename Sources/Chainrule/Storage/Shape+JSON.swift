extension JSONWriter {
    mutating func member(_ name: String, _ shape: Shape) {
        key(name)
        beginArray()
        for axis in 0..<shape.rank { integer(shape[axis]) }
        endArray()
    }
}

extension JSONObject {
    func shape(_ name: String) throws(ChainruleError) -> Shape {
        var extents: [Int] = []
        for value in try array(name) {
            guard let extent = value.integer, extents.count < Shape.mostAxes else {
                throw ChainruleError(
                    .format, "the header's '\(name)' is no list of 1 to \(Shape.mostAxes) lengths")
            }
            extents.append(extent)
        }
        return try Shape(extents)
    }
}
