// GROUP 10: Derivatives beyond the gradient
// How the outputs change along a direction, and products of vectors with the second derivatives of the cost: the
// building blocks of second-order methods. No product makes a matrix. Each costs about two gradients, and allocates
// nothing after the first call for as many rows. A result that is not finite is CRL_ERROR_NOT_FINITE.
//
//     crl_network_jvp                    R{y} = ∂y/∂w R{w} + ∂y/∂x R{x}        along a direction R{w}, R{x}
//     crl_network_vjp                    uᵀ ∂y/∂w and uᵀ ∂y/∂x                 back from any u at the outputs
//     crl_network_hessian_product        H v,  H = ∂²C/∂w²                     exact (Pearlmutter 1994)
//     crl_network_gauss_newton_product   G v,  G = Σ Jᵀ H_C J                  J = ∂y/∂w, H_C = ∂²C/∂y²

import CChainrule
import Chainrule

/// Computes the Jacobian-vector product: y, and its change when the parameters change along w_tangent and x along
/// x_tangent.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - x_tangent: R{x}, x_rows × inputs, all finite; NULL: 0.
///   - x_tangent_stride: floats from one row to the next, at least the number of inputs; ignored if x_tangent is NULL.
///   - w_tangent: R{w}, in the order of the parameter vector, all finite; NULL: 0.
///   - w_tangent_count: the number of parameters; ignored if w_tangent is NULL.
///   - y: receives x_rows × outputs; NULL: none.
///   - y_rows: the rows that fit in y, at least x_rows; ignored if y is NULL.
///   - y_stride: floats from one row to the next, at least the number of outputs; ignored if y is NULL.
///   - y_tangent: receives R{y}, x_rows × outputs. Must not overlap anything else.
///   - y_tangent_rows: the rows that fit in y_tangent, at least x_rows.
///   - y_tangent_stride: floats from one row to the next, at least the number of outputs.
/// - Returns: a status; also CRL_ERROR_NOT_FINITE. After an error the contents of y and y_tangent are unspecified.
@_cdecl("crl_network_jvp")
public func crlNetworkJVP(
    _ network: UnsafePointer<crl_network>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ x_tangent: UnsafePointer<Float>?, _ x_tangent_stride: UInt, _ w_tangent: UnsafePointer<Float>?,
    _ w_tangent_count: UInt, _ y: UnsafeMutablePointer<Float>?, _ y_rows: UInt, _ y_stride: UInt,
    _ y_tangent: UnsafeMutablePointer<Float>?, _ y_tangent_rows: UInt, _ y_tangent_stride: UInt
) -> crl_status {
    call("crl_network_jvp") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        var inputTangent: Matrix?
        if let x_tangent {
            inputTangent = try matrix(
                x_tangent, rows: x_rows, columns: network.inputs, stride: x_tangent_stride, "x_tangent")
        }
        var parameterTangent: Matrix?
        if let w_tangent {
            parameterTangent = try parameterVector(w_tangent, count: w_tangent_count, of: network, "w_tangent")
        }
        var outputs: Matrix?
        if let y {
            outputs = try output(y, rows: y_rows, needed: x.rows, columns: network.outputs, stride: y_stride, "y")
        }
        let tangent = try output(
            y_tangent, rows: y_tangent_rows, needed: x.rows, columns: network.outputs, stride: y_tangent_stride,
            "y_tangent")
        func check(_ result: Place) throws(ChainruleError) {
            try checkApart(result, from: x, of: network)
            if let inputTangent { try result.checkApart(from: Place(inputTangent, "x_tangent")) }
            if let parameterTangent { try result.checkApart(from: Place(parameterTangent, "w_tangent")) }
        }
        try check(Place(tangent, "y_tangent"))
        if let outputs {
            try check(Place(outputs, "y"))
            try Place(outputs, "y").checkApart(from: Place(tangent, "y_tangent"))
        }
        try network.jvp(
            x, inputTangent: inputTangent, parameterTangent: parameterTangent,
            into: (outputs: outputs, tangent: tangent))
    }
}

