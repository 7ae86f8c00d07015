/// One cycle (Smith 2018): up along half a cosine from `η / d₀` to η, and down along another to `η / (d₀ d₁)`, like
/// PyTorch's `OneCycleLR`. The peak is at `t = p T − 1`, the end at `t = T − 1`. After the end the rate stays.
public struct OneCycleSchedule: ScheduleRule {
    public var identifier: StaticString { "one_cycle" }
    public var source: Schedule.Source { .oneCycle(self) }
    /// T; nil: the whole run.
    public let period: Int?
    /// p in [0, 1]: the rising part of the cycle.
    public let peak: Float
    /// d₀ ≥ 1, finite.
    public let startDivisor: Float
    /// d₁ ≥ 1, finite.
    public let endDivisor: Float

    public init(period: Int? = nil, peak: Float = 0.3, startDivisor: Float = 25, endDivisor: Float = 1e4) {
        self.period = period
        self.peak = peak
        self.startDivisor = startDivisor
        self.endDivisor = endDivisor
    }

    public func validate() throws(ChainruleError) {
        if let period, period < 1 {
            throw ChainruleError(.size, "period of the \(identifier) schedule is \(period); it must be >= 1")
        }
        guard peak >= 0 && peak <= 1 else {
            throw ChainruleError(.value, "peak of the \(identifier) schedule is \(peak); it must be in [0, 1]")
        }
        try check(startDivisor, "start_divisor")
        try check(endDivisor, "end_divisor")
    }

    private func check(_ divisor: Float, _ name: StaticString) throws(ChainruleError) {
        guard divisor.isFinite && divisor >= 1 else {
            throw ChainruleError(
                .value, "\(name) of the \(identifier) schedule is \(divisor); it must be finite and >= 1")
        }
    }

    public func rate(base: Double, at t: Int, of run: Int?) throws(ChainruleError) -> Double {
        let end = try Schedules.period(period, of: run, identifier) - 1
        let top = Double(peak) * (end + 1) - 1
        let start = base / Double(startDivisor)
        let last = start / Double(endDivisor)
        let time = Double(t)
        if time >= end { return last }
        if time < top { return Schedules.annealed(from: start, to: base, time / top) }
        return Schedules.annealed(from: base, to: last, (time - max(top, 0)) / (end - max(top, 0)))
    }
}
