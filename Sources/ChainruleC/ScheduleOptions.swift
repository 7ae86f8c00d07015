import CChainrule
import Chainrule

// What a schedule's options say, of which each kind takes some.

func schedule(_ pointer: UnsafePointer<crl_schedule_options>) throws(ChainruleError) -> Schedule {
    let options = try structure(pointer, "schedule")
    var schedule = Schedule(
        try scheduleSource(options), warmup: try count(UInt(bitPattern: options.warmup), "schedule->warmup"),
        perEpoch: options.per_epoch != 0)
    schedule.warmupStart = options.warmup_start
    try schedule.validate()
    return schedule
}

private func scheduleSource(_ options: crl_schedule_options) throws(ChainruleError) -> Schedule.Source {
    // What the kind takes is taken out; the rest must not be given.
    var options = options
    let source = try scheduleSource(taking: &options)
    try checkIsLeft(options.period, "period", to: source)
    try checkIsLeft(options.period_factor, "period_factor", to: source)
    try checkIsLeft(options.factor, "factor", to: source)
    try checkIsLeft(options.min_rate, "min_rate", to: source)
    try checkIsLeft(options.peak, "peak", to: source)
    try checkIsLeft(options.start_divisor, "start_divisor", to: source)
    try checkIsLeft(options.end_divisor, "end_divisor", to: source)
    try checkIsLeft(options.patience, "patience", to: source)
    try checkIsLeft(options.cooldown, "cooldown", to: source)
    try checkIsLeft(options.threshold, "threshold", to: source)
    if options.function != nil { throw notTaken("function", "not NULL", by: source) }
    return source
}

// No arrays of these: finding a rate allocates nothing.

private func checkIsLeft(_ value: Int, _ name: StaticString, to schedule: Schedule.Source) throws(ChainruleError) {
    guard value == autoSize else { throw notTaken(name, "\(UInt(bitPattern: value))", by: schedule) }
}

private func checkIsLeft(_ value: Float, _ name: StaticString, to schedule: Schedule.Source) throws(ChainruleError) {
    guard optionalNumber(value) == nil else { throw notTaken(name, "\(value)", by: schedule) }
}

private func notTaken(_ name: StaticString, _ value: ErrorMessage, by schedule: Schedule.Source) -> ChainruleError {
    ChainruleError(
        .value, "schedule->\(name) is \(value.text), but the schedule '\(schedule.identifier)' takes no \(name)")
}

private func scheduleSource(taking options: inout crl_schedule_options) throws(ChainruleError) -> Schedule.Source {
    let usual = Plateau()
    switch Int(options.kind) {
    case CRL_SCHEDULE_CONSTANT: return .constant(ConstantSchedule())
    case CRL_SCHEDULE_STEP:
        guard let period = try takeCount(&options.period, "schedule->period") else {
            throw ChainruleError(.size, "schedule->period is CRL_AUTO_SIZE; the step schedule needs a period")
        }
        return .step(StepSchedule(period: period, factor: take(&options.factor, usual.factor)))
    case CRL_SCHEDULE_EXPONENTIAL:
        return .exponential(ExponentialSchedule(factor: take(&options.factor, usual.factor)))
    case CRL_SCHEDULE_COSINE:
        let usual = CosineSchedule()
        return .cosine(
            CosineSchedule(
                period: try takeCount(&options.period, "schedule->period"),
                periodFactor: try takeCount(&options.period_factor, "schedule->period_factor") ?? usual.periodFactor,
                minRate: take(&options.min_rate, usual.minRate)))
    case CRL_SCHEDULE_ONE_CYCLE:
        let usual = OneCycleSchedule()
        return .oneCycle(
            OneCycleSchedule(
                period: try takeCount(&options.period, "schedule->period"),
                peak: take(&options.peak, usual.peak),
                startDivisor: take(&options.start_divisor, usual.startDivisor),
                endDivisor: take(&options.end_divisor, usual.endDivisor)))
    case CRL_SCHEDULE_PLATEAU:
        return .plateau(
            Plateau(
                factor: take(&options.factor, usual.factor),
                patience: try takeCount(&options.patience, "schedule->patience") ?? usual.patience,
                threshold: take(&options.threshold, usual.threshold),
                cooldown: try takeCount(&options.cooldown, "schedule->cooldown") ?? usual.cooldown,
                minRate: take(&options.min_rate, usual.minRate)))
    case CRL_CUSTOM_SCHEDULE:
        let custom = try customSchedule(options)
        options.function = nil
        return .custom(custom)
    default: throw ChainruleError(.value, "schedule->kind is \(options.kind), which is no crl_schedule_kind")
    }
}
