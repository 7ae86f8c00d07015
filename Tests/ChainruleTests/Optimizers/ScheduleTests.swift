import Chainrule
import Testing

/// Learning rates by formula, by hand and in a fit.
@Suite struct ScheduleTests {
    /// Fits a weight whose gradient is always −1, for 3 steps in each epoch.
    /// - Returns: the weight after each epoch: the sum of the learning rates so far.
    private static func sums(
        _ schedule: Schedule, base: Float = 0.5, epochs: Int = 4, costs: [Double]? = nil
    ) throws -> [Float] {
        var architecture = try Architecture(inputs: 1)
        try architecture.dense(1, bias: false, weights: .zeros)
        let network = try Network(architecture, seed: 0)
        let optimizer = try Optimizer(GradientDescent(), learningRate: base, for: network)
        let cost = CustomCost { _, targets, _, rows, _, gradient throws(ChainruleError) in
            for row in 0..<rows { gradient[row] = -1 / Float(rows) }
            return Double(targets[0])
        }
        var options = TrainingOptions(cost: Cost(custom: cost))
        options.epochs = epochs
        options.batchSize = 4
        options.shuffles = false
        options.schedule = schedule
        var sums: [Float] = []
        options.onEpoch = { _ in
            sums.append(network.parameterVector[0])
            return true
        }
        defer { #expect(optimizer.learningRate == base) }
        try network.fit(
            [Float](repeating: 1, count: 10), targets: .values([Float](repeating: 2, count: 10), columns: 1),
            optimizer: optimizer, options: options)
        return sums
    }

    @Test func fittingGoesByTheSchedule() throws {
        let warmups = [0, 5]
        for rule in Schedules.all {
            for warmup in warmups {
                for perEpoch in [false, true] {
                    let schedule = Schedule(rule, warmup: warmup, warmupStart: 0.25, perEpoch: perEpoch)
                    var sum = 0.0
                    var expected: [Double] = []
                    for epoch in 0..<4 {
                        for step in 0..<3 {
                            let t = perEpoch ? epoch : 3 * epoch + step
                            sum += Double(try schedule.rate(base: 0.5, at: t, of: perEpoch ? 4 : 12))
                        }
                        expected.append(sum)
                    }
                    expectClose(
                        try ScheduleTests.sums(schedule), expected, absolute: 1e-5,
                        "\(rule.identifier), warm-up \(warmup), \(perEpoch ? "epochs" : "steps")")
                }
            }
        }
    }

    /// A period of 0 is the run without its warm-up.
    @Test func wholeRuns() throws {
        for (whole, period) in [
            (CosineSchedule() as any ScheduleRule, CosineSchedule(period: 12) as any ScheduleRule),
            (OneCycleSchedule(), OneCycleSchedule(period: 12)),
        ] {
            for t in 0..<12 {
                #expect(try Schedule(whole).rate(base: 1, at: t, of: 12) == Schedule(period).rate(base: 1, at: t))
                #expect(
                    try Schedule(whole, warmup: 5).rate(base: 1, at: t + 5, of: 17)
                        == Schedule(period).rate(base: 1, at: t))
            }
            expectError(.size, "give a period", "\(whole.identifier)") { _ = try Schedule(whole).rate(base: 1, at: 0) }
        }
    }

