/// The content of a file: a header, then vectors. Writes the same to a path, to memory and to a function.
///
/// The vectors are another object's memory: use this only within a method of that object.
package struct FileContent {
    private let header: [UInt8]
    private let vectors: [Matrix]

    init(header: [UInt8], vectors: [Matrix]) {
        for vector in vectors { precondition(vector.isContiguous) }
        self.header = header
        self.vectors = vectors
    }

    /// The number of bytes.
    package var count: Int { vectors.reduce(header.count) { $0 + MemoryLayout<Float>.stride * $1.count } }

    /// Writes the whole file or nothing: see ``AtomicFile``.
    func write(to path: FilePath) throws(ChainruleError) {
        try AtomicFile.write(path) { file throws(ChainruleError) in
            try forEachPiece { piece throws(ChainruleError) in try file.write(piece) }
        }
    }

    /// Fills the beginning of a buffer. Can be cancelled.
    package func write(to buffer: UnsafeMutableRawBufferPointer) throws(ChainruleError) {
        guard buffer.count >= count else {
            throw ChainruleError(.size, "the buffer has \(buffer.count) bytes; the file has \(count)")
        }
        var position = 0
        try forEachPiece { piece throws(ChainruleError) in
            UnsafeMutableRawBufferPointer(rebasing: buffer[position...]).copyMemory(from: piece)
            position += piece.count
        }
    }

    /// Passes the bytes to a function, some at a time.
    package func write(with write: (UnsafeRawBufferPointer) throws(ChainruleError) -> Void) throws(ChainruleError) {
        try forEachPiece { piece throws(ChainruleError) in
            // The function may take any amount of time.
            try Cancellation.look()
            try write(piece)
        }
    }

    var bytes: [UInt8] {
        get throws(ChainruleError) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count)
            try forEachPiece { piece throws(ChainruleError) in bytes.append(contentsOf: piece) }
            return bytes
        }
    }

    private func forEachPiece(
        _ body: (UnsafeRawBufferPointer) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        func pieces(of bytes: UnsafeRawBufferPointer) throws(ChainruleError) {
            try Cancellation.inPieces(bytes.count) { places throws(ChainruleError) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[places]))
            }
        }
        try header.withUnsafeBufferPointer { header throws(ChainruleError) in
            try pieces(of: UnsafeRawBufferPointer(header))
        }
        for vector in vectors {
            try pieces(of: UnsafeRawBufferPointer(UnsafeBufferPointer(start: vector.base, count: vector.count)))
        }
    }
}
