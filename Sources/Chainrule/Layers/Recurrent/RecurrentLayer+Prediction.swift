import Kernels

// The same with packed weights. Nothing is kept: the gates of some rows' steps lie in scratch memory.

extension RecurrentLayer: CellLayer {
    var activation: Activation { .identity }
    var biasTensor: Int? { description.hasBias ? 2 : nil }

    func packing(shape: Shape, inputs: [Shape]) -> WeightPacking {
        WeightPacking(use: .states, units: layout.gates.count, depth: inputs[0].channels)
    }

    var cellLayer: (any CellLayer)? { self }
    var units: Int { description.units }
    var gates: Int { layout.gates.count / layout.units }
    var stateProducts: [Range<Int>] { cell.products }
    var vectors: (tensor: Int, count: Int) { (cell.firstOfMore, (cell.moreTensor?.count ?? 0) / units) }

    private var fusedCell: CellRun.Cell {
        switch description.cell {
        case .gru(resetsFirst: false): .gru
        case .lstm(hasPeepholes: false): .lstm
        default: .other
        }
    }

    func stepKernel(_ arithmetic: Arithmetic) -> RecurrentKernels<Float>.Step {
        cell.forwardKernel(arithmetic.kernels.recurrent)
    }

    func forward(_ pass: LayerPass, with weights: PackedWeights, into h: Matrix) throws(ChainruleError) {
        try checkLengths(pass)
        let (all, steps) = (pass.rows.count, pass.inputShape(0)[0])
        let most = min(all, rowsAtATime(steps))
        for first in stride(from: 0, to: all, by: most) {
            try forward(pass, rows: first..<min(first + most, all), with: weights, into: h)
        }
    }

    private func forward(
        _ pass: LayerPass, rows: Range<Int>, with weights: PackedWeights, into h: Matrix
    ) throws(ChainruleError) {
        let steps = pass.inputShape(0)[0]
        func some(_ view: Matrix, positions count: Int) -> Matrix {
            view.rows(from: rows.lowerBound * count, count: rows.count * count)
        }
        let memory = CellMemory(pass.scratch, rows: rows.count, steps: steps, weights.gateColumns, self)
        let x = some(pass.inputActivation(0), positions: steps)
        try inPieces(memory.gates.rows, times: memory.gates.columns * x.columns) { places in
            weights.multiply(
                0, x.rows(from: places.lowerBound, count: places.count),
                into: memory.gates.rows(from: places.lowerBound, count: places.count))
        }
        memory.begin(
            description.hasInitialState ? some(pass.inputActivation(1), positions: 1) : nil, units: units)
        let outputSteps = description.outputSteps(of: steps)
        let output = some(h, positions: outputSteps)
        try withUnsafePointer(to: stepKernel(pass.arithmetic)) { kernel throws(ChainruleError) in
            /// Runs so many steps of some rows.
            func run(_ time: Int, _ some: Range<Int>, count: Int) {
                let first = some.lowerBound - rows.lowerBound
                func view(_ matrix: Matrix) -> Matrix { matrix.rows(from: first, count: some.count) }
                func ofTime(_ matrix: Matrix, _ steps: Int) -> CellRun.Rows {
                    CellRun.Rows(matrix.row(first * steps + time).base, stride: steps * matrix.stride)
                }
                var run = cellRun(
                    gates: ofTime(memory.gates, steps), recurrent: view(memory.recurrent), state: view(memory.state),
                    cell: view(memory.cell), extra: view(memory.extra), weights, kernel)
                run.count = count
                let direction = description.isBackwards ? -1 : 1
                run.gatesDistance = direction * memory.gates.stride
                if description.givesSequence {
                    run.output = ofTime(output, outputSteps)
                    run.outputDistance = direction * output.stride
                }
                weights.kernels.cells(&run)
            }
            guard description.hasLengths else {
                let most = stepsUntilLook(rows.count)
                for first in stride(from: 0, to: steps, by: most) {
                    try Cancellation.look()
                    run(description.isBackwards ? steps - 1 - first : first, rows, count: min(most, steps - first))
                }
                return
            }
            try forEachStep(pass, rows: rows) { time, some, isInside in
                if isInside { return run(time, some, count: 1) }
                guard description.givesSequence else { return }
                for row in some { output.row((row - rows.lowerBound) * outputSteps + time).clear() }
            }
        }
        end(
            output, steps, state: memory.state.columns(from: 0, count: units),
            cell: memory.cell.columns(from: 0, count: units))
    }

