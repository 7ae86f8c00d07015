import CChainrule
import Chainrule

// The meaning of C's numbers: one line for each instruction set, activation, initializer, cost and optimizer.

func instructionSet(_ number: crl_instructions) throws(ChainruleError) -> InstructionSet {
    switch Int(number) {
    case CRL_INSTRUCTIONS_BASELINE: return .baseline
    case CRL_INSTRUCTIONS_AVX2: return .avx2
    case CRL_INSTRUCTIONS_AVX512: return .avx512
    case CRL_INSTRUCTIONS_NEON: return .neon
    default: throw ChainruleError(.value, "instruction_set is \(number), which is no crl_instructions")
    }
}

func activation(
    _ number: crl_activation, _ options: crl_layer_options?
) throws(ChainruleError) -> Activation {
    if Int(number) == CRL_CUSTOM_ACTIVATION {
        let custom = try customActivation(options)
        return try with(options, custom)
    }
    guard let activation = builtInActivation(Int(number)) else {
        throw ChainruleError(.value, "activation is \(number), which is no crl_activation")
    }
    if let options { try checkHasNoFunctions(options) }
    return try with(options, activation)
}

private func with(_ options: crl_layer_options?, _ activation: Activation) throws(ChainruleError) -> Activation {
    guard let options, let alpha = optionalNumber(options.alpha) else { return activation }
    return try activation.with(alpha: alpha)
}

private func builtInActivation(_ number: Int) -> Activation? {
    switch number {
    case CRL_IDENTITY: .identity
    case CRL_SIGMOID: .sigmoid
    case CRL_TANH: .tanh
    case CRL_RELU: .relu
    case CRL_LEAKY_RELU: .leakyReLU()
    case CRL_ELU: .elu()
    case CRL_SELU: .selu
    case CRL_SOFTPLUS: .softplus
    case CRL_GELU: .gelu
    case CRL_GELU_TANH: .geluTanh
    case CRL_SILU: .silu
    case CRL_SOFTMAX: .softmax
    case CRL_LOG_SOFTMAX: .logSoftmax
    case CRL_SOFTSIGN: .softsign
    case CRL_HARD_SIGMOID: .hardSigmoid
    case CRL_HARD_SWISH: .hardSwish
    case CRL_MISH: .mish
    case CRL_CLIPPED_RELU: .clippedReLU()
    case CRL_EXPONENTIAL: .exponential
    default: nil
    }
}

func number(of activation: Activation) -> crl_activation {
    for number in CRL_IDENTITY...CRL_EXPONENTIAL {
        if builtInActivation(number)?.identifier.isSameText(as: activation.identifier) == true {
            return crl_activation(number)
        }
    }
    return crl_activation(CRL_CUSTOM_ACTIVATION)
}

extension ReductionMethod {
    init?(_ number: Int) {
        switch number {
        case CRL_REDUCE_SUM: self = .sum
        case CRL_REDUCE_MEAN: self = .mean
        case CRL_REDUCE_MAXIMUM: self = .maximum
        case CRL_REDUCE_MINIMUM: self = .minimum
        case CRL_REDUCE_ARGMAX: self = .argmax
        default: return nil
        }
    }

    var number: Int32 {
        switch self {
        case .sum: Int32(CRL_REDUCE_SUM)
        case .mean: Int32(CRL_REDUCE_MEAN)
        case .maximum: Int32(CRL_REDUCE_MAXIMUM)
        case .minimum: Int32(CRL_REDUCE_MINIMUM)
        case .argmax: Int32(CRL_REDUCE_ARGMAX)
        }
    }
}

