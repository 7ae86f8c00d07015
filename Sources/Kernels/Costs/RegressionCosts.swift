/// `(y − t)²`.
public enum SquaredError: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>) -> (
        value: Lanes<Set>, derivative: Lanes<Set>
    ) {
        let difference = y - t
        return (difference * difference, difference + difference)
    }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>)
        -> Lanes<Set>
    { 2.0 }
}

/// `|y − t|`; the derivative at 0 is taken as 0.
public enum AbsoluteError: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>) -> (
        value: Lanes<Set>, derivative: Lanes<Set>
    ) {
        let difference = y - t
        let magnitude = difference.magnitude
        return (magnitude, .select(magnitude > 0.0, Lanes(1.0).withSign(of: difference), 0.0))
    }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>)
        -> Lanes<Set>
    { 0.0 }
}

/// `(y − t)²/2` up to a difference of d = `parameter`, `d (|y − t| − d/2)` beyond (Huber 1964).
public enum HuberError: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter d: Lanes<Set>) -> (
        value: Lanes<Set>, derivative: Lanes<Set>
    ) {
        let difference = y - t
        let magnitude = difference.magnitude
        let isNear = magnitude <= d
        return (
            .select(isNear, difference * difference * 0.5, d * (magnitude - d * 0.5)),
            .select(isNear, difference, d.withSign(of: difference))
        )
    }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter d: Lanes<Set>)
        -> Lanes<Set>
    { .select((y - t).magnitude <= d, 1.0, 0.0) }
}
