// Operators whose windows lie over positions: ONNX has the channels before them.
extension ONNXOperators {
    /// A value as a layer with its channels last.
    struct Image {
        var layer: ONNXLayer
        /// The lengths of its positions.
        let positions: [Int]
        let channels: Int

        /// The samples in one row, which are one more axis of positions; windows do not reach from one to the next.
        var samples: [Int] { layer.dims[0] == 1 ? [] : [layer.dims[0]] }

        /// Settings for the positions as the layer has them.
        func withSamples(_ window: WindowSettings) -> WindowSettings {
            guard !samples.isEmpty else { return window }
            var padding = window.padding
            if case .explicit(let before, let after) = padding {
                padding = .explicit(before: [0] + before, after: [0] + after)
            }
            return WindowSettings(
                [1] + window.kernel, stride: [1] + window.stride, dilation: [1] + window.dilation, padding: padding)
        }
    }

    static func image(_ value: ONNXLayer, _ importer: ONNXImporter) throws(ChainruleError) -> Image {
        guard 3...5 ~= value.rank else {
            throw ChainruleError(.format, "\(value.dims.shown) has no one to three axes of positions")
        }
        guard value.batch ?? 0 == 0 && (value.dims[0] == 1 || value.rank < 5) else {
            throw ChainruleError(.format, "\(value.dims.shown) has several samples in one row")
        }
        let order = [0] + Array(2..<value.rank) + [1]
        var image = Image(
            layer: try importer.arranged(value, order), positions: Array(value.dims[2...]), channels: value.dims[1])
        image.layer.name = try importer.shaped(
            image.layer.name, image.samples + image.positions + [image.channels])
        return image
    }

    /// What a window operator gives: a layer with channels last.
    static func result(_ input: Image, _ name: String, _ importer: ONNXImporter) -> ONNXLayer {
        let extents = importer.architecture.shape(read: name)!.extents
        var result = input.layer
        result.name = name
        result.dims = [result.dims[0], extents[extents.count - 1]] + extents[input.samples.count...].dropLast()
        result.axes = result.dims
        return result
    }

    /// A list with a number for each axis.
    private static func list(
        _ node: ONNXNode, _ name: StaticString, _ count: Int, otherwise: [Int]
    ) throws(ChainruleError) -> [Int] {
        let list = try node.integers(name) ?? otherwise
        guard list.count == count else {
            throw ChainruleError(.format, "\(name) has \(list.count) numbers; \(count) are needed")
        }
        for number in list where number < 0 || number > 1 << 28 {
            throw ChainruleError(.format, "\(name) holds \(number)")
        }
        return list
    }

    /// A window and its padding, of an operator that has them as ONNX's attributes.
    private static func window(
        _ node: ONNXNode, kernel: [Int], over positions: [Int], roundsUp: Bool = false
    ) throws(ChainruleError) -> WindowSettings {
        let (count, ones) = (positions.count, positions.map { _ in 1 })
        let stride = try list(node, "strides", count, otherwise: ones)
        let dilation = try list(node, "dilations", count, otherwise: ones)
        let pads = try list(node, "pads", 2 * count, otherwise: positions.map { _ in 0 } + positions.map { _ in 0 })
        var (before, after) = (Array(pads[..<count]), Array(pads[count...]))
        for number in stride + dilation + kernel where !(1...1 << 20 ~= number) {
            throw ChainruleError(.format, "a stride, dilation or kernel is \(number)")
        }
        let padding = try node.text("auto_pad")
        let isSame = padding.map { $0.isSame(as: "SAME_UPPER") || $0.isSame(as: "SAME_LOWER") } ?? false
        if let padding, !isSame && !padding.isSame(as: "NOTSET") && !padding.isSame(as: "VALID") {
            throw ChainruleError(.format, "auto_pad \(padding.shown) is not supported")
        }
        for axis in 0..<count {
            // In 64 bits: the library also runs with fewer.
            let (length, step) = (Int64(positions[axis]), Int64(stride[axis]))
            let reach = Int64(kernel[axis] - 1) * Int64(dilation[axis]) + 1
            if isSame {
                let missing = max(0, Int(clamping: ((length + step - 1) / step - 1) * step + reach - length))
                let less = missing / 2
                before[axis] = padding!.isSame(as: "SAME_UPPER") ? less : missing - less
                after[axis] = missing - before[axis]
            } else if roundsUp {
                // A last window that begins inside, and does not end there.
                let room = length + Int64(before[axis] + after[axis]) - reach
                let windows = room / step + 1
                if room % step > 0 && windows * step < length + Int64(before[axis]) {
                    after[axis] += Int(step - room % step)
                }
            }
        }
        let isValid = (before + after).allSatisfy { $0 == 0 }
        return WindowSettings(
            kernel, stride: stride, dilation: dilation,
            padding: isValid ? .valid : .explicit(before: before, after: after))
    }

