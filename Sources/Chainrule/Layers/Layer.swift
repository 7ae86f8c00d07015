/// One kind of layer: its shape rule, its parameters, its forward and backward passes and their tangents, all in one
/// file.
///
/// A layer holds only its settings. Its parameters lie in the network, its intermediate values in a workspace. To add a
/// layer, write a file that conforms, and add a line to ``LayerTable``.
package protocol Layer: AnyObject, Sendable {
    /// The stable name of the kind, used in files.
    var kind: StaticString { get }

    /// The settings that made the layer.
    var settings: LayerSettings { get }

    /// The shape of the outputs, for inputs of these shapes.
    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape

    /// The parameters, for outputs and inputs of these shapes.
    func tensors(shape: Shape, inputs: [Shape]) -> [TensorShape]

    /// How many floats of scratch memory forward, backward and their tangents use.
    /// - Parameters:
    ///   - rows: the most rows of a batch in a pass, each with all positions.
    ///   - backward: whether there are backward passes.
    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int

    /// How often a forward pass of one row multiplies by each parameter.
    func uses(shape: Shape, inputs: [Shape]) -> Int

    /// How many other multiplications it makes.
    func multiplications(shape: Shape, inputs: [Shape]) -> Int

    /// The state: numbers that training finds and no optimizer steps, such as running statistics. They lie behind the
    /// parameters.
    func state(shape: Shape) -> [TensorShape]

    /// How many floats the layer keeps for each row from the forward to the backward pass, besides z and h
    /// (``LayerPass/kept``).
    func keptPerRow(shape: Shape, inputs: [Shape]) -> Int

    /// Whether the tangents of what it keeps for each row are kept, too.
    var keepsTangents: Bool { get }

    /// The same for the whole batch (``LayerPass/keptOfBatch``).
    func keptPerBatch(shape: Shape) -> Int

    /// How many numbers of a row's state training can carry from batch to batch (``LayerPass/carried``).
    func carriedCount(named name: LayerName) throws(ChainruleError) -> Int

    /// Whether the rows of a batch depend on one another while ``LayerPass/usesBatchStatistics`` says so. The layer has
    /// independent units.
    var mixesRows: Bool { get }

    /// Moves the layer's state towards what the last forward pass found in the batch.
    func updateState(_ pass: LayerPass)

    /// Where z lies.
    var preactivation: Preactivation { get }

    /// Where s = δ ⊙ σ'(z) lies.
    var signal: Signal { get }

    /// Whether ``backward(_:)`` or the gradients need the layer's own h.
    var needsActivation: Bool { get }

    /// Whether ``forward(_:)`` may write h where the first input's h lies, because nothing later needs that.
    var overwritesInput: Bool { get }

    /// The same outside training, where no backward pass follows.
    var predictsInPlace: Bool { get }

    /// Whether ``backward(_:)`` may write the first input's δ where δ lies.
    var overwritesDelta: Bool { get }

    /// Whether ``backward(_:)`` keeps the gradients of the parameters (``keptPerBatch(shape:)``) while statistics are the
    /// batch's. Then nothing needs z or δ afterwards.
    var keepsGradients: Bool { get }

    /// Whether the passes look for themselves whether the call is cancelled. Then they always get all rows.
    var looksItself: Bool { get }

    /// Computes z and h from the inputs' h.
    func forward(_ pass: LayerPass) throws(ChainruleError)

    /// Computes s and the inputs' δ from δ = ∂C/∂h.
    func backward(_ pass: LayerPass) throws(ChainruleError)

    /// Whether threads can share the passes by units, where the layer has one position. Then ``forward(_:)`` computes only the units of the pass, and a
    /// backward pass is ``signal(_:)`` of all units followed by ``inputDelta(_:)``.
    var hasIndependentUnits: Bool { get }

    /// Computes s of the units of the pass from their δ.
    func signal(_ pass: LayerPass) throws(ChainruleError)

    /// Computes the columns ``LayerPass/inputUnits`` of the input's δ from s.
    func inputDelta(_ pass: LayerPass)

    /// Returns a term of the gradient of one of the layer's tensors, from s and the inputs' h. The gradient is the sum
    /// of ``TensorShape/gradientTerms`` terms. The parameters may change before the term is computed.
    func gradient(ofTensor index: Int, term: Int, _ pass: GradientPass) -> GradientTerm

    /// Whether the gradients of its tensors are 0 but in some rows (``forEachGradientRow(_:_:)``). It writes its gradients.
    var hasFewGradientRows: Bool { get }

    /// Calls `body` with every row that may not be 0, in any order, some several times.
    func forEachGradientRow(_ pass: GradientPass, _ body: (Int) -> Void)

    /// Whether no ``GradientTerm`` describes the gradients of the layer's tensors: it writes them with
    /// ``writeGradient(ofTensor:into:accumulating:_:_:)``. Its ``gradientBound(positions:signal:input:)`` is infinite.
    var writesGradients: Bool { get }

    /// Computes the thread's share of the gradient of one of the layer's tensors, or adds it.
    func writeGradient(
        ofTensor index: Int, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart)

    /// Computes the tangent of the gradient, or adds it.
    func writeGradientTangent(
        ofTensor index: Int, into tangent: Matrix, accumulating: Bool, _ pass: TangentGradientPass, _ part: GradientPart
    )

    /// Computes R{z} and R{h} from z, h and the tangents of the inputs' h and of the parameters.
    func tangent(_ pass: TangentPass) throws(ChainruleError)

    /// Computes R{s} and the tangents of the inputs' δ from R{δ}. Call it after ``backward(_:)``, once: it may
    /// overwrite δ.
    func tangentBackward(_ pass: TangentPass) throws(ChainruleError)

    /// Returns a term of the tangent of a gradient, from s, the inputs' h and their tangents; nil: 0. The tangent is
    /// the sum of two terms for each term of the gradient.
    func gradientTangent(ofTensor index: Int, term: Int, _ pass: TangentGradientPass) -> GradientTerm?

    /// A bound on the magnitude of the parameters' gradients over so many positions of all rows, from the largest magnitudes in s and in
    /// the inputs' h. Infinity if the layer knows no bound; then its gradients are checked before every step.
    func gradientBound(positions: Int, signal: Double, input: Double) -> Double

    /// The σ of `h = σ(z)`; nil if there is none.
    var outputActivation: Activation? { get }

    /// Whether h is the input's h when there is no noise.
    var isIdentityWithoutNoise: Bool { get }

    /// Whether outside training each channel is `h = factor · h_in + offset`, and nothing else.
    var mapsChannels: Bool { get }

    /// That of a channel, of a layer that maps channels.
    func channelMap(_ channel: Int, _ numbers: LayerNumbers) -> ChannelMap

    /// How a step of the output depends on the steps of the inputs, outside training. A step is an index of a shape's first
    /// axis.
    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence

    /// The same layer for a sequence of one step, where its settings count the steps that it keeps.
    /// - Parameter shape: of its output then.
    func ofOneStep(_ shape: Shape) -> any Layer

    /// Whether ``forward(_:)`` refuses some inputs.
    var checksInputs: Bool { get }

    /// The layer, if predictors prepare it.
    var preparable: (any PreparableLayer)? { get }

    /// Writes the layer's settings as members of an open JSON object.
    func encode(to json: inout JSONWriter)
}

