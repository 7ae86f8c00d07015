/// ONNX's rules for axes and shapes.
enum ONNXShapes {
    /// An axis by its number, which counts from the end if it is negative.
    static func axis(_ number: Int, _ rank: Int) throws(ChainruleError) -> Int {
        let axis = number < 0 ? number + rank : number
        guard axis >= 0 && axis < rank else {
            throw ChainruleError(.format, "it names axis \(number) of \(rank)")
        }
        return axis
    }

    /// Different axes.
    static func axes(_ numbers: [Int], _ rank: Int) throws(ChainruleError) -> [Int] {
        var axes: [Int] = []
        for number in numbers {
            let axis = try axis(number, rank)
            guard !axes.contains(axis) else { throw ChainruleError(.format, "it names axis \(axis) twice") }
            axes.append(axis)
        }
        return axes
    }

    /// Reshape's: 0 takes over an axis, −1 is what is left.
    static func reshaped(_ dims: [Int], to wanted: [Int], takesZero: Bool) throws(ChainruleError) -> [Int] {
        var (result, open) = (wanted, Int?.none)
        for (place, length) in wanted.enumerated() {
            if length == 0 && !takesZero {
                guard place < dims.count else {
                    throw ChainruleError(.format, "it takes over axis \(place), which there is not")
                }
                result[place] = dims[place]
            } else if length == -1 {
                guard open == nil else { throw ChainruleError(.format, "two axes have the length -1") }
                (result[place], open) = (1, place)
            }
        }
        let (count, known) = (try ONNXTensor.count(of: dims), try ONNXTensor.count(of: result))
        if let open, known > 0, count % known == 0 { result[open] = count / known }
        guard try ONNXTensor.count(of: result) == count else {
            throw ChainruleError(.format, "\(dims.shown) cannot become \(wanted.shown)")
        }
        return result
    }

    static func flattened(_ dims: [Int], at number: Int) throws(ChainruleError) -> [Int] {
        let axis = number == dims.count ? number : try axis(number, dims.count)
        return [dims[..<axis].reduce(1, *), dims[axis...].reduce(1, *)]
    }

    /// - Parameter axes: nil: all of length 1.
    static func squeezed(_ dims: [Int], _ axes: [Int]?) throws(ChainruleError) -> [Int] {
        let axes = try axes.map { numbers throws(ChainruleError) in try self.axes(numbers, dims.count) }
        var result: [Int] = []
        for (axis, length) in dims.enumerated() {
            guard axes?.contains(axis) ?? (length == 1) else {
                result.append(length)
                continue
            }
            guard length == 1 else { throw ChainruleError(.format, "axis \(axis) has the length \(length), not 1") }
        }
        return result
    }

    static func unsqueezed(_ dims: [Int], _ numbers: [Int]) throws(ChainruleError) -> [Int] {
        let axes = try axes(numbers, dims.count + numbers.count)
        var (result, rest) = ([Int](), dims[...])
        for axis in 0..<dims.count + numbers.count { result.append(axes.contains(axis) ? 1 : rest.removeFirst()) }
        return result
    }

    /// A range of an axis: the place of its first element, how many there are, and how far apart.
    struct Range {
        let first: Int
        let count: Int
        let step: Int
    }

    /// Slice's.
    static func range(_ start: Int, _ end: Int, _ step: Int, length: Int) throws(ChainruleError) -> Range {
        guard step != 0 else { throw ChainruleError(.format, "a step is 0") }
        // A longer one leads out of the axis, too.
        let step = min(max(step, -length - 1), length + 1)
        func inside(_ place: Int, _ low: Int, _ high: Int) -> Int {
            min(max(place < 0 ? max(place, -length - 1) + length : place, low), high)
        }
        let (first, last) =
            step > 0
            ? (inside(start, 0, length), inside(end, 0, length))
            : (inside(start, 0, length - 1), end < -length ? -1 : inside(end, -1, length - 1))
        let count = step > 0 ? (last - first + step - 1) / step : (first - last - step - 1) / -step
        return Range(first: first, count: max(0, count), step: step)
    }
}

