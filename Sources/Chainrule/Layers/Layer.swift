/// One kind of layer: its shape rule, its parameters, its forward and backward passes and their tangents, all in one file.
///
/// A layer holds only what describes it; its parameters lie in the network and its intermediate values in a workspace.
/// A new layer is a file that conforms, and a line in ``LayerTable``.
package protocol Layer: AnyObject, Sendable {
    /// The stable name of the kind, used in files.
    var kind: StaticString { get }

    /// What the layer was made of.
    var settings: LayerSettings { get }

    /// The number of outputs, for these numbers of inputs.
    func width(named name: LayerName, ofInputs widths: [Int]) throws(ChainruleError) -> Int

    /// The parameters, for these numbers of inputs.
    func tensors(width: Int, inputs: [Int]) -> [TensorShape]

    /// How many floats of scratch memory forward, backward and their tangents need.
    func scratchCount(width: Int, inputs: [Int]) -> Int

    /// Where z lies.
    var preactivation: Preactivation { get }

    /// Where s = δ ⊙ σ'(z) lies.
    var signal: Signal { get }

    /// Computes z and h from the inputs' h.
    func forward(_ pass: LayerPass) throws(ChainruleError)

    /// From δ = ∂C/∂h, computes s and the inputs' δ.
    func backward(_ pass: LayerPass) throws(ChainruleError)

    /// From s and the inputs' h, a term of the gradient of one of the layer's tensors, which is the sum of as many terms as
    /// ``TensorShape/gradientTerms`` says. The parameters may change before it is computed.
    func gradient(ofTensor index: Int, term: Int, _ pass: GradientPass) -> GradientTerm

    /// From z, h and the tangents of the inputs' h and of the parameters, computes R{z} and R{h}.
    func tangent(_ pass: TangentPass) throws(ChainruleError)

    /// After ``backward(_:)``: from R{δ}, computes R{s} and the tangents of the inputs' δ. Once; it may use δ up.
    func tangentBackward(_ pass: TangentPass) throws(ChainruleError)

    /// From s, the inputs' h and their tangents, a term of the tangent of a gradient, which is the sum of two terms for each
    /// of the gradient's; nil for 0.
    func gradientTangent(ofTensor index: Int, term: Int, _ pass: TangentGradientPass) -> GradientTerm?

    /// A bound on the magnitude of the parameters' gradients over so many rows, from the largest magnitudes in s and in
    /// the inputs' h. Infinity unless a layer knows better: its gradients are then looked at before every step.
    func gradientBound(rows: Int, signal: Double, input: Double) -> Double

    /// The σ that h is σ(z) of; nil if there is none.
    var outputActivation: Activation? { get }

    /// Whether h is the input's h unless there is noise.
    var isIdentityWithoutNoise: Bool { get }

    /// Writes what describes the layer, as members of a JSON object that is open.
    func encode(to json: inout JSONWriter)
}

extension Layer {
    package var isIdentityWithoutNoise: Bool { false }
    package var outputActivation: Activation? { nil }
    /// The layer's σ, if it is the caller's own.
    package var customActivation: CustomActivation? { outputActivation?.custom }
    /// Whether the passes call functions of the caller's own, which one thread at a time does.
    package var callsCustomFunctions: Bool { customActivation != nil }
    /// Whether ``tangentBackward(_:)`` is possible: a custom σ may come without σ''.
    package var hasSecondDerivative: Bool {
        guard let custom = customActivation else { return true }
        return custom.secondDerivative != nil
    }
    package func scratchCount(width: Int, inputs: [Int]) -> Int { 0 }
    package func gradientBound(rows: Int, signal: Double, input: Double) -> Double { .infinity }
}

/// A layer without parameters.
package protocol ParameterlessLayer: Layer {}

extension ParameterlessLayer {
    package func tensors(width: Int, inputs: [Int]) -> [TensorShape] { [] }
    package func gradient(ofTensor index: Int, term: Int, _ pass: GradientPass) -> GradientTerm {
        preconditionFailure("there are no parameters")
    }
    package func gradientTangent(ofTensor index: Int, term: Int, _ pass: TangentGradientPass) -> GradientTerm? { nil }
}

/// A parameter tensor of a layer, before it has a place.
package struct TensorShape: Sendable {
    /// What comes after the layer's name, such as "weight" or "bias".
    let name: StaticString
    /// In memory and in files: of a vector its length, of a matrix its rows and columns. A row belongs to a unit.
    let extents: [Int]
    let role: ParameterRole
    let initializer: Initializer
    /// How many terms the gradient is the sum of. Along a single one an optimizer can step while it is computed.
    let gradientTerms: Int

    package init(
        name: StaticString, extents: [Int], role: ParameterRole, initializer: Initializer, gradientTerms: Int = 1
    ) {
        self.name = name
        self.extents = extents
        self.role = role
        self.initializer = initializer
        self.gradientTerms = gradientTerms
    }
}

/// What a parameter tensor is for, whatever its name and shape.
package enum ParameterRole: Sendable {
    /// Multiplies. It is what regularization is for.
    case weight
    /// Is added. It is regularized only if biases are to be included.
    case bias
}

/// Where the preactivation z of a layer is kept.
package enum Preactivation: Sendable {
    /// In memory of its own; for inference, where h will be.
    case own
    /// The same where z is to be kept for the caller; otherwise where h will be, for σ' can be had from h.
    case replaceable
    /// In memory of its own: a custom σ is promised two arrays.
    case alwaysOwn
    /// It is the input's h.
    case input
    /// It is h: the layer has no σ, or the identity.
    case activation
}

/// Where the signal s = δ ⊙ σ'(z) of a layer is kept.
package enum Signal: Sendable {
    case own
    /// The same where δ is to be kept for the caller; otherwise in its place.
    case replacing
    /// It is δ: the layer has no σ, or the identity.
    case delta
    /// The layer has none.
    case none
}

/// The kinds of layers, by which a file's layers are made again.
package enum LayerTable {
    package typealias Decoder = (JSONObject) throws(ChainruleError) -> any Layer

    package static var all: [(kind: StaticString, decode: Decoder)] {
        [
            (Dense.kind, Dense.decode),
            (ActivationLayer.kind, ActivationLayer.decode),
            (Sum.kind, Sum.decode),
            (Concatenation.kind, Concatenation.decode),
            (Dropout.kind, Dropout.decode),
            (GaussianNoise.kind, GaussianNoise.decode),
        ]
    }
}
