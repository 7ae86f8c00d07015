/// The kernel of one cost, on a batch of rows.
public struct CostKernel<Scalar: KernelScalar>: Sendable {
    /// `C = Σ_r w_r c_r / normalizer` of the rows' costs c, summed row by row; the weights w are 1 if they are nil. Writes
    /// ∂C/∂y to `gradient` if it is not nil; `gradient` may be `y` itself. Strides are the distances between rows.
    public let evaluate:
        @Sendable (
            _ rows: Int, _ columns: Int, _ y: UnsafePointer<Scalar>, _ yStride: Int, _ t: UnsafePointer<Scalar>,
            _ tStride: Int, _ weights: UnsafePointer<Scalar>?, _ normalizer: Double, _ parameter: Scalar,
            _ gradient: UnsafeMutablePointer<Scalar>?, _ gradientStride: Int
        ) -> Double

    /// `H v` for every row, H the matrix of the second derivatives of C with respect to the row's y; the other arguments are
    /// those of `evaluate`. `product` may be `v` itself.
    public let hessianProduct:
        @Sendable (
            _ rows: Int, _ columns: Int, _ y: UnsafePointer<Scalar>, _ yStride: Int, _ t: UnsafePointer<Scalar>,
            _ tStride: Int, _ weights: UnsafePointer<Scalar>?, _ normalizer: Double, _ parameter: Scalar,
            _ v: UnsafePointer<Scalar>, _ vStride: Int, _ product: UnsafeMutablePointer<Scalar>, _ productStride: Int
        ) -> Void

    @inlinable @inline(__always)
    init(
        evaluate:
            @escaping @Sendable (
                Int, Int, UnsafePointer<Scalar>, Int, UnsafePointer<Scalar>, Int, UnsafePointer<Scalar>?, Double,
                Scalar,
                UnsafeMutablePointer<Scalar>?, Int
            ) -> Double,
        hessianProduct:
            @escaping @Sendable (
                Int, Int, UnsafePointer<Scalar>, Int, UnsafePointer<Scalar>, Int, UnsafePointer<Scalar>?, Double,
                Scalar, UnsafePointer<Scalar>, Int, UnsafeMutablePointer<Scalar>, Int
            ) -> Void
    ) {
        self.evaluate = evaluate
        self.hessianProduct = hessianProduct
    }
}

/// A cost that is a mean over the outputs of a function of `y_i` and `t_i`.
public protocol ElementwiseCost: SendableMetatype {
    /// The function and its derivative with respect to `y`.
    static func evaluate<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>) -> (
        value: Lanes<Set>, derivative: Lanes<Set>
    )
    /// The second derivative with respect to `y`.
    static func secondDerivative<Set: InstructionSet>(_ y: Lanes<Set>, _ t: Lanes<Set>, parameter: Lanes<Set>)
        -> Lanes<Set>
}

/// The weights w of the rows in C.
@usableFromInline
struct RowWeights<Scalar: KernelScalar> {
    @usableFromInline let weights: UnsafePointer<Scalar>?
    @usableFromInline let normalizer: Double
    @usableFromInline let commonScale: Scalar

    @inlinable @inline(__always)
    init(_ weights: UnsafePointer<Scalar>?, _ normalizer: Double) {
        self.weights = weights
        self.normalizer = normalizer
        commonScale = Scalar(1 / normalizer)
    }

    /// w.
    @inlinable @inline(__always)
    subscript(row: Int) -> Double { weights.map { Double($0[row]) } ?? 1 }
    /// `w / normalizer`, which the gradient is multiplied by.
    @inlinable @inline(__always)
    func scale(_ row: Int) -> Scalar { weights.map { Scalar(Double($0[row]) / normalizer) } ?? commonScale }
}

