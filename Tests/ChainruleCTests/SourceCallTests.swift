import CChainrule
import ChainruleC
import Testing

/// Data sources through the C functions.
@Suite struct SourceCallTests {
    /// What a source is told through `user`: what to do wrong, in which batch of all.
    struct Feed {
        enum Fault { case none, result, count, x, target, weight, endless }

        var fault = Fault.none
        var at = 1
        var calls = 0
        var requests = (crl_data_request(), crl_data_request())
    }

    /// The fixture's 4 rows, whose targets are values or classes.
    static func source(
        _ f: Fixture, _ feed: UnsafeMutablePointer<Feed>, _ change: (inout crl_data_source) -> Void = { _ in }
    ) -> UnsafePointer<crl_data_source> {
        struct User {
            let feed: UnsafeMutablePointer<Feed>
            let fixture: Unmanaged<Fixture>
        }
        var source = crl_data_source.initial
        source.columns = 2
        source.user = UnsafeMutableRawPointer(f.keep(User(feed: feed, fixture: Unmanaged.passUnretained(f))))
        source.function = { user, request, rows in
            let user = user!.assumingMemoryBound(to: User.self).pointee
            let (feed, f) = (user.feed, user.fixture.takeUnretainedValue())
            let request = request!.pointee
            feed.pointee.calls += 1
            if feed.pointee.calls == 1 { feed.pointee.requests.0 = request }
            if feed.pointee.calls == 2 { feed.pointee.requests.1 = request }
            let count = min(request.max_rows, 4 - request.first_row)
            for row in 0..<count {
                let place = request.first_row + row
                for column in 0..<2 {
                    request.x![2 * row + column] = f.x.pointer[2 * place + column]
                    request.values?[2 * row + column] = f.t.pointer[2 * place + column]
                }
                request.classes?[row] = f.classes.pointer[place]
                request.weights?[row] = f.weights.pointer[place]
            }
            rows!.pointee = count
            guard feed.pointee.calls == feed.pointee.at else { return 0 }
            switch feed.pointee.fault {
            case .none: break
            case .result: return -9
            case .count: rows!.pointee = request.max_rows + 1
            case .endless: rows!.pointee = -1
            case .x: request.x![3] = .infinity
            case .target:
                request.values?[1] = .nan
                request.classes?[1] = 2
            case .weight: request.weights?[1] = -1
            }
            return 0
        }
        change(&source)
        return UnsafePointer(f.keep(source))
    }

    private static let fit = "crl_trainer_fit_source"
    private static func bad(
        _ code: Int, _ words: String, line: Int = #line, _ change: @escaping @Sendable (inout crl_data_source) -> Void
    ) -> BadCall {
        TrainerCallTests.bad(fit, code, words, line: line) { f, t in
            crlTrainerFitSource(t, source(f, f.keep(Feed()), change), nil)
        }
    }

