/// A field of a message: its number, and what the wire holds.
struct ProtobufField {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(ProtobufBytes)
        case fixed32(UInt32)
    }

    let number: Int
    let value: Value
    /// Where it begins in the file.
    let place: Int

    private var mismatch: ChainruleError {
        ChainruleError(.format, "field \(number) at byte \(place) has another type than expected")
    }

    /// A text, bytes or a message.
    func bytes() throws(ChainruleError) -> ProtobufBytes {
        guard case .bytes(let bytes) = value else { throw mismatch }
        return bytes
    }

    func integer() throws(ChainruleError) -> Int64 {
        guard case .varint(let number) = value else { throw mismatch }
        return Int64(bitPattern: number)
    }

    func float() throws(ChainruleError) -> Float {
        guard case .fixed32(let bits) = value else { throw mismatch }
        return Float(bitPattern: bits)
    }

    /// Appends the integers of a repeated field: one, or several packed.
    func append(to integers: inout [Int64]) throws(ChainruleError) {
        guard case .bytes(let bytes) = value else { return integers.append(try integer()) }
        try Reserve.setAside(16 * (integers.count + bytes.count))
        var reader = ProtobufReader(bytes)
        while !reader.isAtEnd { integers.append(Int64(bitPattern: try reader.varint())) }
    }

    /// Appends the floats of a repeated field: one, or several packed.
    func append(to floats: inout [Float]) throws(ChainruleError) {
        guard case .bytes(let bytes) = value else { return floats.append(try float()) }
        guard bytes.count % 4 == 0 else {
            throw ChainruleError(.format, "field \(number) at byte \(place) has \(bytes.count) bytes of floats")
        }
        try Reserve.setAside(8 * floats.count + 4 * bytes.count)
        for index in 0..<bytes.count / 4 {
            floats.append(Float(bitPattern: bytes.number(at: index, as: UInt32.self)))
        }
    }
}

/// Reads the fields of a message in Protocol Buffers' wire format, one after another. Reads no byte beyond it, keeps nothing.
/// Refuses groups, which no format that is read here has.
struct ProtobufReader {
    private let bytes: ProtobufBytes
    private var position = 0

    init(_ bytes: ProtobufBytes) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    private func error(_ what: ErrorMessage) -> ChainruleError {
        ChainruleError(.format, "\(what.text) at byte \(bytes.start + position)")
    }

    /// The next field; nil at the end.
    mutating func next() throws(ChainruleError) -> ProtobufField? {
        if isAtEnd { return nil }
        let place = bytes.start + position
        let tag = try varint()
        guard tag >> 3 >= 1 && tag >> 3 < 1 << 29 else { throw error("no number of a field") }
        let number = Int(tag >> 3)
        switch tag & 7 {
        case 0: return ProtobufField(number: number, value: .varint(try varint()), place: place)
        case 1:
            let value = try take(8).number(at: 0, as: UInt64.self)
            return ProtobufField(number: number, value: .fixed64(value), place: place)
        case 2:
            let count = try varint()
            guard count <= UInt64(bytes.count - position) else {
                throw error("field \(number) has \(count) bytes, more than follow it,")
            }
            return ProtobufField(number: number, value: .bytes(try take(Int(count))), place: place)
        case 5:
            let value = try take(4).number(at: 0, as: UInt32.self)
            return ProtobufField(number: number, value: .fixed32(value), place: place)
        default: throw error("field \(number) has the wire type \(tag & 7), which is not supported,")
        }
    }

    private mutating func take(_ count: Int) throws(ChainruleError) -> ProtobufBytes {
        guard count <= bytes.count - position else { throw error("the message is truncated") }
        defer { position += count }
        return bytes.part(from: position, count: count)
    }

    /// At most ten bytes of seven bits, the lowest first.
    mutating func varint() throws(ChainruleError) -> UInt64 {
        var value: UInt64 = 0
        for shift in 0..<10 {
            guard position < bytes.count else { throw error("the message is truncated") }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << UInt64(7 * shift)
            if byte < 0x80 { return value }
        }
        throw error("an integer of more than 10 bytes")
    }
}
