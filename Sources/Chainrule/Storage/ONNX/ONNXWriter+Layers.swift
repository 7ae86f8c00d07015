// What each kind of layer becomes.
extension ONNXWriter {
    func write(_ node: Architecture.Node) throws(ChainruleError) {
        switch node.settings {
        case .dense(let activation, bias: _, weights: _, biases: _): try dense(activation)
        case .activation(let activation):
            let x = try input()
            try finish(x.name, activation, x)
        case .dropout(let rate, wholeChannels: _):
            let x = try input()
            give(emit("Dropout", [x.name, number(rate, "rate")]), x.order, hasBatch: x.hasBatch)
        case .noise: pass(try input())
        case .sum: try combine("Sum")
        case .mean: try combine("Mean")
        case .difference: try combine("Sub")
        case .product: try combine("Mul")
        case .quotient: try combine("Div")
        case .maximum: try combine("Max")
        case .minimum: try combine("Min")
        case .power: try combine("Pow")
        case .function(let function): try write(function)
        case .concatenation(let axis): try concatenate(axis ?? shape.rank - 1)
        case .reshape: try reshape()
        case .transpose(let axes):
            let x = try input()
            pass(x, x.order.map { axes.firstIndex(of: $0)! })
        case .slice(let begin, let end): try slice(begin, end)
        case .zeroPadding(let before, let after):
            let x = try input()
            func along(_ numbers: [Int]) -> [Int] { [0] + x.order.map { $0 < numbers.count ? numbers[$0] : 0 } }
            give(
                emit("Pad", [x.name, integers(along(before) + along(after), "pads")]), x.order, hasBatch: x.hasBatch)
        case .take(let axis, let indices):
            let x = try input()
            let places = integers(indices, "indices")
            give(
                emit("Gather", [x.name, places], [.integer("axis", onnxAxis(axis, x.order))]), x.order,
                hasBatch: x.hasBatch)
        case .matrixProduct(let transposesB): try multiply(transposesB: transposesB)
        case .upsampling(let factors): try upsample(factors)
        case .reduction(let method, let axes, let keepsAxes): try reduce(method, axes, keepsAxes: keepsAxes)
        case .broadcast(let shape):
            let order = Array(0..<shape.rank)
            let x = try operand(0, order)
            let dims = integers([1] + shape.extents, "shape")
            give(emit("Expand", [x.name, dims]), order, hasBatch: x.hasBatch)
        case .input(let shape, let first):
            let x = try input()
            let part = emit("Slice", slicing(x.name, [first], [first + shape.count], [1]), as: "part")
            give(emit("Reshape", [part, integers([0] + shape.extents, "shape")]), Array(0..<shape.rank))
        case .convolution(let settings): try convolve(settings)
        case .pooling(let method, let window): try pool(method, window)
        case .normalization(let method, let epsilon, isAffine: _): try normalize(method, epsilon: epsilon)
        case .prelu:
            let x = try input()
            let slopes = parameter("weight", channelDims(x.order))!
            give(emit("PRelu", [x.name, slopes]), x.order, hasBatch: x.hasBatch)
        case .softmax(let axis):
            let x = try input()
            give(
                emit("Softmax", [x.name], [.integer("axis", onnxAxis(axis, x.order))]), x.order, hasBatch: x.hasBatch)
        case .recurrent(let settings): try recur(settings)
        case .parameter, .constant:
            give(parameter("value", [1] + shape.extents)!, Array(0..<shape.rank), hasBatch: false)
        case .embedding(let tokens, width: _, weights: _): try embed(tokens)
        case .positions: try addPositions()
        case .attention(let settings): try attend(settings)
        }
    }

    /// The axis of a value that one of the layer's is.
    func onnxAxis(_ axis: Int, _ order: [Int]) -> Int { 1 + order.firstIndex(of: axis)! }

    /// The axes of a tensor with a number for each channel, which is repeated along the other axes of a value.
    func channelDims(_ order: [Int]) -> [Int] {
        let place = order.firstIndex(of: order.count - 1)!
        return [shape.channels] + order[(place + 1)...].map { _ in 1 }
    }

    // MARK: Products

