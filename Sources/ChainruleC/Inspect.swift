// GROUP 3: Looking at a network
// Ask for sizes and layers at any time, and for parameters once the network is built. All parameters lie in one
// contiguous vector; gradients are vectors of the same shape. A crl_tensor says where each weight and bias lies in any
// of them.

import CChainrule
import Chainrule

/// Gets N_0, the length of x.
/// - Parameters:
///   - network: built or not.
///   - inputs: receives the number.
/// - Returns: a status.
@_cdecl("crl_network_input_size")
public func crlNetworkInputSize(
    _ network: UnsafePointer<crl_network>?, _ inputs: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_input_size") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        guard let inputs else { throw nullArgument("inputs") }
        inputs.pointee = UInt(handle.architecture.inputs)
    }
}

/// Gets N_L, the length of y: the width of the last layer, or of the input while there are no layers.
/// - Parameters:
///   - network: built or not.
///   - outputs: receives the number.
/// - Returns: a status.
@_cdecl("crl_network_output_size")
public func crlNetworkOutputSize(
    _ network: UnsafePointer<crl_network>?, _ outputs: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_output_size") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        guard let outputs else { throw nullArgument("outputs") }
        outputs.pointee = UInt(handle.architecture.outputs)
    }
}

/// Gets the number of layers, without the input.
/// - Parameters:
///   - network: built or not.
///   - count: receives the number.
/// - Returns: a status.
@_cdecl("crl_network_layer_count")
public func crlNetworkLayerCount(
    _ network: UnsafePointer<crl_network>?, _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_layer_count") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        guard let count else { throw nullArgument("count") }
        count.pointee = UInt(handle.architecture.nodes.count)
    }
}

/// Gets a layer: its name, kind, activation and units.
/// - Parameters:
///   - network: built or not.
///   - index: from 0, in the order the layers were added.
///   - layer: initialized with CRL_LAYER_INIT; receives the layer.
/// - Returns: a status.
@_cdecl("crl_network_layer")
public func crlNetworkLayer(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ layer: UnsafeMutablePointer<crl_layer>?
) -> crl_status {
    call("crl_network_layer") { () throws(ChainruleError) in
        let (handle, node) = try node(network, index)
        guard let layer else { throw nullArgument("layer") }
        _ = try structure(layer, "layer")
        var filled = crl_layer.initial
        filled.name = UnsafePointer(handle.layerNames[Int(index)])
        filled.units = node.shape.channels
        filled.inputs = node.inputs.count
        describe(node.settings, rank: node.shape.rank, in: &filled)
        write(filled, to: layer)
    }
}

/// Gets a layer's shape: the lengths of its axes, channels last. Their product is the layer's width.
/// - Parameters:
///   - network: built or not.
///   - index: the layer's, from 0.
///   - extents: receives the lengths; NULL: not wanted.
///   - extents_count: the length of the array, at least the number of axes; 4 is enough for any layer. Ignored with NULL.
///   - rank: receives the number of axes.
/// - Returns: a status.
@_cdecl("crl_network_layer_shape")
public func crlNetworkLayerShape(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ extents: UnsafeMutablePointer<UInt>?,
    _ extents_count: UInt, _ rank: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_layer_shape") { () throws(ChainruleError) in
        let (_, node) = try node(network, index)
        try write(node.shape.extents, to: extents, count: extents_count, rank)
    }
}

/// Gets what a layer that moves elements was added with: a number for each axis, or for each but the channels.
/// - Parameters:
///   - network: built or not.
///   - index: the layer's, from 0.
///   - extents: receives a transpose's `axes`, a slice's `begin`, a zero padding's `before`, an upsampling's `factors`,
///     a reduction's `axes` or a take's `indices`; NULL: not wanted.
///   - ends: receives a slice's `end` or a zero padding's `after`; other layers leave it alone. NULL: not wanted.
///   - extents_count: the length of each array, at least the number of axes, or of indices; 4 is enough for any layer but a take.
///     Ignored with NULL.
///   - rank: receives how many numbers there are.
/// - Returns: a status; CRL_ERROR_VALUE if the layer is none of these.
@_cdecl("crl_network_layer_axes")
public func crlNetworkLayerAxes(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ extents: UnsafeMutablePointer<UInt>?,
    _ ends: UnsafeMutablePointer<UInt>?, _ extents_count: UInt, _ rank: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_layer_axes") { () throws(ChainruleError) in
        let (_, node) = try node(network, index)
        let numbers: [Int]
        var last: [Int] = []
        switch node.settings {
        case .transpose(let axes): numbers = axes
        case .slice(let begin, let end): (numbers, last) = (begin, end)
        case .zeroPadding(let before, let after): (numbers, last) = (before, after)
        case .upsampling(let factors): numbers = factors
        case .take(_, let indices): numbers = indices
        case .reduction(_, let axes, _): numbers = axes
        default: throw ChainruleError(.value, "layer '\(node.name.text)' has no numbers for its axes")
        }
        try write(numbers, to: extents, last, to: ends, count: extents_count, rank)
    }
}