    static let badCalls = [
        bad(CRL_ERROR_NULL, "source->function is NULL") { $0.function = nil },
        bad(CRL_ERROR_VALUE, "source->columns is 2 beside classes") { $0.classes = 1 },
        bad(CRL_ERROR_SIZE, "source->size is 0") { $0.size = 0 },
        bad(CRL_ERROR_SIZE, "source->size is \(UInt.max)") { $0.size = -1 },
        bad(CRL_ERROR_SIZE, "source->columns is \(UInt.max)") { $0.columns = -1 },
        bad(CRL_ERROR_SIZE, "targets have \(Int.max) columns; the outputs have 2") { $0.columns = .max },
        bad(CRL_ERROR_SIZE, "targets have 3 columns; the outputs have 2") { $0.columns = 3 },
        bad(CRL_ERROR_TARGET, "'mean_squared_error' needs targets") { $0.columns = 0 },
        bad(CRL_ERROR_TARGET, "takes target values, not classes") {
            $0.columns = 0
            $0.classes = 1
        },
        TrainerCallTests.bad(fit, CRL_ERROR_NULL, "source is NULL") { _, t in
            crlTrainerFitSource(t, nil, nil)
        },
        TrainerCallTests.bad(fit, CRL_ERROR_NULL, "trainer is NULL") { f, _ in
            crlTrainerFitSource(nil, source(f, f.keep(Feed())), nil)
        },
        TrainerCallTests.bad(fit, CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, _ in
            crlTrainerFitSource(cast(f.network), source(f, f.keep(Feed())), nil)
        },
        TrainerCallTests.bad(fit, CRL_ERROR_HANDLE, "trainer is not a crl_trainer") { f, t in
            crlTrainerFitSource(misaligned(t), source(f, f.keep(Feed())), nil)
        },
        TrainerCallTests.bad(fit, CRL_ERROR_NULL, "validation->x is NULL") { f, t in
            crlTrainerFitSource(t, source(f, f.keep(Feed())), f.validation(nil, 4, 2, f.targets()))
        },
        TrainerCallTests.bad(fit, CRL_ERROR_NULL, "validation->targets is NULL") { f, t in
            crlTrainerFitSource(t, source(f, f.keep(Feed())), f.validation(f.x.pointer, 4, 2, nil))
        },
        TrainerCallTests.bad(fit, CRL_ERROR_SIZE, "validation->stride is 1") { f, t in
            crlTrainerFitSource(t, source(f, f.keep(Feed())), f.validation(f.x.pointer, 4, 1, f.targets()))
        },
        TrainerCallTests.bad(fit, CRL_ERROR_NOT_FINITE, "the validation data holds nan at row 1, column 0") { f, t in
            crlTrainerFitSource(
                t, source(f, f.keep(Feed())),
                f.validation(f.keepFloats(f.x.elements, replacing: 2, with: .nan), 4, 2, f.targets()))
        },
        TrainerCallTests.bad(
            fit, CRL_ERROR_VALUE, "a data source cannot be split", options: { $0.validation_split = 0.25 }
        ) { f, t in crlTrainerFitSource(t, source(f, f.keep(Feed())), nil) },
        // A batch as large as no memory is.
        TrainerCallTests.bad(fit, CRL_ERROR_MEMORY, "\(Int.max) times 2 overflows", options: { $0.batch_size = .max }) {
            f, t in
            crlTrainerFitSource(t, source(f, f.keep(Feed())), nil)
        },
        TrainerCallTests.bad(
            fit, CRL_ERROR_MEMORY, "a batch of a data source cannot be allocated",
            options: { $0.batch_size = .max / 64 }
        ) { f, t in
            crlTrainerFitSource(t, source(f, f.keep(Feed())), nil)
        },
    ]

    static let faults: [(Feed.Fault, Int, String)] = [
        (.result, CRL_ERROR_CALLBACK, "the data source returned -9"),
        (.count, CRL_ERROR_CALLBACK, "the data source gave 3 rows; from 0 to 2"),
        (.endless, CRL_ERROR_CALLBACK, "the data source gave 18446744073709551615 rows; from 0 to 2"),
        (.x, CRL_ERROR_CALLBACK, "the data source's x is inf at row 1, column 1"),
        (.target, CRL_ERROR_CALLBACK, "the data source's targets: the target at row 0, column 1 is nan"),
    ]

    /// Of the first batch: nothing has changed.
    static let atOnce = faults.map { fault, code, words in
        TrainerCallTests.bad(fit, code, words) { f, t in
            var feed = Feed()
            feed.fault = fault
            return crlTrainerFitSource(t, source(f, f.keep(feed)), nil)
        }
    }

    @Test(arguments: badCalls + atOnce)
    func isAnError(_ bad: BadCall) { bad.check() }

