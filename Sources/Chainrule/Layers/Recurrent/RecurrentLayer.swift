import Kernels

/// A recurrent layer over `[T, C]`: at each step t a cell makes the state h of x_t and of the state h' before.
///
///     Z = X W_ihᵀ + H' W_hhᵀ + b      H = what the cell makes of Z and H'
///
/// The first product is one over all steps and rows; the second is one of each step. Backwards, from the last step to the
/// first, the cell makes s = ∂C/∂z of δ and passes δ on to h'. Then, over all steps and rows,
///
///     ∂C/∂W_ih = Sᵀ X      ∂C/∂W_hh = Sᵀ H'      ∂C/∂b = Sᵀ 1      Δ_in = S W_ih
///
/// and the tangents of all of them, by the product rule. W_ih is `G·H × C` and W_hh `G·H × H` for G gates of H units, b
/// `G·H`.
///
/// A row may have fewer steps than T: nothing is computed beyond its last one, where h and s are 0.
final class RecurrentLayer: GradientWritingLayer {
    let description: RecurrentSettings
    let cell: any RecurrentCell
    let layout: RecurrentLayout

    init(_ description: RecurrentSettings) {
        self.description = description
        cell = description.makeCell()
        layout = cell.layout
    }

    var kind: StaticString { cell.kind }
    var settings: LayerSettings { .recurrent(description) }
    var stateCount: Int { layout.hasCell ? 2 * units : units }

