import Kernels

/// What a recurrent layer keeps of a position: a row with these columns.
struct RecurrentLayout {
    let units: Int
    /// z, and then σ(z), of one gate after the other.
    let gates: Range<Int>
    /// ``CellStep/extra``.
    let extra: Range<Int>
    /// h before the step. In an inference nothing from here on is kept.
    let previous: Range<Int>
    /// c before the step, and after it if peepholes need that.
    let cells: Range<Int>
    /// ∂C/∂z.
    let signals: Range<Int>

    /// - Parameters: how many numbers there are of each for a unit.
    init(units: Int, gates: Int, extra: Int = 0, cells: Int = 0, signals: Int) {
        self.units = units
        var end = 0
        func next(_ count: Int) -> Range<Int> {
            defer { end += count * units }
            return end..<end + count * units
        }
        self.gates = next(gates)
        self.extra = next(extra)
        previous = next(1)
        self.cells = next(cells)
        self.signals = next(signals)
    }

    var count: Int { signals.upperBound }
    var inferenceCount: Int { previous.lowerBound }
    var hasCell: Bool { !cells.isEmpty }
    /// The distance between rows of W_hhᵀ: an odd number of cache lines, so that rows do not evict each other.
    var weightStride: Int { (gates.count + 15) & ~15 | 16 }
    /// The distance between rows of ``CellStep/recurrent``: with room for a vector's lanes behind them.
    var recurrentStride: Int { (gates.count + 31) & ~15 }
    /// The most numbers of a position that a layer keeps for a unit.
    static var mostPerUnit: Int { 12 }
}

/// A thread's memory for the steps of some rows of a batch.
struct RecurrentScratch {
    /// h, or its δ: a row for each of the rows.
    let state: Matrix
    /// c, or its δ; without columns where there is no c.
    let cell: Matrix
    /// ``CellStep/recurrent``.
    let recurrent: Matrix
    /// The rest.
    let rest: Matrix

    init(_ scratch: Matrix, rows: Int, _ layout: RecurrentLayout) {
        var rest = scratch
        func next(_ columns: Int) -> Matrix {
            let matrix = Matrix(base: rest.base, rows: rows, columns: columns)
            rest = rest.fromNextLine(after: matrix.count)
            return matrix
        }
        state = next(layout.units)
        cell = next(layout.hasCell ? layout.units : 0)
        recurrent = next(layout.recurrentStride).columns(from: 0, count: layout.gates.count)
        self.rest = rest
    }

    /// How many floats it takes, without the rest.
    static func count(rows: Int, _ layout: RecurrentLayout) -> Int64 {
        Int64(rows) * Int64(2 * layout.units + layout.recurrentStride) + 3 * 16
    }
}

/// A step of a cell, for some rows of a batch that lie side by side.
struct RecurrentStep {
    let arithmetic: Arithmetic
    let layout: RecurrentLayout
    var time = 0
    /// T.
    let steps: Int
    /// How many rows the output has.
    let outputSteps: Int
    /// Of the views.
    var rows = 0..<0
    /// What is kept, by positions of all rows.
    let positions: Matrix
    let scratch: RecurrentScratch
    /// Scratch memory for products.
    let product: Matrix

    func kept(_ columns: Range<Int>) -> Matrix {
        of(positions.columns(from: columns.lowerBound, count: columns.count))
    }
    /// The step's rows of a matrix of positions.
    func of(_ view: Matrix) -> Matrix { of(view, steps: steps) }
    /// The same of the output, which may have more rows.
    func ofOutput(_ view: Matrix) -> Matrix { of(view, steps: outputSteps) }

    private func of(_ view: Matrix, steps: Int) -> Matrix {
        Matrix(
            base: view.base + (rows.lowerBound * steps + time) * view.stride, rows: rows.count, columns: view.columns,
            stride: steps * view.stride)
    }

    var gates: Matrix { kept(layout.gates) }
    var previous: Matrix { kept(layout.previous) }
    var extra: Matrix { kept(layout.extra) }
    var signals: Matrix { kept(layout.signals) }
    var state: Matrix { scratch.state.rows(from: rows.lowerBound, count: rows.count) }
    var cell: Matrix { scratch.cell.rows(from: rows.lowerBound, count: rows.count) }
    var recurrent: Matrix { scratch.recurrent.rows(from: rows.lowerBound, count: rows.count) }
    /// c before the step.
    var previousCell: Matrix { kept(layout.cells).columns(from: 0, count: layout.units) }

    /// The same for the kernels.
    func cellStep(previous: Matrix, weights: Matrix?, part: CellStep<Float>.Part = .whole) -> CellStep<Float> {
        func rows(_ view: Matrix) -> CellStep<Float>.Rows { CellStep.Rows(view.base, stride: view.stride) }
        return CellStep(
            rows: self.rows.count, units: layout.units, gateDistance: layout.units, gates: rows(gates),
            recurrent: rows(recurrent),
            state: rows(state), cell: rows(cell), extra: rows(extra), previous: rows(previous),
            signals: rows(signals), weights: weights.map { UnsafePointer($0.base) }, part: part)
    }
}

