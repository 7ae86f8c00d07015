/// Gaussian noise. In training `h = h_in + n`, where each element of n is normal with mean 0 and standard deviation s.
/// Outside training `h = h_in`. `δ_in = δ`, and the tangents are those of the input.
final class GaussianNoise: ParameterlessLayer {
    static let kind: StaticString = "noise"
    var kind: StaticString { GaussianNoise.kind }
    var settings: LayerSettings { .noise(deviation: deviation) }

    /// s.
    let deviation: Float

    init(deviation: Float) { self.deviation = deviation }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        guard deviation.isFinite && deviation >= 0 else {
            throw ChainruleError(
                .value, "the deviation of noise '\(name.text)' is \(deviation); it must be finite and >= 0")
        }
        return input
    }

    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int { shape.count }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .step }
    var overwritesInput: Bool { true }
    var overwritesDelta: Bool { true }
    var isIdentityWithoutNoise: Bool { true }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        pass.h.assign(pass.inputActivation(0))
        guard let noise = pass.noise, deviation > 0 else { return }
        let h = pass.samples(of: pass.h)
        let row = Matrix(base: pass.scratch.base, rows: 1, columns: h.columns)
        for index in 0..<h.rows {
            pass.arithmetic.normal(
                noise.place(layer: pass.layer, row: pass.batchRow(index)), deviation: deviation, into: row)
            pass.arithmetic.add(row, to: h.row(index))
        }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0) else { return }
        pass.arithmetic.assign(pass.delta, to: inputDelta, accumulating: pass.accumulatesInputDelta(0))
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        pass.tangents.h.assign(pass.tangents.inputActivation(0))
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    func encode(to json: inout JSONWriter) { json.member("deviation", deviation) }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        GaussianNoise(deviation: Float(try object.number("deviation")))
    }
}
