import CChainrule
import ChainruleC
import Testing

private let minimizers = [
    CRL_LBFGS, CRL_BFGS, CRL_FLETCHER_REEVES, CRL_POLAK_RIBIERE, CRL_NEWTON_CG, CRL_LEVENBERG_MARQUARDT,
]

/// `crl_network_minimize`: good calls, and everything that can be wrong with one.
@Suite struct MinimizeTests {
    @Test(arguments: minimizers) func minimizes(_ method: Int) {
        let f = Fixture()
        let before = Memory<Double>(0)
        ok(crlNetworkValueAndGradient(f.network, nil, f.x.pointer, 4, 2, f.targets(), before.pointer, nil, 0))
        let minimum = Memory(crl_minimum.initial)
        let status = crlNetworkMinimize(
            f.network, f.x.pointer, 4, 2, f.targets(), nil,
            f.minimize {
                $0.method = crl_minimizer(method)
                $0.max_iterations = 30
            }, minimum.pointer)
        ok(status)
        let found = minimum.elements[0]
        #expect(found.cost < 0.2 * before.elements[0], "from \(before.elements[0]) to \(found.cost)")
        #expect(found.iterations >= 1 && found.iterations <= 30 && found.evaluations > found.iterations)
        #expect((found.products > 0) == (method >= CRL_NEWTON_CG))
        let after = Memory<Double>(0)
        ok(crlNetworkValueAndGradient(f.network, nil, f.x.pointer, 4, 2, f.targets(), after.pointer, nil, 0))
        #expect(after.elements[0] == found.cost)
    }

    @Test func defaultsAreEnough() {
        let f = Fixture()
        ok(crlNetworkMinimize(f.network, f.x.pointer, 4, 2, f.targets(), nil, nil, nil))
        let g = Fixture()
        let minimum = Memory(crl_minimum.initial)
        ok(crlNetworkMinimize(g.network, g.x.pointer, 4, 2, g.targets(), nil, g.minimize { _ in }, minimum.pointer))
        #expect(parameters(of: f.network).bytes == parameters(of: g.network).bytes)
    }

    @Test(arguments: minimizers) func callbackSeesEveryIterationAndCancels(_ method: Int) {
        let f = Fixture()
        let record = Memory<crl_iteration>(
            crl_iteration(
                size: 0, iteration: 0, evaluations: 0, products: 0, is_best: 0, cost: .infinity, gradient_norm: 0,
                step: 0, penalty: 0, validation_cost: 0, validation_accuracy: 0, validation_r2: 0))
        let minimum = Memory(crl_minimum.initial)
        let status = crlNetworkMinimize(
            f.network, f.x.pointer, 4, 2, f.targets(), nil,
            f.minimize {
                $0.method = crl_minimizer(method)
                $0.user = UnsafeMutableRawPointer(record.pointer)
                $0.on_iteration = { user, iteration in
                    let last = user!.assumingMemoryBound(to: crl_iteration.self)
                    let now = iteration!.pointee
                    // 99 tells the test that something was out of order.
                    let isInOrder =
                        now.size == MemoryLayout<crl_iteration>.size && now.iteration == last.pointee.iteration + 1
                        && now.evaluations > last.pointee.evaluations && now.cost <= last.pointee.cost
                        && now.gradient_norm > 0 && now.step > 0
                    last.pointee = now
                    return isInOrder ? (now.iteration == 3 ? 1 : 0) : 99
                }
            }, minimum.pointer)
        fails(status, CRL_CANCELLED, "crl_network_minimize", ["iteration 3"])
        #expect(record.elements[0].iteration == 3)
        #expect(minimum.elements[0].reason == crl_minimum_reason(CRL_MINIMUM_CANCELLED))
        #expect(minimum.elements[0].iterations == 3)
    }

