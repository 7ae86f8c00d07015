/// A layer `z = L(W, h_in) + b`, `h = σ(z)`, with a map L that is linear in W and in h_in. The rest follows:
///
///     S = Δ ⊙ σ'(Z)      Δ_in = what L's adjoint in h_in makes of S and W
///     ∂C/∂b = Sᵀ 1       ∂C/∂W = what L's adjoint in W makes of S and h_in
///
/// and the tangents of all of them, by the product rule.
protocol ProductLayer: GradientWritingLayer {
    var activation: Activation { get }
    var hasBias: Bool { get }

    /// `Z = L(W, H) + b`, or `Z += L(W, H)`.
    func multiply(
        _ x: Matrix, _ w: Matrix, plus bias: Matrix?, into z: Matrix, accumulating: Bool, _ pass: LayerPass)
    /// The input's share of S.
    func multiplyInput(_ s: Matrix, _ w: Matrix, into delta: Matrix, accumulating: Bool, _ pass: LayerPass)
    /// A thread's share of the gradient of W.
    func multiplyWeights(
        _ s: Matrix, _ x: Matrix, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart)
}

extension ProductLayer {
    var preactivation: Preactivation { activation.preactivation }
    var outputActivation: Activation? { activation }
    var signal: Signal { activation.signal }
    var needsActivation: Bool { !activation.isIdentity }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        multiply(
            pass.inputActivation(0), pass.parameter(0), plus: hasBias ? pass.vector(1) : nil, into: pass.z,
            accumulating: false, pass)
        try activation.forward(pass)
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        try activation.backward(pass)
        guard let inputDelta = pass.inputDelta(0) else { return }
        multiplyInput(
            pass.s, pass.parameter(0), into: inputDelta, accumulating: pass.accumulatesInputDelta(0), pass)
    }

    func writeGradient(
        ofTensor index: Int, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart
    ) {
        if index == 0 {
            multiplyWeights(pass.s, pass.inputActivation(0), into: gradient, accumulating: accumulating, pass, part)
        } else {
            part.sumColumns(pass.s, into: gradient, accumulating: accumulating)
        }
    }

    /// `R{Z} = L(R{W}, H) + R{b} + L(W, R{H})`, `R{H} = σ'(Z) ⊙ R{Z}`.
    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let z = pass.tangents.z
        if let weightTangent = pass.parameterTangent(0) {
            multiply(
                pass.values.inputActivation(0), weightTangent, plus: hasBias ? pass.vectorTangent(1) : nil, into: z,
                accumulating: false, pass.values)
        } else {
            z.fill { 0 }
        }
        if let inputTangent = pass.inputTangent(0) {
            multiply(inputTangent, pass.values.parameter(0), plus: nil, into: z, accumulating: true, pass.values)
        }
        try activation.tangent(pass)
    }

    /// `R{S} = R{Δ} ⊙ σ'(Z) + Δ ⊙ σ''(Z) ⊙ R{Z}`; `R{Δ_in}` has a share of R{S} and W, and one of S and R{W}.
    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        try activation.tangentBackward(pass)
        guard let inputDelta = pass.tangents.inputDelta(0) else { return }
        multiplyInput(
            pass.tangents.s, pass.values.parameter(0), into: inputDelta,
            accumulating: pass.tangents.accumulatesInputDelta(0), pass.values)
        if let weightTangent = pass.parameterTangent(0) {
            multiplyInput(pass.values.s, weightTangent, into: inputDelta, accumulating: true, pass.values)
        }
    }

    func writeGradientTangent(
        ofTensor index: Int, into tangent: Matrix, accumulating: Bool, _ pass: TangentGradientPass, _ part: GradientPart
    ) {
        if index > 0 { return part.sumColumns(pass.tangents.s, into: tangent, accumulating: accumulating) }
        multiplyWeights(
            pass.tangents.s, pass.values.inputActivation(0), into: tangent, accumulating: accumulating, pass.values,
            part)
        if let inputTangent = pass.inputTangent(0) {
            multiplyWeights(pass.values.s, inputTangent, into: tangent, accumulating: true, pass.values, part)
        }
    }
}