func write(
    _ lengths: [Int], to extents: UnsafeMutablePointer<UInt>?, _ last: [Int] = [],
    to ends: UnsafeMutablePointer<UInt>? = nil, count: UInt, _ rank: UnsafeMutablePointer<UInt>?
) throws(ChainruleError) {
    guard let rank else { throw nullArgument("rank") }
    guard extents == nil && ends == nil || count >= UInt(lengths.count) else {
        throw ChainruleError(.size, "extents_count is \(count); there are \(lengths.count) numbers")
    }
    for (axis, length) in lengths.enumerated() { extents?[axis] = UInt(length) }
    for (axis, length) in last.enumerated() { ends?[axis] = UInt(length) }
    rank.pointee = UInt(lengths.count)
}

/// Gets the name of one of a layer's inputs.
/// - Parameters:
///   - network: built or not.
///   - index: the layer's, from 0.
///   - input: from 0, in the order the layer reads its inputs.
///   - name: receives the name, valid as long as the network; "input" is the network's own input.
/// - Returns: a status.
@_cdecl("crl_network_layer_input")
public func crlNetworkLayerInput(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ input: UInt,
    _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> crl_status {
    call("crl_network_layer_input") { () throws(ChainruleError) in
        let (handle, node) = try node(network, index)
        guard input < UInt(node.inputs.count) else {
            throw ChainruleError(.size, "input is \(input); the layer reads \(node.inputs.count)")
        }
        guard let name else { throw nullArgument("name") }
        name.pointee = handle.inputName(of: node, Int(input))
    }
}

extension NetworkHandle {
    /// The name of a layer that a node reads. Lives as long as the network.
    func inputName(of node: Architecture.Node, _ input: Int) -> UnsafePointer<CChar> {
        let position = node.inputs[input]
        return position == 0 ? cString("input") : UnsafePointer(layerNames[position - 1])
    }
}

/// Gets the options a layer was added with. What a kind of layer does not take has its initial value: so the input is NULL for
/// parameters and for layers that combine several; a recurrent layer's is its sequence. A network from a file has the default
/// initializers: files do not record them.
/// - Parameters:
///   - network: built or not.
///   - index: from 0, in the order the layers were added.
///   - options: initialized with CRL_LAYER_OPTIONS_INIT; receives the options. The strings are valid as long as the
///     network.
/// - Returns: a status.
@_cdecl("crl_network_layer_options")
public func crlNetworkLayerOptions(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ options: UnsafeMutablePointer<crl_layer_options>?
) -> crl_status {
    call("crl_network_layer_options") { () throws(ChainruleError) in
        let (handle, node) = try node(network, index)
        guard let options else { throw nullArgument("options") }
        _ = try structure(options, "options")
        var filled = handle.functions[Int(index)]
        filled.name = UnsafePointer(handle.layerNames[Int(index)])
        if node.settings.takesInput { filled.input = handle.inputName(of: node, 0) }
        describe(node.settings, in: &filled)
        write(filled, to: options)
    }
}

/// Gets the window of a convolution or of a pooling layer.
/// - Parameters:
///   - network: built or not.
///   - index: the layer's, from 0.
///   - window: initialized with CRL_WINDOW_INIT; receives the window. All 0 for pooling over all positions.
/// - Returns: a status; CRL_ERROR_VALUE if the layer has no window.
@_cdecl("crl_network_layer_window")
public func crlNetworkLayerWindow(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ window: UnsafeMutablePointer<crl_window>?
) -> crl_status {
    call("crl_network_layer_window") { () throws(ChainruleError) in
        let (_, node) = try node(network, index)
        guard let window else { throw nullArgument("window") }
        _ = try structure(window, "window")
        var filled = crl_window.initial
        switch node.settings {
        case .convolution(let settings): describe(settings.window, in: &filled)
        case .pooling(_, let settings): if let settings { describe(settings, in: &filled) }
        default: throw ChainruleError(.value, "layer '\(node.name.text)' has no window")
        }
        write(filled, to: window)
    }
}

/// Gets what a normalization layer was added with. Its method is in crl_layer.
/// - Parameters:
///   - network: built or not.
///   - index: the layer's, from 0.
///   - normalization: initialized with CRL_NORMALIZATION_OPTIONS_INIT; receives the options. What is not the method's has its
///     initial value.
/// - Returns: a status; CRL_ERROR_VALUE if the layer is no normalization.
@_cdecl("crl_network_layer_normalization")
public func crlNetworkLayerNormalization(
    _ network: UnsafePointer<crl_network>?, _ index: UInt,
    _ normalization: UnsafeMutablePointer<crl_normalization_options>?
) -> crl_status {
    call("crl_network_layer_normalization") { () throws(ChainruleError) in
        let (_, node) = try node(network, index)
        guard let normalization else { throw nullArgument("normalization") }
        _ = try structure(normalization, "normalization")
        guard case .normalization(let method, let epsilon, let isAffine) = node.settings else {
            throw ChainruleError(.value, "layer '\(node.name.text)' is no normalization")
        }
        var filled = crl_normalization_options.initial
        if case .group(let groups) = method { filled.groups = groups }
        if case .batch(let momentum) = method { filled.momentum = momentum }
        filled.epsilon = epsilon
        filled.affine = isAffine ? 1 : 0
        write(filled, to: normalization)
    }
}

func node(
    _ network: UnsafePointer<crl_network>?, _ index: UInt
) throws(ChainruleError) -> (NetworkHandle, Architecture.Node) {
    let handle = try object(network, "network", as: NetworkHandle.self)
    let nodes = handle.architecture.nodes
    guard index < UInt(nodes.count) else {
        throw ChainruleError(.size, "index is \(index); the network has \(nodes.count) layers")
    }
    return (handle, nodes[Int(index)])
}
