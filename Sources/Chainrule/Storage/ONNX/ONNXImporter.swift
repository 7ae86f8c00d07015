/// What a name of a graph stands for while it is imported.
enum ONNXValue {
    case none
    case tensor(ONNXTensor)
    case layer(ONNXLayer)
    /// Texts.
    case names(ONNXTensor)
    /// The class of a row: those that there are, none if they have no names. With it, the same as numbers, if there are any.
    case label([String], ONNXLayer?)
}

/// Makes an architecture of a model, and finds the numbers of its parameters.
final class ONNXImporter {
    let model: ONNXModel
    let folder: ONNXFolder
    var architecture: Architecture
    /// By a name's number.
    var values: [ONNXValue]
    /// What the parameters of layers are.
    var fills: [(layer: String, tensor: StaticString, numbers: ONNXTensor)] = []
    var rearranged: [Rearranged] = []
    private(set) var signature: ONNXSignature
    /// The names of the classes that the outputs stand for, if they do.
    var classLabels: [String] = []
    /// The number of rows in a batch, if the model fixes it. Its shapes and constants may hold it.
    let rows: Int?
    /// By a value's number, the nodes that read it, each as often as it does.
    private var readingNodes: [[Int]]
    /// By a value's number, the node that gives it.
    private var producers: [Int?]
    /// Whether the layers are those of constants alone: see ``compute(_:_:_:)``.
    var isComputing = false
    /// The nodes that became a part of a layer before them.
    private var isDone: [Bool]
    /// The node in work, and the name for its layers.
    private(set) var current = 0
    private var base = ""

    private init(
        _ model: ONNXModel, _ folder: ONNXFolder, _ architecture: Architecture, _ signature: ONNXSignature,
        rows: Int?
    ) {
        self.rows = rows
        self.model = model
        self.folder = folder
        self.architecture = architecture
        self.signature = signature
        values = model.initializers.map { $0.map { $0.isText ? .names($0) : .tensor($0) } ?? .none }
        isDone = model.nodes.map { _ in false }
        readingNodes = model.readers.map { _ in [] }
        producers = model.readers.map { _ in nil }
        for (index, node) in model.nodes.enumerated() {
            for case let input? in node.inputs { readingNodes[input].append(index) }
            for case let output? in node.outputs { producers[output] = index }
        }
    }

    /// - Parameter batchAxis: the axis of each input that is the batch, the last of those that have fewer; nil: whole tensors are
    ///   a row.
    /// - Returns: nil if the inputs cannot be read so.
    static func make(
        _ model: ONNXModel, _ folder: ONNXFolder, batchAxis: Int?
    ) throws(ChainruleError) -> ONNXImporter? {
        try Reserve.setAside(1024 * model.nodes.count + 256 * model.names.count)
        guard !model.inputs.isEmpty else { throw ChainruleError(.format, "the graph has no input") }
        var (signature, length, rows) = (ONNXSignature(), 0, Int?.none)
        for input in model.inputs {
            let shown = model.names[input.value].shown
            let batch = batchAxis.map { min($0, input.dims.count - 1) }
            if batch == -1 { return nil }
            var dims: [Int] = []
            for (axis, dim) in input.dims.enumerated() {
                if axis == batch {
                    // All have the same number of rows.
                    guard rows == nil || dim == nil || rows == dim else { return nil }
                    rows = rows ?? dim
                    dims.append(1)
                } else if let dim {
                    dims.append(dim)
                } else {
                    throw ChainruleError(
                        .format, "axis \(axis) of the input '\(shown)' has no fixed length: give the shape of the input"
                    )
                }
            }
            let count = try ONNXTensor.count(of: dims)
            signature.inputs.append(
                ONNXSignature.Tensor(name: shown, dims: dims, batchAxis: batch, first: length, count: count))
            length = try Plan.checkedSum([length, count])
        }
        return ONNXImporter(
            model, folder, try Architecture(inputs: length), signature, rows: rows)
    }

    // MARK: The graph

    /// Adds layers for all nodes, and at the end for the outputs.
    func run() throws(ChainruleError) {
        try addInputs()
        // Constants first: a layer looks at what follows it.
        for index in model.nodes.indices { try onNode(index) { node throws(ChainruleError) in try fold(node) } }
        for index in model.nodes.indices where !isDone[index] {
            try onNode(index) { node throws(ChainruleError) in
                // Shapes of layers are constants, too.
                try fold(node)
                if isDone[index] { return }
                if case .label(let labels, let layer) = value(node, 0),
                    ONNXOperators.keepsLabel(node, hasLayer: layer != nil)
                {
                    return give(.label(labels, layer), node)
                }
                if try recognize(node) { return }
                guard let build = try ONNXOperators.find(node).build else {
                    throw ChainruleError(.format, "it is supported for constants alone")
                }
                try build(self, node)
            }
        }
        try addOutputs()
    }

