/// `w ← w − η g`. Factors: η.
public enum GradientDescentRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 0 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        w = w.adding(Lanes(-factors[0]), times: g)
    }
}

/// `v ← μ v + g; w ← w − η v`. Factors: η, μ. State: v.
public enum MomentumRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 1 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        s.0 = g.adding(Lanes(factors[1]), times: s.0)
        w = w.adding(Lanes(-factors[0]), times: s.0)
    }
}

/// `m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η (m / c₁) / (√(v / c₂) + ε)`, where c₁ and c₂ are the bias
/// corrections `1 − βᵗ` (Kingma and Ba 2015, algorithm 1). Factors: η / c₁, β₁, β₂, ε, √(1 / c₂), 1 − β₁, 1 − β₂.
/// State: m, v.
///
/// One square root and one division for each element, both correctly rounded; no estimates, whose bits differ between
/// makers of processors.
public enum AdamRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 2 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        s.0 = (Lanes(factors[5]) * g).adding(Lanes(factors[1]), times: s.0)
        s.1 = (Lanes(factors[6]) * g * g).adding(Lanes(factors[2]), times: s.1)
        let deviation = Lanes(factors[3]).adding(s.1.squareRoot(), times: Lanes(factors[4]))
        w = w - Lanes(factors[0]) * s.0 / deviation
    }
}

/// `v ← μ v + g; w ← w − η (g + μ v)` (Sutskever et al. 2013, in the simplified form of Bengio et al. 2013).
/// Factors: η, μ. State: v.
public enum NesterovRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 1 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        s.0 = g.adding(Lanes(factors[1]), times: s.0)
        w = w.adding(Lanes(-factors[0]), times: g.adding(Lanes(factors[1]), times: s.0))
    }
}

/// `v ← v + g²; w ← w − η g / (√v + ε)` (Duchi et al. 2011, figure 1 with diagonal matrices). Factors: η, ε. State: v.
public enum AdaGradRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 1 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        s.0 = s.0.adding(g, times: g)
        w = w - Lanes(factors[0]) * g / (s.0.squareRoot() + Lanes(factors[1]))
    }
}

/// `v ← β₂ v + (1 − β₂) g²; w ← w − η g / (√v + ε)` (Tieleman and Hinton 2012, lecture 6.5). Factors: η, β₂, ε, 1 − β₂.
/// State: v.
public enum RMSpropRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 1 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        s.0 = (Lanes(factors[3]) * g * g).adding(Lanes(factors[1]), times: s.0)
        w = w - Lanes(factors[0]) * g / (s.0.squareRoot() + Lanes(factors[2]))
    }
}

/// m and v as ``AdamRule`` has them; `u ← max(u, v); w ← w − η (m / c₁) / (√(u / c₂) + ε)` (Reddi et al. 2018,
/// algorithm 2, with Adam's corrections). Factors: those of ``AdamRule``. State: m, v, u.
public enum AMSGradRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 3 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        s.0 = (Lanes(factors[5]) * g).adding(Lanes(factors[1]), times: s.0)
        s.1 = (Lanes(factors[6]) * g * g).adding(Lanes(factors[2]), times: s.1)
        s.2 = s.2.atLeast(s.1)
        let deviation = Lanes(factors[3]).adding(s.2.squareRoot(), times: Lanes(factors[4]))
        w = w - Lanes(factors[0]) * s.0 / deviation
    }
}

/// m and v as ``AdamRule`` has them; `w ← w − (a g + b m) / (√(v / c₂) + ε)`, where a and b depend on t (Dozat 2016,
/// algorithm 2). Factors: a, β₁, β₂, ε, √(1 / c₂), 1 − β₁, 1 − β₂, b. State: m, v.
public enum NAdamRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 2 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        s.0 = (Lanes(factors[5]) * g).adding(Lanes(factors[1]), times: s.0)
        s.1 = (Lanes(factors[6]) * g * g).adding(Lanes(factors[2]), times: s.1)
        let deviation = Lanes(factors[3]).adding(s.1.squareRoot(), times: Lanes(factors[4]))
        w = w - (Lanes(factors[0]) * g).adding(Lanes(factors[7]), times: s.0) / deviation
    }
}

/// `w ← w − η sign(β₁ m + (1 − β₁) g); m ← β₂ m + (1 − β₂) g` (Chen et al. 2023, algorithm 2, but for its weight decay).
/// Factors: η, β₁, β₂, 1 − β₁, 1 − β₂. State: m.
public enum LionRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 1 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        let direction = (Lanes(factors[3]) * g).adding(Lanes(factors[1]), times: s.0).sign
        w = w.adding(Lanes(-factors[0]), times: direction)
        s.0 = (Lanes(factors[4]) * g).adding(Lanes(factors[2]), times: s.0)
    }
}

/// With `p = d sign(g)`: `Δ ← min(Δ η⁺, Δ₊)` where `p > 0`; `Δ ← max(Δ η⁻, Δ₋)` where `p < 0`; then `w ← w − d Δ`, where `d ←
/// sign(g)`, but `d ← 0` where `p < 0` (iRPROP⁻: Igel and Hüsken 2000). Δ begins as η.
/// Factors: η, η⁺, η⁻, Δ₋, Δ₊. State: d, and Δ, which is 0 before it begins.
///
/// The signs are multiplied, not the gradients, whose product could underflow. The first step with η = 0 begins nothing.
public enum IRPROPMinusRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 2 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        let zero: Lanes<Set> = 0.0
        let size = Lanes<Set>.select(zero < s.1, s.1, Lanes(factors[0]))
        let direction = Lanes<Set>.select(zero < size, g.sign, zero)
        let agreement = direction * s.0
        let longer = (size * Lanes(factors[1])).atMost(Lanes(factors[4]))
        let shorter = (size * Lanes(factors[2])).atLeast(Lanes(factors[3]))
        s.0 = .select(agreement < zero, zero, direction)
        s.1 = .select(zero < agreement, longer, .select(agreement < zero, shorter, size))
        w = w.adding(-s.0, times: s.1)
    }
}

/// With the parameter's last step d and the g before it, p: `r = g / (p − g)`, but `r = μ` where g is more than
/// `μ / (1 + μ)` of p, which is where r is larger or the parabola has no bottom; `d ← r d − η g`, the second term only where g
/// has the sign of p, or where d = 0; |d| is cut at Δ₊; `w ← w + d` (Fahlman 1988). Factors: η, μ, μ / (1 + μ), Δ₊.
/// State: d, −p.
///
/// Everything is turned so that the last step is positive: then −p is positive, too.
public enum QuickpropRule: OptimizerRule {
    @inlinable @inline(__always) public static var stateCount: Int { 2 }
    @inlinable @inline(__always)
    public static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>
    ) {
        let zero: Lanes<Set> = 0.0
        let slope = -g
        let direction = Lanes<Set>(1.0).withSign(of: s.0)
        let (last, along, before) = (s.0.magnitude, slope * direction, s.1 * direction)
        let growth = Lanes<Set>(factors[1])
        let parabola = (along / (before - along)).atMost(growth)
        let ratio = Lanes<Set>.select(Lanes<Set>(factors[2]) * before < along, growth, parabola)
        let next = Lanes<Set>.select(
            zero < last, (ratio * last).adding(Lanes(factors[0]), times: along.atLeast(zero)),
            Lanes(factors[0]) * along)
        s.0 = next.atMost(Lanes(factors[3])).atLeast(Lanes(-factors[3])) * direction
        s.1 = slope
        w = w + s.0
    }
}
