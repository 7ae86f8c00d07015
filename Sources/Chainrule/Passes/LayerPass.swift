/// What one layer's forward or backward pass over some rows of a batch reads and writes: views of a workspace and of
/// the parameters. The columns of the views are channels, their rows the positions of all rows of the batch.
package struct LayerPass {
    let arithmetic: Arithmetic
    /// The workspace's. It outlives the pass.
    unowned(unsafe) let memory: LayerMemory
    /// x: the workspace's copy, or the caller's own.
    let networkInput: Matrix
    /// Which of the workspace's rows. Passes over different rows share nothing, nor do those over different units.
    let rows: Range<Int>
    /// ``Workspace/firstRow``.
    let firstRow: Int
    let parameters: Matrix
    /// The layer's place in the architecture.
    let layer: Int
    /// For layers that draw random numbers; nil: they do nothing.
    let noise: NoiseSeed?
    /// At least as many floats as the layer asked for (``Layer/scratchCount(shape:inputs:rows:backward:)``), for this
    /// thread only.
    let scratch: Matrix
    /// Whether normalisation takes its statistics from the batch, not from the state.
    let usesBatchStatistics: Bool
    /// Whether to compute ∂C/∂x.
    let wantsNetworkInputDelta: Bool
    /// The units to compute; nil: all (``Layer/hasIndependentUnits``).
    var units: Range<Int>? = nil
    /// The columns of the input's δ to compute; nil: all.
    var inputUnits: Range<Int>? = nil

    var z: Matrix { memory.readsPreactivation ? inputActivation(0) : unitView(memory.preactivation) }
    var h: Matrix { unitView(memory.activation) }
    /// δ = ∂C/∂h of this layer.
    var delta: Matrix { unitView(memory.delta!) }
    /// s = δ ⊙ σ'(z), kept for the gradients of the parameters.
    var s: Matrix { unitView(memory.signal!) }

    /// What the layer keeps from the forward to the backward pass for each row, with a row for each; nil if the workspace
    /// keeps nothing (``Layer/keptPerRow(shape:inputs:)``).
    var kept: Matrix? {
        guard memory.kept.columns > 0 else { return nil }
        return memory.kept.rows(from: rows.lowerBound, count: rows.count)
    }

    /// The states that these rows begin and end with, in training that carries them from batch to batch.
    var carried: CarriedStates.Rows? {
        memory.carried.map { carried in
            func view(_ all: Matrix) -> Matrix { all.rows(from: batchRow(0), count: rows.count) }
            return CarriedStates.Rows(first: view(carried.first), last: view(carried.last))
        }
    }

    /// What the layer keeps for the whole batch.
    var keptOfBatch: Matrix { memory.keptOfBatch }

    /// So many floats of the layer's state, from `offset` on. The parameters of a tangent have none.
    func state(_ offset: Int, count: Int) -> Matrix {
        Matrix(base: parameters.base + memory.stateOffset + offset, rows: 1, columns: count)
    }

    /// A view with a row for each of the batch's rows.
    func samples(of view: Matrix) -> Matrix { view.reshaped(columns: view.count / rows.count) }

    /// The place of one of these rows in the caller's batch.
    func batchRow(_ index: Int) -> Int { firstRow + rows.lowerBound + index }

    var inputCount: Int { memory.inputs.count }
    func inputActivation(_ index: Int) -> Matrix {
        let input = memory.inputs[index]
        return (input.isNetworkInput ? networkInput : input.activation)
            .positions(ofRows: rows, channels: input.shape.channels)
    }
    func inputShape(_ index: Int) -> Shape { memory.inputs[index].shape }
    var shape: Shape { memory.shape }

    /// Where the input's share of δ goes; nil: nothing needs it.
    func inputDelta(_ index: Int) -> Matrix? {
        let input = memory.inputs[index]
        if input.isNetworkInput && !wantsNetworkInputDelta { return nil }
        return input.delta.map { ofInputUnits($0.positions(ofRows: rows, channels: input.shape.channels)) }
    }
    func accumulatesInputDelta(_ index: Int) -> Bool { memory.inputs[index].accumulatesDelta }

    /// The rows of a tensor that belong to the units.
    func parameter(_ index: Int) -> Matrix {
        let tensor = memory.tensors[index].view(in: parameters)
        guard let units else { return tensor }
        return tensor.rows(from: units.lowerBound, count: units.count)
    }

    /// The same as a row, for a tensor of one axis.
    func vector(_ index: Int) -> Matrix {
        let tensor = parameter(index)
        return Matrix(base: tensor.base, rows: 1, columns: tensor.count)
    }

    /// The columns of a matrix that belong to ``inputUnits``.
    func ofInputUnits(_ full: Matrix) -> Matrix {
        guard let inputUnits else { return full }
        return full.columns(from: inputUnits.lowerBound, count: inputUnits.count)
    }

    private func unitView(_ full: Matrix) -> Matrix {
        let all = full.positions(ofRows: rows, channels: memory.channels)
        guard let units else { return all }
        return all.columns(from: units.lowerBound, count: units.count)
    }
}

