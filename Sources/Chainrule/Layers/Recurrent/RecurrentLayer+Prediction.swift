import Kernels

// The same with packed weights. Nothing is kept: the gates of some rows' steps lie in scratch memory.

extension RecurrentLayer: CellLayer {
    var activation: Activation { .identity }
    var biasTensor: Int? { description.hasBias ? 2 : nil }

    func packing(shape: Shape, inputs: [Shape]) -> WeightPacking {
        WeightPacking(use: .states, units: layout.gates.count, depth: inputs[0].channels)
    }

    var cellLayer: (any CellLayer)? { self }
    var statePackings: [Range<Int>] { cell.products }
    var gatesStride: Int { layout.recurrentStride }
    var extraCount: Int { layout.extra.count }

    func stepKernel(_ arithmetic: Arithmetic) -> RecurrentKernels<Float>.Step {
        cell.forwardKernel(arithmetic.kernels.recurrent)
    }

    func forward(_ pass: LayerPass, with weights: PackedWeights, into h: Matrix) throws(ChainruleError) {
        try checkLengths(pass)
        let (all, steps) = (pass.rows.count, pass.inputShape(0)[0])
        let most = min(all, rowsAtATime(steps))
        for first in stride(from: 0, to: all, by: most) {
            if first > 0 { try Cancellation.look() }
            forward(pass, rows: first..<min(first + most, all), with: weights, into: h)
        }
    }

    private func forward(
        _ pass: LayerPass, rows: Range<Int>, with weights: PackedWeights, into h: Matrix
    ) {
        let steps = pass.inputShape(0)[0]
        func some(_ view: Matrix, positions count: Int) -> Matrix {
            view.rows(from: rows.lowerBound * count, count: rows.count * count)
        }
        let scratch = RecurrentScratch(pass.scratch, rows: rows.count, layout)
        let gates = Matrix(base: scratch.rest.base, rows: rows.count * steps, columns: layout.gates.count)
        let extra = Matrix(
            base: scratch.rest.fromNextLine(after: gates.count).base, rows: rows.count, columns: layout.extra.count)
        weights.multiply(0, some(pass.inputActivation(0), positions: steps), into: gates)
        begin(scratch, description.hasInitialState ? some(pass.inputActivation(1), positions: 1) : nil)
        let output = some(h, positions: description.givesSequence ? steps : 1)
        withUnsafePointer(to: stepKernel(pass.arithmetic)) { kernel in
            /// Runs so many steps of some rows.
            func run(_ time: Int, _ some: Range<Int>, count: Int) {
                let first = some.lowerBound - rows.lowerBound
                func view(_ matrix: Matrix) -> Matrix { matrix.rows(from: first, count: some.count) }
                func ofTime(_ matrix: Matrix) -> CellRun.Rows {
                    CellRun.Rows(matrix.row(first * steps + time).base, stride: steps * matrix.stride)
                }
                var run = cellRun(
                    pass, gates: ofTime(gates), recurrent: view(scratch.recurrent),
                    state: view(scratch.state), cell: view(scratch.cell), extra: view(extra), weights, kernel)
                run.count = count
                let direction = description.isBackwards ? -1 : 1
                run.gatesDistance = direction * gates.stride
                if description.givesSequence {
                    run.output = ofTime(output)
                    run.outputDistance = direction * output.stride
                }
                weights.kernels.cells(&run)
            }
            guard description.hasLengths else {
                return run(description.isBackwards ? steps - 1 : 0, rows, count: steps)
            }
            forEachStep(pass, rows: rows) { time, some, isInside in
                if isInside { return run(time, some, count: 1) }
                guard description.givesSequence else { return }
                for row in some { output.row((row - rows.lowerBound) * steps + time).clear() }
            }
        }
        if !description.givesSequence { output.assign(scratch.state) }
    }

    func cellRun(
        _ pass: LayerPass, gates: CellRun.Rows, recurrent: Matrix, state: Matrix, cell: Matrix, extra: Matrix,
        _ weights: PackedWeights, _ kernel: UnsafePointer<RecurrentKernels<Float>.Step>
    ) -> CellRun {
        func all(_ view: Matrix) -> CellRun.Rows { CellRun.Rows(view.base, stride: view.stride) }
        let more = self.cell.moreTensor == nil ? nil : UnsafePointer(pass.vector(self.cell.firstOfMore).base)
        // What is before the step, and signals, are for training.
        let step = CellStep(
            rows: state.rows, units: units, gates: gates, recurrent: all(recurrent), state: all(state), cell: all(cell),
            extra: all(extra), previous: all(state), signals: all(extra), weights: more)
        return CellRun(
            step, products: weights.products + 1, kernel: kernel, hasParts: self.cell.products.count > 1,
            scratch: weights.scratch)
    }
}
