// GROUP 7: Trainers
// A trainer stops after any batch, saves itself, and goes on. It can take its rows from a function.

import CChainrule
import Chainrule

/// Creates a trainer: a run of training that can stop after any batch, be saved, and go on, in this process or another, bit
/// for bit as if it had never stopped. crl_network_fit() is a trainer for one use.
///
/// What is random in an epoch follows from the seed, the epochs and, for dropout and noise, the steps that the optimizer has
/// been through: training on with the same optimizer gives other orders and masks.
/// - Parameters:
///   - network: built. The trainer keeps it, and the optimizer.
///   - options: cost, optimizer, epochs, batch size, callbacks and so on. Copied, but for what `user` and a custom cost's `user` point to. NULL for
///     CRL_TRAIN_OPTIONS_INIT.
///   - trainer: receives the trainer, which crl_trainer_destroy() frees; NULL after an error.
/// - Returns: a status; also CRL_ERROR_MISMATCH.
@_cdecl("crl_trainer_create")
public func crlTrainerCreate(
    _ network: UnsafeMutablePointer<crl_network>?, _ options: UnsafePointer<crl_train_options>?,
    _ trainer: UnsafeMutablePointer<UnsafeMutablePointer<crl_trainer>?>?
) -> crl_status {
    call("crl_trainer_create") { () throws(ChainruleError) in
        guard let trainer else { throw nullArgument("trainer") }
        trainer.pointee = nil
        let network = try ChainruleC.network(network)
        trainer.pointee = makeHandle(try ChainruleC.trainer(for: network, options))
    }
}

/// Frees a trainer; the network and the optimizer stay.
/// - Parameters:
///   - trainer: may be NULL, which does nothing.
@_cdecl("crl_trainer_destroy")
public func crlTrainerDestroy(_ trainer: UnsafeMutablePointer<crl_trainer>?) {
    destroyHandle(trainer, as: Trainer.self)
}

/// Trains to the last epoch, from wherever the trainer is: an epoch that was interrupted is finished first. A trainer that
/// has had all its epochs, or whose patience came to an end, does nothing. Excludes every other use of the network, except
/// reading it from the callbacks.
///
/// An error leaves the parameters as the last complete step left them. But CRL_ERROR_NOT_FINITE in an epoch is the sign
/// that training diverges: the message says in which step, the parameters are the best so far, and the optimizer has
/// forgotten its steps (its state is what it was before the first), so that the trainer can go on at a lower rate.
/// - Parameters:
///   - trainer: one call at a time.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1; fewer than a batch make one short batch.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL only for a custom cost that needs none.
///   - validation: data to validate on after each epoch; NULL for none.
/// - Returns: a status; also CRL_ERROR_TARGET, CRL_ERROR_MISMATCH, CRL_ERROR_BUSY or CRL_ERROR_NOT_FINITE.
@_cdecl("crl_trainer_fit")
public func crlTrainerFit(
    _ trainer: UnsafeMutablePointer<crl_trainer>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ targets: UnsafePointer<crl_targets>?, _ validation: UnsafePointer<crl_validation>?
) -> crl_status {
    call("crl_trainer_fit") { () throws(ChainruleError) in
        let trainer = try object(trainer, "trainer", as: Trainer.self)
        let x = try matrix(x, rows: x_rows, columns: trainer.network.inputs, stride: x_stride, "x")
        let data = try trainingData(x, targets, of: trainer)
        try trainer.fit(data, validation: validationData(validation, of: trainer))
    }
}

/// The same with rows from a data source, in the order in which it gives them.
/// - Parameters:
///   - trainer: one call at a time.
///   - source: where the rows come from.
///   - validation: data to validate on after each epoch; NULL for none.
/// - Returns: as crl_trainer_fit(); CRL_ERROR_CALLBACK also if the source returns another number than 0, or gives too
///   many rows, no row in an epoch, rows that are not finite, or targets or weights out of range.
@_cdecl("crl_trainer_fit_source")
public func crlTrainerFitSource(
    _ trainer: UnsafeMutablePointer<crl_trainer>?, _ source: UnsafePointer<crl_data_source>?,
    _ validation: UnsafePointer<crl_validation>?
) -> crl_status {
    call("crl_trainer_fit_source") { () throws(ChainruleError) in
        let trainer = try object(trainer, "trainer", as: Trainer.self)
        let source = try dataSource(source)
        try trainer.fit(source, validation: validationData(validation, of: trainer))
    }
}

