/// How well a candidate, a hidden unit not yet installed, follows the network's remaining errors (Fahlman and Lebiere
/// 1990). With V for the unit's values and E for the residual error of output o, over the rows p:
///
///     S = Σ_o |Σ_p (V_p − V̄) (E_po − Ē_o)| / √(Σ_p (V_p − V̄)² + ε Σ_p V_p²)
///
/// E is scaled so that `Σ_o √Σ_p (E_po − Ē_o)² = 1`. So S goes from 0 to 1. With one output it is, apart from ε, the
/// magnitude of the correlation coefficient.
///
/// Fahlman and Lebiere's E is `t − y`, for squared errors. Here E is `s = ∂C/∂z` of the output layer. For squared
/// errors and linear outputs the two are equal up to a factor; s works for every cost: `Σ_p V_p s_po` is ∂C/∂w of the
/// weight from the unit to the output. They omit the denominator; without it S has no maximum for an unbounded σ.
enum CandidateCorrelation {
    /// ε: an almost constant unit is of little use to the outputs, whatever its correlation.
    private static let constancy = 0.01

    /// Below this, ∂S/∂V would come near the largest float32.
    private static let leastNorm = 1e-30

    /// The cost −S of the outputs of a one-unit network. The targets are E.
    static var cost: Cost {
        Cost(
            custom: CustomCost { v, residual, _, rows, _, gradient throws(ChainruleError) in
                -evaluate(v, residual, rows: rows, gradient: &gradient)
            })
    }

    /// Computes S.
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
        // ∂S/∂V_p = (Σ_o sign_o E_po − S (V_p − V̄ + ε V_p) / norm) / norm. V̄ drops out: E and V − V̄ sum to 0.
        for row in 0..<rows {
            let value = Double(v[row])
            let share = correlation * (value - mean + constancy * value) / norm
            gradient[row] = Float((share - Double(gradient[row])) / norm)
        }
        return correlation
    }

    /// Turns `s`, `rows × outputs`, into E, in place.
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
