/// A value of a graph that a layer gives, for one row.
///
/// ONNX has its channels before the positions, Chainrule after them. So a layer may hold the elements in another order than ONNX
/// does: stored axis i is axis `order[i]` of `axes`. Those are the value's axes, or others that hold the same elements in the
/// same order as ONNX's: a reshape of what a convolution gives leaves the elements where they are.
struct ONNXLayer {
    /// In the architecture.
    var name: String
    /// As ONNX sees the value of one row: the axis of the batch has length 1.
    var dims: [Int]
    var axes: [Int]
    var order: [Int]
    /// The axis of the batch; each of its rows has `dims[batch]` places along it, mostly one. Nil if there is none.
    var batch: Int?
    /// Whether, along the axis of the batch, the rows lie within the places that each has, not around them: attention makes `[T N, E]` of
    /// `[T, N, E]`, and `[T, N, E]` again of that. Few operators take such a value.
    var hasInnerRows = false
    var isInteger = false
    /// Of whole numbers that were quantized just now: the layer that gives them less their zero point.
    var centered: Centered?

    struct Centered {
        let of: String
        let name: String
        let zero: Float
    }

    /// In ONNX's order.
    init(_ name: String, _ dims: [Int], batch: Int?) {
        self.name = name
        self.dims = dims
        axes = dims
        order = Array(dims.indices)
        self.batch = batch
    }

    var count: Int { dims.reduce(1, *) }
    var rank: Int { dims.count }

    /// The stored axes that are longer than 1.
    var long: [Int] { order.filter { axes[$0] != 1 } }

    /// Whether the elements lie in ONNX's order.
    var isPlain: Bool {
        let long = long
        return zip(long, long.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// Whether ``axes`` are the value's own.
    var hasOwnAxes: Bool { axes == dims }

    /// The axis that a node names, where negative numbers count from the end.
    func axis(_ number: Int) throws(ChainruleError) -> Int { try ONNXShapes.axis(number, rank) }

    /// Throws if an operation along an axis would mix the rows of a batch.
    func checkIsNotBatch(_ axis: Int) throws(ChainruleError) {
        guard axis != batch else { throw ONNXLayer.alongBatch(axis) }
    }

    static func alongBatch(_ axis: Int) -> ChainruleError {
        ChainruleError(.format, "it works along axis \(axis), which is the batch's: rows would depend on others")
    }
}

// Arrangement: the order of the axes in a row, and the shapes of layers.
extension ONNXImporter {
    /// The value in ONNX's order.
    func plain(_ value: ONNXLayer) throws(ChainruleError) -> ONNXLayer {
        var result = value
        if !value.isPlain { result = try moved(value, to: Array(value.axes.indices)) }
        result.axes = result.dims
        result.order = Array(result.dims.indices)
        return result
    }

    /// The value with its own axes in an order.
    func arranged(_ value: ONNXLayer, _ order: [Int]) throws(ChainruleError) -> ONNXLayer {
        try moved(value.hasOwnAxes ? value : plain(value), to: order)
    }

    /// The value with own axes, which lie anyhow.
    func withOwnAxes(_ value: ONNXLayer) throws(ChainruleError) -> ONNXLayer {
        value.hasOwnAxes ? value : try plain(value)
    }

    private func moved(_ value: ONNXLayer, to order: [Int]) throws(ChainruleError) -> ONNXLayer {
        var result = value
        result.order = order
        let (from, to) = (value.long, result.long)
        if from == to { return result }
        // Each group of axes that stay side by side: its first stored place, and its length.
        var groups: [[Int]] = from.map { [$0] }
        if groups.count > Shape.mostAxes {
            groups = []
            for axis in from {
                if let last = groups.last?.last, let place = to.firstIndex(of: last), place + 1 < to.count,
                    to[place + 1] == axis
                {
                    groups[groups.count - 1].append(axis)
                } else {
                    groups.append([axis])
                }
            }
        }
        guard groups.count <= Shape.mostAxes else {
            throw ChainruleError(
                .format, "an order of \(groups.count) axes is not supported; at most \(Shape.mostAxes)")
        }
        let extents = groups.map { $0.reduce(1) { $0 * value.axes[$1] } }
        var permutation: [Int] = []
        for axis in to { if let group = groups.firstIndex(where: { $0[0] == axis }) { permutation.append(group) } }
        result.name = try transposed(shaped(value.name, extents), permutation)
        return result
    }

    private func transposed(_ name: String, _ axes: [Int]) throws(ChainruleError) -> String {
        try remembered(name, axes, isTranspose: true) { name throws(ChainruleError) in
            try architecture.transpose(axes, name: name.new, input: name.old)
        }
    }

    /// A layer with the same elements and this shape.
    func shaped(_ name: String, _ extents: [Int]) throws(ChainruleError) -> String {
        if let shape = architecture.shape(read: name), shape.extents == extents { return name }
        return try remembered(name, extents, isTranspose: false) { name throws(ChainruleError) in
            try architecture.reshape(Shape(extents), name: name.new, input: name.old)
        }
    }

    /// A layer that rearranges another, made once.
    private func remembered(
        _ name: String, _ numbers: [Int], isTranspose: Bool,
        _ make: ((old: String, new: String)) throws(ChainruleError) -> Void
    ) throws(ChainruleError) -> String {
        let source = architecture.position(of: LayerName(unchecked: name)) ?? 0
        for each in rearranged
        where each.source == source && each.isTranspose == isTranspose && each.numbers == numbers {
            return each.name
        }
        let new = freeName(isTranspose ? "transpose" : "reshape")
        try make((name, new))
        try Reserve.setAside(512 * rearranged.count)
        rearranged.append(Rearranged(source: source, isTranspose: isTranspose, numbers: numbers, name: new))
        return new
    }

    struct Rearranged {
        let source: Int
        let isTranspose: Bool
        let numbers: [Int]
        let name: String
    }

    /// The lengths of stored axes for a layer, without those of length 1, in at most so many.
    func extents(_ value: ONNXLayer, _ axes: [Int], most: Int) -> [Int] {
        var lengths: [Int] = []
        for axis in axes where value.axes[axis] != 1 { lengths.append(value.axes[axis]) }
        while lengths.count > most {
            lengths[1] *= lengths[0]
            lengths.removeFirst()
        }
        return lengths
    }

    /// The value's layer as `[before, axis, after]`, without those before and after that are 1, and where the axis is.
    func around(_ axis: Int, _ value: ONNXLayer) throws(ChainruleError) -> (name: String, place: Int, extents: [Int]) {
        let place = value.order.firstIndex(of: axis)!
        let before = value.order[..<place].reduce(1) { $0 * value.axes[$1] }
        let after = value.order[(place + 1)...].reduce(1) { $0 * value.axes[$1] }
        let extents = (before == 1 ? [] : [before]) + [value.axes[axis]] + (after == 1 ? [] : [after])
        return (try shaped(value.name, extents), before == 1 ? 0 : 1, extents)
    }
}
