/// What one layer's forward or backward pass over some rows of a batch reads and writes: views of a workspace and of the
/// parameters.
package struct LayerPass {
    let arithmetic: Arithmetic
    let memory: LayerMemory
    /// Which rows of the batch: passes over different rows have nothing in common.
    let rows: Range<Int>
    let parameters: Matrix
    /// As many floats as the layer asked for (``Layer/scratchCount(width:inputs:)``), of this thread alone.
    let scratch: Matrix
    /// Whether ∂C/∂x is wanted; the layers' δ always are.
    let wantsNetworkInputDelta: Bool

    var z: Matrix { view(memory.preactivation) }
    var h: Matrix { view(memory.activation) }
    /// δ = ∂C/∂h of this layer.
    var delta: Matrix { view(memory.delta!) }
    /// s = δ ⊙ σ'(z), kept for the gradients of the parameters.
    var s: Matrix { view(memory.signal!) }

    var inputCount: Int { memory.inputs.count }
    func inputActivation(_ index: Int) -> Matrix { view(memory.inputs[index].activation) }

    /// Where the input's share of δ goes, or nil if nobody wants it.
    func inputDelta(_ index: Int) -> Matrix? {
        let input = memory.inputs[index]
        if input.isNetworkInput && !wantsNetworkInputDelta { return nil }
        return view(input.delta!)
    }
    func accumulatesInputDelta(_ index: Int) -> Bool { memory.inputs[index].accumulatesDelta }

    func parameter(_ index: Int) -> Matrix { memory.tensors[index].view(in: parameters) }

    private func view(_ full: Matrix) -> Matrix { full.rows(from: rows.lowerBound, count: rows.count) }
}

/// A part of the computation of one layer's parameter gradients, which sum over all the rows of a batch: reads what the
/// backward pass left, and hands each piece of a gradient to a ``GradientSink``.
package struct GradientPass {
    let arithmetic: Arithmetic
    let memory: LayerMemory
    /// How many rows the batch has.
    let rows: Int
    let sink: GradientSink
    /// As many floats as the layer asked for, of this thread alone.
    let scratch: Matrix
    /// Which part of how many: the parts together are all of the parameters, and have nothing in common.
    let part: Int
    let parts: Int

    /// s = δ ⊙ σ'(z).
    var s: Matrix { memory.signal!.rows(from: 0, count: rows) }
    func inputActivation(_ index: Int) -> Matrix { memory.inputs[index].activation.rows(from: 0, count: rows) }

    /// This part's share of a number of units, in whole tiles of the matrix kernels.
    func share(of units: Int) -> Range<Int> {
        let tiles = (units + arithmetic.tileRows - 1) / arithmetic.tileRows
        func bound(_ part: Int) -> Int { tiles * part / parts * units / tiles }
        return bound(part)..<bound(part + 1)
    }

    /// Lets `write` compute a block of the gradient of one of the layer's tensors, block by block.
    /// - Parameter write: sets or adds to the block, whose place in the tensor is given by its first row and column.
    func emit(
        tensor index: Int, rows: Range<Int>,
        _ write: (_ block: Matrix, _ row: Int, _ column: Int, _ accumulating: Bool) -> Void
    ) {
        sink.emit(memory.tensors[index], rows: rows, arithmetic: arithmetic, scratch: scratch, write)
    }
}

/// One layer's share of a workspace, at the workspace's full number of rows.
package final class LayerMemory: Sendable {
    struct Input: Sendable {
        let activation: Matrix
        let delta: Matrix?
        let accumulatesDelta: Bool
        let isNetworkInput: Bool
    }

    let inputs: [Input]
    let preactivation: Matrix
    let activation: Matrix
    let delta: Matrix?
    let signal: Matrix?
    let tensors: [Plan.Tensor]

    init(
        inputs: [Input], preactivation: Matrix, activation: Matrix, delta: Matrix?, signal: Matrix?,
        tensors: [Plan.Tensor]
    ) {
        self.inputs = inputs
        self.preactivation = preactivation
        self.activation = activation
        self.delta = delta
        self.signal = signal
        self.tensors = tensors
    }
}
