import CChainrule
import ChainruleC
import Foundation
import Testing

/// Trainers at work, through the C functions: their callbacks, what cancels them, and what they go on from.
@Suite struct TrainerRunTests {
    /// What the callbacks are told through `user`, and what they noted.
    struct Note {
        var trainer: UnsafeMutablePointer<crl_trainer>?
        var fixture: Unmanaged<Fixture>?
        var batches = 0
        var epochs = 0
        var stopAtBatch = Int.max
        var stopAtEpoch = Int.max
        var last = crl_batch()
        var lastEpoch = crl_epoch()
    }

    static let onBatch: crl_batch_callback = { user, batch in
        let note = user!.assumingMemoryBound(to: Note.self)
        note.pointee.batches += 1
        note.pointee.last = batch!.pointee
        return note.pointee.batches == note.pointee.stopAtBatch ? -7 : 0
    }

    static let onEpoch: crl_epoch_callback = { user, epoch in
        let note = user!.assumingMemoryBound(to: Note.self)
        note.pointee.epochs += 1
        note.pointee.lastEpoch = epoch!.pointee
        return note.pointee.epochs == note.pointee.stopAtEpoch ? 1 : 0
    }

    /// A trainer of 3 epochs of 2 batches whose callbacks note.
    private func makeTrainer(
        _ f: Fixture, _ note: UnsafeMutablePointer<Note>, _ change: (inout crl_train_options) -> Void = { _ in }
    ) -> UnsafeMutablePointer<crl_trainer> {
        note.pointee.fixture = Unmanaged.passUnretained(f)
        let trainer = TrainerCallTests.makeTrainer(f) {
            $0.epochs = 3
            $0.on_batch = TrainerRunTests.onBatch
            $0.on_epoch = TrainerRunTests.onEpoch
            $0.user = UnsafeMutableRawPointer(note)
            change(&$0)
        }
        note.pointee.trainer = trainer
        return trainer
    }

    private func fit(_ f: Fixture, _ trainer: UnsafeMutablePointer<crl_trainer>) -> crl_status {
        crlTrainerFit(trainer, f.x.pointer, 4, 2, f.targets(), nil)
    }

    private func progress(_ trainer: UnsafeMutablePointer<crl_trainer>) -> crl_progress {
        TrainerCallTests.progress(of: trainer)
    }

    /// The parameters of a fixture's network after all 3 epochs without a stop.
    private var uninterrupted: [UInt8] {
        let f = Fixture()
        let trainer = makeTrainer(f, f.keep(Note()))
        ok(fit(f, trainer))
        crlTrainerDestroy(trainer)
        return parameters(of: f.network).bytes
    }

    // MARK: Going on

