import Kernels

/// The layers of a network that are packed for the prediction kernels, and the memory that a prediction needs.
final class PackedNetwork: FallibleClass, @unchecked Sendable {
    /// What a prediction does at a node.
    enum Step: BitwiseCopyable {
        /// The layer's own forward pass, with the parameters as they are.
        case forward
        /// Nothing: the layer is merged into an earlier one.
        case merged
        case packed(PackedLayer)
    }

    /// By node.
    let steps: [Step]
    /// The products of all packed layers, in order.
    let products: Memory<PackedDense>
    /// Whether these products are the whole network, each reading the one before.
    let isChain: Bool
    /// Scratch memory in floats: of a chain for each row, of any other network for all rows.
    let scratchPerRow: Int
    let scratchCount: Int
    /// How many rows go through the layers together: as many as fit in the second-level cache.
    let groupRows: Int
    /// b and the panels of all packed layers.
    let memory: FloatMemory
    /// One for each packed layer.
    private let activations: UnsafeMutableBufferPointer<ActivationKernel<Float>>

    fileprivate init(
        steps: [Step], products: Memory<PackedDense>, isChain: Bool, scratchPerRow: Int, scratchCount: Int,
        groupRows: Int, memory: FloatMemory, activations: UnsafeMutableBufferPointer<ActivationKernel<Float>>
    ) {
        self.steps = steps
        self.products = products
        self.isChain = isChain
        self.scratchPerRow = scratchPerRow
        self.scratchCount = scratchCount
        self.groupRows = groupRows
        self.memory = memory
        self.activations = activations
    }

    /// The tensors that predictions read as they are in the network.
    func unpackedTensors(of plan: Plan) -> [Plan.Tensor] {
        var unpacked: [Plan.Tensor] = []
        for (index, step) in steps.enumerated() {
            let tensors = plan.tensors[plan.tensorRanges[index]]
            switch step {
            case .merged: continue
            case .packed:
                guard let layer = plan.architecture.nodes[index].layer.preparable else { continue }
                for (number, tensor) in tensors.enumerated() where !layer.packs(tensor: number) {
                    unpacked.append(tensor)
                }
            case .forward:
                unpacked += tensors
                unpacked += plan.state[plan.stateRanges[index]]
            }
        }
        return unpacked
    }

    deinit {
        activations.deinitialize()
        activations.deallocate()
    }
}

/// A packed layer, with what is merged into it.
struct PackedLayer: BitwiseCopyable {
    /// The place of its first product in ``PackedNetwork/products``.
    let firstProduct: Int
    /// How many products it has.
    let productCount: Int
    let use: WeightPacking.Use
    let bias: Matrix
    let mostRows: Int
    /// The node whose σ follows the products; nil: none does.
    let activation: Int?
    /// The node whose h it writes: its own, or the last one that is merged.
    let target: Int
}

extension FallibleClass where Self == PackedNetwork {
    /// - Parameter foldsNormalization: whether batch normalisation may be multiplied into weights. Results then differ from
    ///   the network's by rounding.
    init(
        _ network: Network, precision: Precision, foldsNormalization: Bool, kernels: PredictionKernels,
        arithmetic: Arithmetic
    ) throws(ChainruleError) {
        try network.architecture.setAside()
        var (stages, isChain) = network.architecture.packedStages(
            precision, foldsNormalization: foldsNormalization, kernels)
        let (count, productCount) = try PackedNetwork.layOut(&stages, kernels)
        let memory = try FloatMemory(count: count, for: "a predictor")
        for stage in stages { try stage.pack(network, into: memory, kernels, arithmetic) }
        self = try PackedNetwork(
            network.architecture, stages, isChain: isChain, productCount: productCount, memory, kernels, arithmetic)
    }

    /// - Parameter memory: gives so many floats, which another ``PackedNetwork`` of this precision and these kernels packed.
    init(
        _ architecture: Architecture, precision: Precision, kernels: PredictionKernels, arithmetic: Arithmetic,
        packed memory: (_ count: Int) throws(ChainruleError) -> FloatMemory
    ) throws(ChainruleError) {
        try architecture.setAside()
        var (stages, isChain) = architecture.packedStages(precision, foldsNormalization: true, kernels)
        let (count, productCount) = try PackedNetwork.layOut(&stages, kernels)
        self = try PackedNetwork(
            architecture, stages, isChain: isChain, productCount: productCount, memory(count), kernels, arithmetic)
    }

