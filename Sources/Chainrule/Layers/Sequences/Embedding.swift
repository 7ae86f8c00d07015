/// A table of vectors, one for each token: `h_i = W[x_i]`. W is `tokens × width`; x holds integers as floats.
///
/// `∂C/∂W` is 0 but in the rows of tokens that x holds: `∂C/∂W[k] = Σ δ_i` over the i with `x_i = k`. x gets no δ.
final class Embedding: GradientWritingLayer {
    static let kind: StaticString = "embedding"
    var kind: StaticString { Embedding.kind }
    var settings: LayerSettings { .embedding(tokens: tokens, width: width, weights: initializer) }

    private let tokens: Int
    private let width: Int
    private let initializer: Initializer

    /// A float holds every integer up to this.
    private static var mostTokens: Int { 1 << 24 }

    init(tokens: Int, width: Int, weights: Initializer = .standard) {
        self.tokens = tokens
        self.width = width
        initializer = weights
    }

    /// A last axis of 1 becomes the channels; otherwise they are one axis more.
    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        guard tokens >= 1 && tokens <= Embedding.mostTokens else {
            throw ChainruleError(
                .size, "embedding '\(name.text)' has 1 to \(Embedding.mostTokens) tokens; \(tokens) were given")
        }
        guard width >= 1 else {
            throw ChainruleError(.size, "embedding '\(name.text)' has a width of at least 1; \(width) was given")
        }
        try initializer.validate(layer: name, tensor: "weight")
        return try shape(of: name, reading: input) { () throws(ChainruleError) in
            (input.channels == 1 ? Array(input.extents.dropLast()) : input.extents) + [width]
        }
    }

    func tensors(shape: Shape, inputs: [Shape]) -> [TensorShape] {
        // PyTorch's.
        let weights: Initializer =
            if case .standard = initializer { .normal(mean: 0, deviation: 1) } else { initializer }
        return [TensorShape(name: "weight", extents: [tokens, width], role: .weight, initializer: weights)]
    }

    /// It multiplies nothing.
    func uses(shape: Shape, inputs: [Shape]) -> Int { 0 }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        try pass.checkIntegers(ofInput: 0, "token", in: 0...tokens - 1)
        lookUp(pass.parameter(0), pass.inputActivation(0), into: pass.h)
    }

    private func lookUp(_ table: Matrix, _ x: Matrix, into h: Matrix) {
        forEachToken(x) { token, place in h.row(place).assign(table.row(token)) }
    }

    /// Calls `body` with each token, and the place of its vector.
    private func forEachToken(_ x: Matrix, _ body: (_ token: Int, _ place: Int) -> Void) {
        for row in 0..<x.rows {
            for column in 0..<x.columns { body(Int(x[row, column]), row * x.columns + column) }
        }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        if !pass.accumulatesInputDelta(0) { pass.inputDelta(0)?.fill { 0 } }
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        guard let tangent = pass.parameterTangent(0) else { return pass.tangents.h.fill { 0 } }
        lookUp(tangent, pass.values.inputActivation(0), into: pass.tangents.h)
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .step }
    var checksInputs: Bool { true }

    var hasFewGradientRows: Bool { true }

    func forEachGradientRow(_ pass: GradientPass, _ body: (Int) -> Void) {
        forEachToken(pass.inputActivation(0)) { token, _ in body(token) }
    }

    func writeGradient(
        ofTensor index: Int, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart
    ) {
        sumRows(pass.delta, pass.inputActivation(0), into: gradient, accumulating: accumulating, part)
    }

    func writeGradientTangent(
        ofTensor index: Int, into tangent: Matrix, accumulating: Bool, _ pass: TangentGradientPass, _ part: GradientPart
    ) {
        sumRows(
            pass.tangents.delta, pass.values.inputActivation(0), into: tangent, accumulating: accumulating, part)
    }

    /// Each thread sums some of the columns, in the order of the rows.
    private func sumRows(
        _ delta: Matrix, _ x: Matrix, into gradient: Matrix, accumulating: Bool, _ part: GradientPart
    ) {
        let columns = part.share.of(width)
        if columns.isEmpty { return }
        func share(_ matrix: Matrix) -> Matrix { matrix.columns(from: columns.lowerBound, count: columns.count) }
        let (delta, gradient) = (share(delta), share(gradient))
        if !accumulating { gradient.fill { 0 } }
        forEachToken(x) { token, place in part.arithmetic.add(delta.row(place), to: gradient.row(token)) }
    }

    func encode(to json: inout JSONWriter) {
        json.member("tokens", tokens)
        json.member("width", width)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Embedding(tokens: try object.integer("tokens"), width: try object.integer("width"))
    }
}
