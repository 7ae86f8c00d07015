extension Network {
    /// Looks for the parameters with the lowest cost over all rows of x, from where they are.
    ///
    /// Ends also where a ``Cancellation`` is set, for the reason ``Minimum/Reason/cancelled``; only in the first evaluation of C
    /// that is an error. Afterwards, and after an error, the parameters are the best that were come across. Excludes every other use of the
    /// network. Throws ``NetworkError/Code/notFinite`` if C or its gradient is not finite where the parameters are; a step
    /// to where it is not is taken back.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major, every element finite.
    ///   - targets: for each row of x.
    @discardableResult
    public func minimize(
        _ cost: Cost, _ x: [Float], targets: Targets, method: any Minimizer = LBFGS(),
        options: MinimizationOptions = MinimizationOptions()
    ) throws(NetworkError) -> Minimum {
        try withData(x, targets, "x") { data throws(NetworkError) in
            try minimize(cost, data, method: method, options: options)
        }
    }

    package func minimize(
        _ cost: Cost, _ data: DataView, method: any Minimizer, options: MinimizationOptions
    ) throws(NetworkError) -> Minimum {
        try whileTraining { () throws(NetworkError) in
            try minimizeAlone(cost, data, method: method, options: options)
        }
    }

    private func minimizeAlone(
        _ cost: Cost, _ data: DataView, method: any Minimizer, options: MinimizationOptions
    ) throws(NetworkError) -> Minimum {
        try options.validate()
        try method.validate(for: cost)
        let largestInput = try check(data, cost: cost, "x")
        let objective = try NetworkObjective(
            self, cost, data, threads: options.threads, largestInput: largestInput)
        let run = try Minimization(objective, options)
        objective.read(into: run.w)
        run.best.assign(run.w)
        defer { objective.write(run.best) }
        try run.begin()
        do throws(NetworkError) {
            if run.end == nil { try method.minimize(run) }
        } catch {
            guard error.code == .cancelled else { throw error }
            run.end = .cancelled
        }
        return run.minimum
    }
}
