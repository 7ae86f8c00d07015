// Method: Cody and Waite (1980), chapter 5, with a polynomial instead of their rational function: x = 2ᵏ (1 + f) with
// ⅔ ≤ 1 + f < 4⁄3, log x = k ln 2 + log(1 + f).

extension Float {
    /// `k ln 2 + log(1 + f)` for |f| ≤ ⅓.
    ///
    /// `log(1 + f) = f − f²/2 + f³ q(f)`, where q is the minimax polynomial of that relative error, found with the Remez
    /// exchange algorithm: 6 · 10⁻⁹, a twentieth of an ulp.
    @inlinable @inline(__always)
    static func log<Set: InstructionSet>(exponent k: Lanes<Set>, fraction f: Lanes<Set>) -> Lanes<Set>
    where Set.Scalar == Float {
        let f2 = f * f
        let high = Lanes.line(0.140058696, -0.121842608, f).adding(Lanes.line(0.139844373, -0.12891686, f), times: f2)
        let low = Lanes.line(0.333332151, -0.249997973, f).adding(Lanes.line(0.200104058, -0.16680488, f), times: f2)
        let q = low.adding(high, times: f2 * f2)
        // ln 2 as 355/512, whose product with k is exact, and the rest.
        let small = (k * -2.12194440e-4).adding(Lanes.line(-0.5, q, f), times: f2)
        return (f + small).adding(k, times: 0.693359375)
    }

    /// The natural logarithm, within 0.9 ulp; 0.98 in the baseline. Of 0 −∞, of numbers below NaN.
    @inlinable @inline(__always)
    public static func log<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Float {
        // Subnormal numbers have no exponent of their own.
        let isSmall = x < 0x1p-126
        let normal = Lanes.select(isSmall, x * 0x1p23, x)
        let k = normal.exponent - .select(isSmall, 23.0, 0.0)
        let result = log(exponent: k, fraction: normal.significand - 1.0)
        return limited(result, x, zero: 0.0)
    }

    /// `log(1 + x)`, within 1.61 ulp; 1.73 in the baseline. Of −1 −∞, of numbers below NaN.
    ///
    /// With the k of the rounded `1 + x`, the fraction `f = 2⁻ᵏ (1 + x) − 1` is computed of x itself and rounded once.
    @inlinable @inline(__always)
    public static func log<Set: InstructionSet>(onePlus x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Float {
        let k = (x + 1.0).exponent
        let scale = Lanes(1.0).scaled(byPowerOfTwo: -k)
        let result = log(exponent: k, fraction: (scale - 1.0).adding(x, times: scale))
        return limited(result.withSign(of: x), x, zero: -1.0)
    }

    /// `log(1 + x)` for x from 0 to 1, where k is 0 or 1, with the same bounds. NaN gives NaN.
    @inlinable @inline(__always)
    public static func log<Set: InstructionSet>(onePlusProportion x: Lanes<Set>) -> Lanes<Set>
    where Set.Scalar == Float {
        let isLarge = x > 0.333333343
        return log(exponent: .select(isLarge, 1.0, 0.0), fraction: .select(isLarge, Lanes.line(-0.5, 0.5, x), x))
    }

    /// −∞ where x is the logarithm's zero, NaN below it, x itself where it is infinite or NaN.
    @inlinable @inline(__always)
    static func limited<Set: InstructionSet>(_ result: Lanes<Set>, _ x: Lanes<Set>, zero: Lanes<Set>) -> Lanes<Set>
    where Set.Scalar == Float {
        let low = Lanes.select(x < zero, Lanes(Float.nan), Lanes(-Float.infinity))
        let high = Lanes.select(x < Lanes(Float.infinity), result, x)
        return .select(x <= zero, low, high)
    }
}
