// GROUP 2: Describing a network

import CChainrule
import Chainrule

/// Adds a standardization, h = (h' − mean) · scale, with a number of each for every channel of h': inputs as a problem has them become
/// numbers of the size that training likes, and whoever gets the file need not know how. It is four layers: the constants NAME_mean,
/// of 0, and NAME_scale, of 1; the difference NAME_difference; and the product, NAME. Means and scales are state: after
/// crl_network_build() set them with crl_network_fit_standardization() or crl_network_set_standardization().
/// - Parameters:
///   - network: not built yet.
///   - options: name and input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_standardization")
public func crlNetworkAddStandardization(
    _ network: UnsafeMutablePointer<crl_network>?, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_standardization", network, options) {
        architecture, name, input throws(ChainruleError) in
        try architecture.standardization(name: name, input: input)
    }
}

/// Sets the means and scales of a standardization so that each channel of x has the mean 0 and the deviation 1. A scale is 1 divided by
/// the deviation (of the population), or 1 where that is 0. The layer reads the network's input, directly or through reshapes.
/// - Parameters:
///   - network: built. Requires exclusive access to it.
///   - layer: the standardization's name.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
/// - Returns: a status; also CRL_ERROR_NAME, CRL_ERROR_VALUE if the layer reads something else, CRL_ERROR_NOT_FINITE, or
///   CRL_ERROR_BUSY (in a callback while the network trains or loads). After an error nothing has changed.
@_cdecl("crl_network_fit_standardization")
public func crlNetworkFitStandardization(
    _ network: UnsafeMutablePointer<crl_network>?, _ layer: UnsafePointer<CChar>?, _ x: UnsafePointer<Float>?,
    _ x_rows: UInt, _ x_stride: UInt
) -> crl_status {
    call("crl_network_fit_standardization") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let name = try requiredString(layer, "layer")
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        try network.fitStandardization(name, to: x)
    }
}

/// Sets the means and scales of a standardization.
/// - Parameters:
///   - network: built. Requires exclusive access to it.
///   - layer: the standardization's name.
///   - mean: a number for each channel, all finite.
///   - scale: the same.
///   - count: how many channels there are.
/// - Returns: a status; also CRL_ERROR_NAME, CRL_ERROR_SIZE, CRL_ERROR_NOT_FINITE, or CRL_ERROR_BUSY (in a callback while the network
///   trains or loads). After an error nothing has changed.
@_cdecl("crl_network_set_standardization")
public func crlNetworkSetStandardization(
    _ network: UnsafeMutablePointer<crl_network>?, _ layer: UnsafePointer<CChar>?, _ mean: UnsafePointer<Float>?,
    _ scale: UnsafePointer<Float>?, _ count: UInt
) -> crl_status {
    call("crl_network_set_standardization") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let name = try requiredString(layer, "layer")
        guard let mean else { throw nullArgument("mean") }
        guard let scale else { throw nullArgument("scale") }
        let channels = try ChainruleC.count(count, "count")
        try network.setStandardization(
            name, mean: UnsafeBufferPointer(start: mean, count: channels),
            scale: UnsafeBufferPointer(start: scale, count: channels))
    }
}
