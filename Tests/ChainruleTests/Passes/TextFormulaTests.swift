import Chainrule
import Testing

/// The formulas of the text "A naive explanation of backprop", one test for each, on numbers worked out by hand.
///
/// Tolerances are a few roundings of float32 (1.2e-7 of the number); where every number is a short binary fraction, the
/// results are exact.
@Suite struct TextFormulaTests {
    /// `y = σ(w2 σ(w1 x))` with x = 2, w1 = 1/2, w2 = −3/2 and the sigmoid.
    private struct Chain {
        let network: Network
        let workspace: Workspace
        let gradients: [Float]

        /// - Parameter slope: dC/dy; 1 for the derivatives of y itself.
        init(slope: Float = 1) throws {
            var architecture = try Architecture(inputs: 1)
            try architecture.dense(1, .sigmoid, name: "1", bias: false, weights: .constant(0.5))
            try architecture.dense(1, .sigmoid, name: "2", bias: false, weights: .constant(-1.5))
            network = try Network(architecture, seed: 0)
            workspace = try Workspace(for: network, maxRows: 1)
            try network.forward([2], in: workspace)
            gradients = try network.gradients(from: [slope], in: workspace)
        }

        func value(_ layer: String, _ quantity: Workspace.Quantity) throws -> Double {
            let values = try workspace.values(of: layer, quantity)
            #expect(values.count == 1)
            return Double(values[0])
        }
    }

    // σ(1) = 0.731059, σ'(1) = 0.196612; z2 = −3/2 σ(1) = −1.096588, σ(z2) = 0.250380, σ'(z2) = 0.187690.
    private static let h1 = 0.731058578630005
    private static let slope1 = 0.196611933241482
    private static let z2 = -1.096587867945007
    private static let y = 0.250379770959931
    private static let slope2 = 0.187689741253984

    /// `y = σ(z) = σ(w2 h1) = σ(w2 σ(w1 x))`.
    @Test func feedforwardOfTheChain() throws {
        let chain = try Chain()
        #expect(try chain.value("input", .activation) == 2)
        #expect(try chain.value("1", .preactivation) == 1)
        expectClose([try chain.value("1", .activation)], [TextFormulaTests.h1], absolute: 2e-7, "h1")
        expectClose([try chain.value("2", .preactivation)], [TextFormulaTests.z2], absolute: 3e-7, "z2")
        expectClose([try chain.value("2", .activation)], [TextFormulaTests.y], absolute: 2e-7, "y")
    }

    /// `dy/dw2 = σ'(z2) h1` = 0.187690 · 0.731059 = 0.137212.
    @Test func derivativeWithRespectToTheSecondWeight() throws {
        let chain = try Chain()
        expectClose(try chain.network.tensor("2.weight", of: chain.gradients), [0.137212195464571], absolute: 1e-7)
    }

    /// `dy/dw1 = σ'(z2) w2 σ'(z1) x` = 0.187690 · (−1.5) · 0.196612 · 2 = −0.110706.
    @Test func derivativeWithRespectToTheFirstWeight() throws {
        let chain = try Chain()
        expectClose(try chain.network.tensor("1.weight", of: chain.gradients), [-0.110706128632618], absolute: 1e-7)
    }

    /// What the text back-propagates: δ begins as 1 at y, `σ'(z2) w2` = −0.281535 reaches layer 1, and
    /// `σ'(z2) w2 σ'(z1) w1` = −0.027677 the input.
    @Test func errorSignalsOfTheChain() throws {
        let chain = try Chain()
        #expect(try chain.value("2", .delta) == 1)
        expectClose([try chain.value("1", .delta)], [-0.281534611880976], absolute: 1e-7)
        expectClose([try chain.value("input", .delta)], [-0.027676532158154], absolute: 1e-7)
        expectClose(
            [try chain.value("1", .delta)], [TextFormulaTests.slope2 * -1.5], absolute: 1e-7, "sigma'(z2) w2")
        expectClose(
            [try chain.value("input", .delta)], [TextFormulaTests.slope2 * -1.5 * TextFormulaTests.slope1 * 0.5],
            absolute: 1e-7, "sigma'(z2) w2 sigma'(z1) w1")
    }