extension Layer {
    package var needsActivation: Bool { true }
    package var overwritesInput: Bool { false }
    package var predictsInPlace: Bool { overwritesInput }
    package var overwritesDelta: Bool { false }
    package var keepsGradients: Bool { false }
    package var looksItself: Bool { false }
    package var hasIndependentUnits: Bool { false }
    package func signal(_ pass: LayerPass) throws(ChainruleError) {
        preconditionFailure("the units depend on one another")
    }
    package func inputDelta(_ pass: LayerPass) { preconditionFailure("the units depend on one another") }
    package var isIdentityWithoutNoise: Bool { false }
    package var mapsChannels: Bool { false }
    package func channelMap(_ channel: Int, _ numbers: LayerNumbers) -> ChannelMap {
        preconditionFailure("the layer does not map channels")
    }
    package func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .allSteps }
    package func ofOneStep(_ shape: Shape) -> any Layer { self }
    package var checksInputs: Bool { false }
    package var preparable: (any PreparableLayer)? { nil }
    package func state(shape: Shape) -> [TensorShape] { [] }
    package func keptPerRow(shape: Shape, inputs: [Shape]) -> Int { 0 }
    package var keepsTangents: Bool { false }
    package func keptPerBatch(shape: Shape) -> Int { 0 }
    package func carriedCount(named name: LayerName) throws(ChainruleError) -> Int { 0 }
    package func uses(shape: Shape, inputs: [Shape]) -> Int { shape.positions }
    package func multiplications(shape: Shape, inputs: [Shape]) -> Int { 0 }
    package var mixesRows: Bool { false }
    package func updateState(_ pass: LayerPass) {}
    package var hasFewGradientRows: Bool { false }
    package func forEachGradientRow(_ pass: GradientPass, _ body: (Int) -> Void) {
        preconditionFailure("any row may have a gradient")
    }
    package var writesGradients: Bool { false }
    package func writeGradient(
        ofTensor index: Int, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart
    ) { preconditionFailure("the gradients are terms") }
    package func writeGradientTangent(
        ofTensor index: Int, into tangent: Matrix, accumulating: Bool, _ pass: TangentGradientPass, _ part: GradientPart
    ) { preconditionFailure("the gradients are terms") }
    package var outputActivation: Activation? { nil }
    /// The layer's custom σ; nil if there is none.
    package var customActivation: CustomActivation? { outputActivation?.custom }
    /// Whether the passes call custom functions. Training then uses one thread.
    package var callsCustomFunctions: Bool { customActivation != nil }
    /// Whether ``tangentBackward(_:)`` is possible: a custom σ may lack σ''.
    package var hasSecondDerivative: Bool {
        guard let custom = customActivation else { return true }
        return custom.secondDerivative != nil
    }
    package func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int { 0 }
    package func gradientBound(positions: Int, signal: Double, input: Double) -> Double { .infinity }
}

