import Kernels

/// A gated recurrent unit (Cho et al. 2014; ``GRUUnit``). Gates in PyTorch's order: r, z, n.
///
/// The candidate is `n = tanh(W_in x + b_n + r ⊙ q)` with `q = W_hn h' + b_hn`, as in PyTorch, cuDNN and Keras; or, where the
/// reset gate comes first, `n = tanh(W_in x + b_n + W_hn p)` with `p = r ⊙ h'`, as Cho et al. have it.
final class GRU: RecurrentCell {
    static let kind: StaticString = "gru"
    var kind: StaticString { GRU.kind }

    let layout: RecurrentLayout
    private let hasBias: Bool
    private let resetsFirst: Bool

    var firstOfMore: Int { hasBias ? 3 : 2 }

    init(units: Int, hasBias: Bool, resetsFirst: Bool) {
        self.hasBias = hasBias
        self.resetsFirst = resetsFirst
        products = resetsFirst ? [0..<2, 2..<3] : [0..<3]
        // Signals are those of r, z and n; or of r, z, q and n.
        layout = RecurrentLayout(units: units, gates: 3, extra: 1, signals: resetsFirst ? 3 : 4)
    }

    private var hasStateBias: Bool { hasBias && !resetsFirst }

    var moreTensor: (name: StaticString, count: Int, role: ParameterRole)? {
        hasStateBias ? ("bias_hn", units, .bias) : nil
    }

    var laterInputSignals: Int? { resetsFirst ? nil : 3 * units }
    var laterValues: Range<Int> { resetsFirst ? layout.extra : layout.previous }
    let products: [Range<Int>]
    func forwardKernel(_ kernels: RecurrentKernels<Float>) -> RecurrentKernels<Float>.Step { kernels.gruForward }
    private var firstGates: Range<Int> { 0..<2 * units }
    private var candidate: Range<Int> { 2 * units..<3 * units }

    func backward(_ step: RecurrentStep, _ pass: LayerPass) {
        func passOn(_ columns: Range<Int>, to delta: Matrix, accumulating: Bool) {
            step.arithmetic.product(
                step.signals.columns(from: columns.lowerBound, count: columns.count),
                pass.parameter(1).rows(from: columns.lowerBound, count: columns.count), into: delta,
                accumulating: accumulating, scratch: step.product)
        }
        func run(_ part: CellStep<Float>.Part) {
            step.arithmetic.run(
                step.cellStep(previous: step.previous, weights: nil, part: part), by: { $0.gruBackward })
        }
        if resetsFirst {
            run(.candidate)
            passOn(candidate, to: step.recurrent.columns(from: 0, count: units), accumulating: false)
            run(.gates)
            passOn(firstGates, to: step.state, accumulating: true)
        } else {
            run(.whole)
            passOn(layout.gates, to: step.state, accumulating: true)
        }
    }

    func sumSignals(
        _ signals: Matrix, _ positions: Matrix, into gradient: Matrix, accumulating: Bool, isTangent: Bool,
        _ part: GradientPart
    ) {
        if isTangent { return }
        part.sumColumns(
            signals.columns(from: candidate.lowerBound, count: units), into: gradient, accumulating: accumulating)
    }

    // MARK: Tangents

    private func unit(_ step: RecurrentTangentStep, _ row: Int, _ unit: Int) -> GRUUnit<Dual> {
        let (values, tangents) = (step.values.gates, step.tangents.gates)
        func gate(_ index: Int) -> Dual { Dual(values, tangents, row, index * units + unit) }
        return GRUUnit(r: gate(0), z: gate(1), n: gate(2))
    }

    func tangent(_ step: RecurrentTangentStep) {
        let (values, tangents, count) = (step.values, step.tangents, units)
        let (gates, z, recurrent) = (values.gates, tangents.gates, tangents.recurrent)
        let (previous, extra, extraTangent, state) = (values.previous, values.extra, tangents.extra, tangents.state)
        /// Makes the tangents of r and z.
        func openGates() {
            func open(_ row: Int, _ place: Int) {
                z[row, place] = Dual.sigmoid(gates[row, place], of: z[row, place] + recurrent[row, place]).tangent
            }
            step.forEachUnit { row, unit in
                open(row, unit)
                open(row, count + unit)
            }
        }
        if resetsFirst {
            step.multiply(previous, tangent: state, gates: firstGates)
            openGates()
            step.forEachUnit { row, unit in
                extraTangent[row, unit] = Dual(gates, z, row, unit).times(Dual(previous, state, row, unit)).tangent
            }
            step.multiply(extra, tangent: extraTangent, gates: candidate)
        } else {
            step.multiply(previous, tangent: state, gates: layout.gates)
            openGates()
        }
        let bias = hasStateBias ? step.pass.vectorTangent(firstOfMore) : nil
        step.forEachUnit { row, unit in
            let place = 2 * count + unit
            var share = recurrent[row, place]
            if !resetsFirst {
                let q = Dual(extra[row, unit], share + (bias?.base[unit] ?? 0))
                extraTangent[row, unit] = q.tangent
                share = Dual(gates, z, row, unit).times(q).tangent
            }
            z[row, place] = Dual.tanh(gates[row, place], of: z[row, place] + share).tangent
            state[row, unit] = self.unit(step, row, unit).state(Dual(previous, state, row, unit)).tangent
        }
    }

    func tangentBackward(_ step: RecurrentTangentStep) {
        let (values, tangents, count) = (step.values, step.tangents, units)
        let (state, stateTangent, signals) = (values.state, tangents.state, tangents.signals)
        let (previous, previousTangent) = (values.previous, tangents.previous)
        step.forEachUnit { row, unit in
            let cell = self.unit(step, row, unit)
            let s = cell.backward(
                previous: Dual(previous, previousTangent, row, unit), delta: Dual(state, stateTangent, row, unit))
            signals[row, count + unit] = s.z.tangent
            state[row, unit] = s.state.value
            stateTangent[row, unit] = s.state.tangent
            if resetsFirst {
                signals[row, 2 * count + unit] = s.n.tangent
            } else {
                let q = Dual(values.extra, tangents.extra, row, unit)
                signals[row, unit] = cell.resetSignal(delta: s.n, value: q).tangent
                signals[row, 2 * count + unit] = s.n.times(cell.r).tangent
                signals[row, 3 * count + unit] = s.n.tangent
            }
        }
        guard resetsFirst else {
            return step.passOn(signals: layout.gates, to: state, tangent: stateTangent, accumulating: true)
        }
        let product = values.recurrent.columns(from: 0, count: count)
        let productTangent = tangents.recurrent.columns(from: 0, count: count)
        step.passOn(signals: candidate, to: product, tangent: productTangent, accumulating: false)
        step.forEachUnit { row, unit in
            let cell = self.unit(step, row, unit)
            let delta = Dual(product, productTangent, row, unit)
            let before = Dual(previous, previousTangent, row, unit)
            signals[row, unit] = cell.resetSignal(delta: delta, value: before).tangent
            let sum = Dual(state, stateTangent, row, unit).plus(delta.times(cell.r))
            state[row, unit] = sum.value
            stateTangent[row, unit] = sum.tangent
        }
        step.passOn(signals: firstGates, to: state, tangent: stateTangent, accumulating: true)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        try RecurrentSettings.decode(object, .gru(resetsFirst: try object.boolean("reset_first")))
    }
}