    private static func convolutionWeights(
        _ importer: ONNXImporter, _ node: ONNXNode, _ rank: Int
    ) throws(ChainruleError) -> ONNXTensor {
        let weights = try importer.requiredConstant(node, 1)
        guard !weights.isInteger && weights.dims.count == rank && weights.count > 0 else {
            throw ChainruleError(.format, "its weights have the shape \(weights.dims.shown)")
        }
        if let kernel = try node.integers("kernel_shape"), kernel != Array(weights.dims[2...]) {
            throw ChainruleError(
                .format, "kernel_shape \(kernel.shown) is not that of its weights, \(weights.dims.shown)")
        }
        return weights
    }

    static func convolution(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let input = try image(importer.floatLayer(node), importer)
        let (positions, channels) = (input.positions, input.channels)
        let weights = try convolutionWeights(importer, node, input.layer.rank)
        let (outputs, groups) = (weights.dims[0], try node.integer("group") ?? 1)
        guard groups >= 1 && channels % groups == 0 && weights.dims[1] == channels / groups else {
            throw ChainruleError(
                .format,
                "weights of the shape \(weights.dims.shown) and \(groups) groups do not suit \(input.layer.dims.shown)")
        }
        var settings = ConvolutionSettings(
            outputs, try window(node, kernel: Array(weights.dims[2...]), over: positions))
        settings.groups = groups
        try add(settings, input, weights, importer, node)
    }

    static func transposedConvolution(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let input = try image(importer.floatLayer(node), importer)
        let (positions, channels) = (input.positions, input.channels)
        let weights = try convolutionWeights(importer, node, input.layer.rank)
        let groups = try node.integer("group") ?? 1
        guard
            groups >= 1 && channels % groups == 0 && weights.dims[0] == channels && weights.dims[1] <= 1 << 20 / groups
        else {
            throw ChainruleError(
                .format,
                "weights of the shape \(weights.dims.shown) and \(groups) groups do not suit \(input.layer.dims.shown)")
        }
        let (count, kernel) = (positions.count, Array(weights.dims[2...]))
        var window = try window(node, kernel: kernel, over: positions)
        let more = try list(node, "output_padding", count, otherwise: positions.map { _ in 0 })
        let padding = try node.text("auto_pad")
        let isSame = padding.map { $0.isSame(as: "SAME_UPPER") || $0.isSame(as: "SAME_LOWER") } ?? false
        let shape = try node.integers("output_shape")
        let pads = try list(node, "pads", 2 * count, otherwise: positions.map { _ in 0 } + positions.map { _ in 0 })
        var (before, after) = (Array(pads[..<count]), Array(pads[count...]))
        for axis in 0..<count {
            let reach = Int64(kernel[axis] - 1) * Int64(window.dilation[axis]) + 1
            let step = Int64(window.stride[axis])
            let whole = Int64(positions[axis] - 1) * step + Int64(more[axis]) + reach
            if shape != nil || isSame {
                var wanted = Int64(positions[axis]) * step
                if let shape {
                    guard shape.count >= count else { throw ChainruleError(.format, "output_shape is \(shape.shown)") }
                    wanted = Int64(shape[shape.count - count + axis])
                }
                guard wanted >= 1 && wanted - whole <= 1 << 28 && whole - wanted <= 1 << 28 else {
                    throw ChainruleError(.format, "an output of the length \(wanted) is not supported")
                }
                // A window that is shorter than the stride reaches less far: nothing is added then.
                let total = shape == nil ? max(0, Int(whole - wanted)) : Int(whole - wanted)
                let isUpper = padding?.isSame(as: "SAME_UPPER") ?? false
                let less = max(total, 0) / 2
                before[axis] = isUpper ? less : max(total, 0) - less
                after[axis] = total - before[axis]
            }
            after[axis] -= more[axis]
        }
        let isValid = (before + after).allSatisfy { $0 == 0 }
        window.padding = isValid ? .valid : .explicit(before: before, after: after)
        var settings = ConvolutionSettings(weights.dims[1] * groups, window)
        settings.groups = groups
        settings.isTransposed = true
        try add(settings, input, weights, importer, node)
    }