/// A layer that writes the gradients of its tensors: no ``GradientTerm`` describes them.
package protocol GradientWritingLayer: Layer {}

extension GradientWritingLayer {
    package var writesGradients: Bool { true }
    package func gradient(ofTensor index: Int, term: Int, _ pass: GradientPass) -> GradientTerm {
        preconditionFailure("the gradients are written")
    }
    package func gradientTangent(ofTensor index: Int, term: Int, _ pass: TangentGradientPass) -> GradientTerm? {
        preconditionFailure("the gradients are written")
    }
}

/// A layer without parameters.
package protocol ParameterlessLayer: Layer {}

extension ParameterlessLayer {
    package func tensors(shape: Shape, inputs: [Shape]) -> [TensorShape] { [] }
    package func gradient(ofTensor index: Int, term: Int, _ pass: GradientPass) -> GradientTerm {
        preconditionFailure("there are no parameters")
    }
    package func gradientTangent(ofTensor index: Int, term: Int, _ pass: TangentGradientPass) -> GradientTerm? { nil }
}

/// A parameter tensor of a layer, before it has its place.
package struct TensorShape: Sendable {
    /// The part after the layer's name, such as "weight" or "bias".
    let name: StaticString
    /// In memory and in files: the lengths of its axes. What belongs to one index of the first is a row: of a unit, or of an
    /// input channel of a transposed convolution.
    let extents: [Int]
    let role: ParameterRole
    let initializer: Initializer
    /// How many numbers an output sums, and how many an input goes into: for initializers.
    let fanIn: Int
    let fanOut: Int
    /// The number of terms in the gradient's sum. If it is 1, an optimizer can step while the gradient is computed.
    let gradientTerms: Int

    package init(
        name: StaticString, extents: [Int], role: ParameterRole, initializer: Initializer, fanIn: Int? = nil,
        fanOut: Int? = nil, gradientTerms: Int = 1
    ) {
        self.name = name
        self.extents = extents
        self.role = role
        self.initializer = initializer
        self.fanIn = fanIn ?? extents.dropFirst().reduce(1, *)
        self.fanOut = fanOut ?? extents[0]
        self.gradientTerms = gradientTerms
    }
}

/// The purpose of a parameter tensor, whatever its name and shape.
package enum ParameterRole: Sendable {
    /// Multiplies. Regularization applies to it.
    case weight
    /// Is added. Regularization applies to it only if it includes biases.
    case bias
    /// Multiplies what was normalised. Regularization treats it as a bias.
    case scale
    /// Of a layer's state: no optimizer steps it.
    case mean
    /// The same, never below 0.
    case variance
    /// Of a layer's state: nothing changes it but the caller.
    case constant
}

