import Kernels

// The memory of a workspace. Where the caller cannot read the layers' quantities, they share memory: what fits into a cache is
// faster to read.

extension Plan {
    /// Where a workspace keeps everything, in floats from its start.
    struct Layout {
        /// The places of z, h, δ and s, or of their tangents.
        struct Places {
            var inputActivation = 0
            var inputDelta: Int?
            /// By node.
            var preactivations: [Int] = []
            var activations: [Int] = []
            var deltas: [Int?] = []
            var signals: [Int?] = []
            var kept: [Int] = []
            var keptCounts: [Int] = []
            var keptOfBatch: [Int] = []
            var keptOfBatchCounts: [Int] = []
            var hasKeptGradients: [Bool] = []
        }

        var values = Places()
        var tangents: Places?
        /// For each thread: enough for any layer and any step.
        var scratch = 0
        var scratchCount = 0
        var count = 0
    }

    /// - Parameters:
    ///   - usesBatchStatistics: whether every pass takes the batch's.
    ///   - hasGradientsByLayer: whether a layer's gradients are computed right after its backward pass.
    func layout(
        maxRows: Int, purpose: Workspace.Purpose, threads: Int, usesBatchStatistics: Bool = false,
        hasGradientsByLayer: Bool = false
    ) throws(ChainruleError) -> Layout {
        var layout = Layout()
        func place(_ width: Int, rows: Int = maxRows) throws(ChainruleError) -> Int {
            let start = layout.count
            // Whole cache lines: 16 floats.
            let size = try Plan.checkedSum([Plan.checkedProduct(rows, width), 15]) & ~15
            layout.count = try Plan.checkedSum([start, size])
            return start
        }
        var readers = [Int](repeating: 0, count: architecture.nodes.count + 1)
        for node in architecture.nodes { for position in node.inputs { readers[position] += 1 } }
        func places(ofTangents: Bool) throws(ChainruleError) -> Layout.Places {
            var places = Layout.Places()
            places.inputActivation = try place(architecture.inputs)
            if purpose == .training { places.inputDelta = try place(architecture.inputs) }
            let isKept = architecture.nodes.indices.map {
                keepsGradients($0, usesBatchStatistics: usesBatchStatistics)
            }
            places.hasKeptGradients = isKept
            let sharedActivations =
                purpose == .prediction
                ? try sharedActivations { width throws(ChainruleError) in try place(width) } : []
            let sharedDeltas =
                purpose == .gradients
                ? try sharedDeltas(isKept, hasGradientsByLayer) { width throws(ChainruleError) in
                    try place(width)
                } : []
            for (index, node) in architecture.nodes.enumerated() {
                let activation =
                    purpose == .gradients && overwritesInput(node, readers: readers)
                    ? places.activations[node.inputs[0] - 1]
                    : purpose == .prediction ? sharedActivations[index] : try place(node.width)
                let preactivation: Int
                switch node.layer.preactivation {
                case .own where isKept[index]:
                    preactivation = activation
                case .own where !purpose.isForwardOnly, .replaceable where purpose == .training, .alwaysOwn,
                    // R{z} is a sum of two products. The second is computed where R{h} will be.
                    .replaceable where ofTangents, .activation where ofTangents:
                    preactivation = try place(node.width)
                case .own, .replaceable, .activation:
                    preactivation = activation
                case .input:
                    let position = node.inputs[0]
                    preactivation = position == 0 ? places.inputActivation : places.activations[position - 1]
                }
                let keptCount =
                    purpose.isForwardOnly || ofTangents && !node.layer.keepsTangents
                    ? 0 : node.layer.keptPerRow(shape: node.shape, inputs: architecture.inputShapes(of: node))
                places.keptCounts.append(keptCount)
                places.kept.append(try place(keptCount))
                let keptOfBatchCount =
                    purpose.isForwardOnly || ofTangents ? 0 : node.layer.keptPerBatch(shape: node.shape)
                places.keptOfBatchCounts.append(keptOfBatchCount)
                places.keptOfBatch.append(try place(keptOfBatchCount, rows: 1))
                places.activations.append(activation)
                places.preactivations.append(preactivation)
                let delta =
                    purpose.isForwardOnly
                    ? nil : purpose == .gradients ? sharedDeltas[index] : try place(node.width)
                places.deltas.append(delta)
                switch node.layer.signal {
                case .none: places.signals.append(nil)
                case .replacing where purpose == .training, .own where !purpose.isForwardOnly,
                    // R{s} needs δ after s was computed from it.
                    .replacing where purpose == .tangents && !ofTangents:
                    places.signals.append(try place(node.width))
                case .replacing, .own, .delta: places.signals.append(delta)
                }
            }
            return places
        }
        layout.values = try places(ofTangents: false)
        if purpose == .tangents { layout.tangents = try places(ofTangents: true) }
        for node in architecture.nodes {
            layout.scratchCount = max(
                layout.scratchCount,
                node.layer.scratchCount(
                    shape: node.shape, inputs: architecture.inputShapes(of: node), rows: maxRows,
                    backward: !purpose.isForwardOnly))
        }
        // For a step, and for the gradient of a vector.
        for (node, range) in zip(architecture.nodes, tensorRanges) where !node.layer.writesGradients {
            for tensor in tensors[range] {
                layout.scratchCount = max(
                    layout.scratchCount,
                    CopyLayout.scratchCount(
                        rows: tensor.rows, columns: tensor.columns,
                        depth: purpose.isForwardOnly ? 0 : maxRows * node.shape.positions),
                    tensor.extents.count == 1 ? tensor.count : 0)
            }
        }
        layout.scratchCount = try Plan.checkedSum([layout.scratchCount, 15]) & ~15
        layout.scratch = try place(layout.scratchCount, rows: threads)
        _ = try Plan.checkedProduct(layout.count, MemoryLayout<Float>.stride)
        return layout
    }

