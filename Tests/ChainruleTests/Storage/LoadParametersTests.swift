import Foundation
import Chainrule
import Testing

@Suite struct LoadParametersTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func network(
        _ activation: Activation = .tanh, inputs: Int = 3, units: Int = 4, name: String = "a", bias: Bool = true,
        extra: Bool = false, seed: UInt64 = 61
    ) throws -> Network {
        var architecture = try Architecture(inputs: inputs)
        try architecture.dense(units, activation, name: name, bias: bias)
        if extra { try architecture.dense(2, name: "extra") }
        return try Network(architecture, seed: seed)
    }

    @Test func parametersOfTheSameShapesAreLoaded() throws {
        let saved = try network(seed: 62)
        try saved.save(to: folder.path("model"))
        // The activation is no tensor's affair.
        for activation in [Activation.tanh, .relu, .sine] {
            let network = try network(activation)
            #expect(network.parameterVector != saved.parameterVector)
            try network.loadParameters(from: folder.path("model"))
            #expect(bits(network.parameterVector) == bits(saved.parameterVector))
        }
    }

    @Test func customActivationsNeedTheirNetwork() throws {
        let saved = try network(.sine, seed: 63)
        try saved.save(to: folder.path("model"))
        expectError(.format, "model", "custom activation", "load the parameters alone") {
            _ = try Network(contentsOf: folder.path("model"))
        }
        let built = try network(.sine)
        try built.loadParameters(from: folder.path("model"))
        #expect(try bits(built.predict([1, 2, 3])) == bits(saved.predict([1, 2, 3])))
    }

    @Test func otherShapesLeaveTheParameters() throws {
        try network().save(to: folder.path("model"))
        for (other, parts) in [
            (try network(inputs: 2), ("'a.weight'", "[4, 3]", "[4, 2]")),
            (try network(units: 3), ("'a.bias'", "[4]", "[3]")),
            (try network(name: "z"), ("'a.bias'", "'z.bias'", "'")),
            (try network(bias: false), ("2 tensors", "has 1", "model")),
            (try network(extra: true), ("2 tensors", "has 4", "model")),
        ] {
            let before = other.parameterVector
            let workspace = try Workspace(for: other, maxRows: 1)
            try other.forward([Float](repeating: 1, count: other.inputs), in: workspace)
            expectError(.format, folder.path("model"), parts.0, parts.1, parts.2) {
                try other.loadParameters(from: folder.path("model"))
            }
            #expect(bits(other.parameterVector) == bits(before))
            // Nothing changed, so the forward pass still holds.
            _ = try other.gradients(from: [Float](repeating: 1, count: other.outputs), in: workspace)
        }
    }

    @Test func loadingVoidsTheForwardPass() throws {
        let network = try network()
        try network.save(to: folder.path("model"))
        let workspace = try Workspace(for: network, maxRows: 1)
        try network.forward([1, 2, 3], in: workspace)
        try network.loadParameters(from: folder.path("model"))
        expectError(.noForward) { _ = try network.gradients(from: [1, 1, 1, 1], in: workspace) }
    }

    /// Other programs write tensors in an order of their own, and no architecture.
    @Test func filesOfOtherPrograms() throws {
        let json =
            #"{"a.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
            + #""a.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]}}"#
        var bytes = withUnsafeBytes(of: UInt64(json.utf8.count).littleEndian) { Array($0) } + Array(json.utf8)
        for number in [Float(1), 2, 3, 4] {
            bytes += withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: folder.path("model")))
        var architecture = try Architecture(inputs: 1)
        try architecture.dense(2, name: "a")
        let network = try Network(architecture, seed: 0)
        try network.loadParameters(from: folder.path("model"))
        #expect(network.parameterVector == [3, 4, 1, 2])
        expectError(.format, "'__metadata__'", "load the parameters alone") {
            _ = try Network(contentsOf: folder.path("model"))
        }
    }
}
