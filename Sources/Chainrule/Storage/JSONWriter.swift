/// Writes JSON, member by member, as UTF-8 bytes.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// Whether the text exceeds the limit. Then a part of it is missing.
    package var isTooLong: Bool { bytes.count > limit }
    private let limit: Int
    private var needsComma = false

    package init(limit: Int = .max) { self.limit = limit }

    package mutating func beginObject() { begin("{") }
    package mutating func endObject() { end("}") }
    package mutating func beginArray() { begin("[") }
    package mutating func endArray() { end("]") }

    package mutating func key(_ name: String) {
        value { writer in
            writer.quote(name.utf8)
            writer.bytes.append(UInt8(ascii: ":"))
        }
        needsComma = false
    }

    package mutating func string(_ text: String) { value { $0.quote(text.utf8) } }
    package mutating func integer(_ number: Int) { integer(Int64(number)) }
    mutating func integer(_ number: Int64) { value { $0.bytes.append(contentsOf: "\(number)".utf8) } }

    package mutating func member(_ name: String, _ text: String) {
        key(name)
        string(text)
    }
    /// A text in UTF-8.
    mutating func member(_ name: String, _ text: [UInt8]) {
        key(name)
        value { $0.quote(text) }
    }
    /// The same of a name in UTF-8.
    mutating func member(_ name: UnsafeBufferPointer<UInt8>, _ text: UnsafeBufferPointer<UInt8>) {
        value { writer in
            writer.quote(name)
            writer.bytes.append(UInt8(ascii: ":"))
            writer.quote(text)
        }
    }
    mutating func member(_ name: String, _ number: Int) { member(name, Int64(number)) }
    mutating func member(_ name: String, _ number: Int64) {
        key(name)
        integer(number)
    }
    mutating func member(_ name: String, _ flag: Bool) {
        key(name)
        value { $0.bytes.append(contentsOf: (flag ? "true" : "false").utf8) }
    }
    /// Writes the shortest decimal that is read back as the same float.
    mutating func member(_ name: String, _ number: Float) {
        key(name)
        self.number(number)
    }
    mutating func member(_ name: String, _ number: Double) {
        key(name)
        value { $0.bytes.append(contentsOf: number.description.utf8) }
    }

    mutating func number(_ number: Float) { value { $0.bytes.append(contentsOf: number.description.utf8) } }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    private mutating func begin(_ bracket: Unicode.Scalar) {
        value { $0.bytes.append(UInt8(ascii: bracket)) }
        needsComma = false
    }

    private mutating func end(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    private mutating func value(_ write: (inout JSONWriter) -> Void) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        write(&self)
        needsComma = true
    }

    private mutating func quote(_ text: some Sequence<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text where !isTooLong {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: byte.hexadecimal)
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
