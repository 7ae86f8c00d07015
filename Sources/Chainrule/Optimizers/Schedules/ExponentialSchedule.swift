/// `η(t) = η γᵗ`.
public struct ExponentialSchedule: ScheduleRule {
    public var identifier: StaticString { "exponential" }
    public var source: Schedule.Source { .exponential(self) }
    /// γ in (0, 1].
    public let factor: Float

    public init(factor: Float) { self.factor = factor }

    public func validate() throws(ChainruleError) { try Schedules.check(factor: factor, of: identifier) }

    public func rate(base: Double, at t: Int, of run: Int?) throws(ChainruleError) -> Double {
        base * OptimizationMethods.power(Double(factor), t)
    }
}
