/// A rectifier whose slope below 0 is learned for each channel (He et al. 2015): `h = z` for z > 0, otherwise `α ⊙ z`, with
/// z = h_in.
///
/// `δ_in = δ` for z > 0, otherwise `α ⊙ δ`; `∂C/∂α = Σ δ min(0, z)`. As σ'' is 0, the tangents follow by the product rule.
final class PReLU: GradientWritingLayer {
    static let kind: StaticString = "prelu"
    var kind: StaticString { PReLU.kind }
    var settings: LayerSettings { .prelu }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        try onlyInput(inputs, of: name)
    }

    func tensors(shape: Shape, inputs: [Shape]) -> [TensorShape] {
        [TensorShape(name: "weight", extents: [shape.channels], role: .scale, initializer: .constant(0.25))]
    }

    var preactivation: Preactivation { .input }
    var signal: Signal { .delta }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .step }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        rectify(pass.z, where: pass.z, pass.parameter(0), into: pass.h, accumulating: false)
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0) else { return }
        rectify(
            pass.delta, where: pass.z, pass.parameter(0), into: inputDelta,
            accumulating: pass.accumulatesInputDelta(0))
    }

    /// `B = A` where z > 0, otherwise `α ⊙ A`.
    /// - Parameter positive: the factor where z > 0.
    private func rectify(
        _ a: Matrix, where z: Matrix, _ alpha: Matrix, positive: Float = 1, into b: Matrix, accumulating: Bool
    ) {
        for row in 0..<a.rows {
            for column in 0..<a.columns {
                let value = a[row, column] * (z[row, column] > 0 ? positive : alpha.base[column])
                b[row, column] = accumulating ? b[row, column] + value : value
            }
        }
    }

    /// `R{h} = σ'(z) R{z} + R{α} min(0, z)`.
    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let (z, h) = (pass.values.z, pass.tangents.h)
        if let inputTangent = pass.inputTangent(0) {
            rectify(inputTangent, where: z, pass.values.parameter(0), into: h, accumulating: false)
        } else {
            h.fill { 0 }
        }
        if let alphaTangent = pass.parameterTangent(0) {
            rectify(z, where: z, alphaTangent, positive: 0, into: h, accumulating: true)
        }
    }

    /// `R{δ_in} = σ'(z) R{δ} + R{α} δ` where z ≤ 0.
    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        guard let inputDelta = pass.tangents.inputDelta(0) else { return }
        let z = pass.values.z
        rectify(
            pass.tangents.delta, where: z, pass.values.parameter(0), into: inputDelta,
            accumulating: pass.tangents.accumulatesInputDelta(0))
        if let alphaTangent = pass.parameterTangent(0) {
            rectify(pass.values.delta, where: z, alphaTangent, positive: 0, into: inputDelta, accumulating: true)
        }
    }

    func writeGradient(
        ofTensor index: Int, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart
    ) {
        addProducts(
            pass.delta, pass.inputActivation(0), where: pass.inputActivation(0), to: gradient, accumulating, part)
    }

    /// `R{∂C/∂α} = Σ R{δ} min(0, z) + δ R{z}` where z ≤ 0.
    func writeGradientTangent(
        ofTensor index: Int, into tangent: Matrix, accumulating: Bool, _ pass: TangentGradientPass, _ part: GradientPart
    ) {
        let z = pass.values.inputActivation(0)
        addProducts(pass.tangents.delta, z, where: z, to: tangent, accumulating, part)
        if let inputTangent = pass.inputTangent(0) {
            addProducts(pass.values.delta, inputTangent, where: z, to: tangent, true, part)
        }
    }

    /// The thread's share of the sums over rows of `A ⊙ B` where z ≤ 0.
    private func addProducts(
        _ a: Matrix, _ b: Matrix, where z: Matrix, to sums: Matrix, _ accumulating: Bool, _ part: GradientPart
    ) {
        for column in part.share.of(a.columns) {
            var sum: Float = accumulating ? sums.base[column] : 0
            for row in 0..<a.rows where !(z[row, column] > 0) { sum += a[row, column] * b[row, column] }
            sums.base[column] = sum
        }
    }

    func encode(to json: inout JSONWriter) {}

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer { PReLU() }
}