/// Computes the vector-Jacobian product: a forward pass, then a backward pass from any u at the outputs instead of ∇C.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - u: x_rows × outputs, all finite.
///   - u_stride: floats from one row to the next, at least the number of outputs.
///   - gradients: receives uᵀ ∂y/∂w, summed over the rows, in the order of the parameter vector; NULL: none.
///   - gradients_count: the number of parameters; ignored if gradients is NULL.
///   - x_gradient: receives uᵀ ∂y/∂x, x_rows × inputs; NULL: none.
///   - x_gradient_rows: the rows that fit in x_gradient, at least x_rows; ignored if x_gradient is NULL.
///   - x_gradient_stride: floats from one row to the next, at least the number of inputs; ignored if x_gradient is
///     NULL.
/// - Returns: a status; also CRL_ERROR_NOT_FINITE. After an error the contents of the results are unspecified.
@_cdecl("crl_network_vjp")
public func crlNetworkVJP(
    _ network: UnsafePointer<crl_network>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ u: UnsafePointer<Float>?, _ u_stride: UInt, _ gradients: UnsafeMutablePointer<Float>?, _ gradients_count: UInt,
    _ x_gradient: UnsafeMutablePointer<Float>?, _ x_gradient_rows: UInt, _ x_gradient_stride: UInt
) -> crl_status {
    call("crl_network_vjp") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let vector = try matrix(u, rows: x_rows, columns: network.outputs, stride: u_stride, "u")
        var result: (gradients: Matrix?, inputGradient: Matrix?)
        if let gradients {
            result.gradients = try parameterVector(gradients, count: gradients_count, of: network, "gradients")
        }
        if let x_gradient {
            result.inputGradient = try output(
                x_gradient, rows: x_gradient_rows, needed: x.rows, columns: network.inputs, stride: x_gradient_stride,
                "x_gradient")
        }
        func check(_ result: Place) throws(ChainruleError) {
            try checkApart(result, from: x, of: network)
            try result.checkApart(from: Place(vector, "u"))
        }
        if let gradients = result.gradients { try check(Place(gradients, "gradients")) }
        if let inputGradient = result.inputGradient {
            try check(Place(inputGradient, "x_gradient"))
            if let gradients = result.gradients {
                try Place(inputGradient, "x_gradient").checkApart(from: Place(gradients, "gradients"))
            }
        }
        try network.vjp(x, vector, into: result)
    }
}

/// Computes the product H v with the Hessian H = ∂²C/∂w²: exact, for any network and cost (Pearlmutter 1994). At a kink
/// of σ or of the cost, the second derivative is taken from the same side as the first.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - cost: the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - vector: v, in the order of the parameter vector, all finite.
///   - vector_count: the number of parameters.
///   - product: receives H v. Must not overlap vector.
///   - product_count: the number of parameters.
/// - Returns: a status; also CRL_ERROR_TARGET, CRL_ERROR_MISMATCH (a custom activation without second_derivative, a
///   custom cost without hessian_product) or CRL_ERROR_NOT_FINITE. After an error the contents of product are
///   unspecified.
@_cdecl("crl_network_hessian_product")
public func crlNetworkHessianProduct(
    _ network: UnsafePointer<crl_network>?, _ cost: UnsafePointer<crl_cost_options>?, _ x: UnsafePointer<Float>?,
    _ x_rows: UInt, _ x_stride: UInt, _ targets: UnsafePointer<crl_targets>?, _ vector: UnsafePointer<Float>?,
    _ vector_count: UInt, _ product: UnsafeMutablePointer<Float>?, _ product_count: UInt
) -> crl_status {
    call("crl_network_hessian_product") { () throws(ChainruleError) in
        try multiply(
            .hessian, network, cost, x, x_rows, x_stride, targets, vector, vector_count, product, product_count)
    }
}

