/// One run of a ``Minimizer``: its present point, its effort so far, and the best point found.
public final class Minimization: FallibleClass {
    private let objective: any Objective
    private let options: MinimizationOptions
    private let vectors: Vectors

    /// The present point.
    package private(set) var w: Vector
    /// ∂C/∂w at the present point.
    package private(set) var gradient: Vector
    /// C at the present point.
    package private(set) var cost = Double.infinity

    /// The trial point, and the gradient and C there.
    package private(set) var trial: Vector
    package private(set) var trialGradient: Vector
    private(set) var trialCost = Double.infinity

    /// The point with the lowest C, as far as rounding can tell, or the point after the best iteration.
    package let best: Vector
    private var bestCost = Double.infinity
    private var bestGradientNorm = Double.nan
    /// Whether the validation data decide which point is the best.
    private var keepsBestIteration = false
    /// The iteration with the best cost: the validation cost if there are validation data. 0: the start.
    private var bestIteration = 0
    private var costOfBestIteration = Double.infinity
    private var hasValidation = false
    /// Twice the largest magnitude in `∂√|C|/∂w = ∂C/∂w / 2√|C|` of the points so far: how steep the problem is.
    private var steepest = 0.0

    private var iterations = 0
    private var evaluations = 0
    /// How often a curvature matrix was multiplied by a vector, or computed.
    private var products = 0
    /// Why the run ended; nil while it goes on.
    var end: Minimum.Reason?

    fileprivate init(_ objective: any Objective, _ options: MinimizationOptions, _ vectors: Vectors) {
        self.objective = objective
        self.options = options
        self.vectors = vectors
        w = vectors[0]
        gradient = vectors[1]
        trial = vectors[2]
        trialGradient = vectors[3]
        best = vectors[4]
    }

    var count: Int { objective.count }

    /// Smaller differences of C may be rounding.
    var noise: Double { objective.precision * cost.magnitude }

    /// Whether C at the start is known.
    package var hasBegun: Bool { cost.isFinite }

    /// Computes C and its gradient at the start; both must be finite. Set ``w`` first.
    package func begin() throws(ChainruleError) {
        trial.assign(w)
        evaluations += 1
        note(try objective.evaluate(at: trial, gradient: trialGradient))
        advance()
        if isFlat(gradient.largestMagnitude) { end = end ?? .gradient }
        let validation = try objective.validate(at: w)
        hasValidation = validation != nil
        keepsBestIteration = hasValidation && options.patience != nil
        costOfBestIteration = validation?.cost ?? cost
    }

    /// Whether the present point's gradient is within its tolerance. `norm` is its largest magnitude.
    private func isFlat(_ norm: Double) -> Bool {
        let root = cost.magnitude.squareRoot()
        if root > 0 { steepest = max(steepest, norm / root) }
        return norm <= options.gradientTolerance * steepest * root
    }

    /// Evaluates at ``trial``.
    /// - Returns: whether C is finite there.
    func evaluateTrial() throws(ChainruleError) -> Bool {
        evaluations += 1
        do throws(ChainruleError) {
            note(try objective.evaluate(at: trial, gradient: trialGradient))
            return true
        } catch {
            guard error.isOfParameters else { throw error }
            if evaluations >= options.maxEvaluations ?? .max { end = .maxEvaluations }
            return false
        }
    }

    /// Computes `G v` at the present point.
    /// - Returns: whether it is finite.
    func multiplyGaussNewton(by v: Vector, into product: Vector) throws(ChainruleError) -> Bool {
        products += 1
        do throws(ChainruleError) {
            try objective.multiplyGaussNewton(at: w, by: v, into: product)
            return true
        } catch {
            guard error.isOfParameters else { throw error }
            return false
        }
    }

    /// Computes G at the present point.
    /// - Returns: whether it is finite.
    func gaussNewtonMatrix(into matrix: SymmetricMatrix) throws(ChainruleError) -> Bool {
        products += 1
        do throws(ChainruleError) {
            try objective.gaussNewtonMatrix(at: w, into: matrix)
            return true
        } catch {
            guard error.isOfParameters else { throw error }
            return false
        }
    }

    private func note(_ value: Double) {
        trialCost = value
        if !keepsBestIteration && value < bestCost { keep(trial, value, gradientNorm: trialGradient.largestMagnitude) }
        if let target = options.targetCost, value <= target {
            end = .target
        } else if evaluations >= options.maxEvaluations ?? .max {
            end = .maxEvaluations
        }
    }

    private func keep(_ point: Vector, _ value: Double, gradientNorm: Double) {
        best.assign(point)
        bestCost = value
        bestGradientNorm = gradientNorm
    }

    /// Makes the trial point the present one.
    func advance() {
        swap(&w, &trial)
        swap(&gradient, &trialGradient)
        cost = trialCost
    }

    /// Notes the cost after an iteration. Returns whether it is the best so far.
    private func noteIteration(cost measured: Double) -> Bool {
        guard measured < costOfBestIteration - options.minDelta else { return false }
        costOfBestIteration = measured
        bestIteration = iterations
        return true
    }

    /// Reports an iteration, and ends the run if it was the last.
    /// - Parameters:
    ///   - before: C before the iteration.
    ///   - step: ‖Δw‖.
    func finishIteration(from before: Double, step: Double) throws(ChainruleError) {
        let validation = try objective.validate(at: w)
        iterations += 1
        let norm = gradient.largestMagnitude
        let isFlat = isFlat(norm)
        let isBest = noteIteration(cost: validation?.cost ?? cost)
        if isBest && keepsBestIteration { keep(w, cost, gradientNorm: norm) }
        let iteration = Iteration(
            number: iterations, evaluations: evaluations, products: products, cost: cost, gradientNorm: norm,
            step: step, penalty: objective.penalty(at: w), validation: validation, isBest: isBest)
        let goesOn = options.onIteration?(iteration) ?? true
        if end != nil { return }
        if !goesOn {
            end = .cancelled
        } else if isFlat {
            end = .gradient
            // If the lower C was only rounding, the smaller gradient tells more.
            if !keepsBestIteration && cost - bestCost <= noise { keep(w, cost, gradientNorm: norm) }
        } else if options.costTolerance > 0 && before - cost <= options.costTolerance * cost.magnitude {
            end = .cost
        } else if let patience = options.patience, iterations - bestIteration >= patience {
            end = .patience
        } else if iterations >= options.maxIterations {
            end = .maxIterations
        }
    }

    /// The result.
    package var minimum: Minimum {
        Minimum(
            cost: bestCost, penalty: objective.penalty(at: best), gradientNorm: bestGradientNorm,
            iterations: iterations, evaluations: evaluations,
            products: products, reason: end ?? .noProgress, bestIteration: bestIteration,
            validationCost: hasValidation ? costOfBestIteration : nil)
    }
}

extension FallibleClass where Self == Minimization {
    package init(_ objective: any Objective, _ options: MinimizationOptions) throws(ChainruleError) {
        self = Minimization(
            objective, options, try Vectors(5, length: objective.count, for: "the points of a minimization"))
    }
}
