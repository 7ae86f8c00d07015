// Operators that move elements, or only name them otherwise.
extension ONNXOperators {
    static func identity(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        importer.give(try importer.layer(node), node)
    }

    static func dropout(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try importer.layer(node)
        var rate = try node.float("ratio", otherwise: 0.5)
        if let tensor = try importer.constant(node, 1), tensor.count == 1 { rate = tensor.float(0) }
        if let isTraining = try importer.constant(node, 2), isTraining.count == 1, isTraining.integer(0) != 0, rate != 0
        {
            throw ChainruleError(.format, "training_mode draws random numbers, which is not supported")
        }
        // A network that is trained drops out as the model says.
        if !layer.isInteger && rate > 0 && rate < 1 {
            layer.name = try importer.add { name throws(ChainruleError) in
                try importer.architecture.dropout(rate, name: name, input: layer.name)
            }
        }
        importer.give(layer, node)
        // Outside training, nothing is dropped.
        guard importer.isRead(node, 1) else { return }
        let ones = try constant(importer.folder.integers(layer.dims) { _ in 1 }, importer)
        var mask = ONNXLayer(ones.name, layer.dims, batch: layer.batch)
        mask.isInteger = true
        importer.give(mask, node, 1)
    }

    static func cast(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try importer.layer(node)
        let type = try ONNXType.supported(node.integer("to").map { Int64($0) })
        if type == .bool {
            layer = try truth(layer, importer)
            layer.isInteger = true
            return importer.give(layer, node)
        }
        // float16 and the like would round.
        guard [.float, .double, .int32, .int64].contains(type) else {
            throw ChainruleError(.format, "a cast to type \(type.rawValue) is not supported")
        }
        if type.isInteger && !layer.isInteger && !importer.areIntegersChecked(node) {
            // What is cut off: of numbers above 0 they are rounded down, of others their opposites.
            let opposite = try applied(.affine(factor: -1, offset: 0), layer, importer)
            let parts = try [layer, opposite].map { part throws(ChainruleError) in
                try applied(.floor, applied(.clip(low: 0, high: .infinity), part, importer), importer)
            }
            layer = try combined(parts[0], parts[1], .difference, importer)
        }
        layer.isInteger = type.isInteger
        importer.give(layer, node)
    }

    /// The numbers of the first input as those of the second one are.
    static func castLike(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        // Those of 16 bits round; which values are of such a type is not known.
        guard !importer.model.inputs.contains(where: { $0.isHalf }) else {
            throw ChainruleError(.format, "it is not supported in a model with inputs of 16 bits")
        }
        let like = try importer.layer(node, 1).isInteger
        if case .tensor(let tensor) = importer.value(node, 0), !like {
            return importer.give(.tensor(try tensor.asFloats(importer.folder)), node)
        }
        var layer = try importer.layer(node)
        guard layer.isInteger || !like else { throw ChainruleError(.format, "a cast to integers is not supported") }
        layer.isInteger = like
        importer.give(layer, node)
    }

    /// The number of elements.
    static func size(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let layer = try importer.layer(node)
        importer.give(.tensor(try size(layer.count, hasBatch: layer.batch != nil, importer)), node)
    }

    static func size(_ count: Int, hasBatch: Bool, _ importer: ONNXImporter) throws(ChainruleError) -> ONNXTensor {
        try importer.folder.integers([]) { _ in hasBatch ? ONNXBatch.number(count) : Int64(count) }
    }

    static func shape(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let layer = try importer.layer(node)
        importer.give(.tensor(try shape(of: layer.dims, batch: layer.batch, importer, node)), node)
    }

    /// The same elements in ONNX's order with other axes.
    static func reshape(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try importer.layer(node)
        try importer.reshape(node, &layer)
        if layer.isPlain { (layer.axes, layer.order) = (layer.dims, Array(layer.dims.indices)) }
        importer.give(layer, node)
    }

    static func transpose(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let layer = try importer.withOwnAxes(importer.layer(node))
        importer.give(permuted(layer, try importer.permutation(node, layer.rank)), node)
    }

    /// The elements stay where they are.
    static func permuted(_ layer: ONNXLayer, _ axes: [Int]) -> ONNXLayer {
        var result = layer
        result.dims = axes.map { layer.dims[$0] }
        result.axes = result.dims
        result.order = layer.order.map { axes.firstIndex(of: $0)! }
        result.batch = layer.batch.map { axes.firstIndex(of: $0)! }
        return result
    }

