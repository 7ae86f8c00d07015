// GROUP 6: Files

import CChainrule
import Chainrule

/// Keeps how a network is trained, for its copies and its files. Replaces an earlier recipe.
/// - Parameters:
///   - network: built. Requires exclusive access to it.
///   - options: as for crl_network_fit(); of the optimizer its method, numbers and regularization are kept, not its state, nor the
///     settings of single layers. Threads and callbacks are not kept. NULL: forget the recipe.
/// - Returns: a status; also CRL_ERROR_VALUE for a cost or a schedule that is a function of yours: files hold no functions. After an
///   error nothing has changed.
@_cdecl("crl_network_set_recipe")
public func crlNetworkSetRecipe(
    _ network: UnsafeMutablePointer<crl_network>?, _ options: UnsafePointer<crl_train_options>?
) -> crl_status {
    call("crl_network_set_recipe") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        guard let options else { return try network.setRecipe(nil) }
        try network.setRecipe(recipe(for: network, options))
    }
}

/// Gets how a network is trained: what crl_network_set_recipe() kept, or its file holds. Writes it into structures of yours, and
/// the addresses of these into options: it is ready for crl_network_fit(), but for the optimizer, which crl_optimizer_create()
/// makes.
/// - Parameters:
///   - network: built; only read.
///   - options: initialized with CRL_TRAIN_OPTIONS_INIT; receives the numbers. Its optimizer, threads and callbacks stay as they
///     are.
///   - optimizer: initialized with CRL_OPTIMIZER_OPTIONS_INIT; receives method, numbers and regularization.
///   - cost: initialized with CRL_COST_OPTIONS_INIT; receives the cost, and options->cost its address.
///   - schedule: initialized with CRL_SCHEDULE_OPTIONS_INIT; receives the schedule, and options->schedule its address, or NULL if
///     there is none.
///   - class_weights: receives the class weights, if there are any, and options->class_weights its address; NULL: not wanted.
///   - class_weights_count: how many fit there; options->class_weights_count receives how many there are. Ignored with NULL.
/// - Returns: a status; also CRL_ERROR_NAME if nothing is known, CRL_ERROR_FORMAT if the file's recipe is damaged or of a newer
///   version, or CRL_ERROR_SIZE if the class weights do not fit.
@_cdecl("crl_network_recipe")
public func crlNetworkRecipe(
    _ network: UnsafePointer<crl_network>?, _ options: UnsafeMutablePointer<crl_train_options>?,
    _ optimizer: UnsafeMutablePointer<crl_optimizer_options>?, _ cost: UnsafeMutablePointer<crl_cost_options>?,
    _ schedule: UnsafeMutablePointer<crl_schedule_options>?, _ class_weights: UnsafeMutablePointer<Float>?,
    _ class_weights_count: UInt
) -> crl_status {
    call("crl_network_recipe") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        guard let options else { throw nullArgument("options") }
        guard let optimizer else { throw nullArgument("optimizer") }
        guard let cost else { throw nullArgument("cost") }
        guard let schedule else { throw nullArgument("schedule") }
        var train = try structure(options, "options")
        _ = try structure(optimizer, "optimizer")
        _ = try structure(cost, "cost")
        _ = try structure(schedule, "schedule")
        guard let recipe = try network.recipe else {
            throw ChainruleError(.name, "the network has no recipe: nobody has set one with crl_network_set_recipe()")
        }
        let weights = recipe.options.classWeights ?? []
        guard class_weights == nil || class_weights_count >= UInt(weights.count) else {
            throw ChainruleError(
                .size, "class_weights_count is \(class_weights_count); there are \(weights.count) class weights")
        }
        if let class_weights { for (place, weight) in weights.enumerated() { class_weights[place] = weight } }
        train.class_weights = weights.isEmpty ? nil : UnsafePointer(class_weights)
        train.class_weights_count = weights.count
        train.cost = UnsafePointer(cost)
        train.schedule = recipe.options.schedule == nil ? nil : UnsafePointer(schedule)
        train.epochs = recipe.options.epochs
        train.batch_size = recipe.options.batchSize
        train.shuffle = recipe.options.shuffles ? 1 : 0
        train.carry_states = recipe.options.carriesStates ? 1 : 0
        train.seed = recipe.options.seed
        train.validation_split = recipe.options.validationSplit
        train.patience = recipe.options.patience ?? autoSize
        train.min_delta = recipe.options.minDelta
        write(train, to: options)
        write(optimizerOptions(recipe), to: optimizer)
        write(costOptions(recipe.options.cost), to: cost)
        write(recipe.options.schedule.map(scheduleOptions) ?? crl_schedule_options.initial, to: schedule)
    }
}