extension ONNXImporter {
    /// A list that is an attribute in older operator sets and an input in newer ones.
    /// - Parameter takesBatch: whether the number of rows in a batch can be in it: see ``ONNXBatch``.
    func list(
        _ node: ONNXNode, _ name: StaticString, input: Int, takesBatch: Bool = false
    ) throws(ChainruleError) -> [Int]? {
        if let list = try node.integers(name) { return list }
        return try constant(node, input).map { tensor throws(ChainruleError) in
            if !takesBatch { try tensor.checkIsNotOfBatch() }
            return try tensor.integers()
        }
    }

    /// What Reshape, Flatten, Squeeze and Unsqueeze make of the axes of a layer's value.
    func reshape(_ node: ONNXNode, _ layer: inout ONNXLayer) throws(ChainruleError) {
        (layer.dims, layer.batch) = try reshaped(
            node, layer.dims, batch: layer.batch, hasInnerRows: &layer.hasInnerRows)
    }

    /// The same of a constant.
    func reshaped(_ node: ONNXNode, _ tensor: ONNXTensor) throws(ChainruleError) -> ONNXTensor {
        var hasInnerRows = false
        let (dims, batch) = try reshaped(node, tensor.dims, batch: tensor.batch, hasInnerRows: &hasInnerRows)
        if hasInnerRows { throw ChainruleError(.format, "\(dims.shown) mixes the rows of the batch") }
        return tensor.reshaped(dims, batch: batch)
    }

    /// - Parameters:
    ///   - batch: the batch's axis, if the value has one.
    ///   - hasInnerRows: ``ONNXLayer/hasInnerRows``.
    /// - Returns: the axes, and which of them is the batch's.
    private func reshaped(
        _ node: ONNXNode, _ dims: [Int], batch: Int?, hasInnerRows: inout Bool
    ) throws(ChainruleError) -> (dims: [Int], batch: Int?) {
        if node.operation.isSame(as: "Reshape") {
            let attribute = node.attribute("shape")
            guard let shape = attribute == nil ? try constant(node, 1)?.list() : attribute?.integers,
                shape.count <= ONNXTensor.mostAxes
            else { throw ChainruleError(.format, "it has no shape") }
            let takesZero = try node.flag("allowzero")
            let known = shape.contains { ONNXBatch.isOfBatch($0) } ? nil : rows
            var whole = dims
            if let batch, let known { whole[batch] = try Plan.checkedProduct(whole[batch], known) }
            var result = try ONNXShapes.reshaped(whole, to: shape.map(ONNXBatch.length), takesZero: takesZero)
            guard let batch else { return (result, nil) }
            let axis = try place(
                of: batch, dims, in: &result, shape, rows: known, takesZero: takesZero, hasInnerRows: &hasInnerRows)
            return (result, axis)
        }
        if node.operation.isSame(as: "Flatten") {
            let axis = try node.integer("axis") ?? 1
            let result = try ONNXShapes.flattened(dims, at: axis)
            guard let batch else { return (result, nil) }
            let first = axis < 0 ? axis + dims.count : axis
            // Of the axes that become one with the batch's, none may lie before it.
            guard dims[(batch < first ? 0 : first)..<batch].allSatisfy({ $0 == 1 }) else {
                throw ChainruleError(
                    .format, "\(dims.shown) becomes \(result.shown), which mixes the rows of the batch")
            }
            return (result, batch < first ? 0 : 1)
        }
        let axes = try list(node, "axes", input: 1)
        if node.operation.isSame(as: "Squeeze") {
            // The batch's axis may be longer than it is for one row.
            let removed =
                try axes.map { axes throws(ChainruleError) in try ONNXShapes.axes(axes, dims.count) }
                ?? dims.indices.filter { dims[$0] == 1 && ($0 != batch || rows ?? 1 == 1) }
            let result = try ONNXShapes.squeezed(dims, removed)
            guard let batch else { return (result, nil) }
            if removed.contains(batch) {
                throw ChainruleError(.format, "it removes axis \(batch), which is the batch's")
            }
            return (result, batch - removed.filter { $0 < batch }.count)
        }
        guard let axes else { throw ChainruleError(.format, "it has no axes") }
        let result = try ONNXShapes.unsqueezed(dims, axes)
        let added = try ONNXShapes.axes(axes, result.count)
        let old = result.indices.filter { !added.contains($0) }
        return (result, batch.map { old[$0] })
    }

