import CPlatform

/// How ``Network/fit(_:targets:optimizer:options:validation:)`` trains.
public struct TrainingOptions {
    public var cost: Cost
    /// How often every row is seen, at least 1.
    public var epochs = 10
    /// Rows for each step, at least 1; the last batch of an epoch may be shorter.
    public var batchSize = 32
    /// Whether each epoch goes through the rows in a new order.
    public var shuffles = true
    /// Of the shuffling.
    public var seed: UInt64 = 0
    /// Called after each epoch; returns whether to go on. May read the network, not change it.
    public var onEpoch: ((Epoch) -> Bool)?

    public init(cost: Cost) { self.cost = cost }

    func validate() throws(NetworkError) {
        guard epochs >= 1 else { throw NetworkError(.size, "epochs is \(epochs); at least 1 is needed") }
        guard batchSize >= 1 else { throw NetworkError(.size, "the batch size is \(batchSize); at least 1 is needed") }
    }
}

/// What happened in one epoch.
public struct Epoch: Sendable {
    /// From 1.
    public let number: Int
    public let count: Int
    /// C of the epoch's rows, each batch's as it was before its step: put together as the cost's reduction has it, for a
    /// custom cost as the mean by rows.
    public let cost: Double
    /// C on the validation set after the epoch; nil without one.
    public let validationCost: Double?
    /// The share of validation rows whose largest output is the target class; nil without classes.
    public let validationAccuracy: Double?
    /// The time the epoch took, validation not included.
    public let seconds: Double
    /// Rows by seconds.
    public let samplesPerSecond: Double
}

/// Data with targets.
package struct DataView {
    package let x: Matrix
    package let targets: TargetView

    package init(x: Matrix, targets: TargetView) {
        self.x = x
        self.targets = targets
    }
}

extension Network {
    /// Trains the network: in every epoch goes through the rows in batches, each a forward pass, the cost, a backward
    /// pass and a step. An error leaves the parameters as the last complete step left them.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major, every element finite.
    ///   - targets: for each row of x.
    ///   - optimizer: made for this network; its state goes on from where it is.
    ///   - validation: data to measure on after each epoch; never trained on.
    /// - Returns: what happened in each epoch.
    @discardableResult
    public func fit(
        _ x: [Float], targets: Targets, optimizer: Optimizer, options: TrainingOptions,
        validation: (x: [Float], targets: Targets)? = nil
    ) throws(NetworkError) -> [Epoch] {
        var history: [Epoch] = []
        var recording = options
        recording.onEpoch = { epoch in
            history.append(epoch)
            return options.onEpoch?(epoch) ?? true
        }
        try withData(x, targets, "x") { data throws(NetworkError) in
            guard let validation else {
                return try fit(data, optimizer: optimizer, options: recording, validation: nil)
            }
            try withData(validation.x, validation.targets, "the validation x") { held throws(NetworkError) in
                try fit(data, optimizer: optimizer, options: recording, validation: held)
            }
        }
        return history
    }

    private func withData<Result>(
        _ x: [Float], _ targets: Targets, _ what: StaticString, _ body: (DataView) throws(NetworkError) -> Result
    ) throws(NetworkError) -> Result {
        let rows = x.count / inputs
        try checkShape(x.count, rows: rows, columns: inputs, what)
        return try targets.withView { targets throws(NetworkError) in
            try x.withUnsafeBufferPointer { x throws(NetworkError) in
                try body(
                    DataView(
                        x: Matrix(reading: x.baseAddress!, rows: rows, columns: inputs, stride: inputs),
                        targets: targets))
            }
        }
    }

    package func fit(_ data: DataView, optimizer: Optimizer, options: TrainingOptions, validation: DataView?)
        throws(NetworkError)
    {
        try options.validate()
        try optimizer.check(self)
        try check(data, cost: options.cost, "x")
        if let validation { try check(validation, cost: options.cost, "validation_x") }
        var trainer = try Trainer(
            network: self, optimizer: optimizer, options: options, data: data, validation: validation)
        for number in 1...options.epochs {
            let epoch = try trainer.runEpoch(number)
            if let onEpoch = options.onEpoch, !onEpoch(epoch) {
                throw NetworkError(
                    .cancelled, "the callback stopped training after epoch \(number) of \(options.epochs)")
            }
        }
    }

    private func check(_ data: DataView, cost: Cost, _ what: StaticString) throws(NetworkError) {
        guard data.x.rows >= 1 else { throw NetworkError(.size, "\(what) has 0 rows; at least 1 is needed") }
        try checkFinite(data.x, what)
        try data.targets.validate(for: cost, rows: data.x.rows, columns: outputs)
    }
}

/// One run of training: everything it needs is allocated before the first step.
struct Trainer {
    private let network: Network
    private let optimizer: Optimizer
    private let options: TrainingOptions
    private let data: DataView
    private let validation: DataView?
    private let workspace: Workspace
    private let gradients: FloatMemory
    private let validationOutputs: FloatMemory?
    private let batch: Batch
    private var generator: RandomGenerator
    private let order: Memory<Int>

