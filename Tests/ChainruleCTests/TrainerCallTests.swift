import CChainrule
import ChainruleC
import Testing

/// What trainers refuse, through the C functions.
@Suite struct TrainerCallTests {
    static func makeTrainer(
        _ f: Fixture, _ change: (inout crl_train_options) -> Void = { _ in }
    ) -> UnsafeMutablePointer<crl_trainer> {
        var trainer: UnsafeMutablePointer<crl_trainer>?
        let options = f.train {
            $0.optimizer = f.optimizer
            $0.batch_size = 2
            change(&$0)
        }
        ok(crlTrainerCreate(f.network, options, &trainer))
        return trainer!
    }

    static func progress(of trainer: UnsafePointer<crl_trainer>) -> crl_progress {
        var progress = crl_progress.initial
        ok(crlTrainerProgress(trainer, &progress))
        return progress
    }

    /// A call with a trainer, which must leave it as it was.
    static func bad(
        _ function: String, _ code: Int, _ words: String..., line: Int = #line,
        options: @escaping @Sendable (inout crl_train_options) -> Void = { _ in },
        call: @escaping @Sendable (Fixture, UnsafeMutablePointer<crl_trainer>) -> crl_status
    ) -> BadCall {
        BadCall(function, code, words.joined(separator: " "), line: line) { f in
            let trainer = makeTrainer(f, options)
            let before = Memory(progress(of: trainer)).bytes
            let status = call(f, trainer)
            #expect(Memory(progress(of: trainer)).bytes == before)
            crlTrainerDestroy(trainer)
            return status
        }
    }

    // MARK: fit

    private static let fit = "crl_trainer_fit"
    private static func fits(_ f: Fixture, _ trainer: UnsafeMutablePointer<crl_trainer>?) -> crl_status {
        crlTrainerFit(trainer, f.x.pointer, 4, 2, f.targets(), nil)
    }

