import Chainrule
import Foundation
import Testing

/// A checkpoint that was cut off or altered is an error that changes nothing, or a checkpoint that training goes on from; nothing
/// traps and nothing is half-loaded.
@Suite struct AlteredCheckpointTests {
    private let folder: TemporaryFolder
    /// One file for all alterations: making thousands would wait for the disk.
    private let file: FileHandle
    private let saved: Trainer
    private let bytes: [UInt8]
    private let headerEnd: Int
    private static let x: [Float] = [0, 0.5, 1, -1, 0.25, 2, -0.75, 1.5]
    private static let targets = Targets.values([0, 1, 1, 0], columns: 1)

    /// Saved in the middle of the second epoch.
    init() throws {
        folder = try TemporaryFolder()
        var batches = 0
        saved = try AlteredCheckpointTests.makeTrainer(AMSGrad()) { _ in
            batches += 1
            return batches < 3
        }
        let trainer = saved
        expectError(.cancelled, "epoch 2, batch 1") {
            try trainer.fit(AlteredCheckpointTests.x, targets: AlteredCheckpointTests.targets)
        }
        try saved.save(to: folder.path("checkpoint"))
        bytes = try folder.read("checkpoint")
        try folder.write(bytes, to: "altered")
        file = try FileHandle(forUpdating: URL(filePath: folder.path("altered")))
        headerEnd = bytes.count - 4 * 5 * saved.network.parameterCount
    }

    private static func makeTrainer(
        _ method: any OptimizationMethod, onBatch: ((BatchReport) -> Bool)? = nil
    ) throws -> Trainer {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(2, .sigmoid, name: "first")
        try architecture.dense(1, name: "second")
        let network = try Network(architecture, seed: 73)
        var options = TrainingOptions(cost: .meanSquaredError())
        options.epochs = 3
        options.batchSize = 2
        options.threads = 1
        options.onBatch = onBatch
        return try Trainer(
            network, optimizer: Optimizer(method, learningRate: 0.01, for: network), options: options)
    }

    /// Everything of a trainer that a checkpoint replaces.
    private func state(of trainer: Trainer) throws -> [UInt8] {
        try trainer.save(to: folder.path("state"))
        return try folder.read("state")
    }

    /// A trainer that has been used, for all the alterations that cannot be loaded; and what is in it.
    private func usedTrainer() throws -> (Trainer, [UInt8]) {
        let trainer = try AlteredCheckpointTests.makeTrainer(AMSGrad())
        try trainer.partialFit(AlteredCheckpointTests.x, targets: AlteredCheckpointTests.targets)
        return (trainer, try state(of: trainer))
    }

    private func write(_ altered: [UInt8]) throws {
        try file.seek(toOffset: 0)
        try file.write(contentsOf: altered)
        try file.truncate(atOffset: UInt64(altered.count))
    }

    /// Returns the error. Without one it returns nil: training continues, and ends in finite parameters.
    private func load(_ altered: [UInt8], into trainer: inout Trainer, _ what: String) throws -> ChainruleError? {
        try write(altered)
        let progress = trainer.progress
        let parameters = bits(trainer.network.parameterVector)
        let steps = trainer.optimizer.steps
        let rate = trainer.optimizer.learningRate
        do throws(ChainruleError) {
            try trainer.load(from: folder.path("altered"))
        } catch {
            #expect([.format, .fileVersion, .mismatch].contains(error.code), "\(what): \(error)")
            #expect(error.message.contains(folder.path("altered")), "\(what): \(error.message)")
            #expect(bits(trainer.network.parameterVector) == parameters, "\(what)")
            #expect(trainer.optimizer.steps == steps && trainer.optimizer.learningRate == rate, "\(what)")
            #expect(trainer.progress.epochs == progress.epochs && trainer.progress.rows == progress.rows, "\(what)")
            #expect(trainer.progress.bestCost == progress.bestCost, "\(what)")
            return error
        }
        do throws(ChainruleError) {
            try trainer.fit(AlteredCheckpointTests.x, targets: AlteredCheckpointTests.targets)
        } catch {
            // Other numbers: of the rows of the epoch, or too large to go on with.
            #expect([.mismatch, .notFinite].contains(error.code), "\(what): \(error)")
        }
        #expect(trainer.network.parameterVector.allSatisfy { $0.isFinite }, "\(what)")
        trainer = try AlteredCheckpointTests.makeTrainer(AMSGrad())
        return nil
    }

