import Foundation
import Testing

@testable import Chainrule

/// The share of an epoch's rows that were right as they were trained, against ``Network/evaluate(_:_:targets:top:)``.
@Suite struct TrainingAccuracyTests {
    private static let rows = 75
    private var noise = Noise(91)

    private func makeNetwork(outputs: Int = 3) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(5, .tanh, name: "a")
        try architecture.dense(outputs, outputs == 1 ? .sigmoid : .identity, name: "b")
        return try Network(architecture, seed: 7)
    }

    private func options(_ cost: Cost, batch: Int, epochs: Int = 1) -> TrainingOptions {
        var options = TrainingOptions(cost: cost)
        options.epochs = epochs
        options.batchSize = batch
        options.shuffles = false
        return options
    }

    private func fit(
        _ network: Network, _ x: [Float], _ targets: Targets, _ options: TrainingOptions, rate: Float = 0.1
    ) throws -> [Epoch] {
        try network.fit(
            x, targets: targets, optimizer: Optimizer(GradientDescent(), learningRate: rate, for: network),
            options: options)
    }

    private mutating func targets(of cost: Cost, outputs: Int) -> [Targets] {
        let (values, rows) = (noise.floats(TrainingAccuracyTests.rows * outputs, in: 0...1), TrainingAccuracyTests.rows)
        let soft = Targets.values(targetValues(of: cost, values, columns: outputs), columns: outputs)
        guard cost.acceptsClasses else { return [soft] }
        return [soft, .classes(noise.classes(rows, below: Int32(outputs)))]
    }

    /// Widths around the four elements that are compared at once.
    @Test(arguments: 1...9) mutating func anEpochOfOneBatchIsWhatEvaluateSaysBefore(outputs: Int) throws {
        let (rows, x) = (TrainingAccuracyTests.rows, noise.floats(TrainingAccuracyTests.rows * 3))
        let costs: [Cost] =
            outputs == 1 ? [.binaryCrossEntropy()] : [.crossEntropy(), .binaryCrossEntropyOfLogits(.sum)]
        for cost in costs {
            for var targets in targets(of: cost, outputs: outputs) {
                for weights in [nil, noise.floats(rows, in: 0...1)] {
                    targets.weights = weights
                    let network = try makeNetwork(outputs: outputs)
                    let expected = try #require(network.evaluate(cost, x, targets: targets).accuracy)
                    let found = try #require(fit(network, x, targets, options(cost, batch: rows))[0].accuracy)
                    #expect((found - expected).magnitude < 1e-12, "\(cost.identifier) of \(outputs): \(found)")
                    #expect(weights != nil || found == expected)
                }
            }
        }
    }

    /// Each batch as it was before its step, with the weights of its rows and of their classes.
    @Test mutating func batchesAreAddedByWeight() throws {
        let (batch, classWeights) = (20, [2, 0.5, 1] as [Float])
        let (x, classes) = (noise.floats(60 * 3), noise.classes(60, below: 3))
        let weights = noise.floats(60, in: 0...2)
        func rows(from first: Int) -> ([Float], Targets, Double) {
            let products = (first..<first + batch).map { weights[$0] * classWeights[Int(classes[$0])] }
            return (
                Array(x[first * 3..<(first + batch) * 3]),
                .classes(Array(classes[first..<first + batch]), weights: products),
                products.reduce(0) { $0 + Double($1) }
            )
        }
        let network = try makeNetwork()
        var (right, all, first) = (0.0, 0.0, 0)
        func note() throws {
            let (x, targets, weight) = rows(from: first)
            right += try #require(network.evaluate(.crossEntropy(), x, targets: targets).accuracy) * weight
            all += weight
            first += batch
        }
        try note()
        var options = options(.crossEntropy(), batch: batch)
        options.classWeights = classWeights
        options.onBatch = { _ in
            if first < 60 { #expect(throws: Never.self) { try note() } }
            return true
        }
        let epoch = try fit(network, x, .classes(classes, weights: weights), options, rate: 1)[0]
        #expect(first == 60 && right > 0 && right < all)
        #expect((try #require(epoch.accuracy) - right / all).magnitude < 1e-12)
        // A row without weight is neither right nor wrong.
        let alone = try fit(
            try makeNetwork(), x, .classes(classes, weights: [1] + [Float](repeating: 0, count: 59)), options)[0]
        #expect(alone.accuracy == 0 || alone.accuracy == 1)
    }

    @Test mutating func costsThatDecideNothingHaveNone() throws {
        let (x, targets) = (noise.floats(60), Targets.values(noise.floats(60), columns: 3))
        let custom = CustomCost { y, targets, _, rows, columns, gradient throws(ChainruleError) in
            for index in 0..<rows * columns { gradient[index] = y[index] - targets[index] }
            return 0
        }
        for cost in [Cost.meanSquaredError(), .meanAbsoluteError(), try .huber(), Cost(custom: custom)] {
            #expect(try fit(makeNetwork(), x, targets, options(cost, batch: 8))[0].accuracy == nil)
        }
    }

    /// In as many pieces, and by as many threads, as there may be; in the order of the rows or not.
    @Test mutating func theThreadsDoNotMatter() throws {
        let rows = 2 * 1024 + 77
        let (x, classes) = (noise.floats(rows * 3), noise.classes(rows, below: 3))
        let weights = noise.floats(rows, in: 0...1)
        for batch in [100, rows] {
            for shuffles in [false, true] {
                var found: [[UInt64?]] = []
                for threads in 1...4 {
                    var options = options(.crossEntropy(), batch: batch, epochs: 3)
                    options.shuffles = shuffles
                    options.threads = threads
                    let history = try fit(makeNetwork(), x, .classes(classes, weights: weights), options)
                    found.append(history.map { $0.accuracy?.bitPattern })
                }
                #expect(Set(found).count == 1 && Set(found[0]).count == 3)
            }
        }
    }

    @Test mutating func partialFitAndSourcesHaveIt() throws {
        let (x, classes) = (noise.floats(60), noise.classes(20, below: 3))
        func trainer() throws -> Trainer {
            let network = try makeNetwork()
            return try Trainer(
                network, optimizer: Optimizer(GradientDescent(), learningRate: 0.1, for: network),
                options: options(.crossEntropy(), batch: 20))
        }
        let expected = try makeNetwork().evaluate(.crossEntropy(), x, targets: .classes(classes)).accuracy
        #expect(try trainer().partialFit(x, targets: .classes(classes)).accuracy == expected)
        let source = DataSource(targets: .classes) { request, row, _, target, _ throws(ChainruleError) in
            guard request.firstRow == 0 else { return 0 }
            for index in x.indices { row[index] = x[index] }
            for index in classes.indices { target[index] = classes[index] }
            return 20
        }
        #expect(try trainer().fit(source).map { $0.accuracy } == [expected])
    }

    /// Of equal outputs the first is the largest.
    @Test mutating func equalOutputs() throws {
        for columns in 1...9 {
            for _ in 0..<200 {
                var outputs = noise.classes(columns, below: 4).map { Float($0) - 1 }
                for target in 0..<columns {
                    let isRight = outputs.withUnsafeMutableBufferPointer { outputs in
                        [Int32(target)].withUnsafeBufferPointer { classes in
                            Cost.Decision.largest.isRight(
                                Matrix(base: outputs.baseAddress!, rows: 1, columns: columns),
                                TargetView(classes: classes), row: 0)
                        }
                    }
                    #expect(isRight == (outputs.firstIndex(of: outputs.max()!) == target), "\(outputs) \(target)")
                }
            }
        }
    }

    /// An older checkpoint, saved in mid-epoch without counts: the epoch continues, with unknown accuracy.
    @Test mutating func checkpointsWithoutTheCounts() throws {
        let folder = try TemporaryFolder()
        let (x, classes) = (noise.floats(60), noise.classes(20, below: 3))
        func trainer(stopAfter batches: Int) throws -> Trainer {
            let network = try makeNetwork()
            var options = options(.crossEntropy(), batch: 4, epochs: 2)
            options.onBatch = { $0.batch != batches }
            return try Trainer(
                network, optimizer: Optimizer(GradientDescent(), learningRate: 0.1, for: network), options: options)
        }
        let interrupted = try trainer(stopAfter: 2)
        expectError(.cancelled) { try interrupted.fit(x, targets: .classes(classes)) }
        try interrupted.save(to: folder.path("new"))
        let bytes = try folder.read("new")
        let headerEnd = 8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = String(decoding: bytes[8..<headerEnd], as: UTF8.self)
        let member = try Regex(#"\\"(decided|right)_weight\\":\\"[0-9]+\\","#)
        let old = header.replacing(member, with: "")
        #expect(old.utf8.count < header.utf8.count - 40)
        let length = old.utf8.count
        try folder.write(
            (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(old.utf8) + bytes[headerEnd...],
            to: "old")
        for (name, isKnown) in [("new", true), ("old", false)] {
            let trainer = try trainer(stopAfter: .max)
            try trainer.load(from: folder.path(name))
            let epochs = try trainer.fit(x, targets: .classes(classes))
            #expect(epochs.map { $0.accuracy != nil } == [isKnown, true], "\(name)")
        }
    }
}
