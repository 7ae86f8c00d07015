import Kernels

/// Finds the stages of a stream, and lays out its memory.
struct StreamBuilder {
    private let predictor: Predictor
    /// For one step.
    private let plan: Plan
    /// With a row for each frame of a block.
    private let workspace: Workspace
    private let works: [Work]

    private enum Work {
        case node(Int)
        case product(Int, PackedLayer)
        case window(Int, PackedLayer, stepsBefore: Int)
        case activation(Int, Activation, ActivationKernel<Float>)
        /// What an input does.
        case combination(Int, StreamCombination.Operation, input: Int)
        case cell(Int, PackedLayer)
    }

    init(_ predictor: Predictor, _ plan: Plan, _ workspace: Workspace) {
        self.predictor = predictor
        self.plan = plan
        self.workspace = workspace
        var works: [Work] = []
        let architecture = predictor.plan.architecture
        let begin = StreamBuilder.onlyReader(of: plan.architecture)
        for (index, node) in architecture.nodes.enumerated() where index != begin {
            let dependence = node.layer.timeDependence(
                shape: node.shape, inputs: architecture.inputShapes(of: node))
            switch (predictor.packed.steps[index], dependence) {
            case (.merged, _): continue
            case (.packed(let layer), .window(let stepsBefore)) where stepsBefore > 0:
                works.append(.window(index, layer, stepsBefore: stepsBefore))
            case (.packed(let layer), .state): works.append(.cell(index, layer))
            case (.packed(let layer), _)
            where layer.isOneProduct && plan.architecture.nodes[index].shape.positions == 1
                && node.layer.customActivation == nil:
                works.append(.product(index, layer))
            case (.forward, .step): works += StreamBuilder.works(node, index, plan, predictor.arithmetic)
            default: works.append(.node(index))
            }
        }
        self.works = works
    }

    /// An activation, a sum or a product of layers of one shape; otherwise the layer's own pass.
    private static func works(
        _ node: Architecture.Node, _ index: Int, _ plan: Plan, _ arithmetic: Arithmetic
    ) -> [Work] {
        func combination(_ operation: StreamCombination.Operation) -> [Work] {
            let shape = plan.architecture.nodes[index].shape
            for input in plan.architecture.inputShapes(of: plan.architecture.nodes[index]) where input != shape {
                return [.node(index)]
            }
            return node.inputs.indices.map { .combination(index, $0 == 0 ? .copy : operation, input: $0) }
        }
        switch node.settings {
        case .activation(let activation):
            guard case .builtIn(let select) = activation.function else { break }
            return [.activation(index, activation, select(arithmetic))]
        case .sum: return combination(.add)
        case .product: return combination(.multiply)
        default: break
        }
        return [.node(index)]
    }

    /// The layer that alone reads x, and is x in another shape: the stream writes x where its h is.
    private static func onlyReader(of architecture: Architecture) -> Int? {
        var reader: Int?
        for (index, node) in architecture.nodes.enumerated() where node.inputs.contains(0) {
            switch node.layer.timeDependence(shape: node.shape, inputs: architecture.inputShapes(of: node)) {
            case .constant: continue
            case .view where reader == nil: reader = index
            default: return nil
            }
        }
        return reader
    }

    /// Where a block of x goes.
    var input: Matrix {
        StreamBuilder.onlyReader(of: plan.architecture).map { workspace.layers[$0].activation } ?? workspace.input
    }

    /// What a node reads, a row for each frame.
    private func input(_ index: Int, of node: Int) -> Matrix {
        let position = plan.architecture.nodes[node].inputs[index]
        return position == 0 ? workspace.input : workspace.layers[position - 1].activation
    }

    /// The floats of all states.
    private func count() throws(ChainruleError) -> Int {
        var count = 0
        for work in works {
            switch work {
            case .node, .product, .activation, .combination: continue
            case .window(let node, _, let stepsBefore):
                let size = try CausalWindow.count(
                    channels: input(0, of: node).columns, before: stepsBefore, block: Stream.blockFrames)
                count = try Plan.checkedSum([count, size, 15]) & ~15
            case .cell(let node, _):
                let floats = CellMemory.count(rows: 1, steps: Stream.blockFrames, cellLayer(node))
                count = try Plan.checkedSum([count, Int(clamping: floats), 15]) & ~15
            }
        }
        return count
    }

    /// The scratch memory that any product of a block needs, in floats.
    private func scratchCount() throws(ChainruleError) -> Int {
        var count = 0
        for (index, step) in predictor.packed.steps.enumerated() {
            guard case .packed(let layer) = step else { continue }
            let node = plan.architecture.nodes[index]
            let positions = max(
                node.shape.positions, plan.architecture.inputShapes(of: node)[0].positions)
            let rows = min(
                max(layer.mostRows, Stream.blockFrames), try Plan.checkedProduct(Stream.blockFrames, positions))
            for place in layer.firstProduct..<layer.firstProduct + layer.productCount {
                let product = predictor.packed.products.base[place]
                let row = try Plan.checkedSum([product.operandPlace, product.operandStride])
                count = max(count, try Plan.checkedProduct(rows, row))
            }
        }
        return count
    }

