// GROUP 11: Minimizing
// Second-order methods and line searches. They look at all of the data in every step, and take as few steps as they
// can.

import CChainrule
import Chainrule

/// Looks for the parameters with the lowest cost over all rows of x, starting from the present ones. Requires exclusive
/// access to the network.
///
/// Afterwards, even after an error, the parameters are those with the lowest C found; with patience and validation
/// data, those with the best validation cost. C includes the penalty of l2. If C is not finite at the start, the call
/// fails. A step to where C is not finite is taken back. The methods compute in float64; C and its gradient come from
/// float32 passes.
/// - Parameters:
///   - network: built.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - validation: data to validate on at the beginning and after each iteration; NULL: none.
///   - options: method, cost, tolerances and limits, penalty, patience, callback; NULL: CRL_MINIMIZE_OPTIONS_INIT,
///     L-BFGS.
///   - minimum: initialized with CRL_MINIMUM_INIT; receives what was found; NULL: none. After CRL_CANCELLED too, if C
///     was known by then.
/// - Returns: a status; also CRL_ERROR_TARGET, CRL_ERROR_MISMATCH (the method needs a custom cost's Hessian product),
///   CRL_ERROR_BUSY (in a callback while the network trains or loads) or CRL_ERROR_NOT_FINITE.
@_cdecl("crl_network_minimize")
public func crlNetworkMinimize(
    _ network: UnsafeMutablePointer<crl_network>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ targets: UnsafePointer<crl_targets>?, _ validation: UnsafePointer<crl_validation>?,
    _ options: UnsafePointer<crl_minimize_options>?, _ minimum: UnsafeMutablePointer<crl_minimum>?
) -> crl_status {
    call("crl_network_minimize") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        if let minimum { _ = try structure(minimum, "minimum") }
        var cost = Cost.meanSquaredError()
        var method: any Minimizer = LBFGS()
        var limits = MinimizationOptions()
        if let options {
            let given = try structure(options, "options")
            cost = try ChainruleC.cost(given.cost)
            method = try minimizer(given)
            limits = try minimizationOptions(given)
        }
        let held = try ChainruleC.validation(
            validation, inputs: network.inputs, outputs: network.outputs, for: cost)
        let data = DataView(
            x: x,
            targets: try ChainruleC.targets(
                targets, for: cost, rows: x.rows, columns: network.outputs, "targets"))
        try checkApart(network, from: data)
        if let held { try checkApart(network, from: held) }
        let found = try network.minimize(cost, data, validation: held, method: method, options: limits)
        if let minimum {
            write(
                crl_minimum(
                    size: 0, reason: number(of: found.reason), iterations: found.iterations,
                    evaluations: found.evaluations, products: found.products, best_iteration: found.bestIteration,
                    cost: found.cost, gradient_norm: found.gradientNorm, penalty: found.penalty,
                    validation_cost: found.validationCost ?? .nan),
                to: minimum)
        }
        if found.reason == .cancelled {
            throw ChainruleError(.cancelled, "the minimization was cancelled after iteration \(found.iterations)")
        }
    }
}

private func minimizationOptions(_ given: crl_minimize_options) throws(ChainruleError) -> MinimizationOptions {
    var options = MinimizationOptions()
    options.maxIterations = try count(UInt(bitPattern: given.max_iterations), "options->max_iterations")
    options.maxEvaluations = try optionalCount(given.max_evaluations, "options->max_evaluations")
    options.gradientTolerance = given.gradient_tolerance
    options.costTolerance = given.cost_tolerance
    options.targetCost = optionalNumber(given.target_cost)
    options.threads = try optionalCount(given.threads, "options->threads")
    options.l2 = given.l2
    options.includesBiases = given.regularize_biases != 0
    options.validationSplit = given.validation_split
    options.seed = given.seed
    options.patience = try optionalCount(given.patience, "options->patience")
    options.minDelta = given.min_delta
    options.onIteration = iterationCallback(given.on_iteration, given.user)
    return options
}
