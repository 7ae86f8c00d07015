// The comparisons are written so that NaN goes through. At the kinks σ' is PyTorch's.

/// `σ(z) = min(max(0, z), α)`; σ' is 1 between 0 and α, and 0 elsewhere. With α = 6 it is ReLU6 (Howard et al. 2017).
public enum ClippedReLUActivation: SharingActivation {
    @inlinable @inline(__always) public static var shared: SharedActivation { .clippedReLU }

    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        z.atLeast(0.0).atMost(alpha)
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { .select(0.0 < h, .select(h < alpha, 1.0, 0.0), h) }
}

/// `σ(z) = min(max(0, z / 6 + 1/2), 1)` (Howard et al. 2019); σ' is 1/6 where h is between 0 and 1, and 0 elsewhere.
public enum HardSigmoidActivation: SharingActivation {
    @inlinable @inline(__always) public static var shared: SharedActivation { .hardSigmoid }

    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> { value(z) }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { .select(0.0 < h, .select(h < 1.0, 0.16666666666666666, 0.0), h) }

    @inlinable @inline(__always)
    static func value<Set: InstructionSet>(_ z: Lanes<Set>) -> Lanes<Set> {
        (z + 3.0).atLeast(0.0).atMost(6.0) * 0.16666666666666666
    }
}

/// `σ(z) = z · hard sigmoid(z)` (Howard et al. 2019); between −3 and 3 `σ' = z / 3 + 1/2` and `σ'' = 1/3`.
///
/// Below −3 the factor is 0, exactly: z is cut there, for infinity times 0 is NaN.
public enum HardSwishActivation: CurvedActivation, SharingActivation {
    @inlinable @inline(__always) public static var shared: SharedActivation { .hardSwish }

    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(_ z: Lanes<Set>, alpha: Lanes<Set>) -> Lanes<Set> {
        z.atLeast(-3.0) * HardSigmoidActivation.value(z)
    }
    @inlinable @inline(__always)
    public static func derivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { .select(3.0 <= z, 1.0, .select(z <= -3.0, 0.0, .line(0.5, 0.3333333333333333, z))) }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ z: Lanes<Set>, _ h: Lanes<Set>, alpha: Lanes<Set>)
        -> Lanes<Set>
    { .select(3.0 <= z.magnitude, 0.0, .line(0.3333333333333333, 0.0, z)) }
}
