// Operators that combine values element by element, and those that take sums and the like along axes.
extension ONNXOperators {
    enum Combination {
        case sum
        case difference
        case product
        case quotient
        case maximum
        case minimum
        case power
    }

    static func combine(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        func isOperation(_ name: StaticString) -> Bool { node.operation.isSame(as: name) }
        let combination: Combination =
            isOperation("Sub")
            ? .difference
            : isOperation("Mul")
                ? .product
                : isOperation("Div")
                    ? .quotient
                    : isOperation("Max") ? .maximum : isOperation("Min") ? .minimum : isOperation("Pow") ? .power : .sum
        guard !node.inputs.isEmpty else { throw ChainruleError(.format, "it reads nothing") }
        var (result, number) = (ONNXLayer?.none, ONNXTensor?.none)
        for index in node.inputs.indices {
            guard case .tensor(let all) = importer.value(node, index) else {
                // Integers are held as floats: exactly, unless they are computed with.
                let isChoice = combination == .maximum || combination == .minimum
                var value = try isChoice ? importer.layer(node, index) : importer.floatLayer(node, index)
                if index == 1 { value = try placed(value, after: result?.rank, node, importer) }
                if let first = result {
                    result = try combined(first, value, combination, importer)
                } else if let first = number {
                    result = try combined(first, value, combination, importer)
                    number = nil
                } else {
                    result = value
                }
                continue
            }
            var tensor = try importer.ofOneRow(all, beside: node)
            if let first = number {
                tensor = try folded(first, tensor, combination, importer)
                number = nil
            }
            if let first = result {
                result =
                    tensor.count == 1
                    ? try combined(first, tensor, combination, importer)
                    : try combined(
                        first, placed(numbers(tensor, combination, importer), after: first.rank, node, importer),
                        combination,
                        importer)
            } else if tensor.count == 1 {
                number = tensor
            } else {
                result = try numbers(tensor, combination, importer)
            }
        }
        guard var result else { throw ChainruleError(.format, "it reads constants alone") }
        if isOperation("Mean") && node.inputs.count > 1 {
            result = try applied(.affine(factor: 1 / Float(node.inputs.count), offset: 0), result, importer)
        }
        importer.give(result, node)
    }

