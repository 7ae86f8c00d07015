/// The numbers of a tensor that a model holds, or that follow from such tensors alone.
final class ONNXTensor {
    /// How the numbers lie in memory. Those of the file stay in its bytes.
    enum Content {
        case file(ProtobufBytes, ONNXType)
        case floats(FloatMemory)
        case integers(Memory<Int64>)
        /// The message that holds them. They are names of classes at most.
        case texts(ProtobufBytes)
    }

    let dims: [Int]
    let count: Int
    let content: Content
    /// As the model declares it; nil if the numbers are computed.
    let type: ONNXType?
    /// The axis with a place for each row of the batch, if a shape that the model computes made one: all have the same numbers, and the
    /// length here is that of one row.
    let batch: Int?

    init(dims: [Int], count: Int, _ content: Content, type: ONNXType? = nil, batch: Int? = nil) {
        self.dims = dims
        self.count = count
        self.content = content
        self.type = type
        self.batch = batch
    }

    var isText: Bool { if case .texts = content { true } else { false } }

    /// Whether the numbers are integers or truth values.
    var isInteger: Bool {
        switch content {
        case .file(_, let type): type.isInteger
        case .floats: false
        case .integers, .texts: true
        }
    }

    /// The element at a place in row-major order.
    func float(_ place: Int) -> Float {
        switch content {
        case .file(let bytes, let type): type.isInteger ? Float(type.integer(bytes, place)) : type.float(bytes, place)
        case .floats(let memory): memory.vector[0, place]
        case .integers(let memory): Float(memory.elements[place])
        case .texts: .nan
        }
    }

    /// The same as an integer. Of floats, the part before the point; those that do not fit are cut off.
    func integer(_ place: Int) -> Int64 {
        switch content {
        case .file(let bytes, let type) where type.isInteger: type.integer(bytes, place)
        case .integers(let memory): memory.elements[place]
        default: Int64(clamping: float(place))
        }
    }

    /// Writes the elements into a row of as many.
    func copy(into row: Matrix) {
        precondition(row.rows == 1 && row.columns == count)
        switch content {
        case .floats(let memory): return row.assign(memory.vector)
        case .file(let bytes, .float): return bytes.copyFloats(into: row)
        default: break
        }
        var place = 0
        row.fill {
            place += 1
            return float(place - 1)
        }
    }

    /// The same numbers with other axes.
    func reshaped(_ dims: [Int], batch: Int? = nil) -> ONNXTensor {
        ONNXTensor(dims: dims, count: count, content, type: type, batch: batch)
    }

    /// The elements of a short list of integers.
    func list() throws(ChainruleError) -> [Int64] {
        guard isInteger && dims.count <= 1 && count <= ONNXTensor.mostAxes else {
            throw ChainruleError(.format, "a list of at most \(ONNXTensor.mostAxes) integers is needed")
        }
        var list: [Int64] = []
        for place in 0..<count { list.append(integer(place)) }
        return list
    }

    func integers() throws(ChainruleError) -> [Int] { try list().map { Int(clamping: $0) } }

    /// A shape of a row, and which axis is the batch's.
    func shape() throws(ChainruleError) -> (dims: [Int], batch: Int?) {
        let list = try list()
        let axes = list.indices.filter { ONNXBatch.isOfBatch(list[$0]) }
        guard axes.count <= 1 else { throw ChainruleError(.format, "two axes have a place for each row of the batch") }
        return (list.map(ONNXBatch.length), axes.first)
    }

    static var mostAxes: Int { 16 }
}

extension Int64 {
    init(clamping value: Float) {
        self = value >= 0x1p63 ? .max : value >= -0x1p63 ? Int64(value) : value < 0 ? .min : 0
    }
}

extension ONNXTensor {
    /// The number of elements of a tensor with these axes.
    static func count(of dims: [Int]) throws(ChainruleError) -> Int {
        guard dims.count <= mostAxes else {
            throw ChainruleError(.format, "a tensor has \(dims.count) axes; at most \(mostAxes) are supported")
        }
        // Without the axes of length 0, so that no product of some of the lengths overflows.
        var (count, isEmpty) = (1, false)
        for dim in dims {
            guard dim >= 0 else { throw ChainruleError(.format, "a tensor has an axis of length \(dim)") }
            if dim == 0 { isEmpty = true } else { count = try Plan.checkedProduct(count, dim) }
        }
        return isEmpty ? 0 : count
    }

