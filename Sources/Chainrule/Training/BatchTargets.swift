/// The targets of one batch, or of a piece of one, gathered from rows anywhere in the data.
final class BatchTargets: FallibleClass {
    private let values: FloatMemory?
    private let valueColumns: Int
    private let classes: Memory<Int32>?
    let weights: FloatMemory?

    init(
        values: FloatMemory?, valueColumns: Int, classes: Memory<Int32>?, weights: FloatMemory?
    ) {
        self.values = values
        self.valueColumns = valueColumns
        self.classes = classes
        self.weights = weights
    }

    /// Copies the targets of some of the batch's rows.
    /// - Parameter rows: for each row of the batch, its place in the data.
    func gather(_ rows: Slice<UnsafeMutableBufferPointer<Int>>, _ range: Range<Int>, from targets: TargetView) {
        for place in range {
            let row = rows[rows.startIndex + place]
            if let values, let all = targets.values {
                values.matrix(at: place * valueColumns, rows: 1, columns: valueColumns).assign(all.row(row))
            }
            if let classes, let all = targets.classes { classes.base[place] = all[row] }
            if let weights, let all = targets.weights { weights.base[place] = all[row] }
        }
    }

    /// Calls `body` to write the targets of all rows.
    /// - Parameter withWeights: false: the weights are empty.
    func fill<Result>(
        withWeights: Bool,
        _ body: (
            _ values: inout MutableSpan<Float>, _ classes: inout MutableSpan<Int32>, _ weights: inout MutableSpan<Float>
        ) throws(ChainruleError) -> Result
    ) throws(ChainruleError) -> Result {
        let noFloats = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
        let valueElements = values?.elements ?? noFloats
        let classElements = classes?.elements ?? UnsafeMutableBufferPointer(start: nil, count: 0)
        let weightElements = withWeights ? weights?.elements ?? noFloats : noFloats
        var values = valueElements.mutableSpan
        var classes = classElements.mutableSpan
        var weights = weightElements.mutableSpan
        return try body(&values, &classes, &weights)
    }

    /// The gathered targets of the batch's first rows. Valid until the next gathering.
    func targets(rows: Int) -> TargetView {
        TargetView(
            values: values?.matrix(at: 0, rows: rows, columns: valueColumns),
            classes: classes.map { UnsafeBufferPointer(start: $0.base, count: rows) },
            weights: weights.map { UnsafeBufferPointer(start: $0.base, count: rows) })
    }
}

extension FallibleClass where Self == BatchTargets {
    init(rows: Int, like targets: TargetView) throws(ChainruleError) {
        var values: FloatMemory?
        if let all = targets.values {
            values = try FloatMemory(count: Plan.checkedProduct(rows, all.columns), for: "a batch's targets")
        }
        let weights =
            try targets.weights == nil ? nil : FloatMemory(count: rows, for: "a batch's sample weights")
        let classes =
            try targets.classes == nil ? nil : Memory<Int32>(count: rows, for: "a batch's target classes")
        self = BatchTargets(
            values: values, valueColumns: targets.values?.columns ?? 0,
            classes: classes, weights: weights)
    }

    /// Allocates memory for a data source's targets.
    init(rows: Int, _ kind: DataSource.TargetKind, weighted: Bool) throws(ChainruleError) {
        var values: FloatMemory?
        var classes: Memory<Int32>?
        var columns = 0
        switch kind {
        case .none: break
        case .classes: classes = try Memory<Int32>(count: rows, for: "a batch's target classes")
        case .values(let count):
            guard count >= 1 else { throw ChainruleError(.size, "targets of \(count) columns; at least 1 is needed") }
            columns = count
            values = try FloatMemory(count: Plan.checkedProduct(rows, count), for: "a batch's targets")
        }
        self = BatchTargets(
            values: values, valueColumns: columns, classes: classes,
            weights: try weighted ? FloatMemory(count: rows, for: "a batch's sample weights") : nil)
    }
}