    /// `dC/dw1 = dC/dy dy/dw1` and `dC/dw2 = dC/dy dy/dw2`, with C = (y − 1)² = 0.561930 and dC/dy = −1.499240.
    @Test func gradientOfTheCost() throws {
        let (cost, slope) = try Cost.meanSquaredError().evaluate(
            [Float(TextFormulaTests.y)], columns: 1, .values([1], columns: 1))
        expectClose([cost], [0.561930487786085], absolute: 2e-7, "C")
        expectClose(slope, [-1.499240458080137], absolute: 3e-7, "dC/dy")
        let chain = try Chain(slope: slope[0])
        expectClose(try chain.network.tensor("1.weight", of: chain.gradients), [0.165975107003444], absolute: 2e-7)
        expectClose(try chain.network.tensor("2.weight", of: chain.gradients), [-0.205714074782484], absolute: 2e-7)
    }

    /// `w1 ← w1 − η dC/dw1`, and the same for w2: with η = 0.5, 0.5 − 0.5 · 0.165975 and −1.5 + 0.5 · 0.205714.
    @Test func gradientDescentStep() throws {
        let chain = try Chain(slope: -1.499240458080137)
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.5, for: chain.network)
        try optimizer.step(chain.network, chain.gradients)
        expectClose(chain.network.parameterVector, [0.417012446498278, -1.397142962608758], absolute: 2e-7)
    }

    /// Two inputs, three hidden units, two outputs, and σ(z) = z², so that every number below is a short fraction:
    ///
    ///     x = (1, 2)     W1 = ( 1    0  )    W2 = ( 1   2  0 )     ∇C = (1, 1/2)
    ///                         ( 1   −1  )         ( 0  −1  4 )
    ///                         ( 1/2 1/2 )
    private struct Vectors {
        let network: Network
        let workspace: Workspace
        let gradients: [Float]
        static let w1: [[Double]] = [[1, 0], [1, -1], [0.5, 0.5]]
        static let w2: [[Double]] = [[1, 2, 0], [0, -1, 4]]

        init() throws {
            let square = CustomActivation(
                value: { z, h, rows, columns in
                    for index in 0..<rows * columns { h[index] = z[index] * z[index] }
                },
                derivative: { z, _, derivative, rows, columns in
                    for index in 0..<rows * columns { derivative[index] = 2 * z[index] }
                })
            var architecture = try Architecture(inputs: 2)
            try architecture.dense(3, Activation(custom: square), name: "1", bias: false)
            try architecture.dense(2, Activation(custom: square), name: "2", bias: false)
            network = try Network(architecture, seed: 0)
            network.setParameters((Vectors.w1 + Vectors.w2).flatMap { $0.map { Float($0) } })
            workspace = try Workspace(for: network, maxRows: 1)
            try network.forward([1, 2], in: workspace)
            gradients = try network.gradients(from: [1, 0.5], in: workspace)
        }
    }

    /// `z1 = W1 x`, `h1 = σ(z1)`, `z2 = W2 h1`, `y = σ(z2)`.
    @Test func feedforwardOfVectors() throws {
        let vectors = try Vectors()
        #expect(try vectors.workspace.values(of: "1", .preactivation) == [1, -1, 1.5])
        #expect(try vectors.workspace.values(of: "1", .activation) == [1, 1, 2.25])
        #expect(try vectors.workspace.values(of: "2", .preactivation) == [3, 8])
        #expect(try vectors.workspace.values(of: "2", .activation) == [9, 64])
    }

    /// `W1 ∈ R^(N1 × Nin)`, `W2 ∈ R^(N2 × N1)`: this layer by the previous.
    @Test func shapesOfTheWeights() throws {
        let network = try Vectors().network
        let (first, second) = (try network.tensor("1.weight"), try network.tensor("2.weight"))
        #expect(first.rows == 3 && first.columns == 2 && first.range == 0..<6)
        #expect(second.rows == 2 && second.columns == 3 && second.range == 6..<12)
    }

    /// `∂C/∂W2 = (∇C ⊙ σ'(z2)) ⊗ h1`: (1 · 6, 1/2 · 16) = (6, 8), times (1, 1, 9/4).
    @Test func gradientOfTheSecondMatrix() throws {
        let vectors = try Vectors()
        #expect(try vectors.network.tensor("2.weight", of: vectors.gradients) == [6, 6, 13.5, 8, 8, 18])
    }

    /// `∂C/∂W1 = [W2ᵀ (∇C ⊙ σ'(z2))] ⊙ σ'(z1) ⊗ x`: W2ᵀ (6, 8) = (6, 4, 32), times (2, −2, 3) = (12, −8, 96),
    /// times (1, 2).
    @Test func gradientOfTheFirstMatrix() throws {
        let vectors = try Vectors()
        #expect(try vectors.network.tensor("1.weight", of: vectors.gradients) == [12, 24, -8, -16, 96, 192])
    }

    /// The algorithm's error signals: δ = ∇C at y; then `δ = W2ᵀ (δ ⊙ σ'(z2))` at layer 1; and once more at the
    /// input, W1ᵀ (12, −8, 96) = (52, 56).
    @Test func errorSignalsOfVectors() throws {
        let vectors = try Vectors()
        #expect(try vectors.workspace.values(of: "2", .delta) == [1, 0.5])
        #expect(try vectors.workspace.values(of: "1", .delta) == [6, 4, 32])
        #expect(try vectors.workspace.values(of: "input", .delta) == [52, 56])
    }

    /// `dC/dw1_ij = Σ_u dC/dy_u σ'(z2_u) [Σ_m w2_um σ'(z1_m) (d/dw1_ij Σ_p w1_mp x_p)]`, summed as it is printed,
    /// with `d/dw1_ij w1_mp = 1` where m = i and p = j and 0 elsewhere; and the simplified
    /// `Σ_u dC/dy_u σ'(z2_u) w2_ui σ'(z1_i) x_j`. Both are the matrix form's elements.
    @Test func componentFormEqualsMatrixForm() throws {
        let vectors = try Vectors()
        let (x, w1, w2, slope) = ([1.0, 2.0], Vectors.w1, Vectors.w2, [1.0, 0.5])
        let z1 = (0..<3).map { m -> Double in (0..<2).map { p -> Double in w1[m][p] * x[p] }.reduce(0, +) }
        let z2 = (0..<2).map { u -> Double in (0..<3).map { m -> Double in w2[u][m] * z1[m] * z1[m] }.reduce(0, +) }
        var sums: [Double] = []
        var simplified: [Double] = []
        for i in 0..<3 {
            for j in 0..<2 {
                var derivative = 0.0
                for u in 0..<2 {
                    var inner = 0.0
                    for m in 0..<3 {
                        var innermost = 0.0
                        for p in 0..<2 { innermost += (m == i && p == j ? 1 : 0) * x[p] }
                        inner += w2[u][m] * 2 * z1[m] * innermost
                    }
                    derivative += slope[u] * 2 * z2[u] * inner
                }
                sums.append(derivative)
                let terms = (0..<2).map { u -> Double in slope[u] * 2 * z2[u] * w2[u][i] * 2 * z1[i] * x[j] }
                simplified.append(terms.reduce(0, +))
            }
        }
        #expect(simplified == sums)
        #expect(doubles(try vectors.network.tensor("1.weight", of: vectors.gradients)) == sums)
        let second = (0..<2).flatMap { i -> [Double] in
            (0..<3).map { j -> Double in slope[i] * 2 * z2[i] * z1[j] * z1[j] }
        }
        #expect(doubles(try vectors.network.tensor("2.weight", of: vectors.gradients)) == second)
    }

    /// `W2 ← W2 − η (∇C ⊙ σ'(z2)) ⊗ h1` and `W1 ← W1 − η [W2ᵀ (∇C ⊙ σ'(z2))] ⊙ σ'(z1) ⊗ x`, with η = 1/4 and on the
    /// right the W2 of before.
    @Test func updateOfTheMatrices() throws {
        let vectors = try Vectors()
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.25, for: vectors.network)
        try optimizer.step(vectors.network, vectors.gradients)
        let w = vectors.network.parameterVector
        #expect(try vectors.network.tensor("1.weight", of: w) == [-2, -6, 3, 3, -23.5, -47.5])
        #expect(try vectors.network.tensor("2.weight", of: w) == [-0.5, 0.5, -3.375, -2, -3, -0.5])
    }

    /// With a bias, `∂C/∂b = s = δ ⊙ σ'(z)`: the weights' gradient for a constant input of 1.
    @Test func gradientOfTheBias() throws {
        var architecture = try Architecture(inputs: 1)
        try architecture.dense(1, .sigmoid, name: "a", weights: .constant(0.5), biases: .constant(0.25))
        let network = try Network(architecture, seed: 0)
        let workspace = try Workspace(for: network, maxRows: 1)
        try network.forward([1.5], in: workspace)
        let gradients = try network.gradients(from: [2], in: workspace)
        // z = 1/2 · 3/2 + 1/4 = 1, and σ'(1) = 0.196612.
        #expect(try workspace.values(of: "a", .preactivation) == [1])
        expectClose(try network.tensor("a.bias", of: gradients), [2 * TextFormulaTests.slope1], absolute: 2e-7)
        expectClose(try network.tensor("a.weight", of: gradients), [3 * TextFormulaTests.slope1], absolute: 3e-7)
    }
}