    private func dense(_ activation: Activation) throws(ChainruleError) {
        let depth = inputShape().channels
        if shape.rank == 1 {
            let hasFlat = try flattenedInput()
            var (name, hasBatch) = ("", true)
            let weights: String
            if let flat = hasFlat {
                (name, hasBatch) = (flat.name, flat.source.hasBatch)
                // A column for each element in ONNX's order.
                weights = try parameter(
                    "weight", [shape.count] + flat.shape.extents, permuted: [0] + flat.source.order.map { $0 + 1 },
                    dims: [shape.count, depth])
            } else {
                let x = try plainInput()
                (name, hasBatch) = (x.name, x.hasBatch)
                weights = parameter("weight")!
            }
            let inputs = [name, weights] + (parameter("bias").map { [$0] } ?? [])
            let product = emit("Gemm", inputs, as: part(before: activation, "product"), [.integer("transB", 1)])
            return try finish(product, activation, value(product, [0], hasBatch: hasBatch))
        }
        let any = try input()
        let last = shape.rank - 1
        let x = try arranged(node.inputs[0], any.order.filter { $0 != last } + [last])
        let weights = try parameter("weight", [shape.channels, depth], permuted: [1, 0])
        let bias = parameter("bias")
        var result = emit(
            "MatMul", [x.name, weights], as: bias == nil ? part(before: activation, "product") : "product")
        if let bias { result = emit("Add", [result, bias], as: part(before: activation, "sum")) }
        try finish(result, activation, x)
    }

    private func multiply(transposesB: Bool) throws(ChainruleError) {
        let order = Array(0..<shape.rank)
        let a = try operand(0, order)
        var axes = order
        if transposesB { axes.swapAt(shape.rank - 1, shape.rank - 2) }
        let b = try operand(1, axes)
        give(emit("MatMul", [a.name, b.name]), order, hasBatch: a.hasBatch || b.hasBatch)
    }

    /// The name of a value before an activation; nil: the layer's, if the activation does nothing.
    func part(before activation: Activation, _ part: String) -> String? { activation.isIdentity ? nil : part }

    /// Applies an activation, and gives the layer's value.
    /// - Parameter x: a value with the same axes.
    func finish(_ name: String, _ activation: Activation, _ x: ONNXWrittenValue) throws(ChainruleError) {
        if activation.isIdentity && name.utf8.elementsEqual(x.name.utf8) { return pass(x) }
        give(try activate(name, activation, x.order), x.order, hasBatch: x.hasBatch)
    }

    // MARK: Activations

    private func activate(_ x: String, _ activation: Activation, _ order: [Int]) throws(ChainruleError) -> String {
        func isActivation(_ name: StaticString) -> Bool { activation.identifier.isSameText(as: name) }
        let alpha = ONNXGraph.Attribute.float("alpha", activation.alpha ?? 0)
        let axis = ONNXGraph.Attribute.integer("axis", onnxAxis(shape.rank - 1, order))
        for (name, operation) in ONNXWriter.plainActivations where isActivation(name) { return emit(operation, [x]) }
        if isActivation("identity") { return x }
        if isActivation("leaky_relu") { return emit("LeakyRelu", [x], [alpha]) }
        if isActivation("elu") { return emit("Elu", [x], [alpha]) }
        if isActivation("hard_sigmoid") {
            return emit("HardSigmoid", [x], [.float("alpha", 1 / 6), .float("beta", 0.5)])
        }
        if isActivation("clipped_relu") {
            return emit("Clip", [x, number(0, "low"), number(activation.alpha!, "high")])
        }
        if isActivation("softmax") { return emit("Softmax", [x], [axis]) }
        if isActivation("log_softmax") { return emit("LogSoftmax", [x], [axis]) }
        if isActivation("silu") { return emit("Mul", [x, emit("Sigmoid", [x], as: "sigmoid")]) }
        if isActivation("mish") {
            return emit("Mul", [x, emit("Tanh", [emit("Softplus", [x], as: "softplus")], as: "tanh")])
        }
        if isActivation("gelu") {
            let scaled = emit("Mul", [x, number(Float(0.5.squareRoot()), "scale")], as: "scaled")
            return gated(x, emit("Erf", [scaled], as: "erf"))
        }
        if isActivation("gelu_tanh") {
            let square = emit("Mul", [x, x], as: "square")
            let part = emit("Mul", [square, number(0.044715, "part")], as: "parts")
            let factor = emit("Add", [part, number(1, "more")], as: "factor")
            let sum = emit("Mul", [x, factor], as: "sums")
            let scale = number(Float((2 / Double.pi).squareRoot()), "scale")
            return gated(x, emit("Tanh", [emit("Mul", [sum, scale], as: "scaled")], as: "tanh"))
        }
        throw ChainruleError(.value, "the activation '\(activation.identifier)' has no ONNX form")
    }

