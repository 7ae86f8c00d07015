import Chainrule
import Testing

/// Products with first and second derivatives: every activation, kind of layer, topology and cost against differences in
/// float64, and what must hold of any such products.
@Suite struct ProductTests {
    private func activations() -> [Activation] { Activation.all + [.sine] }

    /// A network with this activation in a dense layer and alone, and with every other kind of layer.
    private func network(_ activation: Activation) -> TestNetwork {
        TestNetwork(
            inputs: 3,
            [
                .dense("a", 4, activation, from: "input"), .activation("b", activation, from: "a"),
                .sum("c", of: "a", "b"), .concatenation("d", of: "c", "input", "c"),
                .dense("e", 3, activation, from: "d", bias: false), .dense("f", 2, from: "e"),
            ])
    }

    /// With a seed that leaves every z farther from a kink than the differences step.
    @Test func ofEveryActivation() throws {
        for activation in Activation.stackable {
            try DerivativeCheck(
                network(activation), rows: 3, seed: 2, cost: .meanSquaredError(.sum), "\(activation.identifier)"
            ).run()
        }
    }

    @Test func ofShapesWithEveryActivation() throws {
        for activation in activations() {
            try DerivativeCheck(
                .shaped(activation), rows: 2, cost: .meanSquaredError(.sum), "shapes with \(activation.identifier)"
            ).run()
        }
    }

    @Test func ofEveryLayerOfShapes() throws {
        for (name, network) in TestNetwork.ofShapes {
            try DerivativeCheck(network, rows: 2, cost: .meanSquaredError(.sum), name).runAlongDirections()
        }
    }

    @Test func ofActivationLayersAtBothEnds() throws {
        for activation in activations() {
            let network = TestNetwork(
                inputs: 4,
                [
                    .activation("first", activation, from: "input"), .dense("a", 3, .tanh, from: "first"),
                    .activation("last", activation, from: "a"),
                ])
            try DerivativeCheck(
                network, rows: 2, cost: .meanSquaredError(), "activation layers \(activation.identifier)"
            ).run()
        }
    }

    /// An output layer with the activation itself: R{δ} of the cost meets σ''.
    @Test func ofOutputLayersWithEveryActivation() throws {
        for activation in activations() {
            let network = TestNetwork(
                inputs: 3, [.dense("a", 4, .silu, from: "input"), .dense("b", 3, activation, from: "a")])
            try DerivativeCheck(network, rows: 3, cost: .huber(), "output \(activation.identifier)").run()
        }
    }

    @Test(arguments: [Cost.Reduction.mean, .sum]) func ofEveryCost(reduction: Cost.Reduction) throws {
        for cost in try Cost.all(reduction) {
            for weighted in [false, true] {
                let isOfProbabilities = cost.identifier.description == "binary_cross_entropy"
                let last: Activation = isOfProbabilities ? .sigmoid : .identity
                let network = TestNetwork(
                    inputs: 3, [.dense("a", 5, .tanh, from: "input"), .dense("b", 4, last, from: "a")])
                try DerivativeCheck(network, rows: 5, cost: cost, weighted: weighted, "weighted \(weighted)").run()
            }
        }
    }

    @Test(arguments: [2, 5, 20]) func ofCrossEntropyOfClasses(outputs: Int) throws {
        let network = TestNetwork(
            inputs: 3, [.dense("a", 4, .gelu, from: "input"), .dense("b", outputs, from: "a")])
        for weighted in [false, true] {
            try DerivativeCheck(
                network, rows: 5, cost: .crossEntropy(), weighted: weighted, classes: true, "\(outputs) classes"
            ).run()
        }
    }

    /// Cross-entropy behind log-softmax: every σ'' of a row and every block of H_C are full.
    @Test func ofEveryCostBehindEveryRowActivation() throws {
        let costs = [try Cost.huber(.mean), .binaryCrossEntropyOfLogits()]
        for (activation, costs) in [(Activation.softmax, costs), (.logSoftmax, costs + [.crossEntropy(.sum)])] {
            for cost in costs {
                let network = TestNetwork(
                    inputs: 3, [.dense("a", 4, activation, from: "input"), .activation("b", activation, from: "a")])
                try DerivativeCheck(network, rows: 4, cost: cost, "\(activation.identifier) twice").run()
            }
        }
    }

    // MARK: What must hold

    /// `uᵀ H v = vᵀ H u`, and the same of G.
    @Test(arguments: [Network.SecondOrderProduct.hessian, .gaussNewton])
    func areSymmetric(kind: Network.SecondOrderProduct) throws {
        for activation in Activation.stackable {
            let network = try Network(self.network(activation).architecture, seed: 3)
            var noise = Noise(9)
            let x = noise.floats(40 * 3, in: -2...2)
            let targets = Targets.values(noise.floats(40 * 2, in: 0...1), columns: 2)
            let (u, v) = (noise.floats(network.parameterCount), noise.floats(network.parameterCount))
            let (hu, hv) = (
                try network.product(kind, .binaryCrossEntropyOfLogits(), x, targets, u),
                try network.product(kind, .binaryCrossEntropyOfLogits(), x, targets, v)
            )
            let size = (dot(u, u) * dot(hv, hv)).squareRoot() + (dot(v, v) * dot(hu, hu)).squareRoot()
            expectClose([dot(u, hv)], [dot(v, hu)], absolute: 2e-6 * size, "\(activation.identifier)")
        }
    }

