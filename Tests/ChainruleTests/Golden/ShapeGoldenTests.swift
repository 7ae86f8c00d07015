import Chainrule
import Foundation
import Testing

/// Layers of shapes against PyTorch's numbers (shapes.json, which make_shapes.py wrote).
@Suite struct ShapeGoldenTests {
    private struct Case: Decodable {
        let layer: String
        let shape: [Int]
        let parameters: [Float]
        let state: [Float]
        let x: [Float]
        let h: [Double]
        let delta: [Float]
        let inputGradient: [Double]
        let gradients: [Double]
    }

    /// A few dozen roundings of sums of products of numbers near 1.
    private static let tolerance = 5e-6

    @Test func isAsPyTorchHasIt() throws {
        let url = try #require(Bundle.module.url(forResource: "shapes", withExtension: "json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let cases = try decoder.decode([Case].self, from: Data(contentsOf: url))
        #expect(cases.count > 15)
        for golden in cases {
            let layer = String(golden.layer.dropFirst().dropLast())
            let count = golden.shape.reduce(1, *)
            let json = """
                {"inputs": \(count), "layers": [
                {"type": "reshape", "name": "x", "inputs": ["input"], "shape": \(golden.shape)},
                {"name": "l", "inputs": ["x"], \(layer)}]}
                """
            let architecture = try Architecture(#require(try JSONText(json.utf8).value.object()))
            let network = try Network(architecture, seed: 0)
            try #require(network.parameterCount == golden.parameters.count, "\(layer)")
            for (index, number) in (golden.parameters + golden.state).enumerated() {
                network.numbers.base[index] = number
            }
            let workspace = try Workspace(for: network, maxRows: 2)
            try network.forward(golden.x, in: workspace)
            func expect(_ values: [Float], _ exact: [Double], _ what: String) {
                let largest = max(1, exact.map { $0.magnitude }.max() ?? 0)
                expectClose(values, exact, absolute: ShapeGoldenTests.tolerance * largest, "\(layer): \(what)")
            }
            expect(try workspace.values(of: "l", .activation), golden.h, "h")
            let gradients = try network.gradients(from: golden.delta, in: workspace)
            expect(gradients, golden.gradients, "the gradients")
            expect(try workspace.values(of: "input", .delta), golden.inputGradient, "the input's gradient")
        }
    }
}
