// GROUP 3: Looking at a network
// Sizes and layers can be asked for at any time, parameters once the network is built. All parameters lie in one
// contiguous vector; gradients are vectors of the same shape, and a crl_tensor says where each weight and bias lies in
// any of them.

import CChainrule
import Chainrule

/// N_0, the length of x.
/// - Parameters:
///   - network: built or not.
///   - inputs: receives the number.
/// - Returns: CRL_OK, CRL_ERROR_NULL or CRL_ERROR_HANDLE.
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

/// N_L, the length of y: the width of the last layer, or of the input while there are no layers.
/// - Parameters:
///   - network: built or not.
///   - outputs: receives the number.
/// - Returns: CRL_OK, CRL_ERROR_NULL or CRL_ERROR_HANDLE.
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

/// The number of layers, the input not counted.
/// - Parameters:
///   - network: built or not.
///   - count: receives the number.
/// - Returns: CRL_OK, CRL_ERROR_NULL or CRL_ERROR_HANDLE.
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

/// A layer's name and width.
/// - Parameters:
///   - network: built or not.
///   - index: from 0, in the order in which the layers were added.
///   - name: receives the name, which lives as long as the network; may be NULL.
///   - units: receives N_l, the width; may be NULL.
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE or CRL_ERROR_SIZE.
@_cdecl("crl_network_layer")
public func crlNetworkLayer(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ units: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_layer") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let nodes = handle.architecture.nodes
        guard index < UInt(nodes.count) else {
            throw ChainruleError(.size, "index is \(index); the network has \(nodes.count) layers")
        }
        name?.pointee = UnsafePointer(handle.layerNames[Int(index)])
        units?.pointee = UInt(nodes[Int(index)].width)
    }
}

/// The flat parameter vector itself, not a copy. The caller may read and change it; it belongs to the network and
/// lives as long. Changing it excludes every other use of the network, and a forward pass made before is void.
/// - Parameters:
///   - network: built.
///   - parameters: receives the address, aligned to 64 bytes.
///   - count: receives the number of floats.
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE or CRL_ERROR_NOT_BUILT.
@_cdecl("crl_network_parameters")
public func crlNetworkParameters(
    _ network: UnsafePointer<crl_network>?, _ parameters: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>?,
    _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_parameters") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        guard let parameters else { throw nullArgument("parameters") }
        guard let count else { throw nullArgument("count") }
        parameters.pointee = network.parameters.base
        count.pointee = UInt(network.parameterCount)
    }
}

/// The number of parameter tensors: weights and biases.
/// - Parameters:
///   - network: built.
///   - count: receives the number.
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE or CRL_ERROR_NOT_BUILT.
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

/// A parameter tensor by its index, in the order of the parameter vector.
/// - Parameters:
///   - network: built.
///   - index: from 0.
///   - tensor: begun with CRL_TENSOR_INIT; receives the tensor's name, place and shape.
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE, CRL_ERROR_SIZE or CRL_ERROR_NOT_BUILT.
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

/// A parameter tensor by its name.
/// - Parameters:
///   - network: built.
///   - name: such as "0.weight" or "hidden.bias".
///   - tensor: begun with CRL_TENSOR_INIT; receives the tensor's name, place and shape.
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE, CRL_ERROR_SIZE, CRL_ERROR_NAME or CRL_ERROR_NOT_BUILT.
@_cdecl("crl_network_find_tensor")
public func crlNetworkFindTensor(
    _ network: UnsafePointer<crl_network>?, _ name: UnsafePointer<CChar>?, _ tensor: UnsafeMutablePointer<crl_tensor>?
) -> crl_status {
    call("crl_network_find_tensor") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        try fill(tensor, from: handle, handle.built().plan.indexOfTensor(named: requiredString(name, "name")))
    }
}

private func fill(
    _ pointer: UnsafeMutablePointer<crl_tensor>?, from handle: NetworkHandle, _ index: Int
) throws(ChainruleError) {
    guard let pointer else { throw nullArgument("tensor") }
    let size = try options(UnsafePointer(pointer), "tensor").size
    let tensor = try handle.built().plan.tensors[index]
    pointer.pointee = crl_tensor(
        size: size, name: UnsafePointer(handle.tensorNames[index]), offset: tensor.offset, rows: tensor.rows,
        columns: tensor.columns, rank: tensor.extents.count)
}
