// GROUP 6: Training
// The trainer: goes through the data in batches, epoch after epoch, each batch a forward pass, the cost, a backward
// pass and a step.

import CChainrule
import Chainrule

/// Trains the network. Excludes every other use of it, except reading it from the epoch callback.
///
/// After an error the parameters are those that the last complete step left; everything in x and the targets is
/// checked before the first.
/// - Parameters:
///   - network: built.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1; fewer than a batch make one short batch.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL only for a custom cost that needs none.
///   - options: cost, optimizer, epochs, batch size, shuffling, validation data, callback; NULL for
///     CRL_TRAIN_OPTIONS_INIT.
/// - Returns: CRL_OK, CRL_ERROR_NULL, CRL_ERROR_HANDLE, CRL_ERROR_SIZE, CRL_ERROR_VALUE, CRL_ERROR_TARGET,
///   CRL_ERROR_NOT_BUILT, CRL_ERROR_MISMATCH, CRL_ERROR_NOT_FINITE, CRL_CANCELLED, CRL_ERROR_CALLBACK or
///   CRL_ERROR_MEMORY.
@_cdecl("crl_network_fit")
public func crlNetworkFit(
    _ network: UnsafeMutablePointer<crl_network>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ targets: UnsafePointer<crl_targets>?, _ options: UnsafePointer<crl_train_options>?
) -> crl_status {
    call("crl_network_fit") { () throws(NetworkError) in
        let network = try ChainruleC.network(network)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        guard let options else {
            let cost = Cost.meanSquaredError()
            try network.fit(
                DataView(x: x, targets: ChainruleC.targets(targets, for: cost, "targets")),
                optimizer: optimizer(nil, for: network), options: TrainingOptions(cost: cost), validation: nil)
            return
        }
        let train = try ChainruleC.options(options, "options")
        let training = try trainingOptions(train)
        try network.fit(
            DataView(x: x, targets: ChainruleC.targets(targets, for: training.cost, "targets")),
            optimizer: optimizer(of: train, for: network), options: training,
            validation: validation(train, cost: training.cost, inputs: network.inputs))
    }
}

private func optimizer(of train: crl_train_options, for network: Network) throws(NetworkError) -> Optimizer {
    guard let handle = train.optimizer else { return try ChainruleC.optimizer(nil, for: network) }
    return try object(handle, "options->optimizer", as: Optimizer.self)
}

private func trainingOptions(_ train: crl_train_options) throws(NetworkError) -> TrainingOptions {
    var options = TrainingOptions(cost: try cost(train.cost))
    options.epochs = try count(UInt(bitPattern: train.epochs), "options->epochs")
    options.batchSize = try count(UInt(bitPattern: train.batch_size), "options->batch_size")
    options.shuffles = train.shuffle != 0
    options.seed = train.seed
    options.threads = try count(UInt(bitPattern: train.threads), "options->threads")
    if let schedule = train.schedule { options.schedule = try ChainruleC.schedule(schedule) }
    options.onEpoch = epochCallback(train.on_epoch, train.user)
    return options
}

private func validation(_ train: crl_train_options, cost: Cost, inputs: Int) throws(NetworkError) -> DataView? {
    guard let x = train.validation_x else {
        if train.validation_targets != nil { throw nullArgument("options->validation_x, beside validation targets,") }
        return nil
    }
    return DataView(
        x: try matrix(
            x, rows: UInt(bitPattern: train.validation_rows), columns: inputs,
            stride: UInt(bitPattern: train.validation_stride), "validation_x"),
        targets: try targets(train.validation_targets, for: cost, "validation_targets"))
}
