/// `(y − t)²`.
public enum SquaredError: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Scalar: KernelScalar>(_ y: Scalar, _ t: Scalar, parameter: Scalar) -> (
        value: Scalar, derivative: Scalar
    ) {
        let difference = y - t
        return (difference * difference, 2 * difference)
    }
}

/// `|y − t|`; the derivative at 0 is taken as 0.
public enum AbsoluteError: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Scalar: KernelScalar>(_ y: Scalar, _ t: Scalar, parameter: Scalar) -> (
        value: Scalar, derivative: Scalar
    ) {
        let difference = y - t
        return (difference.magnitude, difference > 0 ? 1 : difference < 0 ? -1 : 0)
    }
}

/// `(y − t)²/2` up to a difference of d = `parameter`, `d (|y − t| − d/2)` beyond (Huber 1964).
public enum HuberError: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Scalar: KernelScalar>(_ y: Scalar, _ t: Scalar, parameter d: Scalar) -> (
        value: Scalar, derivative: Scalar
    ) {
        let difference = y - t
        let magnitude = difference.magnitude
        if magnitude <= d { return (difference * difference / 2, difference) }
        return (d * (magnitude - d / 2), difference > 0 ? d : -d)
    }
}
