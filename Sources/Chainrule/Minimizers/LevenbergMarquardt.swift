/// Levenberg and Marquardt's method for least squares. The step d solves `(G + μ) d = −∂C/∂w` exactly. `G = 2 JᵀJ` is
/// the Gauss-Newton matrix of the residuals, including their mean and weights (Levenberg 1944; Marquardt 1963). μ
/// follows how well the parabola predicted C (Nielsen 1999; Madsen, Nielsen and Tingleff 2004, algorithm 3.16).
///
/// For small networks whose cost is the mean squared error: keeps G, a float64 and a float32 for every pair of
/// parameters, and factors it in every step. Converges quadratically where the residuals vanish.
public final class LevenbergMarquardt: Minimizer {
    public let identifier: StaticString = "levenberg_marquardt"
    /// μ at first, relative to the largest element on G's diagonal; > 0 and finite.
    public let damping: Double

    public init(damping: Double = 1e-3) { self.damping = damping }

    public func validate(for cost: Cost) throws(ChainruleError) {
        try Minimizers.check(damping: damping, of: identifier)
        guard cost.identifier.description.utf8.elementsEqual("mean_squared_error".utf8) else {
            throw ChainruleError(
                .value,
                "\(identifier) is for least squares: the cost must be 'mean_squared_error', not '\(cost.identifier)'")
        }
    }

    public func minimize(_ run: Minimization) throws(ChainruleError) {
        let order = run.count
        try Minimizers.checkMatrix(order: order, of: identifier)
        let matrix = try SymmetricMatrix(order: order, for: "the normal equations of levenberg_marquardt")
        let vectors = try Vectors(1, length: order, for: "the step of levenberg_marquardt")
        let d = vectors[0]
        var mu = 0.0
        var growth = 2.0
        while run.end == nil {
            guard try run.gaussNewtonMatrix(into: matrix) else {
                run.end = .noProgress
                return
            }
            if mu == 0 { mu = damping * matrix.largestDiagonal }
            // Until a step lowers C.
            while run.end == nil {
                var isLower = false
                if try matrix.factor(adding: mu) {
                    d.assign(run.gradient)
                    d.scale(by: -1)
                    try matrix.solve(d)
                    // d·(μ d − ∂C/∂w) / 2
                    let foretold = (mu * d.dot(d) - d.dot(run.gradient)) / 2
                    run.trial.assign(run.w, plus: 1, d)
                    if try run.evaluateTrial() {
                        let fell = run.cost - run.trialCost
                        isLower = fell > 0
                        if isLower {
                            let rest = 2 * fell / foretold - 1
                            mu *= max(1.0 / 3, 1 - rest * rest * rest)
                            growth = 2
                            let before = run.cost
                            run.advance()
                            try run.finishIteration(from: before, step: d.norm)
                        } else if foretold <= run.noise {
                            run.end = run.end ?? .noProgress
                        }
                    }
                }
                if isLower { break }
                mu *= growth
                growth *= 2
                if !mu.isFinite { run.end = run.end ?? .noProgress }
            }
        }
    }
}