/// Says how many epochs crl_trainer_fit() trains in all: to go on after the last.
/// - Parameters:
///   - trainer: not from its callbacks.
///   - epochs: at least 1. With no more than are finished, crl_trainer_fit() does nothing.
/// - Returns: a status; also CRL_ERROR_BUSY.
@_cdecl("crl_trainer_set_epochs")
public func crlTrainerSetEpochs(_ trainer: UnsafeMutablePointer<crl_trainer>?, _ epochs: UInt) -> crl_status {
    call("crl_trainer_set_epochs") { () throws(ChainruleError) in
        try object(trainer, "trainer", as: Trainer.self).setEpochs(count(epochs, "epochs"))
    }
}

/// Goes once through these rows: an epoch of its own, without validation and without a claim to be the best. For data that
/// come bit by bit. An epoch that was interrupted is given up.
/// - Parameters:
///   - trainer: one call at a time.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL only for a custom cost that needs none.
///   - epoch: receives what happened; its size is set to sizeof(crl_epoch) before, by CRL_EPOCH_INIT. NULL if that is not
///     wanted.
/// - Returns: as crl_trainer_fit(); after any error the parameters are as the last complete step left them.
@_cdecl("crl_trainer_partial_fit")
public func crlTrainerPartialFit(
    _ trainer: UnsafeMutablePointer<crl_trainer>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ targets: UnsafePointer<crl_targets>?, _ epoch: UnsafeMutablePointer<crl_epoch>?
) -> crl_status {
    call("crl_trainer_partial_fit") { () throws(ChainruleError) in
        let trainer = try object(trainer, "trainer", as: Trainer.self)
        if let epoch { _ = try structure(epoch, "epoch") }
        let x = try matrix(x, rows: x_rows, columns: trainer.network.inputs, stride: x_stride, "x")
        let result = try trainer.partialFit(trainingData(x, targets, of: trainer))
        if let epoch { write(cEpoch(result), to: epoch) }
    }
}

/// How far a trainer has come. May be called from its callbacks.
/// - Parameters:
///   - trainer: only read.
///   - progress: receives the numbers; its size is set to sizeof(crl_progress) before, by CRL_PROGRESS_INIT.
/// - Returns: a status.
@_cdecl("crl_trainer_progress")
public func crlTrainerProgress(
    _ trainer: UnsafePointer<crl_trainer>?, _ progress: UnsafeMutablePointer<crl_progress>?
) -> crl_status {
    call("crl_trainer_progress") { () throws(ChainruleError) in
        let trainer = try object(trainer, "trainer", as: Trainer.self)
        guard let progress else { throw nullArgument("progress") }
        _ = try structure(progress, "progress")
        let now = trainer.progress
        write(
            crl_progress(
                size: 0, epochs: now.epochs, rows: now.rows, batches: now.batches,
                steps: UInt64(trainer.optimizer.steps), best_epoch: now.bestEpoch, best_cost: now.bestCost),
            to: progress)
    }
}

/// Saves a checkpoint: parameters, optimizer state, and where in which epoch the trainer is. May be called from its
/// callbacks. Atomic: whatever happens, the file is the old one or the new one, whole.
/// - Parameters:
///   - trainer: only read.
///   - path: the file to create or replace.
/// - Returns: a status; also CRL_ERROR_FILE or CRL_ERROR_SIZE for a network whose names and inputs take more than the
///   16,000,000 bytes that a file has for them.
@_cdecl("crl_trainer_save")
public func crlTrainerSave(_ trainer: UnsafePointer<crl_trainer>?, _ path: UnsafePointer<CChar>?) -> crl_status {
    call("crl_trainer_save") { () throws(ChainruleError) in
        try object(trainer, "trainer", as: Trainer.self).save(to: requiredPath(path))
    }
}

/// Goes on from a checkpoint that a trainer of the same network, optimizer and options saved; the number of epochs, the
/// patience, min_delta, threads and callbacks may be others. The network's parameters become those of the checkpoint.
/// Everything in the file is checked first; after an error everything is as it was.
/// - Parameters:
///   - trainer: excludes every other use of it, its network and its optimizer.
///   - path: the file.
/// - Returns: a status; also CRL_ERROR_MISMATCH for a checkpoint of another network or run, CRL_ERROR_BUSY,
///   CRL_ERROR_FILE, CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION.
@_cdecl("crl_trainer_load")
public func crlTrainerLoad(_ trainer: UnsafeMutablePointer<crl_trainer>?, _ path: UnsafePointer<CChar>?) -> crl_status {
    call("crl_trainer_load") { () throws(ChainruleError) in
        try object(trainer, "trainer", as: Trainer.self).load(from: requiredPath(path))
    }
}
