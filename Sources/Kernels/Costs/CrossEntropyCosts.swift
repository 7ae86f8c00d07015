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
    /// `t / y² + (1 − t) / (1 − y)²`, over a common denominator; where that is cut, the slope of the derivative there.
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>)
        -> Lanes<Set>
    {
        let spread = y * (1.0 - y)
        let difference = y - t
        let exact = (difference * difference + t * (1.0 - t)) / (spread * spread)
        return .select(spread <= 1e-12, 1e12, exact)
    }
}

/// The same of `sigmoid(y)`: with `q = sigmoid(−|y|)`, and `u` = t where y is negative and 1 − t elsewhere,
/// `|y| u + log(1 + e^−|y|)`, whose derivative is `±(u − q)` with the sign of y. In `max(y, 0) − y t` and `sigmoid(y) − t`, which
/// are the same, large y and certain ones cancel.
public enum BinaryCrossEntropyOfLogits: ElementwiseCost {
    @inlinable @inline(__always)
    public static func evaluate<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>) -> (
        value: Lanes<Set>, derivative: Lanes<Set>
    ) {
        let e = Lanes.exp(-y.magnitude)
        let isNegative = y < 0.0
        let u = Lanes.select(isNegative, t, 1.0 - t)
        let q = e / (e + 1.0)
        return (
            Lanes.log(onePlusProportion: e).adding(y.magnitude, times: u), .select(isNegative, q - u, u - q)
        )
    }
    @inlinable @inline(__always)
    public static func secondDerivative<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>)
        -> Lanes<Set>
    {
        let q = SigmoidActivation.value(-y.magnitude)
        return q * (1.0 - q)
    }
}

/// The targets t of cross-entropy, by the vector.
@usableFromInline
protocol CrossEntropyTargets {
    associatedtype Set: InstructionSet
    /// Those of some columns of a row, of which `left` are left; what is in the lanes after them does not matter.
    func lanes(_ row: Int, _ column: Int, _ left: Int) -> Lanes<Set>
}

/// A distribution for each row.
@usableFromInline
struct TargetDistributions<Set: InstructionSet>: CrossEntropyTargets {
    @usableFromInline let base: UnsafePointer<Set.Scalar>
    @usableFromInline let stride: Int

    @inlinable @inline(__always)
    init(_ base: UnsafePointer<Set.Scalar>, stride: Int) {
        self.base = base
        self.stride = stride
    }

    @inlinable @inline(__always)
    func lanes(_ row: Int, _ column: Int, _ left: Int) -> Lanes<Set> {
        Lanes(loading: base + (row * stride + column), left)
    }
}

/// 1 at each row's class, and 0 elsewhere.
@usableFromInline
struct TargetClasses<Set: InstructionSet>: CrossEntropyTargets {
    @usableFromInline let classes: UnsafePointer<Int32>

    @inlinable @inline(__always)
    init(_ classes: UnsafePointer<Int32>) { self.classes = classes }

    @inlinable @inline(__always)
    func lanes(_ row: Int, _ column: Int, _ left: Int) -> Lanes<Set> {
        .select(Lanes<Set>.Condition(Set.lane(at: Int(classes[row]) - column)), 1.0, 0.0)
    }
}

