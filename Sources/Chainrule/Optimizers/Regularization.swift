/// What an optimizer does to gradients and parameters besides its method. Every step does this, in this order:
///
/// 1. Clips the gradient over all parameters of layers that are not frozen. Cuts each element at ± `clipValue`; then,
///    with ‖g‖ for the norm of all of them, `g ← g · min(1, clipNorm / (‖g‖ + 10⁻⁶))` (Pascanu et al. 2013), like
///    PyTorch's `clip_grad_value_` and `clip_grad_norm_`.
/// 2. Adds penalties: `g ← g + λ₂ w + λ₁ sign(w)`, the gradient of `λ₂/2 Σ w² + λ₁ Σ |w|`. The reported C
///    excludes this penalty.
/// 3. Decays weights: `w ← w − η λ w`, decoupled from the gradient (Loshchilov and Hutter 2019).
/// 4. Takes the method's step along g.
/// 5. Scales the norm of each unit's row of W back to `maxNorm` if it is larger (Srivastava et al. 2014).
///
/// Penalties and decay apply to weights; with `includesBiases`, also to biases. With penalties, clipping or `maxNorm` a
/// step takes somewhat longer. Only `clipNorm` makes training keep a whole gradient in memory.
public struct Regularization: Sendable {
    /// λ ≥ 0, finite; nil: the method's own, which is 0.01 for ``AdamW`` and 0 for the others.
    public var weightDecay: Float?
    /// λ₁ ≥ 0, finite.
    public var l1: Float = 0
    /// λ₂ ≥ 0, finite.
    public var l2: Float = 0
    /// > 0; infinity for no limit.
    public var maxNorm = Float.infinity
    /// > 0; infinity for no limit.
    public var clipNorm = Float.infinity
    /// > 0; infinity for no limit.
    public var clipValue = Float.infinity
    /// Whether penalties and weight decay also apply to biases.
    public var includesBiases = false

    public init(
        weightDecay: Float? = nil, l1: Float = 0, l2: Float = 0, maxNorm: Float = .infinity,
        clipNorm: Float = .infinity, clipValue: Float = .infinity, includesBiases: Bool = false
    ) {
        self.weightDecay = weightDecay
        self.l1 = l1
        self.l2 = l2
        self.maxNorm = maxNorm
        self.clipNorm = clipNorm
        self.clipValue = clipValue
        self.includesBiases = includesBiases
    }

    func validate() throws(ChainruleError) {
        if let weightDecay { try Regularization.check(weightDecay, "weight_decay") }
        try Regularization.check(l1, "l1")
        try Regularization.check(l2, "l2")
        try Regularization.check(limit: maxNorm, "max_norm")
        try Regularization.check(limit: clipNorm, "clip_norm")
        try Regularization.check(limit: clipValue, "clip_value")
    }

    static func check(_ value: Float, _ name: StaticString) throws(ChainruleError) {
        guard value.isFinite && value >= 0 else {
            throw ChainruleError(.value, "\(name) is \(value); it must be finite and >= 0")
        }
    }

    static func check(limit: Float, _ name: StaticString) throws(ChainruleError) {
        guard limit > 0 else { throw ChainruleError(.value, "\(name) is \(limit); it must be > 0") }
    }
}

/// How to step one layer's parameters, where that differs from the rest.
public struct LayerStep: Sendable {
    /// The factor of the learning rate, finite and ≥ 0. iRPROP⁻ uses the learning rate only as its first step size.
    public var learningRateFactor: Float = 1
    /// λ ≥ 0, finite; nil: the optimizer's.
    public var weightDecay: Float?
    /// λ₁ ≥ 0, finite; nil: the optimizer's.
    public var l1: Float?
    /// λ₂ ≥ 0, finite; nil: the optimizer's.
    public var l2: Float?
    /// > 0, infinity for no limit; nil: the optimizer's.
    public var maxNorm: Float?
    /// Whether the layer's parameters and their part of the optimizer's state stay as they are. The step does not read
    /// their gradients, and ``Network/fit(_:targets:optimizer:options:validation:)`` does not compute them.
    public var isFrozen = false

    public init(
        learningRateFactor: Float = 1, weightDecay: Float? = nil, l1: Float? = nil, l2: Float? = nil,
        maxNorm: Float? = nil, isFrozen: Bool = false
    ) {
        self.learningRateFactor = learningRateFactor
        self.weightDecay = weightDecay
        self.l1 = l1
        self.l2 = l2
        self.maxNorm = maxNorm
        self.isFrozen = isFrozen
    }

    func validate() throws(ChainruleError) {
        try Regularization.check(learningRateFactor, "learning_rate_factor")
        if let weightDecay { try Regularization.check(weightDecay, "weight_decay") }
        if let l1 { try Regularization.check(l1, "l1") }
        if let l2 { try Regularization.check(l2, "l2") }
        if let maxNorm { try Regularization.check(limit: maxNorm, "max_norm") }
    }
}

extension Plan.Tensor {
    /// Whether penalties and weight decay apply to it.
    func isPenalized(includingBiases: Bool) -> Bool { role == .weight || includingBiases }
}

/// What a step does to one tensor: the optimizer's ``Regularization`` combined with its layer's ``LayerStep``.
struct TensorRule {
    let layer: Int
    let learningRateFactor: Float
    let weightDecay: Float
    let l1: Float
    let l2: Float
    let maxNorm: Float
    let isFrozen: Bool

    init(
        _ tensor: Plan.Tensor, layer index: Int, _ step: LayerStep, _ all: Regularization,
        usualWeightDecay: Float
    ) {
        let isPenalized = tensor.isPenalized(includingBiases: all.includesBiases)
        layer = index
        learningRateFactor = step.learningRateFactor
        weightDecay = isPenalized ? step.weightDecay ?? all.weightDecay ?? usualWeightDecay : 0
        l1 = isPenalized ? step.l1 ?? all.l1 : 0
        l2 = isPenalized ? step.l2 ?? all.l2 : 0
        maxNorm = tensor.role == .weight ? step.maxNorm ?? all.maxNorm : .infinity
        isFrozen = step.isFrozen
    }

    /// Whether the step leaves parameters alone whose gradient is 0, if the method does.
    var rests: Bool { weightDecay == 0 && l1 == 0 && l2 == 0 && maxNorm == .infinity }

    /// Whether the step changes the gradient first, or does something after the method's step.
    var regularizes: Bool { !isFrozen && (l1 > 0 || l2 > 0 || maxNorm < .infinity) }
}