    /// The first constants of several values as one.
    private static func folded(
        _ a: ONNXTensor, _ b: ONNXTensor, _ combination: Combination, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXTensor {
        try importer.folder.combined(
            a.asFloats(importer.folder), b.asFloats(importer.folder), integers: { _, _ in nil }
        ) {
            combination == .maximum ? max($0, $1) : combination == .minimum ? min($0, $1) : $0 + $1
        }
    }

    /// Before operator set 7, a number says with which axis of the first value the second one begins.
    private static func placed(
        _ value: ONNXLayer, after rank: Int?, _ node: ONNXNode, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        guard node.opset < 7, let rank, let first = try node.integer("axis") else { return value }
        let missing = rank - value.rank - (try ONNXShapes.axis(first, rank))
        if missing <= 0 { return value }
        var value = try importer.plain(value)
        value.dims += (0..<missing).map { _ in 1 }
        (value.axes, value.order) = (value.dims, Array(value.dims.indices))
        return value
    }

    /// A constant of several elements as a layer. What layers add or multiply with are learned numbers.
    private static func numbers(
        _ tensor: ONNXTensor, _ combination: Combination, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        switch combination {
        case .sum where !tensor.isMask, .difference where !tensor.isMask, .product where !tensor.isMask:
            try parameter(tensor, importer)
        default: try constant(tensor, importer)
        }
    }

    /// Learned numbers.
    @inline(never)
    static func parameter(_ tensor: ONNXTensor, _ importer: ONNXImporter) throws(ChainruleError) -> ONNXLayer {
        let name = try importer.add("value") { name throws(ChainruleError) in
            try importer.architecture.parameter(Shape([tensor.count]), name: name)
        }
        try importer.fill(name, "value", tensor)
        return ONNXLayer(name, tensor.dims, batch: tensor.batch)
    }

    /// Numbers that stay as they are.
    @inline(never)
    static func constant(_ tensor: ONNXTensor, _ importer: ONNXImporter) throws(ChainruleError) -> ONNXLayer {
        try tensor.checkIsNotOfBatch()
        for place in 0..<tensor.count where tensor.isInteger && tensor.integer(place).magnitude > 1 << 24 {
            throw ChainruleError(.format, "the constant \(tensor.integer(place)) is larger than floats hold exactly")
        }
        let name = try importer.add("value") { name throws(ChainruleError) in
            try importer.architecture.constant(Shape([tensor.count]), name: name)
        }
        try importer.fill(name, "value", tensor)
        var layer = ONNXLayer(name, tensor.dims, batch: tensor.batch)
        layer.isInteger = tensor.isInteger
        return layer
    }

    // MARK: With a number

    private static func combined(
        _ a: ONNXLayer, _ number: ONNXTensor, _ combination: Combination, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        let value = number.float(0)
        let layer = number.dims.count > a.rank ? aligned(try importer.withOwnAxes(a), number.dims.count) : a
        switch combination {
        case .sum: return try applied(.affine(factor: 1, offset: value), layer, importer)
        case .difference: return try applied(.affine(factor: 1, offset: -value), layer, importer)
        case .product: return try applied(.affine(factor: value, offset: 0), layer, importer)
        case .quotient: return try applied(.affine(factor: 1 / value, offset: 0), layer, importer)
        case .maximum: return try applied(.clip(low: value, high: .infinity), layer, importer)
        case .minimum: return try applied(.clip(low: -.infinity, high: value), layer, importer)
        case .power:
            if value == 1 { return layer }
            if value == 2 { return try applied(.square, layer, importer) }
            if value == 0.5 { return try applied(.squareRoot, layer, importer) }
            if value == -1 { return try applied(.reciprocal, layer, importer) }
            return try combined(layer, constant(number.asFloats(importer.folder), importer), .power, importer)
        }
    }

    private static func combined(
        _ number: ONNXTensor, _ b: ONNXLayer, _ combination: Combination, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        let value = number.float(0)
        let layer = number.dims.count > b.rank ? aligned(try importer.withOwnAxes(b), number.dims.count) : b
        switch combination {
        case .difference: return try applied(.affine(factor: -1, offset: value), layer, importer)
        case .quotient:
            let inverse = try applied(.reciprocal, layer, importer)
            return value == 1 ? inverse : try applied(.affine(factor: value, offset: 0), inverse, importer)
        case .power: return try combined(constant(number.asFloats(importer.folder), importer), layer, .power, importer)
        default: return try combined(layer, number, combination, importer)
        }
    }

    // MARK: Two layers

    /// Two values, each repeated along axes of length 1 and along axes that it lacks.
    static func combined(
        _ a: ONNXLayer, _ b: ONNXLayer, _ combination: Combination, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        var (result, names) = (a, [String]())
        if a.dims == b.dims && a.batch == b.batch && a.hasInnerRows == b.hasInnerRows && a.axes == b.axes
            && a.order == b.order
        {
            names = [a.name, try importer.shaped(b.name, importer.architecture.shape(read: a.name)!.extents)]
        } else {
            (result, names) = try repeated([a, b], importer)
        }
        result.name = try importer.add { name throws(ChainruleError) in
            switch combination {
            case .sum: try importer.architecture.sum(of: names, name: name)
            case .difference: try importer.architecture.difference(of: names[0], names[1], name: name)
            case .product: try importer.architecture.product(of: names[0], names[1], name: name)
            case .quotient: try importer.architecture.quotient(of: names[0], names[1], name: name)
            case .maximum: try importer.architecture.maximum(of: names[0], names[1], name: name)
            case .minimum: try importer.architecture.minimum(of: names[0], names[1], name: name)
            case .power: try importer.architecture.power(of: names[0], names[1], name: name)
            }
        }
        return result
    }

    /// Shapes layers so that the library's rules repeat them as ONNX's do.
    /// - Returns: what the repeated values have in common, and the layers' names.
    private static func repeated(
        _ values: [ONNXLayer], _ importer: ONNXImporter
    ) throws(ChainruleError) -> (ONNXLayer, [String]) {
        var dims: [Int] = []
        for value in values { dims = try ONNXWalk.common(dims, value.dims) }
        var layers: [ONNXLayer] = []
        for value in values { layers.append(aligned(try importer.withOwnAxes(value), dims.count)) }
        // The order of the largest one costs least.
        var result = layers.first { $0.dims == dims } ?? ONNXLayer("", dims, batch: nil)
        result.dims = dims
        result.axes = dims
        for layer in layers { result.batch = result.batch ?? layer.batch }
        result.hasInnerRows = layers.contains { $0.hasInnerRows }
        if let batch = result.batch {
            for layer in layers
            where layer.batch != batch && (layer.batch != nil || layer.dims[batch] != 1)
                || layer.batch == batch && layer.hasInnerRows != result.hasInnerRows
            {
                throw ChainruleError(
                    .format, "\(layers[0].dims.shown) and \(layers[1].dims.shown) have other numbers for each row")
            }
        }
        for index in layers.indices { layers[index] = try importer.arranged(layers[index], result.order) }
        // Axes side by side along which the same values are repeated are one.
        let groups = result.order.filter { dims[$0] != 1 }.grouped { last, axis in
            layers.allSatisfy { ($0.dims[last] == 1) == ($0.dims[axis] == 1) }
        }
        var names: [String] = []
        for layer in layers { names.append(try importer.shaped(layer.name, groups.lengths(layer.dims))) }
        return (result, names)
    }

    /// The value with axes of length 1 before the others.
    static func aligned(_ value: ONNXLayer, _ rank: Int) -> ONNXLayer {
        let missing = rank - value.rank
        if missing == 0 { return value }
        var result = value
        result.dims = (0..<missing).map { _ in 1 } + value.dims
        result.axes = result.dims
        result.order = Array(0..<missing) + value.order.map { $0 + missing }
        result.batch = value.batch.map { $0 + missing }
        return result
    }

    static func prelu(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let x = try importer.withOwnAxes(importer.floatLayer(node))
        if case .layer = importer.value(node, 1) {
            let below = try applied(.clip(low: -.infinity, high: 0), x, importer)
            let scaled = try combined(below, importer.floatLayer(node, 1), .product, importer)
            return importer.give(
                try combined(applied(.clip(low: 0, high: .infinity), x, importer), scaled, .sum, importer), node)
        }
        var slopes = try importer.requiredConstant(node, 1)
        guard !slopes.isInteger else { throw ChainruleError(.format, "its slopes are integers") }
        // Before operator set 7, a list is of the channels.
        if node.opset < 7, slopes.count > 1, slopes.dims.count == 1, x.rank > 2 {
            slopes = slopes.reshaped(slopes.dims + (2..<x.rank).map { _ in 1 })
        }
        let own = x.dims.dropLast(slopes.dims.count).map { _ in 1 } + slopes.dims
        let common = try ONNXWalk.common(own, x.dims)
        guard own.count == x.rank && common == x.dims, x.batch.map({ own[$0] == 1 }) ?? true else {
            throw ChainruleError(.format, "its slopes have the shape \(slopes.dims.shown)")
        }
        // A layer has a slope for each channel: the axes that the slopes have become the last one.
        let (outer, inner) = (x.order.filter { own[$0] == 1 }, (0..<x.rank).filter { own[$0] != 1 })
        var layer = try importer.arranged(x, outer + inner)
        let source = try importer.shaped(
            layer.name, importer.extents(layer, outer, most: Shape.mostAxes - 1) + [slopes.count])
        layer.name = try importer.add { name throws(ChainruleError) in
            try importer.architecture.prelu(name: name, input: source)
        }
        try importer.fill(layer.name, "weight", slopes)
        importer.give(layer, node)
    }

    /// Elements of two values, by a constant condition. If that changes along several axes, what is left out is multiplied by 0: it must
    /// be finite, except of softmax, whose rows may be masked as a whole.
    static func choose(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let condition = try importer.requiredConstant(node, 0)
        let long = condition.dims.indices.filter { condition.dims[$0] != 1 }
        if condition.count > 0 && (long.count <= 1 || isOfSoftmax(importer, node)) {
            return try choose(by: condition, over: (long.first ?? 0)..<(long.last ?? -1) + 1, importer, node)
        }
        var result: ONNXLayer?
        for (index, isWanted) in [(1, true), (2, false)] {
            func isChosen(_ place: Int) -> Bool { (condition.integer(place) != 0) == isWanted }
            let share: ONNXLayer
            if case .tensor(let tensor) = importer.value(node, index) {
                let dims = try ONNXWalk.common(condition.dims, tensor.dims)
                let (chosen, all) = (
                    try importer.folder.expanded(condition, to: dims), try importer.folder.expanded(tensor, to: dims)
                )
                guard !tensor.isInteger else { throw ChainruleError(.format, "it chooses integers") }
                share = try constant(
                    importer.folder.floats(dims) { (chosen.integer($0) != 0) == isWanted ? all.float($0) : 0 }, importer
                )
            } else {
                let factors = try importer.folder.floats(condition.dims) { isChosen($0) ? 1 : 0 }
                share = try combined(
                    importer.floatLayer(node, index), constant(factors, importer), .product, importer)
            }
            if let other = result { result = try combined(other, share, .sum, importer) } else { result = share }
        }
        importer.give(result!, node)
    }

    private static func isOfSoftmax(_ importer: ONNXImporter, _ node: ONNXNode) -> Bool {
        let architecture = importer.architecture
        for index in 1...2 {
            guard case .layer(let layer) = importer.value(node, index),
                let position = architecture.position(of: LayerName(unchecked: layer.name)), position > 0
            else { continue }
            switch architecture.nodes[position - 1].settings {
            case .softmax: return true
            case .activation(let activation) where activation.identifier.isSameText(as: "softmax"): return true
            default: break
            }
        }
        return false
    }

    /// Takes the elements of two values, one after the other along an axis: what is left out is not read.
    /// - Parameter range: the axes along which the condition changes, and those between them. They become one.
    private static func choose(
        by condition: ONNXTensor, over range: Range<Int>, _ importer: ONNXImporter, _ node: ONNXNode
    ) throws(ChainruleError) {
        var (values, dims, batch) = ([ONNXLayer](), condition.dims, Int?.none)
        for index in 1...2 {
            if case .tensor(let tensor) = importer.value(node, index) {
                values.append(try constant(importer.ofOneRow(tensor, beside: node), importer))
            } else {
                values.append(try importer.layer(node, index))
            }
            dims = try ONNXWalk.common(dims, values[index - 1].dims)
        }
        for index in 0...1 {
            values[index] = try expanded(values[index], to: dims, importer)
            batch = batch ?? values[index].batch
        }
        for index in 0...1 { values[index].batch = values[index].batch ?? batch }
        if range.isEmpty { return importer.give(values[condition.integer(0) != 0 ? 0 : 1], node) }
        let first = range.lowerBound + dims.count - condition.dims.count
        let last = first + range.count - 1
        let inner = Array(dims[first...last])
        let places = try importer.folder.expanded(condition.reshaped(Array(condition.dims[range])), to: inner)
        var merged = dims
        merged.replaceSubrange(first...last, with: [places.count])
        if range.count > 1 {
            for index in 0...1 { values[index] = try named(values[index], merged, first..<last, importer) }
        }
        try Reserve.setAside(64 * places.count)
        let both = try joined(values, along: first, importer)
        let result = try picked(
            both, first, (0..<places.count).map { places.integer($0) != 0 ? $0 : places.count + $0 }, importer)
        importer.give(range.count > 1 ? try named(result, dims, first..<last, importer) : result, node)
    }

    /// The same elements with other axes.
    /// - Parameter axes: those that the value has more than afterwards, or the other way round, from the same on.
    private static func named(
        _ value: ONNXLayer, _ dims: [Int], _ axes: Range<Int>, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        var result = try importer.plain(value)
        if let batch = value.batch, batch >= axes.lowerBound {
            if dims.count < value.rank && batch <= axes.upperBound { try value.checkIsNotBatch(batch) }
            result.batch = batch + dims.count - value.rank
        }
        (result.dims, result.axes, result.order) = (dims, dims, Array(dims.indices))
        return result
    }

    static func expand(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let value = try importer.withOwnAxes(importer.layer(node))
        var wanted = try importer.requiredConstant(node, 1).shape().dims
        if let place = value.batch.map({ wanted.count - value.rank + $0 }), place >= 0 {
            wanted[place] = importer.oneRow(wanted[place], value.dims[value.batch!])
        }
        importer.give(try expanded(value, to: ONNXWalk.common(value.dims, wanted), importer), node)
    }

    /// The value repeated along axes of length 1, and along new axes before the others.
    @inline(never)
    static func expanded(
        _ value: ONNXLayer, to dims: [Int], _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        _ = try ONNXTensor.count(of: dims)
        let layer = aligned(try importer.withOwnAxes(value), dims.count)
        if let batch = layer.batch, dims[batch] != layer.dims[batch] { try layer.checkIsNotBatch(batch) }
        let groups = layer.order.filter { dims[$0] != 1 }.grouped { (layer.dims[$0] == 1) == (layer.dims[$1] == 1) }
        let source = try importer.shaped(layer.name, groups.lengths(layer.dims))
        let extents = groups.lengths(dims)
        var result = layer
        (result.dims, result.axes) = (dims, dims)
        if dims != layer.dims {
            result.name = try importer.add { name throws(ChainruleError) in
                try importer.architecture.broadcast(Shape(extents), name: name, input: source)
            }
        }
        return result
    }

    // MARK: Along axes

    static func reduce(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        func isOperation(_ name: StaticString) -> Bool { node.operation.isSame(as: name) }
        let isPlace = isOperation("ArgMax")
        var layer = try importer.withOwnAxes(importer.floatLayer(node))
        var axes: [Int]
        if isPlace {
            axes = [try layer.axis(node.integer("axis") ?? 0)]
        } else {
            axes = try ONNXShapes.axes(importer.list(node, "axes", input: 1) ?? [], layer.rank)
            let isIdentity = try node.flag("noop_with_empty_axes")
            if axes.isEmpty && !isIdentity { axes = Array(0..<layer.rank) }
        }
        let keepsAxes = try node.flag("keepdims", otherwise: true)
        for axis in axes { try layer.checkIsNotBatch(axis) }
        if isOperation("ReduceL1") { layer = try applied(.absolute, layer, importer) }
        if isOperation("ReduceL2") || isOperation("ReduceSumSquare") { layer = try applied(.square, layer, importer) }
        let method: ReductionMethod =
            isPlace
            ? .argmax
            : isOperation("ReduceMean")
                ? .mean : isOperation("ReduceMax") ? .maximum : isOperation("ReduceMin") ? .minimum : .sum
        // The last of equal places is the first from the end.
        let takesLast = try node.flag("select_last_index")
        let last = isPlace && takesLast ? layer.dims[axes[0]] - 1 : 0
        if last > 0 { layer = try picked(layer, axes[0], (0...last).reversed(), importer) }
        layer = try reduced(layer, method, axes, keepsAxes: keepsAxes, importer)
        if last > 0 { layer = try applied(.affine(factor: -1, offset: Float(last)), layer, importer) }
        if isOperation("ReduceL2") { layer = try applied(.squareRoot, layer, importer) }
        if isOperation("ReduceLogSum") { layer = try applied(.log, layer, importer) }
        layer.isInteger = isPlace
        importer.give(layer, node)
    }

    /// - Parameter layer: with axes of its own.
    static func reduced(
        _ layer: ONNXLayer, _ method: ReductionMethod, _ axes: [Int], keepsAxes: Bool, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        var result = layer
        let groups = layer.long.grouped { axes.contains($0) == axes.contains($1) }
        let places = groups.indices.filter { axes.contains(groups[$0][0]) }
        if !places.isEmpty {
            let source = try importer.shaped(layer.name, groups.lengths(layer.dims))
            result.name = try importer.add { name throws(ChainruleError) in
                try importer.architecture.reduction(method, axes: places, name: name, input: source)
            }
        } else if method == .argmax {
            // The only place there is.
            result = try applied(.affine(factor: 0, offset: 0), layer, importer)
        }
        for axis in axes { result.dims[axis] = 1 }
        result.axes = result.dims
        return keepsAxes ? result : result.without(axes)
    }
}

extension ONNXLayer {
    /// The value without axes of length 1.
    func without(_ removed: [Int]) -> ONNXLayer {
        let kept = dims.indices.filter { !removed.contains($0) }
        var result = self
        result.dims = kept.map { dims[$0] }
        result.axes = result.dims
        result.order = order.filter { !removed.contains($0) }.map { kept.firstIndex(of: $0)! }
        result.batch = batch.map { kept.firstIndex(of: $0)! }
        return result
    }
}

extension ONNXTensor {
    /// Whether the numbers are not to be learned: integers, or floats of which some are so large that they only rule elements out.
    fileprivate var isMask: Bool { isInteger || (0..<count).contains { !(float($0).magnitude < 10_000) } }

