// Nodes of constants alone that have no rule of their own, and networks of what was read.
extension ONNXImporter {
    /// The most multiplications for one node: some seconds.
    private static var mostMultiplications: Int { 1 << 30 }

    /// Computes what a node of constants gives, by the layers that it would be: a network of these alone, of which the first constant
    /// is x.
    func compute(_ node: ONNXNode, _ input: Int, _ build: ONNXOperator.Build) throws(ChainruleError) {
        guard case .tensor(let tensor) = values[input], tensor.count > 0 else {
            throw ChainruleError(.format, "it reads no elements")
        }
        let outside = (architecture, fills, rearranged)
        (architecture, fills, rearranged) = (try Architecture(inputs: tensor.count), [], [])
        isComputing = true
        defer {
            (architecture, fills, rearranged) = outside
            isComputing = false
            values[input] = .tensor(tensor)
        }
        var x = ONNXLayer(LayerName.input.text, tensor.dims, batch: tensor.batch)
        x.isInteger = tensor.isInteger
        values[input] = .layer(x)
        try build(self, node)
        for case let output? in node.outputs {
            switch values[output] {
            case .layer(let layer):
                let result = try numbers(of: layer, tensor, node)
                values[output] = .tensor(result.reshaped(result.dims, batch: layer.batch))
            case .label: throw ChainruleError(.format, "all that it reads is constant, which is not supported")
            case .none, .tensor, .names: break
            }
        }
    }

    /// The numbers that a layer gives. Integers are computed as floats, which hold them exactly up to 2²⁴, and their sums.
    private func numbers(of layer: ONNXLayer, _ x: ONNXTensor, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        if layer.hasInnerRows { throw ChainruleError(.format, "it mixes the rows of the batch") }
        let layer = try plain(layer)
        if layer.name.utf8.elementsEqual(LayerName.input.text.utf8) { return x.reshaped(layer.dims) }
        let isMoved = node.operation.isSame(as: "Split") || node.operation.isSame(as: "Tile")
        var sum: Float = 0
        for place in 0..<x.count where x.isInteger {
            let number = x.float(place)
            sum = isMoved ? (Int64(clamping: number) == x.integer(place) ? sum : .infinity) : sum + number.magnitude
        }
        if !isMoved { try x.checkIsNotOfBatch() }
        let network = try network(architecture.ending(at: layer.name), limit: folder.bytesLeft)
        guard network.plan.multiplications <= ONNXImporter.mostMultiplications else {
            throw ChainruleError(.format, "all that it reads is constant, and it needs too many multiplications")
        }
        let (given, y) = (try folder.floats(x.dims) { x.float($0) }, try folder.floats(layer.dims) { _ in 0 })
        guard case .floats(let inputs) = given.content, case .floats(let outputs) = y.content else { return y }
        try network.predictUnprepared(inputs.vector, into: outputs.vector)
        guard layer.isInteger || x.isInteger else { return y }
        for place in 0..<y.count {
            let number = y.float(place)
            guard sum < 0x1p24 && (isMoved || number.magnitude <= 0x1p24 && number == number.rounded(.down)) else {
                throw ChainruleError(
                    .format, "it computes integers that floats may not hold exactly, such as \(number)")
            }
        }
        return try folder.integers(layer.dims) { y.integer($0) }
    }

    /// A network of layers, with its parameters.
    func network(_ architecture: Architecture, limit: Int) throws(ChainruleError) -> Network {
        let plan = try Plan(architecture)
        try plan.checkMemory(limit: limit)
        let network = try Network(uninitialized: plan, level: .standard)
        for (layer, name, numbers) in fills {
            // A layer that the outputs do not need is gone.
            guard let position = plan.architecture.position(of: LayerName(unchecked: layer)) else { continue }
            let tensors = plan.tensors[plan.tensorRanges[position - 1]] + plan.state[plan.stateRanges[position - 1]]
            for tensor in tensors
            where tensor.name.utf8.count == layer.utf8.count + 1 + name.utf8CodeUnitCount
                && tensor.name.utf8.suffix(name.utf8CodeUnitCount).elementsEqual(
                    UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
            {
                guard tensor.count == numbers.count else {
                    throw ChainruleError(
                        .format,
                        "the tensor '\(tensor.name)' has \(tensor.count) elements; the model has \(numbers.count)")
                }
                numbers.copy(into: tensor.vector(in: network.numbers))
            }
        }
        try plan.checkState(in: network.numbers)
        return network
    }
}
