import CChainrule
import ChainruleC
import FuzzSupport
import Glibc

// Calls that train.

extension Session {
    mutating func fit() {
        let network = network()
        guard isNarrow(network) else { return }
        withTrainOptions { session, options, targets in
            let wasFinite = session.hasFiniteParameters(network)
            let (x, rows, stride) = (session.input(), session.extent(), session.extent())
            let status = session.withValidation(targets) { _, validation in
                crlNetworkFit(network, x, rows, stride, targets, validation, options)
            }
            session.check(status)
            precondition(!wasFinite || session.hasFiniteParameters(network))
        }
    }

    /// After an error there is no network, unless the callback was the one that ended the growing.
    mutating func createCascade() {
        var made: UnsafeMutablePointer<crl_network>?
        withCostAndTargets { session, cost, targets in
            var options = begun(crlCascadeOptionsInit, crl_cascade_options())
            options.cost = cost
            options.output_activation = session.reader.enumerator()
            options.candidates = Int(session.reader.byte() % 4)
            options.max_units = Int(session.reader.byte() % 4)
            options.max_iterations = Int(session.reader.byte() % 8)
            options.target_cost = Double(session.reader.float())
            options.patience = session.count(below: 3)
            options.min_delta = Double(session.reader.float())
            options.seed = UInt64(session.reader.byte())
            options.threads = session.count(below: 4)
            if session.reader.chance(of: 16) { options.max_units = -1 }
            if session.reader.chance(of: 32) { options.size = Int(bitPattern: session.reader.size()) }
            if session.reader.chance(of: 4) { options.on_unit = { _, unit in unit!.pointee.units == 1 ? 1 : 0 } }
            let isDefault = session.reader.chance(of: 16)
            let hasActivations = session.reader.chance(of: 2)
            let (inputs, outputs) = (session.reader.size(), session.reader.size())
            let (x, rows, stride) = (session.input(), session.extent(), session.extent())
            var activations = (session.reader.enumerator(), session.reader.enumerator())
            let status = withUnsafePointer(to: &activations) { activations in
                activations.withMemoryRebound(to: crl_activation.self, capacity: 2) { activations in
                    if hasActivations {
                        options.activations = activations
                        options.activations_count = options.candidates > 2 ? 2 : Int(options.candidates)
                    }
                    return withUnsafePointer(to: options) { options in
                        session.withValidation(targets) { _, validation in
                            crlNetworkCreateCascade(
                                inputs, outputs, x, rows, stride, targets, validation, isDefault ? nil : options, &made)
                        }
                    }
                }
            }
            session.check(status)
            precondition((made != nil) == (status == CRL_OK || status == CRL_CANCELLED))
            precondition(made == nil || session.hasFiniteParameters(made))
        }
        if let made { keep(made) }
    }

    mutating func createTrainer() {
        let network = network()
        guard isNarrow(network) else { return }
        var made: UnsafeMutablePointer<crl_trainer>?
        withTrainOptions { session, options, _ in
            session.check(crlTrainerCreate(network, options, &made))
        }
        guard let made else { return }
        trainers.append(made)
        if trainers.count > 4 { crlTrainerDestroy(trainers.removeFirst()) }
    }

    /// Trainers keep networks that are narrow.
    mutating func fitTrainer() {
        let trainer = trainer()
        withCostAndTargets { session, _, targets in
            let (x, rows, stride) = (session.input(), session.extent(), session.extent())
            let status = session.withValidation(targets) { _, validation in
                crlTrainerFit(trainer, x, rows, stride, targets, validation)
            }
            session.check(status)
        }
        look(at: trainer)
    }

    mutating func partialFit() {
        let trainer = trainer()
        withCostAndTargets { session, _, targets in
            var epoch = begun(crlEpochInit, crl_epoch())
            if session.reader.chance(of: 32) { epoch.size = 0 }
            let (x, rows, stride) = (session.input(), session.extent(), session.extent())
            let wantsEpoch = session.reader.chance(of: 2)
            let status = withUnsafeMutablePointer(to: &epoch) { epoch in
                crlTrainerPartialFit(trainer, x, rows, stride, targets, wantsEpoch ? epoch : nil)
            }
            session.check(status)
            precondition(status != CRL_OK || !wantsEpoch || epoch.epoch > 0)
        }
        look(at: trainer)
    }

    mutating func fitSource() {
        let trainer = trainer()
        // The numbers that the source gives, over and over.
        var numbers = (0..<16).map { _ in reader.float() }
        if !reader.chance(of: 4) {
            for index in numbers.indices where !numbers[index].isFinite { numbers[index] = 0.5 }
        }
        var feed = Feed(
            batches: Int(reader.byte() % 4), result: reader.chance(of: 16) ? 1 : 0, excess: reader.chance(of: 16),
            columns: Int(bitPattern: notJustTooMany(reader.size())), numbers: numbers)
        withUnsafeMutablePointer(to: &feed) { feed in
            var source = begun(crlDataSourceInit, crl_data_source())
            source.function = give
            source.user = UnsafeMutableRawPointer(feed)
            source.classes = reader.chance(of: 3) ? 1 : 0
            source.columns = feed.pointee.columns
            source.weights = reader.chance(of: 3) ? 1 : 0
            if source.classes != 0 && !reader.chance(of: 8) { source.columns = 0 }
            if reader.chance(of: 32) { source.size = Int(bitPattern: reader.size()) }
            if reader.chance(of: 32) { source.function = nil }
            check(crlTrainerFitSource(trainer, &source, nil))
        }
        look(at: trainer)
    }

