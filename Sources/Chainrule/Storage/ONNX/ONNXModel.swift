/// A model as its file describes it: a graph of nodes in an order in which they can be computed. Its tensors and texts lie in the
/// file's bytes, which must live longer.
struct ONNXModel {
    private(set) var version: Int64 = 0
    /// The nodes that the outputs need.
    private(set) var nodes: [ONNXNode] = []
    var inputs: [Input] = []
    /// The names of the outputs, by their numbers.
    private(set) var outputs: [Int] = []
    /// By a name's number, the tensor that the file gives for it.
    private(set) var initializers: [ONNXTensor?] = []
    private(set) var names = ONNXNames()
    /// By a name's number, how many nodes and outputs read it.
    private(set) var readers: [Int] = []

    /// An input of the graph.
    struct Input {
        let value: Int
        let isInteger: Bool
        /// Whether its elements are floats of 16 bits.
        let isHalf: Bool
        /// Nil for an axis whose length is open.
        var dims: [Int?]
    }

    /// The operators' newest versions that are known here. Those of a newer set are refused: they may compute otherwise.
    static var newestOpset: Int { 28 }
    static var oldestOpset: Int { 1 }
    /// Of the domain ai.onnx.ml.
    private static var newestLearning: Int64 { 5 }
    private static var mostNodes: Int { 200_000 }

