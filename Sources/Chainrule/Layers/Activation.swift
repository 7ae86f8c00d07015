import Kernels

/// An activation σ of a layer: `h = σ(z)`.
public struct Activation: Sendable {
    /// The stable name used in files.
    public let identifier: StaticString
    /// The parameter α of leaky ReLU, ELU and clipped ReLU; nil for the others.
    public let alpha: Float?
    /// The initializer of the weights in front of this activation, unless the layer says otherwise.
    public let weightInitializer: Initializer
    /// Whether h is z itself, so the two can share memory.
    let isIdentity: Bool
    /// Whether σ' can be computed from h alone: unless h is NaN, the kernel gives the same result with h in place of z.
    let derivativeIsOfValue: Bool
    let function: Function

    enum Function: Sendable {
        case builtIn(@Sendable (Arithmetic) -> ActivationKernel<Float>)
        case custom(CustomActivation)
    }

    private init(
        _ identifier: StaticString, alpha: Float? = nil, weights: Initializer = .glorotUniform,
        derivativeIsOfValue: Bool = false, _ kernel: @escaping @Sendable (Arithmetic) -> ActivationKernel<Float>
    ) {
        self.identifier = identifier
        isIdentity = identifier.isSameText(as: "identity")
        self.alpha = alpha
        weightInitializer = weights
        self.derivativeIsOfValue = derivativeIsOfValue
        function = .builtIn(kernel)
    }

    /// Your own σ and σ'.
    public init(custom: CustomActivation) {
        identifier = "custom"
        isIdentity = false
        alpha = nil
        weightInitializer = .glorotUniform
        derivativeIsOfValue = false
        function = .custom(custom)
    }

    public static var identity: Activation {
        Activation("identity", derivativeIsOfValue: true) { $0.kernels.activations.identity }
    }
    /// `1 / (1 + e⁻ᶻ)`.
    public static var sigmoid: Activation {
        Activation("sigmoid", derivativeIsOfValue: true) { $0.kernels.activations.sigmoid }
    }
    public static var tanh: Activation { Activation("tanh", derivativeIsOfValue: true) { $0.kernels.activations.tanh } }
    /// `max(0, z)`, with σ'(0) = 0.
    public static var relu: Activation {
        Activation("relu", derivativeIsOfValue: true) { $0.kernels.activations.relu }
    }
    /// `z` above zero, `α z` below.
    public static func leakyReLU(alpha: Float = 0.01) -> Activation {
        Activation("leaky_relu", alpha: alpha, derivativeIsOfValue: true) {
            $0.kernels.activations.leakyReLU
        }
    }
    /// `z` above zero, `α (eᶻ − 1)` below.
    public static func elu(alpha: Float = 1) -> Activation {
        Activation("elu", alpha: alpha, derivativeIsOfValue: true) { $0.kernels.activations.elu }
    }
    /// ELU scaled so that activations keep mean 0 and variance 1.
    public static var selu: Activation {
        Activation("selu", weights: .lecunNormal, derivativeIsOfValue: true) { $0.kernels.activations.selu }
    }
    /// `log(1 + eᶻ)`.
    public static var softplus: Activation {
        Activation("softplus", weights: .heUniform) { $0.kernels.activations.softplus }
    }
    /// `z Φ(z)`, exact.
    public static var gelu: Activation { Activation("gelu") { $0.kernels.activations.gelu } }
    /// GELU by its tanh approximation.
    public static var geluTanh: Activation {
        Activation("gelu_tanh") { $0.kernels.activations.geluTanh }
    }
    /// `z / (1 + e⁻ᶻ)`.
    public static var silu: Activation { Activation("silu") { $0.kernels.activations.silu } }
    /// `z / (1 + |z|)`.
    public static var softsign: Activation {
        Activation("softsign", derivativeIsOfValue: true) { $0.kernels.activations.softsign }
    }
    /// `min(max(0, z / 6 + 1/2), 1)`, with σ'(±3) = 0.
    public static var hardSigmoid: Activation {
        Activation("hard_sigmoid", derivativeIsOfValue: true) { $0.kernels.activations.hardSigmoid }
    }
    /// `z` times its hard sigmoid, with σ'(−3) = 0 and σ'(3) = 1.
    public static var hardSwish: Activation { Activation("hard_swish") { $0.kernels.activations.hardSwish } }
    /// `z tanh(log(1 + eᶻ))`.
    public static var mish: Activation { Activation("mish") { $0.kernels.activations.mish } }
    /// `min(max(0, z), α)`, with σ'(0) = σ'(α) = 0; ReLU6 by default.
    public static func clippedReLU(alpha: Float = 6) -> Activation {
        Activation("clipped_relu", alpha: alpha, derivativeIsOfValue: true) { $0.kernels.activations.clippedReLU }
    }
    /// `eᶻ`.
    public static var exponential: Activation {
        Activation("exponential", derivativeIsOfValue: true) { $0.kernels.activations.exponential }
    }
    /// `e^zᵢ / Σⱼ e^zⱼ` over a row.
    public static var softmax: Activation {
        Activation("softmax", derivativeIsOfValue: true) { $0.kernels.activations.softmax }
    }
    /// `zᵢ − log Σⱼ e^zⱼ` over a row.
    public static var logSoftmax: Activation {
        Activation("log_softmax", derivativeIsOfValue: true) { $0.kernels.activations.logSoftmax }
    }

