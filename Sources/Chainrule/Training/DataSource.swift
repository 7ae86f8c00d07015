/// Data that need not fit in memory: a function that fills one batch after another.
public final class DataSource {
    /// What the targets are.
    public enum TargetKind: Sendable {
        /// Class indices.
        case classes
        /// This many values for each row.
        case values(columns: Int)
        /// None, for custom costs that read only the outputs.
        case none
    }

    /// Says which batch to fill.
    public struct Request: Sendable {
        /// The number of the epoch, from 1.
        public let epoch: Int
        /// How many rows of the epoch came before; 0: its first batch. A trainer that continues in the middle of an
        /// epoch starts there. A source that can be resumed uses it to find its place.
        public let firstRow: Int
        /// The most rows that fit in the batch.
        public let maxRows: Int
    }

    /// Fills the first rows of a batch and returns their number; 0 ends the epoch. Fill x, `maxRows × inputs`,
    /// row-major, with finite numbers. The values are `maxRows × columns` and the classes `maxRows`; each is empty if
    /// the targets are of another kind. The sample weights are `maxRows`, or empty if the source has none. Numbers that
    /// are not finite, targets or weights out of range, and an epoch without rows throw
    /// ``ChainruleError/Code/callback``; steps may already have been taken.
    public typealias Function =
        (
            _ request: Request, _ x: inout MutableSpan<Float>, _ values: inout MutableSpan<Float>,
            _ classes: inout MutableSpan<Int32>, _ weights: inout MutableSpan<Float>
        ) throws(ChainruleError) -> Int

    let targets: TargetKind
    let hasWeights: Bool
    let function: Function

    public init(targets: TargetKind, weights: Bool = false, _ function: @escaping Function) {
        self.targets = targets
        hasWeights = weights
        self.function = function
    }

    /// Checks the kind and width of the targets, before allocating anything for them.
    func checkShape(for options: TrainingOptions, outputs: Int) throws(ChainruleError) {
        let rows = options.batchSize
        let shape =
            switch targets {
            case .none: TargetShape()
            case .classes: TargetShape(classes: rows)
            case .values(let columns): TargetShape(values: (rows: rows, columns: columns))
            }
        try shape.validate(for: options.cost, rows: rows, columns: outputs)
        try options.checkHasClasses(shape)
    }
}

/// The batches of a data source, all in the same memory.
final class SourceFeed: BatchFeed, FallibleClass {
    let step: TrainingStep
    private let trainer: Trainer
    private let source: DataSource
    private let x: FloatMemory
    private let targets: BatchTargets
    /// Consecutive rows.
    private let order: Memory<Int>

    fileprivate init(
        step: TrainingStep, trainer: Trainer, source: DataSource, x: FloatMemory, targets: BatchTargets,
        order: Memory<Int>
    ) {
        self.step = step
        self.trainer = trainer
        self.source = source
        self.x = x
        self.targets = targets
        self.order = order
        for row in 0..<order.count { order.base[row] = row }
    }

    /// Unknown until the end.
    var count: Int? { nil }

    func begin(epoch: Int) throws(ChainruleError) {}

    func next(epoch: Int, row: Int) throws(ChainruleError) -> Slice<UnsafeMutableBufferPointer<Int>>? {
        let request = DataSource.Request(epoch: epoch, firstRow: row, maxRows: order.count)
        let rows = try x.vector.withMutableSpan { x throws(ChainruleError) in
            try targets.fill(withWeights: source.hasWeights) { values, classes, weights throws(ChainruleError) in
                try source.function(request, &x, &values, &classes, &weights)
            }
        }
        guard rows >= 0 && rows <= order.count else {
            throw ChainruleError(
                .callback, "the data source gave \(rows) rows; from 0 to \(order.count) were asked for")
        }
        if rows == 0 { return nil }
        do throws(ChainruleError) {
            try trainer.carriedStates?.checkRows(rows)
        } catch {
            throw ChainruleError(.callback, "the data source: \(error.message)")
        }
        let network = trainer.network
        let given = x.matrix(at: 0, rows: rows, columns: network.inputs)
        let largest = network.arithmetic.largestMagnitude(given)
        if !largest.isFinite, let found = given.firstNotFinite() {
            throw ChainruleError(
                .callback, "the data source's x is \(found.value) at row \(found.row), column \(found.column)")
        }
        if let weights = targets.weights, !source.hasWeights { weights.elements.update(repeating: 1) }
        do throws(ChainruleError) {
            try targets.targets(rows: rows).validate(
                for: trainer.options.cost, rows: rows, columns: network.outputs, allowingNoWeight: true)
            try trainer.options.applyClassWeights(targets.targets(rows: rows), 0..<rows)
        } catch {
            // Not an error in the caller's argument: steps may already have been taken.
            throw ChainruleError(.callback, "the data source's targets: \(error.message)")
        }
        step.largestInput = Double(largest)
        return order.elements[0..<rows]
    }
}

extension FallibleClass where Self == SourceFeed {
    init(for trainer: Trainer, _ source: DataSource) throws(ChainruleError) {
        let (network, options) = (trainer.network, trainer.options)
        let rows = options.batchSize
        let x = try FloatMemory(count: Plan.checkedProduct(rows, network.inputs), for: "a batch of a data source")
        let targets = try BatchTargets(
            rows: rows, source.targets, weighted: source.hasWeights || options.classWeights != nil)
        // The view of a full batch.
        let data = DataView(
            x: x.matrix(at: 0, rows: rows, columns: network.inputs), targets: targets.targets(rows: rows))
        self = SourceFeed(
            step: try TrainingStep(
                network: network, optimizer: trainer.optimizer, options: options, batchRows: rows, copiesRows: false,
                data: data, largestInput: 0, carriedStates: trainer.carriedStates),
            trainer: trainer, source: source, x: x, targets: targets,
            order: try Memory<Int>(count: rows, for: "the order of a batch"))
    }
}