    /// Adds a convolution, with the sum and the activation that follow it if nothing else reads between.
    private static func add(
        _ settings: ConvolutionSettings, _ input: Image, _ weights: ONNXTensor, _ importer: ONNXImporter,
        _ node: ONNXNode
    ) throws(ChainruleError) {
        guard var end = node.outputs.first ?? nil else { return }
        var settings = settings
        settings.window = input.withSamples(settings.window)
        var bias: ONNXTensor?
        if case .none = importer.value(node, 2) {} else { bias = try importer.weights(node, 2, [settings.channels]) }
        if bias == nil {
            var shape = input.layer
            shape.dims[1] = settings.channels
            bias = followingBias(&end, shape, axis: 1, importer)
        }
        settings.activation = followingActivation(&end, importer)
        settings.hasBias = bias != nil
        (settings.weights, settings.biases) = (.zeros, .zeros)
        let name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.convolution(settings, name: name, input: input.layer.name)
        }
        let axes = [0] + Array(2..<weights.dims.count) + [1]
        try importer.fill(name, "weight", importer.folder.permuted(weights, axes))
        if let bias { try importer.fill(name, "bias", bias) }
        importer.give(result(input, name, importer), as: end)
    }

    static func pooling(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        // A maximum of whole numbers is one of them.
        let isMaximum = node.operation.isSame(as: "MaxPool")
        var input = try image(isMaximum ? importer.layer(node) : importer.floatLayer(node), importer)
        let positions = input.positions
        try importer.refuseOutputs(of: node, from: 1)
        guard let kernel = try node.integers("kernel_shape"), kernel.count == positions.count else {
            throw ChainruleError(.format, "kernel_shape does not suit \(input.layer.dims.shown)")
        }
        let roundsUp = try node.flag("ceil_mode")
        let includesPadding = try node.flag("count_include_pad")
        var window = try window(node, kernel: kernel, over: positions, roundsUp: roundsUp)
        var method: PoolingMethod = isMaximum ? .maximum : includesPadding ? .meanWithPadding : .mean
        if roundsUp && method == .meanWithPadding, case .explicit(let before, var after) = window.padding {
            // What a last window lies over beyond the padding does not count.
            let own = try ONNXOperators.window(node, kernel: kernel, over: positions)
            let none = before.map { _ in 0 }
            var ownAfter = none
            if case .explicit(_, let given) = own.padding { ownAfter = given }
            let samples = input.samples.map { _ in 0 }
            input.layer.name = try importer.add("padding") { name throws(ChainruleError) in
                try importer.architecture.zeroPadding(
                    before: samples + before, after: samples + ownAfter, name: name, input: input.layer.name)
            }
            for axis in after.indices { after[axis] -= ownAfter[axis] }
            window.padding = .explicit(before: none, after: after)
            method = .mean
        }
        let name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.pooling(
                method, input.withSamples(window), name: name, input: input.layer.name)
        }
        importer.give(result(input, name, importer), node)
    }

    static func globalPooling(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let input = try image(importer.floatLayer(node), importer)
        let window = input.samples.isEmpty ? nil : input.withSamples(WindowSettings(input.positions))
        let isMaximum = node.operation.isSame(as: "GlobalMaxPool")
        let name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.pooling(
                isMaximum ? .maximum : .mean, window, name: name, input: input.layer.name)
        }
        let dims = [input.layer.dims[0], input.channels] + input.positions.map { _ in 1 }
        importer.give(ONNXLayer(name, dims, batch: input.layer.batch), node)
    }

    /// What is beyond the edges.
    private enum Padding {
        case zeros
        case edge
        case reflect
        case wrap

        /// The place inside of an axis whose element stands at one that may be outside.
        func source(of place: Int, _ length: Int) -> Int {
            if self == .edge || length == 1 { return min(max(place, 0), length - 1) }
            let period = self == .wrap ? length : 2 * (length - 1)
            let rest = (place % period + period) % period
            return rest < length ? rest : period - rest
        }
    }

    private static func padding(_ node: ONNXNode) throws(ChainruleError) -> Padding {
        guard let mode = try node.text("mode"), !mode.isSame(as: "constant") else { return .zeros }
        if mode.isSame(as: "edge") { return .edge }
        if mode.isSame(as: "reflect") { return .reflect }
        if mode.isSame(as: "wrap") { return .wrap }
        throw ChainruleError(.format, "the mode \(mode.shown) is not supported")
    }

    static func pad(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let mode = try padding(node)
        var value = try node.float("value", otherwise: 0)
        if let tensor = try importer.constant(node, 2) { value = tensor.count == 1 ? tensor.float(0) : .nan }
        guard mode != .zeros || !value.isNaN else { throw ChainruleError(.format, "padding with NaN is not supported") }
        if mode != .zeros { value = 0 }
        var layer = try importer.withOwnAxes(importer.layer(node))
        guard let pads = try importer.list(node, "pads", input: 1) else {
            throw ChainruleError(.format, "it has no pads")
        }
        let given = try importer.constant(node, 3).map { tensor throws(ChainruleError) in try tensor.integers() }
        let axes = try ONNXShapes.axes(given ?? Array(0..<layer.rank), layer.rank)
        guard pads.count == 2 * axes.count else { throw ChainruleError(.format, "pads has \(pads.count) numbers") }
        for (place, axis) in axes.enumerated() {
            var (before, after) = (pads[place], pads[axes.count + place])
            if before == 0 && after == 0 { continue }
            try layer.checkIsNotBatch(axis)
            guard before.magnitude <= 1 << 28 && after.magnitude <= 1 << 28 else {
                throw ChainruleError(.format, "padding of \(before) and \(after) is not supported")
            }
            let (cutBefore, cutAfter) = (max(0, -before), max(0, -after))
            layer = try part(
                layer, axis, from: cutBefore, count: layer.dims[axis] - cutBefore - cutAfter, importer)
            (before, after) = (max(0, before), max(0, after))
            if before == 0 && after == 0 { continue }
            guard mode == .zeros else {
                let length = layer.dims[axis]
                let count = try Plan.checkedSum([before, length, after])
                guard count <= 1 << 24 else { throw ChainruleError(.format, "padding to \(count) is not supported") }
                try Reserve.setAside(64 * count)
                layer = try picked(
                    layer, axis, (-before..<length + after).map { mode.source(of: $0, length) }, importer)
                continue
            }
            if value != 0 {
                var parts = [layer]
                for (count, place) in [(before, 0), (after, 1)] where count > 0 {
                    var (part, dims) = (try constant(importer.folder.floats([]) { _ in value }, importer), layer.dims)
                    dims[axis] = count
                    part = try expanded(part, to: dims, importer)
                    // The same number in any order.
                    (part.batch, part.isInteger, part.order) = (layer.batch, layer.isInteger, layer.order)
                    parts.insert(part, at: place == 0 ? 0 : parts.count)
                }
                layer = try joined(parts, along: axis, importer)
                continue
            }
            let (source, at, extents) = try importer.around(axis, layer)
            // The last axis is never padded.
            let isLast = at == extents.count - 1
            let shape = isLast ? extents + [1] : extents
            let padded = try importer.shaped(source, shape)
            let name = try importer.add { name throws(ChainruleError) in
                try importer.architecture.zeroPadding(
                    before: shape.indices.dropLast().map { $0 == at ? before : 0 },
                    after: shape.indices.dropLast().map { $0 == at ? after : 0 }, name: name, input: padded)
            }
            layer.name = name
            layer.dims[axis] += before + after
            layer.axes = layer.dims
        }
        importer.give(layer, node)
    }
}
