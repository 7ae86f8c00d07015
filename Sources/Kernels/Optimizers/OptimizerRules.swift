/// `w ← w − η g`. Factors: η.
public enum GradientDescentRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 0 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout (Lanes<Set>, Lanes<Set>), _ g: Lanes<Set>,
        _ factors: UnsafePointer<Set.Scalar>
    ) {
        w = w.adding(Lanes(-factors[0]), times: g)
    }
}

/// `v ← μ v + g; w ← w − η v`. Factors: η, μ. State: v.
public enum MomentumRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 1 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout (Lanes<Set>, Lanes<Set>), _ g: Lanes<Set>,
        _ factors: UnsafePointer<Set.Scalar>
    ) {
        s.0 = g.adding(Lanes(factors[1]), times: s.0)
        w = w.adding(Lanes(-factors[0]), times: s.0)
    }
}

/// `m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η (m / c₁) / (√(v / c₂) + ε)`, where c₁ and c₂ are the bias
/// corrections `1 − βᵗ` (Kingma and Ba 2015, algorithm 1). Factors: η / c₁, β₁, β₂, ε, √(1 / c₂), 1 − β₁, 1 − β₂. State: m, v.
///
/// One square root and one division for each element, both correctly rounded; no estimates, whose bits differ between
/// makers of processors.
public enum AdamRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 2 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout (Lanes<Set>, Lanes<Set>), _ g: Lanes<Set>,
        _ factors: UnsafePointer<Set.Scalar>
    ) {
        s.0 = (Lanes(factors[5]) * g).adding(Lanes(factors[1]), times: s.0)
        s.1 = (Lanes(factors[6]) * g * g).adding(Lanes(factors[2]), times: s.1)
        let deviation = Lanes(factors[3]).adding(s.1.squareRoot(), times: Lanes(factors[4]))
        w = w - Lanes(factors[0]) * s.0 / deviation
    }
}