    init(_ bytes: ProtobufBytes) throws(ChainruleError) {
        var graph = Graph()
        var opsets: [(domain: ProtobufBytes?, version: Int64)] = []
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: version = try field.integer()
            // A message in pieces is one message.
            case 7: try graph.read(field.bytes())
            case 8:
                try Reserve.setAside(128 * (opsets.count + 1))
                opsets.append(try ONNXModel.opset(field.bytes()))
            default: break
            }
        }
        guard version >= 1 && !(graph.nodes.isEmpty && graph.outputs.isEmpty) else {
            throw ChainruleError(.format, "no ONNX model: it has no version or no graph")
        }
        var (opset, learning) = (Int64?.none, Int64?.none)
        for each in opsets {
            if ONNXModel.isOfONNX(each.domain) { opset = each.version }
            if ONNXModel.isOfLearning(each.domain) { learning = each.version }
        }
        // A model may have operators of that domain alone.
        if opset == nil && learning != nil { opset = Int64(ONNXModel.newestOpset) }
        if let learning, !(1...ONNXModel.newestLearning ~= learning) {
            throw ChainruleError(
                .fileVersion,
                "the model's opset of ai.onnx.ml is \(learning); this library reads 1 to \(ONNXModel.newestLearning)")
        }
        guard let opset, opset >= ONNXModel.oldestOpset else {
            throw ChainruleError(
                .format, "the model's opset is \(opset ?? 0); opsets from \(ONNXModel.oldestOpset) on are supported")
        }
        guard opset <= ONNXModel.newestOpset else {
            throw ChainruleError(
                .fileVersion,
                "the model's opset is \(opset); this library reads opsets up to \(ONNXModel.newestOpset)")
        }
        for index in graph.nodes.indices {
            graph.nodes[index].isOfLearning = ONNXModel.isOfLearning(graph.nodes[index].domain)
            graph.nodes[index].opset = Int(graph.nodes[index].isOfLearning ? learning ?? 1 : opset)
        }
        try resolve(&graph)
        for node in nodes where !node.isOfLearning && !ONNXModel.isOfONNX(node.domain) {
            throw node.named(
                in: ChainruleError(.format, "operators of '\(node.domain!.shown)' are not supported"))
        }
    }

    private static func isOfONNX(_ domain: ProtobufBytes?) -> Bool {
        domain.map { $0.isEmpty || $0.isSame(as: "ai.onnx") } ?? true
    }

    private static func isOfLearning(_ domain: ProtobufBytes?) -> Bool { domain?.isSame(as: "ai.onnx.ml") ?? false }

    private static func opset(_ bytes: ProtobufBytes) throws(ChainruleError) -> (ProtobufBytes?, Int64) {
        var opset: (ProtobufBytes?, Int64) = (nil, 0)
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            if field.number == 1 { opset.0 = try field.bytes() }
            if field.number == 2 { opset.1 = try field.integer() }
        }
        return opset
    }

    /// A graph with names in place of numbers.
    private struct Graph {
        var nodes: [ONNXNode] = []
        var initializers: [(name: ProtobufBytes, tensor: ONNXTensor)] = []
        var inputs: [ONNXValueInfo] = []
        var outputs: [ONNXValueInfo] = []

        mutating func read(_ bytes: ProtobufBytes) throws(ChainruleError) {
            var count = nodes.count + initializers.count + inputs.count + outputs.count
            var counter = ProtobufReader(bytes)
            while let field = try counter.next() {
                if [1, 5, 11, 12].contains(field.number) { count += 1 }
            }
            guard count <= ONNXModel.mostNodes else {
                throw ChainruleError(
                    .format, "the graph has \(count) nodes and tensors; at most \(ONNXModel.mostNodes) are supported")
            }
            // The arrays grow by doubling, and a name's number and reader take little.
            try Reserve.setAside(2048 * count)
            var reader = ProtobufReader(bytes)
            while let field = try reader.next() {
                switch field.number {
                case 1: nodes.append(try ONNXNode.read(field.bytes()))
                case 5:
                    let (name, tensor) = try ONNXTensor.read(field.bytes())
                    guard let name, !name.isEmpty else {
                        throw ChainruleError(.format, "the tensor at byte \(field.place) has no name")
                    }
                    initializers.append((name, tensor))
                case 11: inputs.append(try ONNXValueInfo(field.bytes()))
                case 12: outputs.append(try ONNXValueInfo(field.bytes()))
                case 15: throw ChainruleError(.format, "sparse tensors are not supported")
                default: break
                }
            }
        }
    }

    // MARK: Names

    /// Gives each name a number. Checks that each is given once, before it is read. Keeps the nodes that the outputs need.
    private mutating func resolve(_ graph: inout Graph) throws(ChainruleError) {
        var all: [ProtobufBytes] = []
        for node in graph.nodes { all += node.inputNames + node.outputNames }
        for (name, _) in graph.initializers { all.append(name) }
        for value in graph.inputs + graph.outputs { all.append(value.name) }
        try Reserve.setAside(256 * all.count)
        names = ONNXNames(all)
        initializers = [ONNXTensor?](repeating: nil, count: names.count)
        var isGiven = [Bool](repeating: false, count: names.count)
        for (name, tensor) in graph.initializers {
            let value = names.number(of: name)
            guard initializers[value] == nil else {
                throw ChainruleError(.format, "the graph has two tensors '\(name.shown)'")
            }
            (initializers[value], isGiven[value]) = (tensor, true)
        }
        var isInput = [Bool](repeating: false, count: names.count)
        for input in graph.inputs {
            let value = names.number(of: input.name)
            guard !isInput[value] else {
                throw ChainruleError(.format, "the graph has two inputs '\(input.name.shown)'")
            }
            (isInput[value], isGiven[value]) = (true, true)
            // One with a tensor is a constant.
            if initializers[value] == nil { inputs.append(try input.input(value)) }
        }
        for index in graph.nodes.indices { try graph.nodes[index].resolve(names, &isGiven) }
        guard !graph.outputs.isEmpty else { throw ChainruleError(.format, "the graph has no output") }
        readers = [Int](repeating: 0, count: names.count)
        for output in graph.outputs {
            let value = names.number(of: output.name)
            guard isGiven[value] else {
                throw ChainruleError(.format, "nothing gives the graph's output '\(output.name.shown)'")
            }
            outputs.append(value)
            readers[value] += 1
        }
        var needed: [ONNXNode] = []
        for node in graph.nodes.reversed() where node.outputs.contains(where: { $0.map { readers[$0] > 0 } ?? false }) {
            needed.append(node)
            for case let input? in node.inputs { readers[input] += 1 }
        }
        nodes = needed.reversed()
    }
}

