import Kernels

/// Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000; ``LSTMUnit``). Gates in
/// PyTorch's order: i, f, g, o. The first state is h, and then c.
///
/// ∂C/∂p of a peephole is the sum of the gate's s times the c that it multiplies.
final class LSTM: RecurrentCell {
    static let kind: StaticString = "lstm"
    var kind: StaticString { LSTM.kind }

    let layout: RecurrentLayout
    private let hasBias: Bool
    private let hasPeepholes: Bool

    var firstOfMore: Int { hasBias ? 3 : 2 }

    init(units: Int, hasBias: Bool, hasPeepholes: Bool) {
        self.hasBias = hasBias
        self.hasPeepholes = hasPeepholes
        layout = RecurrentLayout(
            units: units, gates: 4, extra: 1, cells: hasPeepholes ? 2 : 1, signals: 4)
    }

    /// Of i, f and o.
    var moreTensor: (name: StaticString, count: Int, role: ParameterRole)? {
        hasPeepholes ? ("peephole", 3 * units, .weight) : nil
    }

    let products = [0..<4]
    func forwardKernel(_ kernels: RecurrentKernels<Float>) -> RecurrentKernels<Float>.Step { kernels.lstmForward }

    func backward(_ step: RecurrentStep, _ pass: LayerPass) {
        step.arithmetic.run(
            step.cellStep(previous: step.previousCell, weights: more(pass)), by: { $0.lstmBackward })
        step.arithmetic.product(
            step.signals, pass.parameter(1), into: step.state, accumulating: false, scratch: step.product)
    }

    func sumSignals(
        _ signals: Matrix, _ positions: Matrix, into gradient: Matrix, accumulating: Bool, isTangent: Bool,
        _ part: GradientPart
    ) {
        let cells = layout.cells.lowerBound
        func sum(_ place: Int, ofGate gate: Int, times cell: Int) {
            part.columnProducts(
                signals.columns(from: gate * units, count: units), positions.columns(from: cell, count: units),
                into: gradient.rows(from: place * units, count: units), accumulating: accumulating)
        }
        sum(0, ofGate: 0, times: cells)
        sum(1, ofGate: 1, times: cells)
        sum(2, ofGate: 3, times: cells + units)
    }

    // MARK: Tangents

    private func unit(_ step: RecurrentTangentStep, _ row: Int, _ unit: Int) -> LSTMUnit<Dual> {
        let (values, tangents) = (step.values.gates, step.tangents.gates)
        func gate(_ index: Int) -> Dual { Dual(values, tangents, row, index * units + unit) }
        return LSTMUnit(i: gate(0), f: gate(1), g: gate(2), o: gate(3))
    }

    private func peepholes(_ pass: TangentPass, _ unit: Int) -> LSTMUnit<Dual>.Peepholes? {
        guard hasPeepholes else { return nil }
        let (values, tangents) = (pass.values.vector(firstOfMore), pass.vectorTangent(firstOfMore))
        return LSTMUnit.Peepholes(
            i: Dual(values, tangents, unit), f: Dual(values, tangents, units + unit),
            o: Dual(values, tangents, 2 * units + unit))
    }

    func tangent(_ step: RecurrentTangentStep) {
        let (values, tangents, count) = (step.values, step.tangents, units)
        step.multiply(values.previous, tangent: tangents.state, gates: layout.gates)
        tangents.arithmetic.add(tangents.recurrent, to: tangents.gates)
        let (gates, z) = (values.gates, tangents.gates)
        let (previous, tanhCell, tanhTangent) = (values.previousCell, values.extra, tangents.extra)
        let (state, cell) = (tangents.state, tangents.cell)
        step.forEachUnit { row, unit in
            /// Makes σ(z)'s tangent of z's.
            func open(_ gate: Int, _ share: Float = 0) {
                let place = gate * count + unit
                z[row, place] = Dual.sigmoid(gates[row, place], of: z[row, place] + share).tangent
            }
            let before = Dual(previous, cell, row, unit)
            let weights = peepholes(step.pass, unit)
            open(0, weights.map { $0.i.times(before).tangent } ?? 0)
            open(1, weights.map { $0.f.times(before).tangent } ?? 0)
            z[row, 2 * count + unit] =
                Dual.tanh(gates[row, 2 * count + unit], of: z[row, 2 * count + unit]).tangent
            let after = self.unit(step, row, unit).cell(before)
            open(3, weights.map { $0.o.times(after).tangent } ?? 0)
            let squashed = Dual.tanh(tanhCell[row, unit], of: after.tangent)
            cell[row, unit] = after.tangent
            tanhTangent[row, unit] = squashed.tangent
            state[row, unit] = Dual(gates, z, row, 3 * count + unit).times(squashed).tangent
        }
    }

    func tangentBackward(_ step: RecurrentTangentStep) {
        let (values, tangents, count) = (step.values, step.tangents, units)
        let (previous, previousTangent) = (values.previousCell, tangents.previousCell)
        let (cell, cellTangent, signals) = (values.cell, tangents.cell, tangents.signals)
        step.forEachUnit { row, unit in
            let s = self.unit(step, row, unit).backward(
                previous: Dual(previous, previousTangent, row, unit),
                tanhCell: Dual(values.extra, tangents.extra, row, unit),
                delta: Dual(values.state, tangents.state, row, unit), deltaCell: Dual(cell, cellTangent, row, unit),
                peepholes: peepholes(step.pass, unit))
            signals[row, unit] = s.i.tangent
            signals[row, count + unit] = s.f.tangent
            signals[row, 2 * count + unit] = s.g.tangent
            signals[row, 3 * count + unit] = s.o.tangent
            cell[row, unit] = s.cell.value
            cellTangent[row, unit] = s.cell.tangent
        }
        step.passOn(signals: layout.gates, to: values.state, tangent: tangents.state, accumulating: false)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        try RecurrentSettings.decode(object, .lstm(hasPeepholes: try object.boolean("peepholes")))
    }
}