    /// The axis that the batch has after Reshape. Its rows stay outside of what lies within them.
    /// - Parameters:
    ///   - result: what Reshape gives; becomes that of one row.
    ///   - rows: how many of them the lengths are for; nil: one.
    private func place(
        of batch: Int, _ dims: [Int], in result: inout [Int], _ shape: [Int64], rows: Int?, takesZero: Bool,
        hasInnerRows: inout Bool
    ) throws(ChainruleError) -> Int {
        if let rows, rows > 1 {
            return try place(of: batch, dims, in: &result, rows: rows, hasInnerRows: &hasInnerRows)
        }
        let lengths = result
        let before = dims[..<batch].reduce(hasInnerRows ? dims[batch] : 1, *)
        func isPlace(_ axis: Int) -> Bool { lengths[..<axis].reduce(1, *) == before }
        /// As an axis by itself, if possible.
        var free: Int? {
            lengths.indices.first { isPlace($0) && lengths[$0] == 1 } ?? lengths.indices.first(where: isPlace)
        }
        let place: Int?
        if let named = shape.firstIndex(where: { ONNXBatch.isOfBatch($0) }) {
            place = named
        } else if !takesZero, shape.indices.contains(batch), shape[batch] == 0 {
            place = batch
        } else if let open = shape.firstIndex(of: -1), rows != 1 {
            place = open
        } else {
            place = free
        }
        if let place, isPlace(place), !hasInnerRows || result[place] == 1 {
            hasInnerRows = false
            return place
        }
        // The axes before the batch's, and that one, become one.
        guard let place, !hasInnerRows && result[...place].reduce(1, *) == before else {
            throw ChainruleError(.format, "\(dims.shown) becomes \(result.shown), which mixes the rows of the batch")
        }
        hasInnerRows = true
        return place
    }

    /// The same where the lengths are those of several rows: only one axis has places for all of them.
    private func place(
        of batch: Int, _ dims: [Int], in result: inout [Int], rows: Int, hasInnerRows: inout Bool
    ) throws(ChainruleError) -> Int {
        let before = dims[..<batch].reduce(hasInnerRows ? dims[batch] : 1, *)
        var outer = 1
        for axis in result.indices {
            let (length, rest) = result[axis].quotientAndRemainder(dividingBy: rows)
            let isInner = outer != before
            if rest == 0 && (isInner ? !hasInnerRows && outer * length == before : !hasInnerRows || length == 1) {
                result[axis] = length
                hasInnerRows = isInner
                return axis
            }
            outer *= result[axis]
        }
        throw ChainruleError(
            .format, "\(dims.shown) of \(rows) rows becomes \(result.shown), which mixes the rows of the batch")
    }

    /// A length along the batch's axis for one row, if it is for a known number of rows.
    func oneRow(_ whole: Int, _ length: Int) -> Int {
        guard let rows, whole % rows == 0 && whole / rows == length else { return whole }
        return length
    }

    /// A constant for one row, if it has the same numbers for each of a known number of rows.
    /// - Parameters:
    ///   - axis: the batch's; one before the first does not count.
    ///   - length: how many places each row has along it.
    func ofOneRow(_ tensor: ONNXTensor, _ axis: Int, _ length: Int) throws(ChainruleError) -> ONNXTensor {
        guard axis >= 0, tensor.count > 0, let rows, oneRow(tensor.dims[axis], length) != tensor.dims[axis] else {
            return tensor
        }
        var (dims, all) = (tensor.dims, tensor.dims)
        dims[axis] = length
        all.insert(rows, at: axis)
        all[axis + 1] = length
        var strides = ONNXWalk.strides(tensor.dims)
        let first = try folder.strided(tensor, dims, strides: strides)
        strides.insert(0, at: axis)
        var walk = ONNXWalk(all, strides: strides)
        for place in 0..<tensor.count where tensor.float(place) != tensor.float(walk.next()) { return tensor }
        return first
    }

