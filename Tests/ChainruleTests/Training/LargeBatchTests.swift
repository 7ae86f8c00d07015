import Testing

@testable import Chainrule

/// Batches that go through the passes in pieces, against the same rows in one piece.
@Suite struct LargeBatchTests {
    private static let rows = 2 * 1024 + 77

    private let x: [Float]
    private let classes: [Int32]

    init() {
        var noise = Noise(77)
        x = noise.floats(LargeBatchTests.rows * 3)
        classes = (0..<LargeBatchTests.rows).map { Int32($0 * $0 % 4) }
    }

    private func makeNetwork() throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(17, .tanh, name: "a")
        try architecture.dense(4, name: "b")
        return try Network(architecture, seed: 3)
    }

    /// C and its gradient by a workspace with room for all rows.
    private func whole(_ network: Network, _ targets: Targets) throws -> (Double, [Float]) {
        let workspace = try Workspace(for: network, maxRows: LargeBatchTests.rows)
        try network.forward(x, in: workspace)
        let (value, slope) = try Cost.crossEntropy().evaluate(workspace.outputs, columns: 4, targets)
        return (value, try network.gradients(from: slope, in: workspace))
    }

    @Test(arguments: [false, true]) func theGradientIsTheSame(weighted: Bool) throws {
        let network = try makeNetwork()
        let weights: [Float]? = weighted ? (0..<LargeBatchTests.rows).map { [0.5, 2, 0, 1][$0 % 4] } : nil
        let targets = Targets.classes(classes, weights: weights)
        let (value, gradient) = try network.valueAndGradient(.crossEntropy(), x, targets)
        let (wholeValue, wholeGradient) = try whole(network, targets)
        #expect(bits(gradient) == bits(wholeGradient))
        #expect(value == wholeValue)
    }

    /// Rows without weight are whole pieces, too.
    private let weights: [Float] = (0..<LargeBatchTests.rows).map { $0 < 1500 ? 0 : [0.5, 2, 0, 1][$0 % 4] }

    /// With the smaller batches, the last of an epoch is in one piece.
    @Test(arguments: 1...3, [rows, 1700]) func theStepIsTheSame(threads: Int, batchSize: Int) throws {
        for method in OptimizationMethods.all {
            for shuffles in [false, true] {
                let (fitted, byHand) = (try makeNetwork(), try makeNetwork())
                var options = TrainingOptions(cost: .crossEntropy())
                options.epochs = 2
                options.batchSize = batchSize
                options.threads = threads
                options.shuffles = shuffles
                options.seed = 9
                try fitted.fit(
                    x, targets: .classes(classes, weights: weights),
                    optimizer: Optimizer(method, learningRate: 0.05, for: fitted),
                    options: options)
                let optimizer = try Optimizer(method, learningRate: 0.05, for: byHand)
                for epoch in 1...2 {
                    var order = Array(0..<LargeBatchTests.rows)
                    var generator = RandomGenerator(seed: 9, stream: UInt64(epoch))
                    if shuffles { try generator.shuffle(&order) }
                    for start in stride(from: 0, to: order.count, by: batchSize) {
                        let batch = order[start..<min(start + batchSize, order.count)]
                        let workspace = try Workspace(for: byHand, maxRows: batch.count)
                        try byHand.forward(batch.flatMap { x[$0 * 3..<$0 * 3 + 3] }, in: workspace)
                        let (_, slope) = try Cost.crossEntropy().evaluate(
                            workspace.outputs, columns: 4,
                            .classes(batch.map { classes[$0] }, weights: batch.map { weights[$0] }))
                        try optimizer.step(byHand, byHand.gradients(from: slope, in: workspace))
                    }
                }
                #expect(bits(fitted.parameterVector) == bits(byHand.parameterVector), "\(method.identifier)")
            }
        }
    }

    @Test func messagesOfCustomActivationsNameTheRowOfTheBatch() throws {
        var architecture = try Architecture(inputs: 3)
        let activation = CustomActivation(
            value: { z, h, rows, columns in for i in 0..<rows * columns { h[i] = z[i] > 5 ? .nan : z[i] } },
            derivative: { _, _, slope, rows, columns in for i in 0..<rows * columns { slope[i] = 1 } })
        try architecture.dense(1, Activation(custom: activation), name: "a")
        let network = try Network(architecture, seed: 1)
        network.setParameters([1, 0, 0, 0])
        var x = x
        x[3 * 1500] = 9
        let targets = Targets.values([Float](repeating: 1, count: LargeBatchTests.rows), columns: 1)
        expectError(.callback, "nan at row 1500") {
            _ = try network.valueAndGradient(.meanSquaredError(), x, targets)
        }
        expectError(.callback, "nan at row 1500") { _ = try network.predict(x) }
        expectError(.callback, "nan at row 1500") { _ = try Predictor(network).predict(x) }
        var options = TrainingOptions(cost: .meanSquaredError())
        options.batchSize = LargeBatchTests.rows
        options.shuffles = false
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.1, for: network)
        expectError(.callback, "nan at row 1500") {
            try network.fit(x, targets: targets, optimizer: optimizer, options: options)
        }
    }

    /// A custom cost sees all rows at once.
    @Test func aCustomCostGetsTheWholeBatch() throws {
        let network = try makeNetwork()
        let cost = Cost(
            custom: CustomCost { y, _, _, rows, columns, gradient in
                for index in 0..<rows * columns { gradient[index] = y[index] / Float(rows) }
                return Double(rows)
            })
        #expect(try network.valueAndGradient(cost, x, .none()).0 == Double(LargeBatchTests.rows))
    }

    @Test(arguments: [1, 2]) func messagesNameTheRowOfTheBatch(threads: Int) throws {
        var architecture = try Architecture(inputs: 1)
        try architecture.dense(1, name: "a", bias: false)
        let network = try Network(architecture, seed: 1)
        network.setParameters([1])
        var x = [Float](repeating: 0.5, count: LargeBatchTests.rows)
        x[1500] = 2
        let targets = Targets.values([Float](repeating: 1, count: x.count), columns: 1)
        let cost = Cost.binaryCrossEntropy()
        expectError(.notFinite, "output at row 1500", "is 2") { _ = try network.valueAndGradient(cost, x, targets) }
        var options = TrainingOptions(cost: cost)
        options.batchSize = x.count
        options.threads = threads
        options.shuffles = false
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.1, for: network)
        expectError(.notFinite, "batch 1", "output at row 1500", "is 2") {
            try network.fit(x, targets: targets, optimizer: optimizer, options: options)
        }
        #expect(network.parameterVector == [1] && optimizer.steps == 0)
    }
}
