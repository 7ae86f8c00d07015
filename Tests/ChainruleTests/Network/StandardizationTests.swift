import Chainrule
import Testing

@Suite struct StandardizationTests {
    private static func makeNetwork() throws -> Network {
        var architecture = try Architecture(inputs: 4)
        try architecture.reshape(Shape([2, 2]))
        try architecture.standardization(name: "standard")
        return try Network(architecture, seed: 1)
    }

    @Test func itIsFittedToData() throws {
        let network = try StandardizationTests.makeNetwork()
        // Channel 0: 1, 3, 5, 7 and channel 1: always 10.
        let x: [Float] = [1, 10, 3, 10, 5, 10, 7, 10]
        #expect(try network.predict(x) == x)
        try network.fitStandardization("standard", to: x)
        let deviation = Float(5).squareRoot()
        let y = try network.predict(x)
        for (place, value) in [-3, 0, -1, 0, 1, 0, 3, 0].enumerated() {
            #expect(abs(y[place] - Float(value) / deviation) < 1e-6)
        }
        let loaded = try Network(savedBytes: network.savedBytes())
        #expect(try loaded.predict(x) == y && loaded.parameterCount == 0)
    }

    @Test func numbersAreSet() throws {
        let network = try StandardizationTests.makeNetwork()
        try network.setStandardization("standard", mean: [1, 2], scale: [0.5, -3])
        #expect(try network.predict([1, 2, 3, 4]) == [0, 0, 1, -6])
        #expect(throws: ChainruleError.self) { try network.setStandardization("standard", mean: [1], scale: [1]) }
        #expect(throws: ChainruleError.self) {
            try network.setStandardization("standard", mean: [1, .nan], scale: [1, 1])
        }
        #expect(throws: ChainruleError.self) { try network.setStandardization("other", mean: [1, 2], scale: [1, 1]) }
        #expect(throws: ChainruleError.self) { try network.fitStandardization("standard", to: [1, 2, 3, .infinity]) }
        #expect(throws: ChainruleError.self) { try network.fitStandardization("standard", to: [1, 2, 3]) }
        #expect(throws: ChainruleError.self) { try network.fitStandardization("other", to: [1, 2, 3, 4]) }
        #expect(try network.predict([1, 2, 3, 4]) == [0, 0, 1, -6])
    }

    @Test func itFitsToInputsAlone() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(3, .tanh)
        try architecture.standardization()
        let network = try Network(architecture, seed: 1)
        #expect(throws: ChainruleError.self) { try network.fitStandardization("4", to: [1, 2]) }
        try network.setStandardization("4", mean: [0, 0, 0], scale: [1, 1, 1])
    }
}
