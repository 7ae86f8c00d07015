import Kernels

/// Normalization of blocks, which are all of a matrix, and of columns.
extension Arithmetic {
    /// `z = (x − μ) r` with `r = 1/√(v + ε)`, of the block's mean and variance; without μ unless it centers. z may be x.
    /// - Returns: r.
    func normalizeBlock(_ x: Matrix, into z: Matrix, centers: Bool, epsilon: Float) -> Float {
        precondition(z.rows == x.rows && z.columns == x.columns)
        var inverse: Float = 0
        withUnsafePointer(to: epsilon) {
            kernels.normalization.normalizeBlock(
                x.rows, x.columns, x.base, x.stride, z.base, z.stride, centers, $0, &inverse)
        }
        return inverse
    }

    /// `out = r (g − mean(g) − z mean(g ⊙ z))` with `g = γ ⊙ u`, or `out += …`: the product of ``normalizeBlock``'s Jacobian
    /// with a gradient or a tangent. Without mean(g) unless it centers. `out` may be u.
    func projectBlock(
        _ u: Matrix, gamma: Matrix?, z: Matrix, inverse: Float, centers: Bool, into out: Matrix, accumulating: Bool
    ) {
        precondition(z.rows == u.rows && z.columns == u.columns && out.rows == u.rows && out.columns == u.columns)
        precondition(gamma == nil || gamma!.count == u.columns)
        withUnsafePointer(to: inverse) {
            kernels.normalization.projectBlock(
                u.rows, u.columns, u.base, u.stride, gamma?.base, z.base, z.stride, $0, centers, out.base, out.stride,
                accumulating)
        }
    }

    /// The mean of each column, and the mean of the squared differences from it.
    func columnMoments(_ a: Matrix, mean: Matrix, variance: Matrix) {
        precondition(a.rows > 0 && mean.count == a.columns && variance.count == a.columns)
        kernels.normalization.columnMoments(a.base, a.stride, a.rows, a.columns, mean.base, variance.base)
    }

    /// The sum of `A ⊙ (B − c)` over each column, and that of A, or adds them.
    /// - Parameters:
    ///   - c: an element for each column; nil: zeros.
    ///   - sums: nil: without the sum of A.
    func columnProducts(
        _ a: Matrix, _ b: Matrix, minus c: Matrix? = nil, into products: Matrix, sums: Matrix? = nil, accumulating: Bool
    ) {
        precondition(a.rows == b.rows && a.columns == b.columns && products.count == a.columns)
        precondition((c == nil || c!.count == a.columns) && (sums == nil || sums!.count == a.columns))
        kernels.normalization.columnProducts(
            a.base, a.stride, b.base, b.stride, c?.base, a.rows, a.columns, products.base, sums?.base, accumulating)
    }

    /// `out = scale ⊙ A + bScale ⊙ B + offset`, or `out += …`, with an element of these vectors for each column. `out` may be
    /// A or B.
    func columnAffine(
        _ a: Matrix, scale: Matrix, plus b: Matrix?, scale bScale: Matrix?, offset: Matrix?, into out: Matrix,
        accumulating: Bool
    ) {
        precondition(out.rows == a.rows && out.columns == a.columns && scale.count == a.columns)
        precondition((b == nil) == (bScale == nil) && (offset == nil || offset!.count == a.columns))
        if let b, let bScale {
            precondition(b.rows == a.rows && b.columns == a.columns && bScale.count == a.columns)
        }
        kernels.normalization.columnAffine(
            a.rows, a.columns, a.base, a.stride, scale.base, b?.base, b?.stride ?? 0, bScale?.base, offset?.base,
            out.base, out.stride, accumulating)
    }
}
