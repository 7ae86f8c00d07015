// Products of vectors with matrices of derivatives. The matrices are never built: each product takes about the time of
// two gradients.

extension Network {
    /// Computes y, and its change along a direction: the Jacobian-vector product `R{y} = ∂y/∂w R{w} + ∂y/∂x R{x}`, by
    /// forward differentiation.
    /// - Parameters:
    ///   - x: whole rows of inputs, every element finite.
    ///   - inputTangent: R{x}, of the shape of x; nil: 0.
    ///   - parameterTangent: R{w}, in the order of the parameter vector; nil: 0.
    /// - Returns: y and R{y}, each `rows × outputs`.
    public func jvp(
        _ x: [Float], inputTangent: [Float]? = nil, parameterTangent: [Float]? = nil
    ) throws(ChainruleError) -> (outputs: [Float], tangent: [Float]) {
        let rows = try rows(of: x)
        if let inputTangent {
            try Matrix.checkShape(inputTangent.count, rows: rows, columns: inputs, "the tangent of x")
        }
        if let parameterTangent { try checkParameterVector(parameterTangent.count, "the tangent of the parameters") }
        var (y, tangent) = (try zeros(rows, outputs), try zeros(rows, outputs))
        try withMatrix(x, inputs) { x throws(ChainruleError) in
            try withMatrix(inputTangent ?? [], inputs) { dx throws(ChainruleError) in
                try withMatrix(parameterTangent ?? [], parameterCount) { dw throws(ChainruleError) in
                    try withMutableMatrix(&y, outputs) { y throws(ChainruleError) in
                        try withMutableMatrix(&tangent, outputs) { tangent throws(ChainruleError) in
                            try jvp(
                                x!, inputTangent: dx, parameterTangent: dw, into: (outputs: y, tangent: tangent!))
                        }
                    }
                }
            }
        }
        return (y, tangent)
    }

    package func jvp(
        _ x: Matrix, inputTangent: Matrix?, parameterTangent: Matrix?, into result: (outputs: Matrix?, tangent: Matrix)
    ) throws(ChainruleError) {
        try check(x)
        if let inputTangent { try checkFinite(inputTangent, "the tangent of x") }
        if let parameterTangent { try checkFinite(parameterTangent, "the tangent of the parameters") }
        let most = plan.pieceRows(of: x.rows)
        try pool.withWorkspace(plan: plan, rows: most, purpose: .tangents) { workspace throws(ChainruleError) in
            for first in stride(from: 0, to: x.rows, by: most) {
                let rows = min(most, x.rows - first)
                try forward(x.rows(from: first, count: rows), in: workspace, firstRow: first)
                try tangent(
                    in: workspace, parameterTangents: parameterTangent,
                    inputTangent: inputTangent?.rows(from: first, count: rows))
                result.outputs?.rows(from: first, count: rows).assign(workspace.output)
                result.tangent.rows(from: first, count: rows).assign(workspace.tangents!.output(rows: rows))
            }
        }
        try checkResult(result.tangent, "the tangent of y")
    }

    /// Computes the vector-Jacobian products `uᵀ ∂y/∂w`, summed over the rows, and `uᵀ ∂y/∂x`, row by row: a backward
    /// pass that starts from any u instead of ∇C.
    /// - Parameters:
    ///   - x: whole rows of inputs, every element finite.
    ///   - outputVector: u, of the shape of y.
    public func vjp(
        _ x: [Float], _ outputVector: [Float]
    ) throws(ChainruleError) -> (gradients: [Float], inputGradient: [Float]) {
        let rows = try rows(of: x)
        try Matrix.checkShape(outputVector.count, rows: rows, columns: outputs, "the output vector")
        var (gradients, inputGradient) = (try zeros(1, parameterCount), try zeros(rows, inputs))
        try withMatrix(x, inputs) { x throws(ChainruleError) in
            try withMatrix(outputVector, outputs) { u throws(ChainruleError) in
                try withMutableMatrix(&gradients, parameterCount) { gradients throws(ChainruleError) in
                    try withMutableMatrix(&inputGradient, inputs) { dx throws(ChainruleError) in
                        try vjp(x!, u!, into: (gradients: gradients, inputGradient: dx))
                    }
                }
            }
        }
        return (gradients, inputGradient)
    }

