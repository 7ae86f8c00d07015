import CChainrule
import Chainrule

// A layer back in C's words: what the functions that add layers read the other way round.

/// - Parameter rank: the number of the layer's axes.
func describe(_ settings: LayerSettings, rank: Int, in layer: inout crl_layer) {
    switch settings {
    case .dense(let activation, let bias, _, _):
        layer.kind = crl_layer_kind(CRL_LAYER_DENSE)
        layer.activation = number(of: activation)
        layer.bias = bias ? 1 : 0
    case .activation(let activation):
        layer.kind = crl_layer_kind(CRL_LAYER_ACTIVATION)
        layer.activation = number(of: activation)
    case .dropout(let rate, let wholeChannels):
        layer.kind = crl_layer_kind(wholeChannels ? CRL_LAYER_CHANNEL_DROPOUT : CRL_LAYER_DROPOUT)
        layer.amount = rate
    case .noise(let deviation):
        layer.kind = crl_layer_kind(CRL_LAYER_NOISE)
        layer.amount = deviation
    case .convolution(let settings):
        layer.kind = crl_layer_kind(
            settings.isTransposed ? CRL_LAYER_TRANSPOSED_CONVOLUTION : CRL_LAYER_CONVOLUTION)
        layer.activation = number(of: settings.activation)
        layer.bias = settings.hasBias ? 1 : 0
        layer.groups = settings.groups
    case .sum: layer.kind = crl_layer_kind(CRL_LAYER_SUM)
    case .mean: layer.kind = crl_layer_kind(CRL_LAYER_MEAN)
    case .difference: layer.kind = crl_layer_kind(CRL_LAYER_DIFFERENCE)
    case .product: layer.kind = crl_layer_kind(CRL_LAYER_PRODUCT)
    case .quotient: layer.kind = crl_layer_kind(CRL_LAYER_QUOTIENT)
    case .maximum: layer.kind = crl_layer_kind(CRL_LAYER_MAXIMUM)
    case .minimum: layer.kind = crl_layer_kind(CRL_LAYER_MINIMUM)
    case .power: layer.kind = crl_layer_kind(CRL_LAYER_POWER)
    case .function(let function):
        layer.kind = crl_layer_kind(CRL_LAYER_FUNCTION)
        layer.method = number(of: function)
        layer.amount = function.numbers.x
        layer.more = function.numbers.y
    case .concatenation(let axis):
        layer.kind = crl_layer_kind(CRL_LAYER_CONCATENATION)
        layer.axis = axis ?? rank - 1
    case .reshape: layer.kind = crl_layer_kind(CRL_LAYER_RESHAPE)
    case .transpose: layer.kind = crl_layer_kind(CRL_LAYER_TRANSPOSE)
    case .slice: layer.kind = crl_layer_kind(CRL_LAYER_SLICE)
    case .zeroPadding: layer.kind = crl_layer_kind(CRL_LAYER_ZERO_PADDING)
    case .take(let axis, _):
        layer.kind = crl_layer_kind(CRL_LAYER_TAKE)
        layer.axis = axis
    case .matrixProduct(let transposesB):
        layer.kind = crl_layer_kind(CRL_LAYER_MATRIX_PRODUCT)
        layer.method = transposesB ? 1 : 0
    case .upsampling: layer.kind = crl_layer_kind(CRL_LAYER_UPSAMPLING)
    case .reduction(let method, _, _):
        layer.kind = crl_layer_kind(CRL_LAYER_REDUCTION)
        layer.method = method.number
    case .broadcast: layer.kind = crl_layer_kind(CRL_LAYER_BROADCAST)
    case .input(_, let first):
        layer.kind = crl_layer_kind(CRL_LAYER_INPUT)
        layer.first = first
    case .pooling(let method, _):
        layer.kind = crl_layer_kind(CRL_LAYER_POOLING)
        layer.method = number(of: method)
    case .normalization(let method, _, _):
        layer.kind = crl_layer_kind(CRL_LAYER_NORMALIZATION)
        layer.method = number(of: method)
    case .prelu: layer.kind = crl_layer_kind(CRL_LAYER_PRELU)
    case .softmax(let axis):
        layer.kind = crl_layer_kind(CRL_LAYER_SOFTMAX)
        layer.axis = axis
    case .parameter: layer.kind = crl_layer_kind(CRL_LAYER_PARAMETER)
    case .constant: layer.kind = crl_layer_kind(CRL_LAYER_CONSTANT)
    case .embedding(let tokens, _, _):
        layer.kind = crl_layer_kind(CRL_LAYER_EMBEDDING)
        layer.tokens = tokens
    case .positions: layer.kind = crl_layer_kind(CRL_LAYER_POSITIONS)
    case .attention: layer.kind = crl_layer_kind(CRL_LAYER_ATTENTION)
    case .recurrent(let settings):
        layer.bias = settings.hasBias ? 1 : 0
        switch settings.cell {
        case .simple(let rectifies):
            layer.kind = crl_layer_kind(CRL_LAYER_RNN)
            layer.activation = crl_activation(rectifies ? CRL_RELU : CRL_TANH)
        case .gru: layer.kind = crl_layer_kind(CRL_LAYER_GRU)
        case .lstm: layer.kind = crl_layer_kind(CRL_LAYER_LSTM)
        }
    }
}

