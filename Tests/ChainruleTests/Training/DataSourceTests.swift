import Chainrule
import Testing

/// Training from a function that gives the rows, against training from memory: bit for bit.
@Suite struct DataSourceTests {
    private let x: [Float]
    private let classes: [Int32]
    private let weights: [Float]

    init() {
        var noise = Noise(91)
        x = noise.floats(50 * 3)
        classes = noise.classes(50, below: 3)
        weights = noise.floats(50, in: 0...2)
    }

    private func makeTrainer(_ change: (inout TrainingOptions) -> Void = { _ in }) throws -> Trainer {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(8, .tanh)
        try architecture.dense(3)
        let network = try Network(architecture, seed: 91)
        var options = TrainingOptions(cost: .crossEntropy())
        options.epochs = 3
        options.batchSize = 16
        options.shuffles = false
        change(&options)
        return try Trainer(network, optimizer: Optimizer(Adam(), learningRate: 0.01, for: network), options: options)
    }

    /// The rows in order, from wherever they are asked for.
    private func source(weighted: Bool, most: Int = .max) -> DataSource {
        DataSource(targets: .classes, weights: weighted) { [x, classes, weights] request, xs, values, labels, given in
            let count = min(request.maxRows, 50 - request.firstRow, most)
            for row in 0..<count {
                let place = request.firstRow + row
                for column in 0..<3 { xs[row * 3 + column] = x[place * 3 + column] }
                labels[row] = classes[place]
                if weighted { given[row] = weights[place] }
            }
            return count
        }
    }

    @Test(arguments: [false, true], [nil, [2, 1, 0.5]] as [[Float]?])
    func sameAsFromMemory(weighted: Bool, classWeights: [Float]?) throws {
        for threads in [1, 2] {
            func change(_ options: inout TrainingOptions) {
                options.classWeights = classWeights
                options.threads = threads
            }
            let (source, memory) = (try makeTrainer(change), try makeTrainer(change))
            let first = try source.fit(self.source(weighted: weighted), validation: (x, .classes(classes)))
            let second = try memory.fit(
                x, targets: .classes(classes, weights: weighted ? weights : nil), validation: (x, .classes(classes)))
            #expect(bits(source.network.parameterVector) == bits(memory.network.parameterVector))
            #expect(first.map { $0.cost } == second.map { $0.cost })
            #expect(first.map { $0.validation?.cost } == second.map { $0.validation?.cost })
        }
    }

    @Test func values() throws {
        func change(_ options: inout TrainingOptions) { options.cost = .meanSquaredError() }
        let (source, memory) = (try makeTrainer(change), try makeTrainer(change))
        let (x, targets) = (self.x, self.x.map { $0 * $0 })
        try source.fit(
            DataSource(targets: .values(columns: 3)) { request, xs, values, classes, weights in
                #expect(xs.count == 48 && values.count == 48 && classes.isEmpty && weights.isEmpty)
                #expect(request.maxRows == 16)
                let count = min(16, 50 - request.firstRow)
                for index in 0..<count * 3 {
                    xs[index] = x[request.firstRow * 3 + index]
                    values[index] = targets[request.firstRow * 3 + index]
                }
                return count
            })
        try memory.fit(x, targets: .values(targets, columns: 3))
        #expect(bits(source.network.parameterVector) == bits(memory.network.parameterVector))
    }

    /// Short batches are batches like others; the epoch ends with 0 rows.
    @Test func shortBatches() throws {
        let (short, memory) = (try makeTrainer(), try makeTrainer { $0.batchSize = 7 })
        try short.fit(source(weighted: false, most: 7))
        try memory.fit(x, targets: .classes(classes))
        #expect(bits(short.network.parameterVector) == bits(memory.network.parameterVector))
    }

