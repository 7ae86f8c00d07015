import Kernels

/// A cost C of a batch of outputs y: a differentiable scalar that expresses the network's task.
///
/// The built-in costs define `c_r` for one row; ``Reduction`` says how to combine the rows.
public struct Cost: Sendable {
    /// How to combine the costs `c_r` of rows with sample weights `w_r` into C.
    public enum Reduction: Sendable {
        /// `Σ w_r c_r / Σ w_r`.
        case mean
        /// `Σ w_r c_r`.
        case sum
    }

    /// The stable name.
    public let identifier: StaticString
    public var reduction: Reduction
    let function: Function
    /// The parameter of the ``CostKernels``: Huber's d, cross-entropy's ε.
    package let parameter: Float
    /// Whether targets are classes, or distributions over them.
    let acceptsClasses: Bool
    /// The activation that the cost itself applies to the outputs, which are logits; nil: none.
    let appliedActivation: StaticString?
    let targetRange: ClosedRange<Float>
    /// Outputs outside are an error: the cost is undefined there.
    let outputRange: ClosedRange<Float>?
    /// How outputs decide.
    let decision: Decision
    let overflow: Overflow

    package var isCustom: Bool {
        if case .custom = function { return true }
        return false
    }

    /// Whether targets are required: only a custom cost can do without.
    package var needsTargets: Bool { !isCustom }

    enum Function: Sendable {
        case builtIn(@Sendable (Arithmetic) -> CostKernel<Float>)
        case custom(CustomCost)
    }

    init(
        _ identifier: StaticString, _ reduction: Reduction, parameter: Float = 0, acceptsClasses: Bool = false,
        applying appliedActivation: StaticString? = nil,
        targets targetRange: ClosedRange<Float> = -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude,
        outputs outputRange: ClosedRange<Float>? = nil, deciding decision: Decision = .none,
        overflow: Overflow = .never,
        function: Function
    ) {
        self.identifier = identifier
        self.reduction = reduction
        self.parameter = parameter
        self.acceptsClasses = acceptsClasses
        self.appliedActivation = appliedActivation
        self.targetRange = targetRange
        self.outputRange = outputRange
        self.decision = decision
        self.overflow = overflow
        self.function = function
    }

    /// Computes C of the outputs, and ∇C = ∂C/∂y.
    /// - Parameters:
    ///   - outputs: y, `rows × columns`, row-major.
    ///   - rows: the rows of y.
    ///   - columns: the length of a row of y.
    ///   - targets: for each row of y.
    ///   - gradient: receives ∇C, in the shape of y.
    public func evaluate(
        _ outputs: Span<Float>, rows: Int, columns: Int, targets: Targets, gradient: inout MutableSpan<Float>
    ) throws(ChainruleError) -> Double {
        guard rows >= 1 && columns >= 1 else {
            throw ChainruleError(.size, "outputs of \(rows) rows and \(columns) columns; at least 1 of each is needed")
        }
        let count = try Plan.checkedProduct(rows, columns)
        guard outputs.count == count && gradient.count == count else {
            throw ChainruleError(
                .size,
                """
                outputs hold \(outputs.count) floats and the gradient \(gradient.count); \(rows) rows of \(columns) are \
                \(count)
                """)
        }
        return try targets.withView { targets throws(ChainruleError) in
            try targets.validate(for: self, rows: rows, columns: columns)
            return try outputs.withUnsafeBufferPointer { y throws(ChainruleError) in
                try gradient.withUnsafeMutableBufferPointer { gradient throws(ChainruleError) in
                    try evaluate(
                        Matrix(reading: y.baseAddress!, rows: rows, columns: columns, stride: columns), targets,
                        gradient: Matrix(base: gradient.baseAddress!, rows: rows, columns: columns), .standard)
                }
            }
        }
    }

    /// Computes the same for validated targets. Throws if C is not finite.
    /// - Parameters:
    ///   - gradient: has the rows of `y`; nil: none.
    ///   - before: the batch's rows before `y`; nil if there are none. A custom cost needs all rows at once.
    /// - Returns: C of the rows before and of these.
    package func evaluate(
        _ y: Matrix, _ targets: TargetView, gradient: Matrix?, after before: RowsBefore? = nil,
        _ arithmetic: Arithmetic
    ) throws(ChainruleError) -> Double {
        switch function {
        case .custom(let custom):
            return try custom.evaluate(y, targets, gradient: gradient)
        case .builtIn:
            let firstRow = before?.count ?? 0
            try checkOutputs(y, firstRow: firstRow)
            let normalizer = before?.normalizer ?? normalizer(totalWeight: targets.totalWeight(of: 0..<y.rows))
            var cost = before?.cost ?? 0
            for group in 0..<Cost.groups(of: y.rows) {
                cost += evaluate(
                    group: group, y, targets, gradient: gradient, normalizer: normalizer, arithmetic)
            }
            guard cost.isFinite else { throw ChainruleError(.notFinite, "the cost '\(identifier)' is \(cost)") }
            if let gradient, !arithmetic.largestMagnitude(gradient).isFinite, let found = gradient.firstNotFinite() {
                throw ChainruleError(
                    .notFinite,
                    """
                    the gradient of '\(identifier)' is \(found.value) at row \(firstRow + found.row), \
                    column \(found.column)
                    """)
            }
            return cost
        }
    }

    /// The rows of a batch before the present ones: their number (whole groups), their cost, and the normalizer of the
    /// whole batch.
    package struct RowsBefore {
        let count: Int
        let cost: Double
        let normalizer: Double
    }

    /// The weight of a batch's C in the mean over batches.
    func weight(totalWeight: Double, rows: Int) -> Double {
        if isCustom { return Double(rows) }
        return reduction == .sum ? 1 : totalWeight
    }

