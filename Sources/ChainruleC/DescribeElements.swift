// GROUP 2: Describing a network

import CChainrule
import Chainrule

/// Adds the elementwise mean of layers. Shapes: see crl_network_add_sum().
/// - Parameters:
///   - network: not built yet.
///   - inputs: the names of the layers.
///   - inputs_count: how many, at least 1.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_mean")
public func crlNetworkAddMean(
    _ network: UnsafeMutablePointer<crl_network>?,
    _ inputs: UnsafePointer<UnsafePointer<CChar>?>?, _ inputs_count: UInt, _ name: UnsafePointer<CChar>?
) -> crl_status {
    call("crl_network_add_mean") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let inputs = try strings(inputs, count: inputs_count, "inputs")
        try handle.describe { architecture throws(ChainruleError) in
            try architecture.mean(of: inputs, name: optionalString(name))
        }
    }
}

/// Adds the elementwise difference of two layers: h = a − b. Shapes: see crl_network_add_sum().
/// - Parameters:
///   - network: not built yet.
///   - a: the name of a layer.
///   - b: the name of another, or the same.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_difference")
public func crlNetworkAddDifference(
    _ network: UnsafeMutablePointer<crl_network>?,
    _ a: UnsafePointer<CChar>?, _ b: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?
) -> crl_status {
    addPair("crl_network_add_difference", network, a, b, name) { architecture, a, b, name throws(ChainruleError) in
        try architecture.difference(of: a, b, name: name)
    }
}

/// Adds the elementwise product of two layers: h = a ⊙ b. Shapes: see crl_network_add_sum().
/// - Parameters:
///   - network: not built yet.
///   - a: the name of a layer.
///   - b: the name of another, or the same.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_product")
public func crlNetworkAddProduct(
    _ network: UnsafeMutablePointer<crl_network>?,
    _ a: UnsafePointer<CChar>?, _ b: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?
) -> crl_status {
    addPair("crl_network_add_product", network, a, b, name) { architecture, a, b, name throws(ChainruleError) in
        try architecture.product(of: a, b, name: name)
    }
}

/// Adds the elementwise quotient of two layers: h = a / b. Shapes: see crl_network_add_sum().
/// - Parameters:
///   - network: not built yet.
///   - a: the name of a layer.
///   - b: the name of another, or the same.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_quotient")
public func crlNetworkAddQuotient(
    _ network: UnsafeMutablePointer<crl_network>?,
    _ a: UnsafePointer<CChar>?, _ b: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?
) -> crl_status {
    addPair("crl_network_add_quotient", network, a, b, name) { architecture, a, b, name throws(ChainruleError) in
        try architecture.quotient(of: a, b, name: name)
    }
}

/// Adds the matrix product of two layers over their last two axes: h = a b, or h = a bᵀ. Both have at least two axes; those before
/// the last two are equal or 1 long, and repeated as in crl_network_add_sum(), with a product for each of their indices.
/// - Parameters:
///   - network: not built yet.
///   - a: the name of a layer, [..., m, k].
///   - b: the name of another, or the same, [..., k, n], or [..., n, k] if it is transposed.
///   - transpose_b: non-zero: a is multiplied by the transpose of b.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_matrix_product")
public func crlNetworkAddMatrixProduct(
    _ network: UnsafeMutablePointer<crl_network>?, _ a: UnsafePointer<CChar>?, _ b: UnsafePointer<CChar>?,
    _ transpose_b: Int32, _ name: UnsafePointer<CChar>?
) -> crl_status {
    addPair("crl_network_add_matrix_product", network, a, b, name) { architecture, a, b, name throws(ChainruleError) in
        try architecture.matrixProduct(of: a, b, transposesB: transpose_b != 0, name: name)
    }
}

/// Adds the elementwise maximum of two layers: the larger of a and b. Of equal ones, a gets δ. Shapes: see crl_network_add_sum().
/// - Parameters:
///   - network: not built yet.
///   - a: the name of a layer.
///   - b: the name of another, or the same.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_maximum")
public func crlNetworkAddMaximum(
    _ network: UnsafeMutablePointer<crl_network>?,
    _ a: UnsafePointer<CChar>?, _ b: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?
) -> crl_status {
    addPair("crl_network_add_maximum", network, a, b, name) { architecture, a, b, name throws(ChainruleError) in
        try architecture.maximum(of: a, b, name: name)
    }
}

