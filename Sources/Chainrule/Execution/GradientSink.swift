import Kernels

/// Where the gradients of the parameters go.
package enum GradientSink {
    /// Into a vector of the shape of the parameters, set or added to.
    case vector(Matrix, accumulating: Bool)
    /// Into a step of an optimizer, a tile at a time while it is in the cache: a gradient as a whole is never there.
    case step(KernelStep)
}

/// A part of the computation of one layer's parameter gradients, which sum over all the rows of a batch, from what the
/// backward pass left.
package struct GradientPass {
    let arithmetic: Arithmetic
    /// The workspace's, which lives longer than the pass.
    unowned(unsafe) let memory: LayerMemory
    /// x: the workspace's copy of it, or the caller's own.
    let networkInput: Matrix
    /// Over which rows it sums: all of the batch's, except for Jacobians.
    let rows: Range<Int>
    let sink: GradientSink
    /// As many floats as the layer asked for, of this thread alone.
    let scratch: Matrix
    /// Which part of how many: the parts together are all of the parameters, and have nothing in common.
    let part: Int
    let parts: Int

    /// s = δ ⊙ σ'(z).
    var s: Matrix { memory.signal!.rows(from: rows.lowerBound, count: rows.count) }
    func inputActivation(_ index: Int) -> Matrix {
        let input = memory.inputs[index]
        return (input.isNetworkInput ? networkInput : input.activation)
            .rows(from: rows.lowerBound, count: rows.count)
    }

    /// This part's share of a number of units: the parts differ by less than a tile of the matrix kernels.
    func share(of units: Int) -> Range<Int> {
        let tiles = (units + arithmetic.tileRows - 1) / arithmetic.tileRows
        func bound(_ part: Int) -> Int { tiles * part / parts * units / tiles }
        return bound(part)..<bound(part + 1)
    }

    /// Hands over `Aᵀ B` as the gradient of some rows of one of the layer's tensors, or as what is added to it.
    func emit(
        tensor index: Int, rows units: Range<Int>, transposedProduct a: Matrix, _ b: Matrix, adding: Bool = false
    ) {
        let tensor = memory.tensors[index]
        func block(_ vector: Matrix) -> Matrix {
            tensor.view(in: vector).rows(from: units.lowerBound, count: units.count)
        }
        switch sink {
        case .vector(let vector, let accumulating):
            arithmetic.transposedProduct(a, b, into: block(vector), accumulating: accumulating || adding)
        case .step(let step):
            arithmetic.step(
                step, tensor: tensor.index, block(step.parameters), alongTransposedProduct: a, b, scratch: scratch)
        }
    }

    /// Hands over the sums of A's columns as the gradient of some elements of a tensor that is a vector.
    func emit(tensor index: Int, elements: Range<Int>, columnSums a: Matrix) {
        let tensor = memory.tensors[index]
        func block(_ vector: Matrix) -> Matrix {
            Matrix(base: vector.base + (tensor.offset + elements.lowerBound), rows: 1, columns: elements.count)
        }
        switch sink {
        case .vector(let vector, let accumulating):
            arithmetic.sumColumns(a, into: block(vector), accumulating: accumulating)
        case .step(let step):
            let sums = Matrix(base: scratch.base, rows: 1, columns: elements.count)
            precondition(scratch.count >= sums.count)
            arithmetic.sumColumns(a, into: sums, accumulating: false)
            arithmetic.step(step, tensor: tensor.index, block(step.parameters), along: sums)
        }
    }
}
