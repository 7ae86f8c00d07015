/// `σ(z) = z`.
public enum IdentityActivation: ElementwiseActivation {
    @inlinable @inline(__always)
    public static func value<Scalar: KernelScalar>(_ z: Scalar, alpha: Scalar) -> Scalar { z }
    @inlinable @inline(__always)
    public static func derivative<Scalar: KernelScalar>(_ z: Scalar, _ h: Scalar, alpha: Scalar) -> Scalar { 1 }
}

/// `σ(z) = 1 / (1 + e⁻ᶻ)`, evaluated with the exponential that cannot overflow; `σ' = h (1 − h)`.
public enum SigmoidActivation: ElementwiseActivation {
    @inlinable @inline(__always)
    public static func value<Scalar: KernelScalar>(_ z: Scalar, alpha: Scalar) -> Scalar {
        let e = Scalar.exp(-z.magnitude)
        return (z < 0 ? e : 1) / (1 + e)
    }
    @inlinable @inline(__always)
    public static func derivative<Scalar: KernelScalar>(_ z: Scalar, _ h: Scalar, alpha: Scalar) -> Scalar {
        h * (1 - h)
    }
}

/// `σ(z) = tanh z`; `σ' = 1 − h²`.
public enum TanhActivation: ElementwiseActivation {
    @inlinable @inline(__always)
    public static func value<Scalar: KernelScalar>(_ z: Scalar, alpha: Scalar) -> Scalar { Scalar.tanh(z) }
    @inlinable @inline(__always)
    public static func derivative<Scalar: KernelScalar>(_ z: Scalar, _ h: Scalar, alpha: Scalar) -> Scalar {
        1 - h * h
    }
}

/// `σ(z) = log(1 + eᶻ)`, evaluated as `max(z, 0) + log(1 + e^−|z|)`; `σ'` is the sigmoid.
public enum SoftplusActivation: ElementwiseActivation {
    @inlinable @inline(__always)
    public static func value<Scalar: KernelScalar>(_ z: Scalar, alpha: Scalar) -> Scalar {
        (z < 0 ? 0 : z) + Scalar.log(onePlus: Scalar.exp(-z.magnitude))
    }
    @inlinable @inline(__always)
    public static func derivative<Scalar: KernelScalar>(_ z: Scalar, _ h: Scalar, alpha: Scalar) -> Scalar {
        SigmoidActivation.value(z, alpha: alpha)
    }
}

/// `σ(z) = z · sigmoid(z)` (Elfwing et al. 2018); with `p` the sigmoid, `σ' = p (1 + z (1 − p))`.
public enum SiLUActivation: ElementwiseActivation {
    @inlinable @inline(__always)
    public static func value<Scalar: KernelScalar>(_ z: Scalar, alpha: Scalar) -> Scalar {
        z * SigmoidActivation.value(z, alpha: alpha)
    }
    @inlinable @inline(__always)
    public static func derivative<Scalar: KernelScalar>(_ z: Scalar, _ h: Scalar, alpha: Scalar) -> Scalar {
        let p = SigmoidActivation.value(z, alpha: alpha)
        return p * (1 + z * (1 - p))
    }
}
