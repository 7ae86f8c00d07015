import Kernels

/// The dense layers of a network, packed for the prediction kernels, and the memory that a prediction needs.
final class PackedNetwork: FallibleClass, @unchecked Sendable {
    /// All dense layers, in order.
    let layers: Memory<PackedDense>
    /// Whether the network is a chain of only these layers, each reading the one before. Built-in activation layers
    /// merge into them; dropout and noise layers do nothing here.
    let isChain: Bool
    /// For each node: its index in `layers` if it is a dense layer, otherwise nil.
    let layerOfNode: [Int?]
    /// Scratch memory that a prediction needs for each row, in floats: for all positions of a layer.
    let scratchPerRow: Int
    /// How many rows go through the layers together: as many as fit in the second-level cache.
    let groupRows: Int
    private let memory: FloatMemory
    private let activations: UnsafeMutablePointer<ActivationKernel<Float>>

    fileprivate init(
        layers: Memory<PackedDense>, isChain: Bool, layerOfNode: [Int?], scratchPerRow: Int, groupRows: Int,
        memory: FloatMemory, activations: UnsafeMutablePointer<ActivationKernel<Float>>
    ) {
        self.layers = layers
        self.isChain = isChain
        self.layerOfNode = layerOfNode
        self.scratchPerRow = scratchPerRow
        self.groupRows = groupRows
        self.memory = memory
        self.activations = activations
    }

    deinit {
        activations.deinitialize(count: layers.count)
        activations.deallocate()
    }
}

/// Rounds a number of floats up to whole cache lines of 16. Cannot overflow for anything in memory.
private func wholeLines(_ count: Int) -> Int { (count + 15) & ~15 }

/// A dense layer to be packed.
private struct DenseStage {
    let weights: Matrix
    let bias: Matrix?
    /// The layer multiplies so many rows for each sample.
    let positions: Int
    /// Applied with the layer; the identity where the network's nodes apply it.
    var activation: Activation
    /// Where the layer's memory begins, and the sizes of its panels and its lanes.
    var place = 0
    var words = 0
    var lanes = 0
    var panelCount: Int { words * lanes }
}

extension FallibleClass where Self == PackedNetwork {
    init(_ network: Network, precision: Precision, kernels: PredictionKernels, arithmetic: Arithmetic)
        throws(ChainruleError)
    {
        try network.architecture.setAside()
        var (stages, isChain, layerOfNode) = network.denseStages()
        var (mostPositions, operandCount) = (1, 0)
        var count = 0
        for index in stages.indices {
            stages[index].place = count
            stages[index].words =
                (stages[index].weights.columns + kernels.valuesPerWord - 1) / kernels.valuesPerWord
            stages[index].lanes = PanelPacking.lanes(
                of: stages[index].weights.rows, vectorWidth: kernels.vectorWidth)
            let panels = try Plan.checkedProduct(stages[index].words, stages[index].lanes)
            let lanes = try Plan.checkedProduct(stages[index].lanes, precision == .int8 ? 4 : 1)
            count = try Plan.checkedSum([count, panels, lanes, 15]) & ~15
            if precision == .int8 && stages[index].weights.columns > Int8Weights.mostInputs {
                throw ChainruleError(
                    .size,
                    "a layer has \(stages[index].weights.columns) inputs; in int8 it has \(Int8Weights.mostInputs) at most"
                )
            }
        }
        let memory = try FloatMemory(count: count, for: "a predictor")
        let layers = try Memory<PackedDense>(count: stages.count, for: "a predictor's layers")
        for (index, stage) in stages.enumerated() {
            let base = memory.base + stage.place
            var layer = PackedDense(
                inputs: stage.weights.columns, outputs: stage.weights.rows, words: stage.words, panels: base,
                lanes: base + stage.panelCount)
            layer.operandStride = precision.operandStride(layer, readsOthers: index == 0 || !isChain)
            operandCount = max(operandCount, try Plan.checkedProduct(layer.operandStride, stage.positions))
            mostPositions = max(mostPositions, stage.positions)
            try stage.pack(into: &layer, base, precision, kernels, arithmetic)
            (layers.base + index).pointee = layer
        }
        // From here on nothing throws, so everything allocated gets an owner at the end.
        let activations = UnsafeMutablePointer<ActivationKernel<Float>>.allocate(capacity: max(stages.count, 1))
        // Results alternate between two places. A third holds what is computed from the inputs.
        var resultStrides = [0, 0]
        var widest = 0
        for (index, stage) in stages.enumerated() {
            var layer = layers.base[index]
            let kernel = stage.activation.kernel(arithmetic)
            (activations + index).initialize(to: kernel)
            // In other networks each node applies its own σ.
            layer.rectifies = isChain && stage.activation.isReLU
            if !stage.activation.isIdentity && !layer.rectifies {
                layer.activation = UnsafePointer(activations + index)
            }
            layer.alpha = stage.activation.alpha ?? 0
            // Rows a multiple of 4 KiB apart would evict each other from the first-level cache.
            layer.resultStride = stage.lanes % 256 == 0 ? stage.lanes + 16 : stage.lanes
            if isChain && index < stages.count - 1 {
                resultStrides[index % 2] = max(resultStrides[index % 2], wholeLines(layer.resultStride))
            }
            widest = max(widest, layer.inputs + layer.resultStride)
            (layers.base + index).pointee = layer
        }
        for index in stages.indices {
            layers.base[index].resultPlace = index % 2 * resultStrides[0]
            layers.base[index].operandPlace = resultStrides[0] + resultStrides[1]
        }
        // Inputs and results of a group fill at most three quarters of a 1 MiB cache; a panel shares it.
        let tiles = max(1, min(8, 196_608 / max(widest, 1) / mostPositions / kernels.tileRows))
        self = PackedNetwork(
            layers: layers, isChain: isChain, layerOfNode: layerOfNode,
            scratchPerRow: resultStrides[0] + resultStrides[1] + operandCount,
            groupRows: tiles * kernels.tileRows, memory: memory, activations: activations)
    }
}

