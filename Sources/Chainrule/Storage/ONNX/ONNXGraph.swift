/// A graph that is written: nodes, tensors, inputs and outputs, and how a file holds them.
struct ONNXGraph {
    enum Attribute {
        case integer(StaticString, Int)
        case float(StaticString, Float)
        case text(StaticString, StaticString)
        case integers(StaticString, [Int])
        case texts(StaticString, [StaticString])
    }

    struct Node {
        let operation: StaticString
        let name: String
        var inputs: [String]
        var output: String
        /// The place of the output among the operator's; those before it are left out.
        let outputPlace: Int
        let attributes: [Attribute]
        /// The output at place 2; empty: none.
        var third = ""
    }

    struct Tensor {
        let name: String
        let dims: [Int]
        let type: ONNXType
        let content: FileContent.Piece
    }

    /// An input or output: a batch of rows with these axes.
    struct Port {
        let name: String
        let dims: [Int]
    }

    var nodes: [Node] = []
    var tensors: [Tensor] = []
    var inputs: [Port] = []
    var outputs: [Port] = []

    /// Gives a value that a node computes another name.
    mutating func rename(_ old: String, _ new: String) {
        for index in nodes.indices {
            if nodes[index].output.utf8.elementsEqual(old.utf8) { nodes[index].output = new }
            if nodes[index].third.utf8.elementsEqual(old.utf8) { nodes[index].third = new }
            for place in nodes[index].inputs.indices where nodes[index].inputs[place].utf8.elementsEqual(old.utf8) {
                nodes[index].inputs[place] = new
            }
        }
    }

    // MARK: The file

    static var version: Int64 { 8 }
    static var opset: Int64 { 17 }
    /// What readers of the wire format take at most.
    private static var mostBytes: Int { Int(Int32.max) }

    func content() throws(ChainruleError) -> FileContent {
        var pieces: [FileContent.Piece] = []
        var writer = ProtobufWriter()
        for node in nodes { writer.message(1, node.message) }
        writer.text(2, "chainrule")
        for tensor in tensors {
            let message = tensor.message
            let count = try Plan.checkedSum([message.bytes.count, tensor.content.count])
            writer.head(5, count: count)
            pieces.append(.bytes(writer.bytes + message.bytes))
            pieces.append(tensor.content)
            writer = ProtobufWriter()
        }
        for input in inputs { writer.message(11, input.message) }
        for output in outputs { writer.message(12, output.message) }
        pieces.append(.bytes(writer.bytes))
        var model = ProtobufWriter()
        model.integer(1, ONNXGraph.version)
        model.text(2, "Chainrule")
        var opset = ProtobufWriter()
        opset.text(1, "")
        opset.integer(2, ONNXGraph.opset)
        model.message(8, opset)
        let count = try Plan.checkedSum(pieces.map { $0.count })
        guard count <= ONNXGraph.mostBytes - 64 else {
            throw ChainruleError(
                .size, "an ONNX model has at most \(ONNXGraph.mostBytes) bytes; this one would have \(count)")
        }
        model.head(7, count: count)
        return FileContent([.bytes(model.bytes)] + pieces)
    }
}

extension ONNXGraph.Node {
    fileprivate var message: ProtobufWriter {
        var writer = ProtobufWriter()
        for input in inputs { writer.text(1, input) }
        for _ in 0..<outputPlace { writer.text(2, "") }
        writer.text(2, output)
        if !third.isEmpty {
            for _ in outputPlace..<1 { writer.text(2, "") }
            writer.text(2, third)
        }
        writer.text(3, name)
        writer.text(4, operation.description)
        for attribute in attributes { writer.message(5, attribute.message) }
        return writer
    }
}

extension ONNXGraph.Attribute {
    fileprivate var message: ProtobufWriter {
        var writer = ProtobufWriter()
        let type: Int64
        switch self {
        case .float(let name, let value):
            writer.text(1, name.description)
            writer.float(2, value)
            type = 1
        case .integer(let name, let value):
            writer.text(1, name.description)
            writer.integer(3, Int64(value))
            type = 2
        case .text(let name, let value):
            writer.text(1, name.description)
            writer.text(4, value.description)
            type = 3
        case .integers(let name, let values):
            writer.text(1, name.description)
            writer.integers(8, values)
            type = 7
        case .texts(let name, let values):
            writer.text(1, name.description)
            for value in values { writer.text(9, value.description) }
            type = 8
        }
        writer.integer(20, type)
        return writer
    }
}

extension ONNXGraph.Tensor {
    /// All but the numbers.
    fileprivate var message: ProtobufWriter {
        var writer = ProtobufWriter()
        writer.integers(1, dims)
        writer.integer(2, type.rawValue)
        writer.text(8, name)
        writer.head(9, count: content.count)
        return writer
    }
}

extension ONNXGraph.Port {
    fileprivate var message: ProtobufWriter {
        var shape = ProtobufWriter()
        var batch = ProtobufWriter()
        batch.text(2, "N")
        shape.message(1, batch)
        for length in dims {
            var dim = ProtobufWriter()
            dim.integer(1, Int64(length))
            shape.message(1, dim)
        }
        var tensor = ProtobufWriter()
        tensor.integer(1, ONNXType.float.rawValue)
        tensor.message(2, shape)
        var type = ProtobufWriter()
        type.message(1, tensor)
        var writer = ProtobufWriter()
        writer.text(1, name)
        writer.message(2, type)
        return writer
    }
}
