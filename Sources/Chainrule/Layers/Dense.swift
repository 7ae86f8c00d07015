import Kernels

/// A fully connected layer: `z = W h_in + b`, `h = σ(z)`.
///
/// W is `N_l × N_{l−1}`, row-major. The bias is optional. The layer works along the last axis, at every position alike. For
/// a batch, the rows of H_in, Z, H, Δ and S are samples, or the positions of all samples:
///
///     Z = H_in Wᵀ + 1 bᵀ        H = σ(Z)
///     S = Δ ⊙ σ'(Z)
///     ∂C/∂W = Sᵀ H_in           sums s ⊗ h_{l−1} over the batch
///     ∂C/∂b = Sᵀ 1
///     Δ_in  = S W               is Wᵀ s for every sample, with the W of the forward pass
///
/// and the tangents of all of them, by the product rule.
final class Dense: PreparableLayer {
    static let kind: StaticString = "dense"
    var kind: StaticString { Dense.kind }
    var settings: LayerSettings {
        .dense(activation, bias: hasBias, weights: weightInitializer, biases: biasInitializer)
    }

    let units: Int
    let activation: Activation
    let hasBias: Bool
    let weightInitializer: Initializer
    let biasInitializer: Initializer

    init(
        units: Int, activation: Activation, hasBias: Bool, weightInitializer: Initializer = .standard,
        biasInitializer: Initializer = .standard
    ) {
        self.units = units
        self.activation = activation
        self.hasBias = hasBias
        self.weightInitializer = weightInitializer
        self.biasInitializer = biasInitializer
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        guard inputs.count == 1 else {
            throw ChainruleError(.size, "dense layer '\(name.text)' reads one layer; \(inputs.count) were given")
        }
        guard units >= 1 else {
            throw ChainruleError(.size, "dense layer '\(name.text)' has at least 1 unit; \(units) were given")
        }
        try activation.validate(layer: name, width: units)
        try weightInitializer.validate(layer: name, tensor: "weight")
        try biasInitializer.validate(layer: name, tensor: "bias")
        return try inputs[0].with(channels: units, in: name)
    }

    func tensors(shape: Shape, inputs: [Shape]) -> [TensorShape] {
        let fanIn = inputs[0].channels
        var weights = weightInitializer
        if case .standard = weights { weights = activation.weightInitializer }
        let weight = TensorShape(
            name: "weight", extents: [units, fanIn], role: .weight, initializer: weights)
        if !hasBias { return [weight] }
        var biases = biasInitializer
        if case .standard = biases { biases = .glorotUniform(fanIn: fanIn, fanOut: units) }
        return [weight, TensorShape(name: "bias", extents: [units], role: .bias, initializer: biases)]
    }

    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int {
        let (rows, fanIn) = (rows * shape.positions, inputs[0].channels)
        let forward = PackedProduct.scratchCount(rows: rows, columns: units, depth: fanIn)
        guard backward else { return forward }
        let depth = min(units, CopyLayout.mostDepth)
        return max(forward, CopyLayout.scratchCount(rows: rows, columns: fanIn, depth: depth))
    }

    var preactivation: Preactivation { activation.preactivation }

    var outputActivation: Activation? { activation }

    var signal: Signal { activation.signal }
    var needsActivation: Bool { !activation.isIdentity }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        pass.arithmetic.productTransposed(
            pass.inputActivation(0), pass.parameter(0), plus: hasBias ? pass.parameter(1) : nil, into: pass.z,
            scratch: pass.scratch)
        try activation.forward(pass)
    }

    var biasTensor: Int? { hasBias ? 1 : nil }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .step }

    func packing(shape: Shape, inputs: [Shape]) -> WeightPacking {
        WeightPacking(use: .rows, units: units, depth: inputs[0].channels)
    }

    func forward(_ pass: LayerPass, with weights: PackedWeights, into z: Matrix) {
        weights.multiply(0, pass.inputActivation(0), into: z)
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        try signal(pass)
        inputDelta(pass)
    }

    var hasIndependentUnits: Bool { !activation.isCustom && !activation.readsWholeRows }

    func signal(_ pass: LayerPass) throws(ChainruleError) { try activation.backward(pass) }

    func inputDelta(_ pass: LayerPass) {
        guard let inputDelta = pass.inputDelta(0) else { return }
        pass.arithmetic.product(
            pass.s, pass.ofInputUnits(pass.parameter(0)), into: inputDelta,
            accumulating: pass.accumulatesInputDelta(0), scratch: pass.scratch)
    }

    func gradient(ofTensor index: Int, term: Int, _ pass: GradientPass) -> GradientTerm {
        index == 0 ? .transposedProduct(pass.s, pass.inputActivation(0)) : .columnSums(pass.s)
    }

    /// `R{Z} = H_in R{W}ᵀ + 1 R{b}ᵀ + R{H_in} Wᵀ`, `R{H} = σ'(Z) ⊙ R{Z}`.
    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let z = pass.tangents.z
        let inputTangent = pass.inputTangent(0)
        if let weightTangent = pass.parameterTangent(0) {
            pass.arithmetic.productTransposed(
                pass.values.inputActivation(0), weightTangent, plus: hasBias ? pass.parameterTangent(1) : nil, into: z,
                scratch: pass.values.scratch)
            if let inputTangent {
                let share = pass.tangents.h
                pass.arithmetic.productTransposed(
                    inputTangent, pass.values.parameter(0), plus: nil, into: share, scratch: pass.values.scratch)
                pass.arithmetic.add(share, to: z)
            }
        } else if let inputTangent {
            pass.arithmetic.productTransposed(
                inputTangent, pass.values.parameter(0), plus: nil, into: z, scratch: pass.values.scratch)
        } else {
            z.fill { 0 }
        }
        try activation.tangent(pass)
    }

    /// `R{S} = R{Δ} ⊙ σ'(Z) + Δ ⊙ σ''(Z) ⊙ R{Z}`, `R{Δ_in} = R{S} W + S R{W}`.
    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        try activation.tangentBackward(pass)
        guard let inputDelta = pass.tangents.inputDelta(0) else { return }
        pass.arithmetic.product(
            pass.tangents.s, pass.values.parameter(0), into: inputDelta,
            accumulating: pass.tangents.accumulatesInputDelta(0), scratch: pass.values.scratch)
        if let weightTangent = pass.parameterTangent(0) {
            pass.arithmetic.product(
                pass.values.s, weightTangent, into: inputDelta, accumulating: true, scratch: pass.values.scratch)
        }
    }

    /// `R{∂C/∂W} = R{S}ᵀ H_in + Sᵀ R{H_in}`, `R{∂C/∂b} = R{S}ᵀ 1`.
    func gradientTangent(ofTensor index: Int, term: Int, _ pass: TangentGradientPass) -> GradientTerm? {
        switch (index, term) {
        case (0, 0): .transposedProduct(pass.tangents.s, pass.values.inputActivation(0))
        case (0, _): pass.inputTangent(0).map { .transposedProduct(pass.values.s, $0) }
        case (_, 0): .columnSums(pass.tangents.s)
        default: nil
        }
    }

    /// `|Σ s h| ≤ positions · max|s| · max|h|`, where h is 1 for a bias.
    func gradientBound(positions: Int, signal: Double, input: Double) -> Double {
        Double(positions) * signal * (1 + input)
    }

    func encode(to json: inout JSONWriter) {
        json.member("units", units)
        json.member("bias", hasBias)
        activation.encode(to: &json)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Dense(
            units: try object.integer("units"), activation: try Activation.decode(object),
            hasBias: try object.boolean("bias"))
    }
}
