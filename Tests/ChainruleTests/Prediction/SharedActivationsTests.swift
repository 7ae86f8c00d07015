import Reference
import Testing

@testable import Chainrule

/// In a prediction, h of one layer lies where h of another is no longer needed. The outputs are those of a workspace where every
/// layer has its own.
@Suite struct SharedActivationsTests {
    /// Layers that work in place and others, in any order, each of which reads any before it.
    private static func random(_ seed: UInt64) throws -> Network {
        var noise = Noise(seed)
        func pick(_ count: Int) -> Int { min(count - 1, Int(noise.floats(1, in: 0...1)[0] * Float(count))) }
        var architecture = try Architecture(inputs: 12)
        var names = ["input"]
        var unread: Set<String> = []
        func name(_ layer: Int) -> String {
            unread.remove(names[layer])
            return names[layer]
        }
        // Mostly one of the last layers.
        func some() -> String { name(max(0, names.count - 1 - pick(pick(names.count) + 1))) }
        for index in 0..<6 + pick(30) {
            let added = "l\(index)"
            switch pick(10) {
            case 0: try architecture.activation(Activation.all[pick(Activation.all.count)], name: added, input: some())
            case 1: try architecture.sum(of: (0...pick(3)).map { _ in some() }, name: added)
            case 2: try architecture.product(of: some(), some(), name: added)
            case 3: try architecture.maximum(of: some(), some(), name: added)
            case 4: try architecture.function(.affine(factor: 0.5, offset: 0.25), name: added, input: some())
            case 5: try architecture.dropout(0.5, name: added, input: some())
            case 6: try architecture.normalization(.batch(momentum: 0.1), name: added, input: some())
            case 7:
                try architecture.reshape(Shape([3, 4]), name: "r\(index)", input: some())
                try architecture.transpose([1, 0], name: "t\(index)")
                try architecture.reshape(name: added)
            case 8: try architecture.dense(12, pick(2) == 0 ? .tanh : .identity, name: added, input: some())
            default: try architecture.difference(of: some(), some(), name: added)
            }
            names.append(added)
            unread.insert(added)
        }
        try architecture.concatenation(of: unread.sorted() + ["input"], name: "y")
        return try Network(architecture, seed: seed)
    }

    @Test func outputsAreThoseOfAWorkspaceForInference() throws {
        var finite = 0
        for seed in 1...300 as ClosedRange<UInt64> {
            let network = try SharedActivationsTests.random(seed)
            var noise = Noise(seed)
            let x = noise.floats(5 * network.inputs, in: -2...2)
            let inference = try Workspace(for: network, maxRows: 5, purpose: .inference)
            try network.forward(x, in: inference)
            let prediction = try Workspace(for: network, maxRows: 5, purpose: .prediction)
            try network.forward(x, in: prediction)
            #expect(bits(prediction.outputs) == bits(inference.outputs), "seed \(seed)")
            let predictor = try Predictor(network, precision: .float32, level: network.level, foldsNormalization: false)
            #expect(bits(try predictor.predict(x)) == bits(inference.outputs), "seed \(seed)")
            guard inference.outputs.allSatisfy(\.isFinite) else { continue }
            finite += 1
            let folding = try Predictor(network, precision: .float32)
            expectClose(
                try folding.predict(x), inference.outputs.map(Double.init), relative: 1e-4, absolute: 1e-4,
                "seed \(seed)")
        }
        #expect(finite > 250)
    }

    /// A chain of convolutions keeps two layers' h, however long it is.
    @Test func aLongChainKeepsTwoLayers() throws {
        var architecture = try Architecture(inputs: 256)
        try architecture.reshape(Shape([8, 8, 4]))
        for _ in 0..<20 {
            try architecture.convolution(ConvolutionSettings(4, WindowSettings([3, 3], padding: .same)))
            try architecture.normalization(.batch(momentum: 0.1))
            try architecture.activation(.silu)
        }
        let plan = try Network(architecture, seed: 1).plan
        let layout = try plan.layout(maxRows: 1, purpose: .prediction, threads: 1)
        // x, and two layers' h.
        #expect(layout.count - layout.scratchCount == 3 * 256)
    }

    @Test func onlyTheOutputCanBeRead() throws {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(4, name: "a")
        try architecture.dense(2, name: "b")
        let network = try Network(architecture, seed: 1)
        let workspace = try Workspace(for: network, maxRows: 1, purpose: .prediction)
        try network.forward([1, 2, 3], in: workspace)
        #expect(try workspace.values(of: "b", .activation) == network.predict([1, 2, 3]))
        expectError(.value, "'a'", "prediction") { _ = try workspace.values(of: "a", .activation) }
        expectError(.value, "'a'", "prediction") { _ = try workspace.values(of: "a", .preactivation) }
    }
}