/// Computes the product G v with the Gauss-Newton matrix G = Σ Jᵀ H_C J over the rows, J = ∂y/∂w and H_C = ∂²C/∂y²
/// (Schraudolph 2002). G is the Hessian without the second derivatives of the network. It is positive semidefinite if C
/// is convex in y, as every built-in cost is.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - cost: the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - vector: v, in the order of the parameter vector, all finite.
///   - vector_count: the number of parameters.
///   - product: receives G v. Must not overlap vector.
///   - product_count: the number of parameters.
/// - Returns: as crl_network_hessian_product(), but no activation needs a second_derivative.
@_cdecl("crl_network_gauss_newton_product")
public func crlNetworkGaussNewtonProduct(
    _ network: UnsafePointer<crl_network>?, _ cost: UnsafePointer<crl_cost_options>?, _ x: UnsafePointer<Float>?,
    _ x_rows: UInt, _ x_stride: UInt, _ targets: UnsafePointer<crl_targets>?, _ vector: UnsafePointer<Float>?,
    _ vector_count: UInt, _ product: UnsafeMutablePointer<Float>?, _ product_count: UInt
) -> crl_status {
    call("crl_network_gauss_newton_product") { () throws(ChainruleError) in
        try multiply(
            .gaussNewton, network, cost, x, x_rows, x_stride, targets, vector, vector_count, product, product_count)
    }
}

private func multiply(
    _ secondOrder: Network.SecondOrderMatrix, _ network: UnsafePointer<crl_network>?,
    _ cost: UnsafePointer<crl_cost_options>?,
    _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt, _ targets: UnsafePointer<crl_targets>?,
    _ vector: UnsafePointer<Float>?, _ vector_count: UInt, _ product: UnsafeMutablePointer<Float>?,
    _ product_count: UInt
) throws(ChainruleError) {
    let network = try ChainruleC.network(network)
    let cost = try ChainruleC.cost(cost)
    let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
    let targets = try ChainruleC.targets(targets, for: cost, rows: x.rows, columns: network.outputs, "targets")
    let vector = try parameterVector(vector, count: vector_count, of: network, "vector")
    let product = try parameterVector(product, count: product_count, of: network, "product")
    try checkApart(Place(product, "product"), from: x, targets, of: network)
    try Place(product, "product").checkApart(from: Place(vector, "vector"))
    try network.multiply(secondOrder, cost, x, targets, vector, product)
}

/// Computes the whole Hessian ∂²C/∂w², for small networks: one product for each parameter. It is symmetric to the last
/// bit.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - cost: the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - hessian: receives one row and one column for each parameter, in the order of the parameter vector.
///   - hessian_rows: the rows that fit in hessian, at least the number of parameters.
///   - hessian_stride: floats from one row to the next, at least the number of parameters.
/// - Returns: as crl_network_hessian_product(). After an error the contents of hessian are unspecified.
@_cdecl("crl_network_hessian")
public func crlNetworkHessian(
    _ network: UnsafePointer<crl_network>?, _ cost: UnsafePointer<crl_cost_options>?, _ x: UnsafePointer<Float>?,
    _ x_rows: UInt, _ x_stride: UInt, _ targets: UnsafePointer<crl_targets>?, _ hessian: UnsafeMutablePointer<Float>?,
    _ hessian_rows: UInt, _ hessian_stride: UInt
) -> crl_status {
    call("crl_network_hessian") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let cost = try ChainruleC.cost(cost)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let targets = try ChainruleC.targets(
            targets, for: cost, rows: x.rows, columns: network.outputs, "targets")
        guard network.parameterCount > 0 else {
            throw ChainruleError(.size, "the network has no parameters: there is no Hessian")
        }
        let hessian = try output(
            hessian, rows: hessian_rows, needed: network.parameterCount, columns: network.parameterCount,
            stride: hessian_stride, "hessian")
        try checkApart(Place(hessian, "hessian"), from: x, targets, of: network)
        try network.hessian(cost, x, targets, into: hessian)
    }
}

