// Activations, and what combines values element by element.
extension ONNXOperators {
    static func activate(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try importer.floatLayer(node)
        guard let activation = try activation(importer, node) else {
            throw ChainruleError(.format, "with these limits it is not supported")
        }
        layer.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.activation(activation, name: name, input: layer.name)
        }
        importer.give(layer, node)
    }

    /// The activation that a node is; nil if it is none.
    static func activation(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> Activation? {
        func isOperation(_ name: StaticString) -> Bool { node.operation.isSame(as: name) }
        func require(_ name: StaticString, _ value: Float, otherwise usual: Float) throws(ChainruleError) {
            let given = try node.float(name, otherwise: usual)
            guard (given - value).magnitude <= 1e-6 * value.magnitude else {
                throw ChainruleError(.format, "\(name) \(given) is not supported; \(value) is")
            }
        }
        if isOperation("Relu") { return .relu }
        if isOperation("Sigmoid") { return .sigmoid }
        if isOperation("Tanh") { return .tanh }
        if isOperation("LeakyRelu") { return .leakyReLU(alpha: try node.float("alpha", otherwise: 0.01)) }
        if isOperation("Elu") { return .elu(alpha: try node.float("alpha", otherwise: 1)) }
        if isOperation("Celu") {
            try require("alpha", 1, otherwise: 1)
            return .elu()
        }
        if isOperation("Selu") {
            try require("alpha", 1.673_263_2, otherwise: 1.673_263_2)
            try require("gamma", 1.050_701, otherwise: 1.050_701)
            return .selu
        }
        if isOperation("HardSigmoid") {
            try require("alpha", 1 / 6, otherwise: 0.2)
            try require("beta", 0.5, otherwise: 0.5)
            return .hardSigmoid
        }
        if isOperation("HardSwish") { return .hardSwish }
        if isOperation("Softplus") { return .softplus }
        if isOperation("Softsign") { return .softsign }
        if isOperation("Mish") { return .mish }
        if isOperation("Exp") { return .exponential }
        if isOperation("Gelu") {
            return try node.text("approximate")?.isSame(as: "tanh") ?? false ? .geluTanh : .gelu
        }
        if isOperation("Clip") {
            func limit(_ name: StaticString, _ index: Int, otherwise value: Float) throws(ChainruleError) -> Float {
                if let tensor = try importer.constant(node, index), tensor.count == 1 { return tensor.float(0) }
                return try node.float(name, otherwise: value)
            }
            let most = Float.greatestFiniteMagnitude
            let (low, high) = (try limit("min", 1, otherwise: -most), try limit("max", 2, otherwise: most))
            if low <= -most && high >= most { return .identity }
            guard low == 0 else { return nil }
            return high >= most ? .relu : high > 0 ? .clippedReLU(alpha: high) : nil
        }
        return nil
    }

    static func softmax(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let isLogarithm = node.operation.isSame(as: "LogSoftmax")
        var layer = try importer.floatLayer(node)
        let axis = try layer.axis(node.integer("axis") ?? (node.opset < 13 ? 1 : -1))
        var (source, place, extents) = (layer.name, 0, [Int]())
        if node.opset < 13 && layer.dims[axis...].filter({ $0 != 1 }).count > 1 {
            // Over all axes from this one on.
            layer = try importer.plain(layer)
            if let batch = layer.batch, batch >= axis { try layer.checkIsNotBatch(batch) }
            let flat = try ONNXShapes.flattened(layer.dims, at: axis)
            extents = flat[0] == 1 ? [flat[1]] : flat
            place = extents.count - 1
            source = try importer.shaped(layer.name, extents)
        } else {
            layer = try importer.withOwnAxes(layer)
            let along = node.opset < 13 ? layer.dims[axis...].firstIndex { $0 != 1 } ?? axis : axis
            try layer.checkIsNotBatch(along)
            if isLogarithm && layer.long.last != along {
                layer = try importer.arranged(layer, layer.order.filter { $0 != along } + [along])
            }
            (source, place, extents) = try importer.around(along, layer)
        }
        guard extents[place] > 1 else { throw ChainruleError(.format, "it is over 1 element") }
        layer.name = try importer.add { name throws(ChainruleError) in
            if isLogarithm {
                try importer.architecture.activation(.logSoftmax, name: name, input: source)
            } else {
                try importer.architecture.softmax(axis: place, name: name, input: source)
            }
        }
        importer.give(layer, node)
    }

    static func prelu(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let x = try importer.floatLayer(node)
        var slopes = try importer.requiredConstant(node, 1)
        guard !slopes.isInteger else { throw ChainruleError(.format, "its slopes are integers") }
        // Before operator set 7, a list is of the channels.
        if node.opset < 7, slopes.count > 1, slopes.dims.count == 1, x.rank > 2 {
            slopes = slopes.reshaped(slopes.dims + (2..<x.rank).map { _ in 1 })
        }
        var (layer, names) = try repeated(
            x, ONNXLayer(LayerName.input.text, slopes.dims, batch: nil), importer, count: slopes.count, isLayer: false)
        layer.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.prelu(name: name, input: names[0])
        }
        // Repeated as the layer is shaped.
        try importer.fill(layer.name, "weight", slopes)
        importer.give(layer, node)
    }

    // MARK: Several values

    enum Combination {
        case sum
        case mean
        case difference
        case product
    }

    static func combine(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        func isOperation(_ name: StaticString) -> Bool { node.operation.isSame(as: name) }
        let combination: Combination =
            isOperation("Sub") ? .difference : isOperation("Mul") ? .product : isOperation("Mean") ? .mean : .sum
        var values: [ONNXLayer] = []
        for index in node.inputs.indices {
            var value: ONNXLayer
            if case .tensor(let tensor) = importer.value(node, index) {
                value = try parameter(tensor, importer)
            } else {
                value = try importer.floatLayer(node, index)
            }
            // Before operator set 7, a number says with which axis of the first value the second one begins.
            if index == 1, node.opset < 7, let first = try node.integer("axis") {
                let missing = values[0].rank - value.rank - (try values[0].axis(first))
                if missing > 0 {
                    value = try importer.plain(value)
                    value.dims += (0..<missing).map { _ in 1 }
                    (value.axes, value.order) = (value.dims, Array(value.dims.indices))
                }
            }
            values.append(value)
        }
        guard !values.isEmpty else { throw ChainruleError(.format, "it reads nothing") }
        importer.give(try combined(values, combination, importer), node)
    }

    /// A constant as a layer: learned numbers.
    static func parameter(_ tensor: ONNXTensor, _ importer: ONNXImporter) throws(ChainruleError) -> ONNXLayer {
        guard !tensor.isInteger && tensor.count > 1 else {
            throw ChainruleError(.format, "a layer and a constant number together are not supported")
        }
        let name = try importer.add("value") { name throws(ChainruleError) in
            try importer.architecture.parameter(Shape([tensor.count]), name: name)
        }
        try importer.fill(name, "value", tensor)
        return ONNXLayer(name, tensor.dims, batch: nil)
    }

    static func combined(
        _ values: [ONNXLayer], _ combination: Combination, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        var result = values[0]
        if values.count == 1 { return result }
        if values.allSatisfy({ $0.dims == result.dims && $0.batch == result.batch }) {
            if !values.allSatisfy({ $0.axes == result.axes && $0.order == result.order }) {
                result = try importer.withOwnAxes(result)
            }
            var names = [result.name]
            let extents = importer.architecture.shape(read: result.name)!.extents
            for value in values.dropFirst() {
                let isSame = value.axes == result.axes && value.order == result.order
                names.append(
                    try importer.shaped((isSame ? value : importer.arranged(value, result.order)).name, extents))
            }
            result.name = try joined(names, combination, importer)
            return result
        }
        guard combination != .mean else { throw ChainruleError(.format, "a mean of different shapes is not supported") }
        for value in values.dropFirst() { result = try combined(result, value, combination, importer) }
        return result
    }

    private static func joined(
        _ names: [String], _ combination: Combination, _ importer: ONNXImporter
    ) throws(ChainruleError) -> String {
        try importer.add { name throws(ChainruleError) in
            switch combination {
            case .sum: try importer.architecture.sum(of: names, name: name)
            case .mean: try importer.architecture.mean(of: names, name: name)
            case .difference: try importer.architecture.difference(of: names[0], names[1], name: name)
            case .product:
                guard names.count == 2 else { throw ChainruleError(.format, "it reads \(names.count) values") }
                try importer.architecture.product(of: names[0], names[1], name: name)
            }
        }
    }

    /// Two values of which one is repeated along axes of the other.
    private static func combined(
        _ a: ONNXLayer, _ b: ONNXLayer, _ combination: Combination, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        let dims = try ONNXWalk.common(a.dims, b.dims)
        func isWhole(_ value: ONNXLayer) -> Bool { value.count == dims.reduce(1, *) }
        guard isWhole(a) || isWhole(b) else {
            throw ChainruleError(.format, "it repeats both \(a.dims.shown) and \(b.dims.shown), which is not supported")
        }
        let isFirst = isWhole(a)
        let (wide, narrow) = isFirst ? (a, b) : (b, a)
        var (result, names) = try repeated(
            wide, narrow, importer, count: narrow.count, isLayer: true)
        if !isFirst { names.swapAt(0, 1) }
        result.name = try joined(names, combination, importer)
        return result
    }

    /// Places two values so that the narrow one is what lies at the end of each position of the wide one.
    /// - Parameter isLayer: whether the narrow one is a layer.
    /// - Returns: the wide value with all axes of both, and the layers' names.
    private static func repeated(
        _ wide: ONNXLayer, _ narrow: ONNXLayer, _ importer: ONNXImporter, count: Int, isLayer: Bool
    ) throws(ChainruleError) -> (ONNXLayer, [String]) {
        let dims = try ONNXWalk.common(wide.dims, narrow.dims)
        let (wide, narrow) = (
            aligned(try importer.withOwnAxes(wide), dims.count), aligned(try importer.withOwnAxes(narrow), dims.count)
        )
        guard wide.dims == dims else {
            throw ChainruleError(.format, "\(wide.dims.shown) is repeated to \(dims.shown), which is not supported")
        }
        var result = wide
        result.batch = wide.batch ?? narrow.batch
        for each in [wide, narrow] {
            if let batch = result.batch, each.batch != batch && (each.batch != nil || each.dims[batch] != 1) {
                throw ChainruleError(
                    .format, "\(wide.dims.shown) and \(narrow.dims.shown) have other numbers for each row")
            }
        }
        let inner = wide.order.filter { narrow.dims[$0] != 1 }
        let outer = wide.order.filter { narrow.dims[$0] == 1 }
        // One number is repeated at any place; one channel of it lies anywhere.
        if count > 1 || !isLayer {
            let order = outer + inner
            // Slopes stay as the file has them.
            let sorted = isLayer ? order : outer + inner.sorted()
            let batch = result.batch
            result = try importer.arranged(wide, sorted)
            result.batch = batch
            result.name = try importer.shaped(
                result.name, importer.extents(result, outer, most: Shape.mostAxes - 1) + [count])
        }
        guard isLayer else { return (result, [result.name]) }
        let placed = try importer.arranged(narrow, outer + inner)
        return (result, [result.name, try importer.shaped(placed.name, [count])])
    }

    /// The value with axes of length 1 before the others.
    private static func aligned(_ value: ONNXLayer, _ rank: Int) -> ONNXLayer {
        let missing = rank - value.rank
        if missing == 0 { return value }
        var result = value
        result.dims = (0..<missing).map { _ in 1 } + value.dims
        result.axes = result.dims
        result.order = Array(0..<missing) + value.order.map { $0 + missing }
        result.batch = value.batch.map { $0 + missing }
        return result
    }
}
