/// A symmetric matrix A of float64, and the factor L of A + μ = L Lᵀ.
package final class SymmetricMatrix: FallibleClass {
    package let order: Int
    /// A in the upper triangle, L in the lower. Their diagonals are separate vectors.
    private let rows: Vectors
    private let diagonals: Vectors

    fileprivate init(order: Int, rows: Vectors, diagonals: Vectors) {
        self.order = order
        self.rows = rows
        self.diagonals = diagonals
    }

    private var diagonal: Vector { diagonals[0] }
    private var factorDiagonal: Vector { diagonals[1] }

    /// Sets A to 0.
    package func clear() {
        for row in 0..<order { rows[row].scale(by: 0) }
        diagonal.scale(by: 0)
    }

    /// Adds to an element. Its column must be at least its row.
    package func add(_ value: Double, row: Int, column: Int) {
        if row == column { diagonal[row] += value } else { rows[row][column] += value }
    }

    var largestDiagonal: Double { diagonal.largestMagnitude }

    /// Factors A + μ (Golub and Van Loan 2013, algorithm 4.2.1, by rows).
    /// - Returns: whether A + μ is positive definite, as far as float64 can tell.
    func factor(adding mu: Double) throws(ChainruleError) -> Bool {
        for row in 0..<order {
            try Cancellation.look(before: order, times: order)
            let l = rows[row]
            for column in 0..<row {
                let sum = l.prefix(column).dot(rows[column].prefix(column))
                l[column] = (rows[column][row] - sum) / factorDiagonal[column]
            }
            let square = diagonal[row] + mu - l.prefix(row).dot(l.prefix(row))
            guard square > 0 && square.isFinite else { return false }
            factorDiagonal[row] = square.squareRoot()
        }
        return true
    }

    /// Replaces b by the x of `L Lᵀ x = b`.
    func solve(_ b: Vector) throws(ChainruleError) {
        for row in 0..<order {
            try Cancellation.look(before: order, times: order)
            b[row] = (b[row] - rows[row].prefix(row).dot(b.prefix(row))) / factorDiagonal[row]
        }
        for row in (0..<order).reversed() {
            try Cancellation.look(before: order, times: order)
            b[row] /= factorDiagonal[row]
            b.prefix(row).add(-b[row], rows[row].prefix(row))
        }
    }
}

extension FallibleClass where Self == SymmetricMatrix {
    package init(order: Int, for purpose: StaticString) throws(ChainruleError) {
        self = SymmetricMatrix(
            order: order, rows: try Vectors(order, length: order, for: purpose),
            diagonals: try Vectors(2, length: order, for: purpose))
    }
}
