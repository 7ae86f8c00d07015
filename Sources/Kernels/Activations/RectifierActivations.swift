// The comparisons are written so that NaN goes through, in values and in derivatives: it is neither below nor above zero.

/// `σ(z) = max(0, z)`; `σ'(0) = 0`.
public enum ReLUActivation: ElementwiseActivation {
    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> { z.atLeast(0.0) }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { .select(0.0 < h, 1.0, h) }
}

/// `σ(z) = z` above zero and `α z` below (Maas et al. 2013); `σ'(0) = α`.
public enum LeakyReLUActivation: ElementwiseActivation {
    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        .select(z < 0.0, alpha * z, z)
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { .select(0.0 < z, 1.0, z.atLeast(alpha)) }
}

/// `σ(z) = z` above zero and `α (eᶻ − 1)` below (Clevert et al. 2016); below zero `σ' = σ'' = h + α`.
public enum ELUActivation: CurvedActivation {
    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        .select(z < 0.0, alpha * .expMinusOne(z), z)
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { .select(0.0 < z, 1.0, h + alpha) }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { .select(0.0 < z, 0.0, h + alpha) }
}

/// `σ(z) = λ ELU(z)` with the α and λ for which activations keep mean 0 and variance 1 (Klambauer et al. 2017).
public enum SELUActivation: CurvedActivation {
    @inlinable @inline(__always) static func a<Set: InstructionSet>() -> Lanes<Set> { 1.6732632423543772 }
    @inlinable @inline(__always) static func lambda<Set: InstructionSet>() -> Lanes<Set> { 1.0507009873554805 }

    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        lambda() * ELUActivation.value(z, alpha: a())
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { .select(0.0 < z, lambda(), h + lambda() * a()) }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { .select(0.0 < z, 0.0, h + lambda() * a()) }
}
