import Kernels

/// A convolution over one to three axes, or the transposed one: `z = L(W, h_in) + b`, `h = σ(z)` (``ProductLayer``).
///
/// At output position o, with the taps t of the window and the input channels c of the output channel's group:
///
///     z[o, u] = b[u] + Σ_t Σ_c W[u, t, c] h_in[o · stride + t · dilation − before, c]
///
/// Positions outside the input count as 0. W is `channels × taps × channels of a group`. This is what others call a
/// cross-correlation. The transposed convolution maps as L's adjoint in h_in does (Dumoulin and Visin 2016): each input
/// position adds a window to the output. Its W is `input channels × taps × channels of a group`.
final class Convolution: ProductLayer, PreparableLayer {
    static let kind: StaticString = "convolution"
    static let transposedKind: StaticString = "transposed_convolution"
    var kind: StaticString { isTransposed ? Convolution.transposedKind : Convolution.kind }
    var settings: LayerSettings { .convolution(description) }

    let description: ConvolutionSettings

    init(_ description: ConvolutionSettings) { self.description = description }

    var activation: Activation { description.activation }
    var hasBias: Bool { description.hasBias }
    var biasTensor: Int? { hasBias ? 1 : nil }
    private var channels: Int { description.channels }
    private var groups: Int { description.groups }
    private var isTransposed: Bool { description.isTransposed }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence {
        guard !isTransposed, shape.rank == 2, description.window.stride[0] == 1 else { return .allSteps }
        let window = window(from: inputs[0], to: shape)
        let before = (window.kernel[2] - 1) * window.dilation[2]
        return window.before[2] == before && shape[0] == inputs[0][0] ? .window(stepsBefore: before) : .allSteps
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        guard channels >= 1 && channels <= Shape.mostElements else {
            throw ChainruleError(.size, "\(kind) '\(name.text)' has at least 1 channel; \(channels) were given")
        }
        guard groups >= 1 && channels % groups == 0 && input.channels % groups == 0 else {
            throw ChainruleError(
                .size,
                """
                \(kind) '\(name.text)' of \(channels) channels reads \(input.text): \(groups) groups do not divide \
                both numbers of channels
                """)
        }
        try activation.validate(layer: name, width: channels)
        try description.weights.validate(layer: name, tensor: "weight")
        try description.biases.validate(layer: name, tensor: "bias")
        return try description.window.shape(
            over: input, channels: channels, isTransposed: isTransposed, self, name)
    }

    func tensors(shape: Shape, inputs: [Shape]) -> [TensorShape] {
        let kernel = description.window.kernel
        let taps = kernel.reduce(1, *)
        let (rows, columns) = isTransposed ? (inputs[0].channels, channels) : (channels, inputs[0].channels)
        // What an output sums over.
        let fanIn = isTransposed ? taps * (rows / groups) : taps * (columns / groups)
        let fanOut = taps * (channels / groups)
        var weights = description.weights
        if case .standard = weights { weights = activation.weightInitializer }
        let weight = TensorShape(
            name: "weight", extents: [rows] + kernel + [columns / groups], role: .weight, initializer: weights,
            fanIn: fanIn, fanOut: fanOut)
        if !hasBias { return [weight] }
        var biases = description.biases
        if case .standard = biases { biases = .glorotUniform(fanIn: fanIn, fanOut: fanOut) }
        return [weight, TensorShape(name: "bias", extents: [channels], role: .bias, initializer: biases)]
    }

    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int {
        let (inside, outside) = isTransposed ? (shape, inputs[0]) : (inputs[0], shape)
        return WindowProduct.scratchCount(
            window(from: inputs[0], to: shape), inputChannels: inside.channels, outputChannels: outside.channels,
            groups: groups, rows: rows)
    }

    /// The window, whose input is the layer's output if the convolution is transposed.
    private func window(from input: Shape, to shape: Shape) -> Window {
        description.window.window(from: input, to: shape, isTransposed: isTransposed)
    }

    private func product(_ input: Shape, _ shape: Shape, _ arithmetic: Arithmetic, _ scratch: Matrix) -> WindowProduct {
        WindowProduct(
            window: window(from: input, to: shape), inputChannels: isTransposed ? shape.channels : input.channels,
            outputChannels: isTransposed ? input.channels : shape.channels, groups: groups, arithmetic: arithmetic,
            scratch: scratch)
    }

