import Chainrule
import Foundation
import Synchronization
import Testing

/// Many threads predict while others publish. Run with `--sanitize=thread` to find races.
@Suite struct PublisherThreadTests {
    private static let publishers = 2
    private static let publications = 300

    /// A network whose outputs are both `number`, whatever x is.
    private static func makeNetwork(_ number: Int) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(2)
        let network = try Network(architecture, seed: 1)
        network.setParameters([Float](repeating: 0, count: 6) + [Float](repeating: Float(number), count: 2))
        return network
    }

    /// Readers see one publication or another, never a mixture; each publisher's in their order; and the last one at the end.
    @Test func readersSeeOnePublicationAfterAnother() throws {
        let publisher = try Publisher(PublisherThreadTests.makeNetwork(0))
        let publishing = Atomic(PublisherThreadTests.publishers)
        DispatchQueue.concurrentPerform(iterations: PublisherThreadTests.publishers + 6) { thread in
            do {
                if thread < PublisherThreadTests.publishers {
                    defer { publishing.subtract(1, ordering: .releasing) }
                    for number in 1...PublisherThreadTests.publications {
                        // Even numbers are the one's, odd ones the other's.
                        let network = try PublisherThreadTests.makeNetwork(
                            PublisherThreadTests.publishers * number + thread)
                        try publisher.publish(network)
                    }
                    return
                }
                var last = [Int](repeating: 0, count: PublisherThreadTests.publishers)
                repeat {
                    let y = try publisher.predict([Float](repeating: 1, count: 3 * 100))
                    let number = Int(y[0])
                    let from = number % PublisherThreadTests.publishers
                    guard y.allSatisfy({ $0 == y[0] }) && number >= last[from] else {
                        Issue.record("a mixture of publications, or an old one: \(number) after \(last[from])")
                        return
                    }
                    last[from] = number
                } while publishing.load(ordering: .acquiring) > 0
            } catch {
                Issue.record(error)
            }
        }
        let last = try publisher.predict([1, 1, 1])
        #expect(
            last[0] == last[1] && Int(last[0]) / PublisherThreadTests.publishers == PublisherThreadTests.publications)
        #expect(publisher.publications == PublisherThreadTests.publishers * PublisherThreadTests.publications + 1)
    }
}