    package func vjp(
        _ x: Matrix, _ outputVector: Matrix, into result: (gradients: Matrix?, inputGradient: Matrix?)
    ) throws(ChainruleError) {
        try check(x)
        try checkFinite(outputVector, "the output vector")
        let most = plan.pieceRows(of: x.rows)
        try pool.withWorkspace(plan: plan, rows: most, purpose: .training) { workspace throws(ChainruleError) in
            for first in stride(from: 0, to: x.rows, by: most) {
                let rows = min(most, x.rows - first)
                try forward(x.rows(from: first, count: rows), in: workspace, firstRow: first)
                try outputDelta(of: workspace, rows: rows).assign(outputVector.rows(from: first, count: rows))
                try backward(
                    in: workspace, gradients: result.gradients, accumulating: first > 0,
                    wantsInputGradient: result.inputGradient != nil)
                if let inputGradient = result.inputGradient, let delta = workspace.inputDelta {
                    inputGradient.rows(from: first, count: rows).assign(delta.rows(from: 0, count: rows))
                }
            }
        }
        if let gradients = result.gradients { try checkResult(gradients) }
        if let inputGradient = result.inputGradient { try checkResult(inputGradient, "the gradient of x") }
    }

    /// Computes `H v` with H = ∂²C/∂w², exactly (Pearlmutter 1994, "Fast exact multiplication by the Hessian"):
    /// differentiates every step of the gradient's passes along v.
    /// - Parameters:
    ///   - cost: C.
    ///   - x: `rows × inputs`, row-major; every element finite.
    ///   - rows: the rows of x.
    ///   - targets: for each row of x.
    ///   - vector: v, in the order of the parameter vector.
    ///   - product: receives `H v`. After an error its contents are unspecified.
    /// - Throws: also ``ChainruleError/Code/mismatch`` if a custom activation has no second derivative, or a custom
    ///   cost no Hessian product.
    public func hessianProduct(
        _ cost: Cost, _ x: Span<Float>, rows: Int, targets: Targets, vector: Span<Float>,
        product: inout MutableSpan<Float>
    ) throws(ChainruleError) {
        try multiply(.hessian, cost, x, rows: rows, targets: targets, vector, &product)
    }

    /// Computes `G v` with the Gauss-Newton matrix `G = Σ Jᵀ H_C J`, where J = ∂y/∂w and H_C holds the second
    /// derivatives of C with respect to y (Schraudolph 2002, "Fast curvature matrix-vector products"). G is H without
    /// the second derivatives of the network. It is positive semidefinite if C is convex in y. Takes the arguments of
    /// ``hessianProduct(_:_:rows:targets:vector:product:)``; no custom activation needs a second derivative.
    public func gaussNewtonProduct(
        _ cost: Cost, _ x: Span<Float>, rows: Int, targets: Targets, vector: Span<Float>,
        product: inout MutableSpan<Float>
    ) throws(ChainruleError) {
        try multiply(.gaussNewton, cost, x, rows: rows, targets: targets, vector, &product)
    }

    package enum SecondOrderMatrix { case hessian, gaussNewton }

    private func multiply(
        _ matrix: SecondOrderMatrix, _ cost: Cost, _ x: Span<Float>, rows: Int, targets: Targets, _ vector: Span<Float>,
        _ product: inout MutableSpan<Float>
    ) throws(ChainruleError) {
        try Matrix.checkShape(x.count, rows: rows, columns: inputs, "x")
        try checkParameterVector(vector.count, "the vector")
        try checkParameterVector(product.count, "the product")
        try targets.withView { targets throws(ChainruleError) in
            try x.withUnsafeBufferPointer { x throws(ChainruleError) in
                try vector.withUnsafeBufferPointer { vector throws(ChainruleError) in
                    try product.withUnsafeMutableBufferPointer { product throws(ChainruleError) in
                        // Without parameters there is nothing to multiply.
                        guard let v = vector.baseAddress, let result = product.baseAddress else { return }
                        try multiply(
                            matrix, cost, Matrix(reading: x.baseAddress!, rows: rows, columns: inputs, stride: inputs),
                            targets, Matrix(reading: v, rows: 1, columns: vector.count, stride: vector.count),
                            Matrix(base: result, rows: 1, columns: product.count))
                    }
                }
            }
        }
    }

