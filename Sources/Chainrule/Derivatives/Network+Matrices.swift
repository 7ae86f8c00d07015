// Whole matrices of derivatives, for small networks.

extension Network {
    /// What to differentiate the outputs by.
    public enum Variable: Sendable {
        case parameters
        case input
    }

    /// Computes the Jacobian of the outputs for every row of x: ∂y/∂w, `rows × outputs × parameters`, or ∂y/∂x,
    /// `rows × outputs × inputs`.
    /// - Parameters:
    ///   - x: whole rows of inputs, every element finite.
    ///   - variable: what to differentiate with respect to: w or x.
    public func jacobian(_ x: [Float], of variable: Variable = .parameters) throws(ChainruleError) -> [Float] {
        let rows = try rows(of: x)
        let columns = variable == .parameters ? parameterCount : inputs
        var jacobian = try zeros(Plan.checkedProduct(rows, outputs), columns)
        try withMatrix(x, inputs) { x throws(ChainruleError) in
            try withMutableMatrix(&jacobian, columns) { jacobian throws(ChainruleError) in
                guard let jacobian else { return }
                try self.jacobian(x!, of: variable, into: jacobian)
            }
        }
        return jacobian
    }

    /// - Parameter jacobian: `rows · outputs` rows. For row r of x, receives ∂y_k/∂w or ∂y_k/∂x in row
    ///   `r · outputs + k`.
    package func jacobian(_ x: Matrix, of variable: Variable, into jacobian: Matrix) throws(ChainruleError) {
        try check(x)
        precondition(jacobian.rows == x.rows * outputs)
        let most = plan.pieceRows(of: x.rows)
        try pool.withWorkspace(plan: plan, rows: most, purpose: .training) { workspace throws(ChainruleError) in
            for first in stride(from: 0, to: x.rows, by: most) {
                let rows = min(most, x.rows - first)
                try forward(x.rows(from: first, count: rows), in: workspace, firstRow: first)
                for output in 0..<outputs {
                    try Cancellation.look()
                    let delta = try outputDelta(of: workspace, rows: rows)
                    delta.fill { 0 }
                    for row in 0..<rows { delta[row, output] = 1 }
                    try backward(
                        in: workspace, gradients: nil, accumulating: false, wantsInputGradient: variable == .input)
                    for row in 0..<rows {
                        try Cancellation.look(before: rows, times: plan.multiplications)
                        let result = jacobian.row((first + row) * outputs + output)
                        switch variable {
                        case .parameters:
                            try parameterGradients(
                                workspace.input, of: row..<row + 1, share: .whole, in: workspace,
                                into: .vector(result, accumulating: false))
                        case .input: result.assign(workspace.inputDelta!.row(row))
                        }
                    }
                }
            }
        }
        try checkResult(jacobian, "the Jacobian")
    }

    /// Computes the Hessian ∂²C/∂w², `parameters × parameters`, by a product with each unit vector. Makes it symmetric
    /// to the last bit.
    /// - Parameters:
    ///   - cost: C.
    ///   - x: whole rows of inputs, every element finite.
    ///   - targets: for each row of x.
    public func hessian(_ cost: Cost, _ x: [Float], targets: Targets) throws(ChainruleError) -> [Float] {
        _ = try rows(of: x)
        var hessian = try zeros(parameterCount, parameterCount)
        try targets.withView { targets throws(ChainruleError) in
            try withMatrix(x, inputs) { x throws(ChainruleError) in
                try withMutableMatrix(&hessian, parameterCount) { hessian throws(ChainruleError) in
                    guard let hessian else { return }
                    try self.hessian(cost, x!, targets, into: hessian)
                }
            }
        }
        return hessian
    }

    package func hessian(_ cost: Cost, _ x: Matrix, _ targets: TargetView, into hessian: Matrix) throws(ChainruleError)
    {
        precondition(hessian.rows == parameterCount && hessian.columns == parameterCount)
        let unit = try FloatMemory(count: parameterCount, for: "a unit vector")
        for index in 0..<parameterCount {
            try Cancellation.look()
            unit.base[index] = 1
            try multiply(.hessian, cost, x, targets, unit.vector, hessian.row(index))
            unit.base[index] = 0
        }
        for row in 0..<parameterCount {
            try Cancellation.look(before: parameterCount, times: parameterCount)
            for column in 0..<row {
                let mean = (hessian[row, column] + hessian[column, row]) / 2
                hessian[row, column] = mean
                hessian[column, row] = mean
            }
        }
    }
}