private func builtInFunction(_ number: Int, _ p: Float, _ q: Float) -> ElementFunction? {
    switch number {
    case CRL_FUNCTION_AFFINE: .affine(factor: p, offset: q)
    case CRL_FUNCTION_CLIP: .clip(low: p, high: q)
    case CRL_FUNCTION_LOG: .log
    case CRL_FUNCTION_SQUARE_ROOT: .squareRoot
    case CRL_FUNCTION_ABSOLUTE: .absolute
    case CRL_FUNCTION_RECIPROCAL: .reciprocal
    case CRL_FUNCTION_SQUARE: .square
    case CRL_FUNCTION_ERF: .erf
    case CRL_FUNCTION_SINE: .sine
    case CRL_FUNCTION_STEP: .step
    case CRL_FUNCTION_STEPWISE_SIGMOID: .stepwiseSigmoid
    case CRL_FUNCTION_QUANTIZE: .quantize(scale: p, zero: q)
    case CRL_FUNCTION_FLOOR: .floor
    default: nil
    }
}

func elementFunction(_ number: crl_function, _ p: Float, _ q: Float) throws(ChainruleError) -> ElementFunction {
    guard let function = builtInFunction(Int(number), p, q) else {
        throw ChainruleError(.value, "function is \(number), which is no crl_function")
    }
    for (name, value, taken) in [("p", p, function.numbers.x), ("q", q, function.numbers.y)]
        as [(StaticString, Float, Float)] where value != 0 && taken == 0
    {
        throw ChainruleError(
            .value, "\(name) is \(value), but the function '\(function.identifier)' takes no numbers: it must be 0")
    }
    return function
}

func number(of function: ElementFunction) -> Int32 {
    for number in CRL_FUNCTION_AFFINE...CRL_FUNCTION_FLOOR {
        if builtInFunction(number, 0, 0)!.identifier.isSameText(as: function.identifier) { return Int32(number) }
    }
    preconditionFailure("the loop goes over all functions")
}

/// Checks that the options have no functions: only a custom activation has them.
func checkHasNoFunctions(_ options: crl_layer_options) throws(ChainruleError) {
    try checkIsNull(options.function == nil, "options->function", unless: "CRL_CUSTOM_ACTIVATION")
    try checkIsNull(options.derivative == nil, "options->derivative", unless: "CRL_CUSTOM_ACTIVATION")
    try checkIsNull(options.second_derivative == nil, "options->second_derivative", unless: "CRL_CUSTOM_ACTIVATION")
}

private func checkIsNull(_ isNull: Bool, _ name: StaticString, unless kind: StaticString) throws(ChainruleError) {
    guard isNull else {
        throw ChainruleError(.value, "\(name) is not NULL; it is for \(kind), and must be NULL otherwise")
    }
}

func initializer(_ initializer: crl_initializer, _ name: StaticString) throws(ChainruleError) -> Initializer {
    let made = try kind(of: initializer, name)
    var (takesA, takesB) = (false, false)
    switch made {
    case .constant: takesA = true
    case .uniform, .normal: (takesA, takesB) = (true, true)
    default: break
    }
    for (number, value, isTaken) in [("a", initializer.a, takesA), ("b", initializer.b, takesB)]
        as [(StaticString, Float, Bool)] where !isTaken && value != 0
    {
        throw ChainruleError(
            .value,
            "options->\(name).\(number) is \(value), but the initializer of kind \(initializer.kind) takes no \(number)"
        )
    }
    return made
}

private func kind(of initializer: crl_initializer, _ name: StaticString) throws(ChainruleError) -> Initializer {
    switch Int(initializer.kind) {
    case CRL_INIT_DEFAULT: return .standard
    case CRL_INIT_ZEROS: return .zeros
    case CRL_INIT_CONSTANT: return .constant(initializer.a)
    case CRL_INIT_UNIFORM: return .uniform(low: initializer.a, high: initializer.b)
    case CRL_INIT_NORMAL: return .normal(mean: initializer.a, deviation: initializer.b)
    case CRL_INIT_GLOROT_UNIFORM: return .glorotUniform
    case CRL_INIT_GLOROT_NORMAL: return .glorotNormal
    case CRL_INIT_HE_UNIFORM: return .heUniform
    case CRL_INIT_HE_NORMAL: return .heNormal
    case CRL_INIT_LECUN_UNIFORM: return .lecunUniform
    case CRL_INIT_LECUN_NORMAL: return .lecunNormal
    default:
        throw ChainruleError(.value, "options->\(name).kind is \(initializer.kind), which is no crl_initializer_kind")
    }
}

