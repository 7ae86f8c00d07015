/// A layer that only moves the elements of its input: `h = M h_in`, `δ_in = Mᵀ δ`, with a matrix M of zeros and ones.
/// Likewise for the tangents.
protocol RearrangingLayer: ParameterlessLayer {
    /// M, for inputs of this shape.
    func rearrangement(of input: Shape, into shape: Shape) -> Rearrangement
}

extension RearrangingLayer {
    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        rearrangement(of: pass.inputShape(0), into: pass.shape).apply(
            pass.samples(of: pass.inputActivation(0)), to: pass.samples(of: pass.h), accumulating: false,
            pass.arithmetic)
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0) else { return }
        rearrangement(of: pass.inputShape(0), into: pass.shape).applyAdjoint(
            pass.samples(of: pass.delta), to: pass.samples(of: inputDelta),
            accumulating: pass.accumulatesInputDelta(0), pass.arithmetic)
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) { try forward(pass.tangents) }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }
}

extension Layer {
    /// The shape of the only input. Throws if there are several.
    func onlyInput(_ inputs: [Shape], of layer: LayerName) throws(ChainruleError) -> Shape {
        guard inputs.count == 1 else {
            throw ChainruleError(
                .size, "\(kind) '\(layer.text)' reads one layer; \(inputs.count) were given")
        }
        return inputs[0]
    }

    /// Throws unless a list has a number for each axis of the input, or for each but the channels.
    func checkCount(
        _ count: Int, _ what: StaticString, of input: Shape, exceptChannels: Bool = false, in layer: LayerName
    ) throws(ChainruleError) {
        let wanted = exceptChannels ? input.rank - 1 : input.rank
        guard count == wanted else {
            throw ChainruleError(
                .size,
                """
                \(kind) '\(layer.text)' reads \(input.text): \(what) holds \(wanted) numbers, one for each axis\
                \(exceptChannels ? " but the channels" : ""); \(count) were given
                """)
        }
    }
}