    func multiply(
        _ x: Matrix, _ w: Matrix, plus bias: Matrix?, into z: Matrix, accumulating: Bool, _ pass: LayerPass
    ) {
        let product = product(pass.inputShape(0), pass.shape, pass.arithmetic, pass.scratch)
        guard isTransposed else { return product.multiply(x, w, plus: bias, into: z, accumulating: accumulating) }
        if let bias, !accumulating { for row in 0..<z.rows { z.row(row).assign(bias) } }
        product.multiplyInput(x, w, into: z, accumulating: accumulating || bias != nil)
    }

    func multiplyInput(_ s: Matrix, _ w: Matrix, into delta: Matrix, accumulating: Bool, _ pass: LayerPass) {
        let product = product(pass.inputShape(0), pass.shape, pass.arithmetic, pass.scratch)
        if isTransposed {
            product.multiply(s, w, plus: nil, into: delta, accumulating: accumulating)
        } else {
            product.multiplyInput(s, w, into: delta, accumulating: accumulating)
        }
    }

    func multiplyWeights(
        _ s: Matrix, _ x: Matrix, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart
    ) {
        let product = product(pass.inputShape(0), pass.shape, part.arithmetic, part.scratch)
        product.multiplyWeights(
            isTransposed ? x : s, isTransposed ? s : x, into: gradient, accumulating: accumulating, part.share)
    }

    func packing(shape: Shape, inputs: [Shape]) -> WeightPacking {
        let (inside, outside) = isTransposed ? (shape, inputs[0]) : (inputs[0], shape)
        return WindowProduct.packing(
            window(from: inputs[0], to: shape), inputChannels: inside.channels, outputChannels: outside.channels,
            groups: groups, isTransposed: isTransposed)
    }

    func forward(_ pass: LayerPass, with weights: PackedWeights, into z: Matrix) {
        let product = product(pass.inputShape(0), pass.shape, pass.arithmetic, pass.scratch)
        let x = pass.inputActivation(0)
        if isTransposed { product.multiplyInput(x, weights, into: z) } else { product.multiply(x, weights, into: z) }
    }

    func forward(_ pass: LayerPass, over steps: Matrix, with weights: PackedWeights, into z: Matrix) {
        var window = window(from: pass.inputShape(0), to: pass.shape)
        var (input, output, before) = (window.input, window.output, window.before)
        (input[2], output[2]) = (steps.rows, z.rows)
        before[2] -= steps.rows - z.rows
        window = Window(
            input: input, output: output, kernel: window.kernel, stride: window.stride, dilation: window.dilation,
            before: before)
        WindowProduct(
            window: window, inputChannels: steps.columns, outputChannels: z.columns, groups: groups,
            arithmetic: pass.arithmetic, scratch: pass.scratch
        ).multiply(steps, weights, into: z)
    }

    func encode(to json: inout JSONWriter) {
        json.member("channels", channels)
        description.window.encode(to: &json)
        json.member("groups", groups)
        json.member("bias", hasBias)
        activation.encode(to: &json)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        try decode(object, isTransposed: false)
    }

    static func decodeTransposed(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        try decode(object, isTransposed: true)
    }

    private static func decode(_ object: JSONObject, isTransposed: Bool) throws(ChainruleError) -> any Layer {
        var description = ConvolutionSettings(
            try object.integer("channels"), try WindowSettings.decode(object), try Activation.decode(object))
        description.groups = try object.integer("groups")
        description.hasBias = try object.boolean("bias")
        description.isTransposed = isTransposed
        return Convolution(description)
    }
}

/// What makes a convolution.
public struct ConvolutionSettings: Sendable {
    /// Of the output.
    public var channels: Int
    public var window: WindowSettings
    public var activation: Activation
    /// Each group of output channels reads its own group of input channels. As many groups as channels: depthwise.
    public var groups = 1
    public var hasBias = true
    public var isTransposed = false
    public var weights = Initializer.standard
    public var biases = Initializer.standard

    public init(_ channels: Int, _ window: WindowSettings, _ activation: Activation = .identity) {
        self.channels = channels
        self.window = window
        self.activation = activation
    }
}
