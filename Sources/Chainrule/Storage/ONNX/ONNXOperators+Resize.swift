// Resize and its predecessor: each axis by itself.
extension ONNXOperators {
    /// How an axis gets its elements.
    private struct Resizing {
        enum Mode {
            case nearest
            case linear
            case cubic
        }

        var mode = Mode.nearest
        /// Where a place of the output lies in the input.
        var transform: ProtobufBytes?
        var nearest: ProtobufBytes?
        /// Whether the operator is of a set without the two, which have one form there.
        let isOld: Bool
        /// Cubic: the coefficient of the formula.
        var a: Float = -0.75
        /// Whether elements beyond the edges do not count.
        var excludesOutside = false

        init(_ node: ONNXNode) throws(ChainruleError) {
            isOld = !node.operation.isSame(as: "Resize") || node.opset < 11
            if let name = try node.text("mode"), !name.isSame(as: "nearest") {
                let isLinear = name.isSame(as: "linear") || name.isSame(as: "bilinear")
                guard isLinear || name.isSame(as: "cubic") else {
                    throw ChainruleError(.format, "the mode \(name.shown) is not supported")
                }
                mode = isLinear ? .linear : .cubic
            }
            try node.require("antialias", 0)
            (transform, nearest) = (
                try node.text("coordinate_transformation_mode"), try node.text("nearest_mode")
            )
            if let transform {
                let known: [StaticString] = [
                    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
                ]
                guard known.contains(where: { transform.isSame(as: $0) }) else {
                    throw ChainruleError(.format, "the transformation \(transform.shown) is not supported")
                }
            }
            a = try node.float("cubic_coeff_a", otherwise: -0.75)
            excludesOutside = try node.flag("exclude_outside")
        }

        /// The place in the input of a place of the output, in single precision, as other libraries compute it: it decides what is
        /// nearest.
        private func source(of place: Int, _ scale: Float, from length: Int, to count: Int) -> Float {
            let x = Float(place)
            func isTransform(_ name: StaticString) -> Bool { transform?.isSame(as: name) ?? false }
            if isOld || isTransform("asymmetric") { return x / scale }
            if isTransform("align_corners") {
                return count == 1 ? 0 : x * Float(length - 1) / Float(count - 1)
            }
            if isTransform("pytorch_half_pixel") && count == 1 { return 0 }
            var middle = (x + 0.5) / scale
            if isTransform("half_pixel_symmetric") {
                middle += Float(length) / 2 * (1 - Float(count) / (scale * Float(length)))
            }
            return middle - 0.5
        }

        /// The element that is nearest to a place of the output.
        func index(_ place: Int, _ scale: Float, from length: Int, to count: Int) -> Int {
            let x = source(of: place, scale, from: length, to: count)
            func isNearest(_ name: StaticString) -> Bool { nearest?.isSame(as: name) ?? false }
            let whole: Float
            if isOld {
                // So the ONNX project's cases have it, if an axis becomes shorter.
                whole = x.rounded(scale < 1 ? .up : .down)
            } else if isNearest("floor") {
                whole = x.rounded(.down)
            } else if isNearest("ceil") {
                whole = x.rounded(.up)
            } else if isNearest("round_prefer_ceil") {
                whole = (x + 0.5).rounded(.down)
            } else {
                whole = (x - 0.5).rounded(.up)
            }
            return Int(min(max(whole, 0), Float(length - 1)))
        }

        /// Adds the weights of the elements that make one of the output.
        func addWeights(_ place: Int, _ scale: Float, to row: Matrix, from length: Int, count: Int) {
            let x = source(of: place, scale, from: length, to: count)
            let (first, r) = (x.rounded(.down), x - x.rounded(.down))
            func inner(_ r: Float) -> Float { ((a + 2) * r - (a + 3)) * r * r + 1 }
            func outer(_ r: Float) -> Float { ((a * (r + 1) - 5 * a) * (r + 1) + 8 * a) * (r + 1) - 4 * a }
            let weights = mode == .linear ? [1 - r, r] : [outer(r), inner(r), inner(1 - r), outer(1 - r)]
            let begin = Int(first) - (mode == .linear ? 0 : 1)
            var sum: Float = 1
            if excludesOutside {
                sum = weights.indices.reduce(0) { 0..<length ~= begin + $1 ? $0 + weights[$1] : $0 }
            }
            for (tap, weight) in weights.enumerated() {
                let index = begin + tap
                if excludesOutside && !(0..<length ~= index) { continue }
                row[0, min(max(index, 0), length - 1)] += weight / sum
            }
        }
    }

