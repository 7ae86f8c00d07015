import CPlatform

/// Memory for plain numbers: zeroed, aligned to 64 bytes, freed with the object. The only place where the library
/// allocates memory that grows with the caller's sizes, so a lack of memory is just an error.
package final class Memory<Element: BitwiseCopyable>: FallibleClass, @unchecked Sendable {
    package let base: UnsafeMutablePointer<Element>
    package let count: Int

    /// What it is a part of; nil: it is memory of its own.
    private let file: FileBytes?

    fileprivate init(adopting memory: UnsafeMutableRawPointer, count: Int, of file: FileBytes? = nil) {
        base = memory.bindMemory(to: Element.self, capacity: count)
        self.count = count
        self.file = file
    }

    deinit { if file == nil { platform_free_aligned(base) } }

    package var elements: UnsafeMutableBufferPointer<Element> { UnsafeMutableBufferPointer(start: base, count: count) }
}

extension FallibleClass {
    package init<Element: BitwiseCopyable>(count: Int, for purpose: StaticString) throws(ChainruleError)
    where Self == Memory<Element> {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard !overflow, let memory = platform_allocate_aligned(max(bytes, 64)) else {
            throw ChainruleError(.memory, "\(count) numbers for \(purpose) cannot be allocated")
        }
        self = Memory(adopting: memory, count: count)
    }
}

package typealias FloatMemory = Memory<Float>

extension FloatMemory {
    /// All of it as a row vector.
    package var vector: Matrix { Matrix(base: base, rows: 1, columns: count) }

    /// A contiguous matrix that begins at `offset`.
    package func matrix(at offset: Int, rows: Int, columns: Int) -> Matrix {
        precondition(offset >= 0 && offset + rows * columns <= count, "a matrix outside its memory")
        return Matrix(base: base + offset, rows: rows, columns: columns)
    }
}

extension FallibleClass where Self == FloatMemory {
    /// Some of a file's bytes, which may not be written to.
    /// - Parameter offset: of the first byte, a multiple of 4.
    init(_ file: FileBytes, at offset: Int, count: Int) {
        precondition(offset >= 0 && offset + count * MemoryLayout<Float>.stride <= file.bytes.count)
        self = Memory(
            adopting: UnsafeMutableRawPointer(mutating: file.bytes.baseAddress! + offset), count: count, of: file)
    }

    /// A contiguous copy of a matrix.
    package init(copying matrix: Matrix) throws(ChainruleError) {
        let memory = try FloatMemory(count: matrix.count, for: "a copy of a matrix")
        memory.matrix(at: 0, rows: matrix.rows, columns: matrix.columns).assign(matrix)
        self = memory
    }
}
