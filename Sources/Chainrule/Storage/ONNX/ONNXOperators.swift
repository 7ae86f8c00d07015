/// What an operator makes of constants, and of layers.
struct ONNXOperator {
    typealias Fold = @Sendable (ONNXImporter, ONNXNode) throws(ChainruleError) -> ONNXTensor
    typealias Build = @Sendable (ONNXImporter, ONNXNode) throws(ChainruleError) -> Void

    let name: StaticString
    /// Computes its first output, if all that it reads is constant.
    let fold: Fold?
    /// Adds its layers, and gives its outputs.
    let build: Build?

    init(_ name: StaticString, fold: Fold? = nil, build: Build? = nil) {
        self.name = name
        self.fold = fold
        self.build = build
    }
}

/// The operators that are read. To add one, write a function, and a line here.
enum ONNXOperators {
    private static let all: [ONNXOperator] = [
        // Products
        ONNXOperator("Gemm", build: gemm), ONNXOperator("MatMul", build: matMul),
        // Elementwise
        ONNXOperator("Add", fold: foldSum, build: combine), ONNXOperator("Sub", fold: foldDifference, build: combine),
        ONNXOperator("Mul", fold: foldProduct, build: combine), ONNXOperator("Sum", build: combine),
        ONNXOperator("Mean", build: combine), ONNXOperator("Div", fold: foldQuotient, build: combine),
        ONNXOperator("Max", build: combine), ONNXOperator("Min", build: combine), ONNXOperator("Pow", build: combine),
        ONNXOperator("PRelu", build: prelu),
        ONNXOperator("Neg", fold: foldNegative, build: activate), ONNXOperator("Sqrt", fold: foldRoot, build: activate),
        ONNXOperator("Log", build: activate), ONNXOperator("Abs", build: activate),
        ONNXOperator("Reciprocal", build: activate), ONNXOperator("Erf", build: activate),
        ONNXOperator("Sin", build: activate), ONNXOperator("Where", fold: foldChoice, build: choose),
        // Along axes
        ONNXOperator("ReduceSum", build: reduce), ONNXOperator("ReduceMean", build: reduce),
        ONNXOperator("ReduceMax", build: reduce), ONNXOperator("ReduceMin", build: reduce),
        ONNXOperator("ReduceL1", build: reduce), ONNXOperator("ReduceL2", build: reduce),
        ONNXOperator("ReduceSumSquare", build: reduce), ONNXOperator("ReduceLogSum", build: reduce),
        ONNXOperator("ReduceProd", build: reduceProduct), ONNXOperator("ArgMax", build: reduce),
        ONNXOperator("Not", build: not), ONNXOperator("GreaterOrEqual", fold: foldOrder, build: notBelow),
        ONNXOperator("Equal", fold: foldOrder), ONNXOperator("Less", fold: foldOrder),
        ONNXOperator("LessOrEqual", fold: foldOrder), ONNXOperator("Greater", fold: foldOrder),
        ONNXOperator("And", fold: foldProduct),
        // Activations
        ONNXOperator("Relu", build: activate), ONNXOperator("LeakyRelu", build: activate),
        ONNXOperator("Elu", build: activate), ONNXOperator("Selu", build: activate),
        ONNXOperator("Celu", build: activate), ONNXOperator("Sigmoid", build: activate),
        ONNXOperator("HardSigmoid", build: activate), ONNXOperator("HardSwish", build: activate),
        ONNXOperator("Tanh", build: activate), ONNXOperator("Softplus", build: activate),
        ONNXOperator("Softsign", build: activate), ONNXOperator("Gelu", build: activate),
        ONNXOperator("Mish", build: activate), ONNXOperator("Clip", build: activate),
        ONNXOperator("Exp", build: activate),
        ONNXOperator("Softmax", build: softmax), ONNXOperator("LogSoftmax", build: softmax),
        // Whole numbers
        ONNXOperator("Round", build: round), ONNXOperator("Floor", build: round), ONNXOperator("Ceil", build: round),
        ONNXOperator("Sign", build: round), ONNXOperator("QuantizeLinear", fold: foldQuantize, build: quantize),
        ONNXOperator("DequantizeLinear", fold: foldDequantize, build: dequantize),
        ONNXOperator("DynamicQuantizeLinear", build: dynamicQuantize),
        ONNXOperator("QLinearMatMul", build: quantizedMatMul), ONNXOperator("QLinearConv", build: quantizedConvolution),
        ONNXOperator("MatMulInteger", build: integerMatMul), ONNXOperator("ConvInteger", build: integerConvolution),
        // Windows
        ONNXOperator("Conv", build: convolution), ONNXOperator("ConvTranspose", build: transposedConvolution),
        ONNXOperator("MaxPool", build: pooling), ONNXOperator("AveragePool", build: pooling),
        ONNXOperator("GlobalMaxPool", build: globalPooling), ONNXOperator("GlobalAveragePool", build: globalPooling),
        ONNXOperator("Pad", build: pad), ONNXOperator("Upsample", build: resize), ONNXOperator("Resize", build: resize),
        // Normalization
        ONNXOperator("BatchNormalization", build: batchNormalization),
        ONNXOperator("InstanceNormalization", build: groupNormalization),
        ONNXOperator("GroupNormalization", build: groupNormalization),
        ONNXOperator("LayerNormalization", build: layerNormalization),
        // Sequences
        ONNXOperator("RNN", build: recurrent), ONNXOperator("GRU", build: recurrent),
        ONNXOperator("LSTM", build: recurrent),
        // Shapes
        ONNXOperator("Identity", fold: foldIdentity, build: identity),
        ONNXOperator("Dropout", fold: foldIdentity, build: dropout),
        ONNXOperator("Reshape", fold: foldReshape, build: reshape),
        ONNXOperator("Flatten", fold: foldReshape, build: reshape),
        ONNXOperator("Squeeze", fold: foldReshape, build: reshape),
        ONNXOperator("Unsqueeze", fold: foldReshape, build: reshape),
        ONNXOperator("Transpose", fold: foldTranspose, build: transpose),
        ONNXOperator("Concat", fold: foldConcat, build: concat), ONNXOperator("Split", build: split),
        ONNXOperator("Slice", fold: foldSlice, build: slice), ONNXOperator("Gather", fold: foldGather, build: gather),
        ONNXOperator("Cast", fold: foldCast, build: cast),
        ONNXOperator("CastLike", fold: foldCastLike, build: castLike),
        ONNXOperator("Shape", fold: foldShape, build: shape), ONNXOperator("Size", fold: foldSize, build: size),
        ONNXOperator("Constant", fold: foldConstant), ONNXOperator("ConstantOfShape", fold: foldConstantOfShape),
        ONNXOperator("Expand", fold: foldExpand, build: expand), ONNXOperator("Range", fold: foldRange),
        ONNXOperator("Mod", fold: foldRemainder), ONNXOperator("Tile", build: tile),
    ]

