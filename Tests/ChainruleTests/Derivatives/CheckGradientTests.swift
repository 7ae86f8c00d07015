import Chainrule
import Testing

/// The check of derivatives: right ones pass, wrong ones are found and named, kinks are skipped.
@Suite struct CheckGradientTests {
    private func network(
        _ activation: Activation, outputs last: Activation = .identity, seed: UInt64 = 1
    ) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(5, activation, name: "a")
        try architecture.activation(activation, name: "b")
        try architecture.dense(4, activation, name: "c")
        try architecture.dense(3, last, name: "d")
        return try Network(architecture, seed: seed)
    }

    @Test(arguments: [1, 5, 32]) func passesEveryActivationWithEveryCost(rows: Int) throws {
        var noise = Noise(UInt64(rows))
        for cost in try Cost.all() {
            for activation in Activation.stackable {
                let isOfProbabilities = cost.identifier.description == "binary_cross_entropy"
                let network = try network(activation, outputs: isOfProbabilities ? .sigmoid : .identity, seed: 22)
                let x = noise.floats(rows * 3)
                let targets = Targets.values(
                    targetValues(of: cost, noise.floats(rows * 3, in: 0...1), columns: 3), columns: 3)
                let report = try network.checkGradient(cost, x, targets: targets)
                #expect(report.passed, "\(activation.identifier), \(cost.identifier): \(report)")
                let worst = try #require(report.worst)
                #expect(worst.relativeError <= 0.005)
                // Every parameter, and each place of a custom function: σ' and σ'' of three layers.
                let places = network.parameterCount
                let functions = activation.identifier.description == "custom" ? 2 * rows * (5 + 5 + 4) : 0
                #expect(report.checked + report.skipped == places + functions)
                // Behind three layers of softmax, or of one row's leaky ReLUs below 0, most derivatives are lost in rounding.
                // This seed is one that leaves enough of each.
                #expect(report.checked >= 10, "\(activation.identifier), \(cost.identifier): \(report)")
            }
        }
    }

    private static func sine(_ error: Float, second: Float = 0) -> Activation {
        Activation(
            custom: CustomActivation(
                value: { z, h, rows, columns in
                    for index in 0..<rows * columns { h[index] = z[index] * z[index] * z[index] + z[index] }
                },
                derivative: { z, h, slope, rows, columns in
                    for index in 0..<rows * columns { slope[index] = (3 * z[index] * z[index] + 1) * (1 + error) }
                },
                secondDerivative: { z, h, slope, rows, columns in
                    for index in 0..<rows * columns { slope[index] = 6 * z[index] * (1 + second) }
                }))
    }

    private static func cost(_ error: Float, second: Float = 0) -> Cost {
        Cost(
            custom: CustomCost(
                { y, targets, weights, rows, columns, gradient in
                    var total = 0.0
                    for index in 0..<rows * columns {
                        let square = y[index] * y[index]
                        total += Double(square * square + y[index])
                        gradient[index] = (4 * square * y[index] + 1) * (1 + error)
                    }
                    return total
                },
                hessianProduct: { y, targets, weights, v, rows, columns, product in
                    for index in 0..<rows * columns {
                        product[index] = 12 * y[index] * y[index] * v[index] * (1 + second)
                    }
                }))
    }

    private func report(_ activation: Activation, _ cost: Cost, rows: Int = 7) throws -> GradientReport {
        var noise = Noise(3)
        return try network(activation).checkGradient(cost, noise.floats(rows * 3), targets: .none())
    }

    @Test func rightCustomFunctionsPass() throws {
        let report = try report(CheckGradientTests.sine(0), CheckGradientTests.cost(0))
        #expect(report.passed, "\(report)")
    }

    @Test(arguments: [Float(0.01), -0.01, 1, -1]) func findsAWrongActivationDerivative(error: Float) throws {
        let report = try report(CheckGradientTests.sine(error), CheckGradientTests.cost(0))
        #expect(!report.passed && report.failed > 20, "\(report)")
        let worst = try #require(report.worst)
        #expect(worst.quantity == .activationDerivative)
        #expect(["a", "b", "c"].contains(worst.name))
        #expect(abs(worst.analytic / worst.numeric - Double(1 + error)) < 0.004, "\(worst)")
        #expect(worst.row < 7 && worst.column < 5)
        #expect(worst.absoluteError == abs(worst.analytic - worst.numeric))
    }

    @Test func findsAWrongSecondDerivative() throws {
        let report = try report(CheckGradientTests.sine(0, second: 0.01), CheckGradientTests.cost(0))
        #expect(report.failed > 5 && report.worst?.quantity == .activationSecondDerivative, "\(report)")
    }

    @Test func findsAWrongCostGradient() throws {
        let report = try report(.tanh, CheckGradientTests.cost(0.01))
        #expect(report.failed > 5 && report.worst?.quantity == .costGradient, "\(report)")
        #expect(report.worst?.name == "cost")
    }

    @Test func findsAWrongCostHessianProduct() throws {
        let report = try report(.tanh, CheckGradientTests.cost(0, second: 0.01))
        #expect(report.failed > 5 && report.worst?.quantity == .costHessianProduct, "\(report)")
    }

    /// A wrong σ' without which nothing would be wrong: one layer, one unit.
    @Test func findsAnErrorThatOnlyOneParameterShows() throws {
        var architecture = try Architecture(inputs: 1)
        try architecture.dense(1, CheckGradientTests.sine(0.02), name: "only")
        let report = try Network(architecture, seed: 1).checkGradient(
            .meanSquaredError(), [0.5], targets: .values([2], columns: 1))
        #expect(report.failed >= 2 && report.worst?.name == "only", "\(report)")
    }

    /// At z = 0 differences see the mean of ReLU's two slopes: nothing can be said, and nothing is.
    @Test func skipsWhatLiesAtAKink() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(2, .relu, name: "a", biases: .zeros)
        let network = try Network(architecture, seed: 1)
        network.setParameters([1, 0, 0, 1, 0, 0])
        // z is 0 in the first unit and 1 in the second.
        let report = try network.checkGradient(
            .meanSquaredError(), [0, 1], targets: .values([-1, -1], columns: 2))
        #expect(report.failed == 0, "\(report)")
        // The bias and the second weight of the first unit; its first weight does not matter, for x is 0 there.
        #expect(report.skipped == 2 && report.checked == 4, "\(report)")
    }

    @Test func checksSomeParametersOfEveryTensorOfALargeNetwork() throws {
        var architecture = try Architecture(inputs: 20)
        try architecture.dense(50, .tanh, name: "a")
        try architecture.dense(3, name: "b")
        let network = try Network(architecture, seed: 1)
        var noise = Noise(1)
        var options = GradientCheckOptions()
        options.maxCoordinates = 40
        let (x, targets) = (noise.floats(8 * 20), Targets.values(noise.floats(8 * 3), columns: 3))
        let report = try network.checkGradient(.meanSquaredError(), x, targets: targets, options: options)
        // Ten of each tensor, of which the last has three.
        #expect(report.checked + report.skipped == 33 && report.passed, "\(report)")
        options.seed = 1
        let other = try network.checkGradient(.meanSquaredError(), x, targets: targets, options: options)
        #expect(other.worst?.analytic != report.worst?.analytic)
        let again = try network.checkGradient(.meanSquaredError(), x, targets: targets, options: options)
        #expect(again.worst?.analytic == other.worst?.analytic && again.checked == other.checked)
    }

    @Test func leavesTheNetworkAsItIs() throws {
        let network = try network(.tanh)
        let before = network.parameterVector
        var noise = Noise(1)
        _ = try network.checkGradient(
            .meanSquaredError(), noise.floats(6), targets: .values(noise.floats(6), columns: 3))
        #expect(network.parameterVector == before)
    }

    @Test func refusesWrongOptions() throws {
        let network = try network(.tanh)
        let (x, targets) = ([Float](repeating: 1, count: 3), Targets.values([0, 0, 0], columns: 3))
        func expectOption(_ code: ChainruleError.Code, _ part: String, _ change: (inout GradientCheckOptions) -> Void) {
            var options = GradientCheckOptions()
            change(&options)
            expectError(code, part) {
                _ = try network.checkGradient(.meanSquaredError(), x, targets: targets, options: options)
            }
        }
        for value in [Float(0), -1, .nan, .infinity] {
            expectOption(.value, "the step is \(value)") { $0.step = value }
            expectOption(.value, "the tolerance is \(value)") { $0.tolerance = value }
        }
        expectOption(.size, "at least 1 coordinate") { $0.maxCoordinates = 0 }
        expectError(.notFinite, "x holds nan") {
            _ = try network.checkGradient(.meanSquaredError(), [1, .nan, 1], targets: targets)
        }
        expectError(.target, "needs targets") {
            _ = try network.checkGradient(.meanSquaredError(), x, targets: .none())
        }
    }

    /// Steps out of the range of a cost are no error of the check.
    @Test func costsThatAreNotDefinedEverywhere() throws {
        var architecture = try Architecture(inputs: 1)
        try architecture.dense(1, name: "a")
        let network = try Network(architecture, seed: 1)
        network.setParameters([0, 0.97])
        let report = try network.checkGradient(
            .binaryCrossEntropy(), [1], targets: .values([0.5], columns: 1))
        #expect(report.failed == 0 && report.checked == 2, "\(report)")
    }
}
