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
///   - extents: receives a transpose's `axes`, a slice's `begin`, a zero padding's `before` or an upsampling's `factors`; NULL:
///     not wanted.
///   - ends: receives a slice's `end` or a zero padding's `after`; other layers leave it alone. NULL: not wanted.
///   - extents_count: the length of each array, at least the number of axes; 4 is enough for any layer. Ignored with NULL.
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
        default: throw ChainruleError(.value, "layer '\(node.name.text)' has no numbers for its axes")
        }
        try write(numbers, to: extents, last, to: ends, count: extents_count, rank)
    }
}

private func write(
    _ lengths: [Int], to extents: UnsafeMutablePointer<UInt>?, _ last: [Int] = [],
    to ends: UnsafeMutablePointer<UInt>? = nil, count: UInt, _ rank: UnsafeMutablePointer<UInt>?
) throws(ChainruleError) {
    guard let rank else { throw nullArgument("rank") }
    guard extents == nil && ends == nil || count >= UInt(lengths.count) else {
        throw ChainruleError(.size, "extents_count is \(count); there are \(lengths.count) axes")
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

/// Gets the options a layer was added with. For layers that read several, only the name has a meaning. A network from a file
/// has the default initializers: files do not record them.
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
        if node.inputs.count == 1 { filled.input = handle.inputName(of: node, 0) }
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

/// Gets the options of a recurrent layer.
/// - Parameters:
///   - network: built or not.
///   - index: the layer's, from 0.
///   - recurrent: initialized with CRL_RECURRENT_OPTIONS_INIT; receives the options. The strings are valid as long as the network.
/// - Returns: a status; CRL_ERROR_VALUE if the layer is not recurrent.
@_cdecl("crl_network_layer_recurrent")
public func crlNetworkLayerRecurrent(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ recurrent: UnsafeMutablePointer<crl_recurrent_options>?
) -> crl_status {
    call("crl_network_layer_recurrent") { () throws(ChainruleError) in
        let (handle, node) = try node(network, index)
        guard let recurrent else { throw nullArgument("recurrent") }
        _ = try structure(recurrent, "recurrent")
        guard case .recurrent(let settings) = node.settings else {
            throw ChainruleError(.value, "layer '\(node.name.text)' is not recurrent")
        }
        var filled = crl_recurrent_options.initial
        filled.last = settings.givesSequence ? 0 : 1
        filled.backwards = settings.isBackwards ? 1 : 0
        switch settings.cell {
        case .simple: break
        case .gru(let resetsFirst): filled.reset_first = resetsFirst ? 1 : 0
        case .lstm(let hasPeepholes): filled.peepholes = hasPeepholes ? 1 : 0
        }
        if settings.hasInitialState { filled.initial_state = handle.inputName(of: node, 1) }
        if settings.hasLengths { filled.lengths = handle.inputName(of: node, settings.hasInitialState ? 2 : 1) }
        write(filled, to: recurrent)
    }
}

/// Gets what an attention layer was added with, as a bare one: the dense layers around it are layers of their own.
/// - Parameters:
///   - network: built or not.
///   - index: the layer's, from 0.
///   - attention: initialized with CRL_ATTENTION_OPTIONS_INIT; receives the options. The strings are valid as long as the network.
/// - Returns: a status; CRL_ERROR_VALUE if the layer is no attention.
@_cdecl("crl_network_layer_attention")
public func crlNetworkLayerAttention(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ attention: UnsafeMutablePointer<crl_attention_options>?
) -> crl_status {
    call("crl_network_layer_attention") { () throws(ChainruleError) in
        let (handle, node) = try node(network, index)
        guard let attention else { throw nullArgument("attention") }
        _ = try structure(attention, "attention")
        guard case .attention(let settings) = node.settings else {
            throw ChainruleError(.value, "layer '\(node.name.text)' is no attention")
        }
        var filled = crl_attention_options.initial
        filled.heads = settings.heads
        filled.causal = settings.isCausal ? 1 : 0
        filled.bare = 1
        let sources = settings.hasLengths ? node.inputs.count - 1 : node.inputs.count
        if sources > 1 { filled.key = handle.inputName(of: node, 1) }
        if sources > 2 { filled.value = handle.inputName(of: node, 2) }
        if settings.hasLengths { filled.lengths = handle.inputName(of: node, sources) }
        write(filled, to: attention)
    }
}

/// Gets the flat parameter vector itself, not a copy. You may read and change it. It belongs to the network and lives
/// as long. Changing it requires exclusive access to the network, and voids earlier forward passes.
///
/// The library does not see when you change it. After this call crl_network_predict() therefore reads the vector itself,
/// and is slower for few rows. A predictor stays fast, and so does a crl_network_copy().
/// - Parameters:
///   - network: built.
///   - parameters: receives the address, aligned to 64 bytes.
///   - count: receives the number of floats.
/// - Returns: a status.
@_cdecl("crl_network_parameters")
public func crlNetworkParameters(
    _ network: UnsafePointer<crl_network>?, _ parameters: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>?,
    _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_parameters") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        guard let parameters else { throw nullArgument("parameters") }
        guard let count else { throw nullArgument("count") }
        parameters.pointee = network.shareParameters().base
        count.pointee = UInt(network.parameterCount)
    }
}

/// Gets the number of parameter tensors: weights and biases.
/// - Parameters:
///   - network: built.
///   - count: receives the number.
/// - Returns: a status.
@_cdecl("crl_network_tensor_count")
public func crlNetworkTensorCount(
    _ network: UnsafePointer<crl_network>?, _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_tensor_count") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        guard let count else { throw nullArgument("count") }
        count.pointee = UInt(network.plan.tensors.count)
    }
}

