/// Reads a file: from a path, from memory, or from a function.
package struct FileReader {
    /// Nil if only the header tells it.
    let length: Int?
    /// For messages; nil for a file without a path.
    private let path: FilePath?
    /// Fills a buffer with the next bytes.
    private let fill: (UnsafeMutableRawBufferPointer) throws(ChainruleError) -> Void

    package init(_ path: FilePath) throws(ChainruleError) {
        let file = try InputFile(path)
        self.path = path
        length = file.length
        fill = { buffer throws(ChainruleError) in try file.read(into: buffer) }
    }

    /// - Parameter bytes: must live as long as the reader.
    package init(_ bytes: UnsafeRawBufferPointer) {
        path = nil
        length = bytes.count
        var rest = bytes[...]
        fill = { buffer throws(ChainruleError) in
            guard rest.count >= buffer.count else { throw ChainruleError(.format, "the file is truncated") }
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(buffer.count)))
            rest = rest.dropFirst(buffer.count)
        }
    }

    /// Never asks for more bytes than the file has, so what follows the file stays unread.
    /// - Parameter read: fills the beginning of a buffer, and returns the number of bytes; 0 at the end.
    package init(_ read: @escaping (UnsafeMutableRawBufferPointer) throws(ChainruleError) -> Int) {
        path = nil
        length = nil
        var position = 0
        fill = { buffer throws(ChainruleError) in
            var rest = buffer[...]
            while !rest.isEmpty {
                // The function may take any amount of time.
                try Cancellation.look()
                let count = try read(UnsafeMutableRawBufferPointer(rebasing: rest))
                guard 0...rest.count ~= count else {
                    throw ChainruleError(
                        .callback,
                        "the read callback gave \(UInt(bitPattern: count)) bytes; at most \(rest.count) were asked for")
                }
                guard count > 0 else {
                    throw ChainruleError(
                        .format,
                        "the file is truncated: it ends after \(position) bytes, and \(rest.count) more are needed")
                }
                position += count
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Calls `body` with a reader that reads by calling a function.
    static func reading<Result>(
        _ read: (inout MutableRawSpan) throws(ChainruleError) -> Int,
        _ body: (FileReader) throws(ChainruleError) -> Result
    ) throws(ChainruleError) -> Result {
        try withoutActuallyEscaping(read) { read throws(ChainruleError) in
            try body(
                FileReader { buffer throws(ChainruleError) in
                    var span = buffer.mutableBytes
                    return try read(&span)
                })
        }
    }

    /// Reads exactly as many bytes as the buffer holds. Can be cancelled.
    private func read(into buffer: UnsafeMutableRawBufferPointer) throws(ChainruleError) {
        try Cancellation.inPieces(buffer.count) { places throws(ChainruleError) in
            try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[places]))
        }
    }

    /// Reads tensors that follow one another into their places in a parameter vector.
    func read(_ tensors: [Plan.Tensor], into vector: Matrix) throws(ChainruleError) {
        for tensor in tensors {
            let elements = UnsafeMutableBufferPointer(start: vector.base + tensor.offset, count: tensor.count)
            try read(into: UnsafeMutableRawBufferPointer(elements))
        }
    }

    /// Reads and checks the header of a model file. The data come next.
    func readHeader() throws(ChainruleError) -> ModelHeader {
        try explain { () throws(ChainruleError) in
            if let length, length < 8 {
                throw ChainruleError(.format, "no model file: it has \(length) bytes")
            }
            let prefix = try bytes(count: 8)
            let headerBytes = try ModelHeader.length(Array(prefix.elements), fileBytes: length)
            // Enough for any architecture that a header can describe. In a short header the layers need the most; in a
            // long one, the places of its members and the copy of a name for a message.
            try Reserve.setAside(min(48 * headerBytes, 8 * headerBytes + 16 << 20))
            let header = try JSONText(bytes(count: headerBytes))
            return try ModelHeader(header, dataBytes: length.map { $0 - 8 - headerBytes })
        }
    }

    /// Adds to errors which file they are about.
    func explain<Result>(_ body: () throws(ChainruleError) -> Result) throws(ChainruleError) -> Result {
        do throws(ChainruleError) {
            return try body()
        } catch {
            guard let path, error.code != .file else { throw error }
            throw ChainruleError(error.code, "'\(path.description)': \(error.message)")
        }
    }

    private func bytes(count: Int) throws(ChainruleError) -> Memory<UInt8> {
        let bytes = try Memory<UInt8>(count: count, for: "the header of a file")
        try read(into: UnsafeMutableRawBufferPointer(bytes.elements))
        return bytes
    }
}
