// Matrix products with constants, which are dense layers.
extension ONNXOperators {
    static func gemm(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let (alpha, beta) = (try node.float("alpha", otherwise: 1), try node.float("beta", otherwise: 1))
        let (turnsA, turnsB) = (try node.flag("transA"), try node.flag("transB"))
        guard case .layer = importer.value(node, 0), case .tensor(let b) = importer.value(node, 1) else {
            let a = try turned(factor(node, 0, importer), turnsA, importer)
            let b = try turned(factor(node, 1, importer), turnsB, importer)
            var result = try product(a, b, importer)
            if alpha != 1 { result = try applied(.affine(factor: alpha, offset: 0), result, importer) }
            return importer.give(try adding(beta, node, to: result, importer), node)
        }
        let a = try turned(importer.floatLayer(node), turnsA, importer)
        if a.batch == 1 { throw ChainruleError(.format, "it adds the rows of the batch") }
        guard b.dims.count == 2 && !b.isInteger && b.dims[turnsB ? 1 : 0] == a.dims[1] && b.count > 0 else {
            throw ChainruleError(.format, "it multiplies \(a.dims.shown) and \(b.dims.shown)")
        }
        let units = b.dims[turnsB ? 0 : 1]
        let weights = try importer.folder.scaled(turnsB ? b : importer.folder.permuted(b, [1, 0]), by: alpha)
        if case .layer = importer.value(node, 2) {
        } else if let c = try importer.constant(node, 2) {
            let isBias = c.dims.count <= 2 && !c.isInteger && c.dims.dropLast().allSatisfy { $0 == 1 }
            if isBias && (c.count == units || c.count == 1) {
                let scaled = try importer.folder.scaled(c, by: beta)
                let bias =
                    c.count == units ? scaled : try importer.folder.expanded(scaled.reshaped([]), to: [units])
                return try dense(a, weights, bias: bias, importer, node)
            }
        } else {
            return try dense(a, weights, bias: nil, importer, node)
        }
        try dense(a, weights, bias: nil, importer, node) { product throws(ChainruleError) in
            try adding(beta, node, to: product, importer)
        }
    }

    /// A product with Gemm's β C, if there is a C.
    private static func adding(
        _ beta: Float, _ node: ONNXNode, to product: ONNXLayer, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        switch importer.value(node, 2) {
        case .none: return product
        case .tensor(let c):
            return try combined(product, parameter(importer.folder.scaled(c, by: beta), importer), .sum, importer)
        case .layer, .label, .names:
            var c = try importer.floatLayer(node, 2)
            if beta != 1 { c = try applied(.affine(factor: beta, offset: 0), c, importer) }
            return try combined(product, c, .sum, importer)
        }
    }

    private static func turned(
        _ matrix: ONNXLayer, _ turns: Bool, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        guard matrix.rank == 2 else {
            throw ChainruleError(.format, "it multiplies \(matrix.dims.shown), which has not two axes")
        }
        return turns ? permuted(try importer.withOwnAxes(matrix), [1, 0]) : matrix
    }

    static func matMul(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        if case .tensor(let right) = importer.value(node, 1), case .layer = importer.value(node, 0) {
            let a = try importer.floatLayer(node)
            guard let b = try matrix(right, isLeft: false, beside: a) else { return try multiply(importer, node) }
            guard let depth = a.dims.last, b.dims[0] == depth && b.count > 0 else {
                throw ChainruleError(.format, "it multiplies \(a.dims.shown) and \(b.dims.shown)")
            }
            if a.batch == a.rank - 1 { throw ChainruleError(.format, "it adds the rows of the batch") }
            let weights = try importer.folder.permuted(b, [1, 0])
            guard right.dims.count == 1 else { return try dense(a, weights, bias: nil, importer, node) }
            return try dense(a, weights, bias: nil, importer, node) { product throws(ChainruleError) in
                reshaped(try importer.plain(product), dropping: product.rank - 1)
            }
        }
        guard case .tensor(let left) = importer.value(node, 0), left.dims.count >= 2 else {
            return try multiply(importer, node)
        }
        // A B is the transpose of Bᵀ Aᵀ.
        let b = try importer.withOwnAxes(importer.floatLayer(node, 1))
        guard b.rank >= 2, let a = try matrix(left, isLeft: true, beside: b) else {
            return try multiply(importer, node)
        }
        guard b.dims[b.rank - 2] == a.dims[1] && a.count > 0 else {
            throw ChainruleError(.format, "it multiplies \(a.dims.shown) and \(b.dims.shown)")
        }
        if b.batch == b.rank - 2 { throw ChainruleError(.format, "it adds the rows of the batch") }
        var axes = Array(0..<b.rank)
        axes.swapAt(b.rank - 1, b.rank - 2)
        try dense(permuted(b, axes), a, bias: nil, importer, node, takesBias: false) { product throws(ChainruleError) in
            permuted(try importer.withOwnAxes(product), axes)
        }
    }

    // MARK: Two layers

    /// A factor of a product of layers: constants are learned.
    private static func factor(_ node: ONNXNode, _ index: Int, _ importer: ONNXImporter) throws(ChainruleError)
        -> ONNXLayer
    {
        guard case .tensor(let tensor) = importer.value(node, index), !tensor.isInteger && tensor.count > 0 else {
            return try importer.floatLayer(node, index)
        }
        return try parameter(tensor, importer)
    }