/// A step of a cell with its tangents.
struct RecurrentTangentStep {
    let pass: TangentPass
    private(set) var values: RecurrentStep
    private(set) var tangents: RecurrentStep

    init(_ pass: TangentPass, _ layer: RecurrentLayer) {
        let layout = layer.layout
        let rows = pass.values.rows.count
        let values = RecurrentScratch(pass.values.scratch, rows: rows, layout)
        let tangents = RecurrentScratch(values.rest, rows: rows, layout)
        func step(_ memory: LayerPass, _ scratch: RecurrentScratch) -> RecurrentStep {
            let steps = pass.values.inputShape(0)[0]
            return RecurrentStep(
                arithmetic: pass.arithmetic, layout: layout, steps: steps,
                outputSteps: layer.description.outputSteps(of: steps),
                positions: memory.kept!.reshaped(columns: layout.count), scratch: scratch, product: tangents.rest)
        }
        self.pass = pass
        self.values = step(pass.values, values)
        self.tangents = step(pass.tangents, tangents)
    }

    mutating func move(to time: Int, _ rows: Range<Int>) {
        (values.time, tangents.time) = (time, time)
        (values.rows, tangents.rows) = (rows, rows)
    }

    var arithmetic: Arithmetic { values.arithmetic }

    /// The tangent of some columns of `recurrent = H' W_hhᵀ`, for an H' and its tangent.
    func multiply(_ h: Matrix, tangent: Matrix, gates columns: Range<Int>) {
        let (result, share) = (part(tangents.recurrent), part(values.recurrent))
        func part(_ matrix: Matrix) -> Matrix { matrix.columns(from: columns.lowerBound, count: columns.count) }
        func rows(_ weight: Matrix) -> Matrix { weight.rows(from: columns.lowerBound, count: columns.count) }
        arithmetic.productTransposed(
            tangent, rows(pass.values.parameter(1)), plus: nil, into: result, scratch: values.product)
        guard let weightTangent = pass.parameterTangent(1) else { return }
        arithmetic.productTransposed(h, rows(weightTangent), plus: nil, into: share, scratch: values.product)
        arithmetic.add(share, to: result)
    }

    /// Adds what some signals pass on through these rows of W_hh to δ and to its tangent, or sets them.
    func passOn(
        signals columns: Range<Int>, to delta: Matrix, tangent: Matrix, accumulating: Bool
    ) {
        func part(_ matrix: Matrix) -> Matrix { matrix.columns(from: columns.lowerBound, count: columns.count) }
        func rows(_ weight: Matrix) -> Matrix { weight.rows(from: columns.lowerBound, count: columns.count) }
        let weight = rows(pass.values.parameter(1))
        arithmetic.product(
            part(values.signals), weight, into: delta, accumulating: accumulating, scratch: values.product)
        arithmetic.product(
            part(tangents.signals), weight, into: tangent, accumulating: accumulating, scratch: values.product)
        guard let weightTangent = pass.parameterTangent(1) else { return }
        arithmetic.product(
            part(values.signals), rows(weightTangent), into: tangent, accumulating: true, scratch: values.product)
    }

    /// Calls `body` for each unit of each row.
    func forEachUnit(_ body: (_ row: Int, _ unit: Int) -> Void) {
        for row in 0..<values.rows.count {
            for unit in 0..<values.layout.units { body(row, unit) }
        }
    }
}

/// A number and its tangent.
struct Dual: CellNumber {
    var value: Float
    var tangent: Float

    init(_ value: Float, _ tangent: Float) { (self.value, self.tangent) = (value, tangent) }
    /// An element of a matrix, and of one of tangents; nil: 0.
    init(_ values: Matrix, _ tangents: Matrix?, _ row: Int, _ column: Int) {
        self.init(values[row, column], tangents.map { $0[row, column] } ?? 0)
    }
    /// The same of vectors.
    init(_ values: Matrix, _ tangents: Matrix?, _ index: Int) {
        self.init(values.base[index], tangents.map { $0.base[index] } ?? 0)
    }

    static var one: Dual { Dual(1, 0) }
    func plus(_ other: Dual) -> Dual { Dual(value + other.value, tangent + other.tangent) }
    func minus(_ other: Dual) -> Dual { Dual(value - other.value, tangent - other.tangent) }
    func times(_ other: Dual) -> Dual {
        Dual(value * other.value, tangent * other.value + value * other.tangent)
    }

    /// σ(z) of a sigmoid with this value, from the tangent of z.
    static func sigmoid(_ value: Float, of tangent: Float) -> Dual { Dual(value, value * (1 - value) * tangent) }
    /// σ(z) of a hyperbolic tangent with this value.
    static func tanh(_ value: Float, of tangent: Float) -> Dual { Dual(value, (1 - value * value) * tangent) }
}