    /// Whether a node's backward pass keeps the gradients of its parameters (``Layer/keepsGradients``). It is run if something
    /// needs the input's δ.
    func keepsGradients(_ node: Int, usesBatchStatistics: Bool) -> Bool {
        usesBatchStatistics && architecture.nodes[node].layer.keepsGradients && needsInputDelta(node)
    }

    /// Whether a layer's h lies where its input's h does.
    /// - Parameter readers: by position, how many inputs of layers it is.
    private func overwritesInput(_ node: Architecture.Node, readers: [Int]) -> Bool {
        let position = node.inputs[0]
        guard node.layer.overwritesInput, position > 0, architecture.shape(at: position).count == node.width else {
            return false
        }
        return !architecture.nodes[position - 1].layer.needsActivation && readers[position] == 1
    }

    /// Places of the layers' h, where only y is wanted: h of a layer lies where that of another lay, which no later layer reads. The
    /// pass takes all rows through one layer after the other.
    private func sharedActivations(
        place: (_ width: Int) throws(ChainruleError) -> Int
    ) throws(ChainruleError) -> [Int] {
        let nodes = architecture.nodes
        // By position: the node that reads it last; of the first one at a place, the node that reads any of those there last.
        var lastReaders = [Int](repeating: 0, count: nodes.count + 1)
        for (index, node) in nodes.enumerated() { for position in node.inputs { lastReaders[position] = index } }
        lastReaders[nodes.count] = nodes.count
        // By position: the first one whose h lies at the same place.
        var firsts = Array(0...nodes.count)
        var places: [Int] = []
        var free: [(place: Int, width: Int)] = []
        for (index, node) in nodes.enumerated() {
            let inputs = node.inputs.map { firsts[$0] }
            let (first, position) = (inputs[0], index + 1)
            let isAlone = lastReaders[first] == index && !inputs.dropFirst().contains(first)
            if first > 0 && nodes[first - 1].width == node.width
                && (node.layer.isIdentityWithoutNoise || node.layer.predictsInPlace && isAlone)
            {
                firsts[position] = first
                lastReaders[first] = max(lastReaders[first], lastReaders[position])
                places.append(places[first - 1])
            } else if let found = free.lastIndex(where: { $0.width == node.width }) {
                places.append(free.remove(at: found).place)
            } else {
                places.append(try place(node.width))
            }
            for (number, input) in inputs.enumerated()
            where input > 0 && lastReaders[input] == index && !inputs[..<number].contains(input) {
                free.append((places[input - 1], nodes[input - 1].width))
            }
        }
        return places
    }

    /// Places of the layers' δ; nil where no parameters come before. Where nothing needs it after the layer's backward pass, δ of
    /// another of the same width lies there.
    ///
    /// Of the same width, because threads go through the layers at their own pace, each with its own rows.
    /// - Parameter keepsGradients: by node, ``Layer/keepsGradients``.
    private func sharedDeltas(
        _ keepsGradients: [Bool], _ hasGradientsByLayer: Bool, place: (_ width: Int) throws(ChainruleError) -> Int
    ) throws(ChainruleError) -> [Int?] {
        let nodes = architecture.nodes
        var deltas = [Int?](repeating: nil, count: nodes.count)
        var free: [(place: Int, width: Int)] = []
        /// Whether gradients are computed from it after the backward pass.
        func hasGradients(_ index: Int) -> Bool { !tensorRanges[index].isEmpty && !keepsGradients[index] }
        func isMissing(_ position: Int) -> Bool {
            position > 0 && needsDelta[position - 1] && deltas[position - 1] == nil
        }
        /// Gives δ of a layer a place, and δ of layers before it if it can lie there.
        func give(_ index: Int) throws(ChainruleError) {
            var chain = [index]
            while let last = chain.last, !hasGradients(last), nodes[last].layer.overwritesDelta,
                isMissing(nodes[last].inputs[0]), !accumulatesDelta[last][0],
                !nodes[last].inputs.dropFirst().contains(nodes[last].inputs[0]),
                architecture.shape(at: nodes[last].inputs[0]).count == nodes[last].width
            {
                chain.append(nodes[last].inputs[0] - 1)
            }
            let width = nodes[index].width
            var found: Int?
            if let number = free.lastIndex(where: { $0.width == width }) { found = free.remove(at: number).place }
            let place = if let found { found } else { try place(width) }
            for node in chain { deltas[node] = place }
        }
        try give(nodes.count - 1)
        for index in nodes.indices.reversed() {
            guard let delta = deltas[index] else { continue }
            for position in nodes[index].inputs where isMissing(position) { try give(position - 1) }
            let isPassedOn = nodes[index].inputs.contains { $0 > 0 && deltas[$0 - 1] == delta }
            if (hasGradientsByLayer || !hasGradients(index)) && !isPassedOn { free.append((delta, nodes[index].width)) }
        }
        return deltas
    }
}
