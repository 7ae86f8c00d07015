import CPlatform

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
        try Matrix.checkShape(x.count, rows: rows, columns: inputs, what)
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
        let largestInput = try check(data, cost: options.cost, "x")
        if let validation { _ = try check(validation, cost: options.cost, "validation_x") }
        var trainer = try Trainer(
            network: self, optimizer: optimizer, options: options, data: data, largestInput: largestInput,
            validation: validation)
        let learningRate = optimizer.learningRate
        defer { if options.schedule != nil { optimizer.restoreLearningRate(learningRate) } }
        for number in 1...options.epochs {
            let epoch = try trainer.runEpoch(number)
            if let onEpoch = options.onEpoch, !onEpoch(epoch) {
                throw NetworkError(
                    .cancelled, "the callback stopped training after epoch \(number) of \(options.epochs)")
            }
        }
    }

    /// Returns the largest magnitude in x.
    private func check(_ data: DataView, cost: Cost, _ what: StaticString) throws(NetworkError) -> Float {
        guard data.x.rows >= 1 else { throw NetworkError(.size, "\(what) has 0 rows; at least 1 is needed") }
        let largest = try checkFinite(data.x, what)
        try data.targets.validate(for: cost, rows: data.x.rows, columns: outputs)
        return largest
    }
}

/// One run of training: everything it needs is allocated before the first step.
struct Trainer {
    private let network: Network
    private let options: TrainingOptions
    private let data: DataView
    private let validation: DataView?
    private let step: TrainingStep
    private let validationOutputs: FloatMemory?
    private var schedule: ScheduleRun?
    private var generator: RandomGenerator
    private let order: Memory<Int>

    init(
        network: Network, optimizer: Optimizer, options: TrainingOptions, data: DataView, largestInput: Float,
        validation: DataView?
    ) throws(NetworkError) {
        self.network = network
        self.options = options
        self.data = data
        self.validation = validation
        step = try TrainingStep(
            network: network, optimizer: optimizer, options: options, data: data, largestInput: largestInput)
        if let validation {
            validationOutputs = try FloatMemory(
                count: Plan.checkedProduct(validation.x.rows, network.outputs), for: "the validation outputs")
        } else {
            validationOutputs = nil
        }
        let stepsPerEpoch = (data.x.rows - 1) / step.batchRows + 1
        schedule = options.schedule.map {
            ScheduleRun($0, optimizer, epochs: options.epochs, stepsPerEpoch: stepsPerEpoch)
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
            let rows = min(step.batchRows, order.count - first)
            do throws(NetworkError) {
                try schedule?.setRate(epoch: number, step: first / step.batchRows)
                let (cost, weight) = try step.take(order[first..<first + rows])
                total += cost * weight
                totalWeight += weight
            } catch {
                throw NetworkError(
                    error.code, "epoch \(number), batch \(first / step.batchRows + 1): \(error.message)")
            }
            first += rows
        }
        let seconds = platform_seconds() - start
        let (validationCost, validationAccuracy) = try validate()
        let cost = options.cost.reduction == .sum ? total : total / totalWeight
        try schedule?.finishEpoch(cost: validationCost ?? cost)
        return Epoch(
            number: number, count: options.epochs, cost: cost,
            validationCost: validationCost,
            validationAccuracy: validationAccuracy, seconds: seconds, samplesPerSecond: Double(order.count) / seconds)
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
