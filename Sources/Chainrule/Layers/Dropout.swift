/// Inverted dropout (Srivastava et al. 2014). In training `h = m ⊙ h_in` and `δ_in = m ⊙ δ`, where each element of m is
/// 0 with probability p, and `1 / (1 − p)` otherwise; or each channel of m, at all positions (Tompson et al. 2015). Outside
/// training `h = h_in`. Likewise for the tangents.
final class Dropout: ParameterlessLayer {
    static let kind: StaticString = "dropout"
    static let channelKind: StaticString = "channel_dropout"
    var kind: StaticString { dropsChannels ? Dropout.channelKind : Dropout.kind }
    var settings: LayerSettings { .dropout(rate: rate, wholeChannels: dropsChannels) }

    /// p.
    let rate: Float
    private let dropsChannels: Bool

    init(rate: Float, wholeChannels: Bool = false) {
        self.rate = rate
        dropsChannels = wholeChannels
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        guard rate >= 0 && rate < 1 else {
            throw ChainruleError(.value, "the rate of dropout '\(name.text)' is \(rate); it must be in [0, 1)")
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
        masked(pass.samples(of: pass.inputActivation(0)), into: pass.samples(of: pass.h), accumulating: false, pass)
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0) else { return }
        masked(
            pass.samples(of: pass.delta), into: pass.samples(of: inputDelta),
            accumulating: pass.accumulatesInputDelta(0), pass)
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) { try forward(pass.tangents) }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    /// `B = m ⊙ A`, or `B += m ⊙ A`. Draws m again for each pass, a row at a time; never stores it.
    private func masked(_ a: Matrix, into b: Matrix, accumulating: Bool, _ pass: LayerPass) {
        guard let noise = pass.noise, rate > 0 else {
            return pass.arithmetic.assign(a, to: b, accumulating: accumulating)
        }
        let threshold = UInt32(Double(rate) * 4_294_967_296)
        // A mask for all positions is drawn in one of them.
        let count = dropsChannels ? pass.shape.channels : a.columns
        let mask = Matrix(base: pass.scratch.base, rows: 1, columns: count)
        let row = Matrix(base: pass.scratch.base, rows: 1, columns: a.columns)
        for index in 0..<a.rows {
            pass.arithmetic.mask(
                noise.place(layer: pass.layer, row: pass.batchRow(index)), threshold: threshold, scale: 1 / (1 - rate),
                into: mask)
            for start in stride(from: count, to: row.count, by: count) {
                row.columns(from: start, count: count).assign(mask)
            }
            pass.arithmetic.multiply(row, by: a.row(index))
            pass.arithmetic.assign(row, to: b.row(index), accumulating: accumulating)
        }
    }

    func encode(to json: inout JSONWriter) { json.member("rate", rate) }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Dropout(rate: Float(try object.number("rate")))
    }

    static func decodeChannels(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Dropout(rate: Float(try object.number("rate")), wholeChannels: true)
    }
}
