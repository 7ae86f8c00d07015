/// One operation of a graph: what it reads and gives, and its settings.
final class ONNXNode {
    let operation: ProtobufBytes
    let name: ProtobufBytes?
    let domain: ProtobufBytes?
    /// The names of what it reads and gives, by their numbers in the graph; nil where one is left out.
    var inputs: [Int?] = []
    var outputs: [Int?] = []
    private(set) var attributes: [ONNXAttribute] = []
    /// Of its domain.
    var opset = 0
    /// Whether it is of the domain ai.onnx.ml.
    var isOfLearning = false

    private(set) var inputNames: [ProtobufBytes] = []
    private(set) var outputNames: [ProtobufBytes] = []

    private init(_ operation: ProtobufBytes, name: ProtobufBytes?, domain: ProtobufBytes?) {
        self.operation = operation
        self.name = name
        self.domain = domain
    }

    static func read(_ bytes: ProtobufBytes) throws(ChainruleError) -> ONNXNode {
        var count = 0
        var counter = ProtobufReader(bytes)
        while try counter.next() != nil { count += 1 }
        try Reserve.setAside(1024 * count + 1024)
        var (operation, name, domain) = (ProtobufBytes?.none, ProtobufBytes?.none, ProtobufBytes?.none)
        var (inputs, outputs, attributes) = ([ProtobufBytes](), [ProtobufBytes](), [ONNXAttribute]())
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: inputs.append(try field.bytes())
            case 2: outputs.append(try field.bytes())
            case 3: name = try field.bytes()
            case 4: operation = try field.bytes()
            case 5: attributes.append(try ONNXAttribute.read(field.bytes()))
            case 7: domain = try field.bytes()
            default: break
            }
        }
        guard let operation else {
            throw ChainruleError(.format, "the node at byte \(bytes.start) has no operator")
        }
        let node = ONNXNode(operation, name: name, domain: domain)
        node.inputNames = inputs
        node.outputNames = outputs
        node.attributes = attributes
        return node
    }

    /// Adds to an error which node it is about.
    func named(in error: ChainruleError) -> ChainruleError {
        let shown = (name?.isEmpty ?? true ? outputNames.first : name)?.shown ?? ""
        // What a layer refuses is the file's fault.
        let code = error.code == .size || error.code == .value || error.code == .name ? .format : error.code
        return ChainruleError(code, "node '\(shown)' (\(operation.shown), opset \(opset)): \(error.message)")
    }

    /// The same node with another operator of ONNX, and other inputs.
    func reading(_ inputs: [Int], as operation: StaticString) -> ONNXNode {
        let bytes = UnsafeRawBufferPointer(start: operation.utf8Start, count: operation.utf8CodeUnitCount)
        let other = ONNXNode(ProtobufBytes(bytes), name: name, domain: nil)
        for input in inputs { other.inputs.append(input) }
        other.outputs = outputs
        other.attributes = attributes
        other.opset = opset
        return other
    }

    // MARK: Settings

    func attribute(_ name: StaticString) -> ONNXAttribute? { attributes.first { $0.name.isSame(as: name) } }

    private func wanted<Value>(_ name: StaticString, _ value: Value?) throws(ChainruleError) -> Value {
        guard let value else { throw ChainruleError(.format, "the attribute '\(name)' is of another type") }
        return value
    }

    func integer(_ name: StaticString) throws(ChainruleError) -> Int? {
        guard let attribute = attribute(name) else { return nil }
        return Int(clamping: try wanted(name, attribute.integer))
    }

    func integers(_ name: StaticString) throws(ChainruleError) -> [Int]? {
        guard let attribute = attribute(name) else { return nil }
        guard attribute.integers.count <= ONNXTensor.mostAxes else {
            throw ChainruleError(.format, "the attribute '\(name)' has \(attribute.integers.count) numbers")
        }
        var list: [Int] = []
        for number in attribute.integers { list.append(Int(clamping: number)) }
        return list
    }

    func float(_ name: StaticString, otherwise value: Float) throws(ChainruleError) -> Float {
        guard let attribute = attribute(name) else { return value }
        return try wanted(name, attribute.float)
    }

    func text(_ name: StaticString) throws(ChainruleError) -> ProtobufBytes? {
        guard let attribute = attribute(name) else { return nil }
        return try wanted(name, attribute.text)
    }

    func flag(_ name: StaticString, otherwise value: Bool = false) throws(ChainruleError) -> Bool {
        try integer(name).map { $0 != 0 } ?? value
    }

    /// Refuses a setting that has another value than the only one supported.
    func require(_ name: StaticString, _ value: Int) throws(ChainruleError) {
        if let given = try integer(name), given != value {
            throw ChainruleError(.format, "\(name) \(given) is not supported")
        }
    }
}

/// A setting of a node.
final class ONNXAttribute {
    let name: ProtobufBytes
    private(set) var integer: Int64?
    private(set) var float: Float?
    private(set) var text: ProtobufBytes?
    private(set) var tensor: ONNXTensor?
    private(set) var integers: [Int64] = []
    private(set) var floats: [Float] = []
    private(set) var texts: [ProtobufBytes] = []

    private init(_ name: ProtobufBytes) { self.name = name }

    fileprivate static func read(_ bytes: ProtobufBytes) throws(ChainruleError) -> ONNXAttribute {
        var name: ProtobufBytes?
        var reader = ProtobufReader(bytes)
        while name == nil, let field = try reader.next() { if field.number == 1 { name = try field.bytes() } }
        guard let name else {
            throw ChainruleError(.format, "the attribute at byte \(bytes.start) has no name")
        }
        let attribute = ONNXAttribute(name)
        var type: Int64 = 0
        reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 2: attribute.float = try field.float()
            case 3: attribute.integer = try field.integer()
            case 4: attribute.text = try field.bytes()
            case 5:
                attribute.tensor = try ONNXTensor.read(field.bytes()).tensor
                if attribute.tensor!.isText { throw ChainruleError(.format, "a tensor of texts is not supported") }
            case 7: try field.append(to: &attribute.floats)
            case 8: try field.append(to: &attribute.integers)
            case 9:
                try Reserve.setAside(128 * (attribute.texts.count + 1))
                attribute.texts.append(try field.bytes())
            case 20: type = try field.integer()
            case 21: throw ChainruleError(.format, "the attribute '\(name.shown)' refers to one of a function")
            default: break
            }
        }
        // Some writers leave out zeros.
        switch type {
        case 1: attribute.float = attribute.float ?? 0
        case 2: attribute.integer = attribute.integer ?? 0
        case 3: attribute.text = attribute.text ?? bytes.part(from: 0, count: 0)
        default: break
        }
        return attribute
    }
}
