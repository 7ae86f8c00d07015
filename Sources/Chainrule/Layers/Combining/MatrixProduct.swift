import Kernels

/// The matrix product of two layers, over their last two axes: `H = A B`, or `H = A Bᵀ`. The axes before are repeated by numpy's
/// rules, as in ``CombiningLayer``, with a product for each of their indices.
///
///     Δ_A = Δ Bᵀ      Δ_B = Aᵀ Δ        of A B
///     Δ_A = Δ B       Δ_B = Δᵀ A        of A Bᵀ
///
/// By the product rule `R{H} = R{A} B + A R{B}`, `R{Δ_A} = R{Δ} Bᵀ + Δ R{B}ᵀ`, and so on.
final class MatrixProduct: ParameterlessLayer {
    static let kind: StaticString = "matrix_product"
    var kind: StaticString { MatrixProduct.kind }
    var settings: LayerSettings { .matrixProduct(transposesB: transposesB) }

    let transposesB: Bool

    init(transposesB: Bool) { self.transposesB = transposesB }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        guard inputs.count == 2 else {
            throw ChainruleError(.size, "matrix_product '\(name.text)' reads two layers; \(inputs.count) were given")
        }
        let (a, b) = (inputs[0], inputs[1])
        guard a.rank >= 2 && b.rank >= 2, a.channels == (transposesB ? b.channels : b[b.rank - 2]) else {
            throw ChainruleError(
                .size,
                """
                matrix_product '\(name.text)' multiplies matrices, \(transposesB ? "[..., m, k] and [..., n, k]" : "[..., m, k] and [..., k, n]"), \
                not \(a.text) and \(b.text)
                """)
        }
        guard let outer = try a.outer().extents(repeatedWith: b.outer()) else {
            throw ChainruleError(
                .size,
                """
                matrix_product '\(name.text)' reads \(a.text) and \(b.text): the lengths before the last two axes are equal or 1
                """)
        }
        let columns = transposesB ? b[b.rank - 2] : b.channels
        let rank = max(a.rank, b.rank)
        return try shape(of: name, reading: a) { () throws(ChainruleError) in
            outer.suffix(rank - 2) + [a[a.rank - 2], columns]
        }
    }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    func multiplications(shape: Shape, inputs: [Shape]) -> Int {
        let (product, overflow) = shape.count.multipliedReportingOverflow(by: inputs[0].channels)
        return overflow ? .max : product
    }

    /// For products, and for one that is added.
    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int {
        let (m, n, k) = (rowsAtATime(shape, inputs[0], inputs[1]), shape.channels, inputs[0].channels)
        func most(_ rows: Int, _ columns: Int, _ depth: Int) -> Int64 {
            Int64(
                max(
                    PackedProduct.scratchCount(rows: rows, columns: columns, depth: depth),
                    CopyLayout.scratchCount(rows: rows, columns: columns, depth: min(depth, CopyLayout.mostDepth))))
        }
        if !backward { return Int(clamping: most(m, n, k)) }
        let added = max(Int64(m) * Int64(n), Int64(m) * Int64(k), Int64(k) * Int64(n)) + 16
        return Int(clamping: added + max(most(m, n, k), most(m, k, n), transposesB ? most(n, k, m) : most(k, n, m)))
    }

    // MARK: Passes

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        forEachProduct(pass, pass.inputActivation(0), pass.inputActivation(1), pass.h) { a, b, h in
            multiply(a, b, into: h, accumulating: false, pass)
        }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        passBack(pass, pass.delta, pass.inputActivation(0), pass.inputActivation(1), accumulating: false)
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let (values, h) = (pass.values, pass.tangents.h)
        var isFirst = true
        if let a = pass.inputTangent(0) {
            forEachProduct(values, a, values.inputActivation(1), h) { a, b, h in
                multiply(a, b, into: h, accumulating: false, values)
            }
            isFirst = false
        }
        if let b = pass.inputTangent(1) {
            forEachProduct(values, values.inputActivation(0), b, h) { a, b, h in
                multiply(a, b, into: h, accumulating: !isFirst, values)
            }
            isFirst = false
        }
        if isFirst { h.clear() }
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        let values = pass.values
        passBack(
            pass.tangents, pass.tangents.delta, values.inputActivation(0), values.inputActivation(1),
            accumulating: false)
        passBack(pass.tangents, values.delta, pass.inputTangent(0), pass.inputTangent(1), accumulating: true)
    }

    /// Adds what δ makes of the inputs to their δ.
    /// - Parameters:
    ///   - a: nil: 0.
    ///   - accumulating: whether something is there already.
    private func passBack(_ pass: LayerPass, _ delta: Matrix, _ a: Matrix?, _ b: Matrix?, accumulating: Bool) {
        if let inputDelta = pass.inputDelta(0) {
            if !accumulating && !pass.accumulatesInputDelta(0) { inputDelta.clear() }
            if let b {
                forEachProduct(pass, inputDelta, b, delta) { inputDelta, b, delta in
                    if transposesB {
                        pass.arithmetic.product(delta, b, into: inputDelta, accumulating: true, scratch: pass.scratch)
                    } else {
                        addTransposed(delta, b, to: inputDelta, pass)
                    }
                }
            }
        }
        if let inputDelta = pass.inputDelta(1) {
            if !accumulating && !pass.accumulatesInputDelta(1) { inputDelta.clear() }
            if let a {
                forEachProduct(pass, a, inputDelta, delta) { a, inputDelta, delta in
                    let (left, right) = transposesB ? (delta, a) : (a, delta)
                    pass.arithmetic.transposedProduct(
                        left, right, into: inputDelta, accumulating: true, scratch: pass.scratch)
                }
            }
        }
    }

    private func multiply(_ a: Matrix, _ b: Matrix, into h: Matrix, accumulating: Bool, _ pass: LayerPass) {
        if !transposesB {
            pass.arithmetic.product(a, b, into: h, accumulating: accumulating, scratch: pass.scratch)
        } else if accumulating {
            addTransposed(a, b, to: h, pass)
        } else {
            pass.arithmetic.productTransposed(a, b, plus: nil, into: h, scratch: pass.scratch)
        }
    }

    /// `C += A Bᵀ`.
    private func addTransposed(_ a: Matrix, _ b: Matrix, to c: Matrix, _ pass: LayerPass) {
        let product = Matrix(base: pass.scratch.base, rows: c.rows, columns: c.columns)
        pass.arithmetic.productTransposed(
            a, b, plus: nil, into: product, scratch: pass.scratch.fromNextLine(after: product.count))
        pass.arithmetic.add(product, to: c)
    }

    /// How many rows of A a product has: all of a sample, if there is one B for them.
    private func rowsAtATime(_ shape: Shape, _ a: Shape, _ b: Shape) -> Int {
        b.positions == b[b.rank - 2] && a.positions == shape.positions ? shape.positions : shape[shape.rank - 2]
    }

    /// Calls `body` with the matrices of each product.
    private func forEachProduct(
        _ pass: LayerPass, _ a: Matrix, _ b: Matrix, _ h: Matrix, _ body: (Matrix, Matrix, Matrix) -> Void
    ) {
        let (aShape, bShape, shape) = (pass.inputShape(0), pass.inputShape(1), pass.shape)
        let rows = rowsAtATime(shape, aShape, bShape)
        for row in 0..<pass.rows.count {
            for place in 0..<shape.positions / rows {
                let aPlace = rows == aShape.positions ? 0 : aShape.place(ofMatrix: place, in: shape)
                body(
                    a.rows(from: row * aShape.positions + aPlace * rows, count: rows),
                    bShape.matrix(bShape.place(ofMatrix: place, in: shape), b, row),
                    h.rows(from: row * shape.positions + place * rows, count: rows))
            }
        }
    }

    func encode(to json: inout JSONWriter) { json.member("transpose_b", transposesB) }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        MatrixProduct(transposesB: try object.boolean("transpose_b"))
    }
}

extension Shape {
    /// The axes before the last two; one of length 1 if there are none.
    fileprivate func outer() throws(ChainruleError) -> Shape {
        try Shape(rank > 2 ? Array(extents.dropLast(2)) : [1])
    }

    /// Which of its matrices belongs to a product.
    /// - Parameter place: the product's place among those of a shape in which the matrices are repeated.
    fileprivate func place(ofMatrix place: Int, in shape: Shape) -> Int {
        var (index, rest, size) = (0, place, 1)
        for axis in (0..<max(rank - 2, 0)).reversed() {
            let length = shape[axis + shape.rank - rank]
            if self[axis] > 1 { index += rest % length * size }
            (rest, size) = (rest / length, size * self[axis])
        }
        return index
    }

    /// A sample's matrix.
    /// - Parameter view: rows of channels.
    fileprivate func matrix(_ place: Int, _ view: Matrix, _ row: Int) -> Matrix {
        let rows = self[rank - 2]
        return view.rows(from: row * positions + place * rows, count: rows)
    }
}