    func cellRun(
        gates: CellRun.Rows, recurrent: Matrix, state: Matrix, cell: Matrix, extra: Matrix, _ weights: PackedWeights,
        _ kernel: UnsafePointer<RecurrentKernels<Float>.Step>
    ) -> CellRun {
        func all(_ view: Matrix) -> CellRun.Rows { CellRun.Rows(view.base, stride: view.stride) }
        // What is before the step, and signals, are for training.
        let step = CellStep(
            rows: state.rows, units: state.columns, gateDistance: state.columns, gates: gates,
            recurrent: all(recurrent), state: all(state), cell: all(cell), extra: all(extra), previous: all(state),
            signals: all(extra),
            weights: vectors.count == 0 ? nil : UnsafePointer(weights.bias.base + weights.gateColumns), isKept: false)
        return CellRun(
            step, cell: fusedCell, products: weights.products + 1, kernel: kernel, hasParts: stateProducts.count > 1,
            outputUnits: units, scratch: weights.scratch)
    }
}

/// What a cell works with: a row for each of some rows, in each a column for each packed unit.
struct CellMemory: BitwiseCopyable {
    /// z of all steps, the input's share.
    let gates: Matrix
    let recurrent: Matrix
    let state: Matrix
    let cell: Matrix
    let extra: Matrix

    /// - Parameter gateColumns: the packed units of all gates.
    init(_ memory: Matrix, rows: Int, steps: Int, _ gateColumns: Int, _ layer: any CellLayer) {
        var rest = memory
        func next(_ rows: Int, _ columns: Int, stride: Int) -> Matrix {
            let matrix = Matrix(base: rest.base, rows: rows, columns: columns, stride: stride)
            rest = rest.fromNextLine(after: rows * stride)
            return matrix
        }
        let units = gateColumns / layer.gates
        let stride = CellMemory.stride(gateColumns)
        // The gates last: behind a block of them the rest would lie whole pages away from the first step's, and processors take
        // such places for the same until they know better.
        recurrent = next(rows, gateColumns, stride: stride)
        state = next(rows, units, stride: units)
        cell = next(rows, units, stride: units)
        extra = next(rows, units, stride: units)
        gates = next(rows * steps, gateColumns, stride: stride)
    }

    /// Sets h and c before the first step: those of the units; packed units beyond them stay 0.
    /// - Parameter initial: h, and c behind it if there is one; nil: 0.
    func begin(_ initial: Matrix?, units: Int) {
        state.clear()
        cell.clear()
        guard let initial else { return }
        state.columns(from: 0, count: units).assign(initial.columns(from: 0, count: units))
        guard initial.columns > units else { return }
        cell.columns(from: 0, count: units).assign(initial.columns(from: units, count: units))
    }

    /// The distance between rows of z: with room for a vector's lanes behind them.
    private static func stride(_ gateColumns: Int) -> Int { (gateColumns + 31) & ~15 }

    /// The most floats that it takes.
    static func count(rows: Int, steps: Int, _ layer: any CellLayer) -> Int64 {
        let units = layer.mostPackedUnits
        return (Int64(rows) * Int64(steps) + Int64(rows)) * Int64(stride(layer.gates * units))
            + 3 * Int64(rows) * Int64(units) + 5 * 16
    }
}

extension PackedWeights {
    /// The packed units of all gates.
    var gateColumns: Int { products.pointee.outputs }
}
