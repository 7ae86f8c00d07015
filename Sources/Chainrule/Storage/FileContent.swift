/// The content of a file: pieces, one after another. Writes the same to a path, to memory and to a function.
///
/// Vectors are another object's memory: use this only within a method of that object.
package struct FileContent {
    enum Piece {
        case bytes([UInt8])
        case vector(Matrix)
        case memory(FloatMemory)

        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .vector(let vector): MemoryLayout<Float>.stride * vector.count
            case .memory(let memory): MemoryLayout<Float>.stride * memory.count
            }
        }
    }

    private let pieces: [Piece]

    init(_ pieces: [Piece]) {
        for case .vector(let vector) in pieces { precondition(vector.isContiguous) }
        self.pieces = pieces
    }

    /// A header, then vectors.
    init(header: [UInt8], vectors: [Matrix]) { self.init([.bytes(header)] + vectors.map { .vector($0) }) }

    /// The number of bytes.
    package var count: Int { pieces.reduce(0) { $0 + $1.count } }

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

    /// Fills the beginning of a buffer; nil: only counts.
    /// - Returns: the number of bytes.
    func fill(_ buffer: UnsafeMutableRawBufferPointer?) throws(ChainruleError) -> Int {
        if let buffer { try write(to: buffer) }
        return count
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

    @inline(never)
    private func forEachPiece(
        _ body: (UnsafeRawBufferPointer) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        func write(_ bytes: UnsafeRawBufferPointer) throws(ChainruleError) {
            try Cancellation.inPieces(bytes.count) { places throws(ChainruleError) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[places]))
            }
        }
        func write(_ vector: Matrix) throws(ChainruleError) {
            try write(UnsafeRawBufferPointer(UnsafeBufferPointer(start: vector.base, count: vector.count)))
        }
        for piece in pieces {
            switch piece {
            case .bytes(let bytes):
                try bytes.withUnsafeBufferPointer { bytes throws(ChainruleError) in
                    try write(UnsafeRawBufferPointer(bytes))
                }
            case .vector(let vector): try write(vector)
            case .memory(let memory):
                try withExtendedLifetime(memory) { () throws(ChainruleError) in try write(memory.vector) }
            }
        }
    }
}
