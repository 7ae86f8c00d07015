/// Describes a network: its layers in order, each naming the layers it reads. A value type that holds no parameters.
///
/// ```swift
/// var architecture = try Architecture(inputs: 64)
/// try architecture.dense(100, .relu)
/// try architecture.dense(10)
/// let network = try Network(architecture, seed: 1)
/// ```
///
/// By default a layer reads the one before it. Several layers may read the same one, and sums and concatenations read
/// several. Describe residual and multi-branch networks the same way. The last layer is the output.
public struct Architecture: Sendable {
    /// One layer and its place in the network.
    public struct Node: Sendable {
        public let name: LayerName
        public let shape: Shape
        /// N_l: how many outputs the layer has.
        public var width: Int { shape.count }
        /// The settings that made the layer.
        public var settings: LayerSettings { layer.settings }
        package let layer: any Layer
        /// The positions that it reads: 0 is the network's input, `i + 1` is the node at index `i`.
        package let inputs: [Int]

        /// Adds the layer's name to an error.
        func named(in error: ChainruleError) -> ChainruleError {
            error.preceded(by: "layer '\(name.text)': ")
        }
    }

    /// N_0: how many inputs the network has.
    public var inputs: Int { inputShape.count }
    /// One axis of all inputs.
    let inputShape: Shape
    public private(set) var nodes: [Node] = []
    /// The indices of the nodes, sorted by name: files may have thousands of layers, and name thousands of inputs.
    private var namesInOrder: [Int] = []

    /// - Parameter inputs: the length of x, at least 1.
    public init(inputs: Int) throws(ChainruleError) {
        guard inputs >= 1 else { throw ChainruleError(.size, "a network has at least 1 input; \(inputs) were given") }
        guard inputs <= Shape.mostElements else {
            throw ChainruleError(.size, "a network has at most \(Shape.mostElements) inputs; \(inputs) were given")
        }
        inputShape = try Shape([inputs])
    }

    /// The shape of a layer by its name, nil: of the last; nil if there is no such layer.
    package func shape(read name: String?) -> Shape? {
        guard let name else { return outputShape }
        return position(of: LayerName(unchecked: name)).map { shape(at: $0) }
    }

    /// The shape of the output; of the input while there are no layers.
    public var outputShape: Shape { nodes.last?.shape ?? inputShape }

    /// The width of the output; of the input while there are no layers.
    public var outputs: Int { outputShape.count }

    /// Enough for any network.
    static var mostLayers: Int { 10_000 }
    /// The most layers that one layer may read.
    package static var mostInputs: Int { 10_000 }

    package mutating func append(_ layer: any Layer, name: String?, inputs names: [String]?) throws(ChainruleError) {
        guard nodes.count < Architecture.mostLayers else {
            throw ChainruleError(.size, "the network has \(nodes.count) layers already, the most there can be")
        }
        // The arrays of layers grow by doubling.
        try Reserve.setAside(512 * nodes.count + 512 * (names?.count ?? 1))
        let name = try LayerName(name ?? nodes.count.description)
        guard position(of: name) == nil else {
            throw ChainruleError(.name, "the layer name '\(name.text)' is already taken")
        }
        var positions: [Int] = []
        if let names {
            guard names.count <= Architecture.mostInputs else {
                throw ChainruleError(
                    .size,
                    "layer '\(name.text)' reads \(names.count) layers; at most \(Architecture.mostInputs) are possible")
            }
            for text in names { positions.append(try position(of: text, readBy: name)) }
        } else {
            positions = [nodes.count]
        }
        let shape = try layer.shape(named: name, ofInputs: shapes(at: positions))
        namesInOrder.insert(nodes.count, at: place(of: name))
        nodes.append(Node(name: name, shape: shape, layer: layer, inputs: positions))
    }

    /// The shapes of what a node reads.
    func inputShapes(of node: Node) -> [Shape] { shapes(at: node.inputs) }

    private func shapes(at positions: [Int]) -> [Shape] {
        var shapes: [Shape] = []
        for position in positions { shapes.append(shape(at: position)) }
        return shapes
    }

    func shape(at position: Int) -> Shape { position == 0 ? inputShape : nodes[position - 1].shape }

    package func name(at position: Int) -> LayerName { position == 0 ? .input : nodes[position - 1].name }

    /// The position of the layer with this name, or of the network's input; nil if there is none.
    func position(of name: LayerName) -> Int? {
        if name == .input { return 0 }
        let place = self.place(of: name)
        guard place < namesInOrder.count, nodes[namesInOrder[place]].name == name else { return nil }
        return namesInOrder[place] + 1
    }

    /// The position of a layer that another reads.
    func position(of text: String, readBy name: LayerName) throws(ChainruleError) -> Int {
        guard let position = position(of: LayerName(unchecked: text)) else {
            throw ChainruleError(
                .name, "layer '\(name.text)' reads '\(text)', but no layer before it has that name")
        }
        return position
    }

    /// The place of a name among the sorted names, or where it would go.
    private func place(of name: LayerName) -> Int {
        var low = 0
        var high = namesInOrder.count
        while low < high {
            let middle = (low + high) / 2
            if nodes[namesInOrder[middle]].name.text.utf8.lexicographicallyPrecedes(name.text.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