    /// From a later one: the earlier steps are taken, and training continues from there as usual.
    @Test(arguments: faults.indices, [2, 4]) func errorsLeaveTheLastStep(_ index: Int, _ at: Int) {
        let (fault, code, words) = SourceCallTests.faults[index]
        let (f, g) = (Fixture(), Fixture())
        let trainers = [f, g].map { f in TrainerCallTests.makeTrainer(f) { $0.epochs = 3 } }
        var feed = Feed()
        feed.fault = fault
        feed.at = at
        fails(
            crlTrainerFitSource(trainers[0], SourceCallTests.source(f, f.keep(feed)), nil), code,
            SourceCallTests.fit, [words])
        let halfway = TrainerCallTests.progress(of: trainers[0])
        // Two batches and the end to an epoch.
        #expect(halfway.steps == (at == 2 ? 1 : 2) && halfway.epochs == at / 4 && halfway.rows == (at == 2 ? 2 : 0))
        for (f, trainer) in zip([f, g], trainers) {
            ok(crlTrainerFitSource(trainer, SourceCallTests.source(f, f.keep(Feed())), nil))
        }
        #expect(parameters(of: f.network).bytes == parameters(of: g.network).bytes)
        for trainer in trainers { crlTrainerDestroy(trainer) }
    }

    @Test func aSourceIsAskedForWhatIsPromised() {
        let f = Fixture()
        let feed = f.keep(Feed())
        let trainer = TrainerCallTests.makeTrainer(f) { $0.epochs = 1 }
        ok(crlTrainerFitSource(trainer, SourceCallTests.source(f, feed) { $0.weights = 1 }, nil))
        let (first, second) = feed.pointee.requests
        #expect(feed.pointee.calls == 3)
        #expect(first.size == MemoryLayout<crl_data_request>.size && first.epoch == 1 && first.max_rows == 2)
        #expect(first.first_row == 0 && second.first_row == 2)
        #expect(first.values != nil && first.classes == nil && first.weights != nil)
        crlTrainerDestroy(trainer)
    }

    /// Values or classes, with weights or without: the bits of the same rows from memory.
    @Test(arguments: [false, true], [false, true]) func sameAsFromMemory(_ classes: Bool, _ weighted: Bool) {
        let (f, g) = (Fixture(), Fixture())
        func trainer(_ f: Fixture) -> UnsafeMutablePointer<crl_trainer> {
            TrainerCallTests.makeTrainer(f) {
                $0.shuffle = 0
                $0.cost = f.cost(classes ? CRL_CROSS_ENTROPY : CRL_HUBER)
            }
        }
        let (first, second) = (trainer(f), trainer(g))
        let source = SourceCallTests.source(f, f.keep(Feed())) {
            $0.classes = classes ? 1 : 0
            $0.columns = classes ? 0 : 2
            $0.weights = weighted ? 1 : 0
        }
        func weights(_ targets: inout crl_targets) {
            guard weighted else { return }
            targets.weights = UnsafePointer(g.weights.pointer)
            targets.weights_count = 4
        }
        let targets = classes ? g.classTargets(weights) : g.targets(weights)
        ok(
            crlTrainerFitSource(
                first, source, f.validation(f.x.pointer, 4, 2, classes ? f.classTargets() : f.targets())))
        ok(crlTrainerFit(second, g.x.pointer, 4, 2, targets, nil))
        #expect(parameters(of: f.network).bytes == parameters(of: g.network).bytes)
        crlTrainerDestroy(first)
        crlTrainerDestroy(second)
    }

    @Test func classesAndWeightsOutOfRange() {
        let f = Fixture()
        let trainer = TrainerCallTests.makeTrainer(f) { $0.cost = f.cost(CRL_CROSS_ENTROPY) }
        let before = f.state
        for (fault, words) in [
            (Feed.Fault.target, "the target class of row 1 is 2"), (.weight, "the sample weight of row 1 is -1.0"),
        ] {
            var feed = Feed()
            feed.fault = fault
            let source = SourceCallTests.source(f, f.keep(feed)) {
                $0.classes = 1
                $0.columns = 0
                $0.weights = 1
            }
            fails(
                crlTrainerFitSource(trainer, source, nil), CRL_ERROR_CALLBACK, SourceCallTests.fit, [words])
            #expect(f.state == before)
        }
        crlTrainerDestroy(trainer)
    }
}
