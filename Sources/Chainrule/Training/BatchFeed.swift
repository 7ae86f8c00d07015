/// Where the batches of an epoch come from.
protocol BatchFeed: AnyObject {
    /// Takes the steps.
    var step: TrainingStep { get }
    /// How many rows an epoch has; nil if unknown until its end.
    var count: Int? { get }
    func begin(epoch: Int) throws(ChainruleError)
    /// The rows of the step's data in the next batch; nil at the epoch's end. `row` counts the rows before it.
    func next(epoch: Int, row: Int) throws(ChainruleError) -> Slice<UnsafeMutableBufferPointer<Int>>?
}

/// Rows of data in memory, in the order that the seed gives for an epoch.
final class RowFeed: BatchFeed, FallibleClass {
    let step: TrainingStep
    /// In the order of the data.
    private let rows: Memory<Int>
    /// In this epoch's order.
    private let order: Memory<Int>
    private let seed: UInt64?
    private let batchSize: Int
    /// Owns the sample weights that the step reads.
    private let weights: FloatMemory?

    fileprivate init(
        step: TrainingStep, rows: Memory<Int>, order: Memory<Int>, options: TrainingOptions, weights: FloatMemory?
    ) {
        self.step = step
        self.rows = rows
        self.order = order
        self.weights = weights
        seed = options.shuffles ? options.seed : nil
        batchSize = options.batchSize
        putInOrder()
    }

    var count: Int? { order.count }

    func begin(epoch: Int) throws(ChainruleError) {
        guard let seed else { return }
        putInOrder()
        var generator = RandomGenerator(seed: seed, stream: UInt64(epoch))
        var elements = order.elements
        try generator.shuffle(&elements)
    }

    private func putInOrder() {
        for place in 0..<order.count { order.base[place] = rows.base[place] }
    }

    func next(epoch: Int, row: Int) throws(ChainruleError) -> Slice<UnsafeMutableBufferPointer<Int>>? {
        row == order.count ? nil : order.elements[row..<row + min(batchSize, order.count - row)]
    }
}

extension FallibleClass where Self == RowFeed {
    /// - Parameters:
    ///   - data: checked, with the largest magnitude in x.
    ///   - rows: the rows to train on.
    init(
        for trainer: Trainer, _ data: DataView, rows: some Collection<Int>, largestInput: Float
    ) throws(ChainruleError) {
        let options = trainer.options
        try trainer.carriedStates?.checkRows(rows.count)
        var data = data
        var weights: FloatMemory?
        if options.classWeights != nil {
            let memory = try FloatMemory(count: data.x.rows, for: "the sample weights")
            for row in 0..<data.x.rows { memory.base[row] = data.targets.weights?[row] ?? 1 }
            data.targets.weights = UnsafeBufferPointer(memory.elements)
            try options.applyClassWeights(data.targets, rows)
            weights = memory
        }
        guard data.targets.weights == nil || data.targets.totalWeight(of: rows) > 0 else {
            throw ChainruleError(.target, "the sample weights of the rows to train on are all 0")
        }
        let places = try Memory<Int>(count: rows.count, for: "the rows to train on")
        for (place, row) in rows.enumerated() { places.base[place] = row }
        self = RowFeed(
            step: try TrainingStep(
                network: trainer.network, optimizer: trainer.optimizer, options: options,
                batchRows: min(options.batchSize, rows.count),
                copiesRows: options.shuffles || !data.x.isContiguous, data: data, largestInput: largestInput,
                carriedStates: trainer.carriedStates),
            rows: places, order: try Memory<Int>(count: rows.count, for: "the order of the rows"), options: options,
            weights: weights)
    }
}

extension TrainingOptions {
    /// Checks that the targets are classes, or values that can stand for classes.
    func checkHasClasses(_ targets: TargetShape) throws(ChainruleError) {
        guard classWeights != nil && cost.acceptsClasses && targets.classes == nil else { return }
        throw ChainruleError(.target, "class weights need target classes; target values were given")
    }

    /// Multiplies the sample weights of these rows by their classes' factors, in place.
    func applyClassWeights(_ targets: TargetView, _ rows: some Collection<Int>) throws(ChainruleError) {
        guard let classWeights, let weights = targets.weights else { return }
        try checkHasClasses(targets.shape)
        let products = UnsafeMutableBufferPointer(mutating: weights)
        for row in rows {
            let product = try weights[row] * classWeights[targets.labelledClass(row: row)]
            guard product.isFinite else {
                throw ChainruleError(
                    .target, "the sample weight of row \(row), \(weights[row]), times its class's weight is too large")
            }
            products[row] = product
        }
    }
}
