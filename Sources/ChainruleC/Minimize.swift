// GROUP 8: Minimizing
// Methods that look at all of the data in every step, and take as few steps as they can: second-order methods and line
// searches.

import CChainrule
import Chainrule

/// Looks for the parameters with the lowest cost over all rows of x, from where they are. Excludes every other use of the
/// network.
///
/// Afterwards, and after an error, the parameters are the ones with the lowest C that were come across, or with patience and
/// validation data the ones with the best validation cost. C includes the penalty of l2. That C is not finite
/// where they are is an error; a step to where it is not finite is taken back. The methods compute in float64, C and its
/// gradient are float32's.
/// - Parameters:
///   - network: built.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL only for a custom cost that needs none.
///   - options: method, cost, tolerances and limits, penalty, validation data, patience, callback; NULL for
///     CRL_MINIMIZE_OPTIONS_INIT, L-BFGS.
///   - minimum: receives what was found, begun from CRL_MINIMUM_INIT; NULL if it is not wanted. With CRL_CANCELLED, too,
///     unless that came before C was known for the first time.
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE, CRL_ERROR_SIZE, CRL_ERROR_VALUE, CRL_ERROR_TARGET,
///   CRL_ERROR_OVERLAP, CRL_ERROR_NOT_BUILT, CRL_ERROR_MISMATCH (the method needs a custom cost's Hessian product),
///   CRL_ERROR_BUSY (in a callback of what trains the network), CRL_ERROR_NOT_FINITE, CRL_CANCELLED, CRL_ERROR_CALLBACK or
///   CRL_ERROR_MEMORY.
@_cdecl("crl_network_minimize")
public func crlNetworkMinimize(
    _ network: UnsafeMutablePointer<crl_network>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ targets: UnsafePointer<crl_targets>?, _ options: UnsafePointer<crl_minimize_options>?,
    _ minimum: UnsafeMutablePointer<crl_minimum>?
) -> crl_status {
    call("crl_network_minimize") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        if let minimum { _ = try ChainruleC.options(UnsafePointer(minimum), "minimum") }
        var cost = Cost.meanSquaredError()
        var method: any Minimizer = LBFGS()
        var limits = MinimizationOptions()
        var validation: DataView?
        if let options {
            let given = try ChainruleC.options(options, "options")
            cost = try ChainruleC.cost(given.cost)
            method = try minimizer(given)
            limits = try minimizationOptions(given)
            validation = try ChainruleC.validation(
                given.validation_x, UInt(bitPattern: given.validation_rows), UInt(bitPattern: given.validation_stride),
                given.validation_targets, inputs: network.inputs, outputs: network.outputs, for: cost,
                "options->validation_")
        }
        let data = DataView(
            x: x,
            targets: try ChainruleC.targets(
                targets, for: cost, rows: x.rows, columns: network.outputs, "targets"))
        try checkApart(network, from: data)
        if let validation { try checkApart(network, from: validation) }
        let found = try network.minimize(cost, data, validation: validation, method: method, options: limits)
        minimum?.pointee = crl_minimum(
            size: MemoryLayout<crl_minimum>.size, reason: number(of: found.reason), cost: found.cost,
            gradient_norm: found.gradientNorm, iterations: found.iterations, evaluations: found.evaluations,
            products: found.products, penalty: found.penalty, best_iteration: found.bestIteration,
            validation_cost: found.validationCost ?? .nan)
        if found.reason == .cancelled {
            throw ChainruleError(.cancelled, "the minimization was cancelled after iteration \(found.iterations)")
        }
    }
}

private func minimizationOptions(_ given: crl_minimize_options) throws(ChainruleError) -> MinimizationOptions {
    var options = MinimizationOptions()
    options.maxIterations = try count(UInt(bitPattern: given.max_iterations), "options->max_iterations")
    if given.max_evaluations != 0 {
        options.maxEvaluations = try count(UInt(bitPattern: given.max_evaluations), "options->max_evaluations")
    }
    options.gradientTolerance = given.gradient_tolerance
    options.costTolerance = given.cost_tolerance
    options.targetCost = given.target_cost
    options.threads = try count(UInt(bitPattern: given.threads), "options->threads")
    options.l2 = given.l2
    options.includesBiases = given.regularize_biases != 0
    options.validationSplit = given.validation_split
    options.seed = given.seed
    options.patience = try count(UInt(bitPattern: given.patience), "options->patience")
    options.minDelta = given.min_delta
    options.onIteration = iterationCallback(given.on_iteration, given.user)
    return options
}
