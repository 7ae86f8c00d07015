// GROUP 4: Training

import CChainrule
import Chainrule

/// Creates an optimizer: a method, its hyperparameters, and its state for the parameters of one network.
/// - Parameters:
///   - network: built. The optimizer is for this network alone.
///   - options: NULL: CRL_OPTIMIZER_OPTIONS_INIT, Adam with η = 0.001.
///   - optimizer: receives the optimizer; free it with crl_optimizer_destroy(). NULL after an error.
/// - Returns: a status.
@_cdecl("crl_optimizer_create")
public func crlOptimizerCreate(
    _ network: UnsafePointer<crl_network>?, _ options: UnsafePointer<crl_optimizer_options>?,
    _ optimizer: UnsafeMutablePointer<UnsafeMutablePointer<crl_optimizer>?>?
) -> crl_status {
    call("crl_optimizer_create") { () throws(ChainruleError) in
        guard let optimizer else { throw nullArgument("optimizer") }
        optimizer.pointee = nil
        optimizer.pointee = makeHandle(try ChainruleC.optimizer(options, for: ChainruleC.network(network)))
    }
}

/// Copies an optimizer for another network: method, hyperparameters and state. If that network is from
/// crl_network_copy(), training continues as it would in the original, bit for bit.
/// - Parameters:
///   - optimizer: only read.
///   - network: built, with tensors of the same names and shapes. The copy is for this network alone.
///   - copy: receives the copy; free it with crl_optimizer_destroy(). NULL after an error.
/// - Returns: a status; also CRL_ERROR_MISMATCH.
@_cdecl("crl_optimizer_copy")
public func crlOptimizerCopy(
    _ optimizer: UnsafePointer<crl_optimizer>?, _ network: UnsafePointer<crl_network>?,
    _ copy: UnsafeMutablePointer<UnsafeMutablePointer<crl_optimizer>?>?
) -> crl_status {
    call("crl_optimizer_copy") { () throws(ChainruleError) in
        guard let copy else { throw nullArgument("copy") }
        copy.pointee = nil
        let optimizer = try object(optimizer, "optimizer", as: Optimizer.self)
        copy.pointee = makeHandle(try optimizer.copy(for: ChainruleC.network(network)))
    }
}

/// Frees an optimizer.
/// - Parameters:
///   - optimizer: NULL: does nothing.
@_cdecl("crl_optimizer_destroy")
public func crlOptimizerDestroy(_ optimizer: UnsafeMutablePointer<crl_optimizer>?) {
    destroyHandle(optimizer, as: Optimizer.self)
}

/// Gets the learning rate η.
/// - Parameters:
///   - optimizer: only read.
///   - learning_rate: receives η.
/// - Returns: a status.
@_cdecl("crl_optimizer_learning_rate")
public func crlOptimizerLearningRate(
    _ optimizer: UnsafePointer<crl_optimizer>?, _ learning_rate: UnsafeMutablePointer<Float>?
) -> crl_status {
    call("crl_optimizer_learning_rate") { () throws(ChainruleError) in
        let optimizer = try object(optimizer, "optimizer", as: Optimizer.self)
        guard let learning_rate else { throw nullArgument("learning_rate") }
        learning_rate.pointee = optimizer.learningRate
    }
}

/// Sets the learning rate. Keeps the state.
/// - Parameters:
///   - optimizer: one thread at a time.
///   - learning_rate: η, finite and ≥ 0.
/// - Returns: a status.
@_cdecl("crl_optimizer_set_learning_rate")
public func crlOptimizerSetLearningRate(
    _ optimizer: UnsafeMutablePointer<crl_optimizer>?, _ learning_rate: Float
) -> crl_status {
    call("crl_optimizer_set_learning_rate") { () throws(ChainruleError) in
        try object(optimizer, "optimizer", as: Optimizer.self).setLearningRate(learning_rate)
    }
}

/// Sets how one layer's parameters are stepped from now on: learning rate, weight decay, penalties, or not at all.
/// Replaces the layer's earlier settings. Keeps the state.
/// - Parameters:
///   - optimizer: one thread at a time.
///   - layer: the layer's name. For a layer without parameters the call has no effect.
///   - options: NULL: CRL_LAYER_STEP_INIT, like the rest.
/// - Returns: a status; also CRL_ERROR_NAME.
@_cdecl("crl_optimizer_set_layer")
public func crlOptimizerSetLayer(
    _ optimizer: UnsafeMutablePointer<crl_optimizer>?, _ layer: UnsafePointer<CChar>?,
    _ options: UnsafePointer<crl_layer_step>?
) -> crl_status {
    call("crl_optimizer_set_layer") { () throws(ChainruleError) in
        let optimizer = try object(optimizer, "optimizer", as: Optimizer.self)
        let name = try requiredString(layer, "layer")
        var step = LayerStep()
        if let options { step = layerStep(try structure(options, "options")) }
        try optimizer.set(layer: name, step)
    }
}
