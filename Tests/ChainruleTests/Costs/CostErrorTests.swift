import Chainrule
import Testing

@Suite struct CostErrorTests {
    private let y: [Float] = [0.25, 0.5, 0.75, 0.5]
    private static let zeroCost = Cost(
        custom: CustomCost { _, _, _, rows, columns, gradient in
            for index in 0..<rows * columns { gradient[index] = 0 }
            return 0
        })

    private func evaluate(_ cost: Cost, _ targets: Targets, on outputs: [Float]? = nil) throws {
        _ = try cost.evaluate(outputs ?? y, columns: 2, targets)
    }

    @Test func shapes() throws {
        var gradient: [Float] = [7, 7, 7, 7]
        let targets = Targets.values([0, 0, 0, 0], columns: 2)
        func evaluate(_ rows: Int, _ columns: Int, _ count: Int = 4) throws {
            var part = Array(gradient[0..<count])
            var span = part.mutableSpan
            _ = try Cost.meanSquaredError().evaluate(
                y.span, rows: rows, columns: columns, targets: targets, gradient: &span)
        }
        expectError(.size, "0 rows and 2 columns") { try evaluate(0, 2) }
        expectError(.size, "2 rows and 0 columns") { try evaluate(2, 0) }
        expectError(.size, "-1 rows") { try evaluate(-1, 2) }
        expectError(.size, "hold 4 floats", "3 rows of 2 are 6") { try evaluate(3, 2) }
        expectError(.size, "the gradient 3", "2 rows of 2 are 4") { try evaluate(2, 2, 3) }
        expectError(.memory, "\(Int.max) times 2", "overflows") { try evaluate(.max, 2) }
        gradient.removeAll()
    }

    @Test(arguments: [1, 1.5, -0.125, Float.nan, .infinity]) func smoothings(smoothing: Float) {
        expectError(.value, "label_smoothing is \(smoothing)", "[0, 1)") {
            _ = try Cost.crossEntropy(smoothing: smoothing)
        }
    }

    @Test(arguments: [0, -1, -0.5, Float.nan, .infinity]) func huberDeltas(delta: Float) {
        expectError(.value, "Huber", "delta is \(delta)") { _ = try Cost.huber(delta: delta) }
    }

    @Test func kindsOfTargets() throws {
        for cost in try Cost.all() {
            expectError(.target, "'\(cost.identifier)' needs targets") { try evaluate(cost, .none()) }
            guard cost.identifier.description != "cross_entropy" else { continue }
            expectError(.target, "'\(cost.identifier)' takes target values, not classes") {
                try evaluate(cost, .classes([0, 1]))
            }
        }
        let custom = CostErrorTests.zeroCost
        expectError(.target, "'custom' takes target values, not classes") { try evaluate(custom, .classes([0, 1])) }
        // A custom cost sees targets of any width, but one row for each.
        try evaluate(custom, .values([1, 2, 3, 4, 5, 6], columns: 3))
        expectError(.size, "3 target values for 2 rows") { try evaluate(custom, .values([1, 2, 3], columns: 1)) }
    }

    @Test func countsOfTargets() {
        let mean = Cost.meanSquaredError()
        expectError(.size, "1 target values for 2 rows") { try evaluate(mean, .values([1, 2], columns: 2)) }
        expectError(.size, "targets have 1 columns; the outputs have 2") {
            try evaluate(mean, .values([1, 2], columns: 1))
        }
        expectError(.size, "3 values", "whole rows of 2") { try evaluate(mean, .values([1, 2, 3], columns: 2)) }
        expectError(.size, "rows of 0") { try evaluate(mean, .values([1, 2], columns: 0)) }
        expectError(.size, "rows of -1") { try evaluate(mean, .values([1, 2], columns: -1)) }
        expectError(.size, "no values") { try evaluate(mean, .values([], columns: 2)) }
        expectError(.size, "3 target classes for 2 rows") { try evaluate(.crossEntropy(), .classes([0, 1, 1])) }
        expectError(.size, "0 target classes for 2 rows") { try evaluate(.crossEntropy(), .classes([])) }
    }

    @Test func classesOutOfRange() {
        for bad in [Int32(-1), 2, .max, .min] {
            expectError(.target, "row 1 is \(bad)", "0 to 1") { try evaluate(.crossEntropy(), .classes([0, bad])) }
        }
    }

