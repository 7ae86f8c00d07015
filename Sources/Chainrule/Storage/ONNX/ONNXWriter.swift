/// The value of a layer in a graph that is written. Its first axis is the batch.
struct ONNXWrittenValue {
    let name: String
    /// A number for the name.
    let place: Int
    /// For each axis after the batch, which of the layer's it is.
    let order: [Int]
    /// Whether it has a row for each of the batch; otherwise one for all.
    let hasBatch: Bool
}

/// Writes a network as an ONNX graph.
///
/// ONNX has the channels before the positions where Chainrule has them last. So a value can have its axes in another order than the
/// layer; a node asks for the order that it needs, and a Transpose is written only where that differs. A layer that permutes axes
/// writes nothing.
final class ONNXWriter {
    let network: Network
    var graph = ONNXGraph()
    /// By position: 0 is the network's input. Nil for those that are not written yet.
    private var values: [ONNXWrittenValue?]
    /// By position, the layer that a reshape of one axis reads, while only dense layers have read it.
    private var flattened: [Int?]
    /// By the number of a name, what was made of it: by permutations of axes, and, without axes, for each row.
    private var made: [[(axes: [Int], name: String)]] = []
    /// The node in work, and the name of its layer.
    private(set) var index = 0
    private(set) var layer = ""
    private var isNamed = false
    private var hasRows = false

    init(_ network: Network) {
        self.network = network
        values = [ONNXWrittenValue?](repeating: nil, count: network.architecture.nodes.count + 1)
        flattened = [Int?](repeating: nil, count: values.count)
    }

    var architecture: Architecture { network.architecture }
    var node: Architecture.Node { architecture.nodes[index] }
    /// The shape of the layer in work, and of what it reads.
    var shape: Shape { node.shape }
    func inputShape(_ input: Int = 0) -> Shape { architecture.shape(at: node.inputs[input]) }

    /// Writes the layers in order: each is needed, and comes after what it reads.
    func run(_ signature: ONNXSignature) throws(ChainruleError) {
        addInputs(signature)
        for index in architecture.nodes.indices where values[index + 1] == nil {
            try Reserve.setAside(1 << 16 + 1024 * graph.nodes.count + 512 * graph.tensors.count)
            try Cancellation.look()
            self.index = index
            layer = node.name.text
            isNamed = false
            do throws(ChainruleError) { try write(node) } catch {
                throw error.code == .cancelled ? error : node.named(in: error)
            }
        }
        try addOutputs(signature)
    }

    // MARK: Nodes

    /// Adds a node to the layer in work.
    /// - Parameters:
    ///   - part: the value's name after the layer's; nil: it is the layer's value.
    ///   - output: the place of the output that is wanted.
    /// - Returns: the name of what it computes.
    func emit(
        _ operation: StaticString, _ inputs: [String], as part: String? = nil, _ attributes: [ONNXGraph.Attribute] = [],
        output: Int = 0
    ) -> String {
        let name = part.map { layer + "/" + $0 } ?? layer
        graph.nodes.append(
            ONNXGraph.Node(
                operation: operation, name: isNamed ? name + "/node" : layer, inputs: inputs, output: name,
                outputPlace: output, attributes: attributes))
        isNamed = true
        return name
    }

    /// Adds a node that arranges a value for others.
    func help(_ operation: StaticString, _ inputs: [String], as name: String, _ attributes: [ONNXGraph.Attribute] = [])
        -> String
    {
        graph.nodes.append(
            ONNXGraph.Node(
                operation: operation, name: name, inputs: inputs, output: name, outputPlace: 0, attributes: attributes))
        return name
    }

    // MARK: Constants

    func add(_ name: String, _ dims: [Int], _ content: FileContent.Piece) -> String {
        graph.tensors.append(ONNXGraph.Tensor(name: name, dims: dims, type: .float, content: content))
        return name
    }

    /// A number, as a constant of the layer in work.
    func number(_ value: Float, _ part: String) -> String {
        var writer = ProtobufWriter()
        writer.append(littleEndian: value.bitPattern)
        return add(layer + "/" + part, [], .bytes(writer.bytes))
    }

