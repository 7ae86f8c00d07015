// Quantized values: whole numbers, held as floats, which stand for (number − zero point) · scale.
extension ONNXOperators {
    // MARK: To whole numbers and back

    static func quantize(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let layer = try importer.floatLayer(node)
        importer.give(try quantized(layer, output(importer, node, dims: layer.dims), importer), node)
    }

    static func foldQuantize(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        guard !tensor.isInteger else { throw ChainruleError(.format, "it reads integers") }
        let by = try output(importer, node, dims: tensor.dims)
        let (low, high) = try by.limits()
        let whole = try importer.folder.combined(
            tensor, by.scale, integers: { _, _ in nil }, floats: { ($0 / $1).rounded(.toNearestOrEven) })
        let moved = try importer.folder.combined(
            whole, by.zeros(importer.folder), integers: { _, _ in nil }, floats: { min(max($0 + $1, low), high) })
        return try importer.folder.integers(moved.dims) { moved.integer($0) }
    }

    private static func output(
        _ importer: ONNXImporter, _ node: ONNXNode, dims: [Int]
    ) throws(ChainruleError) -> Quantization {
        if let precision = try node.integer("precision"), precision > 1 {
            throw ChainruleError(.format, "precision \(precision) is not supported")
        }
        var by = try Quantization(importer, node, 1, dims: dims)
        if by.zero == nil, let type = try node.integer("output_dtype"), type != 0 {
            by.type = ONNXType(rawValue: Int64(type))
        }
        return by
    }

    static func dequantize(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let layer = try importer.layer(node)
        try checkFloatOutput(node)
        importer.give(try dequantized(layer, Quantization(importer, node, 1, dims: layer.dims), importer), node)
    }

    static func foldDequantize(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        try checkFloatOutput(node)
        return try dequantized(tensor, Quantization(importer, node, 1, dims: tensor.dims), importer)
    }

    private static func checkFloatOutput(_ node: ONNXNode) throws(ChainruleError) {
        if let type = try node.integer("output_dtype"), type > 1 {
            throw ChainruleError(.format, "output_dtype \(type) is not supported")
        }
    }

    /// Whole numbers without the zero point first: so they need none if they are dequantized at once.
    private static func quantized(
        _ layer: ONNXLayer, _ by: Quantization, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        let (low, high) = try by.limits()
        var result: ONNXLayer
        if by.scale.count == 1 {
            result = try applied(.quantize(scale: by.scale.float(0), zero: 0), layer, importer)
        } else {
            result = try combined(layer, constant(by.scale, importer), .quotient, importer)
            result = try applied(.quantize(scale: 1, zero: 0), result, importer)
        }
        if let zero = by.onlyZero {
            result = try applied(.clip(low: low - zero, high: high - zero), result, importer)
            let whole = result.name
            if zero != 0 { result = try applied(.affine(factor: 1, offset: zero), result, importer) }
            result.centered = ONNXLayer.Centered(of: result.name, name: whole, zero: zero)
        } else {
            result = try combined(result, constant(by.zeros(importer.folder), importer), .sum, importer)
            result = try applied(.clip(low: low, high: high), result, importer)
        }
        result.isInteger = true
        return result
    }

    private static func dequantized(
        _ layer: ONNXLayer, _ by: Quantization, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        guard layer.isInteger || by.isOfFloats else { throw ChainruleError(.format, "it reads floats") }
        let centered = try centered(layer, by, importer)
        if by.scale.count == 1 {
            return try applied(.affine(factor: by.scale.float(0), offset: 0), centered, importer)
        }
        return try combined(centered, constant(by.scale, importer), .product, importer)
    }

    /// The numbers less the zero point, as floats.
    private static func centered(
        _ layer: ONNXLayer, _ by: Quantization, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        var result = layer
        result.isInteger = false
        guard let zero = by.onlyZero else {
            return try combined(result, constant(by.zeros(importer.folder), importer), .difference, importer)
        }
        if let given = layer.centered, given.zero == zero, given.of.utf8.elementsEqual(layer.name.utf8) {
            result.name = given.name
            return result
        }
        return zero == 0 ? result : try applied(.affine(factor: 1, offset: -zero), result, importer)
    }

