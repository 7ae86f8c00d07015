import Foundation
import Testing

@testable import Chainrule

/// Outputs and targets whose costs are beyond float32, with weights that count and weights of 0.
@Suite struct CostRangeTests {
    private static let far: Float = 3e38

    @Test func aWeightOfZeroMasksASquareThatOverflows() throws {
        let (cost, gradient) = try Cost.meanSquaredError().evaluate(
            [0, 0], columns: 1, .values([1, 1e20], columns: 1, weights: [1, 0]))
        #expect(cost == 1)
        #expect(gradient == [-2, 0])
    }

    @Test func aSquareThatCountsIsFloat64() throws {
        let mean = try Cost.meanSquaredError().evaluate([0, 0], columns: 1, .values([1, 1e20], columns: 1))
        expectClose([mean.value], [5e39], relative: 1e-6, absolute: 0)
        #expect(mean.gradient == [-1, -1e20])
        let sum = try Cost.meanSquaredError(.sum).evaluate([-1e20, 1], columns: 2, .values([0, 2], columns: 2))
        expectClose([sum.value], [5e39], relative: 1e-6, absolute: 0)
        #expect(sum.gradient == [-1e20, -1])
    }

    /// One row that is far off among others: everything as in float64.
    @Test(arguments: [Cost.Reduction.mean, .sum], [false, true]) func rowsThatAreFarOff(
        reduction: Cost.Reduction, masked: Bool
    ) throws {
        let (rows, columns, bad) = (40, 3, 21)
        var noise = Noise(3)
        for cost in [
            Cost.meanSquaredError(reduction), .meanAbsoluteError(reduction), try .huber(delta: 1e30, reduction),
            try .huber(delta: 0.5, reduction),
        ] {
            var y = noise.floats(rows * columns)
            var t = noise.floats(rows * columns)
            for column in 0..<columns {
                y[bad * columns + column] = column == 1 ? -CostRangeTests.far : CostRangeTests.far
                t[bad * columns + column] = column == 2 ? CostRangeTests.far : -CostRangeTests.far
            }
            // A weight so small that ∇C stays in float32 where 2 (y − t) does not.
            var weights = noise.floats(rows, in: 0.5...2)
            weights[bad] = masked ? 0 : 1e-3
            let normalizer = reduction == .mean ? weights.reduce(0) { $0 + Double($1) } : 1
            var exact = 0.0
            var slopes: [Double] = []
            for index in y.indices {
                let factor = Double(weights[index / columns]) / normalizer / Double(columns)
                let (value, slope) = reference(cost, Double(y[index]) - Double(t[index]))
                exact += factor * value
                slopes.append(factor * slope)
            }
            let found = try cost.evaluate(y, columns: columns, .values(t, columns: columns, weights: weights))
            let what = "\(cost.identifier), \(reduction), masked \(masked)"
            expectClose([found.value], [exact], relative: 1e-6, absolute: 0, what)
            expectClose(found.gradient, slopes, relative: 1e-6, absolute: 1e-7, what)
            #expect(masked == (exact < 1e30), "\(what): \(exact)")
        }
    }

    private func reference(_ cost: Cost, _ difference: Double) -> (value: Double, slope: Double) {
        switch cost.identifier.description {
        case "mean_squared_error": return (difference * difference, 2 * difference)
        case "mean_absolute_error": return (difference.magnitude, difference == 0 ? 0 : difference < 0 ? -1 : 1)
        default:
            let d = Double(cost.parameter)
            if difference.magnitude <= d { return (difference * difference / 2, difference) }
            return (d * (difference.magnitude - d / 2), difference < 0 ? -d : d)
        }
    }

    /// By classes and by distributions, for rows that fit a vector and that do not.
    @Test(arguments: [2, 10, 40], [Float(0), 0.25]) func logitsThatAreFarApart(columns: Int, smoothing: Float) throws {
        let far = CostRangeTests.far
        let cost = try Cost.crossEntropy(smoothing: smoothing)
        var y = [Float](repeating: 0, count: 3 * columns)
        // Far below the largest logit of its row, as is the class of the row.
        (y[columns], y[2 * columns - 1]) = (-far, far)
        let classes: [Int32] = [0, 0, 1]
        var distributions = [Float](repeating: 0, count: 3 * columns)
        for row in 0..<3 { distributions[row * columns + Int(classes[row])] = 1 }
        let share = Double(smoothing) / Double(columns)
        // (1 − ε) of the class, and ε / N of every column.
        let between = Double(columns - 2) * Double(far)
        let farCost = (1 - Double(smoothing)) * 2 * Double(far) + share * (2 * Double(far) + between)
        for weight in [Float(0), 1] {
            for targets in [
                Targets.classes(classes, weights: [1, weight, 1]),
                .values(distributions, columns: columns, weights: [1, weight, 1]),
            ] {
                let found = try cost.evaluate(y, columns: columns, targets)
                let total = 2 + Double(weight)
                let exact = (2 * log(Double(columns)) + Double(weight) * farCost) / total
                expectClose([found.value], [exact], relative: 1e-6, absolute: 0, "weight \(weight)")
                // p is 1 in the last column of the row that is far apart.
                let slopes = (0..<3 * columns).map { index in
                    let (row, column) = (index / columns, index % columns)
                    let p = row == 1 ? (column == columns - 1 ? 1 : 0) : 1 / Double(columns)
                    let target = (1 - Double(smoothing)) * Double(distributions[index]) + share
                    return (row == 1 ? Double(weight) : 1) / total * (p - target)
                }
                expectClose(found.gradient, slopes, absolute: 1e-6, "weight \(weight)")
            }
        }
    }