    private func onNode(_ index: Int, _ body: (ONNXNode) throws(ChainruleError) -> Void) throws(ChainruleError) {
        let node = model.nodes[index]
        current = index
        base = ""
        do throws(ChainruleError) { try body(node) } catch { throw node.named(in: error) }
    }

    private func fold(_ node: ONNXNode) throws(ChainruleError) {
        for case let input? in node.inputs { guard case .tensor = values[input] else { return } }
        let operation = try ONNXOperators.find(node)
        if let fold = operation.fold {
            try refuseOutputs(of: node, from: 1)
            let tensor = try fold(self, node)
            give(.tensor(ONNXOperators.moves(node) ? tensor : try withBatch(tensor, node)), node)
        } else if let build = operation.build, let input = node.inputs.first ?? nil {
            try compute(node, input, build)
        } else {
            throw ChainruleError(.format, "it reads nothing")
        }
        isDone[current] = true
    }

    /// What a node makes of constants element by element, with their axis of the batch.
    private func withBatch(_ tensor: ONNXTensor, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        var batch = tensor.batch
        for case let input? in node.inputs {
            guard case .tensor(let given) = values[input], let axis = given.batch else { continue }
            let own = axis + tensor.dims.count - given.dims.count
            guard own >= 0 && (batch == nil || batch == own) else {
                throw ChainruleError(.format, "two axes have a place for each row of the batch")
            }
            batch = own
        }
        return batch == tensor.batch ? tensor : tensor.reshaped(tensor.dims, batch: batch)
    }

    private func addInputs() throws(ChainruleError) {
        for (input, tensor) in zip(model.inputs, signature.inputs) {
            var name = LayerName.input.text
            let lengths = tensor.dims.filter { $0 != 1 }
            if model.inputs.count > 1 || lengths.count > 1 {
                base = ONNXImporter.layerName(model.names[input.value])
                name = freeName("")
                let shape = try Shape(
                    1...Shape.mostAxes ~= lengths.count ? lengths : [tensor.count])
                try architecture.append(
                    InputPart(shape, first: tensor.first), name: name, inputs: [LayerName.input.text])
            }
            var layer = ONNXLayer(name, tensor.dims, batch: tensor.batchAxis)
            layer.isInteger = input.isInteger
            values[input.value] = .layer(layer)
        }
    }

    /// The model's outputs without labels: those are the places of the largest of others. Labels alone stay, if they are numbers.
    private func outputsWithoutLabels() -> [Int] {
        var outputs: [Int] = []
        for output in model.outputs {
            guard case .label(let labels, _) = values[output] else {
                outputs.append(output)
                continue
            }
            if !labels.isEmpty { classLabels = labels }
        }
        return outputs.isEmpty ? model.outputs : outputs
    }

    private func addOutputs() throws(ChainruleError) {
        var (names, first) = ([String](), 0)
        base = "output"
        let outputs = outputsWithoutLabels()
        for output in outputs {
            let shown = model.names[output].shown
            let layer: ONNXLayer
            do throws(ChainruleError) {
                switch values[output] {
                case .layer(let given), .label(_, let given?): layer = try plain(given)
                case .label, .names:
                    throw ChainruleError(.format, "it is text or a label, and no other is a number")
                case .tensor(let tensor):
                    guard tensor.count > 0 else { throw ChainruleError(.format, "it has no elements") }
                    layer = try ONNXOperators.constant(tensor, self)
                case .none: throw ChainruleError(.format, "nothing gives it")
                }
                if layer.hasInnerRows { throw ChainruleError(.format, "it mixes the rows of the batch") }
            } catch { throw error.preceded(by: "the graph's output '\(shown)': ") }
            signature.outputs.append(
                ONNXSignature.Tensor(
                    name: shown, dims: layer.dims, batchAxis: layer.batch, first: first, count: layer.count))
            first += layer.count
            let lengths = extents(layer, layer.order, most: Shape.mostAxes)
            let isOnly = outputs.count == 1
            names.append(try shaped(layer.name, isOnly && !lengths.isEmpty ? lengths : [layer.count]))
        }
        if names.count > 1 { try architecture.concatenation(of: names, name: freeName("outputs")) }
        var last = names.count > 1 ? architecture.name(at: architecture.nodes.count).text : names[0]
        if architecture.position(of: LayerName(unchecked: last)) == 0 {
            let name = freeName("")
            try architecture.activation(.identity, name: name, input: last)
            last = name
        }
        architecture = try architecture.ending(at: last)
    }

