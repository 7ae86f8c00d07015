import CPlatform

/// The path of a file. A path is bytes, not necessarily text: a file system may hold names that are not UTF-8.
///
/// ```swift
/// try network.save(to: "model.safetensors")
/// try network.save(to: FilePath(bytes: [0x4a, 0xf6, 0x72, 0x67]))  // "Jörg" in Latin-1
/// ```
public struct FilePath: Sendable, CustomStringConvertible {
    /// Without a terminating zero.
    let bytes: [UInt8]

    /// The UTF-8 of a string.
    public init(_ text: String) { self.init(bytes: text.utf8) }

    public init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// The path for messages. Writes control characters as `\xf6`, and so every byte beyond ASCII in a path that is not
    /// UTF-8. Leaves out the middle of a long path, to leave room for the error.
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

    /// The directory, and the last name in it. The name is empty if the path is empty or ends with a slash.
    var split: (directory: FilePath, name: FilePath) {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
            return (FilePath(bytes.isEmpty ? "" : "."), self)
        }
        return (FilePath(bytes: bytes[...slash]), FilePath(bytes: bytes[(slash + 1)...]))
    }

    /// Rejects a path with a zero: the system would stop reading there, and use another path. Rejects a path that is
    /// too long as a whole, because a part of it alone may be short enough.
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

    /// An error with the system's description of a failure.
    /// - Parameter number: 0 if the system gives none.
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
