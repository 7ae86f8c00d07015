import CPlatform

/// A file open for reading.
final class InputFile: FallibleClass {
    private let path: FilePath
    private let descriptor: Int32
    let length: Int

    fileprivate init(path: FilePath, descriptor: Int32, length: Int) {
        self.path = path
        self.descriptor = descriptor
        self.length = length
    }

    deinit { _ = platform_close(descriptor) }

    /// Reads exactly as many bytes as the buffer holds.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ChainruleError) {
        guard platform_read(descriptor, buffer.baseAddress, buffer.count) == 0 else {
            throw path.error("cannot be read to its end")
        }
    }

    /// All of it, read when it is touched; nil where that is not possible. `platform_unmap` gives it back.
    func map() -> UnsafeRawBufferPointer? {
        platform_map(descriptor, length).map { UnsafeRawBufferPointer(start: $0, count: length) }
    }

    /// Reads all of it. Can be cancelled.
    func contents() throws(ChainruleError) -> Memory<UInt8> {
        let bytes = try Memory<UInt8>(count: length, for: "a file")
        try Cancellation.inPieces(bytes.count) { places throws(ChainruleError) in
            try read(
                into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(bytes.elements)[places]))
        }
        return bytes
    }

    /// Calls `body` with the bytes of a whole file. Its errors, too, say which file they are about. Can be cancelled.
    static func withContents<Result>(
        of path: FilePath, _ body: (UnsafeRawBufferPointer) throws(ChainruleError) -> Result
    ) throws(ChainruleError) -> Result {
        let bytes = try InputFile(path).contents()
        do throws(ChainruleError) {
            return try withExtendedLifetime(bytes) { () throws(ChainruleError) in
                try body(UnsafeRawBufferPointer(bytes.elements))
            }
        } catch {
            throw error.code == .cancelled ? error : error.preceded(by: "'\(path.description)': ")
        }
    }
}

extension FallibleClass where Self == InputFile {
    init(_ path: FilePath) throws(ChainruleError) {
        try path.check()
        var length: Int64 = 0
        let descriptor = path.withCString { platform_open_for_reading($0, &length) }
        guard descriptor >= 0 else { throw path.error("cannot be opened") }
        // A file that a 32-bit process can hold is never longer than it can count.
        self = InputFile(path: path, descriptor: descriptor, length: Int(clamping: length))
    }
}