extension Precision {
    /// Scratch memory that a layer needs for each row of its inputs, in floats.
    /// - Parameter readsOthers: whether the inputs may lie outside the predictor's memory, with any stride.
    fileprivate func operandStride(_ layer: PackedDense, readsOthers: Bool) -> Int {
        // An odd number of cache lines, so that rows do not evict each other from the first-level cache.
        func spread(_ count: Int) -> Int { wholeLines(count) | 16 }
        switch self {
        case .float32: return readsOthers && layer.inputs >= 256 ? spread(layer.inputs) : 0
        case .bfloat16: return spread(layer.words)
        case .int8: return spread(layer.words + 2)
        }
    }
}

extension DenseStage {
    /// Writes the panels to `base`, and the lanes' values behind them.
    fileprivate func pack(
        into layer: inout PackedDense, _ base: UnsafeMutablePointer<Float>, _ precision: Precision,
        _ kernels: PredictionKernels, _ arithmetic: Arithmetic
    ) throws(ChainruleError) {
        let after = base + panelCount
        switch precision {
        case .float32:
            try PanelPacking.forEachPanel(outputs: weights.rows, vectorWidth: kernels.vectorWidth) {
                units, width throws(ChainruleError) in
                try Cancellation.look(before: weights.rows, times: weights.columns)
                arithmetic.transpose(
                    weights.rows(from: units.lowerBound, count: units.count),
                    into: Matrix(
                        base: base + units.lowerBound * words, rows: words, columns: units.count, stride: width))
            }
            write(bias, to: after)
        case .bfloat16:
            try forEachWord(kernels) { place, unit, word in
                let first = BFloat16.nearest(weights[unit, 2 * word])
                let second = 2 * word + 1 < weights.columns ? BFloat16.nearest(weights[unit, 2 * word + 1]) : 0
                base[place] = Float(bitPattern: UInt32(second) << 16 | UInt32(first))
            }
            write(bias, to: after)
        case .int8:
            // The first lanes stay zero: the sums start from them. Then come bias, scales and sums of weights.
            let (bias, scales, sums) = (after + lanes, after + 2 * lanes, after + 3 * lanes)
            write(self.bias, to: bias)
            layer.bias = UnsafePointer(bias)
            layer.scales = UnsafePointer(scales)
            layer.weightSums = UnsafeRawPointer(sums).assumingMemoryBound(to: Int32.self)
            for unit in 0..<weights.rows {
                scales[unit] = Int8Weights.step(largest: arithmetic.largestMagnitude(weights.row(unit)))
            }
            try forEachWord(kernels) { place, unit, word in
                let inverse = scales[unit] > 0 ? 1 / scales[unit] : 0
                var bits: UInt32 = 0
                var sum: Int32 = 0
                for byte in 0..<min(4, weights.columns - 4 * word) {
                    let number = Int8Weights.number(weights[unit, 4 * word + byte], inverse: inverse)
                    bits |= UInt32(UInt8(bitPattern: number)) << UInt32(8 * byte)
                    sum += Int32(number)
                }
                base[place] = Float(bitPattern: bits)
                let before = Int32(bitPattern: sums[unit].bitPattern)
                sums[unit] = Float(bitPattern: UInt32(bitPattern: before + sum))
            }
        }
    }

