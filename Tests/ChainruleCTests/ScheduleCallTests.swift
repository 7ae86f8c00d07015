import CChainrule
import ChainruleC
import Testing

/// Which numbers a kind of schedule takes, and what it makes of those that are left to it.
@Suite struct ScheduleCallTests {
    typealias Change = @Sendable (inout crl_schedule_options) -> Void

    /// Every number, with a good value and the kinds that take it.
    static let numbers: [(name: String, value: String, kinds: [Int], change: Change)] = [
        ("period", "3", [CRL_SCHEDULE_STEP, CRL_SCHEDULE_COSINE, CRL_SCHEDULE_ONE_CYCLE], { $0.period = 3 }),
        ("period_factor", "1", [CRL_SCHEDULE_COSINE], { $0.period_factor = 1 }),
        ("factor", "0.1", [CRL_SCHEDULE_STEP, CRL_SCHEDULE_EXPONENTIAL, CRL_SCHEDULE_PLATEAU], { $0.factor = 0.1 }),
        ("min_rate", "0.0", [CRL_SCHEDULE_COSINE, CRL_SCHEDULE_PLATEAU], { $0.min_rate = 0 }),
        ("peak", "0.3", [CRL_SCHEDULE_ONE_CYCLE], { $0.peak = 0.3 }),
        ("start_divisor", "25.0", [CRL_SCHEDULE_ONE_CYCLE], { $0.start_divisor = 25 }),
        ("end_divisor", "10000.0", [CRL_SCHEDULE_ONE_CYCLE], { $0.end_divisor = 1e4 }),
        ("patience", "10", [CRL_SCHEDULE_PLATEAU], { $0.patience = 10 }),
        ("cooldown", "2", [CRL_SCHEDULE_PLATEAU], { $0.cooldown = 2 }),
        ("threshold", "0.0001", [CRL_SCHEDULE_PLATEAU], { $0.threshold = 1e-4 }),
        ("function", "not NULL", [CRL_CUSTOM_SCHEDULE], { $0.function = { _, _, _, _, _ in 1 } }),
    ]
    static let kinds = [
        CRL_SCHEDULE_CONSTANT, CRL_SCHEDULE_STEP, CRL_SCHEDULE_EXPONENTIAL, CRL_SCHEDULE_COSINE, CRL_SCHEDULE_ONE_CYCLE,
        CRL_SCHEDULE_PLATEAU, CRL_CUSTOM_SCHEDULE,
    ]

    /// What a kind cannot do without.
    private static func options(_ kind: Int) -> crl_schedule_options {
        var options = crl_schedule_options.initial
        options.kind = crl_schedule_kind(kind)
        if kind == CRL_SCHEDULE_STEP { options.period = 5 }
        if kind == CRL_CUSTOM_SCHEDULE {
            options.function = { _, _, base, _, rate in
                rate!.pointee = base
                return 0
            }
        }
        return options
    }

    /// Each with each: taken in a fit, or refused wherever a schedule is given.
    @Test(arguments: kinds) func numbersOfOtherKinds(_ kind: Int) {
        for (name, value, kinds, change) in ScheduleCallTests.numbers {
            let f = Fixture()
            var options = ScheduleCallTests.options(kind)
            change(&options)
            let schedule = UnsafePointer(f.keep(options))
            let train = f.train {
                $0.epochs = 1
                $0.schedule = schedule
            }
            let status = crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, train)
            if kinds.contains(kind) {
                // The function that was set returns 1.
                if name == "function" { #expect(status == CRL_ERROR_CALLBACK) } else { ok(status) }
                continue
            }
            let words = ["schedule->\(name) is \(value)", "takes no \(name)"]
            fails(status, CRL_ERROR_VALUE, "crl_network_fit", words)
            fails(crlScheduleRate(schedule, 0.1, 0, f.rate.pointer), CRL_ERROR_VALUE, "crl_schedule_rate", words)
            var trainer: UnsafeMutablePointer<crl_trainer>?
            fails(crlTrainerCreate(f.network, train, &trainer), CRL_ERROR_VALUE, "crl_trainer_create", words)
            #expect(trainer == nil)
            if kind == CRL_SCHEDULE_PLATEAU {
                let state = f.keep(crl_plateau_state.initial)
                fails(
                    crlPlateauRate(schedule, state, 1, f.rate.pointer), CRL_ERROR_VALUE, "crl_plateau_rate", words)
            }
        }
    }