extension LayerSettings {
    /// Whether a layer is added with crl_layer_options.input, or the like.
    var takesInput: Bool {
        switch self {
        case .sum, .mean, .difference, .product, .quotient, .maximum, .minimum, .power, .matrixProduct, .concatenation,
            .input, .parameter, .constant:
            false
        default: true
        }
    }
}

func describe(_ settings: LayerSettings, in options: inout crl_layer_options) {
    switch settings {
    case .dense(let activation, let bias, let weights, let biases):
        options.bias = bias ? 1 : 0
        options.weight_initializer = initializer(weights)
        options.bias_initializer = initializer(biases)
        if let alpha = activation.alpha { options.alpha = alpha }
    case .activation(let activation):
        if let alpha = activation.alpha { options.alpha = alpha }
    case .convolution(let settings):
        options.bias = settings.hasBias ? 1 : 0
        options.weight_initializer = initializer(settings.weights)
        options.bias_initializer = initializer(settings.biases)
        if let alpha = settings.activation.alpha { options.alpha = alpha }
    case .recurrent(let settings):
        options.bias = settings.hasBias ? 1 : 0
        options.weight_initializer = initializer(settings.weights)
        options.bias_initializer = initializer(settings.biases)
    case .parameter(_, let values), .constant(_, let values): options.weight_initializer = initializer(values)
    case .embedding(_, _, let weights): options.weight_initializer = initializer(weights)
    default: break
    }
}

private func initializer(_ initializer: Initializer) -> crl_initializer {
    func made(_ kind: Int, _ a: Float = 0, _ b: Float = 0) -> crl_initializer {
        crl_initializer(kind: crl_initializer_kind(kind), a: a, b: b)
    }
    switch initializer {
    case .standard: return made(CRL_INIT_DEFAULT)
    case .zeros: return made(CRL_INIT_ZEROS)
    case .constant(let value): return made(CRL_INIT_CONSTANT, value)
    case .uniform(let low, let high): return made(CRL_INIT_UNIFORM, low, high)
    case .normal(let mean, let deviation): return made(CRL_INIT_NORMAL, mean, deviation)
    case .glorotUniform: return made(CRL_INIT_GLOROT_UNIFORM)
    case .glorotNormal: return made(CRL_INIT_GLOROT_NORMAL)
    case .heUniform: return made(CRL_INIT_HE_UNIFORM)
    case .heNormal: return made(CRL_INIT_HE_NORMAL)
    case .lecunUniform: return made(CRL_INIT_LECUN_UNIFORM)
    case .lecunNormal: return made(CRL_INIT_LECUN_NORMAL)
    }
}
