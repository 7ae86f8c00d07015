extension Matrix {
    /// Checks that a span holds exactly `rows × columns` elements.
    static func checkShape(_ count: Int, rows: Int, columns: Int, _ what: StaticString) throws(ChainruleError) {
        guard rows >= 1 else { throw ChainruleError(.size, "\(what) has \(rows) rows; at least 1 is needed") }
        let needed = try Plan.checkedProduct(rows, columns)
        guard count == needed else {
            throw ChainruleError(.size, "\(what) holds \(count) floats; \(rows) rows of \(columns) are \(needed)")
        }
    }

    /// Calls `body` with views of an input and of a result. Checks that each holds `rows` rows.
    static func withViews(
        of x: Span<Float>, columns: Int, into y: inout MutableSpan<Float>, columns resultColumns: Int, rows: Int,
        _ body: (_ x: Matrix, _ y: Matrix) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        try checkShape(x.count, rows: rows, columns: columns, "x")
        try checkShape(y.count, rows: rows, columns: resultColumns, "y")
        try x.withUnsafeBufferPointer { x throws(ChainruleError) in
            try y.withUnsafeMutableBufferPointer { y throws(ChainruleError) in
                try body(
                    Matrix(reading: x.baseAddress!, rows: rows, columns: columns, stride: columns),
                    Matrix(base: y.baseAddress!, rows: rows, columns: resultColumns))
            }
        }
    }

    /// Runs `body` on an array of `x.count / columns` rows, and returns its result.
    static func withRows(
        of x: [Float], columns: Int, resultColumns: Int,
        _ body: (_ x: Matrix, _ y: Matrix) throws(ChainruleError) -> Void
    ) throws(ChainruleError) -> [Float] {
        let rows = x.count / columns
        var y = [Float](repeating: 0, count: try Plan.checkedProduct(rows, resultColumns))
        var span = y.mutableSpan
        try withViews(of: x.span, columns: columns, into: &span, columns: resultColumns, rows: rows, body)
        return y
    }
}
