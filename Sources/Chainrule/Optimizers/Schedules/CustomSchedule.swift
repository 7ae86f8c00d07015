/// A schedule of your own.
public final class CustomSchedule: Sendable {
    /// Gets t, the optimizer's rate when training began, and C of the previous epoch, NaN in the first. C is the
    /// validation cost if there are validation data. Returns the rate, finite and ≥ 0.
    public typealias Function =
        @Sendable (_ t: Int, _ base: Float, _ cost: Double) throws(ChainruleError) -> Float

    let function: Function

    public init(_ function: @escaping Function) { self.function = function }
}
