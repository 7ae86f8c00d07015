// Costs of rows that are beyond float32, which the kernels compute in, though not beyond the float64 that C is: an error
// of 10²⁰ has a square of 10⁴⁰. Such rows are rare, and the kernels' results tell that there are some.

extension Cost {
    /// Which rows of finite outputs and targets can have terms beyond float32.
    enum Overflow: Sendable {
        /// None.
        case never
        /// Those of a mean over the outputs: the function of y and t that it is of, and its derivative with respect to y.
        case elementwise(
            @Sendable (_ y: Double, _ t: Double, _ parameter: Double) -> (value: Double, derivative: Double))
        /// Those of cross-entropy whose logits are far apart. Its derivatives stay in float32.
        case crossEntropy
    }

    /// Whether some of these numbers are so large that a row of them could be beyond float32.
    func mayOverflow(_ y: Matrix, _ targets: TargetView, _ arithmetic: Arithmetic) -> Bool {
        if case .never = overflow { return false }
        let largest = targets.values.map(arithmetic.largestMagnitude) ?? 0
        return !(largest < 1e18 && arithmetic.largestMagnitude(y) < 1e18)
    }

    /// What the kernel gives for a group, row by row: C's share of each is float64 where it is beyond float32.
    /// - Parameter evaluate: the kernel for one of the rows: C's share and, if wanted, its row of ∇C.
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

    /// `Σ t'_i (largest − y_i)` of logits that are so far apart that log Σ e^(y_j − largest), at most log N, is less than the
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
