extension Network {
    /// Runs the forward pass: computes `z_l = W_l h_{l−1} (+ b_l)` and `h_l = σ(z_l)` for every layer from x, and keeps
    /// them in the workspace.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major.
    ///   - rows: at most the workspace's `maxRows`.
    ///   - workspace: receives z and h of every layer.
    public func forward(_ x: Span<Float>, rows: Int, in workspace: Workspace) throws(ChainruleError) {
        try Matrix.checkShape(x.count, rows: rows, columns: architecture.inputs, "x")
        try x.withUnsafeBufferPointer { x throws(ChainruleError) in
            try forward(
                Matrix(reading: x.baseAddress!, rows: rows, columns: architecture.inputs, stride: architecture.inputs),
                in: workspace)
        }
    }

    /// - Parameter firstRow: the place of x's first row in the caller's batch, for messages.
    package func forward(_ x: Matrix, in workspace: Workspace, firstRow: Int = 0) throws(ChainruleError) {
        try check(workspace, rows: x.rows)
        precondition(x.columns == architecture.inputs)
        if firstRow > 0 { try Cancellation.look() }
        workspace.input.rows(from: 0, count: x.rows).assign(x)
        try forward(rows: x.rows, in: workspace, firstRow: firstRow)
    }

    /// Runs the forward pass over rows that are already in the workspace's input.
    package func forward(rows: Int, in workspace: Workspace, firstRow: Int = 0) throws(ChainruleError) {
        workspace.firstRow = firstRow
        workspace.rows = 0
        workspace.backwardPass = .none
        try forward(workspace.input, rows: 0..<rows, thread: 0, in: workspace)
        workspace.rows = rows
        workspace.parameterVersion = parameterVersion
    }

    /// Runs one thread's share of a forward pass.
    /// - Parameter x: the whole batch; not copied.
    func forward(_ x: Matrix, rows: Range<Int>, thread: Int, in workspace: Workspace) throws(ChainruleError) {
        for index in architecture.nodes.indices {
            try run(index, x, rows: rows, thread: thread, in: workspace) { layer, pass throws(ChainruleError) in
                try layer.forward(pass)
            }
        }
    }

    package func check(_ workspace: Workspace, rows: Int) throws(ChainruleError) {
        guard workspace.plan === plan else {
            throw ChainruleError(.mismatch, "the workspace was made for another network")
        }
        guard rows >= 1 && rows <= workspace.maxRows else {
            throw ChainruleError(.size, "\(rows) rows for a workspace of 1 to \(workspace.maxRows) rows")
        }
        guard !(workspace.usesBatchStatistics && workspace.purpose.isForwardOnly && plan.mixesRows) else {
            throw ChainruleError(
                .mismatch,
                "a workspace for inference has no place for the batch's statistics: it takes the running ones")
        }
    }
}