/// Where ∂C/∂y goes, or nowhere: then no lanes are written, which needs no second copy of a loop.
@usableFromInline
struct GradientRows<Set: InstructionSet> {
    @usableFromInline let base: UnsafeMutablePointer<Set.Scalar>
    @usableFromInline let stride: Int
    @usableFromInline let limit: Int

    /// `place` is memory of one row that may stand in for a gradient.
    @inlinable @inline(__always)
    init(_ gradient: UnsafeMutablePointer<Set.Scalar>?, stride: Int, elsewhere place: UnsafePointer<Set.Scalar>) {
        base = gradient ?? UnsafeMutablePointer(mutating: place)
        self.stride = gradient == nil ? 0 : stride
        limit = gradient == nil ? 0 : .max
    }

    @inlinable @inline(__always)
    func store(_ slopes: Lanes<Set>, _ row: Int, _ column: Int, _ left: Int) {
        slopes.store(base + (row * stride + column), min(left, limit))
    }
}

/// The kernel of an elementwise cost for one instruction set, under a symbol of its own.
@usableFromInline
enum ElementwiseCostKernel<Set: InstructionSet, Cost: ElementwiseCost> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>

    @inlinable @inline(never)
    static func evaluate(
        rows: Int, columns: Int, _ y: In, yStride: Int, _ t: In, tStride: Int, weights: In?, normalizer: Double,
        parameter: Set.Scalar, gradient: UnsafeMutablePointer<Set.Scalar>?, gradientStride: Int
    ) -> Double {
        // Rows of one output, one after the other, go through the vectors together; their costs are still added in turn.
        let isColumn =
            columns == 1 && yStride == 1 && tStride == 1 && (gradient == nil || gradientStride == 1) && weights == nil
        let (inTurn, together) = isColumn ? (Lanes<Set>.count, 0) : (0, Int.max)
        let parameter = Lanes<Set>(parameter)
        let weights = RowWeights(weights, normalizer)
        let gradient = GradientRows<Set>(gradient, stride: gradientStride, elsewhere: y)
        var total = 0.0
        for row in 0..<(isColumn ? 1 : rows) {
            let factor = Lanes<Set>(weights.scale(row) / Set.Scalar(columns))
            let (y, t) = (y + row * yStride, t + row * tStride)
            var sums = Set.Sums()
            for (i, left) in Lanes<Set>.vectors(of: isColumn ? rows : columns) {
                let (value, derivative) = Cost.evaluate(
                    Lanes<Set>(loading: y + i, left), Lanes(loading: t + i, left), parameter: parameter)
                gradient.store(factor * derivative, row, i, left)
                total = Set.addInTurn(total, value.vector, weights: nil, min(left, inTurn))
                sums = Set.accumulate(sums, value.prefix(min(left, together), else: 0.0).vector)
            }
            total += weights[row] * (Set.total(sums) / Double(columns))
        }
        return total / normalizer
    }

    @inlinable @inline(never)
    static func hessianProduct(
        rows: Int, columns: Int, _ y: In, yStride: Int, _ t: In, tStride: Int, weights: In?, normalizer: Double,
        parameter: Set.Scalar, _ v: In, vStride: Int, _ product: UnsafeMutablePointer<Set.Scalar>, productStride: Int
    ) {
        let parameter = Lanes<Set>(parameter)
        let weights = RowWeights(weights, normalizer)
        for row in 0..<rows {
            let factor = Lanes<Set>(weights.scale(row) / Set.Scalar(columns))
            let (y, t, v) = (y + row * yStride, t + row * tStride, v + row * vStride)
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                let curvature = Cost.secondDerivative(
                    Lanes<Set>(loading: y + i, left), Lanes(loading: t + i, left), parameter: parameter)
                (factor * curvature * Lanes(loading: v + i, left)).store(product + (row * productStride + i), left)
            }
        }
    }

    @inlinable @inline(__always)
    static var kernel: CostKernel<Set.Scalar> { CostKernel(evaluate: evaluate, hessianProduct: hessianProduct) }
}
