/// A view of a row-major matrix in memory that another object owns: the only holder of float pointers in this module.
///
/// The memory must outlive the view. Rows lie `stride` elements apart.
package struct Matrix: BitwiseCopyable, @unchecked Sendable {
    package let base: UnsafeMutablePointer<Float>
    package let rows: Int
    package let columns: Int
    package let stride: Int

    package init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
        self.base = base
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    package init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
        self.init(base: base, rows: rows, columns: columns, stride: columns)
    }

    /// A view of read-only memory.
    package init(reading base: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int) {
        self.init(base: UnsafeMutablePointer(mutating: base), rows: rows, columns: columns, stride: stride)
    }

    package var count: Int { rows * columns }
    package var isContiguous: Bool { stride == columns || rows == 1 }

    func isSameMemory(as other: Matrix) -> Bool { base == other.base }

    package subscript(row: Int, column: Int) -> Float {
        get { base[row * stride + column] }
        nonmutating set { base[row * stride + column] = newValue }
    }

    package func row(_ index: Int) -> Matrix { rows(from: index, count: 1) }

    package func rows(from start: Int, count: Int) -> Matrix {
        Matrix(base: base + start * stride, rows: count, columns: columns, stride: stride)
    }

    func rows(_ range: Range<Int>) -> Matrix { rows(from: range.lowerBound, count: range.count) }

    /// The positions of some samples as rows, if each row of this matrix is a sample of so many channels.
    func positions(ofRows range: Range<Int>, channels: Int) -> Matrix {
        rows(from: range.lowerBound, count: range.count).reshaped(columns: channels)
    }

    func columns(from start: Int, count: Int) -> Matrix {
        Matrix(base: base + start, rows: rows, columns: count, stride: stride)
    }

    /// The same elements in rows of another length, which divides a row or is a multiple of it.
    func reshaped(columns count: Int) -> Matrix {
        if count == columns { return self }
        precondition(isContiguous && self.count % count == 0)
        return Matrix(base: base, rows: self.count / count, columns: count)
    }

    /// The rest of a vector after so many elements, from the next cache line on.
    func fromNextLine(after count: Int) -> Matrix {
        let used = (count + 15) & ~15
        return Matrix(base: base + used, rows: 1, columns: columns - used)
    }

    /// All elements of a contiguous matrix as one row.
    var asRow: Matrix { reshaped(columns: count) }

    /// Sets every element to 0.
    func clear() {
        if isContiguous { return base.update(repeating: 0, count: count) }
        for row in 0..<rows { self.row(row).clear() }
    }

    /// Sets every element, row by row.
    func fill(_ next: () -> Float) {
        for row in 0..<rows { for column in 0..<columns { self[row, column] = next() } }
    }

    /// Calls `body` with a few rows of an input, the same rows of a result, and the place of the first of them. Can be
    /// cancelled between the calls.
    @inline(__always)
    static func inGroups(
        of most: Int, _ x: Matrix, _ y: Matrix,
        _ body: (_ x: Matrix, _ y: Matrix, _ first: Int) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        var start = 0
        while start < x.rows {
            if start > 0 { try Cancellation.look() }
            let count = min(most, x.rows - start)
            try body(x.rows(from: start, count: count), y.rows(from: start, count: count), start)
            start += count
        }
    }

    /// Calls `body` with some of the rows at a time, and the place of the first of them. Can be cancelled between the
    /// calls.
    @inline(__always)
    func inPieces(_ body: (_ piece: Matrix, _ first: Int) throws(ChainruleError) -> Void) throws(ChainruleError) {
        let most = max(1, Cancellation.elementsUntilLook / max(columns, 1))
        try Matrix.inGroups(of: most, self, self) { piece, _, first throws(ChainruleError) in try body(piece, first) }
    }

    /// Copies the elements of a matrix of the same shape.
    package func assign(_ other: Matrix) {
        precondition(rows == other.rows && columns == other.columns)
        if isSameMemory(as: other) && stride == other.stride { return }
        let isWhole = isContiguous && other.isContiguous
        let bytes = (isWhole ? count : columns) * MemoryLayout<Float>.stride
        for row in 0..<(isWhole ? 1 : rows) {
            // Not `update(from:count:)`: code optimised for size copies it element by element.
            UnsafeMutableRawPointer(base + row * stride).copyMemory(
                from: other.base + row * other.stride, byteCount: bytes)
        }
    }

    /// The first element that is not finite.
    package func firstNotFinite() -> (row: Int, column: Int, value: Float)? {
        for row in 0..<rows {
            for column in 0..<columns where !self[row, column].isFinite { return (row, column, self[row, column]) }
        }
        return nil
    }

    /// The column of a row's largest element, the first of equals.
    func indexOfLargest(inRow row: Int) -> Int {
        var best = 0
        for column in 0..<columns where self[row, column] > self[row, best] { best = column }
        return best
    }

    /// The elements of a contiguous matrix.
    package func withSpan<Result, Failure: Error>(
        _ body: (Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(isContiguous)
        return try body(Span(_unsafeStart: UnsafePointer(base), count: count))
    }

    package func withMutableSpan<Result, Failure: Error>(
        _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(isContiguous)
        var span = MutableSpan(_unsafeStart: base, count: count)
        return try body(&span)
    }

    /// A copy of the elements, row by row.
    package var elements: [Float] {
        var copy: [Float] = []
        copy.reserveCapacity(count)
        for row in 0..<rows { for column in 0..<columns { copy.append(self[row, column]) } }
        return copy
    }
}
