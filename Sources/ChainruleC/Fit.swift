// GROUP 4: Training
// crl_network_fit() goes through the data in batches, epoch after epoch. Each batch takes a forward pass, the cost, a
// backward pass and a step.

import CChainrule
import Chainrule

/// Trains the network. Requires exclusive access to it; the epoch callback may read it. To continue an earlier call,
/// pass both the same optimizer: its state, the orders of the rows and the dropout masks go on. A schedule begins anew.
/// Takes subnormal numbers for 0; where a cost or an activation is a function of yours, only in the optimizer's steps.
///
/// Checks everything in x and the targets before the first step. An error leaves the parameters as the last complete
/// step left them, with one exception. CRL_ERROR_NOT_FINITE in an epoch means that training diverges: the message names
/// the step, the parameters are those of the epoch with the lowest cost so far, and the optimizer has forgotten its
/// steps.
/// - Parameters:
///   - network: built.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1; fewer than a batch make one short batch.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - validation: data to validate on after each epoch; NULL: none.
///   - options: cost, optimizer, epochs, batch size, shuffling, callbacks; NULL: CRL_TRAIN_OPTIONS_INIT.
/// - Returns: a status; also CRL_ERROR_TARGET, CRL_ERROR_MISMATCH, CRL_ERROR_BUSY (in a callback while the network
///   trains or loads) or CRL_ERROR_NOT_FINITE.
@_cdecl("crl_network_fit")
public func crlNetworkFit(
    _ network: UnsafeMutablePointer<crl_network>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ targets: UnsafePointer<crl_targets>?, _ validation: UnsafePointer<crl_validation>?,
    _ options: UnsafePointer<crl_train_options>?
) -> crl_status {
    call("crl_network_fit") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let trainer = try trainer(for: network, options)
        let data = try trainingData(x, targets, of: trainer)
        try trainer.fit(data, validation: validationData(validation, of: trainer))
    }
}

/// Compares the outputs for x with targets: C, accuracy, R², and how often each class is taken for each.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - cost: the cost, which also says what the outputs decide; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - top: top_accuracy counts a class among this many of the largest outputs; at least 1.
///   - metrics: initialized with CRL_METRICS_INIT; receives the numbers.
///   - confusion: receives N × N numbers: at row t, column y the weight of the rows of class t decided as y. N is the
///     number of outputs, or 2 with a binary cross-entropy of one output. NULL: none.
///   - confusion_count: N × N; ignored if confusion is NULL.
/// - Returns: a status; also CRL_ERROR_TARGET or CRL_ERROR_NOT_FINITE. After an error the contents of confusion are
///   unspecified.
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
        _ = try structure(metrics, "metrics")
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
        write(
            crl_metrics(
                size: 0, rows: result.rows, cost: result.cost, accuracy: result.accuracy ?? .nan,
                top_accuracy: result.topAccuracy ?? .nan, r2: result.r2 ?? .nan),
            to: metrics)
    }
}
