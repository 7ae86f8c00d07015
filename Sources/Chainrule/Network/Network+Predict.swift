extension Network {
    /// How many rows a prediction takes at a time: enough to use the cache well, few enough to need little memory.
    private static var predictionRows: Int { 64 }

    /// How many rows of a batch go through the passes at a time. With more, their results would leave the cache before
    /// they become a gradient. Takes whole groups of rows, in pieces of about equal size. A custom cost needs all rows
    /// at once.
    static func gradientRows(of rows: Int, _ cost: Cost) -> Int {
        cost.isCustom ? rows : pieceRows(of: rows)
    }

    /// The same, without a cost.
    static func pieceRows(of rows: Int) -> Int {
        let most = 64 * Cost.groupRows
        if rows <= most { return rows }
        let pieces = (rows - 1) / most + 1
        return Cost.groups(of: (rows - 1) / pieces + 1) * Cost.groupRows
    }

    /// Writes the outputs for the inputs. A row's result does not depend on the rows beside it.
    ///
    /// After some predictions with the same parameters, the network keeps a second copy of them, prepared as in a
    /// ``Predictor``. Predictions are then faster, with the same results. The network frees the copy when its parameters
    /// change.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major.
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
        let step = min(x.rows, Network.predictionRows)
        try pool.withWorkspace(plan: plan, rows: step, purpose: .inference) { workspace throws(ChainruleError) in
            try Matrix.inGroups(of: step, x, y) { x, y, first throws(ChainruleError) in
                try forward(x, in: workspace, firstRow: first)
                y.assign(workspace.output)
            }
        }
    }

    /// Computes C of the outputs for x, and ∂C/∂w of every parameter: a forward pass, the cost, a backward pass.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major; every element finite.
    ///   - gradients: receives the gradient, in the order of the parameter vector. After an error its contents are
    ///     unspecified.
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
        let most = Network.gradientRows(of: x.rows, cost)
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

    /// Checks that training data are finite, and returns the largest magnitude.
    @discardableResult
    package func checkFinite(_ matrix: Matrix, _ what: StaticString) throws(ChainruleError) -> Float {
        var largest: Float = 0
        try matrix.inPieces { piece, first throws(ChainruleError) in
            let magnitude = arithmetic.largestMagnitude(piece)
            if !magnitude.isFinite, let found = piece.firstNotFinite() {
                throw ChainruleError(
                    .notFinite, "\(what) holds \(found.value) at row \(first + found.row), column \(found.column)")
            }
            largest = max(largest, magnitude)
        }
        return largest
    }
}