    /// Numbers that are left to the kind are those that the header gives.
    @Test(arguments: [CRL_SCHEDULE_STEP, CRL_SCHEDULE_EXPONENTIAL, CRL_SCHEDULE_COSINE, CRL_SCHEDULE_ONE_CYCLE])
    func usualNumbers(_ kind: Int) {
        var left = ScheduleCallTests.options(kind)
        if kind != CRL_SCHEDULE_EXPONENTIAL { left.period = 5 }
        var given = left
        for (name, _, kinds, change) in ScheduleCallTests.numbers where kinds.contains(kind) && name != "period" {
            change(&given)
        }
        for t: UInt in 0..<12 {
            var (rate, expected) = (Float.nan, Float.nan)
            ok(crlScheduleRate(&left, 0.5, t, &rate))
            ok(crlScheduleRate(&given, 0.5, t, &expected))
            #expect(rate == expected && rate >= 0, "\(kind) at \(t)")
        }
    }

    @Test func usualNumbersOfAPlateau() {
        var left = ScheduleCallTests.options(CRL_SCHEDULE_PLATEAU)
        var given = left
        for (name, _, kinds, change) in ScheduleCallTests.numbers where kinds.contains(CRL_SCHEDULE_PLATEAU) {
            if name != "cooldown" { change(&given) }
        }
        var states = (crl_plateau_state.initial, crl_plateau_state.initial)
        var (rate, expected) = (Float(1), Float(1))
        let tenth: Float = 0.1
        for epoch in 0..<30 {
            let cost = epoch == 0 ? 1 : 0.99995
            ok(crlPlateauRate(&left, &states.0, cost, &rate))
            ok(crlPlateauRate(&given, &states.1, cost, &expected))
            #expect(rate == expected)
            #expect(rate == (epoch < 11 ? 1 : epoch < 22 ? tenth : tenth * tenth), "after epoch \(epoch)")
        }
    }

    @Test func numbersOutOfRange() {
        let bad: [(Int, Int, String, Change)] = [
            (CRL_SCHEDULE_STEP, CRL_ERROR_SIZE, "period", { $0.period = 0 }),
            (CRL_SCHEDULE_STEP, CRL_ERROR_SIZE, "the step schedule needs a period", { $0.period = -1 }),
            (CRL_SCHEDULE_STEP, CRL_ERROR_SIZE, "period is \(UInt.max - 1)", { $0.period = -2 }),
            (CRL_SCHEDULE_COSINE, CRL_ERROR_SIZE, "period_factor is \(UInt.max - 1)", { $0.period_factor = -2 }),
            (CRL_SCHEDULE_STEP, CRL_ERROR_VALUE, "factor of the step schedule is 0.0", { $0.factor = 0 }),
            (
                CRL_SCHEDULE_EXPONENTIAL, CRL_ERROR_VALUE, "factor of the exponential schedule is nan",
                { $0.factor = .nan }
            ),
            (
                CRL_SCHEDULE_EXPONENTIAL, CRL_ERROR_VALUE, "factor of the exponential schedule is -0.5",
                { $0.factor = -0.5 }
            ),
            (
                CRL_SCHEDULE_PLATEAU, CRL_ERROR_VALUE, "min_rate of the plateau schedule is inf",
                { $0.min_rate = .infinity }
            ),
            (CRL_SCHEDULE_PLATEAU, CRL_ERROR_VALUE, "threshold of the plateau schedule is 1.0", { $0.threshold = 1 }),
            (CRL_SCHEDULE_PLATEAU, CRL_ERROR_SIZE, "cooldown is \(UInt.max - 1)", { $0.cooldown = -2 }),
            (CRL_SCHEDULE_PLATEAU, CRL_ERROR_SIZE, "patience is \(UInt.max - 1)", { $0.patience = -2 }),
            (
                CRL_SCHEDULE_ONE_CYCLE, CRL_ERROR_VALUE, "start_divisor of the one_cycle schedule is 0.5",
                { $0.start_divisor = 0.5 }
            ),
            (CRL_SCHEDULE_ONE_CYCLE, CRL_ERROR_VALUE, "peak", { $0.peak = .nan }),
            (CRL_CUSTOM_SCHEDULE, CRL_ERROR_NULL, "function is NULL", { $0.function = nil }),
        ]
        for (kind, code, words, change) in bad {
            let f = Fixture()
            var options = ScheduleCallTests.options(kind)
            change(&options)
            fails(crlScheduleRate(&options, 0.1, 0, f.rate.pointer), code, "crl_schedule_rate", [words])
        }
    }
}
