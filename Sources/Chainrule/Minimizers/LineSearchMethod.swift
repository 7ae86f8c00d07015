/// A ``Minimizer`` that follows one direction after another, each to where the Wolfe conditions hold.
protocol LineSearchMethod: Minimizer {
    var conditions: WolfeConditions { get }
    /// Makes the method's memory, for a run at its first point.
    func directions(for run: Minimization) throws(ChainruleError) -> any Directions
}

/// Chooses a ``LineSearchMethod``'s next direction from what it remembers.
protocol Directions: AnyObject {
    /// Sets d. C usually falls along it.
    func next(_ run: Minimization, into d: Vector) throws(ChainruleError)
    /// The α to try first along d.
    /// - Parameter slope: φ'(0).
    func firstStep(along d: Vector, slope: Double) -> Double
    /// Remembers a step: from the run's present point to its trial point.
    func remember(_ run: Minimization, step: Double, slope: Double) throws(ChainruleError)
    /// Forgets everything: the next d is −∂C/∂w.
    func restart()
}

extension LineSearchMethod {
    public func minimize(_ run: Minimization) throws(ChainruleError) {
        let directions = try directions(for: run)
        let vectors = try Vectors(1, length: run.count, for: "the direction of a line search")
        let d = vectors[0]
        // After a failed search, try once more along the steepest descent.
        var isSecondTry = false
        while run.end == nil {
            try directions.next(run, into: d)
            var slope = d.dot(run.gradient)
            if !(slope < 0 && slope.isFinite) {
                directions.restart()
                d.assign(run.gradient)
                d.scale(by: -1)
                slope = d.dot(run.gradient)
                guard slope < 0 && slope.isFinite else {
                    run.end = .noProgress
                    return
                }
            }
            let first = directions.firstStep(along: d, slope: slope)
            guard let step = try run.search(along: d, slope: slope, firstStep: first, conditions) else {
                if run.end != nil { return }
                if isSecondTry { run.end = .noProgress }
                isSecondTry = true
                directions.restart()
                continue
            }
            isSecondTry = false
            try directions.remember(run, step: step, slope: slope)
            let before = run.cost
            run.advance()
            try run.finishIteration(from: before, step: step * d.norm)
        }
    }
}
