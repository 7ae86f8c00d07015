// Method: Cody and Waite, Software Manual for the Elementary Functions (1980), chapter 6: x = n ln 2 + r with |r| ≤ ln 2 / 2,
// eˣ = 2ⁿ eʳ, eʳ by a polynomial.

extension Float {
    /// `n` and `eʳ − 1` of x = n ln 2 + r. |x| ≤ 104, or NaN.
    ///
    /// `eʳ − 1 = r + r² q(r)`, where q is the minimax polynomial of that relative error, found with the Remez exchange
    /// algorithm: 1.7 · 10⁻⁸, an eighth of an ulp.
    @inlinable @inline(__always)
    static func reduced<Set: InstructionSet>(_ x: Lanes<Set>) -> (n: Lanes<Set>, power: Lanes<Set>)
    where Set.Scalar == Float {
        // Added to 1.5 · 2²³, a number is rounded to a whole one.
        let shift: Lanes<Set> = 12582912.0
        let n = shift.adding(x, times: 1.44269504) - shift
        // ln 2 as 355/512, whose product with n is exact, and the rest.
        let r = x.adding(n, times: -0.693359375).adding(n, times: 2.12194440e-4)
        let r2 = r * r
        let high = Lanes.line(0.0416672006, 0.00836652052, r).adding(r2, times: 0.00138825213)
        let q = Lanes.line(0.49999997, 0.166665435, r).adding(high, times: r2)
        return (n, r.adding(r2, times: q))
    }

    /// `eˣ`, within 1.07 ulp; subnormal results within 0.75.
    @inlinable @inline(__always)
    public static func exp<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Float {
        // Beyond −104 the result is 0, beyond 89 infinity.
        let (n, power) = reduced(x.atMost(89.0).atLeast(-104.0))
        return (power + 1.0).scaled(byPowerOfTwo: n)
    }

    /// `eˣ − 1 = 2ⁿ (eʳ − 1) + (2ⁿ − 1)`, within 1.65 ulp; 1.8 in the baseline.
    @inlinable @inline(__always)
    public static func expMinusOne<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Float {
        // Below −17.4 the result is −1, beyond 89 infinity. Half of everything until the end: 2ⁿ alone may overflow.
        let (n, power) = reduced(x.atMost(89.0).atLeast(-25.0))
        let half = Lanes.powerOfTwo(n - 1.0)
        let result = (half - 0.5).adding(half, times: power)
        return (result + result).withSign(of: x)
    }
}