    // MARK: Shapes

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let wanted = 1 + (description.hasInitialState ? 1 : 0) + (description.hasLengths ? 1 : 0)
        guard inputs.count == wanted else {
            throw ChainruleError(
                .size, "\(kind) '\(name.text)' reads \(wanted) layers; \(inputs.count) were given")
        }
        guard inputs[0].rank == 2 else {
            throw ChainruleError(
                .size, "\(kind) '\(name.text)' reads a sequence, [steps, channels], not \(inputs[0].text)")
        }
        guard units >= 1 else {
            throw ChainruleError(.size, "\(kind) '\(name.text)' has at least 1 unit; \(units) were given")
        }
        let most = Shape.mostElements / RecurrentLayout.mostPerUnit
        guard units <= most / inputs[0][0] && units <= most / max(inputs[0].channels, units) else {
            throw ChainruleError(
                .size,
                """
                \(kind) '\(name.text)' of \(units) units reads \(inputs[0].text): that is more than \
                \(Shape.mostElements) numbers for a row
                """)
        }
        if description.hasInitialState {
            let wanted = try Shape([stateCount])
            guard inputs[1] == wanted else {
                throw ChainruleError(
                    .size,
                    "\(kind) '\(name.text)': its first state has the shape \(wanted.text), not \(inputs[1].text)")
            }
        }
        if let place = description.lengthsInput, inputs[place].count != 1 {
            throw ChainruleError(
                .size, "\(kind) '\(name.text)': the lengths have the shape [1], not \(inputs[place].text)")
        }
        try description.weights.validate(layer: name, tensor: "weight")
        try description.biases.validate(layer: name, tensor: "bias")
        guard layout.hasCell || !description.givesCell else {
            throw ChainruleError(.value, "\(kind) '\(name.text)' has no c to give: only an lstm has")
        }
        let rows = description.outputSteps(of: inputs[0][0])
        return description.givesSequence || description.givesCell
            ? try Shape([rows, 1]).with(channels: units, in: name) : try Shape([units])
    }

    func tensors(shape: Shape, inputs: [Shape]) -> [TensorShape] {
        // PyTorch's.
        let limit = Float(1 / Double(units).squareRoot())
        func orStandard(_ initializer: Initializer) -> Initializer {
            if case .standard = initializer { .uniform(low: -limit, high: limit) } else { initializer }
        }
        let (rows, channels) = (layout.gates.count, inputs[0].channels)
        let (weights, biases) = (orStandard(description.weights), orStandard(description.biases))
        var tensors = [
            TensorShape(
                name: "weight_ih", extents: [rows, channels], role: .weight, initializer: weights, fanOut: units),
            TensorShape(name: "weight_hh", extents: [rows, units], role: .weight, initializer: weights, fanOut: units),
        ]
        func appendVector(_ name: StaticString, _ count: Int, _ role: ParameterRole) {
            let initializer = role == .weight ? weights : biases
            tensors.append(
                TensorShape(name: name, extents: [count], role: role, initializer: initializer, fanOut: units))
        }
        if description.hasBias { appendVector("bias", rows, .bias) }
        if let more = cell.moreTensor { appendVector(more.name, more.count, more.role) }
        return tensors
    }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }
    var looksItself: Bool { true }

    func keptPerRow(shape: Shape, inputs: [Shape]) -> Int { inputs[0][0] * layout.count }
    var keepsTangents: Bool { true }

    func carriedCount(named name: LayerName) throws(ChainruleError) -> Int {
        guard !description.isBackwards else {
            throw ChainruleError(.mismatch, "states cannot be carried: \(kind) '\(name.text)' goes backwards")
        }
        guard !description.hasInitialState else {
            throw ChainruleError(.mismatch, "states cannot be carried: \(kind) '\(name.text)' reads its first state")
        }
        return stateCount
    }

    func uses(shape: Shape, inputs: [Shape]) -> Int { inputs[0][0] }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence {
        description.isBackwards || description.hasLengths || description.givesCell ? .allSteps : .state
    }

    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int {
        let (steps, channels) = (inputs[0][0], inputs[0].channels)
        let gates = layout.gates.count
        let rows = backward ? rows : min(rows, rowsAtATime(steps))
        // For the tangents, too.
        var views = 2 * RecurrentScratch.count(rows: rows, layout) + Int64(units) * Int64(layout.weightStride) + 16
        if !backward {
            views += Int64(rows) * Int64(steps) * Int64(layout.inferenceCount) + 16
            views = max(views, CellMemory.count(rows: rows, steps: steps, self))
        }
        var product = max(
            PackedProduct.scratchCount(rows: rows * steps, columns: gates, depth: channels),
            PackedProduct.scratchCount(rows: rows, columns: gates, depth: units),
            CopyLayout.scratchCount(rows: rows, columns: gates, depth: min(units, CopyLayout.mostDepth)))
        if backward {
            let depth = min(gates, CopyLayout.mostDepth)
            product = max(
                product, CopyLayout.scratchCount(rows: rows * steps, columns: channels, depth: depth),
                CopyLayout.scratchCount(rows: rows, columns: units, depth: depth),
                CopyLayout.scratchCount(rows: gates, columns: max(channels, units), depth: rows * steps))
        }
        return Int(clamping: views + Int64(product))
    }

    /// How many rows an inference takes at a time: their gates stay in the second-level cache, or nearly. For fewer than 16,
    /// each step reads all of W_hh for little work; but they are to take little memory.
    func rowsAtATime(_ steps: Int) -> Int {
        let count = steps * layout.inferenceCount
        return max(1, (1 << 18) / count, min(16, (1 << 24) / count))
    }

    // MARK: Lengths

    /// How many steps a row has; 0 if it has no valid length.
    private func steps(ofRow row: Int, _ pass: LayerPass) -> Int {
        let steps = pass.inputShape(0)[0]
        guard let place = description.lengthsInput else { return steps }
        let length = pass.inputActivation(place)[row, 0]
        return length >= 1 && length <= Float(steps) ? min(Int(length), steps) : 0
    }

    func checkLengths(_ pass: LayerPass) throws(ChainruleError) {
        guard let place = description.lengthsInput else { return }
        try pass.checkIntegers(ofInput: place, "length", in: 1...pass.inputShape(0)[0])
    }

    /// Calls `body` with each step and some rows side by side that all have it, or all lack it. Looks now and then.
    /// - Parameter inReverse: from the last step to the first, as the layer goes.
    func forEachStep(
        _ pass: LayerPass, rows: Range<Int>, inReverse: Bool = false,
        _ body: (_ time: Int, _ rows: Range<Int>, _ isInside: Bool) -> Void
    ) throws(ChainruleError) {
        let steps = pass.inputShape(0)[0]
        let stepsUntilLook = stepsUntilLook(rows.count)
        for index in 0..<steps {
            if index % stepsUntilLook == 0 { try Cancellation.look() }
            let time = description.isBackwards != inReverse ? steps - 1 - index : index
            guard description.hasLengths else {
                body(time, rows, true)
                continue
            }
            var first = rows.lowerBound
            while first < rows.upperBound {
                let isInside = self.steps(ofRow: first, pass) > time
                var end = first + 1
                while end < rows.upperBound && (self.steps(ofRow: end, pass) > time) == isInside { end += 1 }
                body(time, first..<end, isInside)
                first = end
            }
        }
    }

    // MARK: Forward

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        try checkLengths(pass)
        let weights = Matrix(
            base: pass.scratch.base, rows: units, columns: layout.gates.count, stride: layout.weightStride)
        let rest = pass.scratch.fromNextLine(after: units * layout.weightStride)
        pass.arithmetic.transpose(pass.parameter(1), into: weights)
        let (all, steps) = (pass.rows.count, pass.inputShape(0)[0])
        if let kept = pass.kept {
            let positions = kept.reshaped(columns: layout.count)
            return try forward(pass, rows: 0..<all, positions: positions, weights: weights, scratch: rest)
        }
        let most = min(all, rowsAtATime(steps))
        let positions = Matrix(base: rest.base, rows: most * steps, columns: layout.inferenceCount)
        let afterPositions = rest.fromNextLine(after: positions.count)
        for first in stride(from: 0, to: all, by: most) {
            try forward(
                pass, rows: first..<min(first + most, all), positions: positions, weights: weights,
                scratch: afterPositions)
        }
    }

    /// - Parameter positions: what is kept, for the positions of these rows.
    private func forward(
        _ pass: LayerPass, rows: Range<Int>, positions: Matrix, weights: Matrix, scratch memory: Matrix
    ) throws(ChainruleError) {
        let steps = pass.inputShape(0)[0]
        func some(_ view: Matrix, positions count: Int) -> Matrix {
            view.rows(from: rows.lowerBound * count, count: rows.count * count)
        }
        let scratch = RecurrentScratch(memory, rows: rows.count, layout)
        let positions = positions.rows(from: 0, count: rows.count * steps)
        let (x, weight) = (some(pass.inputActivation(0), positions: steps), pass.parameter(0))
        try inPieces(positions.rows, times: weight.count) { places in
            pass.arithmetic.productTransposed(
                x.rows(from: places.lowerBound, count: places.count), weight,
                plus: description.hasBias ? pass.vector(2) : nil,
                into: columns(layout.gates, of: positions.rows(from: places.lowerBound, count: places.count)),
                scratch: scratch.rest)
        }
        let carried = pass.carried
        begin(
            scratch,
            description.hasInitialState ? some(pass.inputActivation(1), positions: 1) : carried?.first)
        let isKept = pass.kept != nil
        let h = some(pass.h, positions: description.outputSteps(of: steps))
        var step = RecurrentStep(
            arithmetic: pass.arithmetic, layout: layout, steps: steps, outputSteps: description.outputSteps(of: steps),
            positions: positions, scratch: scratch, product: scratch.rest)
        try forEachStep(pass, rows: rows) { time, someRows, isInside in
            step.time = time
            step.rows = someRows.lowerBound - rows.lowerBound..<someRows.upperBound - rows.lowerBound
            advance(step, isInside: isInside, isKept: isKept, into: h) {
                cell.forward(step, pass, weights: weights)
            }
        }
        end(h, steps, state: scratch.state, cell: scratch.cell)
        guard let carried else { return }
        carried.last.columns(from: 0, count: units).assign(scratch.state)
        if layout.hasCell { carried.last.columns(from: units, count: units).assign(scratch.cell) }
    }

    func columns(_ range: Range<Int>, of positions: Matrix) -> Matrix {
        positions.columns(from: range.lowerBound, count: range.count)
    }

    /// Sets h and c, or their tangents, or their δ, before the first step.
    func begin(_ scratch: RecurrentScratch, _ initial: Matrix?) {
        guard let initial else {
            scratch.state.clear()
            return scratch.cell.clear()
        }
        scratch.state.assign(initial.columns(from: 0, count: units))
        if layout.hasCell { scratch.cell.assign(initial.columns(from: units, count: units)) }
    }

    /// The rows of the output after those of all steps: h of the last step, if not all are given, and c; nil: not given.
    private func lastRows(of output: Matrix, _ steps: Int) -> (state: Matrix?, cell: Matrix?) {
        let count = description.outputSteps(of: steps)
        func row(_ place: Int) -> Matrix {
            Matrix(
                base: output.base + place * output.stride, rows: output.rows / count, columns: units,
                stride: count * output.stride)
        }
        return (description.givesSequence ? nil : row(0), description.givesCell ? row(count - 1) : nil)
    }

    /// Writes what the output has of the state after the last step.
    func end(_ output: Matrix, _ steps: Int, state: Matrix, cell: Matrix) {
        let last = lastRows(of: output, steps)
        last.state?.assign(state)
        last.cell?.assign(cell)
    }

    /// Computes a step, or its tangents, and keeps what was before it; sets everything to 0 if the rows lack it.
    func advance(_ step: RecurrentStep, isInside: Bool, isKept: Bool, into h: Matrix, _ compute: () -> Void) {
        guard isInside else {
            if isKept {
                step.previous.fill { 0 }
                step.extra.fill { 0 }
                step.kept(layout.cells).fill { 0 }
            }
            if description.givesSequence { step.ofOutput(h).fill { 0 } }
            return
        }
        if isKept {
            step.previous.assign(step.state)
            if layout.hasCell { step.previousCell.assign(step.cell) }
        }
        compute()
        if isKept && layout.cells.count > units {
            step.kept(layout.cells).columns(from: units, count: units).assign(step.cell)
        }
        if description.givesSequence { step.ofOutput(h).assign(step.state) }
    }

    // MARK: Backward

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        let (all, steps) = (pass.rows.count, pass.inputShape(0)[0])
        let positions = pass.kept!.reshaped(columns: layout.count)
        let scratch = RecurrentScratch(pass.scratch, rows: all, layout)
        beginBackward(scratch, pass.delta, steps)
        var step = RecurrentStep(
            arithmetic: pass.arithmetic, layout: layout, steps: steps, outputSteps: description.outputSteps(of: steps),
            positions: positions, scratch: scratch, product: scratch.rest)
        try forEachStep(pass, rows: 0..<all, inReverse: true) { time, rows, isInside in
            (step.time, step.rows) = (time, rows)
            guard isInside else { return step.signals.fill { 0 } }
            if description.givesSequence { pass.arithmetic.add(step.ofOutput(pass.delta), to: step.state) }
            cell.backward(step, pass)
        }
        if let delta = pass.inputDelta(0) {
            try multiplyInput(
                columns(layout.signals, of: positions), pass.parameter(0), into: delta,
                accumulating: pass.accumulatesInputDelta(0), pass.arithmetic, scratch: scratch.rest)
        }
        passOn(scratch, pass)
    }

    func beginBackward(_ scratch: RecurrentScratch, _ delta: Matrix, _ steps: Int) {
        let last = lastRows(of: delta, steps)
        if let state = last.state { scratch.state.assign(state) } else { scratch.state.clear() }
        if let cell = last.cell { scratch.cell.assign(cell) } else { scratch.cell.clear() }
    }

    /// Passes δ of the first state on. The lengths have none.
    func passOn(_ scratch: RecurrentScratch, _ pass: LayerPass) {
        if description.hasInitialState, let delta = pass.inputDelta(1) {
            let accumulating = pass.accumulatesInputDelta(1)
            pass.arithmetic.assign(
                scratch.state, to: delta.columns(from: 0, count: units), accumulating: accumulating)
            if layout.hasCell {
                pass.arithmetic.assign(
                    scratch.cell, to: delta.columns(from: units, count: units), accumulating: accumulating)
            }
        }
        if let place = description.lengthsInput, !pass.accumulatesInputDelta(place) {
            pass.inputDelta(place)?.fill { 0 }
        }
    }

    /// `Δ = S W`, or `Δ += S W`, with the input's signals.
    func multiplyInput(
        _ signals: Matrix, _ weight: Matrix, into delta: Matrix, accumulating: Bool, _ arithmetic: Arithmetic,
        scratch: Matrix
    ) throws(ChainruleError) {
        try inPieces(signals.rows, times: weight.count) { places in
            let signals = signals.rows(from: places.lowerBound, count: places.count)
            let delta = delta.rows(from: places.lowerBound, count: places.count)
            var accumulating = accumulating
            forEachSegment(of: 0..<layout.gates.count, laterColumn: cell.laterInputSignals) { rows, column, _ in
                arithmetic.product(
                    signals.columns(from: column, count: rows.count),
                    weight.rows(from: rows.lowerBound, count: rows.count),
                    into: delta, accumulating: accumulating, scratch: scratch)
                accumulating = true
            }
        }
    }

    func stepsUntilLook(_ rows: Int) -> Int {
        Cancellation.stepsUntilLook(times: rows &* layout.gates.count &* units)
    }

    /// Calls `body` with some positions at a time, and looks before that takes long.
    func inPieces(
        _ positions: Int, times work: Int, _ body: (Range<Int>) -> Void
    ) throws(ChainruleError) {
        let most = Cancellation.rowsUntilLook(positions, times: work, least: 64)
        for first in stride(from: 0, to: positions, by: most) {
            try Cancellation.look(before: most, times: work)
            body(first..<min(first + most, positions))
        }
    }

    /// Calls `body` with the part of some gates' rows that belongs to the first two gates, and the part of the others.
    /// - Parameter laterColumn: where the signals of the others begin; nil: all follow one another.
    private func forEachSegment(
        of rows: Range<Int>, laterColumn: Int?, isSplit: Bool = false,
        _ body: (_ rows: Range<Int>, _ column: Int, _ isLater: Bool) -> Void
    ) {
        let end = laterColumn != nil || isSplit ? 2 * units : layout.gates.count
        let (first, later) = (rows.clamped(to: 0..<end), rows.clamped(to: end..<max(end, layout.gates.count)))
        if !first.isEmpty { body(first, first.lowerBound, false) }
        if !later.isEmpty { body(later, later.lowerBound - end + (laterColumn ?? end), true) }
    }

    // MARK: Gradients

    func writeGradient(
        ofTensor index: Int, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart
    ) {
        let positions = pass.kept.reshaped(columns: layout.count)
        sumProducts(
            ofTensor: index, columns(layout.signals, of: positions), pass.inputActivation(0), positions,
            into: gradient, accumulating: accumulating, isTangent: false, part)
    }

    /// A thread's share of what the signals and x, or the states of these positions, make of a tensor's gradient.
    /// - Parameters:
    ///   - x: nil: 0.
    ///   - isTangent: whether x and the states are tangents: then what has neither is left out.
    func sumProducts(
        ofTensor index: Int, _ signals: Matrix, _ x: Matrix?, _ positions: Matrix, into gradient: Matrix,
        accumulating: Bool, isTangent: Bool, _ part: GradientPart
    ) {
        if index >= cell.firstOfMore {
            return cell.sumSignals(
                signals, positions, into: gradient, accumulating: accumulating, isTangent: isTangent, part)
        }
        if index == 2 {
            if isTangent { return }
            return forEachSegment(of: 0..<layout.gates.count, laterColumn: cell.laterInputSignals) { rows, column, _ in
                part.sumColumns(
                    signals.columns(from: column, count: rows.count),
                    into: gradient.rows(from: rows.lowerBound, count: rows.count), accumulating: accumulating)
            }
        }
        func multiply(_ rows: Range<Int>, _ column: Int, _ values: Matrix) {
            part.arithmetic.transposedProduct(
                signals.columns(from: column, count: rows.count), values,
                into: gradient.rows(from: rows.lowerBound, count: rows.count), accumulating: accumulating,
                scratch: part.scratch)
        }
        let rows = part.share.of(layout.gates.count)
        if index == 0 {
            guard let x else { return }
            forEachSegment(of: rows, laterColumn: cell.laterInputSignals) { rows, column, _ in multiply(rows, column, x)
            }
        } else {
            forEachSegment(of: rows, laterColumn: nil, isSplit: cell.laterValues != layout.previous) {
                rows, column, later in
                multiply(rows, column, columns(later ? cell.laterValues : layout.previous, of: positions))
            }
        }
    }

    func encode(to json: inout JSONWriter) { description.encode(to: &json) }
}
