import CChainrule
import Chainrule

// A caller's window and normalisation, as Swift has them.

/// A caller's window, before it is known how many axes it slides over.
struct GivenWindow {
    private let kernel: [Int]
    private let stride: [Int]
    private let dilation: [Int]
    private let padding: crl_padding
    private let before: [Int]
    private let after: [Int]
    private let outputPadding: [Int]

    fileprivate init(_ window: crl_window) throws(ChainruleError) {
        kernel = try list(window.kernel, "window->kernel")
        stride = try list(window.stride, "window->stride")
        dilation = try list(window.dilation, "window->dilation")
        before = try list(window.before, "window->before")
        after = try list(window.after, "window->after")
        outputPadding = try list(window.output_padding, "window->output_padding")
        padding = window.padding
        guard crl_padding(CRL_PADDING_VALID)...crl_padding(CRL_PADDING_EXPLICIT) ~= padding else {
            throw ChainruleError(.value, "window->padding is \(padding), which is no crl_padding")
        }
        guard padding == crl_padding(CRL_PADDING_EXPLICIT) || (before + after).allSatisfy({ $0 == 0 }) else {
            throw ChainruleError(
                .value, "window->before or window->after is not 0, but the padding is not CRL_PADDING_EXPLICIT")
        }
        guard
            padding == crl_padding(CRL_PADDING_VALID) || padding == crl_padding(CRL_PADDING_EXPLICIT)
                || outputPadding.allSatisfy({ $0 == 0 })
        else {
            throw ChainruleError(
                .value,
                "window->output_padding is not 0, but the padding is neither CRL_PADDING_VALID nor CRL_PADDING_EXPLICIT"
            )
        }
        guard window.reserved == 0 else {
            throw ChainruleError(.value, "window->reserved is \(window.reserved); it must be 0")
        }
    }

    /// The window over the layer of this name, nil: the last. Its kernel has as many numbers as that layer has axes before its
    /// channels; if the caller gave more, so many that the layer's shape rule refuses them.
    func settings(in architecture: Architecture, reading input: String?) -> WindowSettings {
        let axes = architecture.shape(read: input).map { $0.rank - 1 } ?? 0
        func cut(_ numbers: [Int]) -> [Int] {
            var count = numbers.count
            while count > axes && numbers[count - 1] == 0 { count -= 1 }
            return Array(numbers.prefix(count))
        }
        let kernel = cut(self.kernel)
        func filled(_ numbers: [Int]) -> [Int] {
            numbers.allSatisfy { $0 == 0 } ? kernel.map { _ in 1 } : cut(numbers)
        }
        let padding: WindowSettings.Padding
        switch Int(self.padding) {
        case CRL_PADDING_VALID where outputPadding.allSatisfy({ $0 == 0 }): padding = .valid
        case CRL_PADDING_SAME: padding = .same
        case CRL_PADDING_CAUSAL: padding = .causal
        default:
            // A padding of no axis that there is has one number too many: the shape rule refuses it.
            let less = cut((0..<3).map { after[$0] - outputPadding[$0] })
            padding = .explicit(before: cut(before), after: less)
        }
        return WindowSettings(kernel, stride: filled(stride), dilation: filled(dilation), padding: padding)
    }
}

/// A window back in C's words.
func describe(_ settings: WindowSettings, in window: inout crl_window) {
    window.kernel = axes(settings.kernel)
    window.stride = axes(settings.stride)
    window.dilation = axes(settings.dilation)
    switch settings.padding {
    case .valid: window.padding = crl_padding(CRL_PADDING_VALID)
    case .same: window.padding = crl_padding(CRL_PADDING_SAME)
    case .causal: window.padding = crl_padding(CRL_PADDING_CAUSAL)
    case .explicit(let before, let after):
        window.padding = crl_padding(CRL_PADDING_EXPLICIT)
        window.before = axes(before)
        window.after = axes(after.map { max($0, 0) })
        window.output_padding = axes(after.map { max(-$0, 0) })
    }
}

private func axes(_ numbers: [Int]) -> crl_axes {
    crl_axes(
        first: numbers.count > 0 ? numbers[0] : 0, second: numbers.count > 1 ? numbers[1] : 0,
        third: numbers.count > 2 ? numbers[2] : 0)
}

private func list(_ axes: crl_axes, _ name: StaticString) throws(ChainruleError) -> [Int] {
    [
        try count(UInt(bitPattern: axes.first), name), try count(UInt(bitPattern: axes.second), name),
        try count(UInt(bitPattern: axes.third), name),
    ]
}

func windowOf(_ pointer: UnsafePointer<crl_window>) throws(ChainruleError) -> GivenWindow {
    try GivenWindow(try structure(pointer, "window"))
}

func pooling(_ method: crl_pooling) throws(ChainruleError) -> PoolingMethod {
    switch Int(method) {
    case CRL_POOLING_MAXIMUM: return .maximum
    case CRL_POOLING_MEAN: return .mean
    case CRL_POOLING_MEAN_WITH_PADDING: return .meanWithPadding
    default: throw ChainruleError(.value, "method is \(method), which is no crl_pooling")
    }
}

func number(of method: PoolingMethod) -> Int32 {
    switch method {
    case .maximum: Int32(CRL_POOLING_MAXIMUM)
    case .mean: Int32(CRL_POOLING_MEAN)
    case .meanWithPadding: Int32(CRL_POOLING_MEAN_WITH_PADDING)
    }
}

func number(of method: NormalizationMethod) -> Int32 {
    switch method {
    case .batch: Int32(CRL_NORMALIZATION_BATCH)
    case .layer: Int32(CRL_NORMALIZATION_LAYER)
    case .rootMeanSquare: Int32(CRL_NORMALIZATION_RMS)
    case .group: Int32(CRL_NORMALIZATION_GROUP)
    }
}

func normalizationMethod(
    _ method: crl_normalization, _ options: crl_normalization_options
) throws(ChainruleError) -> NormalizationMethod {
    guard options.reserved == 0 else {
        throw ChainruleError(.value, "normalization->reserved is \(options.reserved); it must be 0")
    }
    switch Int(method) {
    case CRL_NORMALIZATION_BATCH: return .batch(momentum: options.momentum)
    case CRL_NORMALIZATION_LAYER: return .layer
    case CRL_NORMALIZATION_RMS: return .rootMeanSquare
    case CRL_NORMALIZATION_GROUP:
        return .group(try count(UInt(bitPattern: options.groups), "normalization->groups"))
    default: throw ChainruleError(.value, "method is \(method), which is no crl_normalization")
    }
}
