import Foundation
import Testing

@testable import Chainrule

/// Training that carries the states of recurrent layers from batch to batch.
@Suite struct CarriedStatesTests {
    private static let (steps, channels, rows) = (5, 3, 40)
    private static let batches = 3

    private let x: [Float]
    private let t: [Float]

    init() {
        var noise = Noise(21)
        let count = CarriedStatesTests.batches * CarriedStatesTests.rows * CarriedStatesTests.steps
        x = noise.floats(count * CarriedStatesTests.channels)
        t = noise.floats(count * 2)
    }

    private var targets: Targets { .values(t, columns: 2 * CarriedStatesTests.steps) }

    /// Two recurrent layers, and outputs at every step.
    private func makeNetwork(seed: UInt64 = 1) throws -> Network {
        var architecture = try Architecture(inputs: CarriedStatesTests.steps * CarriedStatesTests.channels)
        try architecture.reshape(Shape([CarriedStatesTests.steps, CarriedStatesTests.channels]))
        try architecture.recurrent(RecurrentSettings(.lstm(hasPeepholes: true), units: 7), name: "lstm")
        try architecture.recurrent(RecurrentSettings(.gru(resetsFirst: true), units: 6), name: "gru")
        try architecture.dense(2)
        return try Network(architecture, seed: seed)
    }

