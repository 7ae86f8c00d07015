import Kernels

/// A layer to be packed, with the layers that can be merged into it: those that alone read the one before them, and are
/// identities, its σ, or batch normalisation.
struct PackedStage {
    let layer: any PreparableLayer
    let node: Int
    let packing: WeightPacking
    let precision: Precision
    let channels: Int
    /// The elements of a sample.
    let inputCount: Int
    let outputCount: Int
    /// Of its input or its output, whichever has more.
    let mostPositions: Int
    /// The nodes that are merged into it.
    var merged: [Int] = []
    /// σ, and the node that it comes from.
    var activation: Activation
    var activationNode: Int
    /// The node of the normalisation that is multiplied into the weights.
    var normalization: Int?

    /// A matrix of weights that is packed by itself.
    struct Part {
        /// The tensor, and its rows, unless they are transposed first.
        let tensor: Int
        let firstRow: Int
        let units: Int
        let depth: Int
        /// Whether its products begin with its share of b.
        let hasBias: Bool
        /// The sizes of its panels: the depth in words, and the units filled up to whole panels.
        var words = 0
        var lanes = 0
        /// Where they begin.
        var place = 0
    }

    /// One for each product: of the groups, and then of the state.
    private(set) var parts: [Part]
    /// The units of each gate, of a ``CellLayer``; nil otherwise.
    private let packedUnits: Int?
    /// Where b lies.
    private(set) var place = 0
    /// The place of its first product among those of all layers.
    private(set) var firstProduct = 0

    /// Nil if the layer's own pass is as fast.
    fileprivate init?(
        _ layer: any PreparableLayer, _ index: Int, _ architecture: Architecture, _ precision: Precision,
        _ kernels: PredictionKernels
    ) {
        let node = architecture.nodes[index]
        let inputs = architecture.inputShapes(of: node)
        self.layer = layer
        self.node = index
        packing = layer.packing(shape: node.shape, inputs: inputs)
        if packing.use == .sums && precision == .float32 { return nil }
        // Sums of so many products could overflow. A dense layer is refused; a window stays in float32.
        if packing.use != .rows && precision == .int8 && packing.depth > Int8Weights.mostInputs { return nil }
        self.precision = packing.use == .depthwise ? .float32 : precision
        channels = node.shape.channels
        (inputCount, outputCount) = (inputs[0].count, node.shape.count)
        mostPositions = max(node.shape.positions, inputs[0].positions)
        activation = layer.activation
        activationNode = index
        packedUnits = layer.cellLayer?.packedUnits(vectorWidth: kernels.vectorWidth)
        parts = []
        for group in 0..<packing.groups {
            parts.append(
                Part(
                    tensor: 0, firstRow: group * packing.units, units: packing.units, depth: packing.depth,
                    hasBias: packing.givesOutputs))
        }
        guard let cell = layer.cellLayer, let packedUnits else { return }
        parts = [Part(tensor: 0, firstRow: 0, units: cell.gates * packedUnits, depth: packing.depth, hasBias: true)]
        for gates in cell.stateProducts {
            parts.append(
                Part(
                    tensor: 1, firstRow: gates.lowerBound * packedUnits, units: gates.count * packedUnits,
                    depth: cell.units, hasBias: false))
        }
    }

    /// Whether the products end with σ. At many positions with few units each, one pass over all of them is faster.
    var rectifies: Bool {
        let isProduct = packing.use == .parts || packing.use == .windows && precision != .float32
        return activation.isReLU && (packing.use == .rows || isProduct && packing.units >= 16)
    }

    /// The most rows of A that go through a product at a time.
    var mostRows: Int { WindowProduct.positionsAtATime(depth: packing.depth) }

    func panelWidth(_ kernels: PredictionKernels) -> Int {
        packing.use == .depthwise ? packing.units : kernels.vectorWidth
    }

