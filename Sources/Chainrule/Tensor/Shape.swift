/// The shape of a node's value for one sample: a tensor of rank 1 to 4, channels last.
///
/// `[C]`, `[T, C]` (a sequence), `[H, W, C]` (an image), `[D, H, W, C]`. In memory a sample is one row of ``count``
/// floats, row-major: the channels of a position lie side by side. Dense layers, activations over a row and
/// concatenations work along the last axis, at every position alike.
public struct Shape: Equatable, Sendable, BitwiseCopyable {
    public static var mostAxes: Int { 4 }

    public let rank: Int
    /// The number of elements.
    public let count: Int
    /// 1 beyond the rank.
    private let lengths: SIMD4<Int32>

    /// - Parameter extents: 1 to 4 lengths of axes, each at least 1, of at most 2³¹ − 1 elements together.
    public init(_ extents: [Int]) throws(ChainruleError) {
        guard 1...Shape.mostAxes ~= extents.count else {
            throw ChainruleError(.size, "a shape has 1 to \(Shape.mostAxes) axes; \(extents.count) were given")
        }
        var lengths = SIMD4<Int32>(repeating: 1)
        var count = 1
        for (axis, extent) in extents.enumerated() {
            guard extent >= 1 else {
                throw ChainruleError(.size, "axis \(axis) of a shape is \(extent) long; at least 1 is needed")
            }
            guard extent <= Shape.mostElements / count else {
                throw ChainruleError(
                    .size,
                    "a shape holds at most \(Shape.mostElements) elements; axis \(axis) of length \(extent) makes it more"
                )
            }
            count *= extent
            lengths[axis] = Int32(extent)
        }
        rank = extents.count
        self.count = count
        self.lengths = lengths
    }

    static var mostElements: Int { Int(Int32.max) }

    /// The length of an axis.
    public subscript(axis: Int) -> Int {
        precondition(axis >= 0 && axis < rank)
        return Int(lengths[axis])
    }

    /// The lengths of the axes.
    public var extents: [Int] {
        var extents: [Int] = []
        for axis in 0..<rank { extents.append(self[axis]) }
        return extents
    }

    /// The length of the last axis.
    public var channels: Int { self[rank - 1] }

    /// The number of elements of a channel: the product of all axes but the last.
    public var positions: Int { count / channels }

    /// The same positions with another number of channels, at least 1.
    /// - Parameter layer: the layer of this shape, for the error if it has too many elements.
    func with(channels: Int, in layer: LayerName) throws(ChainruleError) -> Shape {
        try with(channels, along: rank - 1, in: layer)
    }

    /// The same shape with another length of an axis, at least 1.
    func with(_ length: Int, along axis: Int, in layer: LayerName) throws(ChainruleError) -> Shape {
        let others = count / self[axis]
        guard length <= Shape.mostElements / others else {
            let outputs = others == 1 ? "\(length) outputs" : "\(others) times \(length) outputs"
            throw ChainruleError(
                .size, "layer '\(layer.text)' has \(outputs); a layer has at most \(Shape.mostElements)")
        }
        var extents = extents
        extents[axis] = length
        return try Shape(extents)
    }

    /// Whether all axes but one are equal.
    func isSame(as other: Shape, exceptAlong axis: Int) -> Bool {
        guard rank == other.rank else { return false }
        for each in 0..<rank where each != axis && self[each] != other[each] { return false }
        return true
    }

    /// Such as "[28, 28, 1]".
    public var text: String {
        var text = "["
        for axis in 0..<rank {
            if axis > 0 { text += ", " }
            text += self[axis].description
        }
        return text + "]"
    }
}
