/// `η(t) = η`: for a warm-up alone.
public final class ConstantSchedule: ScheduleRule {
    public let identifier: StaticString = "constant"

    public init() {}

    public func validate() throws(NetworkError) {}

    public func rate(base: Double, at t: Int, of run: Int?) throws(NetworkError) -> Double { base }
}
