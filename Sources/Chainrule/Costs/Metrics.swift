/// How a network's outputs compare with targets. Each row counts by its sample weight.
public struct Metrics: Sendable {
    public let rows: Int
    /// C, combined by the cost's reduction.
    public let cost: Double
    /// The share of rows that are right. With ``Cost/crossEntropy(_:)`` the largest output, the first of equals, must
    /// be the target class, or be where the largest target value is. With binary cross-entropies all outputs, as
    /// probabilities, must be on the same side of a half as their targets. nil with other costs.
    public let accuracy: Double?
    /// The share of rows whose class is among the `top` largest outputs; nil with costs other than cross-entropy.
    public let topAccuracy: Double?
    /// R² = 1 − Σ (t − y)² / Σ (t − t̄)², its mean over the outputs; nil with costs that decide, and without target
    /// values for every output. Targets that are all the same give 1 if the outputs equal them, otherwise 0 (like
    /// scikit-learn's `r2_score`).
    public let r2: Double?

    /// The metrics of outputs whose C is not finite: it counts as infinite.
    static func notFinite(rows: Int) -> Metrics {
        Metrics(rows: rows, cost: .infinity, accuracy: nil, topAccuracy: nil, r2: nil)
    }
}

extension Network {
    /// Compares the outputs for x with targets.
    /// - Parameters:
    ///   - cost: C.
    ///   - x: `rows × inputs`, row-major; every element finite.
    ///   - targets: for each row of x.
    ///   - top: a row counts in ``Metrics/topAccuracy`` if its class is among this many of the largest outputs, at least 1.
    public func evaluate(_ cost: Cost, _ x: [Float], targets: Targets, top: Int = 5) throws(ChainruleError) -> Metrics {
        try withData(x, targets, "x") { data throws(ChainruleError) in
            try evaluate(cost, data, top: top)
        }
    }

    /// Counts how often rows of each class are taken for each class: `count[t * N + y]` is the weight of the rows of
    /// class t with the decision y. N is the number of outputs, or 2 for a single output that decides between no and
    /// yes.
    public func confusion(_ cost: Cost, _ x: [Float], targets: Targets) throws(ChainruleError) -> [Double] {
        try withData(x, targets, "x") { data throws(ChainruleError) in
            let classes = try confusionClasses(cost)
            let counts = try Memory<Double>(count: Plan.checkedProduct(classes, classes), for: "a confusion matrix")
            _ = try evaluate(cost, data, confusion: counts.elements)
            return Array(counts.elements)
        }
    }

    /// - Parameter confusion: receives what ``confusion(_:_:targets:)`` returns; nil: none.
    package func evaluate(
        _ cost: Cost, _ data: DataView, top: Int = 5, confusion: UnsafeMutableBufferPointer<Double>? = nil
    ) throws(ChainruleError) -> Metrics {
        try check(data, cost: cost, "x")
        return try Evaluation(of: self, cost: cost, rows: data.x.rows, top: top).run(data, confusion: confusion)
    }

    /// How many classes the outputs decide between.
    package func confusionClasses(_ cost: Cost) throws(ChainruleError) -> Int {
        do throws(ChainruleError) {
            return try cost.classes(outputs: outputs)
        } catch {
            throw error.preceded(by: "a confusion matrix needs classes: ")
        }
    }
}

/// Compares a network's outputs with targets, some rows at a time, in memory allocated once.
struct Evaluation {
    private let network: Network
    private let cost: Cost
    private let top: Int
    private let memory: FloatMemory
    /// For each column: the targets' mean, and the sums of squares of their differences from it and from the outputs.
    private let moments: Memory<Double>

    /// How many rows to predict at a time: whole groups of rows of the cost.
    private static var mostRows: Int { 16 * Cost.groupRows }

    /// - Parameter rows: the most rows in one run.
    init(of network: Network, cost: Cost, rows: Int, top: Int = 5) throws(ChainruleError) {
        guard top >= 1 else { throw ChainruleError(.size, "top is \(top); at least 1 is needed") }
        self.network = network
        self.cost = cost
        self.top = top
        // A custom cost needs all rows at once.
        let group = cost.isCustom ? rows : min(rows, network.plan.groupedRowsAtATime(Evaluation.mostRows))
        memory = try FloatMemory(count: Plan.checkedProduct(group, network.outputs), for: "the outputs to evaluate")
        moments = try Memory<Double>(count: Plan.checkedProduct(3, network.outputs), for: "the moments of the targets")
    }

    private var group: Int { memory.count / network.outputs }