    package func multiply(
        _ matrix: SecondOrderMatrix, _ cost: Cost, _ x: Matrix, _ targets: TargetView, _ vector: Matrix,
        _ product: Matrix
    ) throws(ChainruleError) {
        try check(DataView(x: x, targets: targets), cost: cost, "x")
        try checkFinite(vector, "the vector")
        try cost.checkHasHessian()
        if matrix == .hessian {
            for node in architecture.nodes where !node.layer.hasSecondDerivative {
                throw node.named(in: Activation.noSecondDerivative)
            }
        }
        let normalizer = cost.normalizer(totalWeight: targets.totalWeight(of: 0..<x.rows))
        let most = plan.gradientRows(of: x.rows, cost)
        try pool.withWorkspace(plan: plan, rows: most, purpose: .tangents) { workspace throws(ChainruleError) in
            for first in stride(from: 0, to: x.rows, by: most) {
                let rows = min(most, x.rows - first)
                let targets = targets.rows(from: first, count: rows)
                try forward(x.rows(from: first, count: rows), in: workspace, firstRow: first)
                try tangent(in: workspace, parameterTangents: vector, inputTangent: nil)
                let (y, tangents) = (workspace.output, workspace.tangents!)
                let delta = try outputDelta(of: workspace, rows: rows)
                switch matrix {
                case .hessian:
                    _ = try cost.evaluate(
                        y, targets, gradient: delta,
                        after: Cost.RowsBefore(count: first, cost: 0, normalizer: normalizer), arithmetic)
                    try cost.multiplyHessian(
                        y, targets, by: tangents.output(rows: rows), into: tangents.outputDelta(rows: rows),
                        normalizer: normalizer, arithmetic)
                    try backward(in: workspace, gradients: nil, accumulating: false, wantsInputGradient: false)
                    try tangentBackward(
                        in: workspace, parameterTangents: vector, gradientTangents: product, accumulating: first > 0)
                case .gaussNewton:
                    try cost.checkOutputs(y, firstRow: first)
                    try cost.multiplyHessian(
                        y, targets, by: tangents.output(rows: rows), into: delta, normalizer: normalizer, arithmetic)
                    try backward(in: workspace, gradients: product, accumulating: first > 0, wantsInputGradient: false)
                }
            }
        }
        try checkResult(product)
    }

    // MARK: Checks

    /// Checks x: at least one row, and finite.
    func check(_ x: Matrix) throws(ChainruleError) {
        guard x.rows >= 1 else { throw ChainruleError(.size, "x has 0 rows; at least 1 is needed") }
        precondition(x.columns == inputs)
        try checkFinite(x, "x")
    }

    /// Checks that a result by rows is finite.
    func checkResult(_ matrix: Matrix, _ what: StaticString) throws(ChainruleError) {
        guard !arithmetic.largestMagnitude(matrix).isFinite, let found = matrix.firstNotFinite() else { return }
        throw ChainruleError(.notFinite, "\(what) is \(found.value) at row \(found.row), column \(found.column)")
    }

    /// Checks that a vector of the shape of the parameters is finite.
    func checkResult(_ vector: Matrix) throws(ChainruleError) {
        guard !arithmetic.largestMagnitude(vector).isFinite, let found = vector.firstNotFinite() else { return }
        throw ChainruleError(.notFinite, "the result is \(found.value) at \(parameterName(at: found.column))")
    }

    func checkParameterVector(_ count: Int, _ what: StaticString) throws(ChainruleError) {
        guard count == parameterCount else {
            throw ChainruleError(
                .size, "\(what) holds \(count) floats; the network has \(parameterCount) parameters")
        }
    }

    // MARK: Arrays

    /// The number of rows in x. Checks that they are whole.
    func rows(of x: [Float]) throws(ChainruleError) -> Int {
        let rows = x.count / inputs
        try Matrix.checkShape(x.count, rows: rows, columns: inputs, "x")
        return rows
    }

    func zeros(_ rows: Int, _ columns: Int) throws(ChainruleError) -> [Float] {
        [Float](repeating: 0, count: try Plan.checkedProduct(rows, columns))
    }

    /// Calls `body` with a view of an array of whole rows; nil if the array is empty.
    func withMatrix(
        _ array: [Float], _ columns: Int, _ body: (Matrix?) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        try array.withUnsafeBufferPointer { buffer throws(ChainruleError) in
            guard let base = buffer.baseAddress, !buffer.isEmpty else { return try body(nil) }
            try body(Matrix(reading: base, rows: buffer.count / columns, columns: columns, stride: columns))
        }
    }

    func withMutableMatrix(
        _ array: inout [Float], _ columns: Int, _ body: (Matrix?) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        try array.withUnsafeMutableBufferPointer { buffer throws(ChainruleError) in
            guard let base = buffer.baseAddress, !buffer.isEmpty else { return try body(nil) }
            try body(Matrix(base: base, rows: buffer.count / columns, columns: columns))
        }
    }
}
