import Chainrule
import Testing

@Suite struct PublisherTests {
    private func makeNetwork(outputs: Int = 2, seed: UInt64 = 1) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(5, .tanh)
        try architecture.dense(outputs)
        return try Network(architecture, seed: seed)
    }

    @Test(arguments: [Precision.float32, .bfloat16, .int8]) func publishing(_ precision: Precision) throws {
        let network = try makeNetwork()
        let publisher = try Publisher(network, precision: precision)
        let x: [Float] = [1, 2, 3, -1, 0.5, 0]
        let first = try Predictor(network, precision: precision).predict(x)
        network.withParameters { $0[0] += 1 }
        // Changes come with publishing alone.
        #expect(try bits(publisher.predict(x)) == bits(first))
        try publisher.publish(network)
        let second = try Predictor(network, precision: precision).predict(x)
        #expect(bits(first) != bits(second))
        #expect(try bits(publisher.predict(x)) == bits(second))
        #expect(publisher.publications == 2)
    }

    @Test func otherShapes() throws {
        let publisher = try Publisher(makeNetwork())
        let before = try publisher.predict([1, 2, 3])
        expectError(.mismatch, "3 inputs and 1 outputs", "3 and 2") { try publisher.publish(makeNetwork(outputs: 1)) }
        #expect(try bits(publisher.predict([1, 2, 3])) == bits(before))
        #expect(publisher.publications == 1)
    }

    /// What is past is freed by the publishing that makes it so, or by the first after its last reader has left.
    @Test func pastPredictorsAreFreed() throws {
        let network = try makeNetwork()
        let publisher = try Publisher(network)
        weak let first = publisher.predictor
        #expect(first != nil)
        try publisher.publish(network)
        #expect(first == nil)

        weak let second = publisher.predictor
        try publisher.withPredictor { _ in
            try publisher.publish(network)
            try publisher.publish(network)
            #expect(second != nil)
        }
        try publisher.publish(network)
        #expect(second == nil)
    }

    /// A reader of each of the 255 that can be past: another publication is refused, and changes nothing.
    @Test func tooManyPublicationsInUse() throws {
        let network = try makeNetwork()
        let publisher = try Publisher(network)
        func read(depth: Int) throws {
            try publisher.withPredictor { _ in
                guard depth < 255 else {
                    expectError(.busy, "255 past publications") { try publisher.publish(network) }
                    return
                }
                try publisher.publish(network)
                try read(depth: depth + 1)
            }
        }
        try read(depth: 0)
        #expect(publisher.publications == 256)
        try publisher.publish(network)
        #expect(publisher.publications == 257)
    }
}
