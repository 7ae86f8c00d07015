import Testing

@testable import Chainrule

/// The methods that use the Gauss-Newton matrix, on least squares whose solutions are known.
@Suite struct GaussNewtonTests {
    private static let methods: [any Minimizer] = [NewtonCG(), LevenbergMarquardt()]

    /// Rosenbrock's function as residuals, `10 (w₁ − w₀²)` and `1 − w₀`.
    private static func rosenbrock() -> AnalyticObjective {
        .leastSquares(2) { w in
            ([10 * (w[1] - w[0] * w[0]), 1 - w[0]], [[-20 * w[0], 10], [-1, 0]])
        }
    }

    /// Powell's singular function: its Jacobian has rank 2 at the minimum, 0.
    private static func powell() -> AnalyticObjective {
        .leastSquares(4) { w in
            let (a, b) = (w[1] - 2 * w[2], w[0] - w[3])
            return (
                [w[0] + 10 * w[1], 5.0.squareRoot() * (w[2] - w[3]), a * a, 10.0.squareRoot() * b * b],
                [
                    [1, 10, 0, 0], [0, 0, 5.0.squareRoot(), -(5.0.squareRoot())], [0, 2 * a, -4 * a, 0],
                    [2 * 10.0.squareRoot() * b, 0, 0, -2 * 10.0.squareRoot() * b],
                ]
            )
        }
    }

    @Test func rosenbrockAsLeastSquares() throws {
        for method in GaussNewtonTests.methods {
            let objective = GaussNewtonTests.rosenbrock()
            let (minimum, w) = try objective.minimize(method, from: [-1.2, 1], until(gradientNorm: 1e-8))
            #expect(minimum.reason == .cancelled, "\(method.identifier)")
            expectClose(w, [1, 1], absolute: 1e-7, method.identifier.description)
            #expect(minimum.evaluations < 60, "\(method.identifier): \(minimum.evaluations)")
            #expect(minimum.evaluations == objective.points.count)
            #expect(minimum.products >= minimum.iterations)
        }
    }

    @Test func singularJacobian() throws {
        for method in GaussNewtonTests.methods {
            let (minimum, w) = try GaussNewtonTests.powell().minimize(
                method, from: [3, -1, 0, 1], until(gradientNorm: 1e-8))
            #expect(minimum.reason == .cancelled, "\(method.identifier)")
            expectClose(w, [0, 0, 0, 0], absolute: 0.01, method.identifier.description)
        }
    }

    /// Near a minimum without residuals, the error after a step is of the order of the square of the error before.
    @Test func quadraticConvergence() throws {
        let objective = GaussNewtonTests.rosenbrock()
        var norms: [Double] = []
        _ = try objective.minimize(
            LevenbergMarquardt(damping: 1e-8), from: [1.1, 1.1],
            endless {
                $0.onIteration = { iteration in
                    norms.append(iteration.gradientNorm)
                    return iteration.gradientNorm > 1e-12
                }
            })
        #expect(norms.count <= 6, "\(norms)")
        #expect(norms.contains { $0 < 1e-10 })
    }

    /// A linear problem takes one step, with one product for each variable.
    @Test func linearLeastSquaresAtOnce() throws {
        let rows: [[Double]] = [[1, 2, 0], [0, 1, -1], [3, 0, 1], [1, 1, 1]]
        let right: [Double] = [1, -1, 2, 0]
        func objective() -> AnalyticObjective {
            .leastSquares(3) { w in
                (zip(rows, right).map { row, b in zip(row, w).map { $0 * $1 }.reduce(-b, +) }, rows)
            }
        }
        let (exact, _) = try objective().minimize(
            LevenbergMarquardt(damping: 1e-12), from: [5, 5, 5], until(gradientNorm: 1e-8))
        #expect(exact.iterations == 1 && exact.evaluations == 2 && exact.products == 1)
        let (truncated, _) = try objective().minimize(
            NewtonCG(damping: 1e-12), from: [5, 5, 5], until(gradientNorm: 1e-4))
        #expect(truncated.reason == .cancelled && truncated.iterations <= 2)
    }