    /// Another trainer may load it only if it trains the same; a trainer can always load what it has saved.
    mutating func saveAndLoad() {
        let (first, second) = (trainer(), trainer())
        let status = crlTrainerSave(first, Checkpoint.path)
        check(status)
        guard status == CRL_OK else { return }
        check(crlTrainerLoad(second, Checkpoint.path))
        precondition(crlTrainerLoad(first, Checkpoint.path) == CRL_OK)
        look(at: first)
        unlink(Checkpoint.path)
    }

    private func look(at trainer: UnsafeMutablePointer<crl_trainer>?) {
        var progress = begun(crlProgressInit, crl_progress())
        let status = crlTrainerProgress(trainer, &progress)
        check(status)
        precondition(
            status != CRL_OK || (progress.batches <= progress.rows && progress.best_epoch <= progress.epochs))
    }

    private mutating func withTrainOptions(
        _ body: (inout Session, UnsafePointer<crl_train_options>?, UnsafePointer<crl_targets>?) -> Void
    ) {
        withCostAndTargets { session, cost, targets in
            var options = begun(crlTrainOptionsInit, crl_train_options())
            options.cost = cost
            options.optimizer = session.reader.chance(of: 4) ? session.optimizer() : nil
            options.epochs = Int(session.reader.byte() % 5)
            options.batch_size = Int(bitPattern: session.notJustTooMany(session.reader.size()))
            options.shuffle = Int32(session.reader.byte() % 2)
            options.seed = UInt64(session.reader.byte())
            options.threads = session.count(below: 4)
            if session.reader.chance(of: 16) { options.epochs = -1 }
            if session.reader.chance(of: 32) { options.size = Int(bitPattern: session.reader.size()) }
            if session.reader.chance(of: 4) {
                options.on_epoch = { _, epoch in epoch!.pointee.cost > 10 ? 1 : 0 }
            }
            if session.reader.chance(of: 4) {
                options.on_batch = { _, batch in batch!.pointee.step % 3 == 0 ? 1 : 0 }
            }
            if session.reader.chance(of: 4) { options.validation_split = Double(session.reader.float()) }
            if session.reader.chance(of: 4) { options.patience = Int(bitPattern: session.reader.size()) }
            if session.reader.chance(of: 8) { options.min_delta = Double(session.reader.float()) }
            if session.reader.chance(of: 4) {
                for index in 0..<4 { session.memory.weights[index] = session.reader.float() }
                options.class_weights = UnsafePointer(session.memory.weights)
                options.class_weights_count =
                    session.reader.chance(of: 4) ? Int(bitPattern: session.reader.size()) : 2
            }
            let isDefault = session.reader.chance(of: 8)
            let isScheduled = session.reader.chance(of: 4)
            withUnsafePointer(to: session.schedule()) { schedule in
                if isScheduled { options.schedule = schedule }
                withUnsafePointer(to: options) { body(&session, isDefault ? nil : $0, targets) }
            }
        }
    }

    mutating func setLayer() {
        var options = begun(crlLayerStepInit, crl_layer_step())
        options.frozen = Int32(reader.byte() % 2)
        if reader.chance(of: 2) { options.learning_rate_factor = reader.float() }
        if reader.chance(of: 2) { options.weight_decay = reader.float() }
        if reader.chance(of: 2) { options.l1 = reader.float() }
        if reader.chance(of: 2) { options.l2 = reader.float() }
        if reader.chance(of: 2) { options.max_norm = reader.float() }
        if reader.chance(of: 32) { options.size = Int(bitPattern: reader.size()) }
        let name = text()
        check(crlOptimizerSetLayer(optimizer(), name, &options))
        free(name)
    }
}

/// What a data source gives.
private struct Feed {
    let batches: Int
    let result: Int32
    let excess: Bool
    let columns: Int
    let numbers: [Float]
}

private let give: crl_data_function = { user, request, rows in
    let (feed, request) = (user!.assumingMemoryBound(to: Feed.self).pointee, request!.pointee)
    guard request.first_row < feed.batches * 3 else {
        rows!.pointee = 0
        return feed.result
    }
    let count = min(request.max_rows, 3)
    var next = 0
    func number() -> Float {
        next += 1
        return feed.numbers[next % feed.numbers.count]
    }
    for row in 0..<count {
        // Every network here has an input.
        request.x![row] = number()
        if let values = request.values {
            for column in 0..<feed.columns { values[row * feed.columns + column] = number() }
        }
        request.classes?[row] = Int32(row % 2)
        request.weights?[row] = number()
    }
    rows!.pointee = feed.excess ? request.max_rows + 1 : count
    return 0
}

/// Where checkpoints are saved: each process has a file of its own.
private enum Checkpoint {
    static let path = "/dev/shm/fuzz-calls-\(getpid())"
}