    // MARK: What nodes read and give

    func value(_ node: ONNXNode, _ index: Int) -> ONNXValue {
        index < node.inputs.count ? node.inputs[index].map { values[$0] } ?? .none : .none
    }

    /// A constant input; nil if it is left out.
    func constant(_ node: ONNXNode, _ index: Int) throws(ChainruleError) -> ONNXTensor? {
        switch value(node, index) {
        case .none: nil
        case .tensor(let tensor): tensor
        case .layer, .label:
            throw ChainruleError(.format, "its input \(index) is computed; only a constant is supported")
        case .names: throw ChainruleError(.format, "its input \(index) is text, which is not supported")
        }
    }

    func requiredConstant(_ node: ONNXNode, _ index: Int) throws(ChainruleError) -> ONNXTensor {
        guard let tensor = try constant(node, index) else { throw ChainruleError(.format, "it has no input \(index)") }
        return tensor
    }

    /// Constant floats with so many axes.
    func weights(_ node: ONNXNode, _ index: Int, _ dims: [Int]) throws(ChainruleError) -> ONNXTensor {
        let tensor = try requiredConstant(node, index)
        guard !tensor.isInteger && tensor.dims == dims else {
            throw ChainruleError(
                .format, "its input \(index) has the shape \(tensor.dims.shown); \(dims.shown) is needed")
        }
        return tensor
    }

    /// An input that a layer gives.
    func layer(_ node: ONNXNode, _ index: Int = 0) throws(ChainruleError) -> ONNXLayer {
        switch value(node, index) {
        case .layer(let layer), .label(_, let layer?):
            guard !layer.hasInnerRows || ONNXOperators.takesInnerRows(node) else {
                throw ChainruleError(.format, "it reads \(layer.dims.shown), which mixes the rows of the batch")
            }
            return layer
        case .label: throw ChainruleError(.format, "its input \(index) is a label, which is not supported")
        case .names: throw ChainruleError(.format, "its input \(index) is text, which is not supported")
        case .tensor: throw ChainruleError(.format, "its input \(index) is constant, which is not supported")
        case .none: throw ChainruleError(.format, "it has no input \(index)")
        }
    }

    func floatLayer(_ node: ONNXNode, _ index: Int = 0) throws(ChainruleError) -> ONNXLayer {
        let layer = try layer(node, index)
        try checkIsFloat(layer)
        return layer
    }

    func checkIsFloat(_ layer: ONNXLayer) throws(ChainruleError) {
        guard !layer.isInteger || isComputing else {
            throw ChainruleError(.format, "it computes with integers that are not constant")
        }
    }

    /// Numbers for values that the graph has no names for. Only the node in work reads them.
    func temporary(_ inputs: [ONNXValue]) -> [Int] {
        values.removeSubrange(model.names.count...)
        values += inputs
        return Array(model.names.count..<values.count)
    }

    func give(_ value: ONNXValue, _ node: ONNXNode, _ index: Int = 0) {
        if index < node.outputs.count, let output = node.outputs[index] { values[output] = value }
    }

    func give(_ layer: ONNXLayer, _ node: ONNXNode, _ index: Int = 0) { give(.layer(layer), node, index) }

    func give(_ layer: ONNXLayer, as output: Int) { values[output] = .layer(layer) }

    func isRead(_ node: ONNXNode, _ index: Int) -> Bool {
        index < node.outputs.count && node.outputs[index].map { model.readers[$0] > 0 } ?? false
    }

    func refuseOutputs(of node: ONNXNode, from first: Int) throws(ChainruleError) {
        for index in node.outputs.indices where index >= first && isRead(node, index) {
            throw ChainruleError(.format, "its output \(index) is not supported")
        }
    }

    /// Whether what a node gives is read as rows of a table and as lengths of sequences alone: layers refuse numbers for these that
    /// are not whole.
    func areIntegersChecked(_ node: ONNXNode) -> Bool {
        isReadOnly(node, 0) { reader, place in
            if reader.operation.isSame(as: "Gather"), case .tensor = value(reader, 0) { return place == 1 }
            let isRecurrent = (["RNN", "GRU", "LSTM"] as [StaticString]).contains { reader.operation.isSame(as: $0) }
            return isRecurrent && place == 4
        }
    }

