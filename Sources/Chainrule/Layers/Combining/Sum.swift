/// A sum of layers, as in a residual connection, their mean, or the difference of two: `h = Σ_i c_i h_i`, `δ_i = c_i δ`.
/// Likewise for their tangents.
final class Sum: CombiningLayer {
    /// What the coefficients c are.
    enum Kind {
        /// 1.
        case sum
        /// 1 / n.
        case mean
        /// 1 and −1.
        case difference
    }

    static let kind: StaticString = "sum"
    static let meanKind: StaticString = "mean"
    static let differenceKind: StaticString = "difference"
    var kind: StaticString {
        switch coefficients {
        case .sum: Sum.kind
        case .mean: Sum.meanKind
        case .difference: Sum.differenceKind
        }
    }
    var settings: LayerSettings {
        switch coefficients {
        case .sum: .sum
        case .mean: .mean
        case .difference: .difference
        }
    }

    private let coefficients: Kind

    init(_ coefficients: Kind = .sum) { self.coefficients = coefficients }

    private func coefficient(_ index: Int, of count: Int) -> Float {
        switch coefficients {
        case .sum: 1
        case .mean: 1 / Float(count)
        case .difference: index == 0 ? 1 : -1
        }
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        if case .difference = coefficients, inputs.count != 2 {
            throw ChainruleError(
                .size, "difference '\(name.text)' reads two layers; \(inputs.count) were given")
        }
        return try commonShape(named: name, ofInputs: inputs)
    }

    /// The first input has the coefficient 1, and the others do not change δ.
    var overwritesInput: Bool { coefficients != .mean }
    var overwritesDelta: Bool { coefficients != .mean }

    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int { shape.count }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        let h = pass.samples(of: pass.h)
        for index in 0..<pass.inputCount {
            if index == 0 && pass.inputActivation(0).isSameMemory(as: pass.h) { continue }
            let (input, repetition) = (pass.samples(of: pass.inputActivation(index)), pass.repetition(ofInput: index))
            scaled(input, coefficient(index, of: pass.inputCount), pass) { row, piece in
                repetition.apply(
                    piece, to: h.rows(from: row, count: piece.rows), accumulating: index > 0, pass.arithmetic)
            }
        }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        let delta = pass.samples(of: pass.delta)
        for index in 0..<pass.inputCount {
            guard let inputDelta = pass.inputDelta(index).map(pass.samples), !inputDelta.isSameMemory(as: delta) else {
                continue
            }
            let repetition = pass.repetition(ofInput: index)
            scaled(delta, coefficient(index, of: pass.inputCount), pass) { row, piece in
                repetition.applyAdjoint(
                    piece, to: inputDelta.rows(from: row, count: piece.rows),
                    accumulating: pass.accumulatesInputDelta(index), pass.arithmetic)
            }
        }
    }

    /// Calls `body` with `c A`: with A itself if c is 1, otherwise row by row.
    private func scaled(_ a: Matrix, _ c: Float, _ pass: LayerPass, _ body: (_ row: Int, _ piece: Matrix) -> Void) {
        if c == 1 { return body(0, a) }
        let piece = Matrix(base: pass.scratch.base, rows: 1, columns: a.columns)
        for row in 0..<a.rows {
            pass.arithmetic.scale(a.row(row), by: c, into: piece)
            body(row, piece)
        }
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) { try forward(pass.tangents) }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    func encode(to json: inout JSONWriter) {}
}
