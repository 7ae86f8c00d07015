extension Float {
    /// The hyperbolic tangent, within 1.5 ulp.
    ///
    /// Up to ½, `x + x³ p(x²)`, p being the minimax polynomial of that relative error, found with the Remez exchange
    /// algorithm: 1.5 · 10⁻⁸; beyond, `t / (t + 2)` with `t = e^(2|x|) − 1`.
    @inlinable @inline(__always)
    public static func tanh<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Float {
        // Beyond 9.1 the result is 1.
        let y = x.magnitude.atMost(10.0)

        let s = y * y
        let high = Lanes.line(-0.0530447848, 0.0172398072, s)
        let p = Lanes.line(-0.333331436, 0.1332587, s).adding(high, times: s * s)
        let inner = y.adding(y * s, times: p)

        let (n, power) = reduced(y + y)
        let scale = Lanes.powerOfTwo(n)
        let t = (scale - 1.0).adding(scale, times: power)
        let outer = t / (t + 2.0)

        return Lanes.select(y < 0.5, inner, outer).withSign(of: x)
    }
}
