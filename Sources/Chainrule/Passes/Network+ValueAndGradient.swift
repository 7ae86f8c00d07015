extension Network {
    /// Computes C of the outputs for x, and ∂C/∂w of every parameter: a forward pass, the cost, a backward pass.
    /// - Parameters:
    ///   - cost: C.
    ///   - x: `rows × inputs`, row-major; every element finite.
    ///   - rows: the rows of x.
    ///   - targets: for each row of x.
    ///   - gradients: receives the gradient, in the order of the parameter vector. After an error its contents are unspecified.
    public func valueAndGradient(
        _ cost: Cost, _ x: Span<Float>, rows: Int, targets: Targets, gradients: inout MutableSpan<Float>
    ) throws(ChainruleError) -> Double {
        try Matrix.checkShape(x.count, rows: rows, columns: inputs, "x")
        guard gradients.count == parameterCount else {
            throw ChainruleError(
                .size, "gradients holds \(gradients.count) floats; the network has \(parameterCount) parameters")
        }
        return try targets.withView { targets throws(ChainruleError) in
            try x.withUnsafeBufferPointer { x throws(ChainruleError) in
                try gradients.withUnsafeMutableBufferPointer { buffer throws(ChainruleError) in
                    try valueAndGradient(
                        cost, Matrix(reading: x.baseAddress!, rows: rows, columns: inputs, stride: inputs), targets,
                        gradients: buffer.baseAddress.map { Matrix(base: $0, rows: 1, columns: buffer.count) })
                }
            }
        }
    }

    /// - Parameter outputSignals: receives s = ∂C/∂z of the last layer for every row; nil: none. The last layer must
    ///   have parameters.
    package func valueAndGradient(
        _ cost: Cost, _ x: Matrix, _ targets: TargetView, gradients: Matrix?, outputSignals: Matrix? = nil
    ) throws(ChainruleError) -> Double {
        try check(DataView(x: x, targets: targets), cost: cost, "x")
        let normalizer = cost.normalizer(totalWeight: targets.totalWeight(of: 0..<x.rows))
        let most = plan.gradientRows(of: x.rows, cost)
        var value = 0.0
        try pool.withWorkspace(plan: plan, rows: most, purpose: .gradients) { workspace throws(ChainruleError) in
            for first in stride(from: 0, to: x.rows, by: most) {
                let rows = min(most, x.rows - first)
                try forward(x.rows(from: first, count: rows), in: workspace, firstRow: first)
                value = try cost.evaluate(
                    workspace.output, targets.rows(from: first, count: rows),
                    gradient: outputDelta(of: workspace, rows: rows),
                    after: Cost.RowsBefore(count: first, cost: value, normalizer: normalizer), arithmetic)
                if gradients != nil || outputSignals != nil {
                    try backward(
                        in: workspace, gradients: gradients, accumulating: first > 0, wantsInputGradient: false)
                }
                if let outputSignals, let s = workspace.layers[workspace.layers.count - 1].signal {
                    outputSignals.rows(from: first, count: rows).assign(s.rows(from: 0, count: rows))
                }
            }
        }
        return value
    }
}

extension Plan {
    /// How many rows of a batch go through the passes at a time. With more, their results would leave the cache before
    /// they become a gradient. Takes whole groups of rows, in pieces of about equal size. A custom cost needs all rows
    /// at once.
    func gradientRows(of rows: Int, _ cost: Cost) -> Int {
        cost.isCustom ? rows : pieceRows(of: rows)
    }

    /// The same, without a cost.
    func pieceRows(of rows: Int) -> Int {
        let most = groupedRowsAtATime(64 * Cost.groupRows)
        if rows <= most { return rows }
        let pieces = (rows - 1) / most + 1
        return Cost.groups(of: (rows - 1) / pieces + 1) * Cost.groupRows
    }
}