extension ONNXNode {
    fileprivate func resolve(_ names: ONNXNames, _ isGiven: inout [Bool]) throws(ChainruleError) {
        for name in inputNames {
            guard !name.isEmpty else {
                inputs.append(nil)
                continue
            }
            let value = names.number(of: name)
            guard isGiven[value] else {
                throw named(
                    in: ChainruleError(
                        .format, "it reads '\(name.shown)', which nothing before it gives: nodes must be in order"))
            }
            inputs.append(value)
        }
        for name in outputNames {
            guard !name.isEmpty else {
                outputs.append(nil)
                continue
            }
            let value = names.number(of: name)
            guard !isGiven[value] else {
                throw named(in: ChainruleError(.format, "it gives '\(name.shown)', which there is already"))
            }
            isGiven[value] = true
            outputs.append(value)
        }
    }
}

/// The names of a graph's values, each with a number.
struct ONNXNames {
    /// In order, each once.
    private var sorted: [ProtobufBytes] = []

    init() {}

    init(_ names: [ProtobufBytes]) {
        for name in names.sorted(by: { $0.precedes($1) }) {
            if let last = sorted.last, last == name { continue }
            sorted.append(name)
        }
    }

    var count: Int { sorted.count }

    subscript(number: Int) -> ProtobufBytes { sorted[number] }

    /// The number of a name that there is.
    func number(of name: ProtobufBytes) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].precedes(name) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The declaration of an input or output: its name and type.
struct ONNXValueInfo {
    let name: ProtobufBytes
    private var type: ProtobufBytes?

    init(_ bytes: ProtobufBytes) throws(ChainruleError) {
        var name: ProtobufBytes?
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            if field.number == 1 { name = try field.bytes() }
            if field.number == 2 { type = try field.bytes() }
        }
        guard let name, !name.isEmpty else {
            throw ChainruleError(.format, "the input or output at byte \(bytes.start) has no name")
        }
        self.name = name
    }

    /// Reads the type of an input.
    fileprivate func input(_ value: Int) throws(ChainruleError) -> ONNXModel.Input {
        func error(_ what: ErrorMessage) -> ChainruleError {
            ChainruleError(.format, "the graph's input '\(name.shown)' \(what.text)")
        }
        guard let type else { throw error("has no type") }
        var (elements, shape) = (Int64(0), ProtobufBytes?.none)
        var reader = ProtobufReader(type)
        while let field = try reader.next() {
            guard field.number == 1 else {
                if field.number > 9 { continue }
                throw error("is no tensor")
            }
            var tensor = ProtobufReader(try field.bytes())
            while let field = try tensor.next() {
                if field.number == 1 { elements = try field.integer() }
                if field.number == 2 { shape = try field.bytes() }
            }
        }
        guard let shape else { throw error("has no shape") }
        var dims: [Int?] = []
        reader = ProtobufReader(shape)
        while let field = try reader.next() {
            if field.number != 1 { continue }
            guard dims.count < ONNXTensor.mostAxes else { throw error("has more than \(ONNXTensor.mostAxes) axes") }
            var (length, dim) = (Int?.none, ProtobufReader(try field.bytes()))
            while let field = try dim.next() {
                if field.number == 1 { length = Int(clamping: try field.integer()) }
            }
            // So some programs write a length that is not known.
            if length == -1 { length = nil }
            if let length, length < 1 { throw error("has an axis of length \(length)") }
            dims.append(length)
        }
        guard let element = ONNXType(rawValue: elements) else { throw error("has elements of type \(elements)") }
        let isHalf = element == .float16 || element == .bfloat16
        return ONNXModel.Input(value: value, isInteger: element.isInteger, isHalf: isHalf, dims: dims)
    }
}
