import Testing

@testable import Chainrule

/// Every method, on networks.
@Suite struct MinimizeTests {
    private static let curved = TestNetwork(
        inputs: 2, [.dense("a", 6, .tanh, from: "input"), .dense("b", 1, from: "a")])
    private static let line = TestNetwork(inputs: 3, [.dense("a", 2, from: "input")])
    private let x: [Float]
    private let targets: Targets

    init() {
        var noise = Noise(40)
        x = noise.floats(2 * 60)
        var values: [Float] = []
        for row in 0..<60 { values.append(x[2 * row] * x[2 * row + 1] + 0.5 * x[2 * row]) }
        targets = .values(values, columns: 1)
    }

    private func network(_ description: TestNetwork = curved, seed: UInt64 = 40) throws -> Network {
        try Network(description.architecture, seed: seed)
    }

    @Test func costFallsInEveryIteration() throws {
        for method in Minimizers.all {
            let network = try network()
            let (first, _) = try network.valueAndGradient(.meanSquaredError(), x, targets)
            var costs = [first]
            var evaluations = 1
            let minimum = try network.minimize(
                .meanSquaredError(), x, targets: targets, method: method,
                options: endless {
                    $0.maxIterations = 60
                    $0.onIteration = { iteration in
                        #expect(iteration.number == costs.count)
                        #expect(iteration.evaluations > evaluations)
                        #expect(iteration.step > 0)
                        costs.append(iteration.cost)
                        evaluations = iteration.evaluations
                        return true
                    }
                })
            #expect(minimum.iterations == costs.count - 1)
            for (before, after) in zip(costs, costs.dropFirst()) {
                // Approximate Wolfe conditions allow for the rounding of float32.
                #expect(after <= before * (1 + 1e-6), "\(method.identifier)")
            }
            #expect(minimum.cost < 0.05 * first, "\(method.identifier): from \(first) to \(minimum.cost)")
            #expect(minimum.cost == costs.min())
            let (cost, gradient) = try network.valueAndGradient(.meanSquaredError(), x, targets)
            #expect(cost == minimum.cost, "the parameters are those of the minimum")
            #expect(Double(gradient.map { $0.magnitude }.max()!) == minimum.gradientNorm)
        }
    }

    /// Linear least squares, whose minimum has a closed form: `(XᵀX) W = XᵀT`.
    @Test func linearLeastSquares() throws {
        var noise = Noise(41)
        let x = noise.floats(3 * 40)
        let values = noise.floats(2 * 40)
        let expected = try leastSquares(x, values, inputs: 3, outputs: 2)
        for method in Minimizers.all {
            let network = try network(MinimizeTests.line, seed: 41)
            let minimum = try network.minimize(
                .meanSquaredError(), x, targets: .values(values, columns: 2), method: method,
                options: endless { $0.gradientTolerance = 1e-6 })
            #expect(minimum.reason == .gradient, "\(method.identifier): \(minimum)")
            #expect(minimum.gradientNorm <= 1e-6)
            expectClose(
                doubles(network.parameterVector), expected, absolute: 2e-5, "\(method.identifier) after \(minimum)")
        }
    }

    /// W by rows and b, in float64, by elimination.
    private func leastSquares(_ x: [Float], _ t: [Float], inputs: Int, outputs: Int) throws -> [Double] {
        let rows = (0..<x.count / inputs).map { row in
            doubles(Array(x[row * inputs..<(row + 1) * inputs])) + [1]
        }
        let order = inputs + 1
        var weights: [Double] = []
        var biases: [Double] = []
        for output in 0..<outputs {
            var a = [[Double]](repeating: [Double](repeating: 0, count: order + 1), count: order)
            for (row, x) in rows.enumerated() {
                for i in 0..<order {
                    for j in 0..<order { a[i][j] += x[i] * x[j] }
                    a[i][order] += x[i] * Double(t[row * outputs + output])
                }
            }
            for pivot in 0..<order {
                for row in 0..<order where row != pivot {
                    let factor = a[row][pivot] / a[pivot][pivot]
                    for column in 0...order { a[row][column] -= factor * a[pivot][column] }
                }
            }
            let solution = (0..<order).map { a[$0][order] / a[$0][$0] }
            weights += solution[0..<inputs]
            biases.append(solution[inputs])
        }
        return weights + biases
    }

