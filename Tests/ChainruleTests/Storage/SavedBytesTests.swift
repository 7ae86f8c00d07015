import Chainrule
import Foundation
import Testing

/// Networks and checkpoints in memory and by way of functions: the same bytes as in a file, whole or refused.
@Suite struct SavedBytesTests {
    private let folder: TemporaryFolder
    private let network: Network

    init() throws {
        folder = try TemporaryFolder()
        network = try SavedBytesTests.makeNetwork(seed: 5)
    }

    /// - Parameter units: enough of them make the file longer than what a function is given at once.
    private static func makeNetwork(seed: UInt64, units: Int = 3) throws -> Network {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(units, .tanh)
        try architecture.dense(2)
        return try Network(architecture, seed: seed)
    }

    private static func makeTrainer(_ network: Network) throws -> Trainer {
        var options = TrainingOptions(cost: .meanSquaredError())
        options.epochs = 2
        options.batchSize = 2
        options.threads = 1
        return try Trainer(
            network, optimizer: Optimizer(Adam(), learningRate: 0.01, for: network), options: options)
    }

    private static let x: [Float] = [0, 0.5, 1, -1, 0.25, 2, -0.75, 1.5]
    private static let targets = Targets.values([0, 1, 1, 0, 1, 1, 0, 0], columns: 2)

    /// Gives these bytes, at most so many at a time.
    private struct Giver {
        var bytes: ArraySlice<UInt8>
        let most: Int
        var asked = 0

        init(_ bytes: [UInt8], most: Int = .max) {
            self.bytes = bytes[...]
            self.most = most
        }

        mutating func give(_ span: inout MutableRawSpan) -> Int {
            asked += 1
            let piece = Array(bytes.prefix(min(most, span.byteCount)))
            span.withUnsafeMutableBytes { $0.copyBytes(from: piece) }
            bytes = bytes.dropFirst(piece.count)
            return piece.count
        }
    }

    private func array(_ span: RawSpan) -> [UInt8] { span.withUnsafeBytes { Array($0) } }

    private func essence(_ network: Network) -> [UInt32] { bits(network.parameterVector) }

    // MARK: The same bytes

    @Test(arguments: [3, 200_000]) func theBytesAreThoseOfTheFile(_ units: Int) throws {
        let network = try SavedBytesTests.makeNetwork(seed: 5, units: units)
        let trainer = try SavedBytesTests.makeTrainer(network)
        try trainer.fit(SavedBytesTests.x, targets: SavedBytesTests.targets)
        try network.save(to: folder.path("model"))
        try trainer.save(to: folder.path("checkpoint"))
        let (model, checkpoint) = (try folder.read("model"), try folder.read("checkpoint"))
        #expect(try network.savedBytes() == model)
        #expect(try trainer.savedBytes() == checkpoint)
        var written: [UInt8] = []
        var pieces: [Int] = []
        func write(_ span: RawSpan) {
            written += array(span)
            pieces.append(span.byteCount)
        }
        try network.save(with: write)
        #expect(written == model)
        #expect(pieces.allSatisfy { 1...1 << 20 ~= $0 } && (units == 3) == (pieces.count == 2))
        (written, pieces) = ([], [])
        try trainer.save(with: write)
        #expect(written == checkpoint && pieces.allSatisfy { 1...1 << 20 ~= $0 })

        for most in units == 3 ? [1, 2, 7, .max] : [100_000, .max] {
            var giver = Giver(model, most: most)
            let loaded = try Network(with: { giver.give(&$0) })
            #expect(essence(loaded) == essence(network) && giver.bytes.isEmpty)
            let other = try SavedBytesTests.makeNetwork(seed: 6, units: units)
            giver = Giver(model, most: most)
            try other.loadParameters(with: { giver.give(&$0) })
            #expect(essence(other) == essence(network))
            let fresh = try SavedBytesTests.makeTrainer(SavedBytesTests.makeNetwork(seed: 7, units: units))
            giver = Giver(checkpoint, most: most)
            try fresh.load(with: { giver.give(&$0) })
            #expect(essence(fresh.network) == essence(network) && fresh.progress.epochs == 2)
        }
        let loaded = try Network(savedBytes: model)
        #expect(essence(loaded) == essence(network))
        let other = try SavedBytesTests.makeNetwork(seed: 6, units: units)
        try other.loadParameters(savedBytes: model)
        #expect(essence(other) == essence(network))
        let fresh = try SavedBytesTests.makeTrainer(SavedBytesTests.makeNetwork(seed: 7, units: units))
        try fresh.load(savedBytes: checkpoint)
        #expect(essence(fresh.network) == essence(network) && fresh.progress.epochs == 2)
    }

