import Chainrule
import Synchronization
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

    /// Readers see one publication or another, never a mixture; and the last one at the end.
    @Test func readersWhileTraining() async throws {
        let network = try makeNetwork()
        // Every output is the number of the publication.
        network.setParameters([Float](repeating: 0, count: network.parameterCount))
        let publisher = try Publisher(network)
        let isDone = Flag()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var last: Float = 0
                    var seen = 0
                    while !isDone.value.load(ordering: .acquiring) {
                        let y = try publisher.predict([Float](repeating: 1, count: 3 * 100))
                        guard y.allSatisfy({ $0 == y[0] }) && y[0] >= last else {
                            Issue.record("a mixture of publications, or an old one")
                            break
                        }
                        if y[0] > last { seen += 1 }
                        last = y[0]
                        // There may be fewer threads than tasks.
                        await Task.yield()
                    }
                    return seen
                }
            }
            for number in 1...300 {
                network.withParameters { parameters in
                    for index in parameters.count - 2..<parameters.count { parameters[index] = Float(number) }
                }
                try publisher.publish(network)
                if number % 20 == 0 { await Task.yield() }
            }
            isDone.value.store(true, ordering: .releasing)
            for try await _ in group {}
        }
        #expect(try publisher.predict([1, 1, 1]) == [300, 300])
    }
}

private final class Flag: Sendable {
    let value = Atomic(false)
}
