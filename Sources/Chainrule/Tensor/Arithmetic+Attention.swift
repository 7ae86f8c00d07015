import Kernels

/// What attention makes of the products of queries and keys: ``AttentionKernels``.
extension Arithmetic {
    /// Which columns of a block its rows see: row r the first `first + r · more`.
    struct Visible {
        let first: Int
        let more: Int
    }

    /// `S ← e^(scale S − m)`, with each row's largest element m of this block and those before, and its sum. Both are vectors with
    /// an element for each row.
    /// - Parameter factors: receives what to multiply by what was made of the blocks before.
    func exponentials(
        _ s: Matrix, _ visible: Visible, scale: Float, most: Matrix, sums: Matrix, factors: Matrix
    ) {
        precondition(most.count == s.rows && sums.count == s.rows && factors.count == s.rows)
        withUnsafePointer(to: scale) {
            kernels.attention.exponentials(
                s.rows, s.columns, visible.first, visible.more, s.base, s.stride, $0, most.base, sums.base,
                factors.base)
        }
    }

    /// From S and `D = ∂C/∂P`: P in the place of S, and ∂C/∂S in that of D.
    /// - Parameters:
    ///   - most: each row's largest element.
    ///   - inverses: 1 over the sum of each row.
    ///   - h: P V, of which δ is the error signal.
    func attentionSignals(
        _ s: Matrix, _ d: Matrix, _ visible: Visible, scale: Float, most: Matrix, inverses: Matrix, h: Matrix,
        delta: Matrix
    ) {
        precondition(d.rows == s.rows && d.columns == s.columns && most.count == s.rows && inverses.count == s.rows)
        precondition(h.rows == s.rows && delta.rows == s.rows && h.columns == delta.columns)
        withUnsafePointer(to: scale) {
            kernels.attention.signals(
                s.rows, s.columns, visible.first, visible.more, s.base, s.stride, d.base, d.stride, $0, most.base,
                inverses.base, h.base, h.stride, delta.base, delta.stride, h.columns)
        }
    }

    /// Multiplies each row by its element of a vector.
    func scaleRows(of a: Matrix, by factors: Matrix) {
        precondition(factors.count == a.rows)
        kernels.attention.scaleRows(a.rows, a.columns, a.base, a.stride, factors.base)
    }
}