    /// An interrupted epoch continues at its place in the source.
    @Test func goingOn() throws {
        let folder = try TemporaryFolder()
        let whole = try makeTrainer()
        try whole.fit(source(weighted: true))
        var batches = 0
        let first = try makeTrainer {
            $0.onBatch = { _ in
                batches += 1
                return batches != 6
            }
        }
        expectError(.cancelled, "epoch 2, batch 2") { try first.fit(source(weighted: true)) }
        try first.save(to: folder.path("checkpoint"))
        let second = try makeTrainer()
        try second.load(from: folder.path("checkpoint"))
        #expect(second.progress.rows == 32)
        try second.fit(source(weighted: true))
        #expect(bits(second.network.parameterVector) == bits(whole.network.parameterVector))
    }

    // MARK: Sources that are wrong

    private func refused(
        _ code: ChainruleError.Code, _ part: String, steps: Int = 0, sourceLocation: SourceLocation = #_sourceLocation,
        _ change: @escaping (DataSource.Request, inout MutableSpan<Float>, inout MutableSpan<Int32>, inout Int) -> Void
    ) throws {
        let trainer = try makeTrainer()
        let before = bits(trainer.network.parameterVector)
        expectError(code, part, sourceLocation: sourceLocation) {
            try trainer.fit(
                DataSource(targets: .classes) { request, x, _, classes, _ in
                    for index in x.indices { x[index] = 0.5 }
                    for index in classes.indices { classes[index] = 1 }
                    var rows = request.firstRow == 48 ? 0 : request.maxRows
                    change(request, &x, &classes, &rows)
                    return rows
                })
        }
        #expect(trainer.optimizer.steps == steps, sourceLocation: sourceLocation)
        if steps == 0 { #expect(bits(trainer.network.parameterVector) == before, sourceLocation: sourceLocation) }
    }

    @Test func badBatches() throws {
        try refused(.callback, "no rows for epoch 1") { _, _, _, rows in rows = 0 }
        for count in [17, -1, Int.max, Int.min] {
            try refused(.callback, "gave \(count) rows; from 0 to 16") { _, _, _, rows in rows = count }
        }
        try refused(.callback, "x is nan at row 3, column 1") { _, x, _, _ in x[10] = .nan }
        try refused(.callback, "x is inf at row 15, column 2", steps: 1) { request, x, _, _ in
            if request.firstRow == 16 { x[47] = .infinity }
        }
        try refused(.callback, "class of row 2 is 3") { _, _, classes, _ in classes[2] = 3 }
        try refused(.callback, "class of row 2 is -1", steps: 2) { request, _, classes, _ in
            if request.firstRow == 32 { classes[2] = -1 }
        }
        // Beyond the rows that were given nothing is read.
        let trainer = try makeTrainer { $0.epochs = 1 }
        try trainer.fit(
            DataSource(targets: .classes) { request, x, _, classes, _ in
                for index in x.indices { x[index] = index < 9 ? 0.5 : .nan }
                for index in classes.indices { classes[index] = index < 3 ? 1 : 100 }
                return request.firstRow == 0 ? 3 : 0
            })
        #expect(trainer.optimizer.steps == 1)
    }

    @Test func badSources() throws {
        expectError(.callback, "no more") {
            try makeTrainer().fit(
                DataSource(targets: .classes) { _, _, _, _, _ throws(ChainruleError) in
                    throw ChainruleError(.callback, "no more")
                })
        }
        expectError(.size, "2 columns; the outputs have 3") {
            try makeTrainer { $0.cost = .meanSquaredError() }.fit(
                DataSource(targets: .values(columns: 2)) { _, x, _, _, _ in
                    for index in x.indices { x[index] = 0 }
                    return 1
                })
        }
        expectError(.size, "0 columns") {
            try makeTrainer().fit(DataSource(targets: .values(columns: 0)) { _, _, _, _, _ in 1 })
        }
        expectError(.value, "data source cannot be split") {
            try makeTrainer { $0.validationSplit = 0.5 }.fit(source(weighted: false))
        }
        expectError(.memory, "overflows") {
            try makeTrainer { $0.batchSize = .max }.fit(source(weighted: false))
        }
    }
}