    /// Whether an output of a node is read by nodes alone, at such places of their inputs.
    func isReadOnly(_ node: ONNXNode, _ index: Int, by suits: (_ reader: ONNXNode, _ place: Int) -> Bool) -> Bool {
        guard index < node.outputs.count, let output = node.outputs[index] else { return true }
        let readers = readingNodes[output]
        // Outputs of the graph are readers, too.
        guard model.readers[output] == readers.count else { return false }
        return readers.allSatisfy { index in
            let reader = model.nodes[index]
            return reader.inputs.indices.allSatisfy { reader.inputs[$0] != output || suits(reader, $0) }
        }
    }

    /// The only reader of a value, if that is a node that is still to do and all else that it reads is constant; with it, what makes
    /// it a part of the layer before.
    func onlyReader(of output: Int) -> (node: ONNXNode, take: () -> Void)? {
        guard model.readers[output] == 1, let index = readingNodes[output].first, !isDone[index], index != current,
            !isComputing
        else { return nil }
        let node = model.nodes[index]
        // What nodes between the two give is not known yet: it looks as if it were left out.
        for case let input? in node.inputs where input != output {
            guard case .tensor = values[input] else { return nil }
        }
        return (node, { self.isDone[index] = true })
    }

    /// The node that gives a value.
    func producer(of value: Int) -> ONNXNode? { producers[value].map { model.nodes[$0] } }

    // MARK: Layers

    /// A name for a layer of the node in work.
    /// - Parameter part: what it does; empty for the node's main layer.
    func freeName(_ part: String) -> String {
        if base.isEmpty {
            let node = model.nodes[current]
            let name = node.name ?? node.operation
            base = ONNXImporter.layerName(name.isEmpty ? node.operation : name)
        }
        var name = part.isEmpty ? base : base + "-" + part
        var number = architecture.nodes.count
        while architecture.position(of: LayerName(unchecked: name)) != nil {
            name = base + "-" + (part.isEmpty ? "" : part + "-") + number.description
            number += 1
        }
        return name
    }

    /// A name of the graph as a name of a layer.
    private static func layerName(_ name: ProtobufBytes) -> String {
        var bytes: [UInt8] = []
        for index in 0..<min(name.count, 40) {
            let byte = name[index]
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                bytes.append(byte)
            default: if !bytes.isEmpty { bytes.append(UInt8(ascii: "_")) }
            }
        }
        return bytes.isEmpty ? "layer" : String(decoding: bytes, as: UTF8.self)
    }

    /// Adds the node's main layer, with a name for it.
    func add(_ part: String = "", _ body: (_ name: String) throws(ChainruleError) -> Void) throws(ChainruleError)
        -> String
    {
        let name = freeName(part)
        try body(name)
        return name
    }

    /// Says what a tensor of parameters is.
    func fill(_ layer: String, _ tensor: StaticString, _ numbers: ONNXTensor) throws(ChainruleError) {
        try Reserve.setAside(256 * fills.count)
        fills.append((layer, tensor, numbers))
    }
}

extension [Int] {
    /// For messages.
    var shown: String {
        var text = "["
        for (index, number) in enumerated() { text += (index == 0 ? "" : ", ") + number.description }
        return text + "]"
    }
}

extension Architecture {
    /// The layers that one needs, up to it.
    func ending(at last: String) throws(ChainruleError) -> Architecture {
        let end = try position(of: last, readBy: LayerName(unchecked: last))
        var isNeeded = [Bool](repeating: false, count: end + 1)
        isNeeded[end] = true
        for index in (0..<end).reversed() where isNeeded[index + 1] {
            for input in nodes[index].inputs { isNeeded[input] = true }
        }
        var result = try Architecture(inputs: inputs)
        for index in 0..<end where isNeeded[index + 1] {
            let node = nodes[index]
            // Not with map: on arm64 the closure, compiled by itself, would give strings that are no strings (Embedded Swift 6.3:
            // its swift_bridgeObjectRetain changes the register that compilers take for unchanged).
            var inputs: [String] = []
            for input in node.inputs { inputs.append(name(at: input).text) }
            try result.append(node.layer, name: node.name.text, inputs: inputs)
        }
        return result
    }
}
