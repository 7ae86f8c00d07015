/// Computes tensors from other tensors: what a model's nodes make of constants alone. Limits the memory of all of them together.
final class ONNXFolder {
    private(set) var bytesLeft: Int

    /// - Parameter limit: in bytes.
    init(limit: Int) { bytesLeft = limit }

    private func take(_ dims: [Int], bytes: Int) throws(ChainruleError) -> Int {
        let count = try ONNXTensor.count(of: dims)
        guard count <= bytesLeft / bytes else {
            throw ChainruleError(
                .memory, "a constant of \(count) elements needs more memory than the limit, which you can raise")
        }
        bytesLeft -= count * bytes
        try Cancellation.look()
        return count
    }

    /// - Parameter element: by its place in row-major order.
    func floats(_ dims: [Int], _ element: (Int) -> Float) throws(ChainruleError) -> ONNXTensor {
        let memory = try FloatMemory(count: take(dims, bytes: 4), for: "a constant")
        for place in 0..<memory.count { memory.base[place] = element(place) }
        return ONNXTensor(dims: dims, count: memory.count, .floats(memory))
    }

    /// - Parameter element: by its place in row-major order.
    func integers(_ dims: [Int], _ element: (Int) -> Int64) throws(ChainruleError) -> ONNXTensor {
        let memory = try Memory<Int64>(count: take(dims, bytes: 8), for: "a constant")
        for place in 0..<memory.count { memory.base[place] = element(place) }
        return ONNXTensor(dims: dims, count: memory.count, .integers(memory))
    }

    func integers(_ list: [Int]) throws(ChainruleError) -> ONNXTensor {
        try integers([list.count]) { Int64(list[$0]) }
    }

    /// The elements of a tensor at `start + Σ index · stride`.
    func strided(_ tensor: ONNXTensor, _ dims: [Int], strides: [Int], start: Int = 0) throws(ChainruleError)
        -> ONNXTensor
    {
        var walk = ONNXWalk(dims, strides: strides, start: start)
        if tensor.isInteger { return try integers(dims) { _ in tensor.integer(walk.next()) } }
        return try floats(dims) { _ in tensor.float(walk.next()) }
    }

    /// Axis i of the result is axis `axes[i]` of the tensor.
    func permuted(_ tensor: ONNXTensor, _ axes: [Int]) throws(ChainruleError) -> ONNXTensor {
        let (strides, dims) = (ONNXWalk.strides(tensor.dims), tensor.dims)
        return try strided(tensor, axes.map { dims[$0] }, strides: axes.map { strides[$0] })
    }

    /// The tensor repeated along axes of length 1, and along new axes before the others.
    func expanded(_ tensor: ONNXTensor, to dims: [Int]) throws(ChainruleError) -> ONNXTensor {
        try strided(tensor, dims, strides: ONNXWalk.strides(tensor.dims, repeatedTo: dims))
    }

    func joined(_ tensors: [ONNXTensor], along axis: Int) throws(ChainruleError) -> ONNXTensor {
        var dims = tensors[0].dims
        dims[axis] = 0
        for tensor in tensors {
            guard tensor.dims.count == dims.count && tensor.isInteger == tensors[0].isInteger else {
                throw ChainruleError(.format, "constants of different kinds cannot be joined")
            }
            for each in dims.indices where each != axis && tensor.dims[each] != dims[each] {
                throw ChainruleError(.format, "axis \(each) has the lengths \(dims[each]) and \(tensor.dims[each])")
            }
            dims[axis] = try Plan.checkedSum([dims[axis], tensor.dims[axis]])
        }
        let inner = try ONNXTensor.count(of: Array(dims[(axis + 1)...]))
        var (outer, index, offset) = (0, 0, 0)
        /// Where the next element lies: in which tensor, and where in it.
        func next() -> (tensor: ONNXTensor, place: Int) {
            var length = tensors[index].dims[axis] * inner
            while offset == length {
                (index, offset) = (index + 1, 0)
                if index == tensors.count { (outer, index) = (outer + 1, 0) }
                length = tensors[index].dims[axis] * inner
            }
            offset += 1
            return (tensors[index], outer * length + offset - 1)
        }
        return try tensors[0].isInteger
            ? integers(dims) { _ in
                let (tensor, place) = next()
                return tensor.integer(place)
            }
            : floats(dims) { _ in
                let (tensor, place) = next()
                return tensor.float(place)
            }
    }

