/// A schedule of the caller's own.
public final class CustomSchedule: Sendable {
    /// What it is told of the moment: t, the rate that the optimizer began the training with, and C of the epoch before (on the
    /// validation data, if there are any), NaN in the first. Returns the rate, finite and ≥ 0.
    public typealias Function =
        @Sendable (_ t: Int, _ base: Float, _ cost: Double) throws(ChainruleError) -> Float

    let function: Function

    public init(_ function: @escaping Function) { self.function = function }
}
