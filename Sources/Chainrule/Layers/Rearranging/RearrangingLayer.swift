/// A layer that only moves the elements of its input: `h = M h_in`, `δ_in = Mᵀ δ`, with a matrix M of zeros and ones.
/// Likewise for the tangents.
protocol RearrangingLayer: ParameterlessLayer {
    /// M, for inputs of this shape.
    func rearrangement(of input: Shape, into shape: Shape) -> Rearrangement
}

extension RearrangingLayer {
    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        let input = pass.inputActivation(0)
        if pass.h.isSameMemory(as: input) { return }
        rearrangement(of: pass.inputShape(0), into: pass.shape).apply(
            pass.samples(of: input), to: pass.samples(of: pass.h), accumulating: false,
            pass.arithmetic)
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0), !inputDelta.isSameMemory(as: pass.delta) else { return }
        rearrangement(of: pass.inputShape(0), into: pass.shape).applyAdjoint(
            pass.samples(of: pass.delta), to: pass.samples(of: inputDelta),
            accumulating: pass.accumulatesInputDelta(0), pass.arithmetic)
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) { try forward(pass.tangents) }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }
}
