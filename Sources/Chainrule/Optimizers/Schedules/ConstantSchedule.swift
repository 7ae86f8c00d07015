/// `η(t) = η`: for a warm-up only.
public struct ConstantSchedule: ScheduleRule {
    public var identifier: StaticString { "constant" }
    public var source: Schedule.Source { .constant(self) }

    public init() {}

    public func validate() throws(ChainruleError) {}

    public func rate(base: Double, at t: Int, of run: Int?) throws(ChainruleError) -> Double { base }
}