    /// The number of rows in a group. C adds the rows' costs group by group, then adds the groups' sums. So C is the
    /// same whichever thread has which groups.
    static var groupRows: Int { 16 }

    static func groups(of rows: Int) -> Int { (rows + groupRows - 1) / groupRows }

    static func rows(ofGroup group: Int, of rows: Int) -> Range<Int> {
        group * groupRows..<min((group + 1) * groupRows, rows)
    }

    /// The divisor of the sum of the rows' costs.
    func normalizer(totalWeight: Double) -> Double {
        // A batch whose weights are all 0 has no mean. It costs nothing and teaches nothing.
        reduction == .sum || totalWeight == 0 ? 1 : totalWeight
    }

    /// Computes one group's share of a built-in cost C, and its rows of ∇C. Requires checked outputs.
    func evaluate(
        group: Int, _ y: Matrix, _ targets: TargetView, gradient: Matrix?, normalizer: Double, _ arithmetic: Arithmetic
    ) -> Double {
        let rows = Cost.rows(ofGroup: group, of: y.rows)
        let y = y.rows(from: rows.lowerBound, count: rows.count)
        let targets = targets.rows(from: rows.lowerBound, count: rows.count)
        let gradient = gradient?.rows(from: rows.lowerBound, count: rows.count)
        // If the gradient overwrites y, y cannot be read again.
        if gradient?.isSameMemory(as: y) != true || !mayOverflow(y, targets, arithmetic) {
            let cost = kernel(
                y, targets, targets.weights?.baseAddress, gradient, normalizer: normalizer, arithmetic)
            if cost.isFinite { return cost }
        }
        return evaluateRows(y, targets, gradient: gradient, normalizer: normalizer) {
            row, weights, normalizer, gradient in
            kernel(
                y.row(row), targets.rows(from: row, count: 1), weights, gradient, normalizer: normalizer, arithmetic)
        }
    }

    private func kernel(
        _ y: Matrix, _ targets: TargetView, _ weights: UnsafePointer<Float>?, _ gradient: Matrix?, normalizer: Double,
        _ arithmetic: Arithmetic
    ) -> Double {
        guard case .builtIn(let select) = function else { preconditionFailure("a custom cost has no kernel") }
        if let classes = targets.classes?.baseAddress {
            if parameter > 0 {
                return arithmetic.kernels.costs.smoothedCrossEntropyOfClasses(
                    y.rows, y.columns, y.base, y.stride, classes, weights, normalizer, parameter, gradient?.base,
                    gradient?.stride ?? 0)
            }
            return arithmetic.kernels.costs.crossEntropyOfClasses(
                y.rows, y.columns, y.base, y.stride, classes, weights, normalizer, gradient?.base,
                gradient?.stride ?? 0)
        }
        guard let values = targets.values else { return 0 }
        return select(arithmetic).evaluate(
            y.rows, y.columns, y.base, y.stride, values.base, values.stride, weights, normalizer, parameter,
            gradient?.base, gradient?.stride ?? 0)
    }

    /// Checks that the cost is meaningful for this many outputs.
    func check(outputs: Int) throws(ChainruleError) {
        guard acceptsClasses && outputs == 1 else { return }
        throw ChainruleError(
            .value,
            """
            the cost '\(identifier)' of 1 output is 0, whatever the output: give each class an output, or take \
            'binary_cross_entropy_logits' for one output that says yes or no
            """)
    }

    /// Checks that ``multiplyHessian(_:_:by:into:normalizer:_:)`` is possible: a custom cost may lack a Hessian
    /// product.
    func checkHasHessian() throws(ChainruleError) {
        if case .custom(let custom) = function, custom.hessianProduct == nil { throw CustomCost.noHessianProduct }
    }

    /// Computes `H v` with H = ∂∇C/∂y, which has a block for each row. Requires checked outputs and targets.
    /// - Parameters:
    ///   - v: in the shape of y, contiguous.
    ///   - product: receives `H v`, in the same shape, contiguous.
    ///   - normalizer: of the whole batch; y may be some of its rows. A custom cost needs all rows.
    func multiplyHessian(
        _ y: Matrix, _ targets: TargetView, by v: Matrix, into product: Matrix, normalizer: Double,
        _ arithmetic: Arithmetic
    ) throws(ChainruleError) {
        precondition(v.rows == y.rows && v.columns == y.columns && product.rows == y.rows)
        switch function {
        case .custom(let custom):
            try custom.multiplyHessian(y, targets, by: v, into: product)
        case .builtIn(let select):
            let weights = targets.weights?.baseAddress
            if targets.classes != nil {
                arithmetic.kernels.costs.crossEntropyOfClassesHessianProduct(
                    y.rows, y.columns, y.base, y.stride, weights, normalizer, v.base, v.stride, product.base,
                    product.stride)
            } else if let values = targets.values {
                select(arithmetic).hessianProduct(
                    y.rows, y.columns, y.base, y.stride, values.base, values.stride, weights, normalizer, parameter,
                    v.base, v.stride, product.base, product.stride)
            }
        }
    }

    func checkOutputs(_ y: Matrix, firstRow: Int) throws(ChainruleError) {
        guard let outputRange else { return }
        for row in 0..<y.rows {
            // There C is not a number. NaN is in no range.
            for column in 0..<y.columns where !outputRange.contains(y[row, column]) {
                throw ChainruleError(
                    .notFinite,
                    """
                    the output at row \(firstRow + row), column \(column) is \(y[row, column]); '\(identifier)' is defined from \
                    \(outputRange.lowerBound) to \(outputRange.upperBound)
                    """)
            }
        }
    }
}