    /// The product with a number.
    func scaled(_ tensor: ONNXTensor, by factor: Float) throws(ChainruleError) -> ONNXTensor {
        factor == 1 ? tensor : try floats(tensor.dims) { factor * tensor.float($0) }
    }

    /// An operation on two tensors, element by element, with ONNX's repetition.
    func combined(
        _ a: ONNXTensor, _ b: ONNXTensor, integers onIntegers: (Int64, Int64) -> Int64?,
        floats onFloats: (Float, Float) -> Float
    ) throws(ChainruleError) -> ONNXTensor {
        let dims = try ONNXWalk.common(a.dims, b.dims)
        var (left, right) = (
            ONNXWalk(dims, strides: ONNXWalk.strides(a.dims, repeatedTo: dims)),
            ONNXWalk(dims, strides: ONNXWalk.strides(b.dims, repeatedTo: dims))
        )
        guard a.isInteger == b.isInteger else { throw ChainruleError(.format, "it combines integers and floats") }
        guard a.isInteger else {
            return try floats(dims) { _ in onFloats(a.float(left.next()), b.float(right.next())) }
        }
        var isOutside = false
        let result = try integers(dims) { _ in
            if let result = onIntegers(a.integer(left.next()), b.integer(right.next())) { return result }
            isOutside = true
            return 0
        }
        guard !isOutside else { throw ChainruleError(.format, "integers overflow, or are divided by 0") }
        return result
    }
}

/// The places of the elements of a tensor in another's memory, in row-major order: `start + Σ index · stride`.
struct ONNXWalk {
    private let dims: [Int]
    private let strides: [Int]
    private var indices: [Int]
    private var place: Int

    init(_ dims: [Int], strides: [Int], start: Int = 0) {
        self.dims = dims
        self.strides = strides
        indices = dims.map { _ in 0 }
        place = start
    }

    mutating func next() -> Int {
        let current = place
        var axis = dims.count - 1
        while axis >= 0 {
            indices[axis] += 1
            place += strides[axis]
            if indices[axis] < dims[axis] { return current }
            place -= strides[axis] * dims[axis]
            indices[axis] = 0
            axis -= 1
        }
        return current
    }

    /// Of a tensor whose elements follow one another. The number of elements does not overflow.
    static func strides(_ dims: [Int]) -> [Int] {
        var (strides, stride) = (dims, 1)
        for axis in dims.indices.reversed() {
            strides[axis] = stride
            stride *= max(dims[axis], 1)
        }
        return strides
    }

    /// The same, 0 along each axis of `dims` along which the tensor is repeated.
    static func strides(_ own: [Int], repeatedTo dims: [Int]) -> [Int] {
        let (strides, missing) = (strides(own), dims.count - own.count)
        return dims.indices.map { $0 < missing || own[$0 - missing] == 1 ? 0 : strides[$0 - missing] }
    }

    /// The axes of what two tensors are repeated to.
    static func common(_ a: [Int], _ b: [Int]) throws(ChainruleError) -> [Int] {
        var (dims, other) = a.count >= b.count ? (a, b) : (b, a)
        other = dims.dropLast(other.count).map { _ in 1 } + other
        for axis in dims.indices {
            guard dims[axis] == other[axis] || dims[axis] == 1 || other[axis] == 1 else {
                throw ChainruleError(.format, "axis \(axis) has the lengths \(dims[axis]) and \(other[axis])")
            }
            if dims[axis] == 1 { dims[axis] = other[axis] }
        }
        return dims
    }
}
