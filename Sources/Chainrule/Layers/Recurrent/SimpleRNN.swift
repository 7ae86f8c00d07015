import Kernels

/// Elman's recurrent layer (1990): `h = σ(W_ih x + W_hh h' + b)`, σ being tanh or max(0, z).
final class SimpleRNN: RecurrentCell {
    static let kind: StaticString = "rnn"
    var kind: StaticString { SimpleRNN.kind }

    let layout: RecurrentLayout
    private let hasBias: Bool
    private let rectifies: Bool

    var firstOfMore: Int { hasBias ? 3 : 2 }

    init(units: Int, hasBias: Bool, rectifies: Bool) {
        self.hasBias = hasBias
        self.rectifies = rectifies
        layout = RecurrentLayout(units: units, gates: 1, signals: 1)
    }

    private func select(_ arithmetic: Arithmetic) -> ActivationKernel<Float> {
        rectifies ? arithmetic.kernels.activations.relu : arithmetic.kernels.activations.tanh
    }

    let products = [0..<1]
    func forwardKernel(_ kernels: RecurrentKernels<Float>) -> RecurrentKernels<Float>.Step {
        rectifies ? kernels.reluForward : kernels.tanhForward
    }

    func backward(_ step: RecurrentStep, _ pass: LayerPass) {
        step.arithmetic.applyBackward(
            select, alpha: 0, z: step.gates, h: step.gates, delta: step.state, s: step.signals)
        step.arithmetic.product(
            step.signals, pass.parameter(1), into: step.state, accumulating: false, scratch: step.product)
    }

    func tangent(_ step: RecurrentTangentStep) {
        step.multiply(step.values.previous, tangent: step.tangents.state, gates: layout.gates)
        let (h, hTangent, recurrent) = (step.values.gates, step.tangents.gates, step.tangents.recurrent)
        step.forEachUnit { row, unit in
            let z = hTangent[row, unit] + recurrent[row, unit]
            hTangent[row, unit] = rectifies ? (h[row, unit] > 0 ? z : 0) : Dual.tanh(h[row, unit], of: z).tangent
        }
        step.tangents.state.assign(hTangent)
    }

    func tangentBackward(_ step: RecurrentTangentStep) {
        let (values, tangents) = (step.values, step.tangents)
        let (h, hTangent, signals) = (values.gates, tangents.gates, tangents.signals)
        step.forEachUnit { row, unit in
            let delta = Dual(values.state, tangents.state, row, unit)
            signals[row, unit] =
                rectifies
                ? (h[row, unit] > 0 ? delta.tangent : 0) : delta.times(Dual(h, hTangent, row, unit).tanhSlope).tangent
        }
        step.passOn(signals: 0..<units, to: values.state, tangent: tangents.state, accumulating: false)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        let name = try object.text("activation")
        for rectifies in [false, true] where name.isSame(as: rectifies ? "relu" : "tanh") {
            return try RecurrentSettings.decode(object, .simple(rectifies: rectifies))
        }
        throw ChainruleError(
            .format, "a layer of type '\(kind)' has the activation '\(name.content)'; it is tanh or relu")
    }
}