/// Gets a parameter tensor by its index, in the order of the parameter vector.
/// - Parameters:
///   - network: built.
///   - index: from 0.
///   - tensor: initialized with CRL_TENSOR_INIT; receives the tensor's name, place and shape.
/// - Returns: a status.
@_cdecl("crl_network_tensor")
public func crlNetworkTensor(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ tensor: UnsafeMutablePointer<crl_tensor>?
) -> crl_status {
    call("crl_network_tensor") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let tensors = try handle.built().plan.tensors
        guard index < UInt(tensors.count) else {
            throw ChainruleError(.size, "index is \(index); the network has \(tensors.count) tensors")
        }
        try fill(tensor, from: handle, Int(index))
    }
}

/// Gets a parameter tensor by its name.
/// - Parameters:
///   - network: built.
///   - name: such as "0.weight" or "hidden.bias".
///   - tensor: initialized with CRL_TENSOR_INIT; receives the tensor's name, place and shape.
/// - Returns: a status; also CRL_ERROR_NAME.
@_cdecl("crl_network_find_tensor")
public func crlNetworkFindTensor(
    _ network: UnsafePointer<crl_network>?, _ name: UnsafePointer<CChar>?, _ tensor: UnsafeMutablePointer<crl_tensor>?
) -> crl_status {
    call("crl_network_find_tensor") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        try fill(tensor, from: handle, handle.built().plan.indexOfTensor(named: requiredString(name, "name")))
    }
}

/// Gets the shape of a parameter tensor: the lengths of its axes. A convolution's weight has one for the output channels, one
/// for the taps along each axis, and one for the channels of a group.
/// - Parameters:
///   - network: built.
///   - index: the tensor's, from 0.
///   - extents: receives the lengths; NULL: not wanted.
///   - extents_count: the length of the array, at least the number of axes; 5 is enough for any tensor. Ignored with NULL.
///   - rank: receives the number of axes.
/// - Returns: a status.
@_cdecl("crl_network_tensor_shape")
public func crlNetworkTensorShape(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ extents: UnsafeMutablePointer<UInt>?,
    _ extents_count: UInt, _ rank: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_tensor_shape") { () throws(ChainruleError) in
        let tensors = try ChainruleC.network(network).plan.tensors
        guard index < UInt(tensors.count) else {
            throw ChainruleError(.size, "index is \(index); the network has \(tensors.count) tensors")
        }
        try write(tensors[Int(index)].extents, to: extents, count: extents_count, rank)
    }
}

/// Gets the flat vector of the network's state itself, not a copy: the running statistics of batch normalization. Training
/// moves them, files hold them, no optimizer steps them. What crl_network_parameters() says holds here, too.
/// - Parameters:
///   - network: built.
///   - state: receives the address; NULL if there is no state.
///   - count: receives the number of floats.
/// - Returns: a status.
@_cdecl("crl_network_state")
public func crlNetworkState(
    _ network: UnsafePointer<crl_network>?, _ state: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>?,
    _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_state") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        guard let state else { throw nullArgument("state") }
        guard let count else { throw nullArgument("count") }
        let stateCount = network.plan.numberCount - network.parameterCount
        state.pointee = stateCount > 0 ? network.shareParameters().base + network.parameterCount : nil
        count.pointee = UInt(stateCount)
    }
}

/// Gets the number of tensors of the state.
/// - Parameters:
///   - network: built.
///   - count: receives the number.
/// - Returns: a status.
@_cdecl("crl_network_state_tensor_count")
public func crlNetworkStateTensorCount(
    _ network: UnsafePointer<crl_network>?, _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_state_tensor_count") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        guard let count else { throw nullArgument("count") }
        count.pointee = UInt(network.plan.state.count)
    }
}

/// Gets a tensor of the state by its index, such as "layer.running_mean".
/// - Parameters:
///   - network: built.
///   - index: from 0.
///   - tensor: initialized with CRL_TENSOR_INIT; receives the tensor's name, shape, and place in the state vector.
/// - Returns: a status.
@_cdecl("crl_network_state_tensor")
public func crlNetworkStateTensor(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ tensor: UnsafeMutablePointer<crl_tensor>?
) -> crl_status {
    call("crl_network_state_tensor") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let plan = try handle.built().plan
        guard index < UInt(plan.state.count) else {
            throw ChainruleError(.size, "index is \(index); the state has \(plan.state.count) tensors")
        }
        try fill(tensor, from: handle, plan.tensors.count + Int(index))
    }
}

private func fill(
    _ pointer: UnsafeMutablePointer<crl_tensor>?, from handle: NetworkHandle, _ index: Int
) throws(ChainruleError) {
    guard let pointer else { throw nullArgument("tensor") }
    _ = try structure(pointer, "tensor")
    let plan = try handle.built().plan
    let isState = index >= plan.tensors.count
    let tensor = isState ? plan.state[index - plan.tensors.count] : plan.tensors[index]
    var filled = crl_tensor.initial
    filled.name = UnsafePointer(handle.tensorNames[index])
    filled.offset = isState ? tensor.offset - plan.parameterCount : tensor.offset
    filled.rows = tensor.rows
    filled.columns = tensor.columns
    filled.rank = tensor.extents.count
    write(filled, to: pointer)
}

private func node(
    _ network: UnsafePointer<crl_network>?, _ index: UInt
) throws(ChainruleError) -> (NetworkHandle, Architecture.Node) {
    let handle = try object(network, "network", as: NetworkHandle.self)
    let nodes = handle.architecture.nodes
    guard index < UInt(nodes.count) else {
        throw ChainruleError(.size, "index is \(index); the network has \(nodes.count) layers")
    }
    return (handle, nodes[Int(index)])
}
