/// `−t log y − (1 − t) log(1 − y)` of a probability y. Logarithms are cut at −100 and the derivative's denominator at
/// 10⁻¹², so that a certain and wrong y costs much but not infinitely much.
public enum BinaryCrossEntropy: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>) -> (
        value: Lanes<Set>, derivative: Lanes<Set>
    ) {
        let logY = Lanes.log(y).atLeast(-100.0)
        let logNotY = Lanes.log(onePlus: -y).atLeast(-100.0)
        let value = -t * logY - (1.0 - t) * logNotY
        let spread = (y * (1.0 - y)).atLeast(1e-12)
        return (value, (y - t) / spread)
    }
}

/// The same of `sigmoid(y)`: `max(y, 0) − y t + log(1 + e^−|y|)`, whose derivative is `sigmoid(y) − t`.
public enum BinaryCrossEntropyOfLogits: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>) -> (
        value: Lanes<Set>, derivative: Lanes<Set>
    ) {
        (y.atLeast(0.0) - y * t + .log(onePlusProportion: .exp(-y.magnitude)), SigmoidActivation.value(y) - t)
    }
}

/// `−Σ t_i log softmax(y)_i` of logits y and a distribution t; the derivative is `softmax(y) Σ t − t`.
@usableFromInline
enum CrossEntropyKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// As ``CostKernel/evaluate``. There is no parameter.
    @inlinable @inline(never)
    static func evaluate(
        rows: Int, columns: Int, _ y: In, yStride: Int, _ t: In, tStride: Int, weights: In?, normalizer: Double,
        parameter: Set.Scalar, gradient: Out?, gradientStride: Int
    ) -> Double {
        let weights = RowWeights(weights, normalizer)
        let gradient = GradientRows<Set>(gradient, stride: gradientStride, elsewhere: y)
        var total = 0.0
        for row in 0..<rows {
            let (y, t) = (y + row * yStride, t + row * tStride)
            let e = RowExponentials<Set>(y, columns, writing: nil)
            let logarithm = Lanes.log(Lanes<Set>(e.total))
            var costs = Set.Sums()
            var masses: Lanes<Set> = 0.0
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let target = Lanes<Set>(loading: t + i, left)
                let cost = target * (logarithm - (Lanes(loading: y + i, left) - e.largest))
                // Where t is 0 the logarithm may be infinite.
                costs = Set.accumulate(costs, Lanes.select(target.magnitude > 0.0, cost, 0.0).vector)
                masses = masses + target
            }
            total += weights[row] * Set.total(costs)
            let ratio = Lanes<Set>(Set.pairwiseSum(masses.vector) / e.total)
            let scale = Lanes<Set>(weights.scale(row))
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let target = Lanes<Set>(loading: t + i, left)
                let power = e.fits ? e.all : .exp(Lanes(loading: y + i, left) - e.largest)
                gradient.store(scale * (power * ratio - target), row, i, left)
            }
        }
        return total / normalizer
    }

    /// The same where t is 1 at the row's class and 0 elsewhere. `gradient` may be `y` itself.
    @inlinable @inline(__always)
    static func evaluate(
        rows: Int, columns: Int, _ y: In, yStride: Int, classes: UnsafePointer<Int32>, weights: In?, normalizer: Double,
        gradient: Out?, gradientStride: Int
    ) -> Double {
        let weighting = RowWeights(weights, normalizer)
        var total = 0.0
        // One logarithm for as many rows as a vector has lanes.
        for (first, left) in Lanes<Set>.vectors(of: rows) {
            let count = min(left, Lanes<Set>.count)
            var sums: Lanes<Set> = 1.0
            var gaps: Lanes<Set> = 0.0
            for lane in 0..<count {
                let row = first + lane
                let y = y + row * yStride
                let target = Int(classes[row])
                let output = Lanes<Set>(y[target])
                let slopes = gradient.map { $0 + row * gradientStride }
                let e = RowExponentials<Set>(y, columns, writing: slopes)
                let isLane = Lanes<Set>.Condition(Set.lane(at: lane))
                sums = .select(isLane, Lanes(e.total), sums)
                gaps = .select(isLane, output - e.largest, gaps)
                guard let slopes else { continue }
                let ratio = Lanes<Set>(1 / e.total)
                let scale = Lanes<Set>(weighting.scale(row))
                for (i, left) in Lanes<Set>.vectors(of: columns) {
                    let p = e.values(from: slopes + i, left) * ratio
                    let isTarget = Lanes<Set>.Condition(Set.lane(at: target - i))
                    (scale * .select(isTarget, p - 1.0, p)).store(slopes + i, left)
                }
            }
            let costs = Lanes.log(sums) - gaps
            total = Set.addInTurn(total, costs.vector, weights: weights.map { $0 + first }, count)
        }
        return total / normalizer
    }
}