    /// Reads a tensor and its name. Numbers that lie in the file as they lie in memory stay there.
    static func read(_ bytes: ProtobufBytes) throws(ChainruleError) -> (name: ProtobufBytes?, tensor: ONNXTensor) {
        var reader = ProtobufReader(bytes)
        var (dims, typeNumber, name) = ([Int64](), Int64?.none, ProtobufBytes?.none)
        var (raw, lists, texts, isExternal) = (ProtobufBytes?.none, 0, 0, false)
        while let field = try reader.next() {
            switch field.number {
            case 1: try field.append(to: &dims)
            case 2: typeNumber = try field.integer()
            case 3: throw ChainruleError(.format, "a tensor in segments is not supported")
            case 4, 5, 7, 10, 11: lists += 1
            case 6: texts += 1
            case 8: name = try field.bytes()
            case 9: raw = try field.bytes()
            case 13: isExternal = true
            case 14: isExternal = try field.integer() != 0
            default: break
            }
            guard dims.count <= mostAxes else {
                throw ChainruleError(.format, "a tensor has more than \(mostAxes) axes")
            }
        }
        do throws(ChainruleError) {
            guard !isExternal else { throw ChainruleError(.format, "its numbers are in another file") }
            var axes: [Int] = []
            for dim in dims {
                guard let axis = Int(exactly: dim) else { throw ChainruleError(.format, "it has an axis of \(dim)") }
                axes.append(axis)
            }
            let count = try self.count(of: axes)
            if typeNumber == 8 {
                guard texts == count else { throw ChainruleError(.format, "it has \(texts) of \(count) texts") }
                return (name, ONNXTensor(dims: axes, count: count, .texts(bytes)))
            }
            let type = try ONNXType.supported(typeNumber)
            let content: Content
            if let raw, lists == 0 {
                let rest = (count % 8 * type.bits + 7) / 8
                guard raw.count == (try Plan.checkedSum([Plan.checkedProduct(count / 8, type.bits), rest])) else {
                    throw ChainruleError(.format, "it has \(raw.count) bytes for \(count) elements")
                }
                content = .file(raw, type)
            } else {
                guard raw == nil else { throw ChainruleError(.format, "it has its numbers twice") }
                content = try list(bytes, of: type, count: count)
            }
            return (name, ONNXTensor(dims: axes, count: count, content, type: type))
        } catch {
            throw error.preceded(by: "the tensor '\(name?.shown ?? "")' at byte \(bytes.start): ")
        }
    }

    /// The numbers of a field of numbers.
    private static func list(_ bytes: ProtobufBytes, of type: ONNXType, count: Int) throws(ChainruleError) -> Content {
        let number =
            switch type {
            case .float: 4
            case .double: 10
            case .int64: 7
            case .uint32, .uint64: 11
            default: 5
            }
        // The numbers are no more than the bytes; so the memory is limited by the file.
        guard count / 4 <= bytes.count else {
            throw ChainruleError(.format, "it has \(bytes.count) bytes for \(count) elements")
        }
        let floats = try FloatMemory(count: type.isInteger ? 0 : count, for: "a tensor")
        let integers = try Memory<Int64>(count: type.isInteger ? count : 0, for: "a tensor")
        var place = 0
        func append(_ bits: UInt64) throws(ChainruleError) {
            guard place < count else { throw ChainruleError(.format, "it has more than \(count) elements") }
            if type.bits <= 8 && type.rawValue >= ONNXType.firstSmall {
                // Those of 2 and 4 bits lie several in a byte.
                for element in 0..<min(8 / type.bits, count - place) {
                    let own = UInt32(truncatingIfNeeded: bits) >> UInt32(element * type.bits)
                    if type.isInteger {
                        integers.base[place] = type.integer(small: own)
                    } else {
                        floats.base[place] = type.float(small: own)
                    }
                    place += 1
                }
                return
            }
            switch type {
            case .float: floats.base[place] = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
            case .double: floats.base[place] = Float(Double(bitPattern: bits))
            case .float16: floats.base[place] = type.float(small: UInt32(truncatingIfNeeded: bits))
            case .bfloat16: floats.base[place] = Float(bitPattern: UInt32(truncatingIfNeeded: bits << 16))
            case .uint32, .uint64: integers.base[place] = Int64(clamping: bits)
            default: integers.base[place] = Int64(bitPattern: bits)
            }
            place += 1
        }
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            guard [4, 5, 7, 10, 11].contains(field.number) else { continue }
            guard field.number == number else {
                throw ChainruleError(.format, "field \(field.number) does not hold numbers of its type")
            }
            switch field.value {
            case .varint(let bits) where number != 4 && number != 10: try append(bits)
            case .fixed32(let bits) where number == 4: try append(UInt64(bits))
            case .fixed64(let bits) where number == 10: try append(bits)
            case .bytes(let packed) where number == 4 && packed.count % 4 == 0:
                for index in 0..<packed.count / 4 { try append(UInt64(packed.number(at: index, as: UInt32.self))) }
            case .bytes(let packed) where number == 10 && packed.count % 8 == 0:
                for index in 0..<packed.count / 8 { try append(packed.number(at: index, as: UInt64.self)) }
            case .bytes(let packed) where number != 4 && number != 10:
                var values = ProtobufReader(packed)
                while !values.isAtEnd { try append(try values.varint()) }
            default: throw ChainruleError(.format, "field \(number) at byte \(field.place) holds no such numbers")
            }
        }
        guard place == count else { throw ChainruleError(.format, "it has \(place) of \(count) elements") }
        return type.isInteger ? .integers(integers) : .floats(floats)
    }
}
