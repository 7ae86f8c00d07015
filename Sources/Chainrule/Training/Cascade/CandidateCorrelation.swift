/// How well a candidate, a hidden unit that is not installed yet, follows what the network still does wrong (Fahlman and
/// Lebiere 1990): with V for the unit's values and E for the residual error of output o, over the rows p,
///
///     S = Σ_o |Σ_p (V_p − V̄) (E_po − Ē_o)| / √(Σ_p (V_p − V̄)² + ε Σ_p V_p²)
///
/// with E scaled such that `Σ_o √Σ_p (E_po − Ē_o)² = 1`. So S goes from 0 to 1, and with one output it is, but for ε, the
/// magnitude of the correlation coefficient.
///
/// Fahlman and Lebiere's E is `t − y`, for squared errors. Here it is `s = ∂C/∂z` of the output layer, which is the same up to
/// a factor for them and linear outputs, and serves every cost: `Σ_p V_p s_po` is ∂C/∂w of the weight from the unit to the
/// output. They leave out the denominator, without which S of an unbounded σ has no maximum.
enum CandidateCorrelation {
    /// ε: a unit that hardly differs from a constant is of little use to the outputs, whatever its correlation.
    private static let constancy = 0.01

    /// Below, ∂S/∂V would come near the largest float32.
    private static let leastNorm = 1e-30

    /// −S of the outputs of a network of one unit. The targets are E.
    static var cost: Cost {
        Cost(
            custom: CustomCost { v, residual, _, rows, _, gradient throws(ChainruleError) in
                -evaluate(v, residual, rows: rows, gradient: &gradient)
            })
    }

    /// S.
    /// - Parameters:
    ///   - residual: E, centred and scaled, `rows × outputs`.
    ///   - gradient: set to −∂S/∂V.
    private static func evaluate(
        _ v: Span<Float>, _ residual: Span<Float>, rows: Int, gradient: inout MutableSpan<Float>
    ) -> Double {
        var sum = 0.0
        for row in 0..<rows {
            sum += Double(v[row])
            gradient[row] = 0
        }
        let mean = sum / Double(rows)
        var squares = 0.0
        for row in 0..<rows {
            let value = Double(v[row])
            squares += (value - mean) * (value - mean)
            squares += constancy * value * value
        }
        let norm = squares.squareRoot()
        // A unit that is 0 follows nothing.
        guard norm > leastNorm else { return 0 }
        let outputs = residual.count / rows
        var correlation = 0.0
        for output in 0..<outputs {
            var covariance = 0.0
            for row in 0..<rows { covariance += (Double(v[row]) - mean) * Double(residual[row * outputs + output]) }
            correlation += covariance.magnitude / norm
            let sign: Float = covariance < 0 ? -1 : 1
            for row in 0..<rows { gradient[row] += sign * residual[row * outputs + output] }
        }
        // ∂S/∂V_p = (Σ_o sign_o E_po − S (V_p − V̄ + ε V_p) / norm) / norm; V̄ does not count: E and V − V̄ have the sum 0.
        for row in 0..<rows {
            let value = Double(v[row])
            let share = correlation * (value - mean + constancy * value) / norm
            gradient[row] = Float((share - Double(gradient[row])) / norm)
        }
        return correlation
    }

    /// Makes E of `s`, `rows × outputs`, in its place.
    /// - Returns: false if s is the same in all rows: there is nothing to follow.
    static func center(_ s: Matrix) -> Bool {
        var total = 0.0
        for column in 0..<s.columns {
            var sum = 0.0
            for row in 0..<s.rows { sum += Double(s[row, column]) }
            let mean = sum / Double(s.rows)
            var squares = 0.0
            for row in 0..<s.rows {
                let deviation = Double(s[row, column]) - mean
                squares += deviation * deviation
                s[row, column] = Float(deviation)
            }
            total += squares.squareRoot()
        }
        guard total > 0 else { return false }
        for row in 0..<s.rows {
            for column in 0..<s.columns { s[row, column] = Float(Double(s[row, column]) / total) }
        }
        return true
    }
}