    /// ∇C overwrites y, as C programs may request.
    @Test func theGradientMayReplaceTheOutputs() throws {
        for (y, t) in [([0, 0], [1, 1e20]), ([3e38, 1], [-3e38, 0]), ([1, 2], [0, 4])] as [([Float], [Float])] {
            for weights in [[1, 0], [0, 1], [0.5, 1]] as [[Float]] {
                let targets = Targets.values(t, columns: 1, weights: weights)
                let apart = try? Cost.meanSquaredError().evaluate(y, columns: 1, targets)
                let memory = try FloatMemory(holding: y)
                let matrix = memory.matrix(at: 0, rows: 2, columns: 1)
                let cost = try? targets.withView { (view) throws(ChainruleError) in
                    try Cost.meanSquaredError().evaluate(matrix, view, gradient: matrix, .standard)
                }
                #expect(cost == apart?.value)
                if let apart { #expect(bits(matrix.elements) == bits(apart.gradient)) }
            }
        }
    }

    /// What is not finite, or whose ∇C is not, is an error whatever its weight; but a logit of −∞ has the probability 0.
    @Test func whatIsNotFiniteStaysAnError() throws {
        for bad in [Float.nan, .infinity, -.infinity] {
            for cost in [Cost.meanSquaredError(), .meanAbsoluteError(), try .huber()] {
                expectError(.notFinite, "'\(cost.identifier)'") {
                    _ = try cost.evaluate([0, bad], columns: 1, .values([0, 0], columns: 1, weights: [1, 0]))
                }
            }
            if bad == -.infinity { continue }
            expectError(.notFinite, "'cross_entropy'") {
                _ = try Cost.crossEntropy().evaluate([0, bad, 1, 2], columns: 2, .classes([0, 1], weights: [0, 1]))
            }
        }
        expectError(.notFinite, "the gradient of 'mean_squared_error' is inf at row 0, column 0") {
            _ = try Cost.meanSquaredError(.sum).evaluate([3e38], columns: 1, .values([-3e38], columns: 1))
        }
    }

    // MARK: Every way to a cost

    private static let x: [Float] = [0.5, 1, -1, 2, 0.25, -0.5, 1.5, -0.75]
    private static let network = TestNetwork(
        inputs: 2, [.dense("a", 3, .tanh, from: "input"), .dense("b", 1, from: "a")])

    /// The targets of a row of weight 0 change nothing.
    private func expectMasked<Result: Equatable>(
        _ what: String, _ run: (_ network: Network, _ targets: Targets) throws -> Result
    ) throws {
        func result(_ masked: Float) throws -> (Result, [UInt32]) {
            let network = try Network(CostRangeTests.network.architecture, seed: 9)
            let targets = Targets.values([0.5, -1, masked, 0.75], columns: 1, weights: [1, 2, 0, 1])
            return (try run(network, targets), bits(network.parameterVector))
        }
        let expected = try result(1)
        for masked: Float in [1e20, -3e38] {
            let found = try result(masked)
            #expect(found.0 == expected.0, "\(what) with \(masked)")
            #expect(found.1 == expected.1, "\(what) with \(masked)")
        }
    }

    @Test func everyWayToACost() throws {
        let (x, mean) = (CostRangeTests.x, Cost.meanSquaredError())
        try expectMasked("value and gradient") { network, targets in
            let (value, gradient) = try network.valueAndGradient(mean, x, targets)
            return [value] + doubles(gradient)
        }
        try expectMasked("evaluate") { network, targets in
            let metrics = try network.evaluate(mean, x, targets: targets)
            return metrics.cost
        }
        for batch in [1, 2, 4] {
            try expectMasked("fit in batches of \(batch)") { network, targets in
                var options = TrainingOptions(cost: mean)
                options.epochs = 3
                options.batchSize = batch
                let optimizer = try Optimizer(Adam(), learningRate: 0.05, for: network)
                return try network.fit(
                    x, targets: targets, optimizer: optimizer, options: options, validation: (x, targets)
                ).map { [$0.cost, $0.validation!.cost] }
            }
        }
        for method in Minimizers.all {
            try expectMasked("\(method.identifier)") { network, targets in
                try network.minimize(
                    mean, x, targets: targets, method: method, options: endless { $0.maxIterations = 10 }
                ).cost
            }
        }
        try expectMasked("products") { network, targets in
            let v = [Float](repeating: 0.5, count: network.parameterCount)
            var (hessian, gaussNewton) = (v, v)
            var first = hessian.mutableSpan
            try network.hessianProduct(mean, x.span, rows: 4, targets: targets, vector: v.span, product: &first)
            var second = gaussNewton.mutableSpan
            try network.gaussNewtonProduct(mean, x.span, rows: 4, targets: targets, vector: v.span, product: &second)
            return [bits(hessian), bits(gaussNewton)]
        }
        func grown(_ masked: Float) throws -> [UInt32] {
            var options = CascadeOptions(cost: mean)
            options.maxUnits = 2
            let targets = Targets.values([0.5, -1, masked, 0.75], columns: 1, weights: [1, 2, 0, 1])
            return bits(
                try Network.cascade(x, inputs: 2, targets: targets, outputs: 1, options: options).parameterVector)
        }
        #expect(try grown(1e20) == grown(1))
    }
}