    private func cellLayer(_ node: Int) -> any CellLayer { plan.architecture.nodes[node].layer.preparable!.cellLayer! }

    /// Makes the stages.
    func build() throws(ChainruleError) -> StreamStages {
        let stages = try StreamStages(
            count: works.count, floats: count(), scratch: scratchCount())
        var place = stages.floats.base
        func next(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { place += (count + 15) & ~15 }
            return place
        }
        for (number, work) in works.enumerated() {
            let stage: StreamStage
            switch work {
            case .node(let node): stage = .node(node)
            case .product(let node, let layer): stage = .product(stages.keep(product(node, layer)))
            case .activation(let node, let activation, let kernel):
                let alone = StreamActivation(
                    kernel: stages.keep(kernel), alpha: activation.alpha ?? 0, input: input(0, of: node),
                    output: output(node), positions: plan.architecture.nodes[node].shape.positions)
                stage = .activation(stages.keep(alone))
            case .combination(let node, let operation, let index):
                let combination = StreamCombination(
                    operation: operation, input: input(index, of: node), output: output(node))
                stage = .combination(stages.keep(combination))
            case .window(let node, let layer, let stepsBefore):
                let input = input(0, of: node)
                let size = try CausalWindow.count(
                    channels: input.columns, before: stepsBefore, block: Stream.blockFrames)
                let window = CausalWindow(
                    channels: input.columns, before: stepsBefore, block: Stream.blockFrames, ring: next(size))
                let convolution = StreamWindow(
                    node: node, input: input, window: window,
                    product: causalProduct(node, layer, input.columns, stepsBefore))
                stage = .window(stages.keep(convolution))
            case .cell(let node, let layer):
                let size = Int(clamping: CellMemory.count(rows: 1, steps: Stream.blockFrames, cellLayer(node)))
                let memory = Matrix(base: next(size), rows: 1, columns: size)
                stage = .cell(stages.keep(cell(node, layer, memory, in: stages)))
            }
            stages.all.base[number] = stage
        }
        return stages
    }

    private func product(_ node: Int, _ layer: PackedLayer) -> StreamProduct {
        StreamProduct(
            product: predictor.packed.products.base + layer.firstProduct, input: input(0, of: node),
            output: output(layer.target))
    }

    private func output(_ node: Int) -> Matrix { workspace.layers[node].activation }

    private func causalProduct(
        _ node: Int, _ layer: PackedLayer, _ channels: Int, _ stepsBefore: Int
    ) -> CausalProduct? {
        let product = predictor.packed.products.base + layer.firstProduct
        guard layer.use == .windows, predictor.precision == .float32, layer.productCount == 1,
            plan.architecture.nodes[node].layer.customActivation == nil
        else { return nil }
        let taps = product.pointee.inputs / channels
        return CausalProduct(
            product: product, bias: layer.bias.base, taps: taps, dilation: stepsBefore / (taps - 1),
            output: output(layer.target))
    }

    private func cell(_ node: Int, _ layer: PackedLayer, _ memory: Matrix, in stages: StreamStages) -> StreamCell {
        let cell = cellLayer(node)
        let weights = predictor.weights(layer, scratch: stages.scratch.base)
        let views = CellMemory(memory, rows: 1, steps: Stream.blockFrames, weights.gateColumns, cell)
        let h = output(layer.target)
        var run = cell.cellRun(
            gates: CellRun.Rows(views.gates.base, stride: views.gates.stride), recurrent: views.recurrent,
            state: views.state, cell: views.cell, extra: views.extra, weights,
            UnsafePointer(stages.keep(cell.stepKernel(predictor.arithmetic))))
        (run.gatesDistance, run.outputDistance) = (views.gates.stride, cell.units)
        run.output = CellRun.Rows(h.base, stride: cell.units)
        let x = input(0, of: node)
        // So small a product takes less time between the steps, which wait for one another, than by itself.
        if weights.products.pointee.words * weights.gateColumns <= 256 {
            (run.input, run.x, run.xDistance) = (
                UnsafePointer(weights.products), UnsafePointer(x.base), x.stride
            )
        }
        return StreamCell(
            product: weights.products, input: x,
            initial: plan.architecture.nodes[node].inputs.count > 1 ? input(1, of: node) : nil, units: cell.units,
            stateCount: cell.stateCount, memory: views, run: run)
    }
}

extension PackedLayer {
    /// Whether its output is one product, with its σ.
    fileprivate var isOneProduct: Bool { productCount == 1 && (use == .rows || use == .parts) }
}
