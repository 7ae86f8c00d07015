// GROUP 2: Describing a network

import CChainrule
import Chainrule

/// Names the next part of x, and gives it a shape. Parts follow one another in a row of x, in the order of these calls. The
/// part is a layer: later layers read it by its name, or as the layer before.
/// - Parameters:
///   - network: not built yet.
///   - name: the part's name.
///   - extents: the lengths of its axes, channels last; each at least 1.
///   - extents_count: 1 to 4.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_input")
public func crlNetworkAddInput(
    _ network: UnsafeMutablePointer<crl_network>?, _ name: UnsafePointer<CChar>?,
    _ extents: UnsafePointer<UInt>?, _ extents_count: UInt
) -> crl_status {
    call("crl_network_add_input") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let name = try requiredString(name, "name")
        guard let shape = try shape(extents, count: extents_count, "extents") else { throw nullArgument("extents") }
        try handle.describe { architecture throws(ChainruleError) in try architecture.input(name, shape) }
    }
}

/// Adds a convolution: z = L(W, h') + b, h = σ(z). At output position o, z's channel u is the
/// sum over the window's taps t and over the channels c of u's group of W[u, t, c] h'[o · stride + t · dilation − before, c]. The
/// layer that it reads has 2 to 4 axes: one to three that the window slides over, and the channels. Positions beyond its edges
/// count as 0. W has the shape channels × taps along each axis × channels of a group.
/// - Parameters:
///   - network: not built yet.
///   - channels: of the output, the length of its last axis; at least 1.
///   - activation: σ.
///   - window: initialized with CRL_WINDOW_INIT. Only read.
///   - groups: each group of output channels reads its own group of input channels; 1: all read all. As many as channels on
///     both sides: depthwise. Divides both numbers of channels.
///   - options: name, input, bias, initializers, α; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_convolution")
public func crlNetworkAddConvolution(
    _ network: UnsafeMutablePointer<crl_network>?, _ channels: UInt, _ activation: crl_activation,
    _ window: UnsafePointer<crl_window>?, _ groups: UInt, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    call("crl_network_add_convolution") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        try handle.addConvolution(channels, activation, window, groups, options, isTransposed: false)
    }
}

/// Adds a transposed convolution: the map of a convolution's input gradient, as decoders use it. Each input position adds a
/// window to the output: the output has (n − 1) · stride + (taps − 1) · dilation + 1 positions along an axis of n, less what the
/// padding cuts off; with CRL_PADDING_SAME n · stride. W has the shape input channels × taps along each axis × output channels of
/// a group.
/// - Parameters:
///   - network: not built yet.
///   - channels: of the output, the length of its last axis; at least 1.
///   - activation: σ.
///   - window: initialized with CRL_WINDOW_INIT. Only read.
///   - groups: each group of output channels reads its own group of input channels; 1: all read all. As many as channels on
///     both sides: depthwise. Divides both numbers of channels.
///   - options: name, input, bias, initializers, α; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_transposed_convolution")
public func crlNetworkAddTransposedConvolution(
    _ network: UnsafeMutablePointer<crl_network>?, _ channels: UInt, _ activation: crl_activation,
    _ window: UnsafePointer<crl_window>?, _ groups: UInt, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    call("crl_network_add_transposed_convolution") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        try handle.addConvolution(channels, activation, window, groups, options, isTransposed: true)
    }
}

/// Adds the largest or the mean of each channel under a window. A maximum passes δ to the first of its largest elements.
/// - Parameters:
///   - network: not built yet.
///   - method: what to make of the elements.
///   - window: initialized with CRL_WINDOW_INIT; NULL: all positions, and the output has one axis, the channels. Only read.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_pooling")
public func crlNetworkAddPooling(
    _ network: UnsafeMutablePointer<crl_network>?, _ method: crl_pooling,
    _ window: UnsafePointer<crl_window>?, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_pooling", network, options) { architecture, name, input throws(ChainruleError) in
        let (method, given) = (try pooling(method), try window.map(windowOf))
        try architecture.pooling(
            method, given.map { $0.settings(in: architecture, reading: input) }, name: name, input: input)
    }
}

/// Adds normalization: z = (h' − μ) / √(v + ε) with the mean μ and the variance v of what is taken together, and h = γ z + β with
/// a learned γ and β for each channel.
///
/// Batch normalization takes the batch's μ and v in crl_network_fit(), and with a workspace if
/// crl_workspace_use_batch_statistics() says so; elsewhere the running statistics: the layer's tensors "running_mean" and
/// "running_var", which files hold and no optimizer steps (crl_network_state()).
/// - Parameters:
///   - network: not built yet.
///   - method: what to take together.
///   - normalization: initialized with CRL_NORMALIZATION_OPTIONS_INIT; NULL: its values. Only read.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_normalization")
public func crlNetworkAddNormalization(
    _ network: UnsafeMutablePointer<crl_network>?, _ method: crl_normalization,
    _ normalization: UnsafePointer<crl_normalization_options>?, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_normalization", network, options) { architecture, name, input throws(ChainruleError) in
        let given = try normalization.map { (pointer) throws(ChainruleError) in try structure(pointer, "normalization")
        }
        let how = given ?? crl_normalization_options.initial
        let method = try normalizationMethod(method, how)
        try architecture.normalization(
            method, epsilon: how.epsilon, isAffine: how.affine != 0, name: name, input: input)
    }
}

