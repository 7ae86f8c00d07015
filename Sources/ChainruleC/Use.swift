// GROUP 5: Using a network
// Whole calls that need no workspace: the network lends one, so any number of threads can predict with one network at
// once.

import CChainrule
import Chainrule

/// Predicts: writes the outputs y for the inputs x. A row's result is the same bit for bit whichever rows it is
/// predicted with, and from whichever thread. NaN and infinity go through as IEEE arithmetic has it.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - x: x_rows × inputs.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - y: receives x_rows × outputs. Does not overlap x.
///   - y_rows: the rows that y has room for, at least x_rows.
///   - y_stride: floats from one row to the next, at least the number of outputs.
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE, CRL_ERROR_SIZE, CRL_ERROR_NOT_BUILT, CRL_ERROR_CALLBACK or
///   CRL_ERROR_MEMORY. After CRL_ERROR_CALLBACK the first rows of y may have been written.
@_cdecl("crl_network_predict")
public func crlNetworkPredict(
    _ network: UnsafePointer<crl_network>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ y: UnsafeMutablePointer<Float>?, _ y_rows: UInt, _ y_stride: UInt
) -> crl_status {
    call("crl_network_predict") { () throws(NetworkError) in
        let network = try ChainruleC.network(network)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        try network.predict(
            x, into: output(y, rows: y_rows, needed: x.rows, columns: network.outputs, stride: y_stride, "y"))
    }
}

/// C at the present parameters, and ∂C/∂w of every parameter: forward, cost and backward in one call. What an outside
/// optimizer asks for.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - cost: which one; NULL for CRL_COST_OPTIONS_INIT, the mean squared error.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL only for a custom cost that needs none.
///   - C: receives the cost.
///   - gradients: receives ∂C/∂w in the order of the parameter vector; NULL if only C is wanted.
///   - gradients_count: the number of parameters; ignored if gradients is NULL.
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE, CRL_ERROR_SIZE, CRL_ERROR_VALUE, CRL_ERROR_TARGET,
///   CRL_ERROR_NOT_BUILT, CRL_ERROR_NOT_FINITE, CRL_ERROR_CALLBACK or CRL_ERROR_MEMORY. After an error gradients may
///   hold anything.
@_cdecl("crl_network_value_and_gradient")
public func crlNetworkValueAndGradient(
    _ network: UnsafePointer<crl_network>?, _ cost: UnsafePointer<crl_cost_options>?, _ x: UnsafePointer<Float>?,
    _ x_rows: UInt, _ x_stride: UInt, _ targets: UnsafePointer<crl_targets>?, _ C: UnsafeMutablePointer<Double>?,
    _ gradients: UnsafeMutablePointer<Float>?, _ gradients_count: UInt
) -> crl_status {
    call("crl_network_value_and_gradient") { () throws(NetworkError) in
        let network = try ChainruleC.network(network)
        let cost = try ChainruleC.cost(cost)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let targets = try ChainruleC.targets(targets, for: cost, "targets")
        guard let C else { throw nullArgument("C") }
        var vector: Matrix?
        if let gradients {
            vector = try parameterVector(gradients, count: gradients_count, of: network, "gradients")
        }
        C.pointee = try network.valueAndGradient(cost, x, targets, gradients: vector)
    }
}