    /// The warm-up rises in a line and ends where the schedule begins.
    @Test func warmingUp() throws {
        let schedule = Schedule(ConstantSchedule(), warmup: 4, warmupStart: 0)
        let rates = try (0..<6).map { try schedule.rate(base: 2, at: $0) }
        #expect(rates == [0, 0.5, 1, 1.5, 2, 2])
        #expect(
            try Schedule(StepSchedule(period: 2, factor: 0.5), warmup: 1, warmupStart: 1).rate(base: 1, at: 3) == 0.5)
    }

    /// At any time, also the last, the rate is between 0 and the base.
    @Test func ratesAreInRange() throws {
        for rule in Schedules.all {
            for t in [0, 1, 9, 10, 11, 1000, 1 << 40, .max] {
                for run in [0, 1, 2, 1000, Int.max] {
                    let rate = try Schedule(rule).rate(base: 0.5, at: t, of: run)
                    #expect(rate >= 0 && rate <= 0.5, "\(rule.identifier) at \(t) of \(run)")
                }
            }
        }
        let growing = Schedule(CosineSchedule(period: 1, periodFactor: .max))
        #expect(try growing.rate(base: 0.5, at: .max) <= 0.5)
    }

    @Test func badNumbers() throws {
        func expectRefusal(_ code: ChainruleError.Code, _ rule: any ScheduleRule, _ parts: String...) {
            for part in parts {
                expectError(code, part) { _ = try Schedule(rule).rate(base: 1, at: 0, of: 10) }
                expectError(code, part) { _ = try ScheduleTests.sums(Schedule(rule)) }
            }
        }
        for bad in [Float.nan, .infinity, 0, -0.5, 1.5] {
            expectRefusal(.value, StepSchedule(period: 1, factor: bad), "factor", "step", "\(bad)")
            expectRefusal(.value, ExponentialSchedule(factor: bad), "factor", "exponential", "\(bad)")
            expectError(.value, "factor", "plateau") {
                _ = try ScheduleTests.sums(Schedule(.plateau(Plateau(factor: bad))))
            }
        }
        for bad in [Float.nan, .infinity, -0.5] {
            expectRefusal(.value, CosineSchedule(minRate: bad), "min_rate", "cosine", "\(bad)")
            expectRefusal(.value, OneCycleSchedule(peak: bad), "peak", "\(bad)")
            expectRefusal(.value, OneCycleSchedule(startDivisor: bad), "start_divisor", "\(bad)")
            expectRefusal(.value, OneCycleSchedule(endDivisor: bad), "end_divisor", "\(bad)")
            expectError(.value, "warmup_start is \(bad)") {
                _ = try ScheduleTests.sums(Schedule(ConstantSchedule(), warmup: 1, warmupStart: bad))
            }
            expectError(.value, "base", "\(bad)") { _ = try Schedule(ConstantSchedule()).rate(base: bad, at: 0) }
            expectError(.value, "min_rate") { _ = try ScheduleTests.sums(Schedule(.plateau(Plateau(minRate: bad)))) }
            expectError(.value, "threshold") { _ = try ScheduleTests.sums(Schedule(.plateau(Plateau(threshold: bad)))) }
        }
        expectRefusal(.size, StepSchedule(period: 0), "period", "0")
        expectRefusal(.size, CosineSchedule(period: -1), "period", "-1")
        expectRefusal(.size, CosineSchedule(period: 1, periodFactor: 0), "period_factor", "0")
        expectRefusal(.size, OneCycleSchedule(period: -1), "period", "-1")
        expectError(.size, "warmup is -1") { _ = try ScheduleTests.sums(Schedule(ConstantSchedule(), warmup: -1)) }
        expectError(.size, "t is -1") { _ = try Schedule(ConstantSchedule()).rate(base: 1, at: -1) }
        for plateau in [Plateau(patience: -1), Plateau(cooldown: -1)] {
            expectError(.size, "-1") { _ = try ScheduleTests.sums(Schedule(.plateau(plateau))) }
        }
        for source in [Schedule.Source.plateau(Plateau()), .custom(CustomSchedule { _, base, _ in base })] {
            expectError(.value, "more than t") { _ = try Schedule(source).rate(base: 1, at: 0) }
        }
    }

    /// The cost is always 2: after the first epoch each one counts.
    @Test func plateausInAFit() throws {
        let schedule = Schedule(.plateau(Plateau(factor: 0.5, patience: 1)))
        expectClose(
            try ScheduleTests.sums(schedule, base: 1, epochs: 7), [3, 6, 9, 10.5, 12, 12.75, 13.5], absolute: 1e-6)
        let warm = Schedule(.plateau(Plateau(factor: 0.5, patience: 0)), warmup: 2, warmupStart: 0.5, perEpoch: true)
        expectClose(try ScheduleTests.sums(warm, base: 1, epochs: 4), [1.5, 3.75, 5.25, 6], absolute: 1e-6)
    }

    @Test func plateausThatCannotBe() throws {
        var state = Plateau.State()
        for cost in [Double.nan, .infinity, -.infinity] {
            expectError(.notFinite, "\(cost)") { _ = try Plateau().rate(after: cost, from: 1, &state) }
        }
        for rate in [Float.nan, .infinity, -1] {
            expectError(.value, "\(rate)") { _ = try Plateau().rate(after: 1, from: rate, &state) }
        }
        #expect(state.lowest == .infinity && state.waited == 0)
        // A cost below 0 has to fall by a part of its magnitude.
        let plateau = Plateau(factor: 0.5, patience: 0, threshold: 0.25)
        #expect(try plateau.rate(after: -4, from: 1, &state) == 1)
        #expect(try plateau.rate(after: -4.5, from: 1, &state) == 0.5)
        #expect(try plateau.rate(after: -5.5, from: 0.5, &state) == 0.5)
        // A rate below the least stays.
        #expect(try Plateau(patience: 0, minRate: 1).rate(after: 0, from: 0.25, &state) == 0.25)
    }

    @Test func schedulesOfOnesOwn() throws {
        final class Log: @unchecked Sendable { var moments: [(Int, Float, Double)] = [] }
        let log = Log()
        let custom = CustomSchedule { t, base, cost in
            log.moments.append((t, base, cost))
            return base / Float(t + 1)
        }
        expectClose(
            try ScheduleTests.sums(Schedule(.custom(custom)), base: 1, epochs: 2), [1 + 1 / 2 + 1 / 3.0, 2.45],
            absolute: 1e-6)
        #expect(log.moments.map { $0.0 } == Array(0..<6) && log.moments.allSatisfy { $0.1 == 1 })
        #expect(log.moments[0..<3].allSatisfy { $0.2.isNaN } && log.moments[3...].allSatisfy { $0.2 == 2 })
        log.moments = []
        _ = try ScheduleTests.sums(Schedule(.custom(custom), perEpoch: true), epochs: 3)
        #expect(log.moments.map { $0.0 } == [0, 1, 2])

        for bad in [Float.nan, .infinity, -1] {
            expectError(.callback, "\(bad)", "t = 1", "epoch 1, batch 2") {
                _ = try ScheduleTests.sums(Schedule(.custom(CustomSchedule { t, base, _ in t == 1 ? bad : base })))
            }
        }
        expectError(.callback, "enough") {
            let failing = CustomSchedule { _, _, _ throws(ChainruleError) in throw ChainruleError(.callback, "enough") }
            _ = try ScheduleTests.sums(Schedule(.custom(failing)))
        }
    }

    /// A top at the very beginning is where the cycle begins.
    @Test func oneCycleWithoutAWayUp() throws {
        let schedule = Schedule(OneCycleSchedule(period: 4, peak: 0.25))
        #expect(try schedule.rate(base: 0.1, at: 0) == 0.1)
        #expect(try schedule.rate(base: 0.1, at: 1) < 0.1)
    }
}
