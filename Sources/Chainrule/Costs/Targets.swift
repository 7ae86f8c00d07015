/// What to compare the outputs with: values or a class for each row, and optional sample weights.
public struct Targets: Sendable {
    enum Kind: Sendable {
        case none
        case values([Float], columns: Int)
        case classes([Int32])
    }

    let kind: Kind
    /// One weight for each row, finite and ≥ 0, with a positive sum; nil: all 1.
    public var weights: [Float]?

    /// `rows × columns` values, row-major. `columns` is the number of outputs, except with a custom cost.
    public static func values(_ values: [Float], columns: Int, weights: [Float]? = nil) -> Targets {
        Targets(kind: .values(values, columns: columns), weights: weights)
    }

    /// Class indices from 0 to the number of outputs − 1, for cross-entropy.
    public static func classes(_ classes: [Int32], weights: [Float]? = nil) -> Targets {
        Targets(kind: .classes(classes), weights: weights)
    }

    /// No targets: for custom costs that read only the outputs.
    public static func none(weights: [Float]? = nil) -> Targets { Targets(kind: .none, weights: weights) }

    func withView<Result>(_ body: (TargetView) throws(ChainruleError) -> Result) throws(ChainruleError) -> Result {
        try withBuffer(of: weights ?? []) { weights throws(ChainruleError) in
            let weights = self.weights == nil ? nil : weights
            switch kind {
            case .none:
                return try body(TargetView(weights: weights))
            case .classes(let classes):
                return try withBuffer(of: classes) { buffer throws(ChainruleError) in
                    try body(TargetView(classes: buffer, weights: weights))
                }
            case .values(let values, let columns):
                guard columns >= 1 && values.count % columns == 0 else {
                    throw ChainruleError(
                        .size, "targets hold \(values.count) values, which are not whole rows of \(columns)")
                }
                return try withBuffer(of: values) { buffer throws(ChainruleError) in
                    guard let base = buffer.baseAddress, !buffer.isEmpty else {
                        throw ChainruleError(.size, "targets hold no values")
                    }
                    return try body(
                        TargetView(
                            values: Matrix(
                                reading: base, rows: buffer.count / columns, columns: columns, stride: columns),
                            weights: weights))
                }
            }
        }
    }

    private func withBuffer<Element, Result>(
        of array: [Element], _ body: (UnsafeBufferPointer<Element>) throws(ChainruleError) -> Result
    ) throws(ChainruleError) -> Result {
        try array.withUnsafeBufferPointer { buffer throws(ChainruleError) in try body(buffer) }
    }
}

/// The kind and counts of targets: all that is known before reading one.
package struct TargetShape {
    var values: (rows: Int, columns: Int)?
    var classes: Int?
    var weights: Int?

    /// Checks that a cost takes them for outputs of this many rows and columns.
    package func validate(for cost: Cost, rows: Int, columns: Int) throws(ChainruleError) {
        try cost.check(outputs: columns)
        if let weights { try TargetShape.check(weights, rows, "sample weights") }
        if let classes {
            guard cost.acceptsClasses else {
                throw ChainruleError(.target, "the cost '\(cost.identifier)' takes target values, not classes")
            }
            guard values == nil else { throw ChainruleError(.target, "both target values and classes are given") }
            return try TargetShape.check(classes, rows, "target classes")
        }
        guard let values else {
            if cost.needsTargets { throw ChainruleError(.target, "the cost '\(cost.identifier)' needs targets") }
            return
        }
        try TargetShape.check(values.rows, rows, "target values")
        guard values.columns == columns || cost.isCustom else {
            throw ChainruleError(.size, "targets have \(values.columns) columns; the outputs have \(columns)")
        }
    }

    private static func check(_ count: Int, _ rows: Int, _ what: StaticString) throws(ChainruleError) {
        guard count == rows else {
            throw ChainruleError(.size, "there are \(count) \(what) for \(rows) rows")
        }
    }
}

/// Targets in memory that someone else owns.
package struct TargetView {
    package var values: Matrix?
    package var classes: UnsafeBufferPointer<Int32>?
    package var weights: UnsafeBufferPointer<Float>?

    package init(
        values: Matrix? = nil, classes: UnsafeBufferPointer<Int32>? = nil, weights: UnsafeBufferPointer<Float>? = nil
    ) {
        self.values = values
        self.classes = classes
        self.weights = weights
    }

    package var shape: TargetShape {
        TargetShape(
            values: values.map { ($0.rows, $0.columns) }, classes: classes?.count, weights: weights?.count)
    }

    /// Checks everything that a cost takes for granted: kind, counts, ranges, finiteness. Compares the counts before
    /// reading any element.
    /// - Parameter allowingNoWeight: whether the sample weights may all be 0, as in one batch of many.
    package func validate(
        for cost: Cost, rows: Int, columns: Int, allowingNoWeight: Bool = false
    ) throws(ChainruleError) {
        try shape.validate(for: cost, rows: rows, columns: columns)
        if let weights { try validate(weights, allowingNoWeight: allowingNoWeight) }
        if cost.isCustom { return }
        if let classes {
            for row in 0..<rows where classes[row] < 0 || Int(classes[row]) >= columns {
                throw ChainruleError(
                    .target, "the target class of row \(row) is \(classes[row]); classes go from 0 to \(columns - 1)")
            }
        }
        guard let values else { return }
        let range = cost.targetRange
        for row in 0..<rows {
            for column in 0..<columns where !(values[row, column].isFinite && range.contains(values[row, column])) {
                throw ChainruleError(
                    .target,
                    """
                    the target at row \(row), column \(column) is \(values[row, column]); '\(cost.identifier)' takes \
                    finite targets from \(range.lowerBound) to \(range.upperBound)
                    """)
            }
        }
        if cost.acceptsClasses { try validateDistributions(values, cost) }
    }

    /// Checks that the elements of each row with weight add up to about 1: rounded probabilities pass.
    private func validateDistributions(_ values: Matrix, _ cost: Cost) throws(ChainruleError) {
        for row in 0..<values.rows where weights?[row] != 0 {
            var sum = 0.0
            for column in 0..<values.columns { sum += Double(values[row, column]) }
            guard abs(sum - 1) <= 1e-3 else {
                throw ChainruleError(
                    .target,
                    """
                    the targets of row \(row) add up to \(sum); '\(cost.identifier)' takes distributions, which add up to 1, \
                    or classes
                    """)
            }
        }
    }

    private func validate(
        _ weights: UnsafeBufferPointer<Float>, allowingNoWeight: Bool
    ) throws(ChainruleError) {
        var total = 0.0
        for row in weights.indices {
            guard weights[row].isFinite && weights[row] >= 0 else {
                throw ChainruleError(
                    .target, "the sample weight of row \(row) is \(weights[row]); it must be finite and >= 0")
            }
            total += Double(weights[row])
        }
        guard total > 0 || allowingNoWeight else { throw ChainruleError(.target, "the sample weights are all 0") }
    }

    /// The sum of the weights of these rows.
    func totalWeight(of rows: some Collection<Int>) -> Double {
        guard let weights else { return Double(rows.count) }
        var total = 0.0
        for row in rows { total += Double(weights[row]) }
        return total
    }

    /// The targets of consecutive rows.
    func rows(from first: Int, count: Int) -> TargetView {
        TargetView(
            values: values?.rows(from: first, count: count),
            classes: classes.map { UnsafeBufferPointer(rebasing: $0[first..<first + count]) },
            weights: weights.map { UnsafeBufferPointer(rebasing: $0[first..<first + count]) })
    }
}
