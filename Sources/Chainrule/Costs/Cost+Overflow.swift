// Costs of rows that exceed float32, in which the kernels compute, but not float64, the type of C. An error of 10²⁰ has
// a square of 10⁴⁰. Such rows are rare. The kernels' results show whether there are any.

extension Cost {
    /// Which rows of finite outputs and targets can have terms that exceed float32.
    enum Overflow: Sendable {
        /// None.
        case never
        /// The rows of a mean over the outputs. Holds the function of y and t, and its derivative with respect to y.
        case elementwise(
            @Sendable (_ y: Double, _ t: Double, _ parameter: Double) -> (value: Double, derivative: Double))
        /// The rows of cross-entropy with logits far apart. Its derivatives stay in float32.
        case crossEntropy
    }

    /// Whether some of these numbers are so large that a row of them could exceed float32.
    func mayOverflow(_ y: Matrix, _ targets: TargetView, _ arithmetic: Arithmetic) -> Bool {
        if case .never = overflow { return false }
        let largest = targets.values.map(arithmetic.largestMagnitude) ?? 0
        return !(largest < 1e18 && arithmetic.largestMagnitude(y) < 1e18)
    }

    /// Computes a group like the kernel, but row by row: a row's share of C is float64 where it exceeds float32.
    /// - Parameter evaluate: the kernel for one row: returns its share of C and, if asked, writes its row of ∇C.
    func evaluateRows(
        _ y: Matrix, _ targets: TargetView, gradient: Matrix?, normalizer: Double,
        _ evaluate: (_ row: Int, _ weights: UnsafePointer<Float>?, _ normalizer: Double, _ gradient: Matrix?) -> Double
    ) -> Double {
        var total = 0.0
        for row in 0..<y.rows {
            let weight = targets.weights.map { Double($0[row]) } ?? 1
            var cost = evaluate(row, nil, 1, nil)
            let slopes = gradient?.rows(from: row, count: 1)
            if case .elementwise(let function) = overflow, !cost.isFinite, let values = targets.values {
                cost = 0
                let factor = weight / normalizer / Double(y.columns)
                for column in 0..<y.columns {
                    let (value, derivative) = function(
                        Double(y[row, column]), Double(values[row, column]), Double(parameter))
                    cost += value / Double(y.columns)
                    slopes?[0, column] = Float(factor * derivative)
                }
            } else {
                if case .crossEntropy = overflow, !cost.isFinite { cost = crossEntropy(y.row(row), targets, row: row) }
                if let slopes {
                    _ = evaluate(row, targets.weights?.baseAddress.map { $0 + row }, normalizer, slopes)
                }
            }
            total += weight * cost
        }
        return total / normalizer
    }

    /// `Σ t'_i (largest − y_i)`, for logits so far apart that log Σ e^(y_j − largest), at most log N, is below the
    /// rounding of the sum.
    private func crossEntropy(_ y: Matrix, _ targets: TargetView, row: Int) -> Double {
        var largest = Double(y[0, 0])
        for column in 0..<y.columns { largest = max(largest, Double(y[0, column])) }
        let smoothing = Double(parameter)
        var cost = 0.0
        for column in 0..<y.columns {
            let target =
                targets.classes.map { Int($0[row]) == column ? 1 : 0 } ?? targets.values.map { Double($0[row, column]) }
                ?? 0
            let smoothed = (1 - smoothing) * target + smoothing / Double(y.columns)
            if smoothed > 0 { cost += smoothed * (largest - Double(y[0, column])) }
        }
        // NaN is in no comparison.
        return y.firstNotFinite() == nil ? cost : .nan
    }
}