/// Adds the elementwise minimum of two layers: the smaller of a and b. Of equal ones, a gets δ. Shapes: see crl_network_add_sum().
/// - Parameters:
///   - network: not built yet.
///   - a: the name of a layer.
///   - b: the name of another, or the same.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_minimum")
public func crlNetworkAddMinimum(
    _ network: UnsafeMutablePointer<crl_network>?,
    _ a: UnsafePointer<CChar>?, _ b: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?
) -> crl_status {
    addPair("crl_network_add_minimum", network, a, b, name) { architecture, a, b, name throws(ChainruleError) in
        try architecture.minimum(of: a, b, name: name)
    }
}

/// Adds the elementwise power of two layers: h = aᵇ. Of a negative a it is NaN, unless b is whole. The derivatives
/// along b are 0 where a is not above 0. Shapes: see crl_network_add_sum().
/// - Parameters:
///   - network: not built yet.
///   - a: the name of a layer.
///   - b: the name of another, or the same.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_power")
public func crlNetworkAddPower(
    _ network: UnsafeMutablePointer<crl_network>?,
    _ a: UnsafePointer<CChar>?, _ b: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?
) -> crl_status {
    addPair("crl_network_add_power", network, a, b, name) { architecture, a, b, name throws(ChainruleError) in
        try architecture.power(of: a, b, name: name)
    }
}

private func addPair(
    _ function: StaticString, _ network: UnsafeMutablePointer<crl_network>?, _ a: UnsafePointer<CChar>?,
    _ b: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?,
    _ add: (_ architecture: inout Architecture, _ a: String, _ b: String, _ name: String?) throws(ChainruleError) ->
        Void
) -> crl_status {
    call(function) { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let (a, b) = (try requiredString(a, "a"), try requiredString(b, "b"))
        try handle.describe { architecture throws(ChainruleError) in
            try add(&architecture, a, b, optionalString(name))
        }
    }
}

/// Adds a function of each element of h'. Where IEEE arithmetic gives infinity or NaN, as for the logarithm of 0 and of −1, so does
/// the layer.
/// - Parameters:
///   - network: not built yet.
///   - function: which.
///   - p: CRL_FUNCTION_AFFINE, CRL_FUNCTION_CLIP, CRL_FUNCTION_QUANTIZE: its first number; otherwise 0.
///   - q: likewise its second.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_function")
public func crlNetworkAddFunction(
    _ network: UnsafeMutablePointer<crl_network>?, _ function: crl_function, _ p: Float, _ q: Float,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_function", network, options) { architecture, name, input throws(ChainruleError) in
        try architecture.function(elementFunction(function, p, q), name: name, input: input)
    }
}

/// Adds a sum, a mean, a maximum or a minimum over some axes of h', or the place of the maximum. A maximum or minimum passes δ to the
/// first of its largest or smallest elements; places have the gradient 0.
/// - Parameters:
///   - network: not built yet.
///   - method: what to make of the elements along the axes.
///   - axes: each at most once, from 0.
///   - axes_count: how many, at least 1.
///   - keep_axes: non-zero: they stay, with length 1; 0: they go. Of all axes, one of length 1 is left.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_reduction")
public func crlNetworkAddReduction(
    _ network: UnsafeMutablePointer<crl_network>?, _ method: crl_reduction_method, _ axes: UnsafePointer<UInt>?,
    _ axes_count: UInt, _ keep_axes: Int32, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_reduction", network, options) { architecture, name, input throws(ChainruleError) in
        let axes = try numbers(axes, count: axes_count, "axes")
        guard let method = ReductionMethod(Int(method)) else {
            throw ChainruleError(.value, "method is \(method), which is no crl_reduction_method")
        }
        try architecture.reduction(method, axes: axes, keepsAxes: keep_axes != 0, name: name, input: input)
    }
}
