/// `η(t) = η γ^⌊t / T⌋`.
public struct StepSchedule: ScheduleRule {
    public var identifier: StaticString { "step" }
    public var source: Schedule.Source { .step(self) }
    /// T ≥ 1.
    public let period: Int
    /// γ in (0, 1].
    public let factor: Float

    public init(period: Int, factor: Float = 0.1) {
        self.period = period
        self.factor = factor
    }

    public func validate() throws(ChainruleError) {
        guard period >= 1 else {
            throw ChainruleError(.size, "period of the \(identifier) schedule is \(period); it must be >= 1")
        }
        try Schedules.check(factor: factor, of: identifier)
    }

    public func rate(base: Double, at t: Int, of run: Int?) throws(ChainruleError) -> Double {
        base * OptimizationMethods.power(Double(factor), t / period)
    }
}
