import CPlatform

/// A file that is being read.
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

    /// Reads exactly as many bytes as the buffer holds; may be cancelled.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ChainruleError) {
        try Cancellation.inPieces(buffer.count) { places throws(ChainruleError) in
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[places])
            guard platform_read(descriptor, piece.baseAddress, piece.count) == 0 else {
                throw path.error("cannot be read to its end")
            }
        }
    }

    /// Reads tensors that lie one after the other into their places in a parameter vector.
    func read(_ tensors: [Plan.Tensor], into vector: Matrix) throws(ChainruleError) {
        for tensor in tensors {
            let elements = UnsafeMutableBufferPointer(start: vector.base + tensor.offset, count: tensor.count)
            try read(into: UnsafeMutableRawBufferPointer(elements))
        }
    }

    /// Reads and checks the header of a model file; the file then stands at its data.
    func readHeader() throws(ChainruleError) -> ModelHeader {
        try explain { () throws(ChainruleError) in
            guard length >= 8 else {
                throw ChainruleError(.format, "no model file: it has \(length) bytes")
            }
            let prefix = try bytes(count: 8)
            let headerBytes = try ModelHeader.length(Array(prefix.elements), fileBytes: length)
            // The architecture that a header describes, whatever it says: of a short one the layers need the most, of a long
            // one the places of its members and the copy of a name for a message.
            try Reserve.setAside(min(48 * headerBytes, 8 * headerBytes + 16 << 20))
            let header = try JSONText(bytes(count: headerBytes))
            return try ModelHeader(header, dataBytes: length - 8 - headerBytes)
        }
    }

    /// Says in errors which file they are about.
    func explain<Result>(_ body: () throws(ChainruleError) -> Result) throws(ChainruleError) -> Result {
        do throws(ChainruleError) {
            return try body()
        } catch {
            throw error.code == .file ? error : ChainruleError(error.code, "'\(path.description)': \(error.message)")
        }
    }

    private func bytes(count: Int) throws(ChainruleError) -> Memory<UInt8> {
        let bytes = try Memory<UInt8>(count: count, for: "the header of a file")
        try read(into: UnsafeMutableRawBufferPointer(bytes.elements))
        return bytes
    }
}

extension FallibleClass where Self == InputFile {
    init(_ path: FilePath) throws(ChainruleError) {
        try path.check()
        var length: Int64 = 0
        let descriptor = path.withCString { platform_open_for_reading($0, &length) }
        guard descriptor >= 0 else { throw path.error("cannot be opened") }
        // No file that a 32-bit process could hold is longer than it can count.
        self = InputFile(path: path, descriptor: descriptor, length: Int(clamping: length))
    }
}