/// `−Σ t'_i log softmax(y)_i` of logits y and a distribution t, of N elements, with `t' = (1 − ε) t + ε / N`; the derivative is
/// `softmax(y) Σ t' − t'`.
@usableFromInline
enum CrossEntropyKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// As ``CostKernel/evaluate``. The parameter is ε.
    @inlinable @inline(never)
    static func evaluate(
        rows: Int, columns: Int, _ y: In, yStride: Int, _ t: In, tStride: Int, weights: In?, normalizer: Double,
        parameter: Set.Scalar, gradient: Out?, gradientStride: Int
    ) -> Double {
        evaluate(
            rows: rows, columns: columns, y, yStride: yStride, TargetDistributions<Set>(t, stride: tStride),
            weights: weights, normalizer: normalizer, smoothing: parameter, gradient: gradient,
            gradientStride: gradientStride)
    }

    /// The same of classes, of which ``evaluate(rows:columns:_:yStride:classes:weights:normalizer:gradient:gradientStride:)`` is
    /// the quicker way without ε.
    @inlinable @inline(never)
    static func evaluateSmoothed(
        rows: Int, columns: Int, _ y: In, yStride: Int, classes: UnsafePointer<Int32>, weights: In?, normalizer: Double,
        smoothing: Set.Scalar, gradient: Out?, gradientStride: Int
    ) -> Double {
        evaluate(
            rows: rows, columns: columns, y, yStride: yStride, TargetClasses<Set>(classes), weights: weights,
            normalizer: normalizer, smoothing: smoothing, gradient: gradient, gradientStride: gradientStride)
    }

    @inlinable @inline(__always)
    static func evaluate<Targets: CrossEntropyTargets>(
        rows: Int, columns: Int, _ y: In, yStride: Int, _ targets: Targets, weights: In?, normalizer: Double,
        smoothing: Set.Scalar, gradient: Out?, gradientStride: Int
    ) -> Double where Targets.Set == Set {
        let weights = RowWeights(weights, normalizer)
        let gradient = GradientRows<Set>(gradient, stride: gradientStride, elsewhere: y)
        let (kept, spread) = (Lanes<Set>(1 - smoothing), Lanes<Set>(smoothing / Set.Scalar(columns)))
        var total = 0.0
        for row in 0..<rows {
            let y = y + row * yStride
            let e = RowExponentials<Set>(y, columns, writing: nil)
            let logarithm = Lanes.log(Lanes<Set>(e.total))
            var costs = Set.Sums()
            var masses: Lanes<Set> = 0.0
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let target = spread.adding(kept, times: targets.lanes(row, i, left)).prefix(left, else: 0.0)
                let cost = target * (logarithm - (Lanes(loading: y + i, left) - e.largest))
                // Where t is 0 the logarithm may be infinite.
                costs = Set.accumulate(costs, Lanes.select(target.magnitude > 0.0, cost, 0.0).vector)
                masses = masses + target
            }
            total += weights[row] * Set.total(costs)
            let ratio = Lanes<Set>(Set.pairwiseSum(masses.vector) / e.total)
            let scale = Lanes<Set>(weights.scale(row))
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let target = spread.adding(kept, times: targets.lanes(row, i, left))
                let power = e.fits ? e.all : .exp(Lanes(loading: y + i, left) - e.largest)
                gradient.store(scale * (power * ratio - target), row, i, left)
            }
        }
        return total / normalizer
    }

    /// As ``CostKernel/hessianProduct``: `Σ t' · p ⊙ (v − pᵀ v)` with `p = softmax(y)`; Σ t' is 1 without t. The parameter is ε.
    @inlinable @inline(never)
    static func hessianProduct(
        rows: Int, columns: Int, _ y: In, yStride: Int, _ t: In?, tStride: Int, weights: In?, normalizer: Double,
        parameter: Set.Scalar, _ v: In, vStride: Int, _ product: Out, productStride: Int
    ) {
        let weights = RowWeights(weights, normalizer)
        for row in 0..<rows {
            let (y, v, product) = (y + row * yStride, v + row * vStride, product + row * productStride)
            let e = RowExponentials<Set>(y, columns, writing: nil)
            var masses: Lanes<Set> = 0.0
            var sums: Lanes<Set> = 0.0
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                if let t { masses = masses + Lanes(loading: t + (row * tStride + i), left) }
                let power = Lanes<Set>.exp(Lanes(loading: y + i, left) - e.largest).prefix(left, else: 0.0)
                sums = sums.adding(power, times: Lanes(loading: v + i, left))
            }
            let mass = t == nil ? 1 : parameter + (1 - parameter) * Set.pairwiseSum(masses.vector)
            let mean = Lanes<Set>(Set.pairwiseSum(sums.vector) / e.total)
            let scale = Lanes<Set>(weights.scale(row) * mass / e.total)
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let power = Lanes<Set>.exp(Lanes(loading: y + i, left) - e.largest)
                (scale * power * (Lanes(loading: v + i, left) - mean)).store(product + i, left)
            }
        }
    }

    @inlinable @inline(__always)
    static var kernel: CostKernel<Set.Scalar> {
        CostKernel(
            evaluate: evaluate,
            hessianProduct: hessianProduct)
    }

    /// The same where t is 1 at the row's class and 0 elsewhere. `gradient` may be `y` itself.
    @inlinable @inline(__always)
    static func evaluate(
        rows: Int, columns: Int, _ y: In, yStride: Int, classes: UnsafePointer<Int32>, weights: In?, normalizer: Double,
        gradient: Out?, gradientStride: Int
    ) -> Double {
        if columns <= Lanes<Set>.count {
            return RowsInLanes.evaluate(
                rows: rows, columns: columns, y, yStride: yStride, classes: classes, weights: weights,
                normalizer: normalizer, gradient: gradient, gradientStride: gradientStride)
        }
        return evaluateRowByRow(
            rows: rows, columns: columns, y, yStride: yStride, classes: classes, weights: weights,
            normalizer: normalizer, gradient: gradient, gradientStride: gradientStride)
    }

    @inlinable @inline(__always)
    static func evaluateRowByRow(
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

    /// For rows that fit a vector: as many at a time as a vector has lanes, transposed, so that every lane is used and nothing
    /// is summed across a vector. The bits are those of row by row.
    @usableFromInline
    enum RowsInLanes {
        @inlinable @inline(__always)
        static func evaluate(
            rows: Int, columns: Int, _ y: In, yStride: Int, classes: UnsafePointer<Int32>, weights: In?,
            normalizer: Double, gradient: Out?, gradientStride: Int
        ) -> Double {
            let weighting = RowWeights(weights, normalizer)
            let lanes = Lanes<Set>.count
            // Two squares of a vector's width, each on the stack.
            return withUnsafeTemporaryAllocation(of: Set.Scalar.self, capacity: lanes * lanes) { first in
                withUnsafeTemporaryAllocation(of: Set.Scalar.self, capacity: lanes * lanes) { second in
                    let (z, sums) = (first.baseAddress!, second.baseAddress!)
                    var total = 0.0
                    for (first, left) in Lanes<Set>.vectors(of: rows) {
                        let count = min(left, lanes)
                        Packing<Set>.transpose(
                            rows: count, columns: columns, y + first * yStride, stride: yStride, z, resultStride: lanes)
                        var target: Lanes<Set> = 0.0
                        var scale = Lanes<Set>(weighting.scale(first))
                        for lane in 0..<count {
                            let isLane = Lanes<Set>.Condition(Set.lane(at: lane))
                            target = .select(isLane, Lanes(Set.Scalar(classes[first + lane])), target)
                            if weights != nil { scale = .select(isLane, Lanes(weighting.scale(first + lane)), scale) }
                        }
                        var largest = Lanes<Set>(loading: z, lanes)
                        for column in 1..<columns {
                            let output = Lanes<Set>(loading: z + column * lanes, lanes)
                            largest = .select(largest < output, output, largest)
                        }
                        var gap: Lanes<Set> = 0.0
                        for column in 0..<columns {
                            let difference = Lanes<Set>(loading: z + column * lanes, lanes) - largest
                            gap = .select(isClass(column, target), difference, gap)
                            let power = Lanes.exp(difference)
                            power.store(z + column * lanes, lanes)
                            power.store(sums + column * lanes, lanes)
                        }
                        // In the order of ``InstructionSet/pairwiseSum``: the upper half onto the lower.
                        var half = lanes / 2
                        var filled = columns
                        while half > 0 {
                            for column in half..<max(half, filled) {
                                let place = sums + (column - half) * lanes
                                (Lanes<Set>(loading: place, lanes) + Lanes(loading: sums + column * lanes, lanes))
                                    .store(place, lanes)
                            }
                            filled = min(filled, half)
                            half /= 2
                        }
                        let sum = Lanes<Set>(loading: sums, lanes)
                        let costs = Lanes.log(sum) - gap
                        total = Set.addInTurn(total, costs.vector, weights: weights.map { $0 + first }, count)
                        guard let gradient else { continue }
                        let ratio: Lanes<Set> = 1.0 / sum
                        for column in 0..<columns {
                            let p = Lanes<Set>(loading: z + column * lanes, lanes) * ratio
                            (scale * .select(isClass(column, target), p - 1.0, p)).store(z + column * lanes, lanes)
                        }
                        Packing<Set>.transpose(
                            rows: columns, columns: count, z, stride: lanes, gradient + first * gradientStride,
                            resultStride: gradientStride)
                    }
                    return total / normalizer
                }
            }
        }

        @inlinable @inline(__always)
        static func isClass(_ column: Int, _ target: Lanes<Set>) -> Lanes<Set>.Condition {
            (target - Lanes(Set.Scalar(column))).magnitude < 0.5
        }
    }
}