func cost(_ pointer: UnsafePointer<crl_cost_options>?) throws(ChainruleError) -> Cost {
    guard let pointer else { return .meanSquaredError() }
    let options = try structure(pointer, "cost")
    let reduction: Cost.Reduction
    switch Int(options.reduction) {
    case CRL_REDUCTION_MEAN: reduction = .mean
    case CRL_REDUCTION_SUM: reduction = .sum
    default: throw ChainruleError(.value, "cost->reduction is \(options.reduction), which is no crl_reduction")
    }
    guard options.label_smoothing == 0 || options.kind == CRL_CROSS_ENTROPY else {
        throw ChainruleError(
            .value,
            "cost->label_smoothing is \(options.label_smoothing); it is for cross-entropy, and must be 0 otherwise")
    }
    guard options.huber_delta == 1 || options.kind == CRL_HUBER else {
        throw ChainruleError(
            .value, "cost->huber_delta is \(options.huber_delta); it is for Huber's cost, and must be 1 otherwise")
    }
    if options.kind != CRL_CUSTOM_COST {
        try checkIsNull(options.function == nil, "cost->function", unless: "CRL_CUSTOM_COST")
        try checkIsNull(options.hessian_product == nil, "cost->hessian_product", unless: "CRL_CUSTOM_COST")
    }
    switch Int(options.kind) {
    case CRL_MEAN_SQUARED_ERROR: return .meanSquaredError(reduction)
    case CRL_MEAN_ABSOLUTE_ERROR: return .meanAbsoluteError(reduction)
    case CRL_HUBER: return try .huber(delta: options.huber_delta, reduction)
    case CRL_BINARY_CROSS_ENTROPY: return .binaryCrossEntropy(reduction)
    case CRL_BINARY_CROSS_ENTROPY_LOGITS: return .binaryCrossEntropyOfLogits(reduction)
    case CRL_CROSS_ENTROPY: return try .crossEntropy(smoothing: options.label_smoothing, reduction)
    case CRL_CUSTOM_COST: return try customCost(options)
    default: throw ChainruleError(.value, "cost->kind is \(options.kind), which is no crl_cost_kind")
    }
}

func optimizer(_ pointer: UnsafePointer<crl_optimizer_options>?, for network: Network) throws(ChainruleError)
    -> Optimizer
{
    guard let pointer else { return try Optimizer(Adam(), learningRate: 0.001, for: network) }
    let options = try structure(pointer, "options")
    guard options.reserved == 0 else {
        throw ChainruleError(.value, "options->reserved is \(options.reserved); it must be 0")
    }
    return try Optimizer(
        method(options), learningRate: options.learning_rate, regularization: regularization(options), for: network)
}

private func method(_ options: crl_optimizer_options) throws(ChainruleError) -> any OptimizationMethod {
    guard let method = OptimizationMethods.all.first(where: { number(of: $0) == options.method }) else {
        throw ChainruleError(.value, "options->method is \(options.method), which is no crl_optimizer_method")
    }
    let numbers = Hyperparameters(
        momentum: options.momentum, beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
        growth: options.growth, shrink: options.shrink, minStep: options.min_step, maxStep: options.max_step)
    return try OptimizationMethods.method(method, numbers, "options->")
}