    @Test func targetsOutOfRange() throws {
        for cost in try Cost.all() {
            for bad in [Float.nan, .infinity, -.infinity] {
                expectError(.target, "row 1, column 0 is \(bad)", "'\(cost.identifier)'") {
                    try evaluate(cost, .values([0, 1, bad, 1], columns: 2))
                }
            }
        }
        for cost in [Cost.binaryCrossEntropy(), .binaryCrossEntropyOfLogits(), .crossEntropy()] {
            for bad in [Float(1.5), -0.25] {
                expectError(.target, "row 0, column 1 is \(bad)", "'\(cost.identifier)'", "0.0 to 1.0") {
                    try evaluate(cost, .values([0, bad, 0, 1], columns: 2))
                }
            }
        }
    }

    @Test func sampleWeights() {
        let mean = Cost.meanSquaredError()
        func evaluate(_ weights: [Float]) throws {
            try self.evaluate(mean, .values([0, 0, 0, 0], columns: 2, weights: weights))
        }
        for bad in [Float(-0.5), .nan, .infinity] {
            expectError(.target, "weight of row 1 is \(bad)") { try evaluate([1, bad]) }
        }
        expectError(.target, "all 0") { try evaluate([0, 0]) }
        expectError(.size, "1 sample weights for 2 rows") { try evaluate([1]) }
        expectError(.size, "3 sample weights for 2 rows") { try evaluate([1, 1, 1]) }
        expectError(.size, "0 sample weights for 2 rows") { try evaluate([]) }
        // Custom costs, too, and without targets.
        let custom = CostErrorTests.zeroCost
        expectError(.target, "weight of row 0 is nan") { try self.evaluate(custom, .none(weights: [.nan, 1])) }
    }

