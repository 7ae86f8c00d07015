import Testing

@testable import Chainrule

/// Minimizing with a penalty: against ridge regression, whose minimum has a closed form.
@Suite struct PenaltyTests {
    private static let rows = 40
    private static let l2 = 0.3
    private let x: [Float]
    private let values: [Float]

    init() {
        var noise = Noise(60)
        x = noise.floats(3 * PenaltyTests.rows)
        values = noise.floats(2 * PenaltyTests.rows)
    }

    private func network() throws -> Network {
        try Network(TestNetwork(inputs: 3, [.dense("a", 2, from: "input")]).architecture, seed: 61)
    }

    /// `C = Σ (t − y)² / (rows · outputs) + λ₂/2 Σ w²` has its minimum where `(XᵀX + λ₂ rows · outputs / 2) W = XᵀT`, in which the
    /// column of ones, for b, has λ₂ only if biases are included.
    private func ridge(includingBiases: Bool) -> [Double] {
        let order = 4
        var weights: [Double] = []
        var biases: [Double] = []
        for output in 0..<2 {
            var a = [[Double]](repeating: [Double](repeating: 0, count: order + 1), count: order)
            for row in 0..<PenaltyTests.rows {
                let design = doubles(Array(x[row * 3..<(row + 1) * 3])) + [1]
                for i in 0..<order {
                    for j in 0..<order { a[i][j] += design[i] * design[j] }
                    a[i][order] += design[i] * Double(values[row * 2 + output])
                }
            }
            for i in 0..<order where i < 3 || includingBiases {
                a[i][i] += PenaltyTests.l2 * Double(PenaltyTests.rows * 2) / 2
            }
            for pivot in 0..<order {
                for row in 0..<order where row != pivot {
                    let factor = a[row][pivot] / a[pivot][pivot]
                    for column in 0...order { a[row][column] -= factor * a[pivot][column] }
                }
            }
            weights += (0..<3).map { a[$0][order] / a[$0][$0] }
            biases.append(a[3][order] / a[3][3])
        }
        return weights + biases
    }

    @Test(arguments: [false, true]) func everyMethodFindsTheRidge(includingBiases: Bool) throws {
        let expected = ridge(includingBiases: includingBiases)
        for method in Minimizers.all {
            let network = try network()
            var last: Iteration?
            let minimum = try network.minimize(
                .meanSquaredError(), x, targets: .values(values, columns: 2), method: method,
                options: endless {
                    $0.gradientTolerance = 2e-6
                    $0.l2 = PenaltyTests.l2
                    $0.includesBiases = includingBiases
                    $0.onIteration = { iteration in
                        last = iteration
                        return true
                    }
                })
            #expect(minimum.reason == .gradient, "\(method.identifier): \(minimum)")
            expectClose(
                doubles(network.parameterVector), expected, absolute: 2e-5, "\(method.identifier) after \(minimum)")
            let found = doubles(network.parameterVector)
            let penalized = includingBiases ? found : Array(found[..<6])
            let penalty = PenaltyTests.l2 / 2 * penalized.map { $0 * $0 }.reduce(0, +)
            expectClose([minimum.penalty], [penalty], absolute: 1e-15)
            let (cost, _) = try network.valueAndGradient(
                .meanSquaredError(), x, .values(values, columns: 2))
            expectClose([minimum.cost], [cost + penalty], absolute: 1e-15, "\(method.identifier)")
            let iteration = try #require(last)
            #expect(iteration.penalty > 0 && iteration.cost > iteration.penalty && iteration.validation == nil)
        }
    }

    /// The gradient, products and matrix of an objective with a penalty are those without one, and the penalty's.
    @Test func derivatives() throws {
        let network = try Network(
            TestNetwork(inputs: 3, [.dense("a", 4, .tanh, from: "input"), .dense("b", 2, from: "a")]).architecture,
            seed: 62)
        let count = network.parameterCount
        var isWeight = [Bool](repeating: false, count: count)
        for tensor in network.plan.tensors where tensor.role == .weight {
            for index in tensor.offset..<tensor.offset + tensor.count { isWeight[index] = true }
        }
        #expect(isWeight.count { $0 } == 20 && count == 26)
        for includesBiases in [false, true] {
            try network.withData(x, .values(values, columns: 2), "x") { data throws(ChainruleError) in
                func objective(_ l2: Double) throws(ChainruleError) -> NetworkObjective {
                    try NetworkObjective(
                        network, .meanSquaredError(), data,
                        options: endless {
                            $0.l2 = l2
                            $0.includesBiases = includesBiases
                        }, largestInput: 1)
                }
                let (with, without) = (try objective(PenaltyTests.l2), try objective(0))
                let vectors = try Vectors(6, length: count, for: "a test")
                let (w, v) = (vectors[0], vectors[1])
                with.read(into: w)
                for index in 0..<count { v[index] = Double(index % 5) - 1.5 }
                let cost = try with.evaluate(at: w, gradient: vectors[2])
                let plain = try without.evaluate(at: w, gradient: vectors[3])
                try with.multiplyGaussNewton(at: w, by: v, into: vectors[4])
                try without.multiplyGaussNewton(at: w, by: v, into: vectors[5])
                var penalty = 0.0
                for index in 0..<count {
                    let factor = isWeight[index] || includesBiases ? PenaltyTests.l2 : 0
                    penalty += factor / 2 * w[index] * w[index]
                    #expect((vectors[2][index] - vectors[3][index] - factor * w[index]).magnitude < 1e-15)
                    #expect((vectors[4][index] - vectors[5][index] - factor * v[index]).magnitude < 1e-14)
                }
                #expect((cost - plain - penalty).magnitude < 1e-14)
                #expect(without.penalty(at: w) == 0 && (with.penalty(at: w) - penalty).magnitude < 1e-14)
                // (G + μ)⁻¹ (G v + μ v) is v, with the penalty in both.
                let matrix = try SymmetricMatrix(order: count, for: "a test")
                try with.gaussNewtonMatrix(at: w, into: matrix)
                let mu = matrix.largestDiagonal
                #expect(try matrix.factor(adding: mu))
                vectors[4].add(mu, v)
                try matrix.solve(vectors[4])
                expectClose(vectors[4].elements, v.elements, absolute: 1e-5)
            }
        }
    }

    /// What overflows ends no run: the beginning's cost is an error, a step's is taken back.
    @Test func penaltyThatIsNotFinite() throws {
        let network = try network()
        network.withParameters { $0[0] = 1e30 }
        expectError(.notFinite, "penalty", "inf") {
            try network.minimize(
                .meanSquaredError(), x, targets: .values(values, columns: 2), options: endless { $0.l2 = 1e300 })
        }
    }

    @Test func badValues() throws {
        for bad in [-0.1, Double.nan, .infinity] {
            expectError(.value, "l2 is \(bad)") {
                try network().minimize(
                    .meanSquaredError(), x, targets: .values(values, columns: 2), options: endless { $0.l2 = bad })
            }
        }
    }
}