    static let fitting = [
        bad(fit, CRL_ERROR_NULL, "trainer is NULL") { f, _ in fits(f, nil) },
        bad(fit, CRL_ERROR_NULL, "x is NULL") { f, t in crlTrainerFit(t, nil, 4, 2, f.targets(), nil) },
        bad(fit, CRL_ERROR_NULL, "targets is NULL") { f, t in
            crlTrainerFit(t, f.x.pointer, 4, 2, nil, nil)
        },
        bad(fit, CRL_ERROR_NULL, "validation->x is NULL") { f, t in
            crlTrainerFit(t, f.x.pointer, 4, 2, f.targets(), f.validation(nil, 4, 2, f.targets()))
        },
        bad(fit, CRL_ERROR_NULL, "validation->targets is NULL") { f, t in
            crlTrainerFit(t, f.x.pointer, 4, 2, f.targets(), f.validation(f.x.pointer, 4, 2, nil))
        },
        bad(fit, CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, _ in fits(f, cast(f.network)) },
        bad(fit, CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, _ in fits(f, cast(f.optimizer)) },
        bad(fit, CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, t in fits(f, misaligned(t)) },
        bad(fit, CRL_ERROR_SIZE, "x_rows is 0") { f, t in
            crlTrainerFit(t, f.x.pointer, 0, 2, f.targets(), nil)
        },
        bad(fit, CRL_ERROR_SIZE, "x_stride is 1") { f, t in
            crlTrainerFit(t, f.x.pointer, 4, 1, f.targets(), nil)
        },
        bad(fit, CRL_ERROR_SIZE, "x has \(UInt.max) rows") { f, t in
            crlTrainerFit(t, f.x.pointer, .max, 2, f.targets(), nil)
        },
        bad(fit, CRL_ERROR_SIZE, "4 target values for 3 rows") { f, t in
            crlTrainerFit(t, f.x.pointer, 3, 2, f.targets(), nil)
        },
        bad(fit, CRL_ERROR_SIZE, "targets->size is 1") { f, t in
            crlTrainerFit(t, f.x.pointer, 4, 2, f.targets { $0.size = 1 }, nil)
        },
        bad(fit, CRL_ERROR_SIZE, "validation->rows is 0") { f, t in
            crlTrainerFit(t, f.x.pointer, 4, 2, f.targets(), f.validation(f.x.pointer, 0, 2, f.targets()))
        },
        bad(fit, CRL_ERROR_SIZE, "validation->stride is 0") { f, t in
            crlTrainerFit(t, f.x.pointer, 4, 2, f.targets(), f.validation(f.x.pointer, 4, 0, f.targets()))
        },
        bad(fit, CRL_ERROR_SIZE, "validation->x has \(UInt.max) rows") { f, t in
            crlTrainerFit(t, f.x.pointer, 4, 2, f.targets(), f.validation(f.x.pointer, .max, 2, f.targets()))
        },
        bad(fit, CRL_ERROR_SIZE, "4 target values for 2 rows") { f, t in
            crlTrainerFit(t, f.x.pointer, 4, 2, f.targets(), f.validation(f.x.pointer, 2, 2, f.targets()))
        },
        bad(fit, CRL_ERROR_TARGET, "classes") { f, t in
            crlTrainerFit(t, f.x.pointer, 4, 2, f.classTargets(), nil)
        },
        bad(fit, CRL_ERROR_TARGET, "row 1, column 0 is nan") { f, t in
            let values = f.keepFloats(f.t.elements, replacing: 2, with: .nan)
            return crlTrainerFit(t, f.x.pointer, 4, 2, f.targets { $0.values = values }, nil)
        },
        bad(fit, CRL_ERROR_VALUE, "both validation data and a validation_split", options: { $0.validation_split = 0.5 })
        { f, t in crlTrainerFit(t, f.x.pointer, 4, 2, f.targets(), f.validation(f.x.pointer, 4, 2, f.targets())) },
        bad(fit, CRL_ERROR_SIZE, "x has 1 row, of which none can be held out", options: { $0.validation_split = 0.5 }) {
            f, t in
            crlTrainerFit(t, f.x.pointer, 1, 2, f.targets { $0.rows = 1 }, nil)
        },
        bad(
            fit, CRL_ERROR_TARGET, "the sample weights are all 0",
            options: {
                $0.validation_split = 0.5
                $0.shuffle = 0
            }
        ) { f, t in
            // The first two rows have weights, the other two none: there is nothing to validate on.
            let weights = f.keepArray([1, 2, 0, 0])
            let targets = f.targets {
                $0.weights = UnsafePointer(weights)
                $0.weights_count = 4
            }
            return crlTrainerFit(t, f.x.pointer, 4, 2, targets, nil)
        },
        bad(
            fit, CRL_ERROR_TARGET, "the rows to train on are all 0",
            options: {
                $0.validation_split = 0.5
                $0.shuffle = 0
            }
        ) { f, t in
            let weights = f.keepArray([0, 0, 1, 2])
            let targets = f.targets {
                $0.weights = UnsafePointer(weights)
                $0.weights_count = 4
            }
            return crlTrainerFit(t, f.x.pointer, 4, 2, targets, nil)
        },
    ]

    // MARK: Class weights, which only some data fit

    @Test func classWeightsNeedClasses() {
        let f = Fixture()
        let trainer = TrainerCallTests.makeTrainer(f) {
            $0.cost = f.cost(CRL_CROSS_ENTROPY)
            $0.class_weights = UnsafePointer(f.keepArray([1, 2]))
            $0.class_weights_count = 2
        }
        let before = f.state
        func fails(_ targets: UnsafePointer<crl_targets>, _ words: String) {
            let status = crlTrainerFit(trainer, f.x.pointer, 4, 2, targets, nil)
            ChainruleCTests.fails(status, CRL_ERROR_TARGET, "crl_trainer_fit", [words])
            #expect(f.state == before)
        }
        fails(f.targets(), "class weights need target classes")
        let weights = f.keepArray([1, .greatestFiniteMagnitude, 1, 1])
        let large = f.classTargets {
            $0.weights = UnsafePointer(weights)
            $0.weights_count = 4
        }
        fails(large, "row 1, 3.4028235e+38, times its class's weight is too large")
        // The caller's weights are as they were.
        #expect(weights[1] == .greatestFiniteMagnitude && weights[2] == 1)
        ok(crlTrainerFit(trainer, f.x.pointer, 4, 2, f.classTargets(), nil))
        crlTrainerDestroy(trainer)
    }

