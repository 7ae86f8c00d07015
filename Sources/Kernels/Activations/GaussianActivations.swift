/// `σ(z) = z Φ(z)`, Φ the standard normal distribution function through erf (Hendrycks and Gimpel 2016);
/// `σ' = Φ(z) + z φ(z)`, φ the density; `σ'' = φ(z) (2 − z²)`.
///
/// Far out Φ is 0 or 1 and φ is 0, both exactly: z is cut there, for infinity times 0 is NaN.
public enum GELUActivation: CurvedActivation {
    @inlinable @inline(__always)
    static func distribution<Set: InstructionSet>(_ z: Lanes<Set>) -> Lanes<Set> {
        (Lanes.erf(z * 0.7071067811865476) + 1.0) * 0.5
    }

    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        z.atLeast(-100.0) * distribution(z)
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    {
        let z = z.atLeast(-100.0).atMost(100.0)
        let density = Lanes.exp(z * z * -0.5) * 0.3989422804014327
        return distribution(z) + z * density
    }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    {
        let z = z.atLeast(-100.0).atMost(100.0)
        let density = Lanes.exp(z * z * -0.5) * 0.3989422804014327
        return density * (2.0 - z * z)
    }
}

/// `σ(z) = z (1 + tanh u) / 2` with `u = √(2/π) (z + 0.044715 z³)` (Hendrycks and Gimpel 2016);
/// with `t = tanh u`, `σ' = (1 + t) / 2 + z (1 − t²) u' / 2` and `σ'' = (1 − t²) (u' + z (u''/2 − t u'²))`.
///
/// Far out t is ±1, exactly: z is cut there, for infinity times 0 is NaN.
public enum GELUTanhActivation: CurvedActivation {
    @inlinable @inline(__always)
    static func tanhOfCubic<Set: InstructionSet>(_ z: Lanes<Set>) -> Lanes<Set> {
        .tanh((z + z * z * z * 0.044715) * 0.7978845608028654)
    }

    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        z.atLeast(-100.0) * ((tanhOfCubic(z) + 1.0) * 0.5)
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    {
        let z = z.atLeast(-100.0).atMost(100.0)
        let t = tanhOfCubic(z)
        let slope = (z * z * (3.0 * 0.044715) + 1.0) * 0.7978845608028654
        let fall = 1.0 - t * t
        return (t + 1.0) * 0.5 + z * fall * slope * 0.5
    }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    {
        let z = z.atLeast(-100.0).atMost(100.0)
        let t = tanhOfCubic(z)
        let slope = (z * z * (3.0 * 0.044715) + 1.0) * 0.7978845608028654
        let bend = z * (3.0 * 0.044715 * 0.7978845608028654) - t * slope * slope
        let fall = 1.0 - t * t
        return fall * (slope + z * bend)
    }
}