    /// Whether an operator takes values whose rows of the batch lie within the places along its axis (``ONNXLayer/hasInnerRows``): each
    /// place by itself, and gives what it makes of the layer that it reads.
    static func takesInnerRows(_ node: ONNXNode) -> Bool {
        let names: [StaticString] = [
            "Reshape", "Gemm", "MatMul", "Add", "Identity", "Dropout", "Cast", "Shape", "Relu", "Gelu", "Tanh",
            "Sigmoid",
        ]
        return names.contains { node.operation.isSame(as: $0) }
    }

    /// Whether an operator says by itself where the batch's axis of a constant goes.
    static func moves(_ node: ONNXNode) -> Bool {
        let names: [StaticString] = [
            "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Concat", "Slice", "Gather", "Shape", "Size",
        ]
        return names.contains { node.operation.isSame(as: $0) }
    }

    static func find(_ node: ONNXNode) throws(ChainruleError) -> ONNXOperator {
        for each in node.isOfLearning ? learned : all where node.operation.isSame(as: each.name) { return each }
        throw ChainruleError(.format, "the operator is not supported")
    }
}

// MARK: - Of constants

extension ONNXOperators {
    private static func foldIdentity(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        try importer.requiredConstant(node, 0)
    }

    private static func foldReshape(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        return try importer.reshaped(node, tensor)
    }

    private static func foldTranspose(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        let axes = try importer.permutation(node, tensor.dims.count)
        let result = try importer.folder.permuted(tensor, axes)
        return result.reshaped(result.dims, batch: tensor.batch.map { axes.firstIndex(of: $0)! })
    }

