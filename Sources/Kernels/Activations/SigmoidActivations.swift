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