    /// Finds the places of all layers' panels.
    /// - Returns: the number of floats, and of products.
    private static func layOut(
        _ stages: inout [PackedStage], _ kernels: PredictionKernels
    ) throws(ChainruleError) -> (Int, Int) {
        var (count, productCount) = (0, 0)
        for index in stages.indices { try stages[index].layOut(from: &count, product: &productCount, kernels) }
        return (count, productCount)
    }

    private init(
        _ architecture: Architecture, _ stages: [PackedStage], isChain: Bool, productCount: Int,
        _ memory: FloatMemory, _ kernels: PredictionKernels, _ arithmetic: Arithmetic
    ) throws(ChainruleError) {
        let products = try Memory<PackedDense>(count: productCount, for: "a predictor's layers")
        for stage in stages { stage.products(in: memory, to: products) }
        // From here on nothing throws, so everything allocated gets an owner at the end.
        let activations = UnsafeMutableBufferPointer<ActivationKernel<Float>>.allocate(capacity: stages.count)
        var steps = [PackedNetwork.Step](repeating: .forward, count: architecture.nodes.count)
        // Results of a chain alternate between two places. A third holds what is computed from the inputs.
        var (resultStrides, operandStride, widest) = ([0, 0], 0, 0)
        for (index, stage) in stages.enumerated() {
            let activation = activations.baseAddress! + index
            activation.initialize(to: stage.activation.kernel(arithmetic))
            for (part, place) in zip(stage.parts, stage.firstProduct...) {
                var product = products.base[place]
                product.rectifies = stage.rectifies
                if !stage.activation.isIdentity && !stage.rectifies {
                    product.activation = UnsafePointer(activation)
                }
                product.alpha = stage.activation.alpha ?? 0
                // Rows a multiple of 4 KiB apart would evict each other from the first-level cache.
                product.resultStride = part.lanes % 256 == 0 ? part.lanes + 16 : part.lanes
                product.operandStride = stage.precision.operandStride(product, readsOthers: index == 0 || !isChain)
                products.base[place] = product
            }
            let product = products.base[stage.firstProduct]
            if isChain && index < stages.count - 1 {
                resultStrides[index % 2] = max(resultStrides[index % 2], wholeLines(product.resultStride))
            }
            operandStride = max(operandStride, product.operandStride)
            widest = max(widest, Int(clamping: Int64(stage.inputCount) + Int64(stage.outputCount)))
            for node in stage.merged { steps[node] = .merged }
            steps[stage.node] = .packed(stage.layer(in: memory))
        }
        if isChain {
            for index in stages.indices {
                products.base[index].resultPlace = index % 2 * resultStrides[0]
                products.base[index].operandPlace = resultStrides[0] + resultStrides[1]
            }
        }
        // Inputs and results of a group fill at most three quarters of a 1 MiB cache; a panel shares it.
        let groupRows = max(1, min(8, 196_608 / max(widest, 1) / kernels.tileRows)) * kernels.tileRows
        var scratchCount = 0
        for stage in stages {
            let positions = groupRows * min(stage.mostRows, stage.mostPositions)
            for (part, place) in zip(stage.parts, stage.firstProduct...) {
                // Products of the state take a row for each of the batch's.
                let rows = part.tensor == 0 ? min(stage.mostRows, positions) : groupRows
                let count = Int64(rows) * Int64(products.base[place].operandStride)
                scratchCount = max(scratchCount, Int(clamping: count))
            }
        }
        self = PackedNetwork(
            steps: steps, products: products, isChain: isChain,
            scratchPerRow: resultStrides[0] + resultStrides[1] + operandStride, scratchCount: scratchCount,
            groupRows: groupRows, memory: memory, activations: activations)
    }
}

/// Rounds a number of floats up to whole cache lines of 16. Cannot overflow for anything in memory.
private func wholeLines(_ count: Int) -> Int { (count + 15) & ~15 }

extension PackedStage {
    fileprivate func layer(in memory: FloatMemory) -> PackedLayer {
        PackedLayer(
            firstProduct: firstProduct, productCount: parts.count, use: packing.use, bias: bias(in: memory),
            mostRows: mostRows,
            activation: rectifies || activation.isIdentity ? nil : activationNode, target: merged.last ?? node)
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

extension Activation {
    /// The kernel. A custom activation has none, and gets the identity's.
    fileprivate func kernel(_ arithmetic: Arithmetic) -> ActivationKernel<Float> {
        if case .builtIn(let select) = function { return select(arithmetic) }
        return arithmetic.kernels.activations.identity
    }
}