    private func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
        var options = TrainingOptions(cost: .meanSquaredError())
        (options.carriesStates, options.shuffles, options.batchSize) = (true, false, CarriedStatesTests.rows)
        options.epochs = 2
        change(&options)
        return options
    }

    private func makeTrainer(
        _ network: Network, rate: Float = 0.02, _ change: (inout TrainingOptions) -> Void = { _ in }
    ) throws -> Trainer {
        try Trainer(
            network, optimizer: Optimizer(Adam(), learningRate: rate, for: network), options: options(change))
    }

    // MARK: Numbers

    private struct Golden: Decodable {
        let rows, steps, channels, lstmUnits, gruUnits, outputs: Int
        let rate: Float
        let parameters, x, targets: [Float]
        let after: [[Double]]
    }

    /// PyTorch's parameters after each epoch (carried.json, which make_carried.py wrote).
    @Test func isAsPyTorchHasIt() throws {
        let url = try #require(Bundle.module.url(forResource: "carried", withExtension: "json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let golden = try decoder.decode(Golden.self, from: Data(contentsOf: url))
        var architecture = try Architecture(inputs: golden.steps * golden.channels)
        try architecture.reshape(Shape([golden.steps, golden.channels]))
        try architecture.recurrent(RecurrentSettings(.lstm(hasPeepholes: false), units: golden.lstmUnits))
        try architecture.recurrent(RecurrentSettings(.gru(resetsFirst: false), units: golden.gruUnits))
        try architecture.dense(golden.outputs)
        let network = try Network(architecture, seed: 1)
        network.setParameters(golden.parameters)
        let trainer = try Trainer(
            network, optimizer: Optimizer(GradientDescent(), learningRate: golden.rate, for: network),
            options: options {
                $0.batchSize = golden.rows
                $0.epochs = 1
            })
        for (epoch, after) in golden.after.enumerated() {
            try trainer.setEpochs(epoch + 1)
            try trainer.fit(golden.x, targets: .values(golden.targets, columns: golden.steps * golden.outputs))
            expectClose(network.parameterVector, after, absolute: 2e-6, "epoch \(epoch + 1)")
        }
    }

    @Test(arguments: [2, 3]) func threadsChangeNoBit(_ threads: Int) throws {
        func fit(_ threads: Int) throws -> [UInt32] {
            let network = try makeNetwork()
            let trainer = try makeTrainer(network) { $0.threads = threads }
            try trainer.fit(x, targets: targets)
            return bits(network.parameterVector + trainer.carriedStates!.first.elements)
        }
        #expect(try fit(threads) == fit(1))
    }

    /// The states after some batches are those of one long sequence. Large batches go through the passes in pieces; a row of
    /// fewer steps ends with its own last.
    @Test func batchesAreOneSequence() throws {
        let (steps, units, rows) = (300, 64, 40)
        func network(_ steps: Int, hasLengths: Bool) throws -> Network {
            var architecture = try Architecture(inputs: steps + (hasLengths ? 1 : 0))
            try architecture.input("x", Shape([steps, 1]))
            if hasLengths { try architecture.input("n", Shape([1])) }
            var settings = RecurrentSettings(.lstm(hasPeepholes: false), units: units)
            settings.givesSequence = false
            try architecture.recurrent(settings, input: "x", lengths: hasLengths ? "n" : nil)
            return try Network(architecture, seed: 4)
        }
        var noise = Noise(22)
        let sequences = (0..<rows).map { _ in noise.floats(2 * steps) }
        let lengths = (0..<rows).map { 1 + $0 * 37 % steps }
        for hasLengths in [false, true] {
            let trained = try network(steps, hasLengths: hasLengths)
            #expect(trained.plan.gradientRows(of: rows, .meanSquaredError()) < rows)
            let before = trained.parameterVector
            let trainer = try Trainer(
                trained, optimizer: Optimizer(GradientDescent(), learningRate: 1e-30, for: trained),
                options: options { $0.batchSize = rows })
            for batch in 0..<2 {
                let x = sequences.enumerated().flatMap { row, sequence in
                    sequence[batch * steps..<(batch + 1) * steps]
                        + (hasLengths ? [Float(batch == 0 ? lengths[row] : 1)] : [])
                }
                try trainer.partialFit(
                    x, targets: .values([Float](repeating: 0, count: rows * units), columns: units))
            }
            #expect(trained.parameterVector == before)
            let states = try #require(trainer.carriedStates?.rows(ofLayer: hasLengths ? 2 : 1)?.first)
            for row in 0..<rows {
                let first = sequences[row][0..<(hasLengths ? lengths[row] : steps)]
                let sequence = first + sequences[row][steps..<(hasLengths ? steps + 1 : 2 * steps)]
                let whole = try network(sequence.count, hasLengths: false)
                whole.setParameters(before)
                let h = try whole.predict(Array(sequence))
                #expect(states.row(row).columns(from: 0, count: units).elements == h, "row \(row)")
            }
        }
    }

    /// Validation begins with 0, and leaves the states alone.
    @Test func validationCarriesNothing() throws {
        let (network, other) = (try makeNetwork(), try makeNetwork())
        let validated = try makeTrainer(network)
        let history = try validated.fit(x, targets: targets, validation: (x, targets))
        try makeTrainer(other).fit(x, targets: targets)
        #expect(bits(network.parameterVector) == bits(other.parameterVector))
        let cost = try network.evaluate(.meanSquaredError(), x, targets: targets).cost
        #expect(history[1].validation?.cost == cost)
    }

    // MARK: Going on

    @Test func partsAreAnEpoch() throws {
        let (whole, inParts) = (try makeNetwork(), try makeNetwork())
        try makeTrainer(whole) { $0.epochs = 2 }.fit(x, targets: targets)
        let trainer = try makeTrainer(inParts)
        let (inputs, outputs) = (x.count / CarriedStatesTests.batches, t.count / CarriedStatesTests.batches)
        for _ in 0..<2 {
            try trainer.resetStates()
            for batch in 0..<CarriedStatesTests.batches {
                try trainer.partialFit(
                    Array(x[batch * inputs..<(batch + 1) * inputs]),
                    targets: .values(
                        Array(t[batch * outputs..<(batch + 1) * outputs]), columns: 2 * CarriedStatesTests.steps))
            }
        }
        #expect(bits(inParts.parameterVector) == bits(whole.parameterVector))
        // Without the reset the second epoch begins otherwise.
        let other = try makeNetwork()
        let going = try makeTrainer(other)
        for _ in 0..<2 { try going.partialFit(x, targets: targets) }
        #expect(other.parameterVector != whole.parameterVector)
    }

    /// Stopped after any batch, and continued by the same trainer or, from a checkpoint, by another.
    @Test func stoppedAndContinued() throws {
        let whole = try makeNetwork()
        try makeTrainer(whole).fit(x, targets: targets)
        for batch in 1...2 * CarriedStatesTests.batches {
            var left = batch
            let network = try makeNetwork()
            let trainer = try makeTrainer(network) {
                $0.onBatch = { _ in
                    left -= 1
                    return left != 0
                }
            }
            expectError(.cancelled) { try trainer.fit(x, targets: targets) }
            let saved = try trainer.savedBytes()
            try trainer.fit(x, targets: targets)
            #expect(bits(network.parameterVector) == bits(whole.parameterVector), "batch \(batch)")
            let other = try makeNetwork(seed: 5)
            let loading = try makeTrainer(other)
            try loading.load(savedBytes: saved)
            try loading.fit(x, targets: targets)
            #expect(bits(other.parameterVector) == bits(whole.parameterVector), "batch \(batch)")
        }
    }

    /// A batch that takes no step leaves the states of the batch before.
    @Test func failedBatches() throws {
        let network = try makeNetwork()
        let trainer = try makeTrainer(network)
        try trainer.partialFit(x, targets: targets)
        let before = trainer.carriedStates!.first.elements
        #expect(before.contains { $0 != 0 })
        let cancellation = Cancellation()
        cancellation.set()
        cancellation.watch {
            expectError(.cancelled) { try trainer.partialFit(x, targets: targets) }
        }
        let large = [Float](repeating: 1e30, count: t.count)
        expectError(.notFinite) {
            try trainer.partialFit(x, targets: .values(large, columns: 2 * CarriedStatesTests.steps))
        }
        #expect(bits(trainer.carriedStates!.first.elements) == bits(before))
    }

    @Test func alteredCheckpoints() throws {
        let trainer = try makeTrainer(makeNetwork())
        try trainer.partialFit(x, targets: targets)
        let saved = try trainer.savedBytes()
        let without = try makeTrainer(makeNetwork()) { $0.carriesStates = false }
        expectError(.mismatch, "carry_states true; the trainer has false") { try without.load(savedBytes: saved) }
        expectError(.mismatch, "carry_states false; the trainer has true") {
            try trainer.load(savedBytes: without.savedBytes())
        }
        trainer.carriedStates!.first[0, 3] = .nan
        let damaged = try trainer.savedBytes()
        let other = try makeTrainer(makeNetwork())
        expectError(.format, "element 3 of 'carried' is nan") { try other.load(savedBytes: damaged) }
        #expect(other.carriedStates!.first.elements.allSatisfy { $0 == 0 })
    }

    // MARK: Errors

    @Test func refusedNetworks() throws {
        func refuse(_ message: String, _ describe: (inout Architecture) throws -> Void) throws {
            var architecture = try Architecture(inputs: 12)
            try architecture.reshape(Shape([4, 3]), name: "x")
            try describe(&architecture)
            let network = try Network(architecture, seed: 1)
            expectError(.mismatch, message) { _ = try makeTrainer(network) }
        }
        try refuse("the network has no recurrent layer") { try $0.dense(2) }
        try refuse("gru 'b_backward' goes backwards") {
            try $0.bidirectional(RecurrentSettings(.gru(resetsFirst: false), units: 2), name: "b")
        }
        try refuse("rnn 'r' reads its first state") {
            try $0.parameter(Shape([2]), name: "first")
            try $0.recurrent(
                RecurrentSettings(.simple(rectifies: false), units: 2), name: "r", input: "x", initialState: "first")
        }
    }

    @Test func refusedCalls() throws {
        let network = try makeNetwork()
        expectError(.value, "the rows cannot be shuffled") { _ = try makeTrainer(network) { $0.shuffles = true } }
        expectError(.memory, "the states of a batch") { _ = try makeTrainer(network) { $0.batchSize = 1 << 50 } }
        let trainer = try makeTrainer(network)
        let width = CarriedStatesTests.steps * CarriedStatesTests.channels
        let fewer = 2 * CarriedStatesTests.rows - 1
        let some = Targets.values(
            Array(t[0..<fewer * 2 * CarriedStatesTests.steps]), columns: 2 * CarriedStatesTests.steps)
        let message = "there are 79 rows to train on; carrying states takes whole batches of 40"
        expectError(.size, message) { try trainer.fit(Array(x[0..<fewer * width]), targets: some) }
        expectError(.size, message) { try trainer.partialFit(Array(x[0..<fewer * width]), targets: some) }
        let source = DataSource(targets: .values(columns: 2 * CarriedStatesTests.steps)) { request, x, values, _, _ in
            for index in 0..<x.count { x[index] = 0.5 }
            for index in 0..<values.count { values[index] = 0.5 }
            return request.firstRow == 0 ? 40 : 39
        }
        expectError(.callback, "the data source: there are 39 rows") { try trainer.fit(source) }
        #expect(trainer.optimizer.steps == 1)
        let without = try makeTrainer(network) { $0.carriesStates = false }
        expectError(.mismatch, "the trainer does not carry states") { try without.resetStates() }
        weak var running: Trainer?
        let busy = try makeTrainer(network) {
            $0.onBatch = { _ in
                expectError(.busy, "the trainer is training") { try running?.resetStates() }
                return false
            }
        }
        running = busy
        expectError(.cancelled) { try busy.fit(x, targets: targets) }
    }
}