/// - Parameter method: one of the library's.
func number(of method: any OptimizationMethod) -> crl_optimizer_method {
    let numbers: [(StaticString, Int)] = [
        ("gradient_descent", CRL_GRADIENT_DESCENT), ("momentum", CRL_MOMENTUM), ("nesterov", CRL_NESTEROV),
        ("adagrad", CRL_ADAGRAD), ("rmsprop", CRL_RMSPROP), ("adam", CRL_ADAM), ("adamw", CRL_ADAMW),
        ("amsgrad", CRL_AMSGRAD), ("nadam", CRL_NADAM), ("lion", CRL_LION), ("irprop_minus", CRL_IRPROP_MINUS),
        ("quickprop", CRL_QUICKPROP),
    ]
    for (name, number) in numbers where method.identifier.isSameText(as: name) { return crl_optimizer_method(number) }
    preconditionFailure("a method without a number")
}

func minimizer(_ options: crl_minimize_options) throws(ChainruleError) -> any Minimizer {
    var options = options
    let method = try minimizer(taking: &options)
    if options.memory != autoSize { throw notTaken("memory", Double(options.memory), by: method.identifier) }
    for (name, value) in [
        ("c1", options.c1), ("c2", options.c2), ("damping", options.damping),
    ] as [(StaticString, Double)] where optionalNumber(value) != nil {
        throw notTaken(name, value, by: method.identifier)
    }
    return method
}

private func minimizer(taking options: inout crl_minimize_options) throws(ChainruleError) -> any Minimizer {
    switch Int(options.method) {
    case CRL_LBFGS:
        let usual = LBFGS()
        return LBFGS(
            memory: try takeCount(&options.memory, "options->memory") ?? usual.memory,
            c1: take(&options.c1, usual.conditions.decrease),
            c2: take(&options.c2, usual.conditions.curvature))
    case CRL_BFGS:
        let usual = BFGS()
        return BFGS(
            c1: take(&options.c1, usual.conditions.decrease), c2: take(&options.c2, usual.conditions.curvature))
    case CRL_FLETCHER_REEVES: return conjugateGradients(.fletcherReeves, &options)
    case CRL_POLAK_RIBIERE: return conjugateGradients(.polakRibiere, &options)
    case CRL_NEWTON_CG:
        let usual = NewtonCG()
        return NewtonCG(
            damping: take(&options.damping, usual.damping), c1: take(&options.c1, usual.conditions.decrease),
            c2: take(&options.c2, usual.conditions.curvature))
    case CRL_LEVENBERG_MARQUARDT:
        let usual = LevenbergMarquardt()
        return LevenbergMarquardt(damping: take(&options.damping, usual.damping))
    default: throw ChainruleError(.value, "options->method is \(options.method), which is no crl_minimizer")
    }
}

private func conjugateGradients(
    _ formula: ConjugateGradients.Formula, _ options: inout crl_minimize_options
) -> ConjugateGradients {
    let usual = ConjugateGradients(formula)
    return ConjugateGradients(
        formula, c1: take(&options.c1, usual.conditions.decrease), c2: take(&options.c2, usual.conditions.curvature))
}

func number(of reason: Minimum.Reason) -> crl_minimum_reason {
    switch reason {
    case .gradient: crl_minimum_reason(CRL_MINIMUM_GRADIENT)
    case .cost: crl_minimum_reason(CRL_MINIMUM_COST)
    case .target: crl_minimum_reason(CRL_MINIMUM_TARGET)
    case .maxIterations: crl_minimum_reason(CRL_MINIMUM_MAX_ITERATIONS)
    case .maxEvaluations: crl_minimum_reason(CRL_MINIMUM_MAX_EVALUATIONS)
    case .noProgress: crl_minimum_reason(CRL_MINIMUM_NO_PROGRESS)
    case .cancelled: crl_minimum_reason(CRL_MINIMUM_CANCELLED)
    case .patience: crl_minimum_reason(CRL_MINIMUM_PATIENCE)
    }
}

