import Chainrule
import Testing

/// Every cost, with every reduction, kind of target and sample weights: values and gradients against the float64
/// reference.
@Suite struct CostGradientTests {
    private static let rows = 4

    @Test func everyCostHasAReference() throws {
        for cost in try Cost.all() { #expect(ReferenceCost.row(cost, [0.5], [0.5]) != nil, "\(cost.identifier)") }
    }

    /// A network whose outputs the cost is defined for.
    private func network(for cost: Cost) -> TestNetwork {
        // Only the costs of probabilities name a range of outputs; the sigmoid is right for any range within [0, 1].
        let isOfProbabilities = cost.identifier.description == "binary_cross_entropy"
        return TestNetwork(
            inputs: 3,
            [.dense("a", 4, .tanh, from: "input"), .dense("b", 3, isOfProbabilities ? .sigmoid : .identity, from: "a")])
    }

    @Test(arguments: [Cost.Reduction.mean, .sum], [false, true])
    func ofEveryCost(reduction: Cost.Reduction, weighted: Bool) throws {
        var noise = Noise(11)
        let weights = weighted ? noise.floats(CostGradientTests.rows, in: 0...2) : nil
        for cost in try Cost.all(reduction) {
            try GradientCheck(
                network(for: cost), rows: CostGradientTests.rows, seed: 2, cost: cost,
                targets: targetValues(of: cost, noise.floats(CostGradientTests.rows * 3, in: 0...1), columns: 3),
                weights: weights,
                "\(cost.identifier) by \(reduction), weights \(weights ?? [])"
            ).run()
        }
    }

    @Test(arguments: [Cost.Reduction.mean, .sum], [false, true])
    func ofCrossEntropyWithClasses(reduction: Cost.Reduction, weighted: Bool) throws {
        var noise = Noise(12)
        let cost = Cost.crossEntropy(reduction)
        try GradientCheck(
            network(for: cost), rows: CostGradientTests.rows, seed: 3, cost: cost, targets: [], classes: [2, 0, 1, 2],
            weights: weighted ? noise.floats(CostGradientTests.rows, in: 0...2) : nil, "classes by \(reduction)"
        ).run()
    }

    @Test func ofHuberWithAnotherDelta() throws {
        let cost = try Cost.huber(delta: 0.3, .sum)
        var noise = Noise(13)
        let targets = noise.floats(12, in: -2...2)
        let wanted = splitRows(targets, of: 3)
        try GradientCheck(
            network(for: cost), rows: 4, seed: 4, "huber 0.3",
            reference: { (y: [[Double]]) -> Double in
                var total = 0.0
                for (y, t) in zip(y.joined(), wanted.joined()) {
                    let error = (y - t).magnitude
                    total += error <= 0.3 ? error * error / 2 : 0.3 * (error - 0.15)
                }
                return total / 3
            },
            outputGradient: { try cost.evaluate($0, columns: 3, .values(targets, columns: 3)).gradient }
        ).run()
    }

    /// C = Σ w y⁴/4, which takes no targets.
    @Test func ofACustomCost() throws {
        let quartic = CustomCost { y, _, weights, rows, columns, gradient in
            var cost = 0.0
            for index in 0..<rows * columns {
                let weight = weights[index / columns]
                cost += Double(weight * y[index] * y[index] * y[index] * y[index] / 4)
                gradient[index] = weight * y[index] * y[index] * y[index]
            }
            return cost
        }
        let weights: [Float] = [1, 0.5, 0, 2]
        try GradientCheck(
            network(for: .meanSquaredError()), rows: 4, seed: 5, "custom",
            reference: { (y: [[Double]]) -> Double in
                var total = 0.0
                for (row, weight) in zip(y, doubles(weights)) {
                    for y in row { total += weight * y * y * y * y / 4 }
                }
                return total
            },
            outputGradient: { try Cost(custom: quartic).evaluate($0, columns: 3, .none(weights: weights)).gradient }
        ).run()
    }

    /// C itself against the reference, on outputs of its own.
    @Test(arguments: [Cost.Reduction.mean, .sum], [false, true])
    func valuesAgreeWithFloat64(reduction: Cost.Reduction, weighted: Bool) throws {
        var noise = Noise(14)
        for cost in try Cost.all(reduction) {
            let y = noise.floats(5 * 4, in: 0.05...0.95)
            let t = targetValues(of: cost, noise.floats(5 * 4, in: 0...1), columns: 4)
            let weights = weighted ? noise.floats(5, in: 0...2) : nil
            let exact = ReferenceCost.total(
                cost, splitRows(y, of: 4), splitRows(t, of: 4), weights: weights.map { doubles($0) })!
            let (value, _) = try cost.evaluate(y, columns: 4, .values(t, columns: 4, weights: weights))
            expectClose([value], [exact], relative: 1e-6, absolute: 1e-6, "\(cost.identifier)")
        }
    }

    /// valueAndGradient is forward, cost and backward.
    @Test func valueAndGradientIsTheThreeSteps() throws {
        let network = try Network(network(for: .crossEntropy()).architecture, seed: 6)
        var noise = Noise(15)
        let x = noise.floats(7 * 3)
        let targets = Targets.classes(noise.classes(7, below: 3), weights: noise.floats(7, in: 0...1))
        let (value, gradients) = try network.valueAndGradient(.crossEntropy(), x, targets)
        let workspace = try Workspace(for: network, maxRows: 7)
        try network.forward(x, in: workspace)
        let (cost, slope) = try Cost.crossEntropy().evaluate(
            workspace.values(of: "b", .activation), columns: 3, targets)
        #expect(value == cost)
        #expect(bits(gradients) == bits(try network.gradients(from: slope, in: workspace)))
    }
}
