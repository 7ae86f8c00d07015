/// Normalisation of blocks of one sample: of each position's channels (Ba, Kiros and Hinton 2016), of the same without
/// centring (Zhang and Sennrich 2019), or of groups of channels over all positions (Wu and He 2018).
///
/// With the mean μ and the variance v of a block, `r = 1/√(v + ε)`, `z = r (x − μ)`. The derivative of z in x is the
/// symmetric matrix `J = r (I − 1 1ᵀ/n − z zᵀ/n)`, so that `δ_in = J (γ ⊙ δ)` and `R{z} = J R{x}`; and
/// `R{J} u = R{r}/r J u − r/n (R{z} zᵀu + z R{z}ᵀu)` with `R{r} = −r²/n zᵀR{x}`. Without centring, μ is 0, v the mean square,
/// and J lacks the middle term.
final class BlockNormalization: NormalizingLayer {
    static let layerKind: StaticString = "layer_normalization"
    static let rootMeanSquareKind: StaticString = "rms_normalization"
    static let groupKind: StaticString = "group_normalization"
    var kind: StaticString {
        switch blocks {
        case .layer: BlockNormalization.layerKind
        case .rootMeanSquare: BlockNormalization.rootMeanSquareKind
        case .group: BlockNormalization.groupKind
        case .batch: BatchNormalization.kind
        }
    }
    var settings: LayerSettings { .normalization(blocks, epsilon: epsilon, isAffine: isAffine) }

    private let blocks: NormalizationMethod
    let epsilon: Float
    private let isAffine: Bool
    var hasScale: Bool { isAffine }
    /// z is kept, or is h.
    var needsActivation: Bool { !hasScale }
    var hasOffset: Bool { isAffine && centers }
    private var centers: Bool { if case .rootMeanSquare = blocks { false } else { true } }

    init(_ blocks: NormalizationMethod, epsilon: Float, isAffine: Bool) {
        self.blocks = blocks
        self.epsilon = epsilon
        self.isAffine = isAffine
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        try checkEpsilon(name)
        if case .group(let groups) = blocks {
            guard groups >= 1 && input.channels % groups == 0 else {
                throw ChainruleError(
                    .size,
                    "group_normalization '\(name.text)' reads \(input.text): \(groups) groups do not divide its channels"
                )
            }
        }
        return input
    }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence {
        if case .group = blocks { shape.rank > 1 ? .allSteps : .step } else { .step }
    }

    /// How many blocks a sample has, and where the rows and columns of each lie.
    private func count(in shape: Shape) -> Int {
        if case .group(let groups) = blocks { groups } else { shape.positions }
    }

    private func block(_ index: Int, ofSample sample: Int, _ view: Matrix, _ shape: Shape) -> Matrix {
        let first = sample * shape.positions
        guard case .group(let groups) = blocks else { return view.row(first + index) }
        let width = shape.channels / groups
        return view.rows(from: first, count: shape.positions).columns(from: index * width, count: width)
    }

    private func gamma(_ index: Int, of vector: Matrix?, _ shape: Shape) -> Matrix? {
        guard let vector, case .group(let groups) = blocks else { return vector }
        let width = shape.channels / groups
        return Matrix(base: vector.base + index * width, rows: 1, columns: width)
    }

