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
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE, CRL_ERROR_SIZE, CRL_ERROR_OVERLAP, CRL_ERROR_NOT_BUILT,
///   CRL_ERROR_CALLBACK or CRL_ERROR_MEMORY. After CRL_ERROR_CALLBACK the first rows of y may have been written.
@_cdecl("crl_network_predict")
public func crlNetworkPredict(
    _ network: UnsafePointer<crl_network>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ y: UnsafeMutablePointer<Float>?, _ y_rows: UInt, _ y_stride: UInt
) -> crl_status {
    call("crl_network_predict") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let y = try output(y, rows: y_rows, needed: x.rows, columns: network.outputs, stride: y_stride, "y")
        try checkApart(Place(y, "y"), from: x, of: network)
        try network.predict(x, into: y)
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
///   CRL_ERROR_OVERLAP, CRL_ERROR_NOT_BUILT, CRL_ERROR_NOT_FINITE, CRL_ERROR_CALLBACK or CRL_ERROR_MEMORY. After an error gradients may
///   hold anything.
@_cdecl("crl_network_value_and_gradient")
public func crlNetworkValueAndGradient(
    _ network: UnsafePointer<crl_network>?, _ cost: UnsafePointer<crl_cost_options>?, _ x: UnsafePointer<Float>?,
    _ x_rows: UInt, _ x_stride: UInt, _ targets: UnsafePointer<crl_targets>?, _ C: UnsafeMutablePointer<Double>?,
    _ gradients: UnsafeMutablePointer<Float>?, _ gradients_count: UInt
) -> crl_status {
    call("crl_network_value_and_gradient") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let cost = try ChainruleC.cost(cost)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let targets = try ChainruleC.targets(
            targets, for: cost, rows: x.rows, columns: network.outputs, "targets")
        guard let C else { throw nullArgument("C") }
        var vector: Matrix?
        if let gradients {
            vector = try parameterVector(gradients, count: gradients_count, of: network, "gradients")
        }
        if let vector { try checkApart(Place(vector, "gradients"), from: x, targets, of: network) }
        C.pointee = try network.valueAndGradient(cost, x, targets, gradients: vector)
    }
}

/// Compares the outputs for x with targets: C, accuracy, R², and how often which class is taken for which.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - cost: which one, which also says what the outputs decide; NULL for CRL_COST_OPTIONS_INIT, the mean squared error.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL only for a custom cost that needs none.
///   - top: among how many of the largest outputs a class must be to count in top_accuracy, at least 1.
///   - metrics: receives the numbers; its size is set to sizeof(crl_metrics) before, by CRL_METRICS_INIT.
///   - confusion: receives N × N numbers, N the number of outputs, or 2 with a binary cross-entropy of one output: at
///     row t, column y the weight of the rows of class t whose decision is y. NULL if they are not wanted.
///   - confusion_count: N × N; ignored if confusion is NULL.
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE, CRL_ERROR_SIZE, CRL_ERROR_VALUE, CRL_ERROR_TARGET,
///   CRL_ERROR_OVERLAP, CRL_ERROR_NOT_BUILT, CRL_ERROR_NOT_FINITE, CRL_ERROR_CALLBACK or CRL_ERROR_MEMORY. After an error confusion may hold
///   anything.
@_cdecl("crl_network_evaluate")
public func crlNetworkEvaluate(
    _ network: UnsafePointer<crl_network>?, _ cost: UnsafePointer<crl_cost_options>?, _ x: UnsafePointer<Float>?,
    _ x_rows: UInt, _ x_stride: UInt, _ targets: UnsafePointer<crl_targets>?, _ top: UInt,
    _ metrics: UnsafeMutablePointer<crl_metrics>?, _ confusion: UnsafeMutablePointer<Double>?, _ confusion_count: UInt
) -> crl_status {
    call("crl_network_evaluate") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let cost = try ChainruleC.cost(cost)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let targets = try ChainruleC.targets(
            targets, for: cost, rows: x.rows, columns: network.outputs, "targets")
        guard let metrics else { throw nullArgument("metrics") }
        _ = try options(metrics, "metrics")
        var counts: UnsafeMutableBufferPointer<Double>?
        if let confusion {
            let classes = try network.confusionClasses(cost)
            let (count, overflow) = UInt(classes).multipliedReportingOverflow(by: UInt(classes))
            guard !overflow && confusion_count == count else {
                throw ChainruleError(
                    .size, "confusion_count is \(confusion_count); \(classes) classes have \(classes) times as many")
            }
            counts = UnsafeMutableBufferPointer(start: confusion, count: Int(count))
            let place = Place(UnsafeBufferPointer(start: confusion, count: Int(count)), "confusion")
            try checkApart(place, from: x, targets, of: network)
        }
        let result = try network.evaluate(
            cost, DataView(x: x, targets: targets), top: count(top, "top"), confusion: counts)
        metrics.pointee = crl_metrics(
            size: MemoryLayout<crl_metrics>.size, rows: result.rows, cost: result.cost,
            accuracy: result.accuracy ?? .nan, top_accuracy: result.topAccuracy ?? .nan, r2: result.r2 ?? .nan)
    }
}