    /// Merges a node that alone reads this layer, if that is possible.
    fileprivate mutating func merge(_ index: Int, _ node: Architecture.Node, foldsNormalization: Bool) -> Bool {
        if activation.isCustom || packing.use == .states && !node.layer.isIdentityWithoutNoise { return false }
        if !node.layer.isIdentityWithoutNoise {
            guard activation.isIdentity && node.shape.channels == channels else { return false }
            if case .input = node.layer.preactivation, let function = node.layer.outputActivation, !function.isCustom {
                (activation, activationNode) = (function, index)
            } else if foldsNormalization && normalization == nil && node.layer.mapsChannels {
                normalization = index
            } else {
                return false
            }
        }
        merged.append(index)
        return true
    }

    /// Finds the layer's place behind `count` floats and so many products of other layers.
    mutating func layOut(from count: inout Int, product: inout Int, _ kernels: PredictionKernels) throws(ChainruleError)
    {
        let values = packing.use == .depthwise ? 1 : kernels.valuesPerWord
        (place, firstProduct) = (count, product)
        count = try Plan.checkedSum([count, biasCount, 15]) & ~15
        product += parts.count
        for index in parts.indices {
            let (units, depth) = (parts[index].units, parts[index].depth)
            if precision == .int8 && depth > Int8Weights.mostInputs {
                throw ChainruleError(
                    .size, "a layer has \(depth) inputs; in int8 it has \(Int8Weights.mostInputs) at most")
            }
            let words = (depth + values - 1) / values
            let lanes = PanelPacking.lanes(of: units, vectorWidth: panelWidth(kernels))
            (parts[index].words, parts[index].lanes, parts[index].place) = (words, lanes, count)
            let starts = try Plan.checkedProduct(lanes, precision == .int8 ? 4 : 1)
            count = try Plan.checkedSum([count, Plan.checkedProduct(words, lanes), starts, 15]) & ~15
        }
    }

    /// The elements of b, or as many zeros, and of a cell's vectors.
    var biasCount: Int {
        guard let cell = layer.cellLayer, let packedUnits else { return channels }
        return (cell.gates + cell.vectors.count) * packedUnits
    }
}

extension Architecture {
    /// The layers to be packed, and whether their products are the whole network, each reading the one before.
    func packedStages(
        _ precision: Precision, foldsNormalization: Bool, _ kernels: PredictionKernels
    ) -> (stages: [PackedStage], isChain: Bool) {
        var stages: [PackedStage] = []
        var isChain = true
        // By position: how often it is read, and the stage that writes it.
        var readers = [Int](repeating: 0, count: nodes.count + 1)
        var writers = [Int?](repeating: nil, count: nodes.count + 1)
        for node in nodes { for position in node.inputs { readers[position] += 1 } }
        for (index, node) in nodes.enumerated() {
            let position = node.inputs[0]
            if node.inputs.count != 1 || position != index { isChain = false }
            if let layer = node.layer.preparable,
                let stage = PackedStage(layer, index, self, precision, kernels)
            {
                writers[index + 1] = stages.count
                if stage.packing.use != .rows || stage.mostPositions > 1 || stage.activation.isCustom {
                    isChain = false
                }
                stages.append(stage)
            } else if node.inputs.count == 1, readers[position] == 1, let writer = writers[position],
                stages[writer].merge(index, node, foldsNormalization: foldsNormalization)
            {
                writers[index + 1] = writer
            } else if !node.layer.isIdentityWithoutNoise {
                isChain = false
            }
        }
        return (stages, isChain && !stages.isEmpty)
    }
}

extension Network {
    /// The parameters and the state of a layer.
    func numbers(ofNode index: Int) -> LayerNumbers {
        LayerNumbers(
            tensors: plan.tensors[plan.tensorRanges[index]], stateTensors: plan.state[plan.stateRanges[index]],
            numbers: numbers)
    }
}

extension Activation {
    fileprivate var isReLU: Bool { identifier.isSameText(as: "relu") }
}