    static func resize(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let resizing = try Resizing(node)
        var layer = try importer.withOwnAxes(importer.floatLayer(node))
        let axes = try ONNXShapes.axes(node.integers("axes") ?? Array(0..<layer.rank), layer.rank)
        let (scales, counts) = try lengths(importer, node, layer, axes)
        var factors: [Int] = []
        for (place, axis) in axes.enumerated() where layer.rank >= 3 && axis >= 2 && resizing.mode == .nearest {
            let (length, factor) = (layer.dims[axis], counts[place] / layer.dims[axis])
            guard scales[place] == Float(factor) && length * factor == counts[place],
                (0..<counts[place]).allSatisfy({
                    resizing.index($0, scales[place], from: length, to: counts[place]) == $0 / factor
                })
            else { break }
            factors.append(factor)
        }
        // Whole factors of images.
        let others = axes.indices.filter { axes[$0] < 2 }
        if factors.count == layer.rank - 2 && layer.rank <= 5
            && zip(axes.filter { $0 >= 2 }, 2..<layer.rank).allSatisfy(==)
            && others.allSatisfy({ scales[$0] == 1 && counts[$0] == layer.dims[axes[$0]] })
        {
            let input = try image(layer, importer)
            let name = try importer.add { name throws(ChainruleError) in
                try importer.architecture.upsampling(
                    input.samples.map { _ in 1 } + factors, name: name, input: input.layer.name)
            }
            return importer.give(result(input, name, importer), node)
        }
        for (place, axis) in axes.enumerated() where scales[place] != 1 || counts[place] != layer.dims[axis] {
            try layer.checkIsNotBatch(axis)
            layer = try resized(layer, axis, resizing, scales[place], to: counts[place], importer)
        }
        importer.give(layer, node)
    }

    private static func resized(
        _ layer: ONNXLayer, _ axis: Int, _ resizing: Resizing, _ scale: Float, to count: Int, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        let length = layer.dims[axis]
        if resizing.mode == .nearest {
            try Reserve.setAside(64 * count)
            return try picked(
                layer, axis, (0..<count).map { resizing.index($0, scale, from: length, to: count) }, importer)
        }
        // A matrix of the weights times the elements along the axis.
        let weights = try importer.folder.floats([count, length]) { _ in 0 }
        guard case .floats(let memory) = weights.content else { return layer }
        for place in 0..<count {
            resizing.addWeights(
                place, scale, to: memory.matrix(at: place * length, rows: 1, columns: length), from: length,
                count: count)
        }
        let (source, place, extents) = try importer.around(axis, layer)
        let matrix = try importer.shaped(constant(weights, importer).name, [count, length])
        let isLast = place == extents.count - 1
        // A row, or a column.
        let values = try importer.shaped(source, extents.count > 1 ? extents : [1, length])
        var result = layer
        result.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.matrixProduct(
                of: isLast ? values : matrix, isLast ? matrix : values, transposesB: isLast, name: name)
        }
        result.dims[axis] = count
        result.axes = result.dims
        return result
    }

    /// The factor and the length of each axis.
    private static func lengths(
        _ importer: ONNXImporter, _ node: ONNXNode, _ layer: ONNXLayer, _ axes: [Int]
    ) throws(ChainruleError) -> (scales: [Float], counts: [Int]) {
        let input = node.operation.isSame(as: "Resize") && node.opset > 10 ? 2 : 1
        var (scales, counts) = ([Float](), [Int]())
        let wanted = ChainruleError(.format, "its scales or sizes do not suit \(layer.dims.shown)")
        if let given = try importer.constant(node, input), given.count > 0 {
            for place in 0..<min(given.count, ONNXTensor.mostAxes) { scales.append(given.float(place)) }
        } else if let attribute = node.attribute("scales") {
            for factor in attribute.floats.prefix(ONNXTensor.mostAxes) { scales.append(factor) }
        } else if let sizes = try importer.constant(node, 3) {
            counts = try sizes.shape().dims
            for (place, axis) in axes.enumerated() where axis == layer.batch && place < counts.count {
                counts[place] = importer.oneRow(counts[place], layer.dims[axis])
            }
        }
        let hasSizes = !counts.isEmpty
        let count = hasSizes ? counts.count : scales.count
        guard !axes.isEmpty && count == axes.count else { throw wanted }
        for place in axes.indices where hasSizes {
            scales.append(Float(counts[place]) / Float(layer.dims[axes[place]]))
        }
        for scale in scales where !(scale > 0 && scale <= 1e6) {
            throw ChainruleError(.format, "a factor of \(scale) is not supported")
        }
        let alignsCorners = try node.text("coordinate_transformation_mode")?.isSame(as: "align_corners") ?? false
        for place in axes.indices where !hasSizes {
            let length = min(Float(layer.dims[axes[place]]) * scales[place], 1e9)
            // Implementations differ.
            guard !alignsCorners || (length - length.rounded()).magnitude <= 1e-5 * length else {
                throw ChainruleError(.format, "align_corners with a length of \(length) is not supported")
            }
            counts.append(Int(length))
        }
        if let policy = try node.text("keep_aspect_ratio_policy"), !policy.isSame(as: "stretch") {
            let isSmaller = policy.isSame(as: "not_larger")
            let scale = isSmaller ? scales.min()! : scales.max()!
            for (place, axis) in axes.enumerated() {
                scales[place] = scale
                counts[place] = Int(min(scale * Float(layer.dims[axis]) + 0.5, 1e9))
            }
        }
        for count in counts where count < 1 || count > 1 << 24 {
            throw ChainruleError(.format, "an axis of \(count) elements is not supported")
        }
        return (scales, counts)
    }
}
