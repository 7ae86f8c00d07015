import Chainrule
import Synchronization
import Testing

@Suite struct TrainerErrorTests {
    private let network: Network
    private let optimizer: Optimizer
    private let x: [Float] = [0, 1, 1, 0, 1, 1, 0, 0]
    private let targets = Targets.values([1, 1, 0, 0], columns: 1)
    private let before: [Float]

    init() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(3, .tanh, name: "a")
        try architecture.dense(1, name: "b")
        network = try Network(architecture, seed: 31)
        optimizer = try Optimizer(GradientDescent(), learningRate: 0.1, for: network)
        before = network.parameterVector
    }

    private func options(_ cost: Cost = .meanSquaredError(), epochs: Int = 2, batch: Int = 2) -> TrainingOptions {
        var options = TrainingOptions(cost: cost)
        options.epochs = epochs
        options.batchSize = batch
        options.shuffles = false
        return options
    }

    private func fit(
        _ x: [Float]? = nil, _ targets: Targets? = nil, _ options: TrainingOptions? = nil,
        validation: (x: [Float], targets: Targets)? = nil
    ) throws {
        try network.fit(
            x ?? self.x, targets: targets ?? self.targets, optimizer: optimizer, options: options ?? self.options(),
            validation: validation)
    }

    private var isUnchanged: Bool { bits(network.parameterVector) == bits(before) && optimizer.steps == 0 }

    @Test func badOptions() {
        for bad in [0, -1] {
            expectError(.size, "epochs is \(bad)") { try fit(nil, nil, options(epochs: bad)) }
            expectError(.size, "batch size is \(bad)") { try fit(nil, nil, options(batch: bad)) }
        }
        for bad in [-1, 1025, Int.max] {
            var options = options()
            options.threads = bad
            expectError(.size, "threads is \(bad)", "1024") { try fit(nil, nil, options) }
        }
        #expect(isUnchanged)
    }

    @Test func inputsThatAreNotFinite() {
        for bad in [Float.nan, .infinity, -.infinity] {
            var spoiled = x
            spoiled[5] = bad
            expectError(.notFinite, "x holds \(bad) at row 2, column 1") { try fit(spoiled) }
            expectError(.notFinite, "validation", "\(bad) at row 2, column 1") {
                try fit(validation: (spoiled, targets))
            }
        }
        #expect(isUnchanged)
    }

    @Test func shapes() {
        expectError(.size, "x has 0 rows") { try fit([]) }
        expectError(.size, "x holds 7 floats", "3 rows of 2 are 6") { try fit(Array(x.dropLast())) }
        expectError(.size, "4 target values for 3 rows") { try fit(Array(x.dropLast(2))) }
        expectError(.size, "the x of the validation data has 0 rows") { try fit(validation: ([], targets)) }
        expectError(.size, "4 target values for 1 rows") { try fit(validation: ([1, 2], targets)) }
        expectError(.size, "targets have 2 columns") { try fit(nil, .values([1, 2, 3, 4, 5, 6, 7, 8], columns: 2)) }
        #expect(isUnchanged)
    }

    @Test func targetsOfTheWholeSetAreCheckedFirst() {
        expectError(.target, "row 3, column 0 is nan") { try fit(nil, .values([1, 1, 0, .nan], columns: 1)) }
        expectError(.target, "weight of row 3 is -1.0") {
            try fit(nil, .values([1, 1, 0, 0], columns: 1, weights: [1, 1, 1, -1]))
        }
        expectError(.target, "all 0") { try fit(nil, .values([1, 1, 0, 0], columns: 1, weights: [0, 0, 0, 0])) }
        expectError(.value, "'cross_entropy' of 1 output") {
            try fit(nil, .classes([0, 0, 0, 0]), options(.crossEntropy()))
        }
        expectError(.target, "row 0, column 0 is 2.0") {
            try fit(nil, nil, options(.binaryCrossEntropyOfLogits()), validation: ([1, 2], .values([2], columns: 1)))
        }
        #expect(isUnchanged)
    }

    @Test func optimizersOfOtherNetworks() throws {
        let other = try Network(network.architecture, seed: 31)
        expectError(.mismatch, "another network") {
            try other.fit(x, targets: targets, optimizer: optimizer, options: options())
        }
        #expect(bits(other.parameterVector) == bits(before))
        #expect(isUnchanged)
    }

    /// An error in the second batch leaves what the first batch's step made.
    @Test func anErrorLeavesTheLastCompleteStep() throws {
        let refusing = CustomCost { y, targets, _, rows, columns, gradient throws(ChainruleError) in
            for index in 0..<rows * columns { gradient[index] = y[index] - targets[index] }
            // The second batch's targets.
            guard targets[0] != 0 else { throw ChainruleError(.callback, "refused") }
            return 1
        }
        expectError(.callback, "epoch 1, batch 2, step 2: refused") {
            try fit(nil, nil, options(Cost(custom: refusing)))
        }
        #expect(optimizer.steps == 1)

        let twin = try Network(network.architecture, seed: 31)
        try twin.fit(
            Array(x[0..<4]), targets: .values([1, 1], columns: 1),
            optimizer: Optimizer(GradientDescent(), learningRate: 0.1, for: twin),
            options: options(Cost(custom: refusing), epochs: 1))
        #expect(bits(network.parameterVector) == bits(twin.parameterVector))
    }

    /// Threads find an error in their own rows; it is reported with its row in the batch, as by one thread.
    @Test func errorsNameTheRowOfTheBatch() throws {
        let x = [Float](repeating: 0, count: 50 * 2 - 2) + [1, 1]
        let targets = Targets.values([Float](repeating: 0, count: 50), columns: 1)
        network.withParameters { $0[0] = 100 }
        for index in 1..<network.parameterCount { network.withParameters { $0[index] = index == 9 ? 100 : 0 } }
        for threads in [1, 2, 4] {
            var options = options(.binaryCrossEntropy(), batch: 50)
            options.threads = threads
            expectError(.notFinite, "epoch 1, batch 1", "row 49, column 0 is 100.0") { try fit(x, targets, options) }
        }
    }

    /// Functions of the caller's are called by one thread, a cost for whole batches.
    @Test func customFunctionsSeeWholeBatches() throws {
        let seen = Mutex<[Int]>([])
        let cost = CustomCost { y, targets, _, rows, columns, gradient throws(ChainruleError) in
            seen.withLock { $0.append(rows) }
            for index in 0..<rows * columns { gradient[index] = y[index] - targets[index] }
            return 1
        }
        var options = options(Cost(custom: cost), epochs: 1, batch: 40)
        options.threads = 4
        try fit(
            [Float](repeating: 0.5, count: 50 * 2), .values([Float](repeating: 0, count: 50), columns: 1), options)
        #expect(seen.withLock { $0 } == [40, 10])
    }

    /// A learning rate that makes training diverge ends in an error before anything is NaN.
    @Test func divergenceEndsInAnError() throws {
        try optimizer.setLearningRate(1e6)
        do {
            try fit(nil, nil, options(epochs: 1000))
            Issue.record("a learning rate of 1e6 should not train")
        } catch let error as ChainruleError {
            #expect(error.code == .notFinite && error.message.contains("epoch "), "\(error.message)")
        }
        #expect(network.parameterVector.allSatisfy { $0.isFinite })
    }

    @Test func activationsThatOverflowEndInAnError() throws {
        network.withParameters { $0[9] = 3e38 }
        let parameters = network.parameterVector
        expectError(.notFinite, "epoch 1, batch 1") { try fit() }
        #expect(bits(network.parameterVector) == bits(parameters))
    }
}
