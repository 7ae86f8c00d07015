/// A term of a parameter tensor's gradient, before it is computed. It sums over the rows of a batch, which are the rows
/// of A and B. The columns of A are the rows of the tensor.
package enum GradientTerm {
    /// `Aᵀ B`, for a matrix.
    case transposedProduct(Matrix, Matrix)
    /// `Aᵀ 1`, for a vector.
    case columnSums(Matrix)

    /// The same term for some of the tensor's rows.
    func columns(_ rows: Range<Int>) -> GradientTerm {
        func part(_ a: Matrix) -> Matrix { a.columns(from: rows.lowerBound, count: rows.count) }
        switch self {
        case .transposedProduct(let a, let b): return .transposedProduct(part(a), b)
        case .columnSums(let a): return .columnSums(part(a))
        }
    }
}

/// What the gradients of one layer's parameters are computed from: the results of the passes over all rows of a batch.
package struct GradientPass {
    /// The workspace's. It outlives the pass.
    unowned(unsafe) let memory: LayerMemory
    /// x: the workspace's copy, or the caller's own.
    let networkInput: Matrix
    /// The rows that the gradients sum over: all rows of the batch, except for Jacobians.
    let rows: Range<Int>

    /// s = δ ⊙ σ'(z).
    var s: Matrix { memory.signal!.positions(ofRows: rows, channels: memory.channels) }
    var z: Matrix { memory.preactivation.positions(ofRows: rows, channels: memory.channels) }
    var delta: Matrix { memory.delta!.positions(ofRows: rows, channels: memory.channels) }
    /// ``LayerPass/kept``.
    var kept: Matrix { memory.kept.rows(from: rows.lowerBound, count: rows.count) }
    var shape: Shape { memory.shape }
    func inputShape(_ index: Int) -> Shape { memory.inputs[index].shape }
    func inputActivation(_ index: Int) -> Matrix {
        let input = memory.inputs[index]
        return (input.isNetworkInput ? networkInput : input.activation)
            .positions(ofRows: rows, channels: input.shape.channels)
    }
}
