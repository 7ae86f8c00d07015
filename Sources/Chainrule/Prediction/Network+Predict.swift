extension Network {
    /// How many rows a prediction takes at a time: enough to use the cache well, few enough to need little memory.
    private static var predictionRows: Int { 64 }

    /// Writes the outputs for the inputs. A row's result does not depend on the rows beside it.
    ///
    /// After some predictions with the same parameters, the network keeps a second copy of them, prepared as in a
    /// ``Predictor``. Predictions are then faster, with the same results. The network frees the copy when its parameters
    /// change.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major.
    ///   - rows: the rows of x and y.
    ///   - y: `rows × outputs`.
    public func predict(_ x: Span<Float>, rows: Int, into y: inout MutableSpan<Float>) throws(ChainruleError) {
        try Matrix.withViews(of: x, columns: inputs, into: &y, columns: outputs, rows: rows, predict)
    }

    /// The outputs for inputs of `x.count / inputs` rows.
    public func predict(_ x: [Float]) throws(ChainruleError) -> [Float] {
        try Matrix.withRows(of: x, columns: inputs, resultColumns: outputs, predict)
    }

    package func predict(_ x: Matrix, into y: Matrix) throws(ChainruleError) {
        let groups = (x.rows - 1) / Network.predictionRows + 1
        guard let copy = try preparedCopy.request(of: self, groups: groups) else {
            return try predictUnprepared(x, into: y)
        }
        let result = copy._withUnsafeGuaranteedRef { predictor in
            Swift.Result { () throws(ChainruleError) in try predictor.predict(x, into: y) }
        }
        try result.get()
    }

    /// Predicts a few rows with the prepared copy of a small network, as ``Predictor/predictSmall`` does. Does not look
    /// whether y overlaps the parameters: whoever knows their address has forbidden the copy.
    /// - Returns: also false if there is no copy.
    package func predictSmall(
        _ x: UnsafePointer<Float>, rows: UInt, stride xStride: UInt, _ y: UnsafeMutablePointer<Float>, yRows: UInt,
        stride yStride: UInt
    ) -> Bool {
        guard let copy = preparedCopy.present else { return false }
        return copy._withUnsafeGuaranteedRef {
            $0.predictSmall(x, rows: rows, stride: xStride, y, yRows: yRows, stride: yStride)
        }
    }

    /// Whether predictions use a prepared copy of the parameters.
    package var keepsPreparedCopy: Bool { preparedCopy.present != nil }

    /// Predicts layer by layer with the parameters themselves.
    func predictUnprepared(_ x: Matrix, into y: Matrix) throws(ChainruleError) {
        guard x.rows >= 1 else { throw ChainruleError(.size, "x has 0 rows; at least 1 is needed") }
        precondition(x.columns == inputs && y.columns == outputs && y.rows == x.rows)
        let step = min(x.rows, plan.rowsAtATime(Network.predictionRows))
        try pool.withWorkspace(plan: plan, rows: step, purpose: .prediction) { workspace throws(ChainruleError) in
            try plan.withPredictionArithmetic { () throws(ChainruleError) in
                try Matrix.inGroups(of: step, x, y) { x, y, first throws(ChainruleError) in
                    try forward(x, in: workspace, firstRow: first)
                    y.assign(workspace.output)
                }
            }
        }
    }
}