    @Test func reasons() {
        func reason(_ change: (inout crl_minimize_options) -> Void) -> Int {
            let f = Fixture()
            let minimum = Memory(crl_minimum.initial)
            ok(
                crlNetworkMinimize(
                    f.network, f.x.pointer, 4, 2, f.targets(), nil, f.minimize(change), minimum.pointer))
            return Int(minimum.elements[0].reason)
        }
        #expect(reason { $0.gradient_tolerance = 1e9 } == CRL_MINIMUM_GRADIENT)
        #expect(reason { $0.cost_tolerance = 1e9 } == CRL_MINIMUM_COST)
        #expect(reason { $0.target_cost = 1e9 } == CRL_MINIMUM_TARGET)
        #expect(reason { $0.max_iterations = 1 } == CRL_MINIMUM_MAX_ITERATIONS)
        #expect(reason { $0.max_evaluations = 2 } == CRL_MINIMUM_MAX_EVALUATIONS)
        #expect(
            reason {
                $0.gradient_tolerance = 0
                $0.cost_tolerance = 0
                $0.max_iterations = 100_000
            } == CRL_MINIMUM_NO_PROGRESS)
    }

    /// With every new field: what is reported, and that the parameters are the best of the validation data.
    @Test(arguments: minimizers) func penaltyAndValidation(_ method: Int) {
        let f = Fixture()
        let record = Memory<Double>(.infinity, count: 3)
        let held = f.keepArray([0.4, -0.1, -0.6, 0.9])
        let heldTargets = f.targets {
            $0.values = UnsafePointer(f.keepArray([0.2, -0.3, 0.1, 0.6]))
            $0.rows = 2
        }
        let minimum = Memory(crl_minimum.initial)
        ok(
            crlNetworkMinimize(
                f.network, f.x.pointer, 4, 2, f.targets(), f.validation(held, 2, 2, heldTargets),
                f.minimize {
                    $0.method = crl_minimizer(method)
                    $0.gradient_tolerance = 0
                    $0.cost_tolerance = 0
                    $0.l2 = 1e-3
                    $0.regularize_biases = 1
                    $0.patience = 4
                    $0.max_iterations = 10_000
                    $0.user = UnsafeMutableRawPointer(record.pointer)
                    $0.on_iteration = { user, iteration in
                        let now = iteration!.pointee
                        let record = user!.assumingMemoryBound(to: Double.self)
                        let isBest = now.validation_cost < record[0]
                        record[0] = min(record[0], now.validation_cost)
                        record[1] = Double(now.iteration)
                        let isRight =
                            now.penalty > 0 && now.penalty < now.cost && now.validation_accuracy.isNaN
                            && now.validation_r2 < 1 && (isBest || now.is_best == 0)
                        return isRight ? 0 : 99
                    }
                }, minimum.pointer))
        let found = minimum.elements[0]
        #expect(found.reason == crl_minimum_reason(CRL_MINIMUM_PATIENCE))
        #expect(Double(found.iterations) == record.elements[1] && found.iterations == found.best_iteration + 4)
        let metrics = Memory(crl_metrics.initial)
        ok(crlNetworkEvaluate(f.network, nil, UnsafePointer(held), 2, 2, heldTargets, 1, metrics.pointer, nil, 0))
        #expect(metrics.elements[0].cost == found.validation_cost)
        #expect(found.best_iteration == 0 || found.validation_cost == record.elements[0])
        ok(crlNetworkEvaluate(f.network, nil, f.x.pointer, 4, 2, f.targets(), 1, metrics.pointer, nil, 0))
        let penalty = parameters(of: f.network).elements.map { Double($0) * Double($0) * 1e-3 / 2 }.reduce(0, +)
        #expect((found.penalty - penalty).magnitude < 1e-14)
        #expect((found.cost - found.penalty - metrics.elements[0].cost).magnitude < 1e-7)
    }

    @Test func withoutPenaltyAndValidation() {
        let f = Fixture()
        let minimum = Memory(crl_minimum.initial)
        ok(
            crlNetworkMinimize(
                f.network, f.x.pointer, 4, 2, f.targets(), nil,
                f.minimize {
                    $0.max_iterations = 5
                    $0.on_iteration = { _, iteration in
                        let now = iteration!.pointee
                        return now.penalty == 0 && now.validation_cost.isNaN && now.validation_accuracy.isNaN
                            && now.validation_r2.isNaN && now.is_best == 1 ? 0 : 99
                    }
                }, minimum.pointer))
        #expect(minimum.elements[0].penalty == 0 && minimum.elements[0].validation_cost.isNaN)
        #expect(minimum.elements[0].best_iteration == 5)
    }

    private static func badValidation(
        _ code: Int, _ words: String, line: Int = #line,
        split: Double = 0, change: @escaping @Sendable (inout crl_validation, Fixture) -> Void
    ) -> BadCall {
        BadCall("crl_network_minimize", code, words, line: line) { f in
            crlNetworkMinimize(
                f.network, f.x.pointer, 4, 2, f.targets(), f.validation { change(&$0, f) },
                f.minimize { $0.validation_split = split }, nil)
        }
    }

    static let badValidations: [BadCall] = [
        badValidation(CRL_ERROR_NULL, "validation->x is NULL") { validation, _ in validation.x = nil },
        badValidation(CRL_ERROR_NULL, "validation->targets is NULL") { validation, _ in validation.targets = nil },
        badValidation(CRL_ERROR_SIZE, "validation->rows is 0") { validation, _ in validation.rows = 0 },
        badValidation(CRL_ERROR_SIZE, "4 target values for 5 rows") { validation, _ in validation.rows = 5 },
        badValidation(CRL_ERROR_SIZE, "validation->x has") { validation, _ in validation.rows = -1 },
        badValidation(CRL_ERROR_SIZE, "validation->stride is 1") { validation, _ in validation.stride = 1 },
        badValidation(CRL_ERROR_SIZE, "validation->size is 0") { validation, _ in validation.size = 0 },
        badValidation(CRL_ERROR_TARGET, "the targets of the validation data") { $0.targets = $1.classTargets() },
        badValidation(CRL_ERROR_NOT_FINITE, "the validation data holds inf at row 0, column 1") {
            $0.x = UnsafePointer($1.keepArray([0, .infinity, 0, 0, 0, 0, 0, 0]))
        },
        badValidation(CRL_ERROR_VALUE, "both validation data and a validation_split", split: 0.5) { _, _ in },
        badValidation(CRL_ERROR_OVERLAP, "overlap") { validation, f in
            var base: UnsafeMutablePointer<Float>?
            var count: UInt = 0
            precondition(crlNetworkParameters(f.network, &base, &count) == CRL_OK)
            validation.x = UnsafePointer(base)
        },
    ]

    @Test(arguments: badValidations) func validationDataAreChecked(_ call: BadCall) { call.check() }

    private static func bad(
        _ code: Int, _ words: String..., line: Int = #line,
        change: @escaping @Sendable (inout crl_minimize_options) -> Void
    ) -> BadCall {
        BadCall("crl_network_minimize", code, words.joined(separator: " "), line: line) { f in
            crlNetworkMinimize(f.network, f.x.pointer, 4, 2, f.targets(), nil, f.minimize(change), nil)
        }
    }

    static let badOptions: [BadCall] =
        [Int32(-1), 6, 100, .min, .max].map { number in
            bad(CRL_ERROR_VALUE, "method is \(number)") { $0.method = number }
        }
        + ValueTests.sizes(of: MemoryLayout<crl_minimize_options>.size).map { size in
            bad(CRL_ERROR_SIZE, "options->size is \(UInt(bitPattern: size))") { $0.size = size }
        }
        + [-2, Double.nan, .infinity, -.infinity].flatMap { value in
            [
                bad(CRL_ERROR_VALUE, "gradient_tolerance is \(value)") { $0.gradient_tolerance = value },
                bad(CRL_ERROR_VALUE, "cost_tolerance is \(value)") { $0.cost_tolerance = value },
                bad(CRL_ERROR_VALUE, "l2 is \(value)") { $0.l2 = value },
                bad(CRL_ERROR_VALUE, "min_delta is \(value)") { $0.min_delta = value },
                bad(CRL_ERROR_VALUE, "validation_split is \(value)") { $0.validation_split = value },
                bad(CRL_ERROR_VALUE, "c1 of lbfgs is \(value)") { $0.c1 = value },
                bad(CRL_ERROR_VALUE, "c2 of lbfgs is \(value)") { $0.c2 = value },
                bad(CRL_ERROR_VALUE, "damping of newton_cg is \(value)") {
                    $0.method = crl_minimizer(CRL_NEWTON_CG)
                    $0.damping = value
                },
                bad(CRL_ERROR_VALUE, "damping of levenberg_marquardt is \(value)") {
                    $0.method = crl_minimizer(CRL_LEVENBERG_MARQUARDT)
                    $0.damping = value
                },
            ]
        }
        + [
            bad(CRL_ERROR_VALUE, "c1 of bfgs is 0.5") {
                $0.method = crl_minimizer(CRL_BFGS)
                $0.c1 = 0.5
            },
            bad(CRL_ERROR_VALUE, "c2 of polak_ribiere is 0.01") {
                $0.method = crl_minimizer(CRL_POLAK_RIBIERE)
                $0.c1 = 0.02
                $0.c2 = 0.01
            },
            bad(CRL_ERROR_VALUE, "target_cost is nan") { $0.target_cost = .nan },
            bad(CRL_ERROR_SIZE, "max_iterations is 0") { $0.max_iterations = 0 },
            bad(CRL_ERROR_SIZE, "max_iterations is \(UInt.max)") { $0.max_iterations = -1 },
            bad(CRL_ERROR_SIZE, "max_evaluations is 0") { $0.max_evaluations = 0 },
            bad(CRL_ERROR_SIZE, "threads is 1025") { $0.threads = 1025 },
            bad(CRL_ERROR_SIZE, "memory of lbfgs is 1001") { $0.memory = 1001 },
            bad(CRL_ERROR_SIZE, "memory is \(UInt.max - 1)") { $0.memory = -2 },
            bad(CRL_ERROR_SIZE, "patience is \(UInt.max - 1)") { $0.patience = -2 },
            bad(CRL_ERROR_SIZE, "patience is 0") { $0.patience = 0 },
            bad(CRL_ERROR_VALUE, "validation_split is 1") { $0.validation_split = 1 },
        ]

    static let badArguments: [BadCall] = [
        BadCall("crl_network_minimize", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkMinimize(nil, $0.x.pointer, 4, 2, $0.targets(), nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_NULL, "x is NULL") {
            crlNetworkMinimize($0.network, nil, 4, 2, $0.targets(), nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_NULL, "targets is NULL") {
            crlNetworkMinimize($0.network, $0.x.pointer, 4, 2, nil, nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_HANDLE, "network is not a crl_network") {
            crlNetworkMinimize(cast($0.workspace), $0.x.pointer, 4, 2, $0.targets(), nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_NOT_BUILT, "not built") {
            crlNetworkMinimize($0.unbuilt, $0.x.pointer, 4, 2, $0.targets(), nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_SIZE, "x_rows is 0") {
            crlNetworkMinimize($0.network, $0.x.pointer, 0, 2, $0.targets(), nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_SIZE, "x has", "memory can hold") {
            crlNetworkMinimize($0.network, $0.x.pointer, .max, 2, $0.targets(), nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_SIZE, "x_stride is 1") {
            crlNetworkMinimize($0.network, $0.x.pointer, 4, 1, $0.targets(), nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_SIZE, "4", "3") {
            crlNetworkMinimize($0.network, $0.x.pointer, 3, 2, $0.targets(), nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_TARGET, "'mean_squared_error'") {
            crlNetworkMinimize($0.network, $0.x.pointer, 4, 2, $0.classTargets(), nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_SIZE, "minimum->size is 0") { f in
            let minimum = f.keep(crl_minimum.initial)
            minimum.pointee.size = 0
            return crlNetworkMinimize(f.network, f.x.pointer, 4, 2, f.targets(), nil, nil, minimum)
        },
        BadCall("crl_network_minimize", CRL_ERROR_NOT_FINITE, "x holds nan at row 1, column 0") { f in
            let x = f.keepArray([0, 0, .nan, 0, 0, 0, 0, 0])
            return crlNetworkMinimize(f.network, x, 4, 2, f.targets(), nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_TARGET, "inf") { f in
            let t = f.keepArray([0, 0, 0, .infinity, 0, 0, 0, 0])
            return crlNetworkMinimize(
                f.network, f.x.pointer, 4, 2, f.targets { $0.values = UnsafePointer(t) }, nil, nil, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_VALUE, "levenberg_marquardt", "'huber'") { f in
            crlNetworkMinimize(
                f.network, f.x.pointer, 4, 2, f.targets(), nil,
                f.minimize {
                    $0.method = crl_minimizer(CRL_LEVENBERG_MARQUARDT)
                    $0.cost = f.cost(CRL_HUBER)
                }, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_NULL, "cost->function is NULL") { f in
            crlNetworkMinimize(
                f.network, f.x.pointer, 4, 2, f.targets(), nil, f.minimize { $0.cost = f.cost(CRL_CUSTOM_COST) }, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_CALLBACK, "returned 5") { f in
            crlNetworkMinimize(
                f.network, f.x.pointer, 4, 2, f.targets(), nil,
                f.minimize {
                    $0.cost = f.cost {
                        $0.kind = crl_cost_kind(CRL_CUSTOM_COST)
                        $0.function = { _, _, _, _, _, _, _, _, _ in 5 }
                    }
                }, nil)
        },
        BadCall("crl_network_minimize", CRL_ERROR_CALLBACK, "nan") { f in
            crlNetworkMinimize(
                f.network, f.x.pointer, 4, 2, f.targets(), nil,
                f.minimize {
                    $0.cost = f.cost {
                        $0.kind = crl_cost_kind(CRL_CUSTOM_COST)
                        $0.function = { _, _, _, _, rows, columns, _, C, slope in
                            C!.pointee = .nan
                            for index in 0..<rows * columns { slope![index] = 0 }
                            return 0
                        }
                    }
                }, nil)
        },
    ]

    @Test(arguments: badOptions) func optionsAreChecked(_ call: BadCall) { call.check() }
    @Test(arguments: badArguments) func argumentsAreChecked(_ call: BadCall) { call.check() }
}

extension Fixture {
    func minimize(_ change: (inout crl_minimize_options) -> Void) -> UnsafePointer<crl_minimize_options> {
        changed(crl_minimize_options.initial, change)
    }
}
