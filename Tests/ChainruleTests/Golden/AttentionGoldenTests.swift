import Chainrule
import Foundation
import Testing

/// Embeddings, attention and a transformer against PyTorch's numbers (attention.json, which make_attention.py wrote).
@Suite struct AttentionGoldenTests {
    private struct Case: Decodable {
        struct Tensor: Decodable {
            let value: [Float]
            let gradient: [Double]
        }

        let name: String
        let architecture: String
        let tensors: [String: Tensor]
        let x: [Float]
        let h: [Double]
        let delta: [Float]
        let x_gradient: [Double]
    }

    @Test func isAsPyTorchHasIt() throws {
        let url = try #require(Bundle.module.url(forResource: "attention", withExtension: "json"))
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
        #expect(cases.count == 9)
        for golden in cases {
            let network = try Network(
                Architecture(#require(try JSONText(golden.architecture.utf8).value.object())), seed: 0)
            try #require(Set(network.plan.tensors.map { $0.name }) == Set(golden.tensors.keys), "\(golden.name)")
            for tensor in network.plan.tensors {
                let value = golden.tensors[tensor.name]!.value
                try #require(tensor.count == value.count, "\(golden.name): \(tensor.name)")
                for (index, number) in value.enumerated() { network.numbers.base[tensor.offset + index] = number }
            }
            let rows = golden.x.count / network.inputs
            let workspace = try Workspace(for: network, maxRows: rows)
            try network.forward(golden.x, in: workspace)
            func expect(_ values: [Float], _ exact: [Double], _ what: String) {
                let largest = max(1, exact.map { $0.magnitude }.max() ?? 0)
                expectClose(values, exact, absolute: 5e-6 * largest, "\(golden.name): \(what)")
            }
            expect(workspace.outputs, golden.h, "h")
            let gradients = try network.gradients(from: golden.delta, in: workspace)
            for (name, tensor) in golden.tensors {
                expect(try network.tensor(name, of: gradients), tensor.gradient, "the gradient of \(name)")
            }
            let delta = try workspace.values(of: "input", .delta)
            if golden.x_gradient.isEmpty {
                #expect(delta.allSatisfy { $0 == 0 }, "\(golden.name)")
            } else {
                expect(delta, golden.x_gradient, "the gradient of x")
            }
        }
    }
}