    @Test func theFileItselfLoads() throws {
        let (trainer, before) = try usedTrainer()
        try write(bytes)
        try trainer.load(from: folder.path("altered"))
        #expect(try state(of: trainer) == bytes)
        #expect(before != bytes)
        #expect(trainer.progress.rows == 2 && trainer.progress.epochs == 1 && trainer.optimizer.steps == 3)
    }

    @Test func everyTruncationIsAnError() throws {
        var (trainer, before) = try usedTrainer()
        for length in alteredPlaces(0..<bytes.count) {
            let error = try load(Array(bytes[..<length]), into: &trainer, "cut to \(length)")
            #expect(error?.code == .format, "cut to \(length)")
        }
        // Nor has the state of the optimizer changed, or the best parameters.
        #expect(try state(of: trainer) == before)
    }

    @Test func everyAppendedByteIsAnError() throws {
        var (trainer, before) = try usedTrainer()
        for count in [1, 4, 1000] {
            let error = try load(bytes + [UInt8](repeating: 0, count: count), into: &trainer, "\(count) more")
            #expect(error?.code == .format, "\(count) more")
        }
        #expect(try state(of: trainer) == before)
    }

    @Test(arguments: [UInt8(0x01), 0x20, 0x80])
    func anAlteredHeaderByteIsAnErrorOrACheckpoint(mask: UInt8) throws {
        var trainer = try AlteredCheckpointTests.makeTrainer(AMSGrad())
        var failures = 0
        for index in alteredPlaces(0..<headerEnd) {
            var altered = bytes
            altered[index] ^= mask
            if try load(altered, into: &trainer, "byte \(index) xor \(mask)") != nil { failures += 1 }
        }
        // Spaces, and the digits of numbers that may be any, may change.
        #expect(failures > alteredPlaces(0..<headerEnd).count * 3 / 4)
    }

    @Test(arguments: [UInt8(0), 0x22, 0x39, 0x7d])
    func aReplacedHeaderByteIsAnErrorOrACheckpoint(byte: UInt8) throws {
        var trainer = try AlteredCheckpointTests.makeTrainer(AMSGrad())
        for index in alteredPlaces(0..<headerEnd) {
            var altered = bytes
            altered[index] = byte
            _ = try load(altered, into: &trainer, "byte \(index) is \(byte)")
        }
    }

    @Test func aRemovedHeaderByteIsAnErrorOrACheckpoint() throws {
        var trainer = try AlteredCheckpointTests.makeTrainer(AMSGrad())
        for index in alteredPlaces(8..<headerEnd) {
            var altered = bytes
            altered.remove(at: index)
            _ = try load(altered, into: &trainer, "without byte \(index)")
        }
    }

    /// The header's length is given as every power of two.
    @Test func otherLengthsOfTheHeader() throws {
        var (trainer, before) = try usedTrainer()
        for shift in 0..<64 {
            var altered = bytes
            for index in 0..<8 {
                altered[index] = UInt8(truncatingIfNeeded: (UInt64(1) << shift) >> (8 * UInt64(index)))
            }
            #expect(try load(altered, into: &trainer, "a header of 2^\(shift)")?.code == .format)
        }
        #expect(try state(of: trainer) == before)
    }

    // MARK: Numbers

