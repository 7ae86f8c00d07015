extension Float {
    /// The error function, within 1.01 ulp; 1.24 in the baseline.
    ///
    /// Up to 0.93, `x + x p(x²)`; beyond, `1 − e^r(|x|)` with `r(t) = log erfc t ≈ −t + t q(t)` (the form is N. Juffa's,
    /// https://stackoverflow.com/q/35148198). p and q are minimax polynomials of the relative error of erf, found with
    /// the Remez exchange algorithm: 1.8 · 10⁻⁸ and 3 · 10⁻⁹.
    @inlinable @inline(__always)
    public static func erf<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Float {
        // Beyond 4 the result is 1.
        let t = x.magnitude.atMost(4.0)

        let s = t * t
        let highP = Lanes.line(-0.0267629158, 0.0049872552, s).adding(s * s, times: -0.000595899241)
        let p = Lanes.line(0.128379151, -0.376124889, s).adding(s * s, times: Lanes.line(0.112817302, highP, s))
        let inner = t.adding(t, times: p)

        let highQ = Lanes.line(0.0228900388, -0.00321499188, t).adding(s, times: 0.00021399153)
        let q = Lanes.line(-0.128514364, -0.635718286, t).adding(s, times: Lanes.line(-0.105261914, highQ, t))
        let (n, power) = reduced((-t).adding(t, times: q))
        let scale = Lanes.powerOfTwo(n)
        let outer = (Lanes(1.0) - scale).adding(-scale, times: power)

        return Lanes.select(t < 0.93, inner, outer).withSign(of: x)
    }
}
