import CPlatform

/// The path of a file. A path is bytes, and need not be text: a file system may hold names that are not UTF-8.
///
/// ```swift
/// try network.save(to: "model.safetensors")
/// try network.save(to: FilePath(bytes: [0x4a, 0xf6, 0x72, 0x67]))  // "Jörg" in Latin-1
/// ```
public struct FilePath: Sendable, CustomStringConvertible {
    /// Without a zero at the end.
    let bytes: [UInt8]

    /// The UTF-8 of a string.
    public init(_ text: String) { self.init(bytes: text.utf8) }

    public init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// The path for messages. Control characters, and in a path that is not UTF-8 every byte beyond ASCII, are written as
    /// `\xf6`. Of a long path, the middle is left out, so that there is room for what is wrong with it.
    public var description: String {
        let shown = FilePath.show(bytes[...])
        guard shown.utf8.count > 400 && bytes.count > 250 else { return shown }
        return FilePath.show(bytes[..<150]) + "…" + FilePath.show(bytes[(bytes.count - 100)...])
    }

    private static func show(_ bytes: ArraySlice<UInt8>) -> String {
        let isText = String(decoding: bytes, as: UTF8.self).utf8.elementsEqual(bytes)
        var shown: [UInt8] = []
        for byte in bytes {
            if byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !isText) {
                shown.append(contentsOf: "\\x".utf8)
                shown.append(contentsOf: byte.hexadecimal)
            } else {
                shown.append(byte)
            }
        }
        return String(decoding: shown, as: UTF8.self)
    }

    /// The directory and the last name in it, which is empty if the path is or ends with a slash.
    var split: (directory: FilePath, name: FilePath) {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
            return (FilePath(bytes.isEmpty ? "" : "."), self)
        }
        return (FilePath(bytes: bytes[...slash]), FilePath(bytes: bytes[(slash + 1)...]))
    }

    /// Refuses what would be taken for another path, because the system reads no further than to a zero; and what is too long
    /// as a whole, because a part of it alone need not be.
    func check() throws(ChainruleError) {
        guard !bytes.contains(0) else {
            throw ChainruleError(.file, "the path '\(description)' holds a null character")
        }
        guard bytes.count < Int(PATH_MAX) else { throw error("cannot be used", number: ENAMETOOLONG) }
    }

    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let characters = bytes.map { CChar(bitPattern: $0) } + [0]
        return characters.withUnsafeBufferPointer { body($0.baseAddress!) }
    }

    /// What the system says of a failure.
    /// - Parameter number: 0 if it says nothing.
    func error(_ what: StaticString, number: Int32 = platform_error_number()) -> ChainruleError {
        guard number != 0, let text = strerror(number) else { return ChainruleError(.file, "'\(description)' \(what)") }
        return ChainruleError(.file, "'\(description)' \(what): \(String(cString: text))")
    }
}

extension UInt8 {
    /// Two hexadecimal digits, in ASCII.
    var hexadecimal: [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(self >> 4)], digits[Int(self & 15)]]
    }
}
