/// `σ(z) = z`.
public enum IdentityActivation: ElementwiseActivation {
    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> { z }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { 1.0 }
}

/// `σ(z) = 1 / (1 + e⁻ᶻ)`, evaluated with the exponential that cannot overflow; `σ' = h (1 − h)`,
/// `σ'' = σ' (1 − 2 h)`.
public enum SigmoidActivation: CurvedActivation {
    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> { value(z) }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { h * (1.0 - h) }

    @inlinable @inline(__always)
    static func value<Set: InstructionSet>(_ z: Lanes<Set>) -> Lanes<Set> {
        let e = Lanes.exp(-z.magnitude)
        return .select(z < 0.0, e, 1.0) / (e + 1.0)
    }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { h * (1.0 - h) * (1.0 - (h + h)) }
}

/// `σ(z) = tanh z`; `σ' = 1 − h²`, `σ'' = −2 h σ'`.
public enum TanhActivation: CurvedActivation {
    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> { .tanh(z) }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { 1.0 - h * h }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { (h + h) * (h * h - 1.0) }
}

/// `σ(z) = log(1 + eᶻ)`, evaluated as `max(z, 0) + log(1 + e^−|z|)`; `σ'` is the sigmoid p,
/// `σ'' = p (1 − p)`.
public enum SoftplusActivation: CurvedActivation {
    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        z.atLeast(0.0) + .log(onePlusProportion: .exp(-z.magnitude))
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { SigmoidActivation.value(z) }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    {
        let p = SigmoidActivation.value(z)
        return p * (1.0 - p)
    }
}

/// `σ(z) = z · sigmoid(z)` (Elfwing et al. 2018); with `p` the sigmoid, `σ' = p (1 + z (1 − p))` and
/// `σ'' = p (1 − p) (2 + z (1 − 2 p))`.
///
/// Far out p is 0 or 1, exactly: z is cut there, for infinity times 0 is NaN.
public enum SiLUActivation: CurvedActivation {
    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        z.atLeast(-1000.0) * SigmoidActivation.value(z)
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    {
        let z = z.atLeast(-1000.0).atMost(1000.0)
        let p = SigmoidActivation.value(z)
        return p * Lanes(1.0).adding(z, times: 1.0 - p)
    }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    {
        let z = z.atLeast(-1000.0).atMost(1000.0)
        let p = SigmoidActivation.value(z)
        return p * (1.0 - p) * Lanes(2.0).adding(z, times: 1.0 - (p + p))
    }
}

/// `σ(z) = z tanh(log(1 + eᶻ))` (Misra 2019). With `e = eᶻ` and `d = 1 / (e² + 2 e + 2)` the factor of z is
/// `(e² + 2 e) d`; with `q = e d`, `σ' = q (e + 2 + 4 z (q + d))` and `σ'' = 4 q d (2 + 2 e + z (1 − 2 e + 4 q))`.
///
/// Far out the factor is 0 or 1, exactly: z is cut there, for infinity times 0 is NaN, and e² overflows.
public enum MishActivation: CurvedActivation, SharingActivation {
    @inlinable @inline(__always) public static var shared: SharedActivation { .mish }

    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        result(.none, z, z, alpha: alpha)
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { result(.first, z, h, alpha: alpha) }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { result(.second, z, h, alpha: alpha) }

    @inlinable @inline(__always)
    public static func result<Set: InstructionSet>(
        _ derivative: Derivative, _ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>
    ) -> Lanes<Set> {
        let z = z.atLeast(-1000.0)
        let near = z.atMost(40.0)
        let e = Lanes.exp(near)
        let dividend = e * (e + 2.0)
        if derivative == .none { return z * (dividend / (dividend + 2.0)) }
        let d = 1.0 / (dividend + 2.0)
        let q = e * d
        return derivative == .first
            ? q * (e + 2.0 + near * 4.0 * (q + d))
            : q * d * 4.0 * (e + e + 2.0 + near * (1.0 - (e + e) + q * 4.0))
    }
}

/// `σ(z) = z / (1 + |z|)` (Turian et al. 2009); `σ' = (1 − |h|)²`, `σ'' = −2 (1 − |h|)³`, with the sign of z.
///
/// Far out h is ±1: z is cut there, for infinity over infinity is NaN.
public enum SoftsignActivation: CurvedActivation, SharingActivation {
    @inlinable @inline(__always) public static var shared: SharedActivation { .softsign }

    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        let distance = z.magnitude.atMost(1e30)
        return (distance / (distance + 1.0)).withSign(of: z)
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    {
        let flatness = 1.0 - h.magnitude
        return flatness * flatness
    }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    {
        let flatness = 1.0 - h.magnitude
        return flatness * flatness * flatness * h.sign * -2.0
    }
}

/// `σ(z) = eᶻ`; `σ' = σ'' = h`.
public enum ExponentialActivation: CurvedActivation, SharingActivation {
    @inlinable @inline(__always) public static var shared: SharedActivation { .exponential }

    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> { .exp(z) }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { h }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { h }
}