    /// r of each block.
    func keptPerRow(shape: Shape, inputs: [Shape]) -> Int { count(in: shape) }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        let (x, z, kept, shape) = (pass.inputActivation(0), pass.z, pass.kept, pass.shape)
        for sample in 0..<pass.rows.count {
            for index in 0..<count(in: shape) {
                let r = pass.arithmetic.normalizeBlock(
                    block(index, ofSample: sample, x, shape), into: block(index, ofSample: sample, z, shape),
                    centers: centers, epsilon: epsilon)
                kept?[sample, index] = r
            }
        }
        scale(pass)
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0) else { return }
        forEachBlock(pass) { sample, index, r in
            project(
                pass.delta, hasScale ? pass.vector(0) : nil, sample, index, r, pass, into: inputDelta,
                accumulating: pass.accumulatesInputDelta(0))
        }
    }

    /// Calls `body` with each block and its r.
    private func forEachBlock(_ pass: LayerPass, _ body: (_ sample: Int, _ index: Int, _ r: Float) -> Void) {
        let kept = pass.kept!
        for sample in 0..<pass.rows.count {
            for index in 0..<count(in: pass.shape) { body(sample, index, kept[sample, index]) }
        }
    }

    /// `J (γ ⊙ u)` of a block, for this r.
    private func project(
        _ u: Matrix, _ gamma: Matrix?, _ sample: Int, _ index: Int, _ r: Float, _ pass: LayerPass, into result: Matrix,
        accumulating: Bool
    ) {
        let shape = pass.shape
        pass.arithmetic.projectBlock(
            block(index, ofSample: sample, u, shape), gamma: self.gamma(index, of: gamma, shape),
            z: block(index, ofSample: sample, pass.z, shape), inverse: r, centers: centers,
            into: block(index, ofSample: sample, result, shape), accumulating: accumulating)
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let z = pass.tangents.z
        if let inputTangent = pass.inputTangent(0) {
            forEachBlock(pass.values) { sample, index, r in
                project(inputTangent, nil, sample, index, r, pass.values, into: z, accumulating: false)
            }
        } else {
            z.fill { 0 }
        }
        scaleTangent(pass)
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        guard let inputDelta = pass.tangents.inputDelta(0) else { return }
        let (values, tangents) = (pass.values, pass.tangents)
        let gamma = hasScale ? values.vector(0) : nil
        let gammaTangent = hasScale ? pass.vectorTangent(0) : nil
        forEachBlock(values) { sample, index, r in
            func block(_ view: Matrix) -> Matrix { self.block(index, ofSample: sample, view, values.shape) }
            project(
                tangents.delta, gamma, sample, index, r, values, into: inputDelta,
                accumulating: tangents.accumulatesInputDelta(0))
            if let gammaTangent {
                project(values.delta, gammaTangent, sample, index, r, values, into: inputDelta, accumulating: true)
            }
            guard let inputTangent = pass.inputTangent(0) else { return }
            let (z, zTangent, delta) = (block(values.z), block(tangents.z), block(values.delta))
            let scales = self.gamma(index, of: gamma, values.shape)
            let rTangent = -r * r * mean(z, block(inputTangent), nil)
            project(values.delta, gamma, sample, index, rTangent, values, into: inputDelta, accumulating: true)
            let (first, second) = (r * mean(delta, z, scales), r * mean(delta, zTangent, scales))
            let result = block(inputDelta)
            for row in 0..<result.rows {
                for column in 0..<result.columns {
                    result[row, column] -= first * zTangent[row, column] + second * z[row, column]
                }
            }
        }
    }

    /// The mean of `a ⊙ b`, each column times its factor.
    private func mean(_ a: Matrix, _ b: Matrix, _ factors: Matrix?) -> Float {
        var sum = 0.0
        for row in 0..<a.rows {
            for column in 0..<a.columns {
                sum += Double(a[row, column]) * Double(b[row, column]) * Double(factors?.base[column] ?? 1)
            }
        }
        return Float(sum / Double(a.count))
    }

    func encode(to json: inout JSONWriter) {
        if case .group(let groups) = blocks { json.member("groups", groups) }
        json.member("epsilon", epsilon)
        json.member("affine", isAffine)
    }

    static func decodeLayer(_ object: JSONObject) throws(ChainruleError) -> any Layer { try decode(.layer, object) }

    static func decodeRootMeanSquare(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        try decode(.rootMeanSquare, object)
    }

    static func decodeGroup(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        try decode(.group(try object.integer("groups")), object)
    }

    private static func decode(
        _ blocks: NormalizationMethod, _ object: JSONObject
    ) throws(ChainruleError) -> any Layer {
        BlockNormalization(
            blocks, epsilon: Float(try object.number("epsilon")), isAffine: try object.boolean("affine"))
    }
}

/// What a normalisation layer normalises together.
public enum NormalizationMethod: Sendable {
    /// Each channel over all rows and positions of a batch. Outside training its mean and variance are running statistics,
    /// which each step moves towards the batch's by `momentum`.
    case batch(momentum: Float)
    /// The channels of each position.
    case layer
    /// The same, divided by the root of the mean square, not centred.
    case rootMeanSquare
    /// Groups of channels, over all positions of a sample. As many groups as channels: instance normalisation.
    case group(Int)
}