/// Adds a rectifier whose slope below 0 is learned for each channel (He et al. 2015): h = z where z > 0, otherwise α z.
/// - Parameters:
///   - network: not built yet.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_prelu")
public func crlNetworkAddPReLU(
    _ network: UnsafeMutablePointer<crl_network>?,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_prelu", network, options) { architecture, name, input throws(ChainruleError) in
        try architecture.prelu(name: name, input: input)
    }
}

/// Adds softmax along an axis: h = e^h' divided by the sum of its line along the axis. Along the last axis that is an activation
/// layer with CRL_SOFTMAX, and the layer becomes one.
/// - Parameters:
///   - network: not built yet.
///   - axis: from 0; of at least 2 elements.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_softmax")
public func crlNetworkAddSoftmax(
    _ network: UnsafeMutablePointer<crl_network>?, _ axis: UInt,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_softmax", network, options) { architecture, name, input throws(ChainruleError) in
        let axis = try count(axis, "axis")
        try architecture.softmax(axis: axis, name: name, input: input)
    }
}

/// Adds dropout of whole channels (Tompson et al. 2015): as crl_network_add_dropout(), but one draw decides about all positions
/// of a channel.
/// - Parameters:
///   - network: not built yet.
///   - rate: p in [0, 1).
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_channel_dropout")
public func crlNetworkAddChannelDropout(
    _ network: UnsafeMutablePointer<crl_network>?, _ rate: Float,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_channel_dropout", network, options) { architecture, name, input throws(ChainruleError) in
        try architecture.dropout(rate, wholeChannels: true, name: name, input: input)
    }
}

/// Permutes the axes: axis i of h is axis axes[i] of h'.
/// - Parameters:
///   - network: not built yet.
///   - axes: each axis of h' once, from 0.
///   - axes_count: the number of axes.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_transpose")
public func crlNetworkAddTranspose(
    _ network: UnsafeMutablePointer<crl_network>?, _ axes: UnsafePointer<UInt>?,
    _ axes_count: UInt, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_transpose", network, options) { architecture, name, input throws(ChainruleError) in
        let axes = try numbers(axes, count: axes_count, "axes")
        try architecture.transpose(axes, name: name, input: input)
    }
}

/// Takes a box of h': along each axis the elements from begin[axis] to before end[axis].
/// - Parameters:
///   - network: not built yet.
///   - begin: a number for each axis, from 0.
///   - end: likewise, at most the axis' length.
///   - axes_count: the number of axes.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_slice")
public func crlNetworkAddSlice(
    _ network: UnsafeMutablePointer<crl_network>?, _ begin: UnsafePointer<UInt>?,
    _ end: UnsafePointer<UInt>?, _ axes_count: UInt, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_slice", network, options) { architecture, name, input throws(ChainruleError) in
        let begin = try numbers(begin, count: axes_count, "begin")
        let end = try numbers(end, count: axes_count, "end")
        try architecture.slice(from: begin, to: end, name: name, input: input)
    }
}

/// Cuts a layer along an axis into parts, one after the other: adds a slice for each, or none after an error. The next layer
/// reads the last of them, if it names no other.
/// - Parameters:
///   - network: not built yet.
///   - axis: from 0.
///   - sizes: the length of each part, at least 1; together the axis' length. NULL: the parts are equal.
///   - sizes_count: the number of parts.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. A name "part" names them "part-0", "part-1", … Only read; the
///     strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_split")
public func crlNetworkAddSplit(
    _ network: UnsafeMutablePointer<crl_network>?, _ axis: UInt, _ sizes: UnsafePointer<UInt>?,
    _ sizes_count: UInt, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_split", network, options) { architecture, name, input throws(ChainruleError) in
        let (axis, parts) = (try count(axis, "axis"), try count(sizes_count, "sizes_count"))
        try architecture.split(parts, axis: axis, name: name, input: input) { index, length throws(ChainruleError) in
            guard let sizes else { return length / parts }
            return try count(sizes[index], "sizes")
        }
    }
}

/// Adds positions of zeros before and after each axis but the channels.
/// - Parameters:
///   - network: not built yet.
///   - before: a number for each axis but the channels.
///   - after: likewise.
///   - axes_count: the number of axes less 1.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_zero_padding")
public func crlNetworkAddZeroPadding(
    _ network: UnsafeMutablePointer<crl_network>?, _ before: UnsafePointer<UInt>?,
    _ after: UnsafePointer<UInt>?, _ axes_count: UInt, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_zero_padding", network, options) { architecture, name, input throws(ChainruleError) in
        let before = try numbers(before, count: axes_count, "before")
        let after = try numbers(after, count: axes_count, "after")
        try architecture.zeroPadding(before: before, after: after, name: name, input: input)
    }
}