    @Test func sameBitsInEveryRunAndForAnyThreads() throws {
        var noise = Noise(42)
        let x = noise.floats(2 * 1500)
        let classes = noise.classes(1500, below: 3)
        let description = TestNetwork(
            inputs: 2, [.dense("a", 9, .tanh, from: "input"), .dense("b", 3, from: "a")])
        for method in Minimizers.all {
            guard (try? method.validate(for: .crossEntropy())) != nil else { continue }
            var found: [[UInt32]] = []
            for threads in [1, 1, 2, 3, nil] {
                let network = try network(description)
                try network.minimize(
                    .crossEntropy(), x, targets: .classes(classes), method: method,
                    options: endless {
                        $0.maxIterations = 8
                        $0.threads = threads
                    })
                found.append(bits(network.parameterVector))
            }
            for other in found { #expect(other == found[0], "\(method.identifier)") }
        }
    }

    @Test func limits() throws {
        for method in Minimizers.all {
            let options = endless { $0.maxEvaluations = 7 }
            let minimum = try network().minimize(
                .meanSquaredError(), x, targets: targets, method: method, options: options)
            #expect(minimum.reason == .maxEvaluations && minimum.evaluations == 7, "\(method.identifier)")

            let few = try network().minimize(
                .meanSquaredError(), x, targets: targets, method: method, options: endless { $0.maxIterations = 2 })
            #expect(few.reason == .maxIterations && few.iterations == 2, "\(method.identifier)")

            let target = try network().minimize(
                .meanSquaredError(), x, targets: targets, method: method, options: endless { $0.targetCost = 0.05 })
            #expect(target.reason == .target && target.cost <= 0.05, "\(method.identifier)")

            let reached = try network().minimize(
                .meanSquaredError(), x, targets: targets, method: method, options: endless { $0.targetCost = 1e9 })
            #expect(reached.reason == .target && reached.evaluations == 1 && reached.iterations == 0)

            let slow = try network().minimize(
                .meanSquaredError(), x, targets: targets, method: method, options: endless { $0.costTolerance = 0.5 })
            #expect(slow.reason == .cost && slow.iterations >= 1, "\(method.identifier)")

            let flat = try network().minimize(
                .meanSquaredError(), x, targets: targets, method: method,
                options: endless { $0.gradientTolerance = 1e9 })
            #expect(flat.reason == .gradient && flat.iterations == 0)
        }
    }

    /// Targets of any size are learnt with the options as they are, where outputs begin at their size. From tiny weights of the
    /// output nearly these alone move: all methods come to R² = 0.464, what the first hidden units allow.
    @Test(arguments: [1e-6, 1e-3, 1] as [Float]) func scalesOfTargets(scale: Float) throws {
        guard case .values(let values, _) = targets.kind else { return }
        let scaled = values.map { $0 * scale }
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(6, .tanh)
        try architecture.dense(1, weights: .uniform(low: -scale, high: scale))
        for method in Minimizers.all {
            let network = try Network(architecture, seed: 40)
            let before = try network.evaluate(.meanSquaredError(), x, targets: .values(scaled, columns: 1))
            let minimum = try network.minimize(
                .meanSquaredError(), x, targets: .values(scaled, columns: 1), method: method)
            let r2 = try #require(
                try network.evaluate(.meanSquaredError(), x, targets: .values(scaled, columns: 1)).r2)
            #expect(
                minimum.iterations > 3 && r2 > 0.45,
                "\(method.identifier) at \(scale): R² \(before.r2!) to \(r2), \(minimum)")
        }
    }

    /// C times a power of 2 is another unit of C, and nothing else.
    @Test func scalesOfCosts() throws {
        guard case .values(let values, _) = targets.kind else { return }
        func run(_ weight: Float) throws -> (Network, Minimum) {
            let network = try self.network()
            let weights = [Float](repeating: weight, count: 60)
            return (
                network,
                try network.minimize(
                    .meanSquaredError(.sum), x, targets: .values(values, columns: 1, weights: weights))
            )
        }
        let (network, minimum) = try run(1)
        for weight: Float in [0x1p-40, 0x1p20] {
            let (other, found) = try run(weight)
            #expect(bits(other.parameterVector) == bits(network.parameterVector))
            #expect(found.reason == minimum.reason && found.iterations == minimum.iterations)
            #expect(found.cost == minimum.cost * Double(weight))
        }
    }

    /// A plateau at the start is not a minimum. A cost of 0 is one.
    @Test func plateaus() throws {
        var words: [Float] = []
        var parity: [Float] = []
        for word in 0..<16 {
            for bit in 0..<4 { words.append((word >> bit) & 1 == 0 ? -1 : 1) }
            parity.append(word.nonzeroBitCount % 2 == 0 ? 0 : 1)
        }
        var architecture = try Architecture(inputs: 4)
        try architecture.dense(8, .tanh, weights: .uniform(low: -0.25, high: 0.25), biases: .zeros)
        try architecture.dense(1, weights: .uniform(low: -0.25, high: 0.25), biases: .zeros)
        let network = try Network(architecture, seed: 4)
        let minimum = try network.minimize(
            .binaryCrossEntropyOfLogits(), words, targets: .values(parity, columns: 1))
        #expect(minimum.cost < 0.01, "\(minimum)")
        let flat = try Network(architecture, seed: 4)
        flat.setParameters([Float](repeating: 0, count: flat.parameterCount))
        let nothing = try flat.minimize(
            .meanSquaredError(), words, targets: .values([Float](repeating: 0, count: 16), columns: 1))
        #expect(nothing.reason == .gradient && nothing.iterations == 0 && nothing.gradientNorm == 0)
    }

    @Test func cancelling() throws {
        for method in Minimizers.all {
            let network = try network()
            let minimum = try network.minimize(
                .meanSquaredError(), x, targets: targets, method: method,
                options: endless { $0.onIteration = { $0.number < 3 } })
            #expect(minimum.reason == .cancelled && minimum.iterations == 3, "\(method.identifier)")
            let (cost, _) = try network.valueAndGradient(.meanSquaredError(), x, targets)
            #expect(cost == minimum.cost)
        }
    }

    /// A gradient that points the other way: no step along it lowers C.
    @Test func gradientThatIsNotTheCosts() throws {
        let cost = Cost(
            custom: CustomCost { y, _, _, rows, _, gradient in
                var sum = 0.0
                for row in 0..<rows {
                    sum += Double(y[row] * y[row])
                    gradient[row] = -2 * y[row]
                }
                return sum
            })
        for method in Minimizers.all where (try? method.validate(for: cost)) != nil {
            let network = try network()
            let before = bits(network.parameterVector)
            let minimum = try network.minimize(cost, x, targets: .none(), method: method, options: endless())
            #expect(minimum.reason == .noProgress, "\(method.identifier)")
            #expect(minimum.iterations == 0)
            #expect(bits(network.parameterVector) == before)
        }
    }

    /// C falls with w until it is NaN.
    @Test(arguments: [true, false]) func customCostThatTurnsToNaN(inTheGradient: Bool) throws {
        let cost = Cost(
            custom: CustomCost { y, _, _, rows, _, gradient in
                var sum = 0.0
                for row in 0..<rows {
                    sum += Double(y[row])
                    gradient[row] = 1
                }
                let isOver = sum < -500
                if isOver && inTheGradient { gradient[0] = .nan }
                return isOver && !inTheGradient ? .nan : sum
            })
        for method in Minimizers.all where (try? method.validate(for: cost)) != nil {
            let network = try network()
            let minimum = try network.minimize(
                cost, x, targets: .none(), method: method, options: endless { $0.maxEvaluations = 200 })
            #expect(minimum.cost < -490 && minimum.cost >= -500, "\(method.identifier): \(minimum)")
            let (found, _) = try network.valueAndGradient(cost, x, .none())
            #expect(found == minimum.cost)
        }
    }

    /// Outputs must be in [0, 1] for this cost, which the identity does not see to.
    @Test func outputsThatLeaveTheCostsRange() throws {
        let classes = Targets.values((0..<60).map { x[2 * $0] > 0 ? 1 : 0 }, columns: 1)
        for method in Minimizers.all where (try? method.validate(for: .binaryCrossEntropy())) != nil {
            let network = try network()
            network.withParameters { parameters in
                for index in 0..<24 { parameters[index] *= 0.1 }
                parameters[24] = 0.5
            }
            let (first, _) = try network.valueAndGradient(.binaryCrossEntropy(), x, classes)
            let minimum = try network.minimize(
                .binaryCrossEntropy(), x, targets: classes, method: method, options: endless { $0.maxEvaluations = 80 })
            #expect(minimum.cost < 0.9 * first, "\(method.identifier): from \(first) to \(minimum.cost)")
        }
    }

    @Test func errorKeepsTheBest() throws {
        for method in Minimizers.all {
            let calls = Calls()
            let cost = Cost(
                custom: CustomCost { y, targets, _, rows, _, gradient throws(ChainruleError) in
                    calls.count += 1
                    guard calls.count != 12 else { throw ChainruleError(.callback, "call 12 failed") }
                    var sum = 0.0
                    for row in 0..<rows {
                        let r = y[row] - targets[row]
                        sum += Double(r * r)
                        gradient[row] = 2 * r
                    }
                    return sum
                })
            guard (try? method.validate(for: cost)) != nil else { continue }
            let network = try network()
            var best = try network.valueAndGradient(cost, x, targets).0
            calls.count = 0
            expectError(.callback, "call 12 failed") {
                try network.minimize(
                    cost, x, targets: targets, method: method,
                    options: endless {
                        $0.onIteration = { iteration in
                            best = min(best, iteration.cost)
                            return true
                        }
                    })
            }
            #expect(calls.count == 12)
            let kept = try network.valueAndGradient(cost, x, targets).0
            #expect(kept <= best)
        }
    }

    @Test func costNotFiniteAtTheStart() throws {
        for method in Minimizers.all {
            let network = try network()
            network.withParameters { $0[3] = .nan }
            let before = bits(network.parameterVector)
            expectError(.notFinite, "a.weight[1, 1]", "nan") {
                try network.minimize(.meanSquaredError(), x, targets: targets, method: method)
            }
            #expect(bits(network.parameterVector) == before)
        }
    }

    @Test func nothingToLearn() throws {
        let network = try Network(
            TestNetwork(inputs: 2, [.activation("a", .tanh, from: "input")]).architecture, seed: 1)
        for method in Minimizers.all {
            let minimum = try network.minimize(.meanSquaredError(), x, targets: .values(x, columns: 2), method: method)
            #expect(minimum.reason == .gradient && minimum.gradientNorm == 0)
        }
    }

    @Test func badArguments() throws {
        let network = try network()
        let before = bits(network.parameterVector)
        func minimize(
            _ method: any Minimizer = LBFGS(), x: [Float]? = nil,
            _ change: (inout MinimizationOptions) -> Void = { _ in }
        ) throws {
            try network.minimize(
                .meanSquaredError(), x ?? self.x, targets: targets, method: method, options: endless(change))
        }
        expectError(.size, "max_iterations is 0") { try minimize { $0.maxIterations = 0 } }
        expectError(.size, "max_evaluations is -1") { try minimize { $0.maxEvaluations = -1 } }
        for bad in [-1, Double.nan, .infinity] {
            expectError(.value, "gradient_tolerance is \(bad)") { try minimize { $0.gradientTolerance = bad } }
            expectError(.value, "cost_tolerance is \(bad)") { try minimize { $0.costTolerance = bad } }
        }
        expectError(.value, "target_cost is nan") { try minimize { $0.targetCost = .nan } }
        expectError(.size, "threads is -1") { try minimize { $0.threads = -1 } }
        expectError(.size, "memory of lbfgs is 0") { try minimize(LBFGS(memory: 0)) }
        expectError(.size, "memory of lbfgs is 1001") { try minimize(LBFGS(memory: 1001)) }
        for bad in [0, -1, 0.5, Double.nan, .infinity] {
            expectError(.value, "c1 of lbfgs is \(bad)") { try minimize(LBFGS(c1: bad)) }
            expectError(.value, "c1 of bfgs is \(bad)") { try minimize(BFGS(c1: bad)) }
            expectError(.value, "c1 of polak_ribiere is \(bad)") { try minimize(ConjugateGradients(c1: bad)) }
        }
        for bad in [0, 1e-4, 1, Double.nan, .infinity] {
            expectError(.value, "c2 of lbfgs is \(bad)") { try minimize(LBFGS(c2: bad)) }
        }
        expectError(.size, "x has 0 rows") { try minimize(x: []) }
        expectError(.size, "60", "59") { try minimize(x: Array(x.dropLast(2))) }
        var broken = x
        broken[5] = .infinity
        expectError(.notFinite, "x holds inf at row 2, column 1") { try minimize(x: broken) }
        #expect(bits(network.parameterVector) == before)
    }

    /// However small a part of C the first steps change.
    @Test(arguments: [1e3, 1e9, 1e15] as [Float]) func largeTargets(_ scale: Float) throws {
        let description = TestNetwork(inputs: 1, [.dense("a", 1, from: "input")])
        for method: any Minimizer in [LBFGS(), BFGS(), ConjugateGradients()] {
            let network = try Network(description.architecture, seed: 1)
            let t: [Float] = [1, 0, 3, 4].map { $0 * scale }
            let found = try network.minimize(
                .meanSquaredError(), [-1, 0, 1, 2], targets: .values(t, columns: 1), method: method)
            // w = 6 / 5, b = 2 − 0.6, as on the whole numbers; C = ¼ Σ (t − w x − b)².
            let least = 0.7 * Double(scale) * Double(scale)
            #expect(found.cost < least * (1 + 1e-4), "\(method.identifier): \(found)")
            expectClose(network.parameterVector.map { $0 / scale }, [1.2, 1.4], absolute: 1e-2)
        }
    }

    @Test func matricesThatAreTooLarge() throws {
        let description = TestNetwork(
            inputs: 90, [.dense("a", 90, .tanh, from: "input"), .dense("b", 1, from: "a")])
        let network = try Network(description.architecture, seed: 1)
        #expect(network.parameterCount == 8281)
        expectError(.memory, "bfgs", "8281 × 8281", "at most 8192") {
            try network.minimize(
                .meanSquaredError(), [Float](repeating: 0.5, count: 90), targets: .values([1], columns: 1),
                method: BFGS())
        }
    }
}

/// How often a function was called, by one thread.
private final class Calls: @unchecked Sendable {
    var count = 0
}
