/// Where the gradients of the parameters go.
package enum GradientSink {
    /// Into a vector of the shape of the parameters, set or added to.
    case vector(Matrix, accumulating: Bool)
    /// Into a step of an optimizer, a block at a time while it is in the cache: a gradient as a whole is never there.
    case step(OptimizerStep)

    /// The columns of a block for a step: with a tile's rows it leaves room in the first-level cache.
    private static let blockColumns = 256

    /// As many floats as a block for a step has.
    static func scratchCount(columns: Int) -> Int { Arithmetic.highestTile * min(columns, blockColumns) }

    /// Lets `write` compute the gradient of some rows of a tensor, in blocks of at most a tile's rows.
    func emit(
        _ tensor: Plan.Tensor, rows: Range<Int>, arithmetic: Arithmetic, scratch: Matrix,
        _ write: (_ block: Matrix, _ row: Int, _ column: Int, _ accumulating: Bool) -> Void
    ) {
        switch self {
        case .vector(let vector, let accumulating):
            let block = tensor.view(in: vector).rows(from: rows.lowerBound, count: rows.count)
            write(block, rows.lowerBound, 0, accumulating)
        case .step(let step):
            let tiles = (rows.count + arithmetic.tileRows - 1) / arithmetic.tileRows
            for tile in 0..<tiles {
                let first = rows.lowerBound + rows.count * tile / tiles
                let count = rows.lowerBound + rows.count * (tile + 1) / tiles - first
                for column in stride(from: 0, to: tensor.columns, by: GradientSink.blockColumns) {
                    let columns = min(GradientSink.blockColumns, tensor.columns - column)
                    let gradient = Matrix(base: scratch.base, rows: count, columns: columns)
                    write(gradient, first, column, false)
                    step.take(
                        gradient, tensor: tensor, rows: first..<first + count, columns: column..<column + columns)
                }
            }
        }
    }
}