    init(
        network: Network, optimizer: Optimizer, options: TrainingOptions, data: DataView, validation: DataView?
    ) throws(NetworkError) {
        self.network = network
        self.optimizer = optimizer
        self.options = options
        self.data = data
        self.validation = validation
        let batchSize = min(options.batchSize, data.x.rows)
        workspace = try Workspace(for: network, maxRows: batchSize)
        gradients = try FloatMemory(count: network.parameterCount, for: "the gradient")
        batch = try Batch(rows: batchSize, like: data.targets)
        if let validation {
            validationOutputs = try FloatMemory(
                count: Plan.checkedProduct(validation.x.rows, network.outputs), for: "the validation outputs")
        } else {
            validationOutputs = nil
        }
        generator = RandomGenerator(seed: options.seed)
        order = try Memory<Int>(count: data.x.rows, for: "the order of the rows")
        for row in 0..<data.x.rows { order.base[row] = row }
    }

    mutating func runEpoch(_ number: Int) throws(NetworkError) -> Epoch {
        let start = platform_seconds()
        var order = order.elements
        if options.shuffles { generator.shuffle(&order) }
        var total = 0.0
        var totalWeight = 0.0
        var first = 0
        while first < order.count {
            let rows = min(workspace.maxRows, order.count - first)
            do throws(NetworkError) {
                let (cost, weight) = try step(order[first..<first + rows])
                total += cost * weight
                totalWeight += weight
            } catch {
                throw NetworkError(
                    error.code, "epoch \(number), batch \(first / workspace.maxRows + 1): \(error.message)")
            }
            first += rows
        }
        let seconds = platform_seconds() - start
        let (validationCost, validationAccuracy) = try validate()
        return Epoch(
            number: number, count: options.epochs, cost: options.cost.reduction == .sum ? total : total / totalWeight,
            validationCost: validationCost,
            validationAccuracy: validationAccuracy, seconds: seconds, samplesPerSecond: Double(order.count) / seconds)
    }

    /// One batch: the text's algorithm. Returns C before the step, and its weight in the epoch's cost.
    private func step(_ rows: Slice<UnsafeMutableBufferPointer<Int>>) throws(NetworkError) -> (
        cost: Double, weight: Double
    ) {
        for (place, row) in rows.enumerated() { workspace.input.row(place).assign(data.x.row(row)) }
        let targets = batch.gather(rows, from: data.targets)
        try network.forward(rows: rows.count, in: workspace)
        let outputDelta = try network.outputDelta(of: workspace, rows: rows.count)
        let cost = try options.cost.evaluate(workspace.output, targets, gradient: outputDelta, network.arithmetic)
        try network.backward(in: workspace, gradients: gradients.vector, accumulating: false, wantsInputGradient: false)
        try optimizer.step(network, gradients: gradients.vector)
        return (cost, options.cost.weight(of: targets, rows: rows.count))
    }

    private func validate() throws(NetworkError) -> (cost: Double?, accuracy: Double?) {
        guard let validation, let validationOutputs else { return (nil, nil) }
        let y = validationOutputs.matrix(at: 0, rows: validation.x.rows, columns: network.outputs)
        try network.predict(validation.x, into: y)
        let cost = try options.cost.evaluate(y, validation.targets, gradient: nil, network.arithmetic)
        guard let classes = validation.targets.classes else { return (cost, nil) }
        var correct = 0
        for row in 0..<y.rows where y.indexOfLargest(inRow: row) == Int(classes[row]) { correct += 1 }
        return (cost, Double(correct) / Double(y.rows))
    }
}

/// The targets of one batch, gathered from wherever its rows lie.
private final class Batch: FallibleClass {
    private let values: FloatMemory?
    private let valueColumns: Int
    private let classes: Memory<Int32>?
    private let weights: FloatMemory?

    fileprivate init(
        values: FloatMemory?, valueColumns: Int, classes: Memory<Int32>?, weights: FloatMemory?
    ) {
        self.values = values
        self.valueColumns = valueColumns
        self.classes = classes
        self.weights = weights
    }

    /// The targets of these rows. They last until the next call.
    func gather(_ rows: Slice<UnsafeMutableBufferPointer<Int>>, from targets: TargetView) -> TargetView {
        var gathered = TargetView()
        if let values, let all = targets.values {
            let matrix = values.matrix(at: 0, rows: rows.count, columns: valueColumns)
            for (place, row) in rows.enumerated() { matrix.row(place).assign(all.row(row)) }
            gathered.values = matrix
        }
        if let classes, let all = targets.classes {
            for (place, row) in rows.enumerated() { classes.base[place] = all[row] }
            gathered.classes = UnsafeBufferPointer(start: classes.base, count: rows.count)
        }
        if let weights, let all = targets.weights {
            for (place, row) in rows.enumerated() { weights.base[place] = all[row] }
            gathered.weights = UnsafeBufferPointer(start: weights.base, count: rows.count)
        }
        return gathered
    }
}

extension FallibleClass where Self == Batch {
    fileprivate init(rows: Int, like targets: TargetView) throws(NetworkError) {
        var values: FloatMemory?
        if let all = targets.values {
            values = try FloatMemory(count: Plan.checkedProduct(rows, all.columns), for: "a batch's targets")
        }
        let weights =
            try targets.weights == nil ? nil : FloatMemory(count: rows, for: "a batch's sample weights")
        let classes =
            try targets.classes == nil ? nil : Memory<Int32>(count: rows, for: "a batch's target classes")
        self = Batch(
            values: values, valueColumns: targets.values?.columns ?? 0,
            classes: classes, weights: weights)
    }
}