    /// Can be cancelled.
    private func forEachWord(
        _ kernels: PredictionKernels, _ body: (_ place: Int, _ unit: Int, _ word: Int) -> Void
    ) throws(ChainruleError) {
        try PanelPacking.forEachWord(outputs: weights.rows, words: words, vectorWidth: kernels.vectorWidth) {
            place, unit, word throws(ChainruleError) in
            if word == 0 { try Cancellation.look(before: weights.rows, times: weights.columns) }
            body(place, unit, word)
        }
    }

    private func write(_ bias: Matrix?, to lanes: UnsafeMutablePointer<Float>) {
        if let bias { lanes.update(from: bias.base, count: bias.count) }
    }
}

extension Network {
    /// Returns the dense layers, whether they are a chain that makes up the whole network, and the index of each node's
    /// dense layer.
    fileprivate func denseStages() -> (stages: [DenseStage], isChain: Bool, layerOfNode: [Int?]) {
        var stages: [DenseStage] = []
        var layerOfNode: [Int?] = []
        var isChain = true
        for (index, node) in architecture.nodes.enumerated() {
            if node.inputs.count != 1 || node.inputs[0] != index { isChain = false }
            if let dense = node.layer.asDense {
                let tensors = plan.tensors[plan.tensorRanges[index]]
                layerOfNode.append(stages.count)
                stages.append(
                    DenseStage(
                        weights: tensors[tensors.startIndex].view(in: parameters),
                        bias: dense.hasBias ? tensors[tensors.startIndex + 1].view(in: parameters) : nil,
                        positions: node.shape.positions, activation: dense.activation))
                if dense.activation.isCustom || node.shape.positions > 1 { isChain = false }
            } else if let layer = node.layer.asActivation, !stages.isEmpty,
                stages[stages.count - 1].activation.isIdentity,
                !layer.activation.isCustom, node.shape.positions == 1
            {
                layerOfNode.append(nil)
                if isChain { stages[stages.count - 1].activation = layer.activation }
            } else if node.layer.isIdentityWithoutNoise {
                layerOfNode.append(nil)
            } else {
                layerOfNode.append(nil)
                isChain = false
            }
        }
        return (stages, isChain && !stages.isEmpty, layerOfNode)
    }
}

extension Layer {
    var asDense: Dense? { kind.isSameText(as: Dense.kind) ? unsafeDowncast(self, to: Dense.self) : nil }
    fileprivate var asActivation: ActivationLayer? {
        kind.isSameText(as: ActivationLayer.kind) ? unsafeDowncast(self, to: ActivationLayer.self) : nil
    }
}

extension Activation {
    fileprivate var isReLU: Bool { identifier.isSameText(as: "relu") }

    /// The kernel. A custom activation has none, and gets the identity's.
    fileprivate func kernel(_ arithmetic: Arithmetic) -> ActivationKernel<Float> {
        if case .builtIn(let select) = function { return select(arithmetic) }
        return arithmetic.kernels.activations.identity
    }
}
