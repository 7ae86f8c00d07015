import Testing

@testable import Chainrule

/// When growing ends, and what it refuses.
@Suite struct CascadeEndTests {
    private static func units(of network: Network) -> Int { (network.architecture.nodes.count - 1) / 2 }

    @Test func atTheTargetCost() throws {
        let options = cascadeOptions(units: 12) {
            $0.candidates = 8
            $0.targetCost = 0.1
        }
        let (network, reports) = try CascadeData.sine().watch(options)
        #expect(reports.last!.training.cost <= 0.1)
        #expect(reports.dropLast().allSatisfy { $0.training.cost > 0.1 })
        #expect(CascadeEndTests.units(of: network) == reports.count - 1 && reports.count < 13)
    }

    /// No cost of the library's own is below 0: there is nothing left to learn.
    @Test func whereTheCostIsZero() throws {
        // Logits that are so sure that every probability is 1.
        let classes = CascadeData(x: [-1, -0.9, 0.9, 1], inputs: 1, targets: .classes([0, 0, 1, 1]))
        let (network, reports) = try classes.watch(cascadeOptions(.crossEntropy(), units: 8), outputs: 2)
        #expect(reports.last!.training.cost == 0 && reports.count < 9, "\(reports.map(\.training.cost))")
        #expect(reports.dropLast().allSatisfy { $0.training.cost > 0 })
        #expect(CascadeEndTests.units(of: network) == reports.count - 1)
        // A cost of the caller's own may be.
        let below = CustomCost { y, t, _, rows, _, gradient throws(ChainruleError) in
            var sum = -1.0
            for row in 0..<rows {
                let error = Double(y[row]) - Double(t[row])
                sum += error * error / Double(rows)
                gradient[row] = Float(2 * error / Double(rows))
            }
            return sum
        }
        let (_, custom) = try CascadeData.sine().watch(cascadeOptions(Cost(custom: below), units: 3))
        #expect(custom.count == 4 && custom[0].training.cost < 0)
    }

    @Test func whereTheCallbackStopsIt() throws {
        let options = cascadeOptions { $0.onUnit = { $0.units < 2 } }
        let (network, reports) = try CascadeData.sine().watch(options)
        #expect(reports.map(\.units) == [0, 1, 2])
        #expect(reports.allSatisfy { $0.maxUnits == 4 })
        #expect(CascadeEndTests.units(of: network) == 2)
    }

