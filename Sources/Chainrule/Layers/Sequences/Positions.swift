import CPlatform

/// Adds to each position of `[T, C]` its place, as sines and cosines (Vaswani et al. 2017, section 3.5):
///
///     h[t, 2i] = x[t, 2i] + sin(t ω_i)      h[t, 2i + 1] = x[t, 2i + 1] + cos(t ω_i)      ω_i = 10000^(−2i / C)
///
/// δ_in = δ, and likewise the tangents.
final class Positions: ParameterlessLayer {
    static let kind: StaticString = "positions"
    var kind: StaticString { Positions.kind }
    var settings: LayerSettings { .positions }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        guard input.rank == 2 else {
            throw ChainruleError(
                .size, "positions '\(name.text)' reads a sequence, [steps, channels], not \(input.text)")
        }
        return input
    }

    /// What is added.
    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int { shape.count }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }
    var overwritesInput: Bool { true }
    var overwritesDelta: Bool { true }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        let places = Matrix(base: pass.scratch.base, rows: 1, columns: pass.shape.count)
        write(to: places.reshaped(columns: pass.shape.channels))
        let (x, h) = (pass.samples(of: pass.inputActivation(0)), pass.samples(of: pass.h))
        h.assign(x)
        for row in 0..<h.rows { pass.arithmetic.add(places, to: h.row(row)) }
    }

    /// Writes what is added to each position, a row of channels.
    func write(to places: Matrix) {
        for column in stride(from: 0, to: places.columns, by: 2) {
            let frequency = exp(-Double(column) / Double(places.columns) * log(10000))
            let (sine, cosine) = (sin(frequency), cos(frequency))
            // Turned by the same angle at each step: the rounding of float64 stays far below float32's.
            var (x, y) = (1.0, 0.0)
            for row in 0..<places.rows {
                places[row, column] = Float(y)
                if column + 1 < places.columns { places[row, column + 1] = Float(x) }
                (x, y) = (x * cosine - y * sine, x * sine + y * cosine)
            }
        }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0), !inputDelta.isSameMemory(as: pass.delta) else { return }
        pass.arithmetic.assign(pass.delta, to: inputDelta, accumulating: pass.accumulatesInputDelta(0))
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        guard let tangent = pass.inputTangent(0) else { return pass.tangents.h.fill { 0 } }
        pass.tangents.h.assign(tangent)
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    func encode(to json: inout JSONWriter) {}
}
