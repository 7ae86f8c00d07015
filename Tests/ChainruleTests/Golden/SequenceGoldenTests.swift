import Chainrule
import Foundation
import Testing

/// Recurrent layers against PyTorch's numbers (sequences.json, which make_sequences.py wrote).
@Suite struct SequenceGoldenTests {
    private struct Case: Decodable {
        let layer: String
        let steps: Int
        let channels: Int
        let parameters: [Float]
        let x: [Float]
        let state: [Float]
        let lengths: [Float]
        let h: [Double]
        let delta: [Float]
        let xGradient: [Double]
        let stateGradient: [Double]
        let gradients: [Double]
    }

    @Test func isAsPyTorchHasIt() throws {
        let url = try #require(Bundle.module.url(forResource: "sequences", withExtension: "json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let cases = try decoder.decode([Case].self, from: Data(contentsOf: url))
        #expect(cases.count == 24)
        for golden in cases {
            let layer = String(golden.layer.dropFirst().dropLast())
            let sequence = golden.steps * golden.channels
            let rows = golden.x.count / sequence
            // A row of the network's input: x, the first state, the length.
            var parts: [(name: String, shape: [Int], values: [Float])] = [
                ("x", [golden.steps, golden.channels], golden.x)
            ]
            if !golden.state.isEmpty { parts.append(("s", [golden.state.count / rows], golden.state)) }
            if !golden.lengths.isEmpty { parts.append(("n", [1], golden.lengths)) }
            var (nodes, first) = ("", 0)
            for part in parts {
                nodes += """
                    {"type": "input", "name": "\(part.name)", "inputs": ["input"], "shape": \(part.shape), \
                    "first": \(first)},
                    """
                first += part.values.count / rows
            }
            let json = """
                {"inputs": \(first), "layers": [\(nodes)
                {"name": "l", "inputs": \(parts.map { $0.name }), \(layer)}]}
                """
            let network = try Network(
                Architecture(#require(try JSONText(json.utf8).value.object())), seed: 0)
            try #require(network.parameterCount == golden.parameters.count, "\(layer)")
            for (index, number) in golden.parameters.enumerated() { network.numbers.base[index] = number }
            let x = (0..<rows).flatMap { row in
                parts.flatMap { part in
                    let width = part.values.count / rows
                    return part.values[row * width..<(row + 1) * width]
                }
            }
            let workspace = try Workspace(for: network, maxRows: rows)
            try network.forward(x, in: workspace)
            func expect(_ values: [Float], _ exact: [Double], _ what: String) {
                let largest = max(1, exact.map { $0.magnitude }.max() ?? 0)
                expectClose(values, exact, absolute: 5e-6 * largest, "\(layer): \(what)")
            }
            expect(try workspace.values(of: "l", .activation), golden.h, "h")
            let gradients = try network.gradients(from: golden.delta, in: workspace)
            expect(gradients, golden.gradients, "the gradients")
            expect(try workspace.values(of: "x", .delta), golden.xGradient, "the gradient of x")
            if !golden.state.isEmpty {
                expect(try workspace.values(of: "s", .delta), golden.stateGradient, "the gradient of the state")
            }
            if !golden.lengths.isEmpty {
                #expect(try workspace.values(of: "n", .delta).allSatisfy { $0 == 0 }, "\(layer)")
            }
        }
    }
}