    @Test func fitIsATrainerForOneUse() {
        let f = Fixture()
        let options = f.train {
            $0.optimizer = f.optimizer
            $0.batch_size = 2
            $0.epochs = 3
        }
        ok(crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, options))
        #expect(parameters(of: f.network).bytes == uninterrupted)
    }

    @Test(arguments: 1...6) func anInterruptedFitGoesOn(_ stop: Int) {
        let f = Fixture()
        let note = f.keep(Note())
        note.pointee.stopAtBatch = stop
        let trainer = makeTrainer(f, note)
        fails(
            fit(f, trainer), CRL_CANCELLED, "crl_trainer_fit",
            ["epoch \((stop + 1) / 2), batch \(2 - stop % 2), step \(stop): the callback stopped training"])
        #expect(note.pointee.last.batch == 2 - stop % 2 && note.pointee.last.epoch == (stop + 1) / 2)
        #expect(note.pointee.last.step == stop && note.pointee.last.rows == 2 && note.pointee.last.cost > 0)
        #expect(note.pointee.last.size == MemoryLayout<crl_batch>.size)
        let halfway = progress(trainer)
        #expect(halfway.epochs == (stop - 1) / 2 && halfway.batches == 2 - stop % 2 && halfway.steps == stop)
        #expect(halfway.rows == 2 * halfway.batches)
        ok(fit(f, trainer))
        #expect(note.pointee.epochs == 3 && note.pointee.batches == 6)
        let end = progress(trainer)
        #expect(end.epochs == 3 && end.rows == 0 && end.batches == 0 && end.steps == 6)
        #expect(end.best_epoch == 3 && end.best_cost == note.pointee.lastEpoch.cost)
        #expect(note.pointee.lastEpoch.is_best == 1 && note.pointee.lastEpoch.validation_r2.isNaN)
        #expect(note.pointee.lastEpoch.accuracy.isNaN)
        #expect(parameters(of: f.network).bytes == uninterrupted)
        // There is nothing left to do.
        ok(fit(f, trainer))
        #expect(note.pointee.batches == 6)
        crlTrainerDestroy(trainer)
    }

    @Test func cancelledBetweenEpochs() {
        let f = Fixture()
        let note = f.keep(Note())
        note.pointee.stopAtEpoch = 2
        let trainer = makeTrainer(f, note)
        fails(fit(f, trainer), CRL_CANCELLED, "crl_trainer_fit", ["after epoch 2 of 3"])
        #expect(progress(trainer).epochs == 2 && progress(trainer).rows == 0)
        ok(fit(f, trainer))
        #expect(parameters(of: f.network).bytes == uninterrupted)
        crlTrainerDestroy(trainer)
    }

    /// Other rows than those of the epoch that was interrupted.
    @Test func anEpochGoesOnWithItsRowsAlone() {
        let f = Fixture()
        let note = f.keep(Note())
        note.pointee.stopAtBatch = 1
        let trainer = makeTrainer(f, note)
        fails(fit(f, trainer), CRL_CANCELLED, "crl_trainer_fit", [])
        let before = f.state
        fails(
            crlTrainerFit(trainer, f.x.pointer, 3, 2, f.targets { $0.rows = 3 }, nil), CRL_ERROR_MISMATCH,
            "crl_trainer_fit", ["epoch 1 was interrupted after 2 of 4 rows", "with 3"])
        #expect(f.state == before)
        // An epoch of its own gives up the one that was interrupted.
        var epoch = crl_epoch()
        fails(
            crlTrainerPartialFit(trainer, f.x.pointer, 4, 2, f.targets(), &epoch), CRL_ERROR_SIZE,
            "crl_trainer_partial_fit", ["epoch->size is 0"])
        epoch = .initial
        ok(crlTrainerPartialFit(trainer, f.x.pointer, 3, 2, f.targets { $0.rows = 3 }, &epoch))
        #expect(epoch.size == MemoryLayout<crl_epoch>.size && epoch.epoch == 1 && epoch.is_best == 0)
        #expect(epoch.cost > 0 && epoch.validation_cost.isNaN && epoch.validation_accuracy.isNaN)
        #expect(progress(trainer).epochs == 1 && progress(trainer).best_epoch == 0 && progress(trainer).steps == 3)
        crlTrainerDestroy(trainer)
    }

    /// As the rows were before the step of their batch.
    @Test func anEpochSaysHowManyRowsWereRight() {
        let f = Fixture()
        var cost = crl_cost_options.initial
        cost.kind = crl_cost_kind(CRL_CROSS_ENTROPY)
        let trainer = TrainerCallTests.makeTrainer(f) {
            $0.cost = UnsafePointer(f.keep(cost))
            $0.batch_size = 4
        }
        for weights in [nil, UnsafePointer(f.weights.pointer)] {
            let targets = f.classTargets {
                $0.weights = weights
                $0.weights_count = weights == nil ? 0 : 4
            }
            var metrics = crl_metrics()
            metrics = .initial
            ok(crlNetworkEvaluate(f.network, f.keep(cost), f.x.pointer, 4, 2, targets, 1, &metrics, nil, 0))
            var epoch = crl_epoch()
            epoch = .initial
            ok(crlTrainerPartialFit(trainer, f.x.pointer, 4, 2, targets, &epoch))
            #expect(epoch.accuracy == metrics.accuracy)
        }
        crlTrainerDestroy(trainer)
    }

    /// A trainer keeps what it was made of.
    @Test func theOthersMayGoFirst() {
        let f = Fixture()
        let network = Fixture.makeNetwork(seed: 1)
        var optimizer: UnsafeMutablePointer<crl_optimizer>?
        var trainer: UnsafeMutablePointer<crl_trainer>?
        ok(crlOptimizerCreate(network, f.optimizerOptions { $0.learning_rate = 0.1 }, &optimizer))
        var cost = crl_cost_options.initial
        cost.kind = crl_cost_kind(CRL_CROSS_ENTROPY)
        var weights: [Float] = [1, 2]
        withUnsafePointer(to: cost) { cost in
            weights.withUnsafeBufferPointer { weights in
                let options = f.train {
                    $0.cost = cost
                    $0.optimizer = optimizer
                    $0.class_weights = weights.baseAddress
                    $0.class_weights_count = 2
                }
                ok(crlTrainerCreate(network, options, &trainer))
            }
        }
        cost.kind = 77
        weights = [.nan, .nan]
        crlOptimizerDestroy(optimizer)
        crlNetworkDestroy(network)
        ok(crlTrainerFit(trainer, f.x.pointer, 4, 2, f.classTargets(), nil))
        #expect(progress(trainer!).steps == 10)
        crlTrainerDestroy(trainer)
    }

    // MARK: What callbacks may do

    /// The calls that would change a trainer, made by its own callbacks.
    static let forbidden: [crl_batch_callback] = [
        { user, _ in
            forbid(user) { f, trainer in
                ("crl_trainer_fit", crlTrainerFit(trainer, f.x.pointer, 4, 2, f.targets(), nil))
            }
        },
        { user, _ in
            forbid(user) { f, trainer in
                ("crl_trainer_partial_fit", crlTrainerPartialFit(trainer, f.x.pointer, 4, 2, f.targets(), nil))
            }
        },
        { user, _ in
            forbid(user) { f, trainer in
                (
                    "crl_trainer_fit_source",
                    crlTrainerFitSource(
                        trainer, SourceCallTests.source(f, f.keep(SourceCallTests.Feed())), nil)
                )
            }
        },
        { user, _ in forbid(user) { _, trainer in ("crl_trainer_set_epochs", crlTrainerSetEpochs(trainer, 9)) } },
        { user, _ in forbid(user) { _, trainer in ("crl_trainer_load", crlTrainerLoad(trainer, "/nowhere/checkpoint")) }
        },
    ]

    private static func forbid(
        _ user: UnsafeMutableRawPointer?, _ call: (Fixture, UnsafeMutablePointer<crl_trainer>) -> (String, crl_status)
    ) -> Int32 {
        let note = user!.assumingMemoryBound(to: Note.self)
        note.pointee.batches += 1
        let f = note.pointee.fixture!.takeUnretainedValue()
        let before = f.state
        let (function, status) = call(f, note.pointee.trainer!)
        fails(status, CRL_ERROR_BUSY, function, ["the trainer is training"])
        #expect(f.state == before)
        return 0
    }

    @Test(arguments: forbidden.indices) func callbacksFindTheTrainerBusy(_ index: Int) {
        let f = Fixture()
        let note = f.keep(Note())
        let trainer = makeTrainer(f, note) { $0.on_batch = TrainerRunTests.forbidden[index] }
        ok(fit(f, trainer))
        #expect(note.pointee.batches == 6 && note.pointee.epochs == 3)
        #expect(parameters(of: f.network).bytes == uninterrupted)
        // Only while it trains.
        ok(crlTrainerPartialFit(trainer, f.x.pointer, 4, 2, f.targets(), nil))
        crlTrainerDestroy(trainer)
    }

    /// After a cancelled call, too, the trainer is free.
    @Test func callbacksMayReadAndSave() throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        let note = f.keep(Note())
        let path = f.text(folder.file("checkpoint"))
        struct Saving {
            let note: UnsafeMutablePointer<Note>
            let path: UnsafePointer<CChar>
            let y: UnsafeMutablePointer<Float>
        }
        let saving = f.keep(Saving(note: note, path: path, y: f.keepArray([Float](repeating: 0, count: 8))))
        let trainer = makeTrainer(f, note) {
            $0.on_epoch = nil
            $0.on_batch = { user, batch in
                let saving = user!.assumingMemoryBound(to: Saving.self).pointee
                let f = saving.note.pointee.fixture!.takeUnretainedValue()
                let trainer = saving.note.pointee.trainer!
                let progress = TrainerCallTests.progress(of: trainer)
                #expect(progress.steps == batch!.pointee.step && progress.batches == batch!.pointee.batch)
                ok(crlNetworkPredict(f.network, f.x.pointer, 4, 2, saving.y, 4, 2))
                ok(crlTrainerSave(trainer, saving.path))
                return batch!.pointee.step == 3 ? 1 : 0
            }
            $0.user = UnsafeMutableRawPointer(saving)
        }
        fails(fit(f, trainer), CRL_CANCELLED, "crl_trainer_fit", ["epoch 2, batch 1, step 3"])
        crlTrainerDestroy(trainer)

        let g = Fixture()
        let other = makeTrainer(g, g.keep(Note()))
        ok(crlTrainerLoad(other, path))
        #expect(parameters(of: g.network).bytes == parameters(of: f.network).bytes)
        #expect(progress(other).steps == 3 && progress(other).rows == 2)
        ok(fit(g, other))
        #expect(parameters(of: g.network).bytes == uninterrupted)
        crlTrainerDestroy(other)
    }

    // MARK: Checkpoints

    /// A checkpoint of the middle of the second epoch.
    private func checkpoint(_ folder: TemporaryFolder) throws -> [UInt8] {
        let f = Fixture()
        let note = f.keep(Note())
        note.pointee.stopAtBatch = 3
        let trainer = makeTrainer(f, note)
        #expect(fit(f, trainer) == crl_status(CRL_CANCELLED))
        ok(crlTrainerSave(trainer, folder.file("checkpoint")))
        crlTrainerDestroy(trainer)
        return Array(try Data(contentsOf: URL(fileURLWithPath: folder.file("checkpoint"))))
    }

    /// Loads a file that must be refused into a trainer that has come some way, of which not a bit may change.
    private func refuses(
        _ path: String, _ code: Int, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation,
        options: (Fixture, inout crl_train_options) -> Void = { _, _ in }
    ) throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        let trainer = makeTrainer(f, f.keep(Note())) { options(f, &$0) }
        ok(crlTrainerPartialFit(trainer, f.x.pointer, 4, 2, f.targets(), nil), sourceLocation: sourceLocation)
        ok(crlTrainerSave(trainer, folder.file("before")))
        let before = f.state
        fails(crlTrainerLoad(trainer, path), code, "crl_trainer_load", words, sourceLocation: sourceLocation)
        ok(crlTrainerSave(trainer, folder.file("after")))
        #expect(f.state == before, sourceLocation: sourceLocation)
        #expect(
            FileManager.default.contentsEqual(atPath: folder.file("before"), andPath: folder.file("after")),
            sourceLocation: sourceLocation)
        ok(fit(f, trainer), sourceLocation: sourceLocation)
        crlTrainerDestroy(trainer)
    }

    @Test func checkpointsOfOtherRuns() throws {
        let folder = try TemporaryFolder()
        _ = try checkpoint(folder)
        let path = folder.file("checkpoint")
        try refuses(path, CRL_ERROR_MISMATCH, "seed 0; the trainer has 7") { $1.seed = 7 }
        try refuses(path, CRL_ERROR_MISMATCH, "batch_size 2; the trainer has 3") { $1.batch_size = 3 }
        try refuses(path, CRL_ERROR_MISMATCH, "shuffle true; the trainer has false") { $1.shuffle = 0 }
        try refuses(path, CRL_ERROR_MISMATCH, "validation_split") { $1.validation_split = 0.25 }
        try refuses(path, CRL_ERROR_MISMATCH, "'mean_squared_error'; the trainer has 'huber'") {
            $1.cost = $0.cost(CRL_HUBER)
        }
        try refuses(path, CRL_ERROR_MISMATCH, "'gradient_descent'; the trainer has 'adam'") { $1.optimizer = nil }
        // What may be another.
        let f = Fixture()
        let trainer = makeTrainer(f, f.keep(Note())) {
            $0.epochs = 5
            $0.patience = 2
            $0.min_delta = 0.125
            $0.threads = 2
        }
        ok(crlTrainerLoad(trainer, path))
        ok(fit(f, trainer))
        #expect(progress(trainer).epochs == 5 && progress(trainer).steps == 10)
        crlTrainerDestroy(trainer)
    }

    /// Sizes and seeds that JSON's numbers cannot hold.
    @Test func checkpointOfTheLargestNumbers() throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        let trainer = TrainerCallTests.makeTrainer(f) {
            $0.batch_size = .max
            $0.seed = .max
            $0.epochs = .max
            $0.patience = .max
        }
        ok(crlTrainerPartialFit(trainer, f.x.pointer, 4, 2, f.targets(), nil))
        ok(crlTrainerSave(trainer, folder.file("large")))
        ok(crlTrainerLoad(trainer, folder.file("large")))
        #expect(progress(trainer).steps == 1)
        crlTrainerDestroy(trainer)
    }

    @Test func checkpointOfAnotherNetwork() throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        var trainer: UnsafeMutablePointer<crl_trainer>?
        ok(crlNetworkAddDense(f.unbuilt, 2, 0, nil))
        ok(crlNetworkBuild(f.unbuilt, 1))
        ok(crlTrainerCreate(f.unbuilt, nil, &trainer))
        ok(crlTrainerSave(trainer, folder.file("other")))
        crlTrainerDestroy(trainer)
        try refuses(folder.file("other"), CRL_ERROR_MISMATCH, "another network", "other'")
    }

    @Test func filesThatAreNoCheckpoints() throws {
        let folder = try TemporaryFolder()
        let f = Fixture()
        ok(crlNetworkSave(f.network, folder.file("model")))
        try refuses(folder.file("model"), CRL_ERROR_FORMAT, "no checkpoint")
        try refuses(folder.file("nothing"), CRL_ERROR_FILE, "nothing'")
        try refuses(folder.path, CRL_ERROR_FILE, folder.path)
        try refuses(folder.write([], to: "empty"), CRL_ERROR_FORMAT, "0 bytes")
        // And the other way round.
        let bytes = try checkpoint(folder)
        var network: UnsafeMutablePointer<crl_network>?
        fails(
            crlNetworkLoad(folder.file("checkpoint"), &network), CRL_ERROR_FORMAT, "crl_network_load",
            ["a checkpoint, not a model file"])
        #expect(network == nil)
        fails(
            crlNetworkLoadParameters(f.network, folder.file("checkpoint")), CRL_ERROR_FORMAT,
            "crl_network_load_parameters", ["a checkpoint, not a model file"])

        func altered(_ old: String, _ new: String) throws -> String {
            #expect(old.utf8.count == new.utf8.count && bytes.contains(Array(old.utf8)))
            return try folder.write(bytes.replacing(Array(old.utf8), with: Array(new.utf8)), to: "altered")
        }
        try refuses(
            altered(#""format_version":"1""#, #""format_version":"2""#), CRL_ERROR_FILE_VERSION, "version 2")
        try refuses(altered(#"\"steps\":"#, #"\"stepz\":"#), CRL_ERROR_FORMAT, "'steps' is missing")
        try refuses(altered(#""best":"#, #""rest":"#), CRL_ERROR_FORMAT, "'best'", "altered'")
        for length in [7, 8, 100, bytes.count / 2, bytes.count - 1] {
            try refuses(folder.write(Array(bytes[..<length]), to: "short"), CRL_ERROR_FORMAT, "short'")
        }
        try refuses(folder.write(bytes + [0], to: "long"), CRL_ERROR_FORMAT, "long'")
    }

    /// A trainer that cannot write its file leaves the old one.
    @Test func savingWhereNoFileCanBe() throws {
        let folder = try TemporaryFolder()
        let f = Fixture()
        let trainer = makeTrainer(f, f.keep(Note()))
        for path in [folder.path, folder.file("no/folder"), String(repeating: "a", count: 5000)] {
            fails(crlTrainerSave(trainer, path), CRL_ERROR_FILE, "crl_trainer_save", [String(path.prefix(100))])
        }
        #expect(try folder.names.isEmpty)
        crlTrainerDestroy(trainer)
    }
}