    private static func foldConcat(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        var tensors: [ONNXTensor] = []
        for index in node.inputs.indices { tensors.append(try importer.requiredConstant(node, index)) }
        guard let first = tensors.first, let axis = try node.integer("axis") else {
            throw ChainruleError(.format, "it has no inputs or no axis")
        }
        let along = try ONNXShapes.axis(axis, first.dims.count)
        let result = try importer.folder.joined(tensors, along: along)
        let batch = tensors.first { $0.batch != nil }?.batch
        guard batch != along && tensors.allSatisfy({ $0.batch == nil || $0.batch == batch }) else {
            throw ONNXLayer.alongBatch(along)
        }
        return result.reshaped(result.dims, batch: batch)
    }

    private static func foldSlice(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        let ranges = try importer.slices(node, tensor.dims, batch: tensor.batch)
        var (strides, start) = (ONNXWalk.strides(tensor.dims), 0)
        for (axis, range) in ranges.enumerated() where range.count > 0 {
            start += range.first * strides[axis]
            strides[axis] = range.count == 1 ? 0 : strides[axis] * range.step
        }
        let result = try importer.folder.strided(tensor, ranges.map { $0.count }, strides: strides, start: start)
        return result.reshaped(result.dims, batch: tensor.batch)
    }

    private static func foldGather(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let (tensor, indices) = (try importer.requiredConstant(node, 0), try importer.requiredConstant(node, 1))
        guard indices.isInteger else { throw ChainruleError(.format, "its indices are not integers") }
        let axis = try ONNXShapes.axis(node.integer("axis") ?? 0, tensor.dims.count)
        let length = tensor.dims[axis]
        for place in 0..<indices.count where !(-length..<length ~= Int(clamping: indices.integer(place))) {
            throw ChainruleError(.format, "the index \(indices.integer(place)) is not among \(length)")
        }
        guard tensor.batch != axis && indices.batch == nil else { throw ONNXLayer.alongBatch(axis) }
        let batch = tensor.batch.map { $0 > axis ? $0 + indices.dims.count - 1 : $0 }
        let inner = tensor.dims[(axis + 1)...].reduce(1, *)
        let dims = Array(tensor.dims[..<axis]) + indices.dims + Array(tensor.dims[(axis + 1)...])
        func source(_ place: Int) -> Int {
            let (rest, column) = place.quotientAndRemainder(dividingBy: inner)
            let (outer, row) = rest.quotientAndRemainder(dividingBy: indices.count)
            let index = Int(indices.integer(row))
            return (outer * length + (index < 0 ? index + length : index)) * inner + column
        }
        return try
            (tensor.isInteger
            ? importer.folder.integers(dims) { tensor.integer(source($0)) }
            : importer.folder.floats(dims) { tensor.float(source($0)) }).reshaped(dims, batch: batch)
    }

    private static func foldCast(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        return try cast(tensor, ONNXType.supported(node.integer("to").map { Int64($0) }), importer)
    }

    private static func foldCastLike(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let (tensor, like) = (try importer.requiredConstant(node, 0), try importer.requiredConstant(node, 1))
        return try cast(tensor, like.type ?? (like.isInteger ? .int64 : .float), importer)
    }