    /// The member "training" with another number.
    private func replacing(_ name: String, _ value: String) throws -> [UInt8] {
        let header = String(decoding: bytes[8..<headerEnd], as: UTF8.self)
        let pattern = try Regex(#"(\\"\#(name)\\":)(\\"[0-9]+\\"|[0-9]+)"#, as: (Substring, Substring, Substring).self)
        let found = try #require(header.firstMatch(of: pattern))
        let quoted = found.output.2.hasPrefix("\\") ? "\\\"\(value)\\\"" : value
        let changed = header.replacingCharacters(in: found.range, with: "\(found.output.1)\(quoted)")
        let length = changed.utf8.count
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(changed.utf8) + bytes[headerEnd...]
    }

    @Test func numbersThatNoTrainerCanHave() throws {
        var (trainer, before) = try usedTrainer()
        // Far from overflowing, but more than any trainer will count.
        let huge = "\((1 << 53) - 1)"
        for name in ["steps", "epochs", "rows", "batches", "rows_of_epoch", "best_epoch", "epochs_since_best"] {
            let error = try load(replacing(name, huge), into: &trainer, name)
            #expect(error?.code == .format && error?.message.contains(huge) == true, "\(name)")
            for huger in [huge + "0", "\(Int.max)", "9223372036854775808", huge + "0000000000"] {
                #expect(try load(replacing(name, huger), into: &trainer, name)?.code == .format, "\(name) \(huger)")
            }
        }
        for (name, value) in [
            ("rows", 5), ("batches", 3), ("rows_of_epoch", 1), ("best_epoch", 2),
            ("learning_rate", Int(Float.nan.bitPattern)), ("learning_rate", Int((-1 as Float).bitPattern)),
            ("learning_rate", Int(Float.infinity.bitPattern)), ("state_bound_0", Int(Double.nan.bitPattern)),
            ("state_bound_1", Int(Double.infinity.bitPattern)), ("best_cost", Int(Double.nan.bitPattern)),
            ("weight_sum", Int(Double.nan.bitPattern)), ("decided_weight", Int(Double.infinity.bitPattern)),
            // More than was decided.
            ("right_weight", Int((1.0).bitPattern)), ("right_weight", Int(Double.nan.bitPattern)),
            ("seconds", Int(Double.nan.bitPattern)),
        ] {
            #expect(try load(replacing(name, "\(value)"), into: &trainer, name)?.code == .format, "\(name) \(value)")
        }
        // One more than 64 bits hold.
        #expect(try load(replacing("seed", "18446744073709551616"), into: &trainer, "seed")?.code == .format)
        #expect(try state(of: trainer) == before)
    }

    /// Whatever state a file gives an optimizer, the parameters are finite after every step.
    @Test func statesThatNoOptimizerCanHave() throws {
        let values: [Float] = [
            .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e19, -1e19, -1,
            -.leastNonzeroMagnitude,
        ]
        for method in OptimizationMethods.all {
            let trainer = try AlteredCheckpointTests.makeTrainer(method)
            try trainer.partialFit(AlteredCheckpointTests.x, targets: AlteredCheckpointTests.targets)
            let whole = try state(of: trainer)
            let count = trainer.network.parameterCount
            for index in 0..<method.stateVectors {
                for value in values {
                    let what = "\(method.identifier), state \(index) with \(value)"
                    var altered = whole
                    let place = whole.count - 4 * count * (method.stateVectors + 1 - index)
                    withUnsafeBytes(of: value.bitPattern.littleEndian) {
                        altered.replaceSubrange(place + 4..<place + 8, with: $0)
                    }
                    try write(altered)
                    let other = try AlteredCheckpointTests.makeTrainer(method)
                    let isPossible = value.isFinite && (value > 0 || !method.squareStates.contains(index))
                    do throws(ChainruleError) {
                        try other.load(from: folder.path("altered"))
                        #expect(isPossible, "\(what)")
                        try other.fit(AlteredCheckpointTests.x, targets: AlteredCheckpointTests.targets)
                    } catch {
                        #expect(error.code == (isPossible ? .notFinite : .format), "\(what): \(error)")
                        #expect(isPossible || error.message.contains("element 1 of 'optimizer.\(index)'"))
                    }
                    #expect(other.network.parameterVector.allSatisfy { $0.isFinite }, "\(what)")
                }
            }
        }
    }

    /// Networks of no parameters, and of one.
    @Test(arguments: [0, 1]) func theSmallestNetworks(_ parameters: Int) throws {
        func make() throws -> Trainer {
            var architecture = try Architecture(inputs: 1)
            if parameters == 0 { try architecture.activation(.tanh) } else { try architecture.dense(1, bias: false) }
            let network = try Network(architecture, seed: 1)
            #expect(network.parameterCount == parameters)
            return try Trainer(
                network, optimizer: Optimizer(Adam(), learningRate: 0.1, for: network),
                options: TrainingOptions(cost: .meanSquaredError()))
        }
        let (first, second) = (try make(), try make())
        try first.fit([1, 2], targets: .values([1, 0], columns: 1))
        try first.save(to: folder.path("small"))
        try second.load(from: folder.path("small"))
        #expect(bits(second.network.parameterVector) == bits(first.network.parameterVector))
        #expect(second.progress.epochs == 10)
    }
}
