// GROUP 3: Looking at a network

import CChainrule
import Chainrule

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

/// Gets the flat vector of the network's state itself, not a copy: the running statistics of batch normalization, which
/// training moves, and constants, which only the caller changes. Files hold them, no optimizer steps them. What crl_network_parameters() says holds here, too.
/// - Parameters:
///   - network: built.
///   - state: receives the address, or NULL if there is no state.
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

/// Gets the shape of a tensor of the state: the lengths of its axes.
/// - Parameters:
///   - network: built.
///   - index: the tensor's, from 0.
///   - extents: receives the lengths; NULL: not wanted.
///   - extents_count: the length of the array, at least the number of axes; 4 is enough for any such tensor. Ignored with NULL.
///   - rank: receives the number of axes.
/// - Returns: a status.
@_cdecl("crl_network_state_tensor_shape")
public func crlNetworkStateTensorShape(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ extents: UnsafeMutablePointer<UInt>?,
    _ extents_count: UInt, _ rank: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_state_tensor_shape") { () throws(ChainruleError) in
        let state = try ChainruleC.network(network).plan.state
        guard index < UInt(state.count) else {
            throw ChainruleError(.size, "index is \(index); the state has \(state.count) tensors")
        }
        try write(state[Int(index)].extents, to: extents, count: extents_count, rank)
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