    private static func cast(
        _ tensor: ONNXTensor, _ type: ONNXType, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXTensor {
        switch type {
        case .float, .double: return try tensor.asFloats(importer.folder)
        case .int64: return tensor.isInteger ? tensor : try importer.folder.integers(tensor.dims) { tensor.integer($0) }
        case .int32:
            let numbers = tensor.isInteger ? tensor : try importer.folder.integers(tensor.dims) { tensor.integer($0) }
            return try held(numbers, type)
        case .bool: return try importer.folder.integers(tensor.dims) { tensor.float($0) == 0 ? 0 : 1 }
        // Others would round, or cut off.
        default: throw ChainruleError(.format, "a cast to type \(type.rawValue) is not supported")
        }
    }

    private static func foldShape(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        return try shape(of: tensor.dims, batch: tensor.batch, importer, node)
    }

    private static func foldSize(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        return try size(tensor.count, hasBatch: tensor.batch != nil, importer)
    }

    static func shape(
        of dims: [Int], batch: Int? = nil, _ importer: ONNXImporter, _ node: ONNXNode
    ) throws(ChainruleError) -> ONNXTensor {
        func place(_ number: Int) -> Int {
            min(max(number < 0 ? max(number, -dims.count) + dims.count : number, 0), dims.count)
        }
        let (start, end) = (place(try node.integer("start") ?? 0), place(try node.integer("end") ?? dims.count))
        return try importer.folder.integers([max(0, end - start)]) {
            let axis = start + $0
            return axis == batch ? ONNXBatch.number(dims[axis]) : Int64(dims[axis])
        }
    }

    private static func foldConstant(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        if let attribute = node.attribute("value") {
            guard let tensor = attribute.tensor else { throw ChainruleError(.format, "its value is no tensor") }
            return tensor
        }
        if let attribute = node.attribute("value_floats") {
            return try importer.folder.floats([attribute.floats.count]) { attribute.floats[$0] }
        }
        if let attribute = node.attribute("value_ints") {
            return try importer.folder.integers([attribute.integers.count]) { attribute.integers[$0] }
        }
        if let number = node.attribute("value_float")?.float { return try importer.folder.floats([]) { _ in number } }
        if let number = node.attribute("value_int")?.integer { return try importer.folder.integers([]) { _ in number } }
        throw ChainruleError(.format, "its value is of a kind that is not supported")
    }

    private static func foldConstantOfShape(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError)
        -> ONNXTensor
    {
        let (dims, batch) = try importer.requiredConstant(node, 0).shape()
        guard let tensor = node.attribute("value")?.tensor else {
            return try importer.folder.floats(dims) { _ in 0 }.reshaped(dims, batch: batch)
        }
        guard tensor.count == 1 else { throw ChainruleError(.format, "its value has \(tensor.count) elements") }
        return try importer.folder.expanded(tensor.reshaped([]), to: dims).reshaped(dims, batch: batch)
    }

    private static func foldExpand(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        let (wanted, batch) = try importer.requiredConstant(node, 1).shape()
        _ = try ONNXTensor.count(of: wanted)
        let dims = try ONNXWalk.common(tensor.dims, wanted)
        return try importer.folder.expanded(tensor, to: dims).reshaped(
            dims, batch: batch.map { $0 + dims.count - wanted.count })
    }

    private static func foldRange(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        var numbers: [Double] = []
        var isInteger = true
        for index in 0..<3 {
            let tensor = try importer.requiredConstant(node, index)
            guard tensor.count == 1 else { throw ChainruleError(.format, "its input \(index) is no number") }
            try tensor.checkIsNotOfBatch()
            isInteger = isInteger && tensor.isInteger
            numbers.append(tensor.isInteger ? Double(tensor.integer(0)) : Double(tensor.float(0)))
            guard numbers[index].magnitude <= 0x1p53 else {
                throw ChainruleError(.format, "it counts to \(numbers[index])")
            }
        }
        let count = ((numbers[1] - numbers[0]) / numbers[2]).rounded(.up)
        guard count.magnitude < 0x1p31 else { throw ChainruleError(.format, "it has \(count) elements") }
        let dims = [max(0, Int(count))]
        return isInteger
            ? try importer.folder.integers(dims) { Int64(numbers[0]) &+ Int64($0) &* Int64(numbers[2]) }
            : try importer.folder.floats(dims) { Float(numbers[0] + Double($0) * numbers[2]) }
    }

    private static func foldSum(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        try checkLengths(importer, node)
        return try combined(importer, node, { a, b in checked(a.addingReportingOverflow(b)) }, { $0 + $1 })
    }

    private static func foldDifference(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor
    {
        try checkLengths(importer, node)
        return try combined(importer, node, { a, b in checked(a.subtractingReportingOverflow(b)) }, { $0 - $1 })
    }

    private static func checkLengths(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        for index in node.inputs.indices { try importer.requiredConstant(node, index).checkIsNotOfBatch() }
    }

    private static func foldProduct(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        try combined(importer, node, { a, b in checked(a.multipliedReportingOverflow(by: b)) }, { $0 * $1 })
    }

    private static func foldQuotient(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        try combined(importer, node, { a, b in checked(a.dividedReportingOverflow(by: b)) }, { $0 / $1 })
    }

    /// Of integers; with the sign of the divisor, unless the node says otherwise.
    private static func foldRemainder(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        try checkLengths(importer, node)
        guard try importer.requiredConstant(node, 0).isInteger else {
            throw ChainruleError(.format, "it computes with floats")
        }
        let truncates = try node.flag("fmod")
        return try combined(
            importer, node,
            { a, b in
                guard let rest = checked(a.remainderReportingOverflow(dividingBy: b)) else { return nil }
                return truncates || rest == 0 || (rest < 0) == (b < 0) ? rest : rest + b
            }, { a, _ in a })
    }

    private static func checked(_ result: (partialValue: Int64, overflow: Bool)) -> Int64? {
        result.overflow ? nil : result.partialValue
    }

    private static func combined(
        _ importer: ONNXImporter, _ node: ONNXNode, _ integers: (Int64, Int64) -> Int64?,
        _ floats: (Float, Float) -> Float
    ) throws(ChainruleError) -> ONNXTensor {
        let (a, b) = (try importer.requiredConstant(node, 0), try importer.requiredConstant(node, 1))
        return try held(
            importer.folder.combined(a, b, integers: integers, floats: floats), a.type ?? b.type ?? .int64)
    }

    /// Integers of a type, all of which it must hold: others would go round. The number of rows in a batch is a small one.
    private static func held(_ tensor: ONNXTensor, _ type: ONNXType) throws(ChainruleError) -> ONNXTensor {
        guard tensor.isInteger, let range = type.range else { return tensor }
        for place in 0..<tensor.count
        where !(range ~= tensor.integer(place)) && !ONNXBatch.isOfBatch(tensor.integer(place)) {
            throw ChainruleError(.format, "\(tensor.integer(place)) is no number of the type \(type.rawValue)")
        }
        return ONNXTensor(dims: tensor.dims, count: tensor.count, tensor.content, type: type, batch: tensor.batch)
    }

    private static func foldNegative(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        try tensor.checkIsNotOfBatch()
        return tensor.isInteger
            ? try importer.folder.integers(tensor.dims) { 0 &- tensor.integer($0) }
            : try importer.folder.floats(tensor.dims) { -tensor.float($0) }
    }

    /// How the elements of two constants compare.
    private static func foldOrder(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let (a, b) = (try importer.requiredConstant(node, 0), try importer.requiredConstant(node, 1))
        // The number of rows is at least 1.
        for (tensor, other) in [(a, b), (b, a)]
        where (0..<other.count).contains(where: { other.float($0) > 0 }) { try tensor.checkIsNotOfBatch() }
        let orders: [(StaticString, [Int64])] = [
            ("Equal", [0]), ("Less", [-1]), ("LessOrEqual", [-1, 0]), ("Greater", [1]), ("GreaterOrEqual", [0, 1]),
        ]
        let wanted = orders.first { node.operation.isSame(as: $0.0) }!.1
        let order = try importer.folder.combined(
            a, b, integers: { $0 < $1 ? -1 : $0 == $1 ? 0 : 1 },
            floats: { $0 < $1 ? -1 : $0 == $1 ? 0 : $0 > $1 ? 1 : 2 })
        return try importer.folder.integers(order.dims) { wanted.contains(order.integer($0)) ? 1 : 0 }
    }

    private static func foldChoice(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        var (tensors, dims) = ([ONNXTensor](), [Int]())
        for index in 0..<3 {
            tensors.append(try importer.requiredConstant(node, index))
            dims = try ONNXWalk.common(dims, tensors[index].dims)
        }
        for index in 0..<3 { tensors[index] = try importer.folder.expanded(tensors[index], to: dims) }
        let (condition, a, b) = (tensors[0], tensors[1], tensors[2])
        guard condition.isInteger && a.isInteger == b.isInteger else {
            throw ChainruleError(.format, "it combines integers and floats")
        }
        return a.isInteger
            ? try importer.folder.integers(dims) { (condition.integer($0) != 0 ? a : b).integer($0) }
            : try importer.folder.floats(dims) { (condition.integer($0) != 0 ? a : b).float($0) }
    }

    private static func foldRoot(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        let tensor = try importer.requiredConstant(node, 0)
        guard !tensor.isInteger else { throw ChainruleError(.format, "it computes with integers") }
        return try importer.folder.floats(tensor.dims) { tensor.float($0).squareRoot() }
    }
}