    /// The softmax of one output is 1: whatever asks for its cross-entropy is told.
    @Test func crossEntropyOfOneOutput() throws {
        var architecture = try Architecture(inputs: 1)
        try architecture.dense(1)
        let network = try Network(architecture, seed: 1)
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.1, for: network)
        let x: [Float] = [0, 1]
        let v: [Float] = [1, 1]
        var product = v
        for cost in [Cost.crossEntropy(), .crossEntropy(.sum), try .crossEntropy(smoothing: 0.1)] {
            for targets in [Targets.classes([0, 0]), .values([0, 1], columns: 1)] {
                func expectRefused(from body: () throws -> Void) {
                    expectError(.value, "'cross_entropy' of 1 output", "'binary_cross_entropy_logits'", from: body)
                }
                expectRefused { _ = try cost.evaluate(x, columns: 1, targets) }
                expectRefused { _ = try network.valueAndGradient(cost, x, targets) }
                expectRefused { _ = try network.evaluate(cost, x, targets: targets) }
                expectRefused { _ = try network.confusion(cost, x, targets: targets) }
                expectRefused { try network.minimize(cost, x, targets: targets) }
                expectRefused { _ = try network.checkGradient(cost, x, targets: targets) }
                expectRefused {
                    var span = product.mutableSpan
                    try network.hessianProduct(
                        cost, x.span, rows: 2, targets: targets, vector: v.span, product: &span)
                }
                expectRefused {
                    try network.fit(x, targets: targets, optimizer: optimizer, options: TrainingOptions(cost: cost))
                }
                expectRefused { _ = try Trainer(network, optimizer: optimizer, options: TrainingOptions(cost: cost)) }
                expectRefused {
                    _ = try Network.cascade(
                        x, inputs: 1, targets: targets, outputs: 1, options: CascadeOptions(cost: cost))
                }
            }
        }
        #expect(optimizer.steps == 0)
    }

    @Test func outputsOutOfRange() {
        let targets = Targets.values([0, 1, 1, 0], columns: 2)
        for bad in [Float(1.25), -0.125, .infinity] {
            expectError(.notFinite, "row 1, column 0 is \(bad)", "'binary_cross_entropy' is defined from 0.0 to 1.0") {
                try evaluate(.binaryCrossEntropy(), targets, on: [0.5, 0.5, bad, 0.5])
            }
        }
        expectError(.notFinite, "row 0, column 1 is nan") {
            try evaluate(.binaryCrossEntropy(), targets, on: [0.5, .nan, 0.5, 0.5])
        }
    }

    @Test func outputsThatAreNotFinite() throws {
        let targets = Targets.values([0, 1, 1, 0], columns: 2)
        for cost in try Cost.all() where cost.identifier.description != "binary_cross_entropy" {
            expectError(.notFinite, "'\(cost.identifier)'", "nan") {
                try evaluate(cost, targets, on: [0.5, .nan, 0.5, 0.5])
            }
        }
        expectError(.notFinite, "'mean_squared_error'", "inf") {
            try evaluate(.meanSquaredError(), targets, on: [.infinity, 0, 0, 0])
        }
    }

    @Test func customCostsThatFail() {
        func cost(_ value: Double, _ slope: Float) -> Cost {
            Cost(
                custom: CustomCost { _, _, _, rows, columns, gradient in
                    for index in 0..<rows * columns { gradient[index] = index == 2 ? slope : 0 }
                    return value
                })
        }
        for bad in [Double.nan, .infinity] {
            expectError(.callback, "returned \(bad)") { try evaluate(cost(bad, 0), .none()) }
        }
        for bad in [Float.nan, -.infinity] {
            expectError(.callback, "gradient is \(bad)", "row 1, column 0") { try evaluate(cost(1, bad), .none()) }
        }
        let refusing = CustomCost { _, _, _, rows, _, _ throws(ChainruleError) in
            throw ChainruleError(.callback, "refused \(rows) rows")
        }
        expectError(.callback, "refused 2 rows") { try evaluate(Cost(custom: refusing), .none()) }
    }

    @Test func whatCustomCostsSee() throws {
        let cost = Cost(
            custom: CustomCost { y, targets, weights, rows, columns, gradient in
                for index in 0..<rows * columns { gradient[index] = Float(index) }
                return Double(100 * rows + 10 * columns) + Double(y[3] + targets[2])
                    + (weights.isEmpty ? 0 : Double(weights[1]))
            })
        let targets: [Float] = [1, 2, 3]
        // With a column of targets for three of outputs.
        let outputs: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
        let plain = try cost.evaluate(outputs, columns: 3, .values(targets, columns: 1))
        #expect(plain.value == 337 && plain.gradient == [0, 1, 2, 3, 4, 5, 6, 7, 8])
        let weighted = try cost.evaluate(outputs, columns: 3, .values(targets, columns: 1, weights: [1, 0.5, 1]))
        #expect(weighted.value == 337.5)
    }

    @Test func valueAndGradientRefusesWhatIsNotFinite() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(2, name: "a")
        let network = try Network(architecture, seed: 1)
        let targets = Targets.values([0, 1, 1, 0], columns: 2)
        for bad in [Float.nan, .infinity, -.infinity] {
            expectError(.notFinite, "x holds \(bad) at row 1, column 0") {
                _ = try network.valueAndGradient(.meanSquaredError(), [1, 2, bad, 4], targets)
            }
        }
        expectError(.size, "x holds 3 floats", "1 rows of 2") {
            _ = try network.valueAndGradient(.meanSquaredError(), [1, 2, 3], targets)
        }
        expectError(.size, "2 target values for 1 rows") {
            _ = try network.valueAndGradient(.meanSquaredError(), [1, 2], targets)
        }
        var gradients: [Float] = [0]
        expectError(.size, "gradients holds 1 floats", "6 parameters") {
            var span = gradients.mutableSpan
            _ = try network.valueAndGradient(
                .meanSquaredError(), [1, 2].span, rows: 1, targets: .values([0, 1], columns: 2), gradients: &span)
        }
    }

    @Test func gradientsThatOverflow() throws {
        var gradient: [Float] = [0]
        var span = gradient.mutableSpan
        expectError(.notFinite, "gradient of 'mean_squared_error'", "row 0", "inf") {
            _ = try Cost.meanSquaredError(.sum).evaluate(
                [10].span, rows: 1, columns: 1, targets: .values([0], columns: 1, weights: [3e38]), gradient: &span)
        }
        expectError(.notFinite, "row 0", "nan") {
            let custom = CustomCost { y, _, _, _, _, gradient throws(ChainruleError) in
                gradient[0] = y[0]
                return Double(y[0])
            }
            _ = try Cost(custom: custom).evaluate([.nan].span, rows: 1, columns: 1, targets: .none(), gradient: &span)
        }
    }
}