    /// Compares checked data.
    func run(
        _ data: DataView, confusion: UnsafeMutableBufferPointer<Double>? = nil
    ) throws(ChainruleError) -> Metrics {
        let rows = data.x.rows
        let totalWeight = data.targets.totalWeight(of: 0..<rows)
        let normalizer = cost.normalizer(totalWeight: totalWeight)
        confusion?.update(repeating: 0)
        let values = quantities(data.targets)
        if let values { findMeans(of: values, data.targets, totalWeight: totalWeight) }
        var value = 0.0
        var right = 0.0
        var rightAtTop = 0.0
        for first in stride(from: 0, to: rows, by: group) {
            let count = min(group, rows - first)
            let y = memory.matrix(at: 0, rows: count, columns: network.outputs)
            let targets = data.targets.rows(from: first, count: count)
            try network.predictUnprepared(data.x.rows(from: first, count: count), into: y)
            value = try cost.evaluate(
                y, targets, gradient: nil,
                after: Cost.RowsBefore(count: first, cost: value, normalizer: normalizer), network.arithmetic)
            if let values { addSquares(y, values.rows(from: first, count: count), targets) }
            if !cost.decision.isMade { continue }
            for row in 0..<count {
                let weight = targets.weights.map { Double($0[row]) } ?? 1
                let judgement = judge(y, targets, row: row)
                if judgement.isRight { right += weight }
                if judgement.isRightAtTop { rightAtTop += weight }
                if let confusion { confusion[judgement.place] += weight }
            }
        }
        var accuracy: Double?
        var topAccuracy: Double?
        switch cost.decision {
        case .none: break
        case .above: accuracy = right / totalWeight
        case .largest: (accuracy, topAccuracy) = (right / totalWeight, rightAtTop / totalWeight)
        }
        return Metrics(
            rows: rows, cost: value, accuracy: accuracy, topAccuracy: topAccuracy, r2: values == nil ? nil : r2)
    }

    /// The targets, if they and the outputs are the same quantities.
    private func quantities(_ targets: TargetView) -> Matrix? {
        guard !cost.decision.isMade, let values = targets.values, values.columns == network.outputs else {
            return nil
        }
        return values
    }

    // MARK: Decisions

    private struct Judgement {
        let isRight: Bool
        let isRightAtTop: Bool
        /// The place in a confusion matrix.
        let place: Int
    }

    private func judge(_ y: Matrix, _ targets: TargetView, row: Int) -> Judgement {
        let isRight = cost.decision.isRight(y, targets, row: row)
        if case .above(let threshold) = cost.decision, let values = targets.values {
            let place = (values[row, 0] > 0.5 ? 2 : 0) + (y[row, 0] > threshold ? 1 : 0)
            return Judgement(isRight: isRight, isRightAtTop: isRight, place: place)
        }
        let target = targets.decidedClass(row: row)
        // The first of equals is the largest, so an equal before the target counts as larger.
        var larger = y.countAbove(y[row, target], inRow: row)
        for column in 0..<target where y[row, column] == y[row, target] { larger += 1 }
        let place = target * y.columns + y.indexOfLargest(inRow: row)
        return Judgement(isRight: isRight, isRightAtTop: larger < top, place: place)
    }

    // MARK: Quantities

    private func findMeans(of values: Matrix, _ targets: TargetView, totalWeight: Double) {
        moments.elements.update(repeating: 0)
        // Relative to the first row's target: equal targets then have exactly themselves as their mean.
        for row in 0..<values.rows {
            let weight = (targets.weights.map { Double($0[row]) } ?? 1) / totalWeight
            for column in 0..<values.columns {
                moments.base[3 * column] += weight * (Double(values[row, column]) - Double(values[0, column]))
            }
        }
        for column in 0..<values.columns { moments.base[3 * column] += Double(values[0, column]) }
    }

    private func addSquares(_ y: Matrix, _ values: Matrix, _ targets: TargetView) {
        for row in 0..<y.rows {
            let weight = targets.weights.map { Double($0[row]) } ?? 1
            for column in 0..<y.columns {
                let target = Double(values[row, column])
                let fromMean = target - moments.base[3 * column]
                let fromOutput = target - Double(y[row, column])
                moments.base[3 * column + 1] += weight * fromMean * fromMean
                moments.base[3 * column + 2] += weight * fromOutput * fromOutput
            }
        }
    }

    private var r2: Double {
        var total = 0.0
        for column in 0..<network.outputs {
            let (spread, error) = (moments.base[3 * column + 1], moments.base[3 * column + 2])
            total += spread > 0 ? 1 - error / spread : (error == 0 ? 1 : 0)
        }
        return total / Double(network.outputs)
    }
}
