import Testing

@testable import Chainrule

/// The wire format.
@Suite struct ProtobufTests {
    private func fields(_ bytes: [UInt8]) throws(ChainruleError) -> [(number: Int, value: String)] {
        try bytes.span.withUnsafeBytes { bytes throws(ChainruleError) in
            var (reader, found) = (ProtobufReader(ProtobufBytes(bytes)), [(Int, String)]())
            while let field = try reader.next() {
                switch field.value {
                case .varint(let value): found.append((field.number, "\(value)"))
                case .fixed32(let value): found.append((field.number, "\(Float(bitPattern: value))"))
                case .fixed64(let value): found.append((field.number, "\(Double(bitPattern: value))"))
                case .bytes(let bytes): found.append((field.number, bytes.shown))
                }
            }
            return found
        }
    }

    private func refused(_ bytes: [UInt8], _ words: String, _ location: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: ChainruleError.self, sourceLocation: location) { try fields(bytes) }
        #expect(error?.code == .format && error?.message.contains(words) == true, "\(words)", sourceLocation: location)
    }

    @Test func fieldsOfEveryTypeAreRead() throws {
        let bytes =
            ONNXWriter.field(1, 300) + ONNXWriter.field(2, "text") + ONNXWriter.field(3, Float(1.5))
            + ONNXWriter.varint(4 << 3 | 1) + ONNXWriter.littleEndian(2.5.bitPattern) + ONNXWriter.field(5, -1)
        let found = try fields(bytes)
        #expect(found.map { $0.number } == [1, 2, 3, 4, 5])
        #expect(found.map { $0.value } == ["300", "text", "1.5", "2.5", "\(UInt64.max)"])
        #expect(try fields([]).isEmpty)
    }

    @Test func lengthsBeyondTheEndAreRefused() {
        refused([0x12, 5, 1, 2], "field 2 has 5 bytes")
        refused([0x12] + ONNXWriter.varint(.max) + [0], "more than follow it")
        refused([0x12] + ONNXWriter.varint(1 << 63), "more than follow it")
        refused([0x0d, 1, 2, 3], "truncated")
        refused([0x09, 1, 2, 3, 4, 5, 6, 7], "truncated")
        refused([0x08], "truncated")
        refused([0x08, 0x80], "truncated")
    }

    @Test func whatTheFormatLacksIsRefused() {
        refused([0x0b, 0x0c], "wire type 3")
        refused([0x0e], "wire type 6")
        refused([0x00, 0x00], "no number of a field")
        refused([0x08] + [UInt8](repeating: 0xff, count: 11), "more than 10 bytes")
    }

    @Test func repeatedNumbersArePackedOrNot() throws {
        let packed = ONNXWriter.field(1, ONNXWriter.varint(7) + ONNXWriter.varint(300))
        for bytes in [packed, ONNXWriter.field(1, 7) + ONNXWriter.field(1, 300)] {
            let integers = try bytes.span.withUnsafeBytes { bytes throws(ChainruleError) in
                var (reader, list) = (ProtobufReader(ProtobufBytes(bytes)), [Int64]())
                while let field = try reader.next() { try field.append(to: &list) }
                return list
            }
            #expect(integers == [7, 300])
        }
    }

    @Test func halvesAreExact() {
        for bits in UInt16.min...UInt16.max {
            let wanted = Float(Float16(bitPattern: bits))
            let given = ONNXType.float16.float(small: UInt32(bits))
            #expect(given == wanted || given.isNaN && wanted.isNaN)
        }
    }
}