    /// The numbers as floats.
    func asFloats(_ folder: ONNXFolder) throws(ChainruleError) -> ONNXTensor {
        try checkIsNotOfBatch()
        return isInteger ? try folder.floats(dims) { self.float($0) } : self
    }

    /// The number of rows is not known: it may be a length, but no number to compute with.
    func checkIsNotOfBatch() throws(ChainruleError) {
        guard isInteger else { return }
        for place in 0..<count where ONNXBatch.isOfBatch(integer(place)) {
            throw ChainruleError(.format, "it computes with the number of rows in a batch, which is not known")
        }
    }
}

extension [Int] {
    /// Axes in groups of those that belong together, each with the one before it.
    func grouped(_ belong: (_ last: Int, _ axis: Int) -> Bool) -> [[Int]] {
        var groups: [[Int]] = []
        for axis in self {
            if let last = groups.last?.last, belong(last, axis) {
                groups[groups.count - 1].append(axis)
            } else {
                groups.append([axis])
            }
        }
        return groups
    }
}

extension [[Int]] {
    /// The length of each group of axes; `[1]` if there is none.
    fileprivate func lengths(_ dims: [Int]) -> [Int] {
        isEmpty ? [1] : map { $0.reduce(1) { $0 * dims[$1] } }
    }
}
