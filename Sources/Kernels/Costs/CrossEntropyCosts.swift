/// `−t log y − (1 − t) log(1 − y)` of a probability y. Logarithms are cut at −100 and the derivative's denominator at
/// 10⁻¹², so that a certain and wrong y costs much but not infinitely much.
public enum BinaryCrossEntropy: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Scalar: KernelScalar>(_ y: Scalar, _ t: Scalar, parameter: Scalar) -> (
        value: Scalar, derivative: Scalar
    ) {
        let logY = Scalar.log(y)
        let logNotY = Scalar.log(onePlus: -y)
        let value = -t * (logY < -100 ? -100 : logY) - (1 - t) * (logNotY < -100 ? -100 : logNotY)
        let spread = y * (1 - y)
        let floor = Scalar(1e-12)
        return (value, (y - t) / (spread < floor ? floor : spread))
    }
}

/// The same of `sigmoid(y)`: `max(y, 0) − y t + log(1 + e^−|y|)`, whose derivative is `sigmoid(y) − t`.
public enum BinaryCrossEntropyOfLogits: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Scalar: KernelScalar>(_ y: Scalar, _ t: Scalar, parameter: Scalar) -> (
        value: Scalar, derivative: Scalar
    ) {
        let value = (y < 0 ? 0 : y) - y * t + Scalar.log(onePlus: Scalar.exp(-y.magnitude))
        return (value, SigmoidActivation.value(y, alpha: 0) - t)
    }
}

/// `−Σ t_i log softmax(y)_i` of logits y and a distribution t; the derivative is `softmax(y) Σ t − t`.
public enum CrossEntropy: RowCost {
    @inlinable @inline(__always)
    public static func evaluate<Scalar: KernelScalar>(
        _ y: UnsafePointer<Scalar>, _ t: UnsafePointer<Scalar>, columns: Int, parameter: Scalar, scale: Scalar,
        gradient: UnsafeMutablePointer<Scalar>?
    ) -> Double {
        let (largest, logarithm) = SoftmaxActivation.logSumExp(y, columns)
        var total = 0.0
        var mass: Scalar = 0
        for i in 0..<columns {
            if t[i] != 0 { total += Double(t[i]) * Double(logarithm - (y[i] - largest)) }
            mass += t[i]
        }
        if let gradient {
            for i in 0..<columns { gradient[i] = scale * (Scalar.exp((y[i] - largest) - logarithm) * mass - t[i]) }
        }
        return total
    }

    /// The same where t is 1 at the index `target` and 0 elsewhere.
    @inlinable @inline(__always)
    static func evaluate<Scalar: KernelScalar>(
        _ y: UnsafePointer<Scalar>, class target: Int, columns: Int, scale: Scalar,
        gradient: UnsafeMutablePointer<Scalar>?
    ) -> Double {
        let (largest, logarithm) = SoftmaxActivation.logSumExp(y, columns)
        let cost = Double(logarithm - (y[target] - largest))
        if let gradient {
            for i in 0..<columns {
                gradient[i] = scale * (Scalar.exp((y[i] - largest) - logarithm) - (i == target ? 1 : 0))
            }
        }
        return cost
    }
}