private func regularization(_ options: crl_optimizer_options) -> Regularization {
    Regularization(
        weightDecay: optionalNumber(options.weight_decay), l1: options.l1, l2: options.l2,
        maxNorm: optionalNumber(options.max_norm) ?? .infinity,
        clipNorm: optionalNumber(options.clip_norm) ?? .infinity,
        clipValue: optionalNumber(options.clip_value) ?? .infinity, includesBiases: options.regularize_biases != 0)
}

func layerStep(_ options: crl_layer_step) -> LayerStep {
    LayerStep(
        learningRateFactor: options.learning_rate_factor, weightDecay: optionalNumber(options.weight_decay),
        l1: optionalNumber(options.l1), l2: optionalNumber(options.l2), maxNorm: optionalNumber(options.max_norm),
        isFrozen: options.frozen != 0)
}

/// Returns a hyperparameter, or the method's own value if it was left to the method. Unsets it.
func take<Number: BinaryFloatingPoint>(_ value: inout Number, _ usual: Number) -> Number {
    defer { value = Number(auto) }
    return optionalNumber(value) ?? usual
}

/// Does the same with a count. Returns nil if it was left to the method.
func takeCount(_ value: inout Int, _ name: StaticString) throws(ChainruleError) -> Int? {
    defer { value = autoSize }
    return try optionalCount(value, name)
}

private func notTaken(_ name: StaticString, _ value: Double, by method: StaticString) -> ChainruleError {
    ChainruleError(.value, "options->\(name) is \(value), but the method '\(method)' takes no \(name)")
}

func variable(_ number: crl_variable) throws(ChainruleError) -> Network.Variable {
    switch Int(number) {
    case CRL_VARIABLE_PARAMETERS: return .parameters
    case CRL_VARIABLE_INPUT: return .input
    default: throw ChainruleError(.value, "variable is \(number), which is no crl_variable")
    }
}

func number(of quantity: GradientReport.Quantity) -> crl_checked_quantity {
    switch quantity {
    case .parameter: crl_checked_quantity(CRL_CHECKED_PARAMETER_GRADIENT)
    case .activationDerivative: crl_checked_quantity(CRL_CHECKED_ACTIVATION_DERIVATIVE)
    case .activationSecondDerivative: crl_checked_quantity(CRL_CHECKED_ACTIVATION_SECOND_DERIVATIVE)
    case .costGradient: crl_checked_quantity(CRL_CHECKED_COST_GRADIENT)
    case .costHessianProduct: crl_checked_quantity(CRL_CHECKED_COST_HESSIAN_PRODUCT)
    }
}

func purpose(_ number: crl_purpose) throws(ChainruleError) -> Workspace.Purpose {
    switch Int(number) {
    case CRL_PURPOSE_TRAINING: return .training
    case CRL_PURPOSE_INFERENCE: return .inference
    default: throw ChainruleError(.value, "purpose is \(number), which is no crl_purpose")
    }
}

func quantity(_ number: crl_quantity) throws(ChainruleError) -> Workspace.Quantity {
    switch Int(number) {
    case CRL_QUANTITY_Z: return .preactivation
    case CRL_QUANTITY_H: return .activation
    case CRL_QUANTITY_DELTA: return .delta
    default: throw ChainruleError(.value, "quantity is \(number), which is no crl_quantity")
    }
}

func precision(_ number: crl_precision) throws(ChainruleError) -> Precision {
    switch Int(number) {
    case CRL_PRECISION_FLOAT32: return .float32
    case CRL_PRECISION_BFLOAT16: return .bfloat16
    case CRL_PRECISION_INT8: return .int8
    default: throw ChainruleError(.value, "precision is \(number), which is no crl_precision")
    }
}

func number(of precision: Precision) -> crl_precision {
    switch precision {
    case .float32: crl_precision(CRL_PRECISION_FLOAT32)
    case .bfloat16: crl_precision(CRL_PRECISION_BFLOAT16)
    case .int8: crl_precision(CRL_PRECISION_INT8)
    }
}
