/// A layer's name: 1 to 63 bytes of A–Z a–z 0–9 _ -.
///
/// Compared byte by byte: Unicode's rules for comparing strings would bring their tables into an embedded build.
public struct LayerName: Equatable, Sendable {
    public let text: String

    /// The name of the network's own input. No layer can take it.
    public static var input: LayerName { LayerName(unchecked: "input") }

    public init(_ text: String) throws(ChainruleError) {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count) else {
            throw ChainruleError(.name, "the layer name '\(text)' has \(bytes.count) bytes; names have 1 to 63")
        }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                continue
            default:
                throw ChainruleError(
                    .name, "the layer name '\(text)' holds the byte \(byte); names are made of A-Z a-z 0-9 _ -")
            }
        }
        self.text = text
    }

    init(unchecked text: String) { self.text = text }

    public static func == (a: LayerName, b: LayerName) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
}
