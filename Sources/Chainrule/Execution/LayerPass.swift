/// What one layer's forward or backward pass reads and writes: views of a workspace and of the parameters.
package struct LayerPass {
    let arithmetic: Arithmetic
    let memory: LayerMemory
    let rows: Int
    let parameters: Matrix
    /// A vector of the shape of the parameters, or nil if their gradients are not wanted.
    let gradients: Matrix?
    let accumulatesGradients: Bool
    /// Whether ∂C/∂x is wanted; the layers' δ always are.
    let wantsNetworkInputDelta: Bool

    var z: Matrix { view(memory.preactivation) }
    var h: Matrix { view(memory.activation) }
    /// δ = ∂C/∂h of this layer.
    var delta: Matrix { view(memory.delta!) }
    /// s = δ ⊙ σ'(z), scratch that the layers share.
    var s: Matrix { view(memory.signal!) }

    /// As many floats as the layer asked for (``Layer/scratchCount(width:inputs:)``), shared by the layers.
    var scratch: Matrix { memory.scratch }

    var inputCount: Int { memory.inputs.count }
    func inputActivation(_ index: Int) -> Matrix { view(memory.inputs[index].activation) }

    /// Where the input's share of δ goes, or nil if nobody wants it.
    func inputDelta(_ index: Int) -> Matrix? {
        let input = memory.inputs[index]
        if input.isNetworkInput && !wantsNetworkInputDelta { return nil }
        return view(input.delta!)
    }
    func accumulatesInputDelta(_ index: Int) -> Bool { memory.inputs[index].accumulatesDelta }

    func parameter(_ index: Int) -> Matrix { tensor(index, in: parameters) }
    func gradient(_ index: Int) -> Matrix? { gradients.map { tensor(index, in: $0) } }

    private func tensor(_ index: Int, in vector: Matrix) -> Matrix {
        let tensor = memory.tensors[index]
        return Matrix(base: vector.base + tensor.offset, rows: tensor.rows, columns: tensor.columns)
    }

    private func view(_ full: Matrix) -> Matrix { full.rows(from: 0, count: rows) }
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
    let scratch: Matrix
    let tensors: [Plan.Tensor]

    init(
        inputs: [Input], preactivation: Matrix, activation: Matrix, delta: Matrix?, signal: Matrix?,
        scratch: Matrix, tensors: [Plan.Tensor]
    ) {
        self.inputs = inputs
        self.preactivation = preactivation
        self.activation = activation
        self.delta = delta
        self.signal = signal
        self.scratch = scratch
        self.tensors = tensors
    }
}
