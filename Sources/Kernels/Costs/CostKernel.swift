/// A cost of one row of N outputs `y` and targets `t`.
public protocol RowCost: SendableMetatype {
    /// The cost of the row. Writes `scale · ∂c/∂y` to `gradient` if it is not nil; `gradient` may be `y` itself.
    static func evaluate<Scalar: KernelScalar>(
        _ y: UnsafePointer<Scalar>, _ t: UnsafePointer<Scalar>, columns: Int, parameter: Scalar, scale: Scalar,
        gradient: UnsafeMutablePointer<Scalar>?
    ) -> Double
}

/// The kernel of one cost.
public struct CostKernel<Scalar: KernelScalar>: Sendable {
    /// As ``RowCost/evaluate``.
    public let evaluate:
        @Sendable (
            _ y: UnsafePointer<Scalar>, _ t: UnsafePointer<Scalar>, _ columns: Int, _ parameter: Scalar,
            _ scale: Scalar, _ gradient: UnsafeMutablePointer<Scalar>?
        ) -> Double

    @inlinable @inline(__always)
    init(
        _ evaluate:
            @escaping @Sendable (
                UnsafePointer<Scalar>, UnsafePointer<Scalar>, Int, Scalar, Scalar, UnsafeMutablePointer<Scalar>?
            ) -> Double
    ) {
        self.evaluate = evaluate
    }
}

/// A cost that is a mean over the outputs of a function of `y_i` and `t_i`.
public protocol ElementwiseCost: RowCost {
    /// The function and its derivative with respect to `y`.
    static func evaluate<Scalar: KernelScalar>(_ y: Scalar, _ t: Scalar, parameter: Scalar) -> (
        value: Scalar, derivative: Scalar
    )
}

extension ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Scalar: KernelScalar>(
        _ y: UnsafePointer<Scalar>, _ t: UnsafePointer<Scalar>, columns: Int, parameter: Scalar, scale: Scalar,
        gradient: UnsafeMutablePointer<Scalar>?
    ) -> Double {
        var total = 0.0
        let factor = scale / Scalar(columns)
        for i in 0..<columns {
            let (value, derivative) = evaluate(y[i], t[i], parameter: parameter)
            total += Double(value)
            if let gradient { gradient[i] = factor * derivative }
        }
        return total / Double(columns)
    }
}

/// The cost's kernel for one instruction set, under a symbol of its own.
@usableFromInline
enum CostKernelInstance<Set: InstructionSet, Cost: RowCost> {
    @inlinable @inline(__always)
    static func evaluate(
        _ y: UnsafePointer<Set.Scalar>, _ t: UnsafePointer<Set.Scalar>, columns: Int, parameter: Set.Scalar,
        scale: Set.Scalar, gradient: UnsafeMutablePointer<Set.Scalar>?
    ) -> Double {
        Cost.evaluate(y, t, columns: columns, parameter: parameter, scale: scale, gradient: gradient)
    }
}

/// The kernel of cross-entropy with a class index as the target, for one instruction set.
@usableFromInline
enum ClassCrossEntropyInstance<Set: InstructionSet> {
    @inlinable @inline(__always)
    static func evaluate(
        _ y: UnsafePointer<Set.Scalar>, class target: Int, columns: Int, scale: Set.Scalar,
        gradient: UnsafeMutablePointer<Set.Scalar>?
    ) -> Double {
        CrossEntropy.evaluate(y, class: target, columns: columns, scale: scale, gradient: gradient)
    }
}