    @Test func factorOfASymmetricMatrix() throws {
        let matrix = try SymmetricMatrix(order: 3, for: "a test")
        let a: [[Double]] = [[4, 2, -2], [2, 10, 4], [-2, 4, 9]]
        for i in 0..<3 { for j in i..<3 { matrix.add(a[i][j], row: i, column: j) } }
        let vectors = try Vectors(1, length: 3, for: "a test")
        let x: [Double] = [1, -2, 3]
        for mu in [0, 1, 100.0] {
            #expect(try matrix.factor(adding: mu))
            for i in 0..<3 { vectors[0][i] = zip(a[i], x).map { $0 * $1 }.reduce(mu * x[i], +) }
            try matrix.solve(vectors[0])
            expectClose(vectors[0].elements, x, absolute: 1e-13, "\(mu)")
        }
        #expect(try !matrix.factor(adding: -5))
        #expect(try matrix.factor(adding: 0), "A is still there")
    }

    /// The matrix and the products of a network's objective agree, with weights and both reductions.
    @Test(arguments: [Cost.Reduction.mean, .sum]) func matrixAndProductsOfANetwork(_ reduction: Cost.Reduction) throws {
        var noise = Noise(50)
        let description = TestNetwork(
            inputs: 2, [.dense("a", 4, .tanh, from: "input"), .dense("b", 3, from: "a")])
        let network = try Network(description.architecture, seed: 50)
        let rows = 300
        let x = noise.floats(2 * rows)
        let targets = Targets.values(
            noise.floats(3 * rows), columns: 3, weights: noise.floats(rows, in: 0...2))
        try network.withData(x, targets, "x") { data throws(ChainruleError) in
            let objective = try NetworkObjective(
                network, .meanSquaredError(reduction), data, options: endless { $0.threads = 1 }, largestInput: 1)
            let count = network.parameterCount
            let vectors = try Vectors(3, length: count, for: "a test")
            objective.read(into: vectors[0])
            let matrix = try SymmetricMatrix(order: count, for: "a test")
            for index in 0..<count { vectors[1][index] = Double(noise.floats(1)[0]) }
            try objective.multiplyGaussNewton(at: vectors[0], by: vectors[1], into: vectors[2])
            // (G + μ)⁻¹ (G v + μ v) is v.
            try objective.gaussNewtonMatrix(at: vectors[0], into: matrix)
            let mu = matrix.largestDiagonal
            #expect(try matrix.factor(adding: mu))
            vectors[2].add(mu, vectors[1])
            try matrix.solve(vectors[2])
            expectClose(vectors[2].elements, vectors[1].elements, absolute: 2e-6)
        }
    }

    @Test func costsThatAreNoSquares() throws {
        let network = try Network(
            TestNetwork(inputs: 2, [.dense("a", 2, from: "input")]).architecture, seed: 1)
        expectError(.value, "levenberg_marquardt", "'cross_entropy'") {
            try network.minimize(.crossEntropy(), [1, 2], targets: .classes([1]), method: LevenbergMarquardt())
        }
        let custom = Cost(custom: CustomCost { _, _, _, _, _, _ in 0 })
        for method in GaussNewtonTests.methods {
            #expect(throws: ChainruleError.self) {
                try network.minimize(custom, [1, 2], targets: .none(), method: method)
            }
        }
        for bad in [0, -1, Double.nan, .infinity] {
            for method: any Minimizer in [NewtonCG(damping: bad), LevenbergMarquardt(damping: bad)] {
                expectError(.value, "damping of \(method.identifier) is \(bad)") {
                    try network.minimize(
                        .meanSquaredError(), [1, 2], targets: .values([1, 2], columns: 2), method: method)
                }
            }
        }
    }
}