    /// What follows a file in a function's bytes is not asked for: so several can follow one another.
    @Test func filesOneAfterTheOther() throws {
        let second = try SavedBytesTests.makeNetwork(seed: 6, units: 4)
        let trainer = try SavedBytesTests.makeTrainer(network)
        var giver = Giver(try network.savedBytes() + trainer.savedBytes() + second.savedBytes() + [1])
        #expect(try essence(Network(with: { giver.give(&$0) })) == essence(network))
        try trainer.load(with: { giver.give(&$0) })
        #expect(try essence(Network(with: { giver.give(&$0) })) == essence(second))
        #expect(giver.bytes == [1])
    }

    @Test func aNetworkWithoutParameters() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.activation(.tanh)
        let bytes = try Network(architecture, seed: 0).savedBytes()
        var giver = Giver(bytes)
        #expect(try Network(savedBytes: bytes).predict([0, 0]) == [0, 0])
        #expect(try Network(with: { giver.give(&$0) }).predict([0, 0]) == [0, 0])
        #expect(giver.asked == 2)
    }

    // MARK: Bad bytes

    /// Tries bytes on everything that loads: each refuses them, and is as it was.
    private func expectRefused(
        _ model: [UInt8], _ checkpoint: [UInt8], _ code: ChainruleError.Code = .format, words: String...,
        most: Int = .max,
        byFunction: Bool = true
    ) throws {
        let other = try SavedBytesTests.makeNetwork(seed: 6)
        let trainer = try SavedBytesTests.makeTrainer(other)
        let (before, saved) = (essence(other), try trainer.savedBytes())
        func expectRefused(_ body: () throws -> Void) {
            do {
                try body()
                Issue.record("no error")
            } catch {
                let error = error as? ChainruleError
                #expect(error?.code == code, "\(error?.message ?? "")")
                for word in words { #expect(error?.message.contains(word) ?? false, "\(error?.message ?? "")") }
            }
        }
        if byFunction {
            var giver = Giver(model, most: most)
            expectRefused { _ = try Network(with: { giver.give(&$0) }) }
            giver = Giver(model, most: most)
            expectRefused { try other.loadParameters(with: { giver.give(&$0) }) }
            giver = Giver(checkpoint, most: most)
            expectRefused { try trainer.load(with: { giver.give(&$0) }) }
        } else {
            expectRefused { _ = try Network(savedBytes: model) }
            expectRefused { try other.loadParameters(savedBytes: model) }
            expectRefused { try trainer.load(savedBytes: checkpoint) }
        }
        #expect(essence(other) == before)
        #expect(try trainer.savedBytes() == saved)
    }

    @Test func truncatedBytes() throws {
        let (model, checkpoint) = (try network.savedBytes(), try SavedBytesTests.makeTrainer(network).savedBytes())
        #if DEBUG
            let step = 13
        #else
            let step = 1
        #endif
        let counts = Array(stride(from: 0, to: checkpoint.count, by: step)) + [1, 7, 8, 9, checkpoint.count - 1]
        for count in counts {
            let (short, shortCheckpoint) = (
                Array(model.prefix(min(count, model.count - 1))), Array(checkpoint.prefix(count))
            )
            try expectRefused(short, shortCheckpoint, byFunction: false)
            try expectRefused(short, shortCheckpoint, words: "truncated")
            try expectRefused(short, shortCheckpoint, words: "truncated", most: 5)
        }
    }

    @Test func whatFollowsInMemoryIsRefused() throws {
        let (model, checkpoint) = (try network.savedBytes(), try SavedBytesTests.makeTrainer(network).savedBytes())
        for more in [[0], [UInt8](repeating: 1, count: 1000), model] {
            try expectRefused(model + more, checkpoint + more, words: "bytes; the file has", byFunction: false)
        }
    }

    @Test func bytesOfNoFile() throws {
        for bytes in [
            [UInt8](repeating: 0xff, count: 100), [UInt8](repeating: 0, count: 100), Array("{}      {}".utf8),
        ] {
            try expectRefused(bytes, bytes, words: "no model file", byFunction: false)
            try expectRefused(bytes, bytes, words: "no model file")
        }
    }

    /// A header may promise any number of bytes: what a function gives is not believed to be so long.
    @Test func memoryIsLimited() throws {
        let bytes = try SavedBytesTests.makeNetwork(seed: 1, units: 4_000_000).savedBytes()
        #expect(bytes.count > 64 << 20)
        _ = try Network(savedBytes: bytes)
        expectError(.memory, "limit of 67108864") {
            var giver = Giver(bytes, most: 1 << 20)
            do throws(ChainruleError) {
                _ = try Network(with: { giver.give(&$0) })
            } catch {
                // Nothing beyond the header was asked for.
                #expect(bytes.count - giver.bytes.count < 1000)
                throw error
            }
        }
        var giver = Giver(bytes)
        _ = try Network(with: { giver.give(&$0) }, memoryLimit: 1 << 30)
        expectError(.memory, "limit of 1000") { _ = try Network(savedBytes: bytes, memoryLimit: 1000) }
    }

    // MARK: Functions that fail

    @Test func writingFailsAtEveryCall() throws {
        let network = try SavedBytesTests.makeNetwork(seed: 5, units: 200_000)
        let trainer = try SavedBytesTests.makeTrainer(network)
        let before = essence(network)
        for save in [network.save(with:), trainer.save(with:)] {
            var calls = 0
            try save { _ in calls += 1 }
            #expect(calls > 3)
            for failing in 1...calls {
                var made = 0
                expectError(.callback, "at call \(failing)") {
                    try save { _ throws(ChainruleError) in
                        made += 1
                        if made == failing { throw ChainruleError(.callback, "at call \(failing)") }
                    }
                }
                #expect(made == failing)
            }
        }
        #expect(essence(network) == before)
    }

    @Test func readingFailsAtEveryCall() throws {
        let (model, checkpoint) = (try network.savedBytes(), try SavedBytesTests.makeTrainer(network).savedBytes())
        let other = try SavedBytesTests.makeNetwork(seed: 6)
        let trainer = try SavedBytesTests.makeTrainer(other)
        let before = essence(other)
        typealias Read = (inout MutableRawSpan) throws(ChainruleError) -> Int
        let loads: [(bytes: [UInt8], load: (Read) throws(ChainruleError) -> Void)] = [
            (model, { read throws(ChainruleError) in _ = try Network(with: read) }),
            (model, { read throws(ChainruleError) in try other.loadParameters(with: read) }),
            (checkpoint, { read throws(ChainruleError) in try trainer.load(with: read) }),
        ]
        for (bytes, load) in loads {
            // The length, the header, and the tensors one by one; at most 100 bytes at a time.
            for failing in 1...bytes.count / 100 {
                for wrong in [nil, -1, .min, .max, 101] as [Int?] {
                    var giver = Giver(bytes, most: 100)
                    expectError(wrong == nil ? .cancelled : .callback) {
                        try load { span throws(ChainruleError) in
                            let count = giver.give(&span)
                            guard giver.asked == failing else { return count }
                            guard let wrong else { throw ChainruleError(.cancelled, "at call \(failing)") }
                            return wrong == 101 ? span.byteCount + 1 : wrong
                        }
                    }
                    #expect(giver.asked == failing)
                }
            }
            #expect(essence(other) == before)
            var giver = Giver(bytes)
            expectError(.callback, "gave 9 bytes; at most 8 were asked for") {
                try load { span throws(ChainruleError) in giver.give(&span) + 1 }
            }
        }
    }

    @Test func functionsMayNotChangeTheNetwork() throws {
        let trainer = try SavedBytesTests.makeTrainer(network)
        let (model, checkpoint) = (try network.savedBytes(), try trainer.savedBytes())
        for save in [network.save(with:), trainer.save(with:)] {
            expectError(.busy, "changed while it was saved") {
                try save { _ throws(ChainruleError) in try network.loadParameters(savedBytes: model) }
            }
        }
        for _ in 0..<2 {
            var giver = Giver(model)
            expectError(.busy) {
                try network.loadParameters { span throws(ChainruleError) in
                    try trainer.fit(SavedBytesTests.x, targets: SavedBytesTests.targets)
                    return giver.give(&span)
                }
            }
            expectError(.busy) {
                try trainer.load { span throws(ChainruleError) in
                    try trainer.load(savedBytes: checkpoint)
                    return giver.give(&span)
                }
            }
        }
        // Reading is allowed.
        var giver = Giver(model)
        try network.loadParameters { span throws(ChainruleError) in
            _ = try network.predict([0, 0])
            return giver.give(&span)
        }
    }

    @Test func cancelled() throws {
        let trainer = try SavedBytesTests.makeTrainer(network)
        let (model, checkpoint) = (try network.savedBytes(), try trainer.savedBytes())
        let cancellation = Cancellation()
        func expectCancelled(_ body: (_ reads: (inout MutableRawSpan) -> Int) throws(ChainruleError) -> Void) {
            expectError(.cancelled) {
                try cancellation.watch { () throws(ChainruleError) in
                    try body { _ in 0 }
                }
            }
            cancellation.reset()
        }
        expectCancelled { _ throws(ChainruleError) in try network.save { _ in cancellation.set() } }
        expectCancelled { _ throws(ChainruleError) in try trainer.save { _ in cancellation.set() } }
        for _ in 0..<2 {
            var giver = Giver(model)
            expectCancelled { _ throws(ChainruleError) in
                _ = try Network(with: { span in
                    cancellation.set()
                    return giver.give(&span)
                })
            }
            #expect(giver.asked == 1)
            giver = Giver(checkpoint)
            expectCancelled { _ throws(ChainruleError) in
                try trainer.load { span in
                    cancellation.set()
                    return giver.give(&span)
                }
            }
            #expect(giver.asked == 1)
        }
    }

    /// In the midst of training a checkpoint is that of the batch.
    @Test func checkpointsFromCallbacks() throws {
        var saved: [[UInt8]] = []
        weak var training: Trainer?
        var options = TrainingOptions(cost: .meanSquaredError())
        options.epochs = 2
        options.batchSize = 2
        options.onBatch = { _ in
            var written: [UInt8] = []
            guard let training, let bytes = try? training.savedBytes(),
                (try? training.save(with: { span in written += span.withUnsafeBytes { Array($0) } })) != nil
            else { return false }
            saved.append(written == bytes ? bytes : [])
            return true
        }
        let trainer = try Trainer(
            network, optimizer: Optimizer(Adam(), learningRate: 0.01, for: network), options: options)
        training = trainer
        try trainer.fit(SavedBytesTests.x, targets: SavedBytesTests.targets)
        #expect(saved.count == 4)
        for bytes in saved {
            let other = try SavedBytesTests.makeTrainer(SavedBytesTests.makeNetwork(seed: 6))
            try other.load(savedBytes: bytes)
            try other.fit(SavedBytesTests.x, targets: SavedBytesTests.targets)
            #expect(essence(other.network) == essence(network))
        }
    }
}
