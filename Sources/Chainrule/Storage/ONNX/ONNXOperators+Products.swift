// Matrix products with constants, which are dense layers.
extension ONNXOperators {
    static func gemm(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let (alpha, beta) = (try node.float("alpha", otherwise: 1), try node.float("beta", otherwise: 1))
        let (turnsA, turnsB) = (try node.flag("transA"), try node.flag("transB"))
        guard case .layer = importer.value(node, 0) else {
            throw ChainruleError(.format, "its input 0 is constant, which is not supported")
        }
        var a = try importer.floatLayer(node)
        guard a.rank == 2 else { throw ChainruleError(.format, "its input 0 has the shape \(a.dims.shown)") }
        if turnsA { a = permuted(try importer.withOwnAxes(a), [1, 0]) }
        if a.batch == 1 { throw ChainruleError(.format, "it adds the rows of the batch") }
        let b = try importer.requiredConstant(node, 1)
        guard b.dims.count == 2 && !b.isInteger && b.dims[turnsB ? 1 : 0] == a.dims[1] && b.count > 0 else {
            throw ChainruleError(.format, "it multiplies \(a.dims.shown) and \(b.dims.shown)")
        }
        let units = b.dims[turnsB ? 0 : 1]
        let weights = try importer.folder.scaled(turnsB ? b : importer.folder.permuted(b, [1, 0]), by: alpha)
        guard case .layer = importer.value(node, 2) else {
            let c = try importer.constant(node, 2)
            guard let c else { return try dense(a, weights, bias: nil, importer, node) }
            guard c.dims.count <= 2 && !c.isInteger && c.dims.dropLast().allSatisfy({ $0 == 1 }),
                c.count == units || c.count == 1
            else {
                return try dense(a, weights, bias: nil, importer, node) { product throws(ChainruleError) in
                    let scaled = try importer.folder.scaled(c, by: beta)
                    return try combined(product, parameter(scaled, importer), .sum, importer)
                }
            }
            let scaled = try importer.folder.scaled(c, by: beta)
            let bias = c.count == units ? scaled : try importer.folder.expanded(scaled.reshaped([]), to: [units])
            return try dense(a, weights, bias: bias, importer, node)
        }
        guard beta == 1 else { throw ChainruleError(.format, "beta \(beta) is not supported for what a layer gives") }
        let c = try importer.floatLayer(node, 2)
        try dense(a, weights, bias: nil, importer, node) { product throws(ChainruleError) in
            try combined(product, c, .sum, importer)
        }
    }

    static func matMul(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        guard case .tensor(let left) = importer.value(node, 0) else {
            let a = try importer.floatLayer(node)
            let b = try matrix(importer.requiredConstant(node, 1), isLeft: false)
            guard let depth = a.dims.last, b.dims[0] == depth && b.count > 0 else {
                throw ChainruleError(.format, "it multiplies \(a.dims.shown) and \(b.dims.shown)")
            }
            if a.batch == a.rank - 1 { throw ChainruleError(.format, "it adds the rows of the batch") }
            try checkAxes(of: importer.requiredConstant(node, 1), a)
            let weights = try importer.folder.permuted(b, [1, 0])
            guard try importer.requiredConstant(node, 1).dims.count == 1 else {
                return try dense(a, weights, bias: nil, importer, node)
            }
            return try dense(a, weights, bias: nil, importer, node) { product throws(ChainruleError) in
                reshaped(try importer.plain(product), dropping: product.rank - 1)
            }
        }
        // A B is the transpose of Bᵀ Aᵀ.
        let (a, b) = (try matrix(left, isLeft: true), try importer.withOwnAxes(importer.floatLayer(node, 1)))
        guard b.rank >= 2, b.dims[b.rank - 2] == a.dims[1] && a.count > 0, left.dims.count >= 2 else {
            throw ChainruleError(.format, "it multiplies \(a.dims.shown) and \(b.dims.shown)")
        }
        if b.batch == b.rank - 2 { throw ChainruleError(.format, "it adds the rows of the batch") }
        try checkAxes(of: left, b)
        var axes = Array(0..<b.rank)
        axes.swapAt(b.rank - 1, b.rank - 2)
        try dense(permuted(b, axes), a, bias: nil, importer, node, takesBias: false) { product throws(ChainruleError) in
            permuted(try importer.withOwnAxes(product), axes)
        }
    }

    private static func reshaped(_ layer: ONNXLayer, dropping axis: Int) -> ONNXLayer {
        var result = layer
        result.dims.remove(at: axis)
        result.axes = result.dims
        result.order = Array(result.dims.indices)
        return result
    }

    /// Further axes of a constant factor, of length 1, would be axes of the product.
    private static func checkAxes(of constant: ONNXTensor, _ layer: ONNXLayer) throws(ChainruleError) {
        guard constant.dims.count <= max(2, layer.rank) else {
            throw ChainruleError(.format, "it multiplies \(layer.dims.shown) and a constant \(constant.dims.shown)")
        }
    }

