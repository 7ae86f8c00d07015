import Foundation
import Testing

@testable import Chainrule

/// Whatever can be built and trained can be saved and read back, to the last bit; and what a file cannot hold is refused when it is
/// saved, with the old file as it was.
@Suite struct SavedIsLoadedTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Numbers at the ends of what `Float` has, as far as a layer takes them.
    private static let extremes: [Float] = [
        0, -0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, 1e-10, 0.1, 0.99999994, 1, 1.0000001, 16_777_216, 1e22,
        1.2345679e23,
        .greatestFiniteMagnitude,
    ]

    private static let names = [
        "a", "0", "-", "_", "9999", "bias", "weight", "best", "optimizer", "__metadata__", "inputs", "Input", "null",
        String(repeating: "n", count: 63),
    ]

    private func text(of network: Network) -> String {
        var json = JSONWriter()
        network.architecture.encode(to: &json)
        return json.text
    }

    private func expectSavedIsLoaded(_ architecture: Architecture, memoryLimit: Int? = nil) throws {
        let network = try Network(architecture, seed: 8)
        try network.save(to: folder.path("model"))
        let loaded = try Network(contentsOf: folder.path("model"), memoryLimit: memoryLimit)
        #expect(bits(loaded.parameterVector) == bits(network.parameterVector))
        #expect(text(of: loaded) == text(of: network))
    }

    @Test func layersWithExtremeNumbers() throws {
        for value in SavedIsLoadedTests.extremes {
            for activation in [Activation.elu(alpha: value), .leakyReLU(alpha: value)] {
                var architecture = try Architecture(inputs: 1)
                try architecture.dense(1, activation)
                try architecture.activation(activation)
                try architecture.noise(deviation: value)
                try architecture.dropout(value < 1 ? value : 0)
                try expectSavedIsLoaded(architecture)
            }
        }
    }

    @Test func shapes() throws {
        var architecture = try Architecture(inputs: 24)
        for extents in [[24], [24, 1], [2, 3, 4], [1, 2, 3, 4]] { try architecture.reshape(Shape(extents)) }
        try architecture.dense(5)
        try architecture.reshape()
        try expectSavedIsLoaded(architecture)
    }

    @Test func extremeNames() throws {
        var architecture = try Architecture(inputs: 2)
        for name in SavedIsLoadedTests.names { try architecture.dense(2, name: name) }
        try architecture.sum(of: SavedIsLoadedTests.names + ["input", "input"], name: "sum")
        try architecture.concatenation(of: SavedIsLoadedTests.names + ["input", "sum"])
        try expectSavedIsLoaded(architecture)
        let network = try Network(architecture, seed: 8)
        for method in OptimizationMethods.all {
            let trainers = try (0..<2).map { _ in
                try Trainer(
                    network, optimizer: Optimizer(method, learningRate: 1e-3, for: network),
                    options: TrainingOptions(cost: .meanSquaredError()))
            }
            try trainers[0].save(to: folder.path("checkpoint"))
            try trainers[1].load(from: folder.path("checkpoint"))
        }
    }

    /// The most layers, and the most that one reads.
    @Test func theMostLayers() throws {
        var architecture = try Architecture(inputs: 1)
        for _ in 0..<Architecture.mostLayers - 1 { try architecture.activation(.identity) }
        try architecture.sum(of: [String](repeating: "9998", count: Architecture.mostInputs))
        expectError(.size, "10000 layers") { try architecture.activation(.identity) }
        try expectSavedIsLoaded(architecture)
    }

    /// 1,000 layers with names of 63 bytes, and 260 sums of all of them: more than a header holds. The largest that fits loads.
    /// Only with the optimizer, which has the same checks: without, it takes a minute.
    @Test(.enabled(if: isOptimized)) func aDescriptionThatIsTooLong() throws {
        func architecture(sums: Int) throws -> Architecture {
            var architecture = try Architecture(inputs: 1)
            let names = (0..<1000).map { String(repeating: "n", count: 59) + "\(1000 + $0)" }
            for name in names { try architecture.activation(.identity, name: name, input: "input") }
            for index in 0..<sums { try architecture.sum(of: names, name: "s\(index)") }
            try architecture.sum(of: (0..<sums).map { "s\($0)" } + names)
            return architecture
        }
        let old = Array("the old file".utf8)
        try folder.write(old, to: "model")
        let network = try Network(architecture(sums: 260), seed: 1)
        let trainer = try Trainer(
            network, optimizer: Optimizer(Adam(), learningRate: 0.1, for: network),
            options: TrainingOptions(cost: .meanSquaredError()))
        for save in [{ try network.save(to: folder.path("model")) }, { try trainer.save(to: folder.path("model")) }] {
            expectError(.size, "1261 layers", "16000000 bytes") { try save() }
        }
        #expect(try folder.read("model") == old)
        #expect(try folder.files == ["model"])
        try expectSavedIsLoaded(architecture(sums: 230))
    }

    // MARK: Checkpoints

    private static let x: [Float] = [0, 0.5, 1, -1, 0.25, 2, -0.75, 1.5]
    private static let targets = Targets.values([0, 1, 1, 0], columns: 1)

    private static func makeTrainer(
        _ method: any OptimizationMethod, learningRate: Float = 0.01, regularization: Regularization = Regularization(),
        _ change: (inout TrainingOptions) -> Void = { _ in }
    ) throws -> Trainer {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(2, .sigmoid)
        try architecture.dense(1)
        let network = try Network(architecture, seed: 73)
        var options = TrainingOptions(cost: .meanSquaredError())
        options.epochs = 3
        options.batchSize = 2
        options.threads = 1
        change(&options)
        return try Trainer(
            network,
            optimizer: Optimizer(method, learningRate: learningRate, regularization: regularization, for: network),
            options: options)
    }

    /// Saves before training, in an epoch, after one and at the end; each is loaded, and saved again with the same bytes.
    private func expectCheckpointsLoad(_ what: String, _ make: ((inout TrainingOptions) -> Void) throws -> Trainer)
        throws
    {
        weak var saved: Trainer?
        var count = 0
        func save() throws {
            try saved?.save(to: folder.path("\(count)"))
            count += 1
        }
        let trainer = try make { options in
            options.onBatch = { _ in (try? save()) != nil }
            options.onEpoch = { _ in (try? save()) != nil }
        }
        saved = trainer
        try save()
        try trainer.fit(SavedIsLoadedTests.x, targets: SavedIsLoadedTests.targets)
        try save()
        #expect(count >= 4)
        for index in 0..<count {
            let other = try make { _ in }
            try other.load(from: folder.path("\(index)"))
            try other.save(to: folder.path("again"))
            #expect(try essence(of: "again") == essence(of: "\(index)"), "\(what), checkpoint \(index)")
        }
    }

    /// All of a checkpoint but the rate, which a schedule sets before each step, and the bounds of the optimizer's state, which
    /// loading may widen to what rounding made of the state.
    private func essence(of name: String) throws -> [UInt8] {
        let bytes = try folder.read(name)
        let end = 8 + bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let numbers = try Regex(#"\\"(learning_rate|state_bound_[0-9])\\":\\"[0-9]+\\""#)
        // Spaces at the end of a header make its length a multiple of 8.
        let header = String(decoding: bytes[8..<end], as: UTF8.self).replacing(#/ +$/#, with: "").replacing(
            numbers, with: "")
        return Array(header.utf8) + bytes[end...]
    }

    @Test func everyOptimizer() throws {
        for method in OptimizationMethods.all {
            var regularization = Regularization()
            (regularization.l1, regularization.l2) = (.leastNonzeroMagnitude, 1e-30)
            (regularization.clipNorm, regularization.clipValue) = (.greatestFiniteMagnitude, 1e38)
            for regularization in [Regularization(), regularization] {
                try expectCheckpointsLoad(method.identifier.description) { change in
                    try SavedIsLoadedTests.makeTrainer(method, regularization: regularization, change)
                }
            }
        }
    }

    @Test func schedulesWithExtremeNumbers() throws {
        var schedules =
            Schedules.all.map { Schedule($0) } + Schedules.all.map { Schedule($0, warmup: .max, perEpoch: true) }
        schedules.append(Schedule(StepSchedule(period: .max, factor: .leastNonzeroMagnitude)))
        schedules.append(Schedule(CosineSchedule(period: .max, periodFactor: .max, minRate: .greatestFiniteMagnitude)))
        for number in [0, 1, 1 << 31, 1 << 53 + 1, Int.max / 2, Int.max - 1, Int.max] {
            // The first epoch that is not better cools.
            schedules.append(
                Schedule(
                    .plateau(
                        Plateau(factor: .leastNonzeroMagnitude, patience: 0, threshold: 0.99999994, cooldown: number)),
                    warmup: number))
            schedules.append(Schedule(.plateau(Plateau(factor: 1, patience: number, minRate: .leastNonzeroMagnitude))))
        }
        for (index, schedule) in schedules.enumerated() {
            try expectCheckpointsLoad("schedule \(index)") { change in
                try SavedIsLoadedTests.makeTrainer(GradientDescent()) { options in
                    options.schedule = schedule
                    change(&options)
                }
            }
        }
    }

    @Test func optionsWithExtremeNumbers() throws {
        let huber = try Cost.huber(delta: .leastNormalMagnitude, .sum)
        for (index, extreme)
            in ([
                {
                    $0.epochs = 3; $0.patience = .max; $0.minDelta = .greatestFiniteMagnitude
                },
                {
                    $0.batchSize = .max; $0.epochs = 4
                },
                {
                    $0.batchSize = 1; $0.seed = .max; $0.shuffles = false
                },
                {
                    $0.validationSplit = 1 - 0x1p-53; $0.epochs = 4
                },
                {
                    $0.validationSplit = .leastNonzeroMagnitude; $0.epochs = 4
                },
                { $0.cost = huber },
            ] as [(inout TrainingOptions) -> Void]).enumerated()
        {
            try expectCheckpointsLoad("options \(index)") { change in
                try SavedIsLoadedTests.makeTrainer(Adam()) { options in
                    extreme(&options)
                    change(&options)
                }
            }
        }
    }

    /// Costs whose sum over an epoch overflows.
    @Test func costsThatOverflow() throws {
        let custom = CustomCost { _, _, _, _, _, gradient throws(ChainruleError) in
            for index in gradient.indices { gradient[index] = 0 }
            return 1e308
        }
        let cost = Cost(custom: custom)
        try expectCheckpointsLoad("a huge cost") { change in
            try SavedIsLoadedTests.makeTrainer(Adam()) { options in
                options.cost = cost
                change(&options)
            }
        }
    }

    // MARK: Memory

    /// 30 concatenations that double: 2,249 bytes that ask for 4 GiB and more to predict a row.
    @Test func aSmallFileThatAsksForMuch() throws {
        var architecture = try Architecture(inputs: 1)
        var last = "input"
        for index in 0..<30 {
            try architecture.concatenation(of: [last, last])
            last = "\(index)"
        }
        try Network(architecture, seed: 1).save(to: folder.path("model"))
        #expect(try folder.read("model").count < 4000)
        expectError(.memory, "limit of 67108864", folder.path("model")) {
            _ = try Network(contentsOf: folder.path("model"))
        }
        // Σ 2ⁱ floats for i = 0 … 30, whole lines of the cache each.
        let needed = 4 * ((0...30).reduce(0) { $0 + max(16, 1 << $1) })
        expectError(.memory, "need \(needed) bytes", "limit of \(needed - 1)") {
            _ = try Network(contentsOf: folder.path("model"), memoryLimit: needed - 1)
        }
        try expectSavedIsLoaded(architecture, memoryLimit: needed)
        try expectSavedIsLoaded(architecture, memoryLimit: .max)
    }

    /// A large file may ask for more: 16 times its length.
    @Test func aLargeFileMayAskForMore() throws {
        func architecture(_ copies: Int) throws -> Architecture {
            var architecture = try Architecture(inputs: 1 << 20)
            try architecture.concatenation(of: [String](repeating: "input", count: copies), name: "wide")
            try architecture.dense(1, input: "input", bias: false)
            try architecture.dropout(0, name: "out")
            try architecture.concatenation(of: ["wide", "out"])
            return architecture
        }
        // 4 MiB of parameters: with the input and twice what is joined, 64 MiB and no more.
        try expectSavedIsLoaded(architecture(6))
        try Network(architecture(8), seed: 1).save(to: folder.path("model"))
        expectError(.memory, "limit of 67") { _ = try Network(contentsOf: folder.path("model")) }
    }
}