/// Computes the Jacobian of the outputs, for small networks: the derivatives of every output of every row of x with
/// respect to the parameters or to the row itself.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - variable: CRL_VARIABLE_PARAMETERS or CRL_VARIABLE_INPUT.
///   - jacobian: receives x_rows · outputs rows. Row r · outputs + k holds ∂y_k of row r of x, with one column for each
///     parameter or input.
///   - jacobian_rows: the rows that fit in jacobian, at least x_rows · outputs.
///   - jacobian_stride: floats from one row to the next, at least the number of columns.
/// - Returns: a status; also CRL_ERROR_NOT_FINITE. After an error the contents of jacobian are unspecified.
@_cdecl("crl_network_jacobian")
public func crlNetworkJacobian(
    _ network: UnsafePointer<crl_network>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ variable: crl_variable, _ jacobian: UnsafeMutablePointer<Float>?, _ jacobian_rows: UInt,
    _ jacobian_stride: UInt
) -> crl_status {
    call("crl_network_jacobian") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let variable = try ChainruleC.variable(variable)
        let columns = variable == .parameters ? network.parameterCount : network.inputs
        guard columns > 0 else {
            throw ChainruleError(.size, "the network has no parameters: there is no Jacobian with respect to them")
        }
        let jacobian = try output(
            jacobian, rows: jacobian_rows, needed: Plan.checkedProduct(x.rows, network.outputs), columns: columns,
            stride: jacobian_stride, "jacobian")
        try checkApart(Place(jacobian, "jacobian"), from: x, of: network)
        try network.jacobian(x, of: variable, into: jacobian)
    }
}

/// Checks derivatives against differences of values. The differences use neither σ', ∇C nor the backward pass. Checks
/// the derivatives of custom functions first, where the network uses them for these rows, then ∂C/∂w. Finds an error of
/// 1 % in a custom derivative. Each parameter takes up to 18 forward passes over x: a few dozen rows are enough.
///
/// A derivative that fails is not an error of the call: look at the report's `failed`.
/// - Parameters:
///   - network: built; only read, by any number of threads at once. Moves the parameters of a copy.
///   - cost: the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - options: step, tolerance, number of coordinates; NULL: CRL_GRADIENT_CHECK_OPTIONS_INIT.
///   - report: initialized with CRL_GRADIENT_REPORT_INIT; receives what was found.
/// - Returns: a status; also CRL_ERROR_TARGET or CRL_ERROR_NOT_FINITE.
@_cdecl("crl_network_check_gradient")
public func crlNetworkCheckGradient(
    _ network: UnsafePointer<crl_network>?, _ cost: UnsafePointer<crl_cost_options>?, _ x: UnsafePointer<Float>?,
    _ x_rows: UInt, _ x_stride: UInt, _ targets: UnsafePointer<crl_targets>?,
    _ options: UnsafePointer<crl_gradient_check_options>?, _ report: UnsafeMutablePointer<crl_gradient_report>?
) -> crl_status {
    call("crl_network_check_gradient") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let network = try handle.built()
        let cost = try ChainruleC.cost(cost)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let targets = try ChainruleC.targets(
            targets, for: cost, rows: x.rows, columns: network.outputs, "targets")
        let options = try gradientCheckOptions(options)
        guard let report else { throw nullArgument("report") }
        _ = try structure(report, "report")
        let found = try network.checkGradient(cost, x, targets, options: options)
        var result = crl_gradient_report.initial
        result.checked = found.checked
        result.skipped = found.skipped
        result.failed = found.failed
        if let worst = found.worst {
            result.quantity = number(of: worst.quantity)
            result.name = name(of: worst, in: handle)
            result.row = worst.row
            result.column = worst.column
            result.analytic = worst.analytic
            result.numeric = worst.numeric
            result.absolute_error = worst.absoluteError
            result.relative_error = worst.relativeError
        }
        write(result, to: report)
    }
}

private func gradientCheckOptions(
    _ pointer: UnsafePointer<crl_gradient_check_options>?
) throws(ChainruleError) -> GradientCheckOptions {
    var options = GradientCheckOptions()
    guard let pointer else { return options }
    let given = try structure(pointer, "options")
    options.step = given.step
    options.tolerance = given.tolerance
    options.maxCoordinates = try count(UInt(bitPattern: given.max_coordinates), "options->max_coordinates")
    options.seed = given.seed
    return options
}

/// The name, as a string that the network keeps.
private func name(of coordinate: GradientReport.Coordinate, in handle: NetworkHandle) -> UnsafePointer<CChar>? {
    switch coordinate.quantity {
    case .parameter: UnsafePointer(handle.tensorNames[coordinate.index])
    case .activationDerivative, .activationSecondDerivative: UnsafePointer(handle.layerNames[coordinate.index])
    case .costGradient, .costHessianProduct: cString("cost")
    }
}
