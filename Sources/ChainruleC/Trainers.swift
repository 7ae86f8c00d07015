// GROUP 7: Trainers
// A trainer can stop after any batch, be saved, and continue. It can take its rows from a function.

import CChainrule
import Chainrule

/// Creates a trainer: a training run that can stop after any batch, be saved, and continue, in this process or another,
/// bit for bit as if it had never stopped. crl_network_fit() uses a trainer once.
///
/// The random choices of an epoch follow from the seed, the epochs and, for dropout and noise, the steps that the
/// optimizer has taken. Training on with the same optimizer gives other orders and masks.
/// - Parameters:
///   - network: built. The trainer keeps it and the optimizer.
///   - options: cost, optimizer, epochs, batch size, callbacks and so on; NULL: CRL_TRAIN_OPTIONS_INIT. The trainer
///     copies them, but not what `user` and a custom cost's `user` point to.
///   - trainer: receives the trainer; free it with crl_trainer_destroy(). NULL after an error.
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

/// Frees a trainer. The network and the optimizer stay.
/// - Parameters:
///   - trainer: NULL: does nothing.
@_cdecl("crl_trainer_destroy")
public func crlTrainerDestroy(_ trainer: UnsafeMutablePointer<crl_trainer>?) {
    destroyHandle(trainer, as: Trainer.self)
}

/// Trains to the last epoch, from wherever the trainer is. Finishes an interrupted epoch first. Does nothing if all
/// epochs are done or the patience has run out. Requires exclusive access to the network; the callbacks may read it.
///
/// An error leaves the parameters as the last complete step left them, with one exception. CRL_ERROR_NOT_FINITE in an
/// epoch means that training diverges: the message names the step, the parameters are the best so far, and the
/// optimizer has forgotten its steps (its state is what it was before the first). The trainer can then continue at a
/// lower rate.
/// - Parameters:
///   - trainer: one call at a time.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1. Fewer than a batch make one short batch.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - validation: data to validate on after each epoch; NULL: none.
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

/// Trains as crl_trainer_fit() does, with rows from a data source, in the source's order.
/// - Parameters:
///   - trainer: one call at a time.
///   - source: gives the rows.
///   - validation: data to validate on after each epoch; NULL: none.
/// - Returns: as crl_trainer_fit(); CRL_ERROR_CALLBACK also if the source returns a number other than 0, or gives too
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

/// Sets how many epochs crl_trainer_fit() trains in all. Raise it to continue after the last.
/// - Parameters:
///   - trainer: not from its callbacks.
///   - epochs: at least 1. If as many are finished, crl_trainer_fit() does nothing.
/// - Returns: a status; also CRL_ERROR_BUSY.
@_cdecl("crl_trainer_set_epochs")
public func crlTrainerSetEpochs(_ trainer: UnsafeMutablePointer<crl_trainer>?, _ epochs: UInt) -> crl_status {
    call("crl_trainer_set_epochs") { () throws(ChainruleError) in
        try object(trainer, "trainer", as: Trainer.self).setEpochs(count(epochs, "epochs"))
    }
}

/// Trains once through these rows, for data that arrive bit by bit. The call is an epoch of its own: it validates
/// nothing and never counts as the best. Gives up an interrupted epoch.
/// - Parameters:
///   - trainer: one call at a time.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - epoch: initialized with CRL_EPOCH_INIT; receives what happened. NULL: none.
/// - Returns: as crl_trainer_fit(), but after any error the parameters are as the last complete step left them.
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

/// Makes the next batch begin with states of 0, if crl_train_options.carry_states is set. crl_trainer_partial_fit() goes on with
/// the states of the call before: call this before the first part of new sequences. crl_trainer_fit() does it itself at the
/// beginning of each epoch.
/// - Parameters:
///   - trainer: not from its callbacks.
/// - Returns: a status; CRL_ERROR_MISMATCH if the trainer carries no states, or CRL_ERROR_BUSY.
@_cdecl("crl_trainer_reset_states")
public func crlTrainerResetStates(_ trainer: UnsafeMutablePointer<crl_trainer>?) -> crl_status {
    call("crl_trainer_reset_states") { () throws(ChainruleError) in
        try object(trainer, "trainer", as: Trainer.self).resetStates()
    }
}

/// Gets how far a trainer has come. Its callbacks may call this.
/// - Parameters:
///   - trainer: only read.
///   - progress: initialized with CRL_PROGRESS_INIT; receives the numbers.
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

/// Saves a checkpoint: the parameters, the optimizer's state, the epoch, and the trainer's place in it. Its callbacks
/// may call this. Atomic: the file is always the whole old one or the whole new one.
/// - Parameters:
///   - trainer: only read.
///   - path: the file to create or replace.
/// - Returns: a status; also CRL_ERROR_FILE, or CRL_ERROR_SIZE if the network's names and inputs take more than the
///   16,000,000 bytes that a file has for them.
@_cdecl("crl_trainer_save")
public func crlTrainerSave(_ trainer: UnsafePointer<crl_trainer>?, _ path: UnsafePointer<CChar>?) -> crl_status {
    call("crl_trainer_save") { () throws(ChainruleError) in
        try object(trainer, "trainer", as: Trainer.self).save(to: requiredPath(path))
    }
}

/// Continues from a checkpoint that a trainer of the same network, optimizer and options saved. The number of epochs,
/// patience, min_delta, threads and callbacks may differ. Sets the network's parameters to the checkpoint's. Checks
/// everything in the file first. After an error everything is unchanged.
/// - Parameters:
///   - trainer: Requires exclusive access to it, its network and its optimizer.
///   - path: the file.
/// - Returns: a status; also CRL_ERROR_MISMATCH for a checkpoint of another network or run, CRL_ERROR_BUSY,
///   CRL_ERROR_FILE, CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION.
@_cdecl("crl_trainer_load")
public func crlTrainerLoad(_ trainer: UnsafeMutablePointer<crl_trainer>?, _ path: UnsafePointer<CChar>?) -> crl_status {
    call("crl_trainer_load") { () throws(ChainruleError) in
        try object(trainer, "trainer", as: Trainer.self).load(from: requiredPath(path))
    }
}