    /// The same number several times.
    func numbers(_ value: Float, _ count: Int, _ part: String) throws(ChainruleError) -> String {
        let memory = try FloatMemory(count: count, for: "an ONNX model")
        memory.vector.fill { value }
        return add(layer + "/" + part, [count], .memory(memory))
    }

    func integers(_ list: [Int], as name: String) -> String {
        var writer = ProtobufWriter()
        for number in list { writer.append(littleEndian: Int64(number)) }
        graph.tensors.append(
            ONNXGraph.Tensor(name: name, dims: [list.count], type: .int64, content: .bytes(writer.bytes)))
        return name
    }

    func integers(_ list: [Int], _ part: String) -> String { integers(list, as: layer + "/" + part) }

    /// A parameter or state of the layer in work; nil if it has none of this name.
    func tensor(_ name: StaticString) -> Plan.Tensor? {
        let plan = network.plan
        for tensor in plan.tensors[plan.tensorRanges[index]] + plan.state[plan.stateRanges[index]]
        where tensor.name.utf8.dropFirst(layer.utf8.count + 1).elementsEqual(
            UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        {
            return tensor
        }
        return nil
    }

    /// A tensor of the layer in work as it is, with these axes.
    func parameter(_ name: StaticString, _ dims: [Int]? = nil) -> String? {
        guard let tensor = tensor(name) else { return nil }
        return add(tensor.name, dims ?? tensor.extents, .vector(tensor.vector(in: network.numbers)))
    }

    /// A tensor whose axes are permuted: axis i is axis `axes[i]` of these.
    func parameter(_ name: StaticString, _ extents: [Int], permuted axes: [Int], dims: [Int]? = nil)
        throws(ChainruleError) -> String
    {
        let (tensor, permuted) = (tensor(name)!, axes.map { extents[$0] })
        let (from, to) = (ONNXWalk.strides(extents), ONNXWalk.strides(permuted))
        var rearrangement = Rearrangement(isPermutation: true)
        for (place, axis) in axes.enumerated() {
            rearrangement.append(extents[axis], source: from[axis], result: to[place])
        }
        let memory = try FloatMemory(count: tensor.count, for: "an ONNX model")
        rearrangement.apply(
            tensor.vector(in: network.numbers), to: memory.vector, accumulating: false, network.arithmetic)
        return add(tensor.name, dims ?? permuted, .memory(memory))
    }

    // MARK: Values

    /// A new value.
    func value(_ name: String, _ order: [Int], hasBatch: Bool = true) -> ONNXWrittenValue {
        made.append([])
        return ONNXWrittenValue(name: name, place: made.count - 1, order: order, hasBatch: hasBatch)
    }

    /// Says what the value of the layer in work is.
    func give(_ name: String, _ order: [Int], hasBatch: Bool = true) {
        values[index + 1] = value(name, order, hasBatch: hasBatch)
    }

    /// The layer in work has an input's value, with its axes in an order.
    func pass(_ value: ONNXWrittenValue, _ order: [Int]? = nil) {
        values[index + 1] = ONNXWrittenValue(
            name: value.name, place: value.place, order: order ?? value.order, hasBatch: value.hasBatch)
    }

    func set(_ position: Int, _ value: ONNXWrittenValue) { values[position] = value }

    /// The value at a position, whatever its order.
    func value(at position: Int) throws(ChainruleError) -> ONNXWrittenValue {
        if let value = values[position] { return value }
        let source = try plain(flattened[position]!)
        let name = architecture.name(at: position).text
        let result = value(
            help("Flatten", [source.name], as: name, [.integer("axis", 1)]), [0], hasBatch: source.hasBatch)
        values[position] = result
        return result
    }

    func input(_ input: Int = 0) throws(ChainruleError) -> ONNXWrittenValue { try value(at: node.inputs[input]) }

    /// An input with its axes in the layer's order.
    func plainInput(_ input: Int = 0) throws(ChainruleError) -> ONNXWrittenValue { try plain(node.inputs[input]) }

    func plain(_ position: Int) throws(ChainruleError) -> ONNXWrittenValue {
        try arranged(position, Array(0..<architecture.shape(at: position).rank))
    }

    /// An input with its channels before its positions.
    func channelsFirst(_ input: Int = 0) throws(ChainruleError) -> ONNXWrittenValue {
        let rank = inputShape(input).rank
        return try arranged(node.inputs[input], ONNXWriter.channelsFirst(rank))
    }

    static func channelsFirst(_ rank: Int) -> [Int] { [rank - 1] + Array(0..<rank - 1) }

    /// The value at a position with its axes in an order.
    func arranged(_ position: Int, _ order: [Int]) throws(ChainruleError) -> ONNXWrittenValue {
        let value = try value(at: position)
        if value.order == order { return value }
        let shape = architecture.shape(at: position)
        let axes = order.map { axis in value.order.firstIndex(of: axis)! }
        var name = value.name + "/order"
        for axis in axes { name += axis.description }
        if let old = made[value.place].first(where: { $0.axes == axes }) {
            name = old.name
        } else {
            func long(_ axes: [Int]) -> [Int] { axes.filter { shape[$0] != 1 } }
            if long(value.order) == long(order) {
                let dims = integers([0] + order.map { shape[$0] }, as: name + "/shape")
                name = help("Reshape", [value.name, dims], as: name)
            } else {
                name = help("Transpose", [value.name], as: name, [.integers("perm", [0] + axes.map { $0 + 1 })])
            }
            made[value.place].append((axes, name))
        }
        return self.value(name, order, hasBatch: value.hasBatch)
    }

    /// A value with a row for each of the batch.
    func withRows(_ value: ONNXWrittenValue, _ shape: Shape) -> ONNXWrittenValue {
        if value.hasBatch { return value }
        var name = value.name + "/rows"
        if let old = made[value.place].first(where: { $0.axes.isEmpty }) {
            name = old.name
        } else {
            let ones = integers(shape.extents.map { _ in 1 }, as: name + "/ones")
            let dims = help("Concat", [rows, ones], as: name + "/shape", [.integer("axis", 0)])
            name = help("Expand", [value.name, dims], as: name)
            made[value.place].append(([], name))
        }
        return self.value(name, value.order)
    }

    /// The number of rows in the batch.
    private var rows: String {
        let name = LayerName.input.text + "/rows"
        if !hasRows {
            hasRows = true
            return help("Shape", [graph.inputs[0].name], as: name, [.integer("start", 0), .integer("end", 1)])
        }
        return name
    }

    // MARK: Reshapes

    /// The layer in work has the elements of an input in one axis. A dense layer takes them as they lie.
    func flatten() throws(ChainruleError) {
        let source = node.inputs[0]
        let value = try value(at: source)
        if value.order == Array(value.order.indices) {
            return give(emit("Flatten", [value.name], [.integer("axis", 1)]), [0], hasBatch: value.hasBatch)
        }
        flattened[index + 1] = source
    }

    /// The value that an input is a flattened form of, if that is not written yet: its name in ONNX's order, and the value.
    func flattenedInput() throws(ChainruleError) -> (name: String, source: ONNXWrittenValue, shape: Shape)? {
        let position = node.inputs[0]
        guard values[position] == nil, let source = flattened[position] else { return nil }
        let value = try value(at: source)
        let name = architecture.name(at: position).text + "/flat"
        if let old = made[value.place].first(where: { $0.axes == [-position] }) {
            return (old.name, value, architecture.shape(at: source))
        }
        made[value.place].append(([-position], name))
        return (
            help("Flatten", [value.name], as: name, [.integer("axis", 1)]), value, architecture.shape(at: source)
        )
    }
}

// MARK: - Inputs and outputs

extension ONNXWriter {
    /// One input for each named part of x, if x is read so; otherwise one, with the axes of a reshape that alone reads it.
    private func addInputs(_ signature: ONNXSignature) {
        var readers: [Int] = []
        for (index, node) in architecture.nodes.enumerated() where node.inputs.contains(0) {
            // Numbers read the input only to have a place.
            switch node.settings {
            case .parameter, .constant: continue
            default: readers.append(index)
            }
        }
        func add(_ position: Int, _ shape: Shape, _ name: String) {
            let place = graph.inputs.count
            let given = signature.inputs.count > place ? signature.inputs[place].name : name
            let chosen = isFree(given, for: position) ? given : name
            graph.inputs.append(ONNXGraph.Port(name: chosen, dims: shape.extents))
            set(position, value(chosen, Array(0..<shape.rank)))
        }
        if readers.count == 1, case .reshape(let shape?) = architecture.nodes[readers[0]].settings {
            return add(readers[0] + 1, shape, LayerName.input.text)
        }
        var parts: [(first: Int, index: Int)] = []
        for index in readers {
            if case .input(_, let first) = architecture.nodes[index].settings { parts.append((first, index)) }
        }
        var end = 0
        for part in parts where part.first == end { end += architecture.nodes[part.index].width }
        guard
            !parts.isEmpty && parts.count == readers.count && end == architecture.inputs
                && parts.reduce(0, { $0 + architecture.nodes[$1.index].width }) == end
        else { return add(0, architecture.inputShape, LayerName.input.text) }
        for part in parts {
            let node = architecture.nodes[part.index]
            add(part.index + 1, node.shape, node.name.text)
        }
    }