extension Network {
    /// Runs a layer's pass over a thread's rows. Splits long passes into pieces; the call can be cancelled between
    /// them.
    @inline(__always)
    func run(
        _ index: Int, _ x: Matrix, rows: Range<Int>, thread: Int, in workspace: Workspace,
        wantsInputGradient: Bool = false, units: Range<Int>? = nil, inputUnits: Range<Int>? = nil,
        _ body: (any Layer, LayerPass) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        let isLong = Cancellation.isLong(rows.count, times: plan.multiplications)
        let mixesRows = workspace.usesBatchStatistics && architecture.nodes[index].layer.mixesRows
        let most = isLong && !mixesRows ? plan.rowsUntilLook(ofLayer: index, rows.count) : rows.count
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: most) {
            if isLong { try Cancellation.look() }
            let pass = LayerPass(
                arithmetic: arithmetic, memory: workspace.layers[index], networkInput: x,
                rows: first..<min(first + most, rows.upperBound), firstRow: workspace.firstRow, parameters: parameters,
                layer: index, noise: workspace.noise, scratch: workspace.scratch.row(thread),
                usesBatchStatistics: workspace.usesBatchStatistics, wantsNetworkInputDelta: wantsInputGradient,
                units: units, inputUnits: inputUnits)
            do throws(ChainruleError) {
                try body(architecture.nodes[index].layer, pass)
            } catch {
                throw architecture.nodes[index].named(in: error)
            }
        }
    }
}

/// One layer's share of a workspace, at the workspace's full number of rows.
///
/// Its lists are plain memory, because reading an array counts references. Where threads share the passes, each count
/// moves a cache line from processor to processor.
package final class LayerMemory: @unchecked Sendable {
    struct Input: BitwiseCopyable {
        let activation: Matrix
        let delta: Matrix?
        let accumulatesDelta: Bool
        /// 0: the network's input; `i + 1`: the layer at index `i`.
        let position: Int
        var isNetworkInput: Bool { position == 0 }
        let shape: Shape
    }

    let inputs: UnsafeMutableBufferPointer<Input>
    /// Whether z is the input's h.
    let readsPreactivation: Bool
    let preactivation: Matrix
    let activation: Matrix
    let delta: Matrix?
    let signal: Matrix?
    let shape: Shape
    /// The length of the last axis.
    let channels: Int
    /// Whether the gradients of the parameters are what the backward pass keeps (``Layer/keepsGradients``).
    let hasKeptGradients: Bool
    /// With 0 columns if nothing is kept.
    let kept: Matrix
    let keptOfBatch: Matrix
    /// For all rows of a batch; nil: none.
    var carried: CarriedStates.Rows?
    /// Where the layer's state begins, in floats from the first parameter.
    let stateOffset: Int
    let tensors: UnsafeMutableBufferPointer<Plan.TensorPlace>
    private let inputMemory: Memory<Input>
    private let tensorMemory: Memory<Plan.TensorPlace>

    init(
        inputs: Memory<Input>, readsPreactivation: Bool, preactivation: Matrix, activation: Matrix, delta: Matrix?,
        signal: Matrix?, shape: Shape, hasKeptGradients: Bool, kept: Matrix, keptOfBatch: Matrix, stateOffset: Int,
        tensors: Memory<Plan.TensorPlace>
    ) {
        self.inputs = inputs.elements
        inputMemory = inputs
        self.readsPreactivation = readsPreactivation
        self.preactivation = preactivation
        self.activation = activation
        self.delta = delta
        self.signal = signal
        self.shape = shape
        channels = shape.channels
        self.hasKeptGradients = hasKeptGradients
        self.kept = kept
        self.keptOfBatch = keptOfBatch
        self.stateOffset = stateOffset
        self.tensors = tensors.elements
        tensorMemory = tensors
    }
}
