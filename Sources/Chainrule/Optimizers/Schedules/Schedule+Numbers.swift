/// The numbers of any schedule, by name, for files and for C.
package struct ScheduleNumbers {
    package static var countNames: [StaticString] { ["period", "period_factor", "patience", "cooldown"] }
    package static var realNames: [StaticString] {
        ["factor", "min_rate", "peak", "start_divisor", "end_divisor", "threshold"]
    }

    /// By place in ``countNames``; −1: the schedule has none.
    package var counts = SIMD4<Int>(repeating: -1)
    /// By place in ``realNames``; ``Hyperparameters/none``: the schedule has none.
    package var reals = SIMD8<Float>(repeating: Hyperparameters.none)
}

extension Schedule.Source {
    /// - Parameter name: an ``identifier``.
    init(named name: JSONString, _ numbers: ScheduleNumbers) throws(ChainruleError) {
        func count(_ place: Int) -> Int? { numbers.counts[place] < 0 ? nil : numbers.counts[place] }
        func real(_ place: Int, _ usual: Float) -> Float {
            numbers.reals[place] == Hyperparameters.none ? usual : numbers.reals[place]
        }
        if name.isSame(as: "constant") {
            self = .constant(ConstantSchedule())
        } else if name.isSame(as: "step") {
            self = .step(StepSchedule(period: count(0) ?? 0, factor: real(0, 0.1)))
        } else if name.isSame(as: "exponential") {
            self = .exponential(ExponentialSchedule(factor: real(0, 0.1)))
        } else if name.isSame(as: "cosine") {
            self = .cosine(CosineSchedule(period: count(0), periodFactor: count(1) ?? 1, minRate: real(1, 0)))
        } else if name.isSame(as: "one_cycle") {
            self = .oneCycle(
                OneCycleSchedule(
                    period: count(0), peak: real(2, 0.3), startDivisor: real(3, 25), endDivisor: real(4, 1e4)))
        } else if name.isSame(as: "plateau") {
            self = .plateau(
                Plateau(
                    factor: real(0, 0.1), patience: count(2) ?? 10, threshold: real(5, 1e-4), cooldown: count(3) ?? 0,
                    minRate: real(1, 0)))
        } else {
            throw ChainruleError(
                .format, "it has the schedule '\(name.content)', which this version does not know")
        }
    }

    package var numbers: ScheduleNumbers {
        var numbers = ScheduleNumbers()
        switch self {
        case .constant, .custom: break
        case .step(let rule): (numbers.counts[0], numbers.reals[0]) = (rule.period, rule.factor)
        case .exponential(let rule): numbers.reals[0] = rule.factor
        case .cosine(let rule):
            (numbers.counts[0], numbers.counts[1], numbers.reals[1]) = (
                rule.period ?? -1, rule.periodFactor, rule.minRate
            )
        case .oneCycle(let rule):
            numbers.counts[0] = rule.period ?? -1
            (numbers.reals[2], numbers.reals[3], numbers.reals[4]) = (rule.peak, rule.startDivisor, rule.endDivisor)
        case .plateau(let plateau):
            (numbers.counts[2], numbers.counts[3]) = (plateau.patience, plateau.cooldown)
            (numbers.reals[0], numbers.reals[1], numbers.reals[5]) = (
                plateau.factor, plateau.minRate, plateau.threshold
            )
        }
        return numbers
    }
}