    /// Every built-in cost is convex in y, so that `vᵀ G v ≥ 0`, up to rounding.
    @Test func gaussNewtonIsPositiveSemidefinite() throws {
        for cost in try Cost.all() {
            let isOfProbabilities = cost.identifier.description == "binary_cross_entropy"
            let description = TestNetwork(
                inputs: 4,
                [.dense("a", 6, .relu, from: "input"), .dense("b", 3, isOfProbabilities ? .sigmoid : .tanh, from: "a")])
            let network = try Network(description.architecture, seed: 5)
            var noise = Noise(11)
            let x = noise.floats(20 * 4, in: -2...2)
            let targets = Targets.values(
                targetValues(of: cost, noise.floats(20 * 3, in: 0...1), columns: 3), columns: 3)
            for _ in 0..<20 {
                let v = noise.floats(network.parameterCount)
                let product = try network.product(.gaussNewton, cost, x, targets, v)
                #expect(dot(v, product) >= -1e-6 * (dot(v, v) * dot(product, product)).squareRoot())
            }
        }
    }

    /// A batch that goes through in pieces is the sum of its parts.
    @Test(arguments: [Network.SecondOrderProduct.hessian, .gaussNewton])
    func addUpOverRows(kind: Network.SecondOrderProduct) throws {
        let network = try Network(self.network(.tanh).architecture, seed: 1)
        var noise = Noise(2)
        let rows = 2_500
        let x = noise.floats(rows * 3, in: -2...2)
        let values = noise.floats(rows * 2)
        let weights = noise.floats(rows, in: 0...1)
        let v = noise.floats(network.parameterCount)
        func product(_ range: Range<Int>) throws -> [Float] {
            try network.product(
                kind, .meanSquaredError(.sum), Array(x[range.lowerBound * 3..<range.upperBound * 3]),
                .values(
                    Array(values[range.lowerBound * 2..<range.upperBound * 2]), columns: 2,
                    weights: Array(weights[range])), v)
        }
        let whole = try product(0..<rows)
        let parts = try [0..<1_000, 1_000..<1_777, 1_777..<rows].map { try product($0) }
        let sums = v.indices.map { index in parts.reduce(0) { $0 + Double($1[index]) } }
        expectClose(whole, sums, absolute: 1e-5 * (sums.map { $0.magnitude }.max()!))
        let (y, tangent) = try network.jvp(x, parameterTangent: v)
        #expect(y == (try network.predict(x)))
        let (_, last) = try network.jvp(Array(x[2_400 * 3..<rows * 3]), parameterTangent: v)
        #expect(Array(tangent[2_400 * 2..<rows * 2]) == last)
    }

    /// What a lent workspace held before does not matter.
    @Test func areTheSameWhateverWasComputedBefore() throws {
        var noise = Noise(4)
        let architecture = try network(.softmax).architecture
        let (fresh, used) = (try Network(architecture, seed: 1), try Network(architecture, seed: 1))
        let x = noise.floats(7 * 3, in: -2...2)
        let targets = Targets.values(noise.floats(7 * 2), columns: 2)
        let (u, v) = (noise.floats(fresh.parameterCount), noise.floats(fresh.parameterCount))
        let large = noise.floats(100 * 3, in: -2...2)
        _ = try used.jvp(large, inputTangent: large, parameterTangent: u)
        _ = try used.product(.gaussNewton, .meanSquaredError(), x, targets, u)
        for kind in [Network.SecondOrderProduct.hessian, .gaussNewton] {
            #expect(
                bits(try used.product(kind, .meanSquaredError(), x, targets, v))
                    == bits(try fresh.product(kind, .meanSquaredError(), x, targets, v)))
        }
        #expect(try used.jvp(x, parameterTangent: v).tangent == fresh.jvp(x, parameterTangent: v).tangent)
    }

    /// A custom cost with its Hessian product gives what the same built-in cost gives.
    @Test func ofACustomCost() throws {
        let network = try Network(self.network(.silu).architecture, seed: 1)
        var noise = Noise(6)
        let x = noise.floats(9 * 3, in: -2...2)
        let targets = Targets.values(noise.floats(9 * 2), columns: 2)
        let v = noise.floats(network.parameterCount)
        let custom = Cost(
            custom: CustomCost(
                { y, targets, weights, rows, columns, gradient in
                    var cost = 0.0
                    for index in 0..<rows * columns {
                        let difference = y[index] - targets[index]
                        cost += Double(difference * difference) / Double(columns)
                        gradient[index] = 2 * difference / Float(columns)
                    }
                    return cost
                },
                hessianProduct: { y, targets, weights, v, rows, columns, product in
                    for index in 0..<rows * columns { product[index] = 2 * v[index] / Float(columns) }
                }))
        for kind in [Network.SecondOrderProduct.hessian, .gaussNewton] {
            let expected = try network.product(kind, .meanSquaredError(.sum), x, targets, v)
            expectClose(
                try network.product(kind, custom, x, targets, v), doubles(expected),
                absolute: 1e-6 * Double(expected.map { $0.magnitude }.max()!))
        }
    }
}