    /// Those that one operator is, without limits.
    private static var plainActivations: [(StaticString, StaticString)] {
        [
            ("sigmoid", "Sigmoid"), ("tanh", "Tanh"), ("relu", "Relu"), ("selu", "Selu"), ("softplus", "Softplus"),
            ("softsign", "Softsign"), ("hard_swish", "HardSwish"), ("exponential", "Exp"),
        ]
    }

    /// `x (1 + y) / 2`.
    private func gated(_ x: String, _ y: String) -> String {
        let half = emit("Mul", [x, number(0.5, "half")], as: "halves")
        return emit("Mul", [half, emit("Add", [y, number(1, "one")], as: "gate")])
    }

    private func write(_ function: ElementFunction) throws(ChainruleError) {
        let x = try input()
        let name: String
        switch function {
        case .affine(let factor, let offset):
            let product = emit("Mul", [x.name, number(factor, "factor")], as: "product")
            name = emit("Add", [product, number(offset, "offset")])
        case .clip(let low, let high):
            let inputs = [x.name, low == -.infinity ? "" : number(low, "low")]
            name = emit("Clip", high == .infinity ? inputs : inputs + [number(high, "high")])
        case .log: name = emit("Log", [x.name])
        case .squareRoot: name = emit("Sqrt", [x.name])
        case .absolute: name = emit("Abs", [x.name])
        case .reciprocal: name = emit("Reciprocal", [x.name])
        case .square: name = emit("Mul", [x.name, x.name])
        case .erf: name = emit("Erf", [x.name])
        case .sine: name = emit("Sin", [x.name])
        case .step: name = asFloats(emit("GreaterOrEqual", [x.name, number(0, "zero")], as: "condition"))
        case .quantize(let scale, let zero):
            let quotient = scale == 1 ? x.name : emit("Div", [x.name, number(scale, "scale")], as: "quotient")
            let rounded = emit("Round", [quotient], as: zero == 0 ? nil : "rounded")
            name = zero == 0 ? rounded : emit("Add", [rounded, number(zero, "zero")])
        case .floor: name = emit("Floor", [x.name])
        case .stepwiseSigmoid:
            throw ChainruleError(.value, "the function '\(function.identifier)' has no ONNX form")
        }
        give(name, x.order, hasBatch: x.hasBatch)
    }

    func asFloats(_ name: String, as part: String? = nil) -> String {
        emit("Cast", [name], as: part, [.integer("to", Int(ONNXType.float.rawValue))])
    }

    // MARK: Several values

    /// An input as it is combined with others whose axes have this order: missing axes have the length 1.
    private func operand(_ input: Int, _ order: [Int]) throws(ChainruleError) -> ONNXWrittenValue {
        let shape = inputShape(input)
        let missing = order.count - shape.rank
        let own = try arranged(node.inputs[input], order.filter { $0 >= missing }.map { $0 - missing })
        if missing == 0 { return own }
        let dims = [0] + order.map { $0 < missing ? 1 : shape[$0 - missing] }
        let name = layer + "/operand" + input.description
        return value(
            help("Reshape", [own.name, integers(dims, as: name + "/shape")], as: name), order, hasBatch: own.hasBatch)
    }

    /// The order of the largest of the inputs that have all axes.
    private func commonOrder() throws(ChainruleError) -> [Int] {
        var (order, most) = (Array(0..<shape.rank), 0)
        for (input, position) in node.inputs.enumerated() {
            let shape = inputShape(input)
            guard shape.rank == self.shape.rank && shape.count > most else { continue }
            (order, most) = (try value(at: position).order, shape.count)
        }
        return order
    }