    @Test func classesWithoutAnyWeight() {
        let f = Fixture()
        let trainer = TrainerCallTests.makeTrainer(f) {
            $0.cost = f.cost(CRL_CROSS_ENTROPY)
            $0.class_weights = UnsafePointer(f.keepArray([0, 0]))
            $0.class_weights_count = 2
        }
        let before = f.state
        let status = crlTrainerFit(trainer, f.x.pointer, 4, 2, f.classTargets(), nil)
        fails(status, CRL_ERROR_TARGET, "crl_trainer_fit", ["the sample weights of the rows to train on are all 0"])
        #expect(f.state == before)
        crlTrainerDestroy(trainer)
    }

    // MARK: partial_fit, progress, files

    private static let partial = "crl_trainer_partial_fit"
    static let others = [
        bad(partial, CRL_ERROR_NULL, "trainer is NULL") { f, _ in
            crlTrainerPartialFit(nil, f.x.pointer, 4, 2, f.targets(), nil)
        },
        bad(partial, CRL_ERROR_NULL, "x is NULL") { f, t in crlTrainerPartialFit(t, nil, 4, 2, f.targets(), nil) },
        bad(partial, CRL_ERROR_NULL, "targets is NULL") { f, t in
            crlTrainerPartialFit(t, f.x.pointer, 4, 2, nil, nil)
        },
        bad(partial, CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, _ in
            crlTrainerPartialFit(cast(f.workspace), f.x.pointer, 4, 2, f.targets(), nil)
        },
        bad(partial, CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, t in
            crlTrainerPartialFit(misaligned(t), f.x.pointer, 4, 2, f.targets(), nil)
        },
        bad(partial, CRL_ERROR_SIZE, "x_rows is 0") { f, t in
            crlTrainerPartialFit(t, f.x.pointer, 0, 2, f.targets(), nil)
        },
        bad(partial, CRL_ERROR_SIZE, "x_stride is 0") { f, t in
            crlTrainerPartialFit(t, f.x.pointer, 4, 0, f.targets(), nil)
        },
        bad(partial, CRL_ERROR_SIZE, "x has 4 rows \(UInt.max)") { f, t in
            crlTrainerPartialFit(t, f.x.pointer, 4, .max, f.targets(), nil)
        },
        bad(partial, CRL_ERROR_TARGET, "classes") { f, t in
            var epoch = crl_epoch()
            epoch = .initial
            epoch.epoch = 77
            let status = crlTrainerPartialFit(t, f.x.pointer, 4, 2, f.classTargets(), &epoch)
            #expect(epoch.epoch == 77)
            return status
        },
        bad("crl_trainer_progress", CRL_ERROR_NULL, "trainer is NULL") { f, _ in
            crlTrainerProgress(nil, f.keep(crl_progress.initial))
        },
        bad("crl_trainer_progress", CRL_ERROR_NULL, "progress is NULL") { _, t in crlTrainerProgress(t, nil) },
        bad("crl_trainer_progress", CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, _ in
            crlTrainerProgress(cast(f.network), f.keep(crl_progress.initial))
        },
        bad("crl_trainer_progress", CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, t in
            crlTrainerProgress(misaligned(t), f.keep(crl_progress.initial))
        },
        bad("crl_trainer_progress", CRL_ERROR_SIZE, "progress->size is 0") { f, t in
            let progress = f.keep(crl_progress())
            progress.pointee.epochs = 77
            let status = crlTrainerProgress(t, progress)
            #expect(progress.pointee.size == 0 && progress.pointee.epochs == 77)
            return status
        },
        bad("crl_trainer_progress", CRL_ERROR_SIZE, "progress->size is \(UInt.max)") { f, t in
            var progress = crl_progress()
            progress.size = -1
            return crlTrainerProgress(t, f.keep(progress))
        },
        bad("crl_trainer_set_epochs", CRL_ERROR_NULL, "trainer is NULL") { _, _ in crlTrainerSetEpochs(nil, 5) },
        bad("crl_trainer_set_epochs", CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, _ in
            crlTrainerSetEpochs(cast(f.network), 5)
        },
        bad("crl_trainer_set_epochs", CRL_ERROR_SIZE, "epochs is 0") { _, t in crlTrainerSetEpochs(t, 0) },
        bad("crl_trainer_set_epochs", CRL_ERROR_SIZE, "epochs is \(UInt.max)") { _, t in crlTrainerSetEpochs(t, .max) },
        bad("crl_trainer_save", CRL_ERROR_NULL, "trainer is NULL") { _, _ in crlTrainerSave(nil, "never") },
        bad("crl_trainer_save", CRL_ERROR_NULL, "path is NULL") { _, t in crlTrainerSave(t, nil) },
        bad("crl_trainer_save", CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, _ in
            crlTrainerSave(cast(f.optimizer), "never")
        },
        bad("crl_trainer_save", CRL_ERROR_FILE, "'/nowhere/checkpoint'") { _, t in
            crlTrainerSave(t, "/nowhere/checkpoint")
        },
        bad("crl_trainer_save", CRL_ERROR_FILE, "''") { _, t in crlTrainerSave(t, "") },
        bad("crl_trainer_load", CRL_ERROR_NULL, "trainer is NULL") { _, _ in crlTrainerLoad(nil, "never") },
        bad("crl_trainer_load", CRL_ERROR_NULL, "path is NULL") { _, t in crlTrainerLoad(t, nil) },
        bad("crl_trainer_load", CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, _ in
            crlTrainerLoad(cast(f.network), "never")
        },
        bad("crl_trainer_load", CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { _, t in
            crlTrainerLoad(misaligned(t), "never")
        },
        bad("crl_trainer_load", CRL_ERROR_FILE, "'/nowhere/checkpoint'") { _, t in
            crlTrainerLoad(t, "/nowhere/checkpoint")
        },
        bad("crl_trainer_load", CRL_ERROR_FILE, "'/tmp'") { _, t in crlTrainerLoad(t, "/tmp") },
    ]

    @Test(arguments: fitting + others)
    func isAnError(_ bad: BadCall) { bad.check() }

    // MARK: Options, as crl_trainer_create and crl_network_fit find them

    /// What is wrong in options, and what both functions say of it.
    struct BadOptions: Sendable, CustomTestStringConvertible {
        let code: Int
        let words: String
        let change: @Sendable (Fixture, inout crl_train_options) -> Void

        init(
            _ code: Int, _ words: String, _ change: @escaping @Sendable (Fixture, inout crl_train_options) -> Void
        ) {
            self.code = code
            self.words = words
            self.change = change
        }

        static func value(_ words: String, _ change: @escaping @Sendable (inout crl_train_options) -> Void)
            -> BadOptions
        { BadOptions(CRL_ERROR_VALUE, words) { _, options in change(&options) } }

        static func weights(_ code: Int, _ words: String, count: Int = 2, _ weights: [Float]) -> BadOptions {
            BadOptions(code, words) { f, options in
                options.cost = f.cost(CRL_CROSS_ENTROPY)
                options.class_weights = UnsafePointer(f.keepArray(weights))
                options.class_weights_count = count
            }
        }

        var testDescription: String { "\(name(of: crl_status(code))): \(words)" }
    }

    static let badOptions: [BadOptions] = [
        .value("validation_split is 1.0") { $0.validation_split = 1 },
        .value("validation_split is -0.1") { $0.validation_split = -0.1 },
        .value("validation_split is nan") { $0.validation_split = .nan },
        .value("validation_split is inf") { $0.validation_split = .infinity },
        .value("min_delta is -1") { $0.min_delta = -1 },
        .value("min_delta is nan") { $0.min_delta = .nan },
        .value("min_delta is inf") { $0.min_delta = .infinity },
        .weights(CRL_ERROR_VALUE, "the weight of class 1 is -1.0", [1, -1]),
        .weights(CRL_ERROR_VALUE, "the weight of class 0 is nan", [.nan, 1]),
        .weights(CRL_ERROR_VALUE, "the weight of class 1 is inf", [0, .infinity]),
        .weights(CRL_ERROR_SIZE, "class_weights_count is 0", count: 0, [1, 1]),
        .weights(CRL_ERROR_SIZE, "class_weights_count is 1; there are 2 classes", count: 1, [1, 1]),
        .weights(CRL_ERROR_SIZE, "class_weights_count is 3; there are 2 classes", count: 3, [1, 1]),
        // Not one of them may be read.
        .weights(CRL_ERROR_SIZE, "class_weights_count is \(Int.max / 8)", count: .max / 8, [1, 1]),
        .weights(CRL_ERROR_SIZE, "class_weights_count is \(UInt.max)", count: -1, [1, 1]),
        BadOptions(CRL_ERROR_VALUE, "class weights need classes: the cost 'mean_squared_error'") {
            f, options in
            options.class_weights = UnsafePointer(f.keepArray([1, 1]))
            options.class_weights_count = 2
        },
        BadOptions(CRL_ERROR_SIZE, "options->patience is \(UInt.max - 1)") { $1.patience = -2 },
        BadOptions(CRL_ERROR_SIZE, "patience is 0") { $1.patience = 0 },
        BadOptions(CRL_ERROR_SIZE, "threads is 0") { $1.threads = 0 },
        BadOptions(CRL_ERROR_SIZE, "options->size is 0") { $1.size = 0 },
        BadOptions(CRL_ERROR_SIZE, "options->size is \(MemoryLayout<crl_train_options>.size - 8)") { $1.size -= 8 },
        BadOptions(CRL_ERROR_SIZE, "options->size is \(UInt.max)") { $1.size = -1 },
        BadOptions(CRL_ERROR_SIZE, "epochs is 0") { $1.epochs = 0 },
        BadOptions(CRL_ERROR_SIZE, "options->batch_size is \(UInt.max)") { $1.batch_size = -1 },
        BadOptions(CRL_ERROR_SIZE, "threads is 1025") { $1.threads = 1025 },
        BadOptions(CRL_ERROR_VALUE, "cost") { $1.cost = $0.cost { $0.kind = 77 } },
        BadOptions(CRL_ERROR_HANDLE, "options->optimizer is not a crl_optimizer") { $1.optimizer = cast($0.network) },
        BadOptions(CRL_ERROR_HANDLE, "options->optimizer is not a crl_optimizer") {
            $1.optimizer = misaligned($0.optimizer)
        },
    ]

    @Test(arguments: badOptions)
    func badOptionsAreErrors(_ bad: BadOptions) {
        BadCall("crl_network_fit", bad.code, bad.words) { f in
            crlNetworkFit(
                f.network, f.x.pointer, 4, 2, f.targets(), nil,
                f.train {
                    $0.optimizer = f.optimizer
                    bad.change(f, &$0)
                })
        }.check()
        BadCall("crl_trainer_create", bad.code, bad.words) { f in
            var trainer: UnsafeMutablePointer<crl_trainer>? = cast(f.network)
            let options = f.train {
                $0.optimizer = f.optimizer
                bad.change(f, &$0)
            }
            let status = crlTrainerCreate(f.network, options, &trainer)
            #expect(trainer == nil)
            return status
        }.check()
    }

    @Test func createChecksItsArguments() {
        let f = Fixture()
        let before = f.state
        func create(
            _ network: UnsafeMutablePointer<crl_network>?, _ code: Int, _ words: String...,
            options: UnsafePointer<crl_train_options>? = nil
        ) {
            var trainer: UnsafeMutablePointer<crl_trainer>? = cast(f.network)
            fails(crlTrainerCreate(network, options, &trainer), code, "crl_trainer_create", words)
            #expect(trainer == nil)
        }
        create(nil, CRL_ERROR_NULL, "network is NULL")
        create(f.unbuilt, CRL_ERROR_NOT_BUILT, "not built")
        create(cast(f.workspace), CRL_ERROR_HANDLE, "network is not a crl_network")
        create(misaligned(f.network), CRL_ERROR_HANDLE, "network is not a crl_network")
        create(f.other, CRL_ERROR_MISMATCH, "another network", options: f.train { $0.optimizer = f.optimizer })
        fails(crlTrainerCreate(f.network, nil, nil), CRL_ERROR_NULL, "crl_trainer_create", ["trainer is NULL"])
        #expect(f.state == before)
    }

    @Test func destroyingNothingOrAnotherKindDoesNothing() {
        let f = Fixture()
        let trainer = TrainerCallTests.makeTrainer(f)
        crlTrainerDestroy(nil)
        crlTrainerDestroy(cast(f.network))
        crlTrainerDestroy(misaligned(trainer))
        crlPublisherDestroy(cast(trainer))
        crlOptimizerDestroy(cast(trainer))
        ok(crlTrainerFit(trainer, f.x.pointer, 4, 2, f.targets(), nil))
        #expect(TrainerCallTests.progress(of: trainer).epochs == 10)
        crlTrainerDestroy(trainer)
    }
}