    /// Whether a name can be that of an input or output: all other names begin with a layer's, and go on with "." or "/".
    private func isFree(_ name: String, for position: Int) -> Bool {
        if name.utf8.elementsEqual(architecture.name(at: position).text.utf8) { return true }
        for port in graph.inputs + graph.outputs where port.name.utf8.elementsEqual(name.utf8) { return false }
        var first: [UInt8] = []
        for byte in name.utf8 {
            if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/") { break }
            first.append(byte)
        }
        return !name.isEmpty
            && architecture.position(of: LayerName(unchecked: String(decoding: first, as: UTF8.self))) == nil
    }

    /// The last layer is the output; what it joins, if the network was read from a model with so many outputs.
    private func addOutputs(_ signature: ONNXSignature) throws(ChainruleError) {
        let last = architecture.nodes.count
        let node = architecture.nodes[last - 1]
        guard signature.outputs.count > 1, case .concatenation = node.settings,
            node.inputs.count == signature.outputs.count
        else {
            let name = signature.outputs.count == 1 ? signature.outputs[0].name : node.name.text
            return try addOutputs([(last, name)])
        }
        graph.nodes.removeAll { $0.output.utf8.elementsEqual(node.name.text.utf8) }
        var outputs: [(position: Int, name: String)] = []
        for (input, tensor) in zip(node.inputs, signature.outputs) { outputs.append((input, tensor.name)) }
        try addOutputs(outputs)
    }