    /// A constant factor with two axes.
    private static func matrix(_ tensor: ONNXTensor, isLeft: Bool) throws(ChainruleError) -> ONNXTensor {
        guard !tensor.isInteger, tensor.dims.dropLast(2).allSatisfy({ $0 == 1 }), !tensor.dims.isEmpty else {
            throw ChainruleError(.format, "a constant factor of the shape \(tensor.dims.shown) is not supported")
        }
        if tensor.dims.count > 1 { return tensor.reshaped(Array(tensor.dims.suffix(2))) }
        return tensor.reshaped(isLeft ? [1, tensor.count] : [tensor.count, 1])
    }

    /// Adds a dense layer along the last axis, with the sum and the activation that follow it if nothing else reads between.
    /// - Parameters:
    ///   - weights: units × depth.
    ///   - more: what to do with its value.
    static func dense(
        _ x: ONNXLayer, _ weights: ONNXTensor, bias: ONNXTensor?, _ importer: ONNXImporter, _ node: ONNXNode,
        takesBias: Bool = true, more: ((ONNXLayer) throws(ChainruleError) -> ONNXLayer)? = nil
    ) throws(ChainruleError) {
        guard let output = node.outputs.first ?? nil else { return }
        let (units, depth) = (weights.dims[0], weights.dims[1])
        var (result, columns) = try denseInput(x, depth: depth, importer)
        var weights = weights
        if let columns {
            weights = try importer.folder.permuted(weights.reshaped([units] + columns.dims), columns.order).reshaped(
                [units, depth])
        }
        result.dims[result.rank - 1] = units
        result.axes[result.axes.count - 1] = units
        var (fused, end) = (bias, output)
        var activation = Activation.identity
        if more == nil {
            if fused == nil && takesBias { fused = followingBias(&end, result, axis: result.rank - 1, importer) }
            activation = followingActivation(&end, importer)
        }
        let source = result.name
        result.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.dense(
                units, activation, name: name, input: source, bias: fused != nil, weights: .zeros, biases: .zeros)
        }
        try importer.fill(result.name, "weight", weights)
        if let fused { try importer.fill(result.name, "bias", fused) }
        importer.give(try more?(result) ?? result, as: end)
    }

    /// Places the axis that a dense layer works along last.
    /// - Returns: the value as the layer reads it; and, if its elements lie otherwise, the axes of a row of weights and their order.
    private static func denseInput(
        _ x: ONNXLayer, depth: Int, _ importer: ONNXImporter
    ) throws(ChainruleError) -> (ONNXLayer, (dims: [Int], order: [Int])?) {
        var x = x
        var columns: (dims: [Int], order: [Int])?
        if !x.hasOwnAxes {
            // What is flattened stays in its order: the weights are rearranged instead.
            var (first, product) = (x.axes.count, 1)
            while first > 0 && product < depth {
                first -= 1
                product *= x.axes[first]
            }
            let (outer, inner) = (x.long.filter { $0 < first }, x.order.filter { $0 >= first })
            if product == depth && x.long.prefix(outer.count).elementsEqual(outer)
                && zip(outer, outer.dropFirst()).allSatisfy({ $0 < $1 })
            {
                columns = (Array(x.axes[first...]), [0] + inner.map { $0 - first + 1 })
                (x.axes, x.order) = (x.dims, Array(x.dims.indices))
            } else {
                x = try importer.plain(x)
            }
        }
        let last = x.rank - 1
        if depth > 1 && x.long.last != last { x = try importer.arranged(x, Array(x.dims.indices)) }
        let outer = x.order.filter { $0 != last }
        x.order = outer + [last]
        x.name = try importer.shaped(
            x.name, importer.extents(x, outer, most: Shape.mostAxes - 1) + [depth])
        return (x, columns)
    }

    /// The constant that the only reader of a value adds along an axis; that reader is then done.
    static func followingBias(
        _ output: inout Int, _ value: ONNXLayer, axis: Int, _ importer: ONNXImporter
    ) -> ONNXTensor? {
        guard let (node, take) = importer.onlyReader(of: output), node.operation.isSame(as: "Add"),
            let end = node.outputs.first ?? nil
        else { return nil }
        for index in 0..<min(2, node.inputs.count) {
            guard case .tensor(let tensor) = importer.value(node, index), !tensor.isInteger else { continue }
            let place = tensor.dims.count - value.rank + axis
            guard tensor.dims.count <= value.rank, place >= 0, tensor.count == value.dims[axis],
                tensor.dims[place] == tensor.count
            else { continue }
            take()
            output = end
            return tensor
        }
        return nil
    }

    /// The activation that the only reader of a value is; that reader is then done.
    static func followingActivation(_ output: inout Int, _ importer: ONNXImporter) -> Activation {
        guard let (node, take) = importer.onlyReader(of: output), let end = node.outputs.first ?? nil,
            let activation = try? activation(importer, node)
        else { return .identity }
        take()
        output = end
        return activation
    }
}