/// Takes elements along an axis in any order, some of them several times or not at all: element i of the output is element
/// indices[i] of the input.
/// - Parameters:
///   - network: not built yet.
///   - axis: from 0.
///   - indices: from 0, less than the axis' length.
///   - indices_count: how many, at least 1.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_take")
public func crlNetworkAddTake(
    _ network: UnsafeMutablePointer<crl_network>?, _ axis: UInt, _ indices: UnsafePointer<UInt>?,
    _ indices_count: UInt, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_take", network, options) { architecture, name, input throws(ChainruleError) in
        guard let indices else { throw nullArgument("indices") }
        let axis = try count(axis, "axis")
        guard indices_count <= UInt(Int32.max) else {
            throw ChainruleError(.size, "indices_count is \(indices_count), more than a layer has elements")
        }
        try Reserve.setAside(Int(clamping: Int64(indices_count) * 64))
        var numbers: [Int] = []
        for place in 0..<Int(indices_count) { numbers.append(try count(indices[place], "indices")) }
        try architecture.take(numbers, axis: axis, name: name, input: input)
    }
}

/// Repeats each position factors[axis] times along each axis but the channels (nearest neighbour).
/// - Parameters:
///   - network: not built yet.
///   - factors: a number for each axis but the channels, at least 1.
///   - axes_count: the number of axes less 1.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_upsampling")
public func crlNetworkAddUpsampling(
    _ network: UnsafeMutablePointer<crl_network>?, _ factors: UnsafePointer<UInt>?,
    _ axes_count: UInt, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_upsampling", network, options) { architecture, name, input throws(ChainruleError) in
        let factors = try numbers(factors, count: axes_count, "factors")
        try architecture.upsampling(factors, name: name, input: input)
    }
}

/// Repeats the elements of h' in a larger shape, by numpy's rules: along axes of length 1, and along axes that h' lacks before its
/// first. From the last axis on, the lengths of h' are those of the shape or 1.
/// - Parameters:
///   - network: not built yet.
///   - extents: the lengths of the axes.
///   - extents_count: 1 to 4.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_broadcast")
public func crlNetworkAddBroadcast(
    _ network: UnsafeMutablePointer<crl_network>?, _ extents: UnsafePointer<UInt>?, _ extents_count: UInt,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_broadcast", network, options) { architecture, name, input throws(ChainruleError) in
        guard let shape = try shape(extents, count: extents_count, "extents") else { throw nullArgument("extents") }
        try architecture.broadcast(shape, name: name, input: input)
    }
}

/// Adds the concatenation of layers along an axis: crl_network_add_concatenation() along any axis. All others are equal.
/// - Parameters:
///   - network: not built yet.
///   - inputs: the names of the layers, in order.
///   - inputs_count: how many, at least 1.
///   - axis: from 0.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_concatenation_along")
public func crlNetworkAddConcatenationAlong(
    _ network: UnsafeMutablePointer<crl_network>?,
    _ inputs: UnsafePointer<UnsafePointer<CChar>?>?, _ inputs_count: UInt, _ axis: UInt, _ name: UnsafePointer<CChar>?
) -> crl_status {
    call("crl_network_add_concatenation_along") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let inputs = try strings(inputs, count: inputs_count, "inputs")
        let axis = try count(axis, "axis")
        try handle.describe { architecture throws(ChainruleError) in
            try architecture.concatenation(of: inputs, axis: axis, name: optionalString(name))
        }
    }
}

extension NetworkHandle {
    fileprivate func addConvolution(
        _ channels: UInt, _ activation: crl_activation, _ window: UnsafePointer<crl_window>?, _ groups: UInt,
        _ options: UnsafePointer<crl_layer_options>?, isTransposed: Bool
    ) throws(ChainruleError) {
        let channels = try count(channels, "channels")
        guard let window else { throw nullArgument("window") }
        let given = try windowOf(window)
        let groups = try count(groups, "groups")
        let options = try layerOptions(options)
        let activation = try ChainruleC.activation(activation, options)
        try describe(options) { architecture throws(ChainruleError) in
            var settings = ConvolutionSettings(
                channels, given.settings(in: architecture, reading: optionalString(options?.input)), activation)
            settings.groups = groups
            settings.isTransposed = isTransposed
            if let options {
                settings.hasBias = options.bias != 0
                settings.weights = try initializer(options.weight_initializer, "weight_initializer")
                settings.biases = try initializer(options.bias_initializer, "bias_initializer")
            }
            try architecture.convolution(
                settings, name: optionalString(options?.name), input: optionalString(options?.input))
        }
    }
}
