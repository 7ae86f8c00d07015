/// The elementwise product of two layers: `h = a ⊙ b`, `δ_a = δ ⊙ b`, `δ_b = δ ⊙ a`, and by the product rule
/// `R{h} = R{a} ⊙ b + a ⊙ R{b}`, `R{δ_a} = R{δ} ⊙ b + δ ⊙ R{b}`.
final class Product: CombiningLayer {
    static let kind: StaticString = "product"
    var kind: StaticString { Product.kind }
    var settings: LayerSettings { .product }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        guard inputs.count == 2 else {
            throw ChainruleError(.size, "product '\(name.text)' reads two layers; \(inputs.count) were given")
        }
        return try commonShape(named: name, ofInputs: inputs)
    }

    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int { 2 * shape.count }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        let h = pass.samples(of: pass.h)
        for row in 0..<h.rows { multiply(0, of: pass, 1, of: pass, row) { h.row(row).assign($0) } }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        addDeltas(pass.delta, times: pass, to: pass)
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let h = pass.tangents.samples(of: pass.tangents.h)
        for row in 0..<h.rows {
            h.row(row).fill { 0 }
            if pass.inputTangent(0) != nil {
                multiply(0, of: pass.tangents, 1, of: pass.values, row) { pass.arithmetic.add($0, to: h.row(row)) }
            }
            if pass.inputTangent(1) != nil {
                multiply(0, of: pass.values, 1, of: pass.tangents, row) { pass.arithmetic.add($0, to: h.row(row)) }
            }
        }
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        addDeltas(pass.tangents.delta, times: pass.values, to: pass.tangents)
        for index in 0..<2 where pass.inputTangent(1 - index) != nil {
            addDelta(pass.values.delta, times: pass.tangents, ofInput: index, to: pass.tangents, accumulating: true)
        }
    }

    private func addDeltas(_ delta: Matrix, times factors: LayerPass, to pass: LayerPass) {
        for index in 0..<2 {
            addDelta(
                delta, times: factors, ofInput: index, to: pass, accumulating: pass.accumulatesInputDelta(index))
        }
    }

    /// Adds `δ ⊙ (the other input)` to an input's δ.
    private func addDelta(
        _ delta: Matrix, times factors: LayerPass, ofInput index: Int, to pass: LayerPass, accumulating: Bool
    ) {
        guard let inputDelta = pass.inputDelta(index).map(pass.samples) else { return }
        let (delta, arithmetic) = (pass.samples(of: delta), pass.arithmetic)
        let repetition = pass.repetition(ofInput: index)
        for row in 0..<delta.rows {
            let product = repeated(1 - index, of: factors, row, 0)
            arithmetic.multiply(product, by: delta.row(row))
            repetition.applyAdjoint(product, to: inputDelta.row(row), accumulating: accumulating, arithmetic)
        }
    }

    private func multiply(
        _ a: Int, of first: LayerPass, _ b: Int, of second: LayerPass, _ row: Int, _ body: (Matrix) -> Void
    ) {
        let product = repeated(a, of: first, row, 0)
        first.arithmetic.multiply(product, by: repeated(b, of: second, row, 1))
        body(product)
    }

    /// A row of an input in the layer's shape, in one of two places of scratch memory.
    private func repeated(_ index: Int, of pass: LayerPass, _ row: Int, _ place: Int) -> Matrix {
        let count = pass.shape.count
        let result = Matrix(base: pass.scratch.base + place * count, rows: 1, columns: count)
        pass.repetition(ofInput: index).apply(
            pass.samples(of: pass.inputActivation(index)).row(row), to: result, accumulating: false, pass.arithmetic)
        return result
    }

    func encode(to json: inout JSONWriter) {}

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer { Product() }
}