    private static func multiply(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var (a, b) = (try factor(node, 0, importer), try factor(node, 1, importer))
        guard a.rank >= 1 && b.rank >= 1 else { throw ChainruleError(.format, "it multiplies a number") }
        // A vector is a row, or a column, that is an axis less afterwards.
        let (isRow, isColumn) = (a.rank == 1, b.rank == 1)
        if isRow { a = aligned(try importer.withOwnAxes(a), 2) }
        if isColumn { b = permuted(aligned(try importer.withOwnAxes(b), 2), [1, 0]) }
        var result = try product(a, b, importer)
        if isColumn { result = result.without([result.rank - 1]) }
        if isRow { result = result.without([result.rank - (isColumn ? 1 : 2)]) }
        importer.give(result, node)
    }

    /// The matrix product over the last two axes. The others are repeated as ONNX does.
    private static func product(
        _ left: ONNXLayer, _ right: ONNXLayer, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        let rank = max(left.rank, right.rank)
        var a = aligned(try importer.withOwnAxes(left), rank)
        var b = aligned(try importer.withOwnAxes(right), rank)
        let (row, column) = (rank - 2, rank - 1)
        guard a.dims[column] == b.dims[row] else {
            throw ChainruleError(.format, "it multiplies \(left.dims.shown) and \(right.dims.shown)")
        }
        let outer = try ONNXWalk.common(Array(a.dims[..<row]), Array(b.dims[..<row]))
        if a.batch == column || b.batch == row { throw ChainruleError(.format, "it adds the rows of the batch") }
        // Rows of the batch lie along one axis of the product; along it, what has no batch is repeated.
        let batch = a.batch ?? b.batch
        let fits = [a, b].allSatisfy { factor in
            !factor.hasInnerRows
                && (factor.batch == batch || factor.batch == nil && (batch! >= row || factor.dims[batch!] == 1))
        }
        guard fits && !(batch == row && b.batch != nil) && !(batch == column && a.batch != nil) else {
            throw ChainruleError(
                .format, "\(left.dims.shown) and \(right.dims.shown) have other numbers for each row")
        }
        let order = Array(0..<rank)
        let turns = b.order.firstIndex(of: column)! < b.order.firstIndex(of: row)!
        a = try importer.arranged(a, order)
        b = try importer.arranged(b, turns ? Array(0..<row) + [column, row] : order)
        let groups = (0..<row).filter { outer[$0] != 1 }.grouped { last, axis in
            (a.dims[last] == 1) == (a.dims[axis] == 1) && (b.dims[last] == 1) == (b.dims[axis] == 1)
        }
        func shape(_ layer: ONNXLayer, _ rows: Int, _ columns: Int) -> [Int] {
            groups.map { $0.reduce(1) { $0 * layer.dims[$1] } } + [layer.dims[rows], layer.dims[columns]]
        }
        let first = try importer.shaped(a.name, shape(a, row, column))
        let second = try importer.shaped(b.name, turns ? shape(b, column, row) : shape(b, row, column))
        let name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.matrixProduct(of: first, second, transposesB: turns, name: name)
        }
        return ONNXLayer(name, outer + [a.dims[row], b.dims[column]], batch: batch)
    }

    private static func reshaped(_ layer: ONNXLayer, dropping axis: Int) -> ONNXLayer {
        var result = layer
        result.dims.remove(at: axis)
        result.axes = result.dims
        result.order = Array(result.dims.indices)
        return result
    }

    /// A constant factor with two axes; nil if it has more, which are axes of the product.
    private static func matrix(
        _ tensor: ONNXTensor, isLeft: Bool, beside layer: ONNXLayer
    ) throws(ChainruleError) -> ONNXTensor? {
        guard !tensor.isInteger && !tensor.dims.isEmpty else {
            throw ChainruleError(.format, "a constant factor of the shape \(tensor.dims.shown) is not supported")
        }
        guard tensor.dims.dropLast(2).allSatisfy({ $0 == 1 }) && tensor.dims.count <= max(2, layer.rank) else {
            return nil
        }
        if tensor.dims.count > 1 { return tensor.reshaped(Array(tensor.dims.suffix(2))) }
        return tensor.reshaped(isLeft ? [1, tensor.count] : [tensor.count, 1])
    }

    /// Adds a dense layer along the last axis, with the sum and the activation that follow it if nothing else reads between.
    /// - Parameters:
    ///   - weights: units × depth.
    ///   - place: of its output among the node's.
    ///   - more: what to do with its value.
    static func dense(
        _ x: ONNXLayer, _ weights: ONNXTensor, bias: ONNXTensor?, _ importer: ONNXImporter, _ node: ONNXNode,
        takesBias: Bool = true, giving place: Int = 0, more: ((ONNXLayer) throws(ChainruleError) -> ONNXLayer)? = nil
    ) throws(ChainruleError) {
        guard place < node.outputs.count, let output = node.outputs[place] else { return }
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
        followingVector("Add", &output, value, axis: axis, importer)
    }

    /// The constant that the only reader of a value combines it with along an axis; that reader is then done.
    static func followingVector(
        _ operation: StaticString, _ output: inout Int, _ value: ONNXLayer, axis: Int, _ importer: ONNXImporter
    ) -> ONNXTensor? {
        guard let (node, take) = importer.onlyReader(of: output), node.operation.isSame(as: operation),
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
        guard let (node, take) = importer.onlyReader(of: output), node.inputs.first == output,
            let end = node.outputs.first ?? nil, let activation = try? activation(importer, node)
        else { return .identity }
        take()
        output = end
        return activation
    }
}
