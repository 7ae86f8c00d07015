import CPlatform

/// Float memory: zeroed, aligned to 64 bytes, freed with the object. The one place where the library allocates it.
package final class FloatMemory: FallibleClass, @unchecked Sendable {
    package let base: UnsafeMutablePointer<Float>
    package let count: Int

    fileprivate init(adopting memory: UnsafeMutableRawPointer, count: Int) {
        base = memory.bindMemory(to: Float.self, capacity: count)
        self.count = count
    }

    deinit { free(base) }

    /// A row vector of all of it.
    package var vector: Matrix { Matrix(base: base, rows: 1, columns: count) }

    /// A contiguous matrix that begins at `offset`.
    package func matrix(at offset: Int, rows: Int, columns: Int) -> Matrix {
        precondition(offset >= 0 && offset + rows * columns <= count, "a matrix outside its memory")
        return Matrix(base: base + offset, rows: rows, columns: columns)
    }
}

extension FallibleClass where Self == FloatMemory {
    package init(count: Int, for purpose: StaticString) throws(NetworkError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
        guard !overflow, let memory = platform_allocate_zeroed(max(bytes, 64)) else {
            throw NetworkError(.memory, "\(count) floats for \(purpose) cannot be allocated")
        }
        self = FloatMemory(adopting: memory, count: count)
    }

    /// A contiguous copy of a matrix.
    package init(copying matrix: Matrix) throws(NetworkError) {
        let memory = try FloatMemory(count: matrix.count, for: "a copy of a matrix")
        memory.matrix(at: 0, rows: matrix.rows, columns: matrix.columns).assign(matrix)
        self = memory
    }
}