    private static func dequantized(
        _ tensor: ONNXTensor, _ by: Quantization, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXTensor {
        guard tensor.isInteger || tensor.type?.isSmallFloat ?? false else {
            throw ChainruleError(.format, "it reads floats")
        }
        try tensor.checkIsNotOfBatch()
        let centered = try centered(tensor, by, importer)
        return try importer.folder.combined(
            centered, by.scale, integers: { _, _ in nil }, floats: { $0 * $1 })
    }

    private static func centered(
        _ tensor: ONNXTensor, _ by: Quantization, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXTensor {
        try importer.folder.combined(
            tensor.asFloats(importer.folder), by.zeros(importer.folder), integers: { _, _ in nil }, floats: { $0 - $1 })
    }

    /// A whole row at once would be needed: the range of all rows is that of the batch. So the numbers stay what they are, with the
    /// scale 1 and the zero point 0, where products alone read them.
    static func dynamicQuantize(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try importer.floatLayer(node)
        let places: [[(StaticString, Int)]] = [
            [("MatMulInteger", 0), ("ConvInteger", 0), ("DequantizeLinear", 0)],
            [("Mul", 0), ("Mul", 1), ("DequantizeLinear", 1)],
            [("MatMulInteger", 2), ("ConvInteger", 2), ("DequantizeLinear", 2)],
        ]
        for (index, places) in places.enumerated()
        where !importer.isReadOnly(
            node, index, by: { reader, place in places.contains { reader.operation.isSame(as: $0.0) && $0.1 == place } }
        ) {
            throw ChainruleError(
                .format,
                "its output \(index) is read by others than MatMulInteger, ConvInteger and the product of the scales")
        }
        layer.isInteger = true
        importer.give(layer, node)
        importer.give(.tensor(try importer.folder.floats([]) { _ in 1 }), node, 1)
        importer.give(.tensor(try importer.folder.integers([]) { _ in 0 }), node, 2)
    }

    // MARK: Products

    static func quantizedMatMul(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let a = try dequantizedFactor(importer, node, 0, axis: -2)
        let b = try dequantizedFactor(importer, node, 3, axis: -1)
        try product("MatMul", [a, b], importer, node, quantizedBy: 6)
    }

    static func quantizedConvolution(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let x = try dequantizedFactor(importer, node, 0, axis: 1)
        let w = try dequantizedFactor(importer, node, 3, axis: 0)
        var inputs = [x, w]
        if let bias = try importer.constant(node, 8) {
            let (scale, scales) = (try importer.requiredConstant(node, 1), try importer.requiredConstant(node, 4))
            guard bias.isInteger && bias.dims.count == 1, scales.count == 1 || scales.count == bias.count,
                scale.count == 1
            else {
                throw ChainruleError(
                    .format,
                    "its bias is \(bias.dims.shown), its scales are \(scale.dims.shown) and \(scales.dims.shown)")
            }
            inputs.append(
                .tensor(
                    try importer.folder.floats(bias.dims) {
                        bias.float($0) * (scale.float(0) * scales.float(scales.count == 1 ? 0 : $0))
                    }))
        }
        try product("Conv", inputs, importer, node, quantizedBy: 6)
    }

    static func integerMatMul(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let a = try centeredFactor(importer, node, 0, zero: 2, axis: -2)
        let b = try centeredFactor(importer, node, 1, zero: 3, axis: -1)
        try product("MatMul", [a, b], importer, node, quantizedBy: nil)
    }

    static func integerConvolution(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let x = try centeredFactor(importer, node, 0, zero: 2, axis: 1)
        let w = try centeredFactor(importer, node, 1, zero: 3, axis: 0)
        try product("Conv", [x, w], importer, node, quantizedBy: nil)
    }

    /// The input at a place, with its scale and zero point behind it, as floats.
    private static func dequantizedFactor(
        _ importer: ONNXImporter, _ node: ONNXNode, _ index: Int, axis: Int
    ) throws(ChainruleError) -> ONNXValue {
        if case .tensor(let tensor) = importer.value(node, index) {
            let by = try Quantization(importer, node, index + 1, dims: tensor.dims, axis: axis)
            return .tensor(try dequantized(tensor, by, importer))
        }
        let layer = try importer.layer(node, index)
        let by = try Quantization(importer, node, index + 1, dims: layer.dims, axis: axis)
        return .layer(try dequantized(layer, by, importer))
    }

    /// The input at a place less its zero point, as floats.
    private static func centeredFactor(
        _ importer: ONNXImporter, _ node: ONNXNode, _ index: Int, zero: Int, axis: Int
    ) throws(ChainruleError) -> ONNXValue {
        if case .tensor(let tensor) = importer.value(node, index) {
            guard tensor.isInteger else { throw ChainruleError(.format, "it reads floats") }
            return .tensor(
                try centered(tensor, Quantization(importer, node, zero: zero, dims: tensor.dims, axis: axis), importer))
        }
        let layer = try importer.layer(node, index)
        guard layer.isInteger else { throw ChainruleError(.format, "it reads floats") }
        return .layer(
            try centered(layer, Quantization(importer, node, zero: zero, dims: layer.dims, axis: axis), importer))
    }

    /// The node as another operator of floats.
    /// - Parameter place: of the input with the scale by which the product is quantized; nil: it is of whole numbers.
    private static func product(
        _ operation: StaticString, _ inputs: [ONNXValue], _ importer: ONNXImporter, _ node: ONNXNode,
        quantizedBy place: Int?
    ) throws(ChainruleError) {
        guard let output = node.outputs.first ?? nil else { return }
        try importer.build(node, as: operation, inputs)
        guard case .layer(var layer) = importer.values[output] else {
            throw ChainruleError(.format, "all that it multiplies is constant; that is not supported")
        }
        if let place {
            layer = try quantized(layer, Quantization(importer, node, place, dims: layer.dims), importer)
        }
        layer.isInteger = true
        importer.give(layer, node)
    }
}

/// A scale and a zero point, each a number, or numbers with the axes of what they belong to, repeated along those of length 1.
private struct Quantization {
    let scale: ONNXTensor
    /// nil: 0.
    let zero: ONNXTensor?
    var type: ONNXType?

    /// - Parameters:
    ///   - index: the place of the scale among the node's inputs; the zero point follows.
    ///   - dims: of what is quantized.
    ///   - axis: along which there are several of them; nil: as the node says.
    init(
        _ importer: ONNXImporter, _ node: ONNXNode, _ index: Int, dims: [Int], axis: Int? = nil
    ) throws(ChainruleError) {
        let given = try importer.requiredConstant(node, index)
        guard !given.isInteger else { throw ChainruleError(.format, "its scale is of integers") }
        for place in 0..<given.count where !(given.float(place) > 0 && given.float(place) < .infinity) {
            throw ChainruleError(.format, "a scale is \(given.float(place)); it must be finite and above 0")
        }
        let named = try node.integer("axis") ?? 1
        let axis = axis ?? named
        let block = try node.integer("block_size") ?? 0
        scale = try Quantization.placed(given, dims, axis: axis, block: block, importer)
        let zero = try importer.constant(node, index + 1)
        if let zero, zero.dims != given.dims && !(zero.count == 1 && given.count == 1) {
            throw ChainruleError(
                .format, "its scale has the shape \(given.dims.shown), its zero point \(zero.dims.shown)")
        }
        (self.zero, type) = try Quantization.zero(zero, dims, axis: axis, block: block, importer)
    }

    /// With a scale of 1.
    init(
        _ importer: ONNXImporter, _ node: ONNXNode, zero index: Int, dims: [Int], axis: Int
    ) throws(ChainruleError) {
        scale = try importer.folder.floats([]) { _ in 1 }
        (zero, type) = try Quantization.zero(importer.constant(node, index), dims, axis: axis, block: 0, importer)
    }

    private static func zero(
        _ tensor: ONNXTensor?, _ dims: [Int], axis: Int, block: Int, _ importer: ONNXImporter
    ) throws(ChainruleError) -> (ONNXTensor?, ONNXType?) {
        guard let tensor else { return (nil, .uint8) }
        let isFloat = tensor.type?.isSmallFloat ?? false
        guard tensor.isInteger || isFloat else { throw ChainruleError(.format, "its zero point is of floats") }
        for place in 0..<tensor.count {
            let number = tensor.float(place)
            guard number.magnitude <= (isFloat ? 0 : 0x1p24) else {
                throw ChainruleError(.format, "a zero point is \(number)")
            }
        }
        return (try placed(tensor, dims, axis: axis, block: block, importer), tensor.type)
    }

    /// A list along an axis, or a tensor of blocks, with the axes of what it belongs to.
    private static func placed(
        _ tensor: ONNXTensor, _ dims: [Int], axis: Int, block: Int, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXTensor {
        if tensor.count == 1 && block == 0 { return tensor.reshaped([]) }
        let axis = try ONNXShapes.axis(axis, dims.count)
        guard block != 0 else {
            // QLinearMatMul's may have all axes already.
            var own = dims.map { _ in 1 }
            own[axis] = dims[axis]
            guard tensor.count == dims[axis] && (tensor.dims.count == 1 || tensor.dims == own) else {
                throw ChainruleError(
                    .format,
                    "a scale or zero point of \(tensor.dims.shown) does not suit axis \(axis) of \(dims.shown)")
            }
            return tensor.reshaped(own)
        }
        var own = dims
        own[axis] = block > 0 ? (dims[axis] + min(block, dims[axis]) - 1) / min(block, max(dims[axis], 1)) : -1
        guard tensor.dims == own else {
            throw ChainruleError(
                .format,
                "a scale or zero point of \(tensor.dims.shown) does not suit blocks of \(block) of \(dims.shown)")
        }
        let (inner, length) = (dims[(axis + 1)...].reduce(1, *), dims[axis])
        func source(_ place: Int) -> Int {
            let (outer, rest) = place.quotientAndRemainder(dividingBy: inner * length)
            return (outer * own[axis] + rest / inner / block) * inner + rest % inner
        }
        return tensor.isInteger
            ? try importer.folder.integers(dims) { tensor.integer(source($0)) }
            : try importer.folder.floats(dims) { tensor.float(source($0)) }
    }

    /// Whether the numbers are floats of few bits.
    var isOfFloats: Bool { type?.isSmallFloat ?? false }

    /// The zero point, if it is the same everywhere.
    var onlyZero: Float? {
        guard let zero, zero.count > 0 else { return 0 }
        let first = zero.integer(0)
        for place in 1..<max(zero.count, 1) where zero.integer(place) != first { return nil }
        return Float(first)
    }

    func zeros(_ folder: ONNXFolder) throws(ChainruleError) -> ONNXTensor {
        if let zero { return try zero.asFloats(folder) }
        return try folder.floats([]) { _ in 0 }
    }

    /// The least and the largest number of the type.
    func limits() throws(ChainruleError) -> (low: Float, high: Float) {
        switch type {
        case .uint8: return (0, 255)
        case .int8: return (-128, 127)
        case .uint16: return (0, 65_535)
        case .int16: return (-32_768, 32_767)
        case .uint4: return (0, 15)
        case .int4: return (-8, 7)
        case .uint2: return (0, 3)
        case .int2: return (-2, 1)
        default: throw ChainruleError(.format, "numbers of the type \(type?.rawValue ?? 0) are not supported")
        }
    }
}

// MARK: - Rounding

extension ONNXOperators {
    static func round(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try importer.floatLayer(node)
        if node.operation.isSame(as: "Round") {
            layer = try applied(.quantize(scale: 1, zero: 0), layer, importer)
        } else if node.operation.isSame(as: "Floor") {
            layer = try applied(.floor, layer, importer)
        } else {
            let opposite = try applied(.affine(factor: -1, offset: 0), layer, importer)
            if node.operation.isSame(as: "Ceil") {
                layer = try applied(.affine(factor: -1, offset: 0), applied(.floor, opposite, importer), importer)
            } else {
                // The sign: whether x is not below 0, less whether it is not above.
                layer = try combined(
                    applied(.step, layer, importer), applied(.step, opposite, importer), .difference, importer)
            }
        }
        importer.give(layer, node)
    }
}

extension ONNXImporter {
    /// Adds the layers of a node as if it were of another operator, and read these values.
    fileprivate func build(
        _ node: ONNXNode, as operation: StaticString, _ inputs: [ONNXValue]
    ) throws(ChainruleError) {
        let other = node.reading(temporary(inputs), as: operation)
        if let build = try ONNXOperators.find(other).build { try build(self, other) }
    }
}
