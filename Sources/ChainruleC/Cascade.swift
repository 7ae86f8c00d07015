// GROUP 12: Growing a network
// Cascade correlation: the network finds out how many hidden units it needs.

import CChainrule
import Chainrule

/// Grows a network on data: cascade correlation (Fahlman and Lebiere 1990).
///
/// Begins with the outputs alone, which read x, and trains them. Then repeats three steps. It trains some candidates
/// for a hidden unit to follow what the network still does wrong; they read x and the earlier hidden units. It installs
/// the best candidate and keeps its weights fixed while the network grows. It trains the outputs, which read x and all
/// hidden units. The candidates follow the outputs' ∂C/∂z, so growing works with every cost.
///
/// The layers are "unit1", "features1" (a concatenation of what the unit reads and the unit), "unit2", … and "output".
/// The result is a built network like any other: you can save it, and train it further with all of its weights. Returns
/// the best network seen during growth: the one with the lowest cost, of the validation data if there are any. One seed
/// gives one network, bit for bit, whatever the number of threads.
/// - Parameters:
///   - inputs: N_0, the length of x, at least 1.
///   - outputs: N_L, the length of y, at least 1.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - validation: data to validate on after each unit; NULL: none.
///   - options: cost, activations, candidates, when to end, callback; NULL: CRL_CASCADE_OPTIONS_INIT.
///   - network: receives the network; free it with crl_network_destroy(). After CRL_CANCELLED too, as far as it has
///     grown. NULL after another error.
/// - Returns: a status; also CRL_ERROR_TARGET or CRL_ERROR_NOT_FINITE.
@_cdecl("crl_network_create_cascade")
public func crlNetworkCreateCascade(
    _ inputs: UInt, _ outputs: UInt, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ targets: UnsafePointer<crl_targets>?, _ validation: UnsafePointer<crl_validation>?,
    _ options: UnsafePointer<crl_cascade_options>?,
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_create_cascade") { () throws(ChainruleError) in
        guard let network else { throw nullArgument("network") }
        network.pointee = nil
        let inputs = try Architecture(inputs: count(inputs, "inputs")).inputs
        let outputs = try count(outputs, "outputs")
        let x = try matrix(x, rows: x_rows, columns: inputs, stride: x_stride, "x")
        var growth = CascadeOptions(cost: .meanSquaredError())
        if let options { growth = try cascadeOptions(structure(options, "options")) }
        let held = try ChainruleC.validation(validation, inputs: inputs, outputs: outputs, for: growth.cost)
        let grown = try Network.cascade(
            DataView(
                x: x,
                targets: ChainruleC.targets(targets, for: growth.cost, rows: x.rows, columns: outputs, "targets")),
            outputs: outputs, validation: held, options: growth)
        network.pointee = makeHandle(NetworkHandle(built: grown.network))
        if grown.isCancelled { throw ChainruleError(.cancelled, "the growing of the network was cancelled") }
    }
}

private func cascadeOptions(_ given: crl_cascade_options) throws(ChainruleError) -> CascadeOptions {
    var options = CascadeOptions(cost: try cost(given.cost))
    options.outputActivation = try cascadeActivation(given.output_activation, "options->output_activation")
    options.candidates = try count(UInt(bitPattern: given.candidates), "options->candidates")
    if let activations = given.activations {
        let count = try count(UInt(bitPattern: given.activations_count), "options->activations_count")
        // Check the counts before reading the array.
        try CascadeOptions.check(candidates: options.candidates, activations: count)
        try Reserve.setAside(512 * count)
        options.activations = []
        for index in 0..<count {
            options.activations.append(try cascadeActivation(activations[index], "options->activations[\(index)]"))
        }
    }
    options.maxUnits = try count(UInt(bitPattern: given.max_units), "options->max_units")
    options.maxIterations = try count(UInt(bitPattern: given.max_iterations), "options->max_iterations")
    options.targetCost = optionalNumber(given.target_cost)
    options.patience = try optionalCount(given.patience, "options->patience")
    options.minDelta = given.min_delta
    options.seed = given.seed
    options.threads = try optionalCount(given.threads, "options->threads")
    options.onUnit = cascadeCallback(given.on_unit, given.user)
    return options
}

private func cascadeActivation(_ number: crl_activation, _ name: ErrorMessage) throws(ChainruleError) -> Activation {
    guard Int(number) != CRL_CUSTOM_ACTIVATION else {
        throw ChainruleError(.value, "\(name.text) is CRL_CUSTOM_ACTIVATION, whose functions have no place here")
    }
    do throws(ChainruleError) {
        return try activation(number, nil)
    } catch {
        throw ChainruleError(.value, "\(name.text) is \(number), which is no crl_activation")
    }
}
