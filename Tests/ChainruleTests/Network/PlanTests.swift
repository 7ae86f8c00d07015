import Chainrule
import Testing

@Suite struct PlanTests {
    @Test func parametersLieInTheOrderOfTheLayers() throws {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(4, .relu, name: "a")
        try architecture.dense(5, name: "b", bias: false)
        try architecture.activation(.tanh, name: "c")
        try architecture.dense(2, name: "d")
        let network = try Network(architecture, seed: 0)
        #expect(network.parameterCount == 12 + 4 + 20 + 10 + 2)
        #expect(network.parameterVector.count == 48)
        for (name, range, rows, columns) in [
            ("a.weight", 0..<12, 4, 3), ("a.bias", 12..<16, 4, 1), ("b.weight", 16..<36, 5, 4),
            ("d.weight", 36..<46, 2, 5), ("d.bias", 46..<48, 2, 1),
        ] {
            let tensor = try network.tensor(name)
            #expect(tensor.range == range && tensor.rows == rows && tensor.columns == columns, "\(name)")
        }
        for name in ["b.bias", "c.weight", "a", "", "A.weight", "a.weights", "input.weight"] {
            expectError(.name, "'\(name)'") { _ = try network.tensor(name) }
        }
    }

    @Test func aNetworkWithoutLayers() throws {
        let architecture = try Architecture(inputs: 3)
        expectError(.size, "no layers") { _ = try Network(architecture, seed: 0) }
    }

    @Test func aLayerThatNobodyReads() throws {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(4, name: "used")
        try architecture.dense(4, name: "forgotten", input: "used")
        try architecture.dense(4, name: "output", input: "used")
        expectError(.name, "'forgotten'", "no later layer reads") { _ = try Network(architecture, seed: 0) }
        try architecture.sum(of: ["forgotten", "output"])
        #expect(try Network(architecture, seed: 0).outputs == 4)
    }

    /// 2³¹ − 1 by 2³¹ − 1 weights are 2⁶² elements, whose bytes no 64-bit number counts.
    @Test func parametersThatOverflow() throws {
        let most = Int(Int32.max)
        var architecture = try Architecture(inputs: most)
        try architecture.dense(most, name: "a", bias: false)
        expectError(.memory, "4611686014132420609", "overflows") { _ = try Network(architecture, seed: 0) }
        try architecture.dense(most, name: "b", bias: false)
        try architecture.dense(most, name: "c", bias: false)
        expectError(.memory, "overflows") { _ = try Network(architecture, seed: 0) }
    }

    /// Four petabytes are no overflow, but no machine has them.
    @Test func parametersThatNoMachineHolds() throws {
        var architecture = try Architecture(inputs: 1 << 25)
        try architecture.dense(1 << 25, bias: false)
        expectError(.memory, "\(1 << 50) numbers", "parameters") { _ = try Network(architecture, seed: 0) }
    }

    @Test func productsAreChecked() throws {
        #expect(try Plan.checkedProduct(3, 5) == 15)
        #expect(try Plan.checkedProduct(0, .max) == 0)
        #expect(try Plan.checkedProduct(1, .max) == .max)
        expectError(.memory, "\(Int.max) times 2", "overflows") { _ = try Plan.checkedProduct(.max, 2) }
    }
}
