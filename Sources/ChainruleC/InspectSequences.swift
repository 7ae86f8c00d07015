// GROUP 3: Looking at a network

import CChainrule
import Chainrule

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
        filled.cell = settings.givesCell ? 1 : 0
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