    static func concat(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        guard let number = try node.integer("axis") else { throw ChainruleError(.format, "it has no axis") }
        var layers: [ONNXLayer] = []
        for index in node.inputs.indices {
            if case .tensor(let tensor) = importer.value(node, index), tensor.count > 0 {
                layers.append(try constant(importer.ofOneRow(tensor, beside: node), importer))
            } else {
                layers.append(try importer.layer(node, index))
            }
        }
        guard let rank = layers.first?.rank else { throw ChainruleError(.format, "it reads nothing") }
        // Constants are for each row, as ConstantOfShape's with the shape of a layer.
        if let batch = layers.first(where: { $0.batch != nil })?.batch {
            for index in layers.indices where layers[index].batch == nil && layers[index].rank == rank {
                layers[index].batch = batch
            }
        }
        importer.give(try joined(layers, along: ONNXShapes.axis(number, rank), importer), node)
    }

    static func joined(
        _ layers: [ONNXLayer], along axis: Int, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        var first = try importer.withOwnAxes(layers[0])
        if layers.count == 1 { return first }
        var (names, length, place) = ([String](), 0, 0)
        for layer in layers {
            let isSame = layer.rank == first.rank && layer.batch == first.batch && layer.isInteger == first.isInteger
            let others = first.dims.indices.filter { $0 != axis }
            guard isSame && others.allSatisfy({ layer.dims[$0] == first.dims[$0] }) else {
                throw ChainruleError(.format, "it joins \(first.dims.shown) and \(layer.dims.shown)")
            }
            let (name, at, _) = try importer.around(axis, importer.arranged(layer, first.order))
            names.append(name)
            place = at
            length = try Plan.checkedSum([length, layer.dims[axis]])
        }
        try first.checkIsNotBatch(axis)
        first.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.concatenation(of: names, axis: place, name: name)
        }
        first.dims[axis] = length
        first.axes = first.dims
        return first
    }

    /// Some elements along an axis, in any order.
    @inline(never)
    static func picked(
        _ layer: ONNXLayer, _ axis: Int, _ places: [Int], _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        guard let first = places.first else { throw ChainruleError(.format, "it takes no element of axis \(axis)") }
        if zip(places, places.dropFirst()).allSatisfy({ $1 == $0 + 1 }) {
            return try part(layer, axis, from: first, count: places.count, importer)
        }
        try layer.checkIsNotBatch(axis)
        var result = layer
        let (source, place, _) = try importer.around(axis, layer)
        result.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.take(places, axis: place, name: name, input: source)
        }
        result.dims[axis] = places.count
        result.axes = result.dims
        return result
    }

    /// All elements along each axis several times.
    static func tile(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try importer.withOwnAxes(importer.layer(node))
        let (counts, batch) = try importer.requiredConstant(node, 1).shape()
        guard counts.count == layer.rank else {
            throw ChainruleError(.format, "it repeats \(layer.dims.shown) by \(counts.shown)")
        }
        if let batch {
            guard layer.batch == nil && layer.dims[batch] == 1 else {
                throw ChainruleError(.format, "it repeats \(layer.dims.shown) for each row of the batch")
            }
            layer.batch = batch
        }
        for (axis, count) in counts.enumerated() where count != 1 {
            let length = layer.dims[axis]
            let total = try ONNXTensor.count(of: [length, count])
            guard total <= 1 << 24 else {
                throw ChainruleError(.format, "an axis of \(total) elements is not supported")
            }
            try Reserve.setAside(64 * total)
            layer = try picked(layer, axis, (0..<total).map { $0 % length }, importer)
        }
        importer.give(layer, node)
    }

    /// The elements of a layer along an axis from one on.
    @inline(never)
    static func part(
        _ layer: ONNXLayer, _ axis: Int, from first: Int, count: Int, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        var result = layer
        if first == 0 && count == layer.dims[axis] { return result }
        try layer.checkIsNotBatch(axis)
        guard count > 0 else { throw ChainruleError(.format, "it takes no element of axis \(axis)") }
        let (source, place, extents) = try importer.around(axis, layer)
        var (begin, end) = (extents.map { _ in 0 }, extents)
        (begin[place], end[place]) = (first, first + count)
        result.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.slice(from: begin, to: end, name: name, input: source)
        }
        result.dims[axis] = count
        result.axes = result.dims
        return result
    }

    static func split(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let layer = try importer.withOwnAxes(importer.layer(node))
        let axis = try layer.axis(node.integer("axis") ?? 0)
        try layer.checkIsNotBatch(axis)
        let (length, parts) = (layer.dims[axis], node.outputs.count)
        guard parts > 0 else { throw ChainruleError(.format, "it has no output") }
        // Equal parts, of which the last may be shorter.
        let size = (length + parts - 1) / parts
        let sizes =
            try importer.list(node, "split", input: 1) ?? (0..<parts).map { min(size, length - min(length, $0 * size)) }
        guard sizes.count == parts else {
            throw ChainruleError(.format, "it has \(parts) outputs and \(sizes.count) sizes")
        }
        var first = 0
        for (index, size) in sizes.enumerated() {
            guard size >= 1 && size <= length - first else {
                throw ChainruleError(.format, "its part \(index) takes \(size) of \(length - first) elements")
            }
            if importer.isRead(node, index) {
                importer.give(try part(layer, axis, from: first, count: size, importer), node, index)
            }
            first += size
        }
        guard first == length else { throw ChainruleError(.format, "its parts take \(first) of \(length) elements") }
    }

    static func slice(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try importer.withOwnAxes(importer.layer(node))
        for (axis, range) in try importer.slices(node, layer.dims, batch: layer.batch).enumerated() {
            if range.step != 1 { try Reserve.setAside(64 * range.count) }
            layer =
                range.step == 1
                ? try part(layer, axis, from: range.first, count: range.count, importer)
                : try picked(layer, axis, (0..<range.count).map { range.first + $0 * range.step }, importer)
        }
        importer.give(layer, node)
    }

    static func gather(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        if case .tensor(let table) = importer.value(node, 0) { return try embedding(table, importer, node) }
        let layer = try importer.withOwnAxes(importer.layer(node))
        let indices = try importer.requiredConstant(node, 1)
        let axis = try layer.axis(node.integer("axis") ?? 0)
        try layer.checkIsNotBatch(axis)
        var result = try picked(layer, axis, gathered(indices, length: layer.dims[axis]), importer)
        if indices.dims.isEmpty {
            result = result.without([axis])
        } else if indices.dims.count > 1 {
            result = try importer.plain(result)
            result.dims.replaceSubrange(axis...axis, with: indices.dims)
            (result.axes, result.order) = (result.dims, Array(result.dims.indices))
            result.batch = result.batch.map { $0 > axis ? $0 + indices.dims.count - 1 : $0 }
        }
        importer.give(result, node)
    }

    /// Places along an axis.
    static func gathered(_ indices: ONNXTensor, length: Int) throws(ChainruleError) -> [Int] {
        guard indices.isInteger else { throw ChainruleError(.format, "its indices are not integers") }
        try Reserve.setAside(64 * indices.count)
        var places: [Int] = []
        for place in 0..<indices.count {
            let number = Int(clamping: indices.integer(place))
            guard -length..<length ~= number else {
                throw ChainruleError(.format, "the index \(number) is not among \(length)")
            }
            places.append(number < 0 ? number + length : number)
        }
        return places
    }

    /// Rows of a table.
    private static func embedding(
        _ table: ONNXTensor, _ importer: ONNXImporter, _ node: ONNXNode
    ) throws(ChainruleError) {
        let indices = try importer.plain(importer.layer(node, 1))
        guard indices.isInteger && !table.isInteger && table.dims.count >= 1 && table.count > 0 else {
            throw ChainruleError(.format, "it reads no table of floats with integers")
        }
        guard try ONNXShapes.axis(node.integer("axis") ?? 0, table.dims.count) == 0 else {
            throw ChainruleError(.format, "a table along axis \(try node.integer("axis") ?? 0) is not supported")
        }
        let tokens = table.dims[0]
        let source = try importer.shaped(indices.name, [indices.count])
        let name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.embedding(
                tokens: tokens, width: table.count / tokens, name: name, input: source, weights: .zeros)
        }
        try importer.fill(name, "weight", table)
        importer.give(ONNXLayer(name, indices.dims + Array(table.dims[1...]), batch: indices.batch), node)
    }
}
