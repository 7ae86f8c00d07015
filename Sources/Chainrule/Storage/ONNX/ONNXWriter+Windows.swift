// Layers whose windows lie over positions, and normalization. ONNX has the channels first.
extension ONNXWriter {
    /// A window's attributes.
    private func attributes(_ window: WindowSettings, isTransposed: Bool = false) -> [ONNXGraph.Attribute] {
        let input = inputShape()
        var (before, after, more) = ([Int](), [Int](), [Int]())
        for axis in window.kernel.indices {
            let reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1
            var padding = window.padding(axis, reach: reach, length: input[axis], isTransposed: isTransposed)
            if isTransposed {
                padding.after = (input[axis] - 1) * window.stride[axis] + reach - padding.before - shape[axis]
            }
            before.append(padding.before)
            after.append(max(padding.after, 0))
            more.append(max(-padding.after, 0))
        }
        var attributes: [ONNXGraph.Attribute] = [
            .integers("kernel_shape", window.kernel), .integers("strides", window.stride),
            .integers("pads", before + after),
        ]
        if window.dilation.contains(where: { $0 != 1 }) { attributes.append(.integers("dilations", window.dilation)) }
        if more.contains(where: { $0 != 0 }) { attributes.append(.integers("output_padding", more)) }
        return attributes
    }

    func convolve(_ settings: ConvolutionSettings) throws(ChainruleError) {
        let x = try channelsFirst()
        let extents = tensor("weight")!.extents
        let weights = try parameter(
            "weight", extents, permuted: [0, extents.count - 1] + Array(1..<extents.count - 1))
        let result = emit(
            settings.isTransposed ? "ConvTranspose" : "Conv",
            [x.name, weights] + (parameter("bias").map { [$0] } ?? []),
            as: part(before: settings.activation, "product"),
            attributes(settings.window, isTransposed: settings.isTransposed) + [.integer("group", settings.groups)])
        try finish(result, settings.activation, value(result, x.order, hasBatch: x.hasBatch))
    }

    func pool(_ method: PoolingMethod, _ window: WindowSettings?) throws(ChainruleError) {
        guard let window else {
            if inputShape().rank == 1 { return pass(try input()) }
            let x = try channelsFirst()
            let operation: StaticString = method == .maximum ? "GlobalMaxPool" : "GlobalAveragePool"
            let pooled = emit(operation, [x.name], as: "pooled")
            return give(emit("Flatten", [pooled], [.integer("axis", 1)]), [0], hasBatch: x.hasBatch)
        }
        let x = try channelsFirst()
        if method == .maximum {
            var (source, attributes) = (x.name, attributes(window))
            // ONNX Runtime takes no padding as long as the kernel.
            if case .integers(_, let pads) = attributes[2],
                pads.enumerated().contains(where: { $1 >= window.kernel[$0 % window.kernel.count] })
            {
                let (before, after) = (pads.prefix(pads.count / 2), pads.suffix(pads.count / 2))
                source = emit(
                    "Pad",
                    [source, integers([0, 0] + before + [0, 0] + after, "pads"), number(-.infinity, "nothing")],
                    as: "padded")
                attributes[2] = .integers("pads", pads.map { _ in 0 })
            }
            return give(emit("MaxPool", [source], attributes), x.order, hasBatch: x.hasBatch)
        }
        guard window.dilation.allSatisfy({ $0 == 1 }) else {
            throw ChainruleError(.value, "a mean over a window with dilation has no ONNX form in operator set 17")
        }
        let includes = ONNXGraph.Attribute.integer("count_include_pad", method == .meanWithPadding ? 1 : 0)
        give(emit("AveragePool", [x.name], attributes(window) + [includes]), x.order, hasBatch: x.hasBatch)
    }

    // MARK: Normalization

    func normalize(_ method: NormalizationMethod, epsilon: Float) throws(ChainruleError) {
        let small = ONNXGraph.Attribute.float("epsilon", epsilon)
        switch method {
        case .batch(let momentum):
            let x = try channelsFirst()
            let (scale, offset) = (try scale(), try offset())
            let statistics = [parameter("running_mean")!, parameter("running_var")!]
            give(
                emit(
                    "BatchNormalization", [x.name, scale, offset] + statistics,
                    [small, .float("momentum", 1 - momentum)]), x.order, hasBatch: x.hasBatch)
        case .layer:
            let (any, last) = (try input(), shape.rank - 1)
            let x = try arranged(node.inputs[0], any.order.filter { $0 != last } + [last])
            let inputs = [x.name, try scale()] + (parameter("bias").map { [$0] } ?? [])
            give(emit("LayerNormalization", inputs, [.integer("axis", -1), small]), x.order, hasBatch: x.hasBatch)
        case .rootMeanSquare:
            let x = try input()
            let square = emit("Mul", [x.name, x.name], as: "square")
            let mean = emit(
                "ReduceMean", [square], as: "mean", [.integers("axes", [onnxAxis(shape.rank - 1, x.order)])])
            let sum = emit("Add", [mean, number(epsilon, "epsilon")], as: "variance")
            let root = emit("Sqrt", [sum], as: "root")
            let weight = parameter("weight", channelDims(x.order))
            let quotient = emit("Div", [x.name, root], as: weight == nil ? nil : "quotient")
            give(
                weight.map { emit("Mul", [quotient, $0]) } ?? quotient, x.order, hasBatch: x.hasBatch)
        case .group(let groups):
            let x = try channelsFirst()
            if groups == shape.channels && shape.rank > 1 {
                let inputs = [x.name, try scale(), try offset()]
                return give(emit("InstanceNormalization", inputs, [small]), x.order, hasBatch: x.hasBatch)
            }
            let lines = emit(
                "Reshape", [x.name, integers([0, groups, shape.count / groups], "groups")], as: "lines")
            let ones = [try numbers(1, groups, "ones"), try numbers(0, groups, "zeros")]
            let normal = emit("InstanceNormalization", [lines] + ones, as: "normal", [small])
            let (weight, bias) = (
                parameter("weight", channelDims(x.order)), parameter("bias", channelDims(x.order))
            )
            let dims = integers([0] + x.order.map { shape[$0] }, "shape")
            var result = emit("Reshape", [normal, dims], as: weight == nil ? nil : "whole")
            if let weight { result = emit("Mul", [result, weight], as: bias == nil ? nil : "product") }
            if let bias { result = emit("Add", [result, bias]) }
            give(result, x.order, hasBatch: x.hasBatch)
        }
    }

    /// γ; ones if there is none.
    private func scale() throws(ChainruleError) -> String {
        if let weight = parameter("weight") { return weight }
        return try numbers(1, shape.channels, "ones")
    }

    /// β; zeros if there is none.
    private func offset() throws(ChainruleError) -> String {
        if let bias = parameter("bias") { return bias }
        return try numbers(0, shape.channels, "zeros")
    }
}
