/// Half a cosine from η down to η₋, again and again (SGDR: Loshchilov and Hutter 2017, equation 5):
/// `η(t) = η₋ + (η − η₋) (1 + cos(π t' / T')) / 2`. t' is the time since the last restart. T' is the time from that
/// restart to the next: T at first, M times as long after each restart.
public struct CosineSchedule: ScheduleRule {
    public var identifier: StaticString { "cosine" }
    public var source: Schedule.Source { .cosine(self) }
    /// T; nil: the whole run, without a restart.
    public let period: Int?
    /// M ≥ 1.
    public let periodFactor: Int
    /// η₋ ≥ 0, finite.
    public let minRate: Float

    public init(period: Int? = nil, periodFactor: Int = 1, minRate: Float = 0) {
        self.period = period
        self.periodFactor = periodFactor
        self.minRate = minRate
    }

    public func validate() throws(ChainruleError) {
        if let period, period < 1 {
            throw ChainruleError(.size, "period of the \(identifier) schedule is \(period); it must be >= 1")
        }
        guard periodFactor >= 1 else {
            throw ChainruleError(
                .size, "period_factor of the \(identifier) schedule is \(periodFactor); it must be >= 1")
        }
        try Schedules.check(minRate: minRate, of: identifier)
    }

    public func rate(base: Double, at t: Int, of run: Int?) throws(ChainruleError) -> Double {
        // In float64, so that products of lengths do not overflow.
        var length = try Schedules.period(period, of: run, identifier)
        var time = Double(t)
        if periodFactor == 1 {
            time -= (time / length).rounded(.down) * length
        } else {
            while time >= length {
                time -= length
                length *= Double(periodFactor)
            }
        }
        return Schedules.annealed(from: base, to: Double(minRate), time / length)
    }
}
