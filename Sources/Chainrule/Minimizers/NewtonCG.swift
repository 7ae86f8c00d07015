/// Truncated Newton: the direction d solves `(G + λ) d = −∂C/∂w` approximately, by conjugate gradients. Needs only
/// products of the Gauss-Newton matrix G and vectors, never G itself ("Hessian-free": Martens 2010, "Deep learning via
/// Hessian-free optimization").
///
/// Keeps five vectors besides the present point. The solution starts from the previous one. It ends when the last
/// products, a tenth of them but at least three, improved the parabola by less than 2 % each, on average. This is
/// Martens' rule; with his ten and 0.05 % it takes twice the products for no fewer steps on small networks. λ changes
/// as in Levenberg and Marquardt: ×1.5 where C fell by less than ¼ of the parabola's prediction or the step along d was
/// shorter than 1, ×⅔ where it fell by more than ¾.
public final class NewtonCG: LineSearchMethod {
    public let identifier: StaticString = "newton_cg"
    public let conditions: WolfeConditions
    /// λ at first, > 0 and finite.
    public let damping: Double

    /// - Parameters:
    ///   - damping: λ at first.
    ///   - c1: c₁ of the Wolfe conditions, in (0, ½).
    ///   - c2: c₂ of the Wolfe conditions, in (c₁, 1).
    public init(damping: Double = 1e-2, c1: Double = 1e-4, c2: Double = 0.9) {
        self.damping = damping
        conditions = WolfeConditions(decrease: c1, curvature: c2)
    }

    public func validate(for cost: Cost) throws(ChainruleError) {
        try conditions.validate(identifier)
        try Minimizers.check(damping: damping, of: identifier)
        try cost.checkHasHessian()
    }

    func directions(for run: Minimization) throws(ChainruleError) -> any Directions {
        try TruncatedNewton(damping: damping, length: run.count)
    }
}

private final class TruncatedNewton: FallibleClass, Directions {
    /// The most products for one direction.
    private static let mostProducts = 250
    /// The next solution starts from the last one times this.
    private static let memory = 0.95

    private let vectors: Vectors
    /// The solution p; its residual r = −∂C/∂w − (G + λ) p; the direction of the conjugate gradients and its product.
    private let solution: Vector
    private let residual: Vector
    private let direction: Vector
    private let product: Vector
    private var damping: Double
    /// The change of C with the whole step, if C were a parabola.
    private var foretold = 0.0
    /// Whether the next direction, and the present one, is the steepest descent.
    private var isToBeSteepest = false
    private var isSteepest = false
    /// The values of the parabola after each product.
    private var values: [Double] = []

    init(damping: Double, _ vectors: Vectors) {
        self.damping = damping
        self.vectors = vectors
        solution = vectors[0]
        residual = vectors[1]
        direction = vectors[2]
        product = vectors[3]
        values.reserveCapacity(TruncatedNewton.mostProducts)
    }

    /// Sets `product` to `(G + λ) v`.
    /// - Returns: whether it is finite.
    private func multiply(_ run: Minimization, by v: Vector) throws(ChainruleError) -> Bool {
        guard try run.multiplyGaussNewton(by: v, into: product) else { return false }
        product.add(damping, v)
        return true
    }

    func next(_ run: Minimization, into d: Vector) throws(ChainruleError) {
        isSteepest = isToBeSteepest
        isToBeSteepest = false
        if isSteepest {
            d.assign(run.gradient)
            d.scale(by: -1)
            foretold = -d.dot(d)
            solution.scale(by: 0)
            return
        }
        solution.scale(by: TruncatedNewton.memory)
        residual.assign(run.gradient)
        residual.scale(by: -1)
        if solution.dot(solution) > 0 {
            if try multiply(run, by: solution) { residual.add(-1, product) } else { solution.scale(by: 0) }
        }
        direction.assign(residual)
        var square = residual.dot(residual)
        values.removeAll(keepingCapacity: true)
        while values.count < TruncatedNewton.mostProducts && square > 0 {
            guard try multiply(run, by: direction) else { break }
            let curvature = direction.dot(product)
            guard curvature > 0 && curvature.isFinite else { break }
            let step = square / curvature
            solution.add(step, direction)
            residual.add(-step, product)
            let before = square
            square = residual.dot(residual)
            direction.scale(by: square / before)
            direction.add(1, residual)
            // ½ p·(G + λ)p + p·∂C/∂w, with (G + λ) p = −∂C/∂w − r.
            values.append((solution.dot(run.gradient) - solution.dot(residual)) / 2)
            if hasStopped { break }
        }
        d.assign(solution)
        foretold = (solution.dot(run.gradient) - solution.dot(residual)) / 2
    }

    private var hasStopped: Bool {
        let count = values.count
        let last = values[count - 1]
        let span = max(3, count / 10)
        return count > span && last < 0 && last - values[count - 1 - span] > 0.02 * Double(span) * last
    }

    func firstStep(along d: Vector, slope: Double) -> Double { isSteepest ? 1 / d.norm : 1 }

    func remember(_ run: Minimization, step: Double, slope: Double) {
        let quality = step < 1 ? 0 : (run.trialCost - run.cost) / foretold
        if quality < 0.25 { damping *= 1.5 }
        if quality > 0.75 { damping *= 2.0 / 3 }
    }

    func restart() {
        isToBeSteepest = true
        damping *= 4
    }
}

extension FallibleClass where Self == TruncatedNewton {
    init(damping: Double, length: Int) throws(ChainruleError) {
        self = TruncatedNewton(
            damping: damping, try Vectors(4, length: length, for: "the conjugate gradients of newton_cg"))
    }
}
