import Chainrule
import Testing

/// The backward pass adds gradients on request, and computes only what is asked for.
@Suite struct AccumulationTests {
    private let description = TestNetwork(
        inputs: 3,
        [
            .dense("a", 5, .tanh, from: "input"), .dense("b", 5, .silu, from: "a"), .sum("c", of: "a", "b"),
            .concatenation("d", of: "c", "input", "a"), .dense("e", 2, from: "d"),
        ])

    @Test func accumulatingAddsToWhatIsThere() throws {
        let network = try Network(description.architecture, seed: 3)
        let workspace = try Workspace(for: network, maxRows: 8)
        var noise = Noise(3)
        let batches = [(8, noise.floats(24), noise.floats(16)), (5, noise.floats(15), noise.floats(10))]
        var separately: [[Float]] = []
        for (_, x, slope) in batches {
            try network.forward(x, in: workspace)
            separately.append(try network.gradients(from: slope, in: workspace))
        }
        let start = noise.floats(network.parameterCount)
        var accumulated = start
        for (_, x, slope) in batches {
            try network.forward(x, in: workspace)
            try network.accumulate(&accumulated, from: slope, in: workspace)
        }
        let exact = start.indices.map { Double(start[$0]) + Double(separately[0][$0]) + Double(separately[1][$0]) }
        expectClose(accumulated, exact, relative: 1e-6, absolute: 2e-6)
    }

    /// The gradient of a batch is the sum of its rows' gradients.
    @Test func aBatchSumsOverItsRows() throws {
        let network = try Network(description.architecture, seed: 4)
        let workspace = try Workspace(for: network, maxRows: 37)
        var noise = Noise(4)
        let x = noise.floats(37 * 3)
        let slope = noise.floats(37 * 2)
        try network.forward(x, in: workspace)
        let whole = try network.gradients(from: slope, in: workspace)
        let wholeDelta = try workspace.values(of: "a", .delta)
        var summed = [Float](repeating: 0, count: network.parameterCount)
        for row in 0..<37 {
            try network.forward(Array(x[row * 3..<row * 3 + 3]), in: workspace)
            try network.accumulate(&summed, from: Array(slope[row * 2..<row * 2 + 2]), in: workspace)
            #expect(try bits(workspace.values(of: "a", .delta)) == bits(Array(wholeDelta[row * 5..<row * 5 + 5])))
        }
        expectClose(summed, doubles(whole), relative: 1e-5, absolute: 1e-5)
    }

    /// What was in the gradients and in δ before leaves no trace.
    @Test func aSecondPassGivesTheSameBits() throws {
        let network = try Network(description.architecture, seed: 5)
        let workspace = try Workspace(for: network, maxRows: 4)
        var noise = Noise(5)
        let (x, slope, other) = (noise.floats(12), noise.floats(8), noise.floats(8))
        try network.forward(x, in: workspace)
        let first = try network.gradients(from: slope, in: workspace)
        let delta = try workspace.values(of: "input", .delta)
        _ = try network.gradients(from: other, in: workspace)
        let second = try network.gradients(from: slope, in: workspace)
        #expect(bits(first) == bits(second))
        #expect(try bits(delta) == bits(workspace.values(of: "input", .delta)))
    }

    @Test func withoutTheInputGradientTheRestIsTheSame() throws {
        let network = try Network(description.architecture, seed: 6)
        let workspace = try Workspace(for: network, maxRows: 4)
        var noise = Noise(6)
        let (x, slope) = (noise.floats(12), noise.floats(8))
        try network.forward(x, in: workspace)
        let all = try network.gradients(from: slope, in: workspace)
        let deltas = try ["a", "b", "c", "d", "e"].map { try workspace.values(of: $0, .delta) }
        let memory = try FloatMemory(count: network.parameterCount, for: "a test")
        let view = try FloatMemory(holding: slope)
        try network.backward(
            view.matrix(at: 0, rows: 4, columns: 2), in: workspace, gradients: memory.vector, accumulating: false,
            wantsInputGradient: false)
        #expect(bits(memory.vector.elements) == bits(all))
        for (name, delta) in zip(["a", "b", "c", "d", "e"], deltas) {
            #expect(try bits(workspace.values(of: name, .delta)) == bits(delta))
        }
        expectError(.noForward, "input") { _ = try workspace.values(of: "input", .delta) }
        // And δ alone, without the gradients of the parameters.
        try network.backward(
            view.matrix(at: 0, rows: 4, columns: 2), in: workspace, gradients: nil, accumulating: false,
            wantsInputGradient: true)
        #expect(try bits(workspace.values(of: "a", .delta)) == bits(deltas[0]))
    }
}
