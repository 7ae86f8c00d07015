// Normalization, which works along the channels.
extension ONNXOperators {
    /// A value with axis 1 last.
    private static func channelsLast(
        _ value: ONNXLayer, _ importer: ONNXImporter
    ) throws(ChainruleError) -> (layer: ONNXLayer, channels: Int, outer: [Int]) {
        guard value.rank >= 2 else { throw ChainruleError(.format, "\(value.dims.shown) has no channels") }
        let outer = [0] + Array(2..<value.rank)
        let layer = try importer.arranged(value, outer + [1])
        return (layer, value.dims[1], outer)
    }

    static func batchNormalization(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        if try node.flag("training_mode") { return try normalizeByBatch(importer, node) }
        try importer.refuseOutputs(of: node, from: 1)
        if node.opset < 9 { try node.require("spatial", 1) }
        var (layer, channels, outer) = try channelsLast(importer.floatLayer(node), importer)
        let source = try importer.shaped(
            layer.name, importer.extents(layer, outer, most: Shape.mostAxes - 1) + [channels])
        let momentum = 1 - (try node.float("momentum", otherwise: 0.9))
        let epsilon = try node.float("epsilon", otherwise: 1e-5)
        layer.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.normalization(
                .batch(momentum: momentum), epsilon: epsilon, name: name, input: source)
        }
        for (index, tensor) in (["weight", "bias", "running_mean", "running_var"] as [StaticString]).enumerated() {
            try importer.fill(layer.name, tensor, importer.weights(node, index + 1, [channels]))
        }
        importer.give(layer, node)
    }

    /// Training's normalization by the batch itself, where that is one row. It gives the new statistics, too.
    private static func normalizeByBatch(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let x = try importer.withOwnAxes(importer.floatLayer(node))
        guard x.rank >= 2 else { throw ChainruleError(.format, "\(x.dims.shown) has no channels") }
        let (channels, axes) = (x.dims[1], [0] + Array(2..<x.rank))
        for axis in axes { try x.checkIsNotBatch(axis) }
        try importer.refuseOutputs(of: node, from: 3)
        let mean = try reduced(x, .mean, axes, keepsAxes: true, importer)
        let centered = try combined(x, mean, .difference, importer)
        let variance = try reduced(applied(.square, centered, importer), .mean, axes, keepsAxes: true, importer)
        let epsilon = try node.float("epsilon", otherwise: 1e-5)
        let deviation = try applied(
            .squareRoot, applied(.affine(factor: 1, offset: epsilon), variance, importer), importer)
        var result = try combined(centered, deviation, .quotient, importer)
        let dims = [channels] + (2..<x.rank).map { _ in 1 }
        let factor = try importer.weights(node, 1, [channels]).reshaped(dims)
        let offset = try importer.weights(node, 2, [channels]).reshaped(dims)
        result = try combined(result, parameter(factor, importer), .product, importer)
        importer.give(try combined(result, parameter(offset, importer), .sum, importer), node)
        let momentum = try node.float("momentum", otherwise: 0.9)
        for (index, statistic) in [mean, variance].enumerated() where importer.isRead(node, index + 1) {
            let old = try importer.folder.scaled(importer.weights(node, index + 3, [channels]), by: momentum)
            let share = try applied(
                .affine(factor: 1 - momentum, offset: 0), statistic.without(axes), importer)
            importer.give(try combined(share, constant(old, importer), .sum, importer), node, index + 1)
        }
    }

    /// Instance normalization is that of groups of one channel.
    static func groupNormalization(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let value = try importer.floatLayer(node)
        guard value.rank >= 3 && value.dims[0] == 1 && value.batch ?? 0 == 0 else {
            throw ChainruleError(.format, "\(value.dims.shown) is no sample with positions")
        }
        var (layer, channels, outer) = try channelsLast(value, importer)
        let isGroup = node.operation.isSame(as: "GroupNormalization")
        let groups = isGroup ? try node.integer("num_groups") ?? 0 : channels
        guard groups >= 1 && channels % groups == 0 else {
            throw ChainruleError(.format, "\(channels) channels have no \(groups) groups")
        }
        let positions = outer.reduce(1) { $0 * layer.dims[$1] }
        let source = try importer.shaped(layer.name, [positions, channels])
        let epsilon = try node.float("epsilon", otherwise: 1e-5)
        layer.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.normalization(.group(groups), epsilon: epsilon, name: name, input: source)
        }
        for (index, tensor) in (["weight", "bias"] as [StaticString]).enumerated() {
            // Until operator set 21, a group has one scale.
            guard isGroup && node.opset < 21 else {
                try importer.fill(layer.name, tensor, importer.weights(node, index + 1, [channels]))
                continue
            }
            let ofGroups = try importer.weights(node, index + 1, [groups])
            let numbers = try importer.folder.floats([channels]) { ofGroups.float($0 / (channels / groups)) }
            try importer.fill(layer.name, tensor, numbers)
        }
        importer.give(layer, node)
    }

    static func layerNormalization(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try importer.plain(importer.floatLayer(node))
        let axis = try layer.axis(node.integer("axis") ?? -1)
        if let batch = layer.batch, batch >= axis { try layer.checkIsNotBatch(batch) }
        let (outer, inner) = (layer.dims[..<axis].reduce(1, *), Array(layer.dims[axis...]))
        let count = inner.reduce(1, *)
        let source = try importer.shaped(layer.name, outer == 1 ? [count] : [outer, count])
        let epsilon = try node.float("epsilon", otherwise: 1e-5)
        try giveStatistics(of: layer, from: axis, epsilon: epsilon, importer, node)
        layer.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.normalization(.layer, epsilon: epsilon, name: name, input: source)
        }
        for (index, tensor) in (["weight", "bias"] as [StaticString]).enumerated() {
            // Without an offset it is 0.
            if index == 1, case .none = importer.value(node, 2) { continue }
            let given = try importer.requiredConstant(node, index + 1)
            guard !given.isInteger && given.dims.count <= inner.count else {
                throw ChainruleError(.format, "its input \(index + 1) has the shape \(given.dims.shown)")
            }
            guard try ONNXWalk.common(given.dims, inner) == inner else {
                throw ChainruleError(.format, "its input \(index + 1) has the shape \(given.dims.shown)")
            }
            try importer.fill(layer.name, tensor, importer.folder.expanded(given, to: inner))
        }
        importer.give(layer, node)
    }

    /// Normalization along an axis, which several nodes spell out, with the scale and the offset that follow.
    /// - Parameter node: the last of the nodes.
    /// - Returns: whether there is such a layer.
    static func normalization(
        _ method: NormalizationMethod, _ epsilon: Float, of value: ONNXLayer, along axis: Int, _ importer: ONNXImporter,
        _ node: ONNXNode
    ) throws(ChainruleError) -> Bool {
        guard var end = node.outputs.first ?? nil, value.batch != axis else { return false }
        let outer = Array(0..<value.rank).filter { $0 != axis }
        var layer = try importer.withOwnAxes(value)
        layer = try importer.arranged(layer, layer.order.filter { $0 != axis } + [axis])
        let weight = followingVector("Mul", &end, layer, axis: axis, importer)
        var bias: ONNXTensor?
        if weight != nil, case .layer = method { bias = followingVector("Add", &end, layer, axis: axis, importer) }
        let source = try importer.shaped(
            layer.name, importer.extents(layer, outer, most: Shape.mostAxes - 1) + [layer.dims[axis]])
        layer.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.normalization(
                method, epsilon: epsilon, isAffine: weight != nil, name: name, input: source)
        }
        if let weight { try importer.fill(layer.name, "weight", weight) }
        if let bias { try importer.fill(layer.name, "bias", bias) }
        importer.give(layer, as: end)
        return true
    }

    /// The mean and the inverse of the deviation, if they are read.
    private static func giveStatistics(
        of layer: ONNXLayer, from axis: Int, epsilon: Float, _ importer: ONNXImporter, _ node: ONNXNode
    ) throws(ChainruleError) {
        guard importer.isRead(node, 1) || importer.isRead(node, 2) else { return }
        let axes = Array(axis..<layer.rank)
        let mean = try reduced(layer, .mean, axes, keepsAxes: true, importer)
        importer.give(mean, node, 1)
        guard importer.isRead(node, 2) else { return }
        let square = try applied(.square, combined(layer, mean, .difference, importer), importer)
        let variance = try reduced(square, .mean, axes, keepsAxes: true, importer)
        let deviation = try applied(
            .squareRoot, applied(.affine(factor: 1, offset: epsilon), variance, importer), importer)
        importer.give(try applied(.reciprocal, deviation, importer), node, 2)
    }
}
