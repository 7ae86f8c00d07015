import CChainrule
import ChainruleC
import FuzzSupport

// Schedules of the learning rate, by themselves and among the options of training.

extension Session {
    /// - Parameter kind: nil for any.
    mutating func schedule(of kind: Int? = nil) -> crl_schedule_options {
        var options = begun(crlScheduleOptionsInit, crl_schedule_options())
        options.kind = reader.enumerator() % 7
        options.warmup = Int(reader.byte() % 4)
        options.warmup_start = 0.25
        if reader.chance(of: 2) { options.per_epoch = 1 }
        if reader.chance(of: 8) { options.kind = crl_schedule_kind(CRL_CUSTOM_SCHEDULE) }
        if let kind { options.kind = crl_schedule_kind(kind) }
        let kind = Int(options.kind)
        if [CRL_SCHEDULE_STEP, CRL_SCHEDULE_COSINE, CRL_SCHEDULE_ONE_CYCLE].contains(kind) {
            options.period = Int(reader.byte() % 8)
        }
        if kind == CRL_SCHEDULE_COSINE { options.period_factor = count(below: 4) }
        if kind == CRL_SCHEDULE_PLATEAU {
            options.patience = count(below: 3)
            options.cooldown = count(below: 3)
        }
        if kind == CRL_CUSTOM_SCHEDULE && !reader.chance(of: 8) { options.function = halves }
        if [CRL_SCHEDULE_STEP, CRL_SCHEDULE_EXPONENTIAL, CRL_SCHEDULE_PLATEAU].contains(kind) && reader.chance(of: 2) {
            options.factor = reader.float()
        }
        if [CRL_SCHEDULE_COSINE, CRL_SCHEDULE_PLATEAU].contains(kind) && reader.chance(of: 2) {
            options.min_rate = reader.float()
        }
        // What the kind does not take is refused.
        if reader.chance(of: 16) { options.factor = reader.float() }
        if reader.chance(of: 16) { options.min_rate = reader.float() }
        if reader.chance(of: 8) { options.warmup_start = reader.float() }
        if reader.chance(of: kind == CRL_SCHEDULE_ONE_CYCLE ? 4 : 32) { options.peak = reader.float() }
        if reader.chance(of: kind == CRL_SCHEDULE_ONE_CYCLE ? 4 : 32) { options.start_divisor = reader.float() }
        if reader.chance(of: kind == CRL_SCHEDULE_ONE_CYCLE ? 4 : 32) { options.end_divisor = reader.float() }
        if reader.chance(of: kind == CRL_SCHEDULE_PLATEAU ? 4 : 32) { options.threshold = reader.float() }
        if reader.chance(of: 8) { options.warmup = Int(bitPattern: reader.size()) }
        if reader.chance(of: 16) { options.period = Int(bitPattern: reader.size()) }
        if reader.chance(of: 16) { options.period_factor = Int(bitPattern: reader.size()) }
        if reader.chance(of: 16) { options.patience = Int(bitPattern: reader.size()) }
        if reader.chance(of: 16) { options.cooldown = Int(bitPattern: reader.size()) }
        if reader.chance(of: 32) { options.size = Int(bitPattern: reader.size()) }
        return options
    }

    mutating func scheduleRate() {
        var options = schedule()
        var rate = Float.nan
        let status = crlScheduleRate(&options, reader.float(), reader.size(), &rate)
        check(status)
        precondition(status == CRL_OK ? rate.isFinite && rate >= 0 : rate.isNaN)
    }

    mutating func plateauRate() {
        var options = schedule(of: reader.chance(of: 8) ? nil : CRL_SCHEDULE_PLATEAU)
        var state = begun(crlPlateauStateInit, crl_plateau_state())
        if reader.chance(of: 4) {
            state.epochs = Int(bitPattern: reader.size())
            state.lowest = Double(reader.float())
            state.waited = Int(bitPattern: reader.size())
            state.cooling = Int(bitPattern: reader.size())
        }
        var rate = reader.float()
        for _ in 0..<4 {
            let before = rate
            let status = crlPlateauRate(&options, &state, Double(reader.float()), &rate)
            check(status)
            precondition(
                status == CRL_OK ? rate.isFinite && rate >= 0 : rate.bitPattern == before.bitPattern)
        }
    }
}

private let halves: crl_schedule_function = { _, t, base, _, rate in
    rate!.pointee = t % 7 == 6 ? .nan : base / 2
    return t % 5 == 4 ? 1 : 0
}