/// Where the preactivation z of a layer is kept.
package enum Preactivation: Sendable {
    /// In its own memory; for inference, where h will be.
    case own
    /// In its own memory where the caller can read z; otherwise where h will be, because σ' can be computed from h.
    case replaceable
    /// In its own memory: a custom σ gets two separate arrays.
    case alwaysOwn
    /// It is the input's h.
    case input
    /// It is h: the layer has no σ, or the identity.
    case activation
}

/// Where the signal s = δ ⊙ σ'(z) of a layer is kept.
package enum Signal: Sendable {
    case own
    /// In its own memory where the caller can read δ; otherwise in δ's place.
    case replacing
    /// It is δ: the layer has no σ, or the identity.
    case delta
    /// The layer has none.
    case none
}

/// Which steps of a sequence a step of a layer's output sees.
package enum TimeDependence {
    /// The same step.
    case step
    /// The same step and those before, so many.
    case window(stepsBefore: Int)
    /// The same step, and a state that the steps before left.
    case state
    /// None: it is the same at all times.
    case constant
    /// It is the input in another shape.
    case view
    /// Later ones, too.
    case allSteps
}

/// The kinds of layers, for reading layers from a file.
package enum LayerTable {
    package typealias Decoder = (JSONObject) throws(ChainruleError) -> any Layer

    package static var all: [(kind: StaticString, decode: Decoder)] {
        [
            (Dense.kind, Dense.decode),
            (ActivationLayer.kind, ActivationLayer.decode),
            (Sum.kind, { _ in Sum() }),
            (Sum.meanKind, { _ in Sum(.mean) }),
            (Sum.differenceKind, { _ in Sum(.difference) }),
            (ElementPair.product.kind, { _ in ElementLayer(ElementPair.product) }),
            (ElementPair.quotient.kind, { _ in ElementLayer(ElementPair.quotient) }),
            (ElementPair.maximum.kind, { _ in ElementLayer(ElementPair.maximum) }),
            (ElementPair.minimum.kind, { _ in ElementLayer(ElementPair.minimum) }),
            (ElementPair.power.kind, { _ in ElementLayer(ElementPair.power) }),
            (ElementLayer.functionKind, ElementLayer.decodeFunction),
            (MatrixProduct.kind, MatrixProduct.decode),
            (Concatenation.kind, Concatenation.decode),
            (Reshape.kind, Reshape.decode),
            (Transpose.kind, Transpose.decode),
            (SliceLayer.kind, SliceLayer.decode),
            (ZeroPadding.kind, ZeroPadding.decode),
            (Take.kind, Take.decode),
            (Upsampling.kind, Upsampling.decode),
            (Broadcast.kind, Broadcast.decode),
            (InputPart.kind, InputPart.decode),
            (Reduction.kind, Reduction.decode),
            (Convolution.kind, Convolution.decode),
            (Convolution.transposedKind, Convolution.decodeTransposed),
            (Pooling.kind, Pooling.decode),
            (BatchNormalization.kind, BatchNormalization.decode),
            (BlockNormalization.layerKind, BlockNormalization.decodeLayer),
            (BlockNormalization.rootMeanSquareKind, BlockNormalization.decodeRootMeanSquare),
            (BlockNormalization.groupKind, BlockNormalization.decodeGroup),
            (PReLU.kind, PReLU.decode),
            (AxisSoftmax.kind, AxisSoftmax.decode),
            (SimpleRNN.kind, SimpleRNN.decode),
            (GRU.kind, GRU.decode),
            (LSTM.kind, LSTM.decode),
            (Parameter.kind, Parameter.decode),
            (Parameter.constantKind, Parameter.decodeConstant),
            (Embedding.kind, Embedding.decode),
            (Positions.kind, { _ in Positions() }),
            (Attention.kind, Attention.decode),
            (Dropout.kind, Dropout.decode),
            (Dropout.channelKind, Dropout.decodeChannels),
            (GaussianNoise.kind, GaussianNoise.decode),
        ]
    }
}