    private func addOutputs(_ outputs: [(position: Int, name: String)]) throws(ChainruleError) {
        // All values before the first gets its name: several outputs may have the same, or be made of it.
        var values: [String] = []
        for output in outputs {
            values.append(try withRows(plain(output.position), architecture.shape(at: output.position)).name)
        }
        func isTaken(_ name: String) -> Bool {
            (graph.inputs + graph.outputs).contains { $0.name.utf8.elementsEqual(name.utf8) }
        }
        func rename(_ old: String, _ new: String) {
            graph.rename(old, new)
            for index in values.indices where values[index].utf8.elementsEqual(old.utf8) { values[index] = new }
        }
        for (index, output) in outputs.enumerated() {
            var name =
                isFree(output.name, for: output.position) ? output.name : architecture.name(at: output.position).text
            while isTaken(name) { name += "/output" }
            let isComputed = graph.nodes.contains { $0.output.utf8.elementsEqual(values[index].utf8) }
            let canRename = isComputed && !isTaken(values[index])
            graph.outputs.append(
                ONNXGraph.Port(name: name, dims: architecture.shape(at: output.position).extents))
            if !values[index].utf8.elementsEqual(name.utf8) { rename(name, name + "/value") }
            if canRename { rename(values[index], name) } else { _ = help("Identity", [values[index]], as: name) }
        }
    }
}
