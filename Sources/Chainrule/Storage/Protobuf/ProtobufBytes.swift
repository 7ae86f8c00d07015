/// Some bytes of a file in memory that another object owns and keeps. Each access is checked.
struct ProtobufBytes: @unchecked Sendable {
    private let memory: UnsafeRawBufferPointer
    /// Where they begin in the file.
    let start: Int

    private init(_ memory: UnsafeRawBufferPointer, start: Int) {
        self.memory = memory
        self.start = start
    }

    /// A whole file.
    init(_ memory: UnsafeRawBufferPointer) { self.init(memory, start: 0) }

    var count: Int { memory.count }
    var isEmpty: Bool { memory.isEmpty }

    subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count)
        return memory[index]
    }

    func part(from first: Int, count: Int) -> ProtobufBytes {
        precondition(first >= 0 && count >= 0 && first <= self.count - count)
        return ProtobufBytes(
            UnsafeRawBufferPointer(rebasing: memory[first..<first + count]), start: start + first)
    }

    /// The element at an index of an array of little-endian numbers.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(at index: Int, as _: Number.Type) -> Number {
        let size = MemoryLayout<Number>.size
        precondition(index >= 0 && index < count / size)
        return Number(littleEndian: memory.loadUnaligned(fromByteOffset: index * size, as: Number.self))
    }

    /// The same of the first 32-bit floats, as many as a row has elements. The library's processors are little-endian.
    func copyFloats(into row: Matrix) {
        precondition(row.rows == 1 && row.columns <= count / MemoryLayout<Float>.size)
        guard let first = memory.baseAddress else { return }
        UnsafeMutableRawPointer(row.base).copyMemory(from: first, byteCount: row.columns * MemoryLayout<Float>.size)
    }
}

// Texts: names and the like. Compared byte by byte.
extension ProtobufBytes {
    static func == (a: ProtobufBytes, b: ProtobufBytes) -> Bool { a.memory.elementsEqual(b.memory) }

    func precedes(_ other: ProtobufBytes) -> Bool { memory.lexicographicallyPrecedes(other.memory) }

    func isSame(as text: StaticString) -> Bool {
        memory.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    func isSame(as text: String) -> Bool { memory.elementsEqual(text.utf8) }

    /// For messages: control characters are written out, and the middle of a long text is left out.
    var shown: String { FilePath(bytes: memory).description }
}
