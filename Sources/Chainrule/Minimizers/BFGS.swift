/// BFGS: the direction `−H ∂C/∂w`. H, the inverse of the Hessian, is estimated from all steps (Nocedal and Wright 2006,
/// algorithm 6.1; scales H before the first update by at least the factor of equation 6.20).
///
/// For small networks: H has a float64 for every pair of parameters, and a step takes as many operations.
public final class BFGS: LineSearchMethod {
    public let identifier: StaticString = "bfgs"
    public let conditions: WolfeConditions

    /// - Parameters:
    ///   - c1: c₁ of the Wolfe conditions, in (0, ½).
    ///   - c2: c₂ of the Wolfe conditions, in (c₁, 1).
    public init(c1: Double = 1e-4, c2: Double = 0.9) {
        conditions = WolfeConditions(decrease: c1, curvature: c2)
    }

    public func validate(for cost: Cost) throws(ChainruleError) { try conditions.validate(identifier) }

    func directions(for run: Minimization) throws(ChainruleError) -> any Directions {
        try Minimizers.checkMatrix(order: run.count, of: identifier)
        return try InverseHessian(order: run.count)
    }
}

/// H, a symmetric matrix stored in full.
private final class InverseHessian: FallibleClass, Directions {
    private let h: Vectors
    private let s: Vector
    private let y: Vector
    private let hy: Vector
    private let vectors: Vectors
    /// Whether H has been updated; until then it is 1.
    private var hasUpdate = false
    /// The last step's change of C; nil at first.
    private var lastChange: Double?

    init(_ h: Vectors, _ vectors: Vectors) {
        self.h = h
        self.vectors = vectors
        s = vectors[0]
        y = vectors[1]
        hy = vectors[2]
    }

    private func multiply(_ x: Vector, into product: Vector) throws(ChainruleError) {
        for row in 0..<x.count {
            try Cancellation.look(before: x.count, times: x.count)
            product[row] = h[row].dot(x)
        }
    }

    func next(_ run: Minimization, into d: Vector) throws(ChainruleError) {
        if hasUpdate { try multiply(run.gradient, into: d) } else { d.assign(run.gradient) }
        d.scale(by: -1)
    }

    /// The step at which C, if it is a parabola along d, falls as much as in the last step; at most 1 (Nocedal and
    /// Wright, equation 3.60).
    func firstStep(along d: Vector, slope: Double) -> Double {
        guard let lastChange else { return min(1, 1 / d.norm) }
        let guess = 2.02 * lastChange / slope
        return guess > 0 ? min(1, guess) : 1
    }

    func remember(_ run: Minimization, step: Double, slope: Double) throws(ChainruleError) {
        lastChange = run.trialCost - run.cost
        s.assign(run.trial, plus: -1, run.w)
        y.assign(run.trialGradient, plus: -1, run.gradient)
        let sy = s.dot(y)
        let yy = y.dot(y)
        guard sy > Minimizers.leastCurvature * yy else { return }
        if !hasUpdate {
            // The larger of 1 and the scale of the first step's curvature. Too large an H costs a few shorter steps,
            // too small an H many iterations.
            for row in 0..<s.count {
                h[row].scale(by: 0)
                h[row][row] = max(1, sy / yy)
            }
            hasUpdate = true
        }
        // H ← H + (1 + y·Hy / s·y) s sᵀ / s·y − (s (Hy)ᵀ + Hy sᵀ) / s·y, row by row.
        try multiply(y, into: hy)
        let factor = (1 + y.dot(hy) / sy) / sy
        for row in 0..<s.count {
            try Cancellation.look(before: s.count, times: s.count)
            h[row].add(factor * s[row] - hy[row] / sy, s)
            h[row].add(-s[row] / sy, hy)
        }
    }

    func restart() {
        hasUpdate = false
        lastChange = nil
    }
}

extension FallibleClass where Self == InverseHessian {
    init(order: Int) throws(ChainruleError) {
        self = InverseHessian(
            try Vectors(order, length: order, for: "the inverse Hessian of bfgs"),
            try Vectors(3, length: order, for: "the steps of bfgs"))
    }
}
