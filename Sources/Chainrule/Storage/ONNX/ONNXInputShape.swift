/// Lengths that the caller gives to axes of an ONNX model's input, where the model leaves them open.
public struct ONNXInputShape: Sendable {
    /// The input's name.
    public let name: String
    /// A length for each axis; nil: as the model has it.
    public let lengths: [Int?]

    public init(_ name: String, _ lengths: [Int?]) {
        self.name = name
        self.lengths = lengths
    }
}

extension ONNXModel {
    /// Gives axes of the inputs the lengths that the caller wants.
    mutating func take(_ shapes: [ONNXInputShape]) throws(ChainruleError) {
        var isTaken = inputs.map { _ in false }
        for shape in shapes {
            guard let place = inputs.firstIndex(where: { names[$0.value].isSame(as: shape.name) }) else {
                throw ChainruleError(
                    .name,
                    "the model has no input '\(shape.name)'; it has \(inputs.count), first '\(inputs.first.map { names[$0.value].shown } ?? "")'"
                )
            }
            guard !isTaken[place] else {
                throw ChainruleError(.name, "the shape of the input '\(shape.name)' is given twice")
            }
            isTaken[place] = true
            try inputs[place].take(shape)
        }
    }
}

extension ONNXModel.Input {
    fileprivate mutating func take(_ shape: ONNXInputShape) throws(ChainruleError) {
        guard shape.lengths.count == dims.count else {
            throw ChainruleError(
                .size, "the input '\(shape.name)' has \(dims.count) axes; \(shape.lengths.count) lengths were given")
        }
        for (axis, length) in shape.lengths.enumerated() {
            guard let length else { continue }
            guard length >= 1 else {
                throw ChainruleError(
                    .size, "axis \(axis) of the input '\(shape.name)' gets the length \(length); at least 1 is needed")
            }
            if let own = dims[axis], own != length {
                throw ChainruleError(
                    .size, "axis \(axis) of the input '\(shape.name)' has the length \(own); \(length) was given")
            }
            dims[axis] = length
        }
    }
}
