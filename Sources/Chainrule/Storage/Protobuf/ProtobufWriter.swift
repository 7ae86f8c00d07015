/// Writes the fields of a message in Protocol Buffers' wire format.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f | 0x80))
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func tag(_ field: Int, _ wireType: UInt64) { varint(UInt64(field) << 3 | wireType) }

    mutating func integer(_ field: Int, _ value: Int64) {
        tag(field, 0)
        varint(UInt64(bitPattern: value))
    }

    mutating func integers(_ field: Int, _ values: [Int]) { for value in values { integer(field, Int64(value)) } }

    mutating func float(_ field: Int, _ value: Float) {
        tag(field, 5)
        append(littleEndian: value.bitPattern)
    }

    mutating func text(_ field: Int, _ text: String) {
        head(field, count: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func message(_ field: Int, _ message: ProtobufWriter) {
        head(field, count: message.bytes.count)
        bytes.append(contentsOf: message.bytes)
    }

    /// Begins a field of so many bytes, which follow elsewhere.
    mutating func head(_ field: Int, count: Int) {
        tag(field, 2)
        varint(UInt64(count))
    }

    /// An element of an array of numbers.
    mutating func append(littleEndian number: some FixedWidthInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