    /// Every built-in activation, with its default α. To add one, add a line here and in `ActivationKernels`.
    public static var all: [Activation] {
        [
            identity, sigmoid, tanh, relu, leakyReLU(), elu(), selu, softplus, gelu, geluTanh, silu, softsign,
            hardSigmoid, hardSwish, mish, clippedReLU(), exponential, softmax, logSoftmax,
        ]
    }

    /// The same activation with another α. The layer that takes it checks that it is finite, and not too small.
    package func with(alpha: Float) throws(ChainruleError) -> Activation {
        guard self.alpha != nil, case .builtIn(let kernel) = function else {
            throw ChainruleError(.value, "the activation '\(identifier)' takes no alpha; it was given \(alpha)")
        }
        return Activation(
            identifier, alpha: alpha, weights: weightInitializer, derivativeIsOfValue: derivativeIsOfValue, kernel)
    }

    /// The functions of a custom activation; nil for the others.
    var custom: CustomActivation? {
        if case .custom(let custom) = function { return custom }
        return nil
    }

    var isCustom: Bool { custom != nil }

    /// Whether each h depends on a whole row of z.
    var readsWholeRows: Bool { identifier.isSameText(as: "softmax") || identifier.isSameText(as: "log_softmax") }
}

/// Your own activation, elementwise. The library calls it for some rows of a batch at a time.
///
/// Any thread that uses the network may call the functions, also several threads at once.
public final class CustomActivation: Sendable {
    /// Reads z and writes h = σ(z); both hold `rows × columns` elements, row-major.
    public typealias Value =
        @Sendable (_ z: Span<Float>, _ h: inout MutableSpan<Float>, _ rows: Int, _ columns: Int) throws(ChainruleError)
        ->
        Void
    /// Reads z and h and writes σ'(z).
    public typealias Derivative =
        @Sendable (
            _ z: Span<Float>, _ h: Span<Float>, _ derivative: inout MutableSpan<Float>, _ rows: Int, _ columns: Int
        ) throws(ChainruleError) -> Void

    let value: Value
    let derivative: Derivative
    let secondDerivative: Derivative?

    /// - Parameters:
    ///   - value: reads z and writes h = σ(z).
    ///   - derivative: reads z and h and writes σ'(z).
    ///   - secondDerivative: reads z and h and writes σ''(z). Needed for Hessian products; without it they are an error.
    public init(value: @escaping Value, derivative: @escaping Derivative, secondDerivative: Derivative? = nil) {
        self.value = value
        self.derivative = derivative
        self.secondDerivative = secondDerivative
    }
}

extension StaticString {
    /// Whether the bytes are the same.
    package func isSameText(as other: StaticString) -> Bool {
        utf8CodeUnitCount == other.utf8CodeUnitCount
            && UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
                .elementsEqual(UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
    }
}
