/// Where the batches of an epoch come from.
protocol BatchFeed: AnyObject {
    /// What takes the steps.
    var step: TrainingStep { get }
    /// How many rows an epoch has; nil if nobody knows before its end.
    var count: Int? { get }
    func begin(epoch: Int) throws(NetworkError)
    /// Which rows of the step's data the next batch has, given how many rows came before it; nil at the epoch's end.
    func next(epoch: Int, row: Int) throws(NetworkError) -> Slice<UnsafeMutableBufferPointer<Int>>?
}

/// Rows of data in memory, in the order that the seed gives an epoch.
final class RowFeed: BatchFeed, FallibleClass {
    let step: TrainingStep
    /// In the order in which the data have them.
    private let rows: Memory<Int>
    /// In this epoch's order.
    private let order: Memory<Int>
    private let seed: UInt64?
    private let batchSize: Int
    /// Keeps the sample weights where the step reads them.
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

    func begin(epoch: Int) throws(NetworkError) {
        guard let seed else { return }
        putInOrder()
        var generator = RandomGenerator(seed: seed, stream: UInt64(epoch))
        var elements = order.elements
        try generator.shuffle(&elements)
    }

    private func putInOrder() {
        for place in 0..<order.count { order.base[place] = rows.base[place] }
    }

    func next(epoch: Int, row: Int) throws(NetworkError) -> Slice<UnsafeMutableBufferPointer<Int>>? {
        row == order.count ? nil : order.elements[row..<row + min(batchSize, order.count - row)]
    }
}

extension FallibleClass where Self == RowFeed {
    /// - Parameters:
    ///   - data: checked, with the largest magnitude in x.
    ///   - rows: which of them.
    init(
        for trainer: Trainer, _ data: DataView, rows: some Collection<Int>, largestInput: Float
    ) throws(NetworkError) {
        let options = trainer.options
        var data = data
        var weights: FloatMemory?
        if options.classWeights != nil {
            let memory = try FloatMemory(count: data.x.rows, for: "the sample weights")
            for row in 0..<data.x.rows { memory.base[row] = data.targets.weights?[row] ?? 1 }
            data.targets.weights = UnsafeBufferPointer(memory.elements)
            try options.applyClassWeights(data.targets)
            weights = memory
        }
        guard data.targets.weights == nil || data.targets.totalWeight(of: rows) > 0 else {
            throw NetworkError(.target, "the sample weights of the rows to train on are all 0")
        }
        let places = try Memory<Int>(count: rows.count, for: "the rows to train on")
        for (place, row) in rows.enumerated() { places.base[place] = row }
        self = RowFeed(
            step: try TrainingStep(
                network: trainer.network, optimizer: trainer.optimizer, options: options,
                batchRows: min(options.batchSize, rows.count),
                copiesRows: options.shuffles || !data.x.isContiguous, data: data, largestInput: largestInput),
            rows: places, order: try Memory<Int>(count: rows.count, for: "the order of the rows"), options: options,
            weights: weights)
    }
}

extension TrainingOptions {
    static var classWeightsNeedClasses: NetworkError {
        NetworkError(.target, "class weights need target classes; target values were given")
    }

    /// Multiplies the sample weights by the classes' factors, in place.
    func applyClassWeights(_ targets: TargetView) throws(NetworkError) {
        guard let classWeights, let weights = targets.weights else { return }
        guard let classes = targets.classes else { throw TrainingOptions.classWeightsNeedClasses }
        let products = UnsafeMutableBufferPointer(mutating: weights)
        for row in classes.indices {
            let product = weights[row] * classWeights[Int(classes[row])]
            guard product.isFinite else {
                throw NetworkError(
                    .target, "the sample weight of row \(row), \(weights[row]), times its class's weight is too large")
            }
            products[row] = product
        }
    }
}

/// Data in two parts: rows to train on, and a copy of those to validate on.
struct Split {
    let trainingRows: Memory<Int>
    let heldOut: DataView
    private let x: FloatMemory
    private let targets: Batch

    init(of data: DataView, _ options: TrainingOptions) throws(NetworkError) {
        let rows = data.x.rows
        guard rows >= 2 else {
            throw NetworkError(.size, "x has 1 row, of which none can be held out: validation_split must be 0")
        }
        let held = max(1, min(rows - 1, Int((Double(rows) * options.validationSplit).rounded())))
        let order = try Memory<Int>(count: rows, for: "the order of the rows")
        for row in 0..<rows { order.base[row] = row }
        if options.shuffles {
            // No epoch has the number 0.
            var generator = RandomGenerator(seed: options.seed, stream: 0)
            var elements = order.elements
            try generator.shuffle(&elements)
        }
        trainingRows = try Memory<Int>(count: rows - held, for: "the rows to train on")
        for place in 0..<rows - held { trainingRows.base[place] = order.base[place] }
        x = try FloatMemory(count: Plan.checkedProduct(held, data.x.columns), for: "the rows to validate on")
        targets = try Batch(rows: held, like: data.targets)
        let copy = x.matrix(at: 0, rows: held, columns: data.x.columns)
        let chosen = order.elements[(rows - held)...]
        for place in 0..<held { copy.row(place).assign(data.x.row(chosen[rows - held + place])) }
        targets.gather(chosen, 0..<held, from: data.targets)
        heldOut = DataView(x: copy, targets: targets.targets(rows: held))
    }
}