    /// Noise is learnt by heart: the validation data show it.
    @Test func withTheBestOfTheValidationData() throws {
        let (data, held) = (CascadeData.noise(20, rows: 40), CascadeData.noise(21, rows: 40))
        let options = cascadeOptions(units: 10)
        let (network, reports) = try data.watch(options, validation: held)
        let costs = try reports.map { try #require($0.validation).cost }
        #expect(reports.count == 11)
        let best = costs.indices.min { costs[$0] < costs[$1] }!
        #expect(best < 10 && CascadeEndTests.units(of: network) == best)
        #expect(try held.evaluate(network, options.cost).cost == costs[best])
        #expect(reports.last { $0.isBest }!.units == best)
    }

    @Test func outOfPatience() throws {
        let (data, held) = (CascadeData.noise(20, rows: 40), CascadeData.noise(21, rows: 40))
        let options = cascadeOptions(units: 10) { $0.patience = 2 }
        let (network, reports) = try data.watch(options, validation: held)
        let best = reports.last { $0.isBest }!.units
        #expect(reports.count == best + 3)
        #expect(CascadeEndTests.units(of: network) == best)
        // An improvement that is too small is none.
        let (_, strict) = try data.watch(
            cascadeOptions(units: 10) {
                $0.patience = 2
                $0.minDelta = 100
            })
        #expect(strict.count == 3)
    }

    /// What is returned is the best all the same.
    @Test func gainsTooSmallForPatience() throws {
        let options = cascadeOptions(units: 10) {
            $0.patience = 3
            $0.minDelta = 0.2
        }
        let data = CascadeData.sine()
        let (network, reports) = try data.watch(options)
        let costs = reports.map(\.training.cost)
        #expect(costs.count < 11 && costs.last! < costs[0])
        #expect(try data.evaluate(network, options.cost).cost == costs.min()!)
        #expect(zip(reports, costs).allSatisfy { $0.isBest == ($1 == costs[...$0.units].min()!) })
    }

    /// Far from what they were trained on, units of an unbounded σ give anything: that is no reason to lose the network.
    @Test(arguments: [1e3, 1e18, 3e38] as [Float]) func validationDataFarAway(_ far: Float) throws {
        let data = CascadeData.noise(22, rows: 60)
        var x = CascadeData.noise(23, rows: 20).x
        x[4] = far
        let held = CascadeData(x: x, inputs: 3, targets: CascadeData.noise(23, rows: 20).targets)
        let options = cascadeOptions(units: 25) {
            $0.activations = [.silu, .relu]
            $0.candidates = 2
        }
        let (network, reports) = try data.watch(options, validation: held)
        #expect(reports.count == 26)
        let costs = try reports.map { try #require($0.validation).cost }
        if far == 3e38 { #expect(costs.contains(.infinity)) }
        #expect(!costs.contains { $0.isNaN })
        #expect(CascadeEndTests.units(of: network) == costs.indices.min { costs[$0] < costs[$1] }!)
    }

    /// Where x is the same in all rows, no unit can tell them apart.
    @Test func whereNothingCanBeLearnt() throws {
        let data = CascadeData(x: [1, 2, 1, 2, 1, 2], inputs: 2, targets: .values([0, 1, 5], columns: 1))
        let (network, reports) = try data.watch(cascadeOptions())
        #expect(reports.count == 1 && CascadeEndTests.units(of: network) == 0)
        #expect((reports[0].training.cost - 14.0 / 3).magnitude < 1e-4)
    }

    @Test func oneRow() throws {
        let data = CascadeData(x: [3, -4], inputs: 2, targets: .values([2], columns: 1))
        let network = try data.grow(cascadeOptions())
        expectClose(try network.predict([3, -4]), [2], absolute: 1e-3)
    }

    /// Rows without a weight are as if they were not there.
    @Test func sampleWeights() throws {
        let data = CascadeData.sine(rows: 20)
        var targets = data.targets
        targets.weights = (0..<20).map { $0 < 10 ? 1 : 0 }
        let weighted = CascadeData(x: data.x, inputs: 1, targets: targets)
        let network = try weighted.grow(cascadeOptions(units: 8))
        #expect(try weighted.evaluate(network, .meanSquaredError()).cost < 0.01)
        #expect(try data.evaluate(network, .meanSquaredError()).cost > 0.1)
    }

    // MARK: Custom functions

    @Test func customCost() throws {
        let squares = CustomCost { y, t, _, rows, _, gradient throws(ChainruleError) in
            var sum = 0.0
            for row in 0..<rows {
                let error = Double(y[row]) - Double(t[row])
                sum += error * error / Double(rows)
                gradient[row] = Float(2 * error / Double(rows))
            }
            return sum
        }
        let data = CascadeData.sine()
        let options = cascadeOptions(Cost(custom: squares), units: 8)
        #expect(try data.evaluate(data.grow(options), .meanSquaredError()).cost < 0.05)
    }

    @Test func customCostThatFails() throws {
        let failing = CustomCost { _, _, _, _, _, _ throws(ChainruleError) in
            throw ChainruleError(.callback, "the cost's function returned 7")
        }
        expectError(.callback, "0 hidden units", "returned 7") {
            _ = try CascadeData.sine().grow(cascadeOptions(Cost(custom: failing)))
        }
    }

    @Test func customActivation() throws {
        let cube = CustomActivation(
            value: { z, h, rows, columns throws(ChainruleError) in
                for index in 0..<rows * columns { h[index] = z[index] * z[index] * z[index] }
            },
            derivative: { z, _, slope, rows, columns throws(ChainruleError) in
                for index in 0..<rows * columns { slope[index] = 3 * z[index] * z[index] }
            })
        let data = CascadeData.sine()
        let options = cascadeOptions { $0.activations = [Activation(custom: cube)] }
        #expect(try data.evaluate(data.grow(options), options.cost).cost < 0.1)
        let failing = CustomActivation(
            value: { _, _, _, _ throws(ChainruleError) in throw ChainruleError(.callback, "no value today") },
            derivative: { _, _, _, _, _ throws(ChainruleError) in })
        expectError(.callback, "hidden unit 1, candidate 0", "no value today") {
            _ = try data.grow(cascadeOptions { $0.activations = [Activation(custom: failing)] })
        }
    }

    // MARK: Errors

    private func expectRefused(
        _ code: ChainruleError.Code, _ part: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (inout CascadeOptions) -> Void
    ) {
        expectError(code, part, sourceLocation: sourceLocation) {
            _ = try CascadeData.sine(rows: 4).grow(cascadeOptions(.meanSquaredError(), change))
        }
    }

    @Test func optionsOutOfRange() {
        expectRefused(.size, "0 activations") { $0.activations = [] }
        expectRefused(.value, "activations[1] is 'softmax'") { $0.activations = [.tanh, .softmax] }
        expectRefused(.value, "activations[0] is 'log_softmax'") { $0.activations = [.logSoftmax] }
        expectRefused(.value, "alpha") { $0.activations = [.elu(alpha: -1)] }
        expectRefused(.value, "alpha") { $0.outputActivation = .leakyReLU(alpha: .nan) }
        expectRefused(.size, "5 activations for 4 candidates") {
            $0.activations = [.tanh, .relu, .sigmoid, .silu, .gelu]
        }
        expectRefused(.size, "candidates is 0") { $0.candidates = 0 }
        expectRefused(.size, "candidates is 10001; it must be from 1 to 10000") { $0.candidates = 10_001 }
        expectRefused(.size, "max_units is 0") { $0.maxUnits = 0 }
        expectRefused(.size, "max_units is 5000; it must be from 1 to 4999") { $0.maxUnits = 5000 }
        expectRefused(.size, "max_iterations is 0") { $0.maxIterations = 0 }
        expectRefused(.value, "target_cost is nan") { $0.targetCost = .nan }
        expectRefused(.size, "patience is -1") { $0.patience = -1 }
        expectRefused(.value, "min_delta is -0.5") { $0.minDelta = -0.5 }
        expectRefused(.value, "min_delta is inf") { $0.minDelta = .infinity }
        expectRefused(.size, "threads is -1") { $0.threads = -1 }
    }

    @Test func badData() throws {
        let good = CascadeData.sine(rows: 4)
        func grow(_ x: [Float], _ inputs: Int, _ t: [Float], outputs: Int = 1, held: CascadeData? = nil) throws {
            let data = CascadeData(x: x, inputs: inputs, targets: .values(t, columns: 1))
            _ = try data.grow(cascadeOptions(), outputs: outputs, validation: held)
        }
        expectError(.size, "x has 0 rows") { try grow([], 1, [1]) }
        expectError(.size, "at least 1 input; 0 were given") { try grow([1], 0, [1]) }
        expectError(.size, "x holds 3 floats; 1 rows of 2 are 2") { try grow([1, 2, 3], 2, [1]) }
        expectError(.notFinite, "x holds nan at row 1, column 0") { try grow([1, .nan], 1, [1, 2]) }
        expectError(.target, "the target at row 1, column 0 is inf") { try grow([1, 2], 1, [1, .infinity]) }
        expectError(.size, "outputs have 2") { try grow([1, 2], 1, [1, 2], outputs: 2) }
        expectError(.size, "targets have 1 columns; the outputs have 0") { try grow([1, 2], 1, [1, 2], outputs: 0) }
        expectError(.size, "1 target values for 2 rows") { try grow([1, 2], 1, [1]) }
        let held = CascadeData(x: [1, .infinity], inputs: 1, targets: .values([1, 2], columns: 1))
        expectError(.notFinite, "the validation data holds inf at row 1") {
            try grow(good.x, 1, [1, 2, 3, 4], held: held)
        }
        let odd = CascadeData(x: [1, 2], inputs: 1, targets: .values([1, .nan], columns: 1))
        expectError(.target, "the targets of the validation data: the target at row 1, column 0 is nan") {
            try grow(good.x, 1, [1, 2, 3, 4], held: odd)
        }
    }
}
