import Chainrule
import Foundation
import Testing

/// The text's closing recipe, as printed, does not descend the gradient; the library does.
///
/// The recipe updates W_l before it passes δ back through it, leaves `⊗ h` out of the update, and in the component form
/// adds the derivative without η. Here each slip is made on small matrices in float64 and measured against central
/// differences of C = (y_1 − t_1)² + (y_2 − t_2)².
@Suite struct ClosingRecipeTests {
    private typealias Rows = [[Double]]

    private let x = [0.5, -1.0]
    private let target = [0.25, 0.75]
    private let w1: Rows = [[0.5, -0.25], [1, 0.75], [-0.5, 0.25]]
    private let w2: Rows = [[1, -0.5, 0.25], [0.5, 1.5, -1]]
    private let eta = 0.5

    private func sigmoid(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
    private func slope(_ z: Double) -> Double { sigmoid(z) * (1 - sigmoid(z)) }
    private func product(_ w: Rows, _ h: [Double]) -> [Double] { w.map { zip($0, h).map { $0 * $1 }.reduce(0, +) } }
    private func transposedProduct(_ w: Rows, _ s: [Double]) -> [Double] {
        w[0].indices.map { j in s.indices.map { i in w[i][j] * s[i] }.reduce(0, +) }
    }
    private func outer(_ s: [Double], _ h: [Double]) -> Rows { s.map { s in h.map { s * $0 } } }
    private func subtract(_ w: Rows, _ eta: Double, _ g: Rows) -> Rows {
        zip(w, g).map { zip($0, $1).map { $0 - eta * $1 } }
    }

    private func cost(_ w1: Rows, _ w2: Rows) -> Double {
        let y = product(w2, product(w1, x).map(sigmoid)).map(sigmoid)
        return zip(y, target).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
    }

    /// ∂C/∂W1 and ∂C/∂W2 by central differences.
    private var differences: (first: Rows, second: Rows) {
        func differentiate(_ w: Rows, _ cost: (Rows) -> Double) -> Rows {
            w.indices.map { i in
                w[i].indices.map { j in
                    var (up, down) = (w, w)
                    up[i][j] += 1e-6
                    down[i][j] -= 1e-6
                    return (cost(up) - cost(down)) / 2e-6
                }
            }
        }
        return (differentiate(w1) { cost($0, w2) }, differentiate(w2) { cost(w1, $0) })
    }

    /// What happens in the recipe: z, h, and `δ ⊙ σ'(z2)`.
    private var signals: (z1: [Double], h1: [Double], s2: [Double]) {
        let z1 = product(w1, x)
        let h1 = z1.map(sigmoid)
        let z2 = product(w2, h1)
        let delta = zip(z2, target).map { 2 * (sigmoid($0) - $1) }
        return (z1, h1, zip(delta, z2).map { $0 * slope($1) })
    }

    private func largestDifference(_ a: Rows, _ b: Rows) -> Double {
        zip(a, b).flatMap { zip($0, $1).map { ($0 - $1).magnitude } }.max()!
    }

    /// The recipe's derivative of W1, with δ passed back through the W2 that is given.
    private func firstGradient(through w2: Rows) -> Rows {
        let (z1, _, s2) = signals
        return outer(zip(transposedProduct(w2, s2), z1).map { $0 * slope($1) }, x)
    }

    @Test func theCorrectOrderAgreesWithDifferences() {
        #expect(largestDifference(firstGradient(through: w2), differences.first) < 1e-8)
        #expect(largestDifference(outer(signals.s2, signals.h1), differences.second) < 1e-8)
    }

    @Test func theLibraryAgreesWithDifferences() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(3, .sigmoid, bias: false)
        try architecture.dense(2, .sigmoid, bias: false)
        let network = try Network(architecture, seed: 0)
        network.setParameters((w1 + w2).flatMap { $0.map { Float($0) } })
        // The library's cost is a mean over the outputs: C is twice that.
        let (_, gradients) = try network.valueAndGradient(
            .meanSquaredError(), x.map { Float($0) }, .values(target.map { Float($0) }, columns: 2))
        let exact = (differences.first + differences.second).flatMap { $0.map { $0 / 2 } }
        expectClose(gradients, exact, absolute: 1e-7)

        let optimizer = try Optimizer(GradientDescent(), learningRate: 2 * Float(eta), for: network)
        try optimizer.step(network, gradients)
        let updated = zip((w1 + w2).flatMap { $0 }, exact).map { $0 - 2 * eta * $1 }
        expectClose(network.parameterVector, updated, absolute: 3e-7)
    }

    /// Slip 1: `W_l -= …` comes before `δ = W_lᵀ (…)`, so that δ goes back through weights that made no forward pass.
    @Test func updatingBeforePassingBackGivesAWrongGradient() {
        let (_, h1, s2) = signals
        let updated = subtract(w2, eta, outer(s2, h1))
        let asPrinted = firstGradient(through: updated)
        let exact = differences.first
        let error = largestDifference(asPrinted, exact)
        let largest = exact.flatMap { $0.map { $0.magnitude } }.max()!
        #expect(error > 0.01 * largest, "wrong by \(error) of \(largest)")
    }

    /// Slip 2: `W_l -= η (δ ⊙ σ'(z_l))` without `⊗ h_{l−1}` is no matrix of W_l's shape. Read as the same step for
    /// every column, which is the only way to carry it out, it is not the gradient.
    @Test func leavingOutTheOuterProductGivesAWrongGradient() {
        let (_, h1, s2) = signals
        let asPrinted = outer(s2, h1.map { _ in 1 })
        let exact = differences.second
        #expect(largestDifference(asPrinted, exact) > 0.1 * exact.flatMap { $0.map { $0.magnitude } }.max()!)
    }

    /// Slip 3: `w1_ij ← w1_ij + dC/dw1_ij` goes uphill, and without η the step has no length of its own.
    @Test func addingTheDerivativeRaisesTheCost() {
        let before = cost(w1, w2)
        #expect(cost(subtract(w1, -1, differences.first), w2) > before)
        #expect(cost(subtract(w1, eta, differences.first), w2) < before)
    }

    /// The library cannot be used in the printed order: after a step, δ is passed back only after a new forward pass.
    @Test func backwardAfterAStepNeedsANewForward() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(3, .sigmoid)
        try architecture.dense(2, .sigmoid)
        let network = try Network(architecture, seed: 1)
        let workspace = try Workspace(for: network, maxRows: 1)
        try network.forward([0.5, -1], in: workspace)
        let gradients = try network.gradients(from: [1, 1], in: workspace)
        try Optimizer(GradientDescent(), learningRate: 0.5, for: network).step(network, gradients)
        expectError(.noForward, "parameters have changed", "forward") {
            _ = try network.gradients(from: [1, 1], in: workspace)
        }
        try network.forward([0.5, -1], in: workspace)
        #expect(try network.gradients(from: [1, 1], in: workspace) != gradients)
    }
}
