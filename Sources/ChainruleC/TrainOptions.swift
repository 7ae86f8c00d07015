import CChainrule
import Chainrule

// What crl_network_fit() and a trainer are told.

func trainer(
    for network: Network, _ pointer: UnsafePointer<crl_train_options>?
) throws(ChainruleError) -> Trainer {
    guard let pointer else {
        return try Trainer(
            network, optimizer: optimizer(nil, for: network), options: TrainingOptions(cost: .meanSquaredError()))
    }
    let train = try structure(pointer, "options")
    return try Trainer(
        network, optimizer: optimizer(of: train, for: network), options: trainingOptions(train, for: network))
}

/// What of them a file can hold.
func recipe(
    for network: Network, _ pointer: UnsafePointer<crl_train_options>
) throws(ChainruleError) -> TrainingRecipe {
    let train = try structure(pointer, "options")
    return TrainingRecipe(try optimizer(of: train, for: network), try trainingOptions(train, for: network))
}

func trainingData(
    _ x: Matrix, _ targets: UnsafePointer<crl_targets>?, of trainer: Trainer
) throws(ChainruleError) -> DataView {
    let data = DataView(
        x: x,
        targets: try ChainruleC.targets(
            targets, for: trainer.cost, rows: x.rows, columns: trainer.network.outputs, "targets"))
    try checkApart(trainer.network, from: data)
    return data
}

private func optimizer(of train: crl_train_options, for network: Network) throws(ChainruleError) -> Optimizer {
    guard let handle = train.optimizer else { return try ChainruleC.optimizer(nil, for: network) }
    return try object(handle, "options->optimizer", as: Optimizer.self)
}

private func trainingOptions(
    _ train: crl_train_options, for network: Network
) throws(ChainruleError) -> TrainingOptions {
    var options = TrainingOptions(cost: try cost(train.cost))
    options.epochs = try count(UInt(bitPattern: train.epochs), "options->epochs")
    options.batchSize = try count(UInt(bitPattern: train.batch_size), "options->batch_size")
    options.shuffles = train.shuffle != 0
    options.seed = train.seed
    options.threads = try optionalCount(train.threads, "options->threads")
    options.validationSplit = train.validation_split
    if let weights = train.class_weights {
        let count = UInt(bitPattern: train.class_weights_count)
        // Before they are copied: there may be no more than these.
        let classes = try TrainingOptions.weightedClasses(of: options.cost, outputs: network.outputs)
        guard count == UInt(classes) else {
            throw ChainruleError(.size, "options->class_weights_count is \(count); there are \(classes) classes")
        }
        try Reserve.setAside(MemoryLayout<Float>.stride * classes + 64)
        options.classWeights = Array(UnsafeBufferPointer(start: weights, count: classes))
    }
    options.patience = try optionalCount(train.patience, "options->patience")
    options.minDelta = train.min_delta
    options.carriesStates = train.carry_states != 0
    if let schedule = train.schedule { options.schedule = try ChainruleC.schedule(schedule) }
    options.onEpoch = epochCallback(train.on_epoch, train.user)
    options.onBatch = batchCallback(train.on_batch, train.user)
    return options
}

func validationData(
    _ pointer: UnsafePointer<crl_validation>?, of trainer: Trainer
) throws(ChainruleError) -> DataView? {
    let network = trainer.network
    let held = try validation(pointer, inputs: network.inputs, outputs: network.outputs, for: trainer.cost)
    if let held { try checkApart(network, from: held) }
    return held
}