    /// A constant for one row beside the first other value that a node reads, the last axes being common.
    func ofOneRow(_ tensor: ONNXTensor, beside node: ONNXNode) throws(ChainruleError) -> ONNXTensor {
        for index in node.inputs.indices {
            if case .layer(let layer) = value(node, index), let batch = layer.batch {
                return try ofOneRow(tensor, tensor.dims.count - layer.rank + batch, layer.dims[batch])
            }
        }
        return tensor
    }

    /// Slice's range of each axis.
    /// - Parameter batch: the batch's axis, of which all is taken.
    func slices(_ node: ONNXNode, _ dims: [Int], batch: Int? = nil) throws(ChainruleError) -> [ONNXShapes.Range] {
        guard let starts = try list(node, "starts", input: 1),
            let ends = try list(node, "ends", input: 2, takesBatch: true)
        else {
            throw ChainruleError(.format, "it has no starts or ends")
        }
        let numbers = try list(node, "axes", input: 3)
        let axes = try ONNXShapes.axes(numbers ?? Array(starts.indices), dims.count)
        let steps = try list(node, "steps", input: 4) ?? starts.map { _ in 1 }
        guard ends.count == starts.count && axes.count == starts.count && steps.count == starts.count else {
            throw ChainruleError(.format, "its lists have different lengths")
        }
        var ranges = dims.map { ONNXShapes.Range(first: 0, count: $0, step: 1) }
        for (place, axis) in axes.enumerated() {
            let end = ends[place]
            // What stands for the end of any axis; others as large are made of the number of rows.
            let isLast = end == Int(Int32.max) || end > .max / 2
            if axis == batch {
                let isAll = ONNXBatch.number(dims[axis]) == Int64(end) || end / (rows ?? .max) >= dims[axis]
                guard starts[place] == 0 && (isLast || isAll) && steps[place] == 1 else {
                    throw ChainruleError(.format, "it takes some rows of the batch, along axis \(axis)")
                }
            } else if !isLast && end >> 38 > 0 {
                throw ChainruleError(.format, "it ends axis \(axis) at a number of rows, which is not known")
            }
            ranges[axis] = try ONNXShapes.range(starts[place], ends[place], steps[place], length: dims[axis])
        }
        return ranges
    }

    /// Transpose's permutation.
    func permutation(_ node: ONNXNode, _ rank: Int) throws(ChainruleError) -> [Int] {
        let given = try node.integers("perm")
        let axes = given ?? Array((0..<rank).reversed())
        guard axes.count == rank else {
            throw ChainruleError(.format, "perm has \(axes.count) axes; \(rank) are needed")
        }
        for axis in axes where axis < 0 { throw ChainruleError(.format, "perm holds \(axis)") }
        return try ONNXShapes.axes(axes, rank)
    }
}

/// How the number of rows in a batch, which is not known, stands in a shape that a model computes: as a number of which lengths
/// are far from. Products and quotients with lengths keep it.
enum ONNXBatch {
    private static var rows: Int64 { 1 << 40 }

    /// The largest integers stand for the end of an axis.
    private static var most: Int64 { .max / 2 }

    static func isOfBatch(_ number: Int64) -> Bool { rows...most ~= number }

    /// A length of a shape, with one row in the batch.
    static func length(_ number: Int64) -> Int {
        isOfBatch(number) && number % rows == 0 ? Int(number / rows) : Int(clamping: number)
    }

    /// The number for an axis of which each row has so many places.
    static func number(_ length: Int) -> Int64 {
        let (number, overflow) = rows.multipliedReportingOverflow(by: Int64(length))
        return overflow ? most : min(number, most)
    }
}
