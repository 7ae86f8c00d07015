import Testing

@testable import Chainrule

/// Minimizing with data to validate on, and patience.
@Suite struct ValidationTests {
    private static let description = TestNetwork(
        inputs: 2, [.dense("a", 12, .tanh, from: "input"), .dense("b", 1, from: "a")])
    private let x: [Float]
    private let targets: Targets
    private let held: (x: [Float], targets: Targets)

    /// Few rows with much noise: what fits them does not fit others.
    init() {
        var noise = Noise(70)
        func data(_ rows: Int) -> (x: [Float], targets: Targets) {
            let x = noise.floats(2 * rows)
            let errors = noise.floats(rows)
            let t = (0..<rows).map { x[2 * $0] + 0.7 * errors[$0] }
            return (x, .values(t, columns: 1))
        }
        (x, targets) = data(20)
        held = data(60)
    }

    private func network() throws -> Network {
        try Network(ValidationTests.description.architecture, seed: 71)
    }

    private func validationCost(_ network: Network) throws -> Double {
        try network.evaluate(.meanSquaredError(), held.x, targets: held.targets).cost
    }

    @Test func earlyStoppingKeepsTheBest() throws {
        for method in Minimizers.all {
            let network = try network()
            var costs = [try validationCost(network)]
            var bests: [Int] = []
            let minimum = try network.minimize(
                .meanSquaredError(), x, targets: targets, validation: held, method: method,
                options: endless {
                    $0.patience = 6
                    $0.onIteration = { iteration in
                        let metrics = iteration.validation!
                        costs.append(metrics.cost)
                        if iteration.isBest { bests.append(iteration.number) }
                        return metrics.rows == 60 && metrics.accuracy == nil && metrics.r2! < 1
                    }
                })
            let best = try #require(costs.min())
            #expect(minimum.reason == .patience, "\(method.identifier): \(minimum)")
            #expect(minimum.iterations == costs.count - 1 && minimum.iterations == minimum.bestIteration + 6)
            #expect(
                minimum.bestIteration > 0 && costs[minimum.bestIteration] == best && bests.last == minimum.bestIteration
            )
            #expect(minimum.validationCost == best && best < costs[0] && best < costs.last!)
            #expect(try validationCost(network) == best, "\(method.identifier)")
            let (cost, gradient) = try network.valueAndGradient(.meanSquaredError(), x, targets)
            #expect(cost == minimum.cost)
            #expect(Double(gradient.map { $0.magnitude }.max()!) == minimum.gradientNorm)
        }
    }

    /// The same, to whatever end.
    @Test func everyEndKeepsTheBest() throws {
        let ends: [(Minimum.Reason, (inout MinimizationOptions) -> Void)] = [
            (.maxIterations, { $0.maxIterations = 40 }), (.maxEvaluations, { $0.maxEvaluations = 60 }),
            (.target, { $0.targetCost = 0.02 }),
            (.cancelled, { $0.onIteration = { $0.number < 40 } }), (.cost, { $0.costTolerance = 1e-3 }),
        ]
        for (reason, change) in ends {
            let network = try network()
            let minimum = try network.minimize(
                .meanSquaredError(), x, targets: targets, validation: held,
                options: endless {
                    $0.patience = 1000
                    change(&$0)
                })
            #expect(minimum.reason == reason, "\(minimum)")
            #expect(minimum.bestIteration < minimum.iterations)
            #expect(try validationCost(network) == minimum.validationCost)
        }
    }

    /// Validation alone changes nothing.
    @Test func withoutPatienceTheLowestCostIsKept() throws {
        let (network, other) = (try network(), try network())
        var costs: [Double] = []
        let minimum = try network.minimize(
            .meanSquaredError(), x, targets: targets, validation: held,
            options: endless {
                $0.maxIterations = 40
                $0.onIteration = { iteration in
                    costs.append(iteration.validation!.cost)
                    return true
                }
            })
        let plain = try other.minimize(
            .meanSquaredError(), x, targets: targets, options: endless { $0.maxIterations = 40 })
        #expect(bits(network.parameterVector) == bits(other.parameterVector))
        #expect(minimum.cost == plain.cost && minimum.evaluations == plain.evaluations)
        #expect(minimum.validationCost == costs.min() && plain.validationCost == nil)
        #expect(costs[minimum.bestIteration - 1] == costs.min())
    }

    /// What is best already stays.
    @Test func theBeginningMayBeTheBest() throws {
        let network = try network()
        let before = bits(network.parameterVector)
        let y = try network.predict(held.x)
        let minimum = try network.minimize(
            .meanSquaredError(), x, targets: targets, validation: (held.x, .values(y, columns: 1)),
            options: endless { $0.patience = 3 })
        #expect(minimum.reason == .patience && minimum.iterations == 3)
        #expect(minimum.bestIteration == 0 && minimum.validationCost == 0)
        #expect(bits(network.parameterVector) == before)
    }

    @Test func patienceWithoutValidationIsForTheCost() throws {
        let network = try network()
        let minimum = try network.minimize(
            .meanSquaredError(), x, targets: targets,
            options: endless {
                $0.patience = 4
                $0.minDelta = 0.01
            })
        #expect(minimum.reason == .patience && minimum.iterations == minimum.bestIteration + 4)
        #expect(minimum.validationCost == nil)
        let (cost, _) = try network.valueAndGradient(.meanSquaredError(), x, targets)
        #expect(cost == minimum.cost, "the lowest, whatever min_delta says")
    }

    /// A better cost by less than this is no new best.
    @Test func minDelta() throws {
        var isBest: [Bool] = []
        var costs = [try validationCost(network())]
        let minimum = try network().minimize(
            .meanSquaredError(), x, targets: targets, validation: held,
            options: endless {
                $0.patience = 5
                $0.minDelta = 0.01
                $0.onIteration = { iteration in
                    costs.append(iteration.validation!.cost)
                    isBest.append(iteration.isBest)
                    return true
                }
            })
        var best = 0
        for number in 1..<costs.count {
            let isNew = costs[number] < costs[best] - 0.01
            #expect(isBest[number - 1] == isNew)
            if isNew { best = number }
        }
        #expect(minimum.bestIteration == best && minimum.iterations == best + 5)
    }

    /// Where an output leaves the cost's range the validation cost is infinite, and never the best.
    @Test func validationCostThatIsNotFinite() throws {
        let network = try Network(
            TestNetwork(inputs: 1, [.dense("a", 1, from: "input")]).architecture, seed: 1)
        network.setParameters([0, 0.5])
        var costs: [Double] = []
        let minimum = try network.minimize(
            .binaryCrossEntropy(), [-0.4, -0.2, 0.2, 0.4], targets: .values([0, 0, 1, 1], columns: 1),
            validation: ([-10, 10], .values([0, 1], columns: 1)),
            options: endless {
                $0.patience = 2
                $0.onIteration = { iteration in
                    costs.append(iteration.validation!.cost)
                    return iteration.validation!.accuracy == nil
                }
            })
        #expect(minimum.reason == .patience && costs == [.infinity, .infinity])
        #expect(minimum.bestIteration == 0 && network.parameterVector == [0, 0.5])
    }

    /// The rows that a trainer would hold out.
    @Test func split() throws {
        let network = try network()
        let minimum = try network.minimize(
            .meanSquaredError(), x, targets: targets,
            options: endless {
                $0.validationSplit = 0.25
                $0.seed = 5
                $0.maxIterations = 10
                $0.patience = 100
            })
        guard case .values(let values, _) = targets.kind else { return }
        let order = try Memory<Int>(count: 20, for: "a test")
        for row in 0..<20 { order.base[row] = row }
        var generator = RandomGenerator(seed: 5, stream: 0)
        var elements = order.elements
        try generator.shuffle(&elements)
        func part(_ range: Range<Int>) -> (x: [Float], targets: Targets) {
            let rows = range.map { order.base[$0] }
            return (
                rows.flatMap { [x[2 * $0], x[2 * $0 + 1]] }, .values(rows.map { values[$0] }, columns: 1)
            )
        }
        let other = try self.network()
        let (training, rest) = (part(0..<15), part(15..<20))
        let expected = try other.minimize(
            .meanSquaredError(), training.x, targets: training.targets, validation: rest,
            options: endless {
                $0.maxIterations = 10
                $0.patience = 100
            })
        #expect(bits(network.parameterVector) == bits(other.parameterVector))
        #expect(minimum.validationCost == expected.validationCost && minimum.cost == expected.cost)

        let trained = try self.network()
        var options = TrainingOptions(cost: .meanSquaredError())
        (options.validationSplit, options.seed, options.epochs) = (0.25, 5, 1)
        options.onEpoch = { epoch in
            let (cost, now) = (
                epoch.validation?.cost, try? trained.evaluate(.meanSquaredError(), rest.x, targets: rest.targets)
            )
            return cost == now?.cost
        }
        try trained.fit(
            x, targets: targets, optimizer: Optimizer(Adam(), learningRate: 0.01, for: trained), options: options)
    }

    @Test func badArguments() throws {
        let network = try network()
        let before = bits(network.parameterVector)
        func minimize(
            _ validation: (x: [Float], targets: Targets)? = nil,
            _ change: (inout MinimizationOptions) -> Void = { _ in }
        ) throws {
            try network.minimize(
                .meanSquaredError(), x, targets: targets, validation: validation, options: endless(change))
        }
        expectError(.size, "patience is -1") { try minimize { $0.patience = -1 } }
        for bad in [-1, Double.nan, .infinity] {
            expectError(.value, "min_delta is \(bad)") { try minimize { $0.minDelta = bad } }
            expectError(.value, "validation_split is \(bad)") { try minimize { $0.validationSplit = bad } }
        }
        expectError(.value, "validation_split is 1.0") { try minimize { $0.validationSplit = 1 } }
        expectError(.value, "both") { try minimize(held) { $0.validationSplit = 0.5 } }
        expectError(.size, "validation", "0 rows") { try minimize(([], held.targets)) }
        expectError(.size, "the targets of the validation data", "60", "59") {
            try minimize((Array(held.x.dropLast(2)), held.targets))
        }
        expectError(.target, "the targets of the validation data", "classes") {
            try minimize((held.x, .classes([Int32](repeating: 0, count: 60))))
        }
        var broken = held.x
        broken[3] = .nan
        expectError(.notFinite, "the validation data holds nan at row 1, column 1") {
            try minimize((broken, held.targets))
        }
        expectError(.size, "validation_split must be 0") {
            try network.minimize(
                .meanSquaredError(), [1, 2], targets: .values([1], columns: 1),
                options: endless { $0.validationSplit = 0.5 })
        }
        #expect(bits(network.parameterVector) == before)
    }

    /// A custom cost that fails on the validation data ends the run, with the best so far.
    @Test func errorInValidation() throws {
        let cost = Cost(
            custom: CustomCost { y, targets, _, rows, _, gradient throws(ChainruleError) in
                guard rows == 20 || y[0] > -0.02 else { throw ChainruleError(.callback, "the callback failed") }
                var sum = 0.0
                for row in 0..<rows {
                    let r = y[row] - targets[row]
                    sum += Double(r * r)
                    gradient[row] = 2 * r
                }
                return sum
            })
        let network = try network()
        let start = try network.predict([0.3, -0.3])[0]
        network.withParameters { $0[48] -= start }
        let before = bits(network.parameterVector)
        expectError(.callback, "validation: ", "the callback failed") {
            try network.minimize(
                cost, x, targets: .values((0..<20).map { _ in -1 }, columns: 1),
                validation: ([0.3, -0.3], .values([5], columns: 1)), options: endless { $0.patience = 1000 })
        }
        #expect(bits(network.parameterVector) == before)
    }

    /// A flag that is set while validating ends the run as one set elsewhere does.
    @Test func cancelledWhileValidating() throws {
        let network = try network()
        let flag = Cancellation()
        let minimum = try flag.watch { () throws(ChainruleError) in
            try network.minimize(
                .meanSquaredError(), x, targets: targets, validation: held,
                options: endless {
                    $0.patience = 1000
                    $0.onIteration = { iteration in
                        if iteration.number == 3 { flag.set() }
                        return true
                    }
                })
        }
        #expect(minimum.reason == .cancelled && minimum.iterations >= 3)
        #expect(try validationCost(network) == minimum.validationCost)
    }
}
