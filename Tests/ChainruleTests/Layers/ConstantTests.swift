import Chainrule
import Testing

/// Layers of numbers that only the caller changes.
@Suite struct ConstantTests {
    private func network() throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(2, .tanh, name: "a")
        try architecture.constant(Shape([2]), name: "k", values: .constant(2))
        try architecture.sum(of: ["a", "k"])
        try architecture.dense(2)
        return try Network(architecture, seed: 5)
    }

    private let x: [Float] = [1, -2, 0.5, 0, 3, -1]

    @Test func trainingLeavesThemAlone() throws {
        let network = try network()
        #expect(network.plan.state.map { $0.name } == ["k.value"] && network.parameterCount == 14)
        #expect(network.numbers.elements.suffix(2) == [2, 2])
        let before = try network.predict(x)
        try network.setState("k.value", [0.5, -1])
        #expect(try network.predict(x) != before)
        let parameters = network.parameterVector
        let optimizer = try Optimizer(Adam(), learningRate: 0.1, for: network)
        try network.fit(
            x, targets: .values([1, 2, 3, 4], columns: 2), optimizer: optimizer,
            options: TrainingOptions(cost: .meanSquaredError()))
        #expect(network.parameterVector != parameters)
        #expect(network.numbers.elements.suffix(2) == [0.5, -1])
    }

    @Test func copiesFilesAndPredictorsHoldThem() throws {
        let network = try network()
        // A mask may be infinite.
        for values in [[0.5, -1], [-.infinity, 0]] as [[Float]] {
            try network.setState("k.value", values)
            let y = try network.predict(x).map { $0.bitPattern }
            #expect(try network.copy().predict(x).map { $0.bitPattern } == y)
            #expect(try Network(savedBytes: network.savedBytes()).predict(x).map { $0.bitPattern } == y)
            let predicted = try Predictor(network).predict(x)
            if values[0].isFinite {
                expectClose(predicted, try network.predict(x).map { Double($0) }, absolute: 1e-6, "a predictor")
            }
        }
    }

    @Test func statesThatAreNot() throws {
        let network = try network()
        expectError(.name, "no tensor 'a.weight'") { try network.setState("a.weight", [1]) }
        expectError(.size, "'k.value' has 2 elements; 3 were given") { try network.setState("k.value", [1, 2, 3]) }
        #expect(network.numbers.elements.suffix(2) == [2, 2])
    }
}