private func optimizerOptions(_ recipe: TrainingRecipe) -> crl_optimizer_options {
    var options = crl_optimizer_options.initial
    let (numbers, penalties) = (recipe.method.hyperparameters, recipe.regularization)
    options.method = number(of: recipe.method)
    options.learning_rate = recipe.learningRate
    (options.momentum, options.beta1, options.beta2) = (numbers.momentum, numbers.beta1, numbers.beta2)
    (options.epsilon, options.growth, options.shrink) = (numbers.epsilon, numbers.growth, numbers.shrink)
    (options.min_step, options.max_step) = (numbers.minStep, numbers.maxStep)
    if let decay = penalties.weightDecay { options.weight_decay = decay }
    (options.l1, options.l2, options.max_norm) = (penalties.l1, penalties.l2, penalties.maxNorm)
    (options.clip_norm, options.clip_value) = (penalties.clipNorm, penalties.clipValue)
    options.regularize_biases = penalties.includesBiases ? 1 : 0
    return options
}

private func costOptions(_ cost: Cost) -> crl_cost_options {
    var options = crl_cost_options.initial
    let kinds: [(StaticString, Int)] = [
        ("mean_squared_error", CRL_MEAN_SQUARED_ERROR), ("mean_absolute_error", CRL_MEAN_ABSOLUTE_ERROR),
        ("huber", CRL_HUBER), ("binary_cross_entropy", CRL_BINARY_CROSS_ENTROPY),
        ("binary_cross_entropy_logits", CRL_BINARY_CROSS_ENTROPY_LOGITS), ("cross_entropy", CRL_CROSS_ENTROPY),
    ]
    for (name, kind) in kinds where cost.identifier.isSameText(as: name) { options.kind = crl_cost_kind(kind) }
    options.reduction = crl_reduction(cost.reduction == .sum ? CRL_REDUCTION_SUM : CRL_REDUCTION_MEAN)
    if options.kind == CRL_HUBER { options.huber_delta = cost.parameter }
    if options.kind == CRL_CROSS_ENTROPY { options.label_smoothing = cost.parameter }
    return options
}

private func scheduleOptions(_ schedule: Schedule) -> crl_schedule_options {
    var options = crl_schedule_options.initial
    let numbers = schedule.source.numbers
    options.kind = kind(of: schedule.source)
    options.per_epoch = schedule.isPerEpoch ? 1 : 0
    options.warmup = schedule.warmup
    options.warmup_start = schedule.warmupStart
    (options.period, options.period_factor) = (numbers.counts[0], numbers.counts[1])
    (options.patience, options.cooldown) = (numbers.counts[2], numbers.counts[3])
    (options.factor, options.min_rate, options.peak) = (numbers.reals[0], numbers.reals[1], numbers.reals[2])
    (options.start_divisor, options.end_divisor) = (numbers.reals[3], numbers.reals[4])
    options.threshold = numbers.reals[5]
    return options
}

private func kind(of schedule: Schedule.Source) -> crl_schedule_kind {
    switch schedule {
    case .constant: crl_schedule_kind(CRL_SCHEDULE_CONSTANT)
    case .step: crl_schedule_kind(CRL_SCHEDULE_STEP)
    case .exponential: crl_schedule_kind(CRL_SCHEDULE_EXPONENTIAL)
    case .cosine: crl_schedule_kind(CRL_SCHEDULE_COSINE)
    case .oneCycle: crl_schedule_kind(CRL_SCHEDULE_ONE_CYCLE)
    case .plateau: crl_schedule_kind(CRL_SCHEDULE_PLATEAU)
    case .custom: crl_schedule_kind(CRL_CUSTOM_SCHEDULE)
    }
}