    private func combine(_ operation: StaticString) throws(ChainruleError) {
        let order = try commonOrder()
        var (names, hasBatch) = ([String](), false)
        for input in node.inputs.indices {
            let x = try operand(input, order)
            names.append(x.name)
            hasBatch = hasBatch || x.hasBatch
        }
        give(emit(operation, names), order, hasBatch: hasBatch)
    }

    private func concatenate(_ axis: Int) throws(ChainruleError) {
        let order = try commonOrder()
        var inputs: [ONNXWrittenValue] = []
        for position in node.inputs { inputs.append(try arranged(position, order)) }
        let hasBatch = inputs.contains { $0.hasBatch }
        var names: [String] = []
        for (input, x) in inputs.enumerated() {
            names.append(hasBatch ? withRows(x, inputShape(input)).name : x.name)
        }
        give(emit("Concat", names, [.integer("axis", onnxAxis(axis, order))]), order, hasBatch: hasBatch)
    }

    // MARK: Moving elements

    private func reshape() throws(ChainruleError) {
        if shape.rank == 1 { return try flatten() }
        let x = try plainInput()
        give(
            emit("Reshape", [x.name, integers([0] + shape.extents, "shape")]), Array(0..<shape.rank),
            hasBatch: x.hasBatch)
    }

    /// The inputs of a Slice.
    func slicing(_ name: String, _ starts: [Int], _ ends: [Int], _ axes: [Int], _ part: String = "") -> [String] {
        [name, integers(starts, part + "starts"), integers(ends, part + "ends"), integers(axes, part + "axes")]
    }

    private func slice(_ begin: [Int], _ end: [Int]) throws(ChainruleError) {
        let x = try input()
        let axes = begin.indices.filter { end[$0] - begin[$0] != inputShape()[$0] }
        if axes.isEmpty { return pass(x) }
        let inputs = slicing(
            x.name, axes.map { begin[$0] }, axes.map { end[$0] }, axes.map { onnxAxis($0, x.order) })
        give(emit("Slice", inputs), x.order, hasBatch: x.hasBatch)
    }

    private func upsample(_ factors: [Int]) throws(ChainruleError) {
        let x = try channelsFirst()
        let memory = try FloatMemory(count: factors.count + 2, for: "an ONNX model")
        for (place, factor) in ([1, 1] + factors).enumerated() { memory.vector[0, place] = Float(factor) }
        let scales = add(layer + "/scales", [memory.count], .memory(memory))
        let attributes: [ONNXGraph.Attribute] = [
            .text("mode", "nearest"), .text("coordinate_transformation_mode", "asymmetric"),
            .text("nearest_mode", "floor"),
        ]
        give(emit("Resize", [x.name, "", scales], attributes), x.order, hasBatch: x.hasBatch)
    }

    private func reduce(_ method: ReductionMethod, _ axes: [Int], keepsAxes: Bool) throws(ChainruleError) {
        let input = inputShape()
        let kept = (0..<input.rank).filter { !axes.contains($0) }
        let hasBatch: Bool
        let result: String
        if method == .argmax {
            // The elements of a line, in the layer's order of axes, in one axis.
            let x = try arranged(node.inputs[0], kept + (0..<input.rank).filter { axes.contains($0) })
            let lengths = kept.map { input[$0] } + [input.count / shape.count]
            let lines = emit("Reshape", [x.name, integers([0] + lengths, "lengths")], as: "lines")
            result = asFloats(
                emit("ArgMax", [lines], as: "places", [.integer("axis", lengths.count), .integer("keepdims", 1)]),
                as: "numbers")
            hasBatch = x.hasBatch
        } else {
            let x = try plainInput()
            let places = axes.map { $0 + 1 }
            hasBatch = x.hasBatch
            switch method {
            case .sum: result = emit("ReduceSum", [x.name, integers(places, "axes")], as: "lines")
            case .mean: result = emit("ReduceMean", [x.name], as: "lines", [.integers("axes", places)])
            case .maximum: result = emit("ReduceMax", [x.name], as: "lines", [.integers("axes", places)])
            default: result = emit("ReduceMin", [x.name], as: "lines", [.integers("axes", places)])
            }
        }
        give(
            emit("Reshape", [result, integers([0] + shape.extents, "shape")]), Array(0..<shape.rank),
            hasBatch: hasBatch)
    }
}
