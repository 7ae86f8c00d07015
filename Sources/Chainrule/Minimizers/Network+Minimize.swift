extension Network {
    /// Looks for the parameters with the lowest cost over all rows of x, starting from the present ones.
    ///
    /// With ``MinimizationOptions/l2`` the cost includes a penalty. With ``MinimizationOptions/patience`` and
    /// validation data it finds the parameters with the best validation cost.
    ///
    /// A ``Cancellation`` ends it for the reason ``Minimum/Reason/cancelled``; during the first evaluation of C it
    /// throws instead. Leaves the best parameters found, also after an error. Requires exclusive access to the network.
    /// Throws ``ChainruleError/Code/notFinite`` if C or its gradient is not finite at the start. Takes back a step to
    /// where it is not.
    /// - Parameters:
    ///   - cost: C.
    ///   - x: `rows × inputs`, row-major, every element finite.
    ///   - targets: for each row of x.
    ///   - validation: data to measure on at the start and after each iteration; never minimized on.
    ///   - method: the way to look for them.
    ///   - options: limits, tolerances, a penalty and a callback.
    @discardableResult
    public func minimize(
        _ cost: Cost, _ x: [Float], targets: Targets, validation: (x: [Float], targets: Targets)? = nil,
        method: any Minimizer = LBFGS(), options: MinimizationOptions = MinimizationOptions()
    ) throws(ChainruleError) -> Minimum {
        try withData(x, targets, "x") { data throws(ChainruleError) in
            try Network.withValidation(validation, inputs: inputs) { held throws(ChainruleError) in
                try minimize(cost, data, validation: held, method: method, options: options)
            }
        }
    }

    package func minimize(
        _ cost: Cost, _ data: DataView, validation: DataView? = nil, method: any Minimizer,
        options: MinimizationOptions
    ) throws(ChainruleError) -> Minimum {
        try whileTraining { () throws(ChainruleError) in
            try options.validate()
            try method.validate(for: cost)
            try data.checkShape(for: cost, outputs: outputs, "x")
            if let validation { try validation.checkShape(for: cost, outputs: outputs, "the validation data") }
            let largestInput = try check(data, cost: cost, "x")
            if let validation { try check(validation, cost: cost, "the validation data") }
            guard options.validationSplit > 0 else {
                return try minimize(
                    cost, data, validation, largestInput: largestInput, method: method, options: options)
            }
            guard validation == nil else { throw Split.bothAreGiven }
            let split = try Split(of: data, share: options.validationSplit, seed: options.seed)
            let training = try RowsCopy(split.trainingRows.elements[...], of: data, for: "the rows to minimize on")
            try check(training.data, cost: cost, "the part of x to minimize on")
            try check(split.heldOut, cost: cost, "the part of x to validate on")
            defer { withExtendedLifetime((split, training)) {} }
            return try minimize(
                cost, training.data, split.heldOut, largestInput: largestInput, method: method, options: options)
        }
    }

    /// For checked data.
    private func minimize(
        _ cost: Cost, _ data: DataView, _ validation: DataView?, largestInput: Float, method: any Minimizer,
        options: MinimizationOptions
    ) throws(ChainruleError) -> Minimum {
        let objective = try NetworkObjective(
            self, cost, data, validation: validation, options: options, largestInput: largestInput)
        let run = try Minimization(objective, options)
        objective.read(into: run.w)
        run.best.assign(run.w)
        defer { objective.write(run.best) }
        do throws(ChainruleError) {
            try run.begin()
            if run.end == nil { try method.minimize(run) }
        } catch {
            guard error.code == .cancelled && run.hasBegun else { throw error }
            run.end = .cancelled
        }
        return run.minimum
    }
}
