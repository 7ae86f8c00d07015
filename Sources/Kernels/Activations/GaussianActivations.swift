/// `σ(z) = z Φ(z)`, Φ the standard normal distribution function through erf (Hendrycks and Gimpel 2016);
/// `σ' = Φ(z) + z φ(z)`, φ the density.
public enum GELUActivation: ElementwiseActivation {
    @inlinable @inline(__always)
    static func distribution<Scalar: KernelScalar>(_ z: Scalar) -> Scalar {
        (1 + Scalar.erf(z * Scalar(0.7071067811865476))) / 2
    }

    @inlinable @inline(__always)
    public static func value<Scalar: KernelScalar>(_ z: Scalar, alpha: Scalar) -> Scalar { z * distribution(z) }
    @inlinable @inline(__always)
    public static func derivative<Scalar: KernelScalar>(_ z: Scalar, _ h: Scalar, alpha: Scalar) -> Scalar {
        let density = Scalar.exp(-z * z / 2) * Scalar(0.3989422804014327)
        return distribution(z) + z * density
    }
}

/// `σ(z) = z (1 + tanh u) / 2` with `u = √(2/π) (z + 0.044715 z³)` (Hendrycks and Gimpel 2016).
public enum GELUTanhActivation: ElementwiseActivation {
    @inlinable @inline(__always)
    static func tanhOfCubic<Scalar: KernelScalar>(_ z: Scalar) -> Scalar {
        Scalar.tanh(Scalar(0.7978845608028654) * (z + Scalar(0.044715) * z * z * z))
    }

    @inlinable @inline(__always)
    public static func value<Scalar: KernelScalar>(_ z: Scalar, alpha: Scalar) -> Scalar {
        z * ((1 + tanhOfCubic(z)) / 2)
    }
    @inlinable @inline(__always)
    public static func derivative<Scalar: KernelScalar>(_ z: Scalar, _ h: Scalar, alpha: Scalar) -> Scalar {
        let t = tanhOfCubic(z)
        let slope = Scalar(0.7978845608028654) * (1 + 3 * Scalar(0.044715) * z * z)
        let fall = 1 - t * t
        // Far out tanh is ±1 and flat, while the slope of u may be infinite.
        return (1 + t) / 2 + (fall == 0 ? 0 : z * fall * slope / 2)
    }
}
