import Chainrule
import Foundation
import KernelDispatch
import Testing

/// One seed gives one result, bit for bit: whatever the batch, the thread, and the run.
@Suite struct DeterminismTests {
    private let description = TestNetwork(
        inputs: 7,
        [
            .dense("a", 33, .tanh, from: "input"), .dense("b", 33, .gelu, from: "a"), .sum("c", of: "a", "b"),
            .concatenation("d", of: "c", "input"), .dense("e", 5, .logSoftmax, from: "d"),
        ])

    @Test func theSeedDecidesTheParameters() throws {
        let first = try Network(description.architecture, seed: 1).parameterVector
        #expect(try bits(first) == bits(Network(description.architecture, seed: 1).parameterVector))
        #expect(try bits(first) != bits(Network(description.architecture, seed: 2).parameterVector))
    }

    @Test func aRowIsPredictedTheSameInEveryBatch() throws {
        let network = try Network(description.architecture, seed: 3)
        var noise = Noise(3)
        // More rows than one prediction takes at a time.
        let x = noise.floats(150 * 7, in: -3...3)
        let y = bits(try network.predict(x))
        for row in 0..<150 {
            #expect(bits(try network.predict(Array(x[row * 7..<row * 7 + 7]))) == Array(y[row * 5..<row * 5 + 5]))
        }
        for (first, count) in [(0, 64), (1, 64), (10, 65), (63, 2), (140, 10), (5, 128)] {
            let part = try network.predict(Array(x[first * 7..<(first + count) * 7]))
            #expect(bits(part) == Array(y[first * 5..<(first + count) * 5]))
        }
        // A workspace for training computes the same.
        let workspace = try Workspace(for: network, maxRows: 150)
        try network.forward(x, in: workspace)
        #expect(try bits(workspace.values(of: "e", .activation)) == y)
    }

    @Test func eightThreadsPredictTheSame() async throws {
        let network = try Network(description.architecture, seed: 4)
        var noise = Noise(4)
        let x = noise.floats(70 * 7)
        let expected = bits(try network.predict(x))
        let results = Results()
        let threads = (0..<8).map { index in
            Thread {
                for _ in 0..<25 {
                    // Different numbers of rows, so that the threads' workspaces differ.
                    let rows = 70 - index
                    let y = try? network.predict(Array(x[0..<rows * 7]))
                    results.add(y.map { bits($0) == Array(expected[0..<rows * 5]) } ?? false)
                }
            }
        }
        for thread in threads { thread.start() }
        while threads.contains(where: { !$0.isFinished }) { try await Task.sleep(for: .milliseconds(1)) }
        #expect(results.all == [Bool](repeating: true, count: 200))
    }

    /// Passes with a workspace for each thread, too.
    @Test func eightThreadsDifferentiateTheSame() async throws {
        let network = try Network(description.architecture, seed: 5)
        var noise = Noise(5)
        let x = noise.floats(9 * 7)
        let targets = Targets.classes(noise.classes(9, below: 5))
        let (_, expected) = try network.valueAndGradient(.crossEntropy(), x, targets)
        try await withThrowingTaskGroup(of: [Float].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var last: [Float] = []
                    for _ in 0..<10 { last = try network.valueAndGradient(.crossEntropy(), x, targets).1 }
                    return last
                }
            }
            for try await gradients in group { #expect(bits(gradients) == bits(expected)) }
        }
    }

    @Test func fittingTwiceWithOneSeedGivesTheSameBits() throws {
        var noise = Noise(6)
        let x = noise.floats(50 * 7)
        let targets = Targets.classes(noise.classes(50, below: 5))
        func fit(seed: UInt64, _ method: any OptimizationMethod) throws -> [UInt32] {
            let network = try Network(description.architecture, seed: 6)
            var options = TrainingOptions(cost: .crossEntropy())
            options.epochs = 3
            options.batchSize = 16
            options.seed = seed
            try network.fit(
                x, targets: targets, optimizer: Optimizer(method, learningRate: 0.01, for: network), options: options)
            return bits(network.parameterVector)
        }
        for method in OptimizationMethods.all {
            let first = try fit(seed: 1, method)
            #expect(try fit(seed: 1, method) == first)
            #expect(try fit(seed: 2, method) != first)
        }
    }

    /// Rows, and then parameters, are shared among the threads; more threads than either has parts, too.
    @Test func fittingOnAnyNumberOfThreadsGivesTheSameBits() throws {
        var noise = Noise(8)
        let x = noise.floats(150 * 7)
        let weights = noise.floats(150, in: 0.5...2)
        let targets = Targets.classes(noise.classes(150, below: 5), weights: weights)
        func fit(threads: Int, batch: Int, _ method: any OptimizationMethod) throws -> ([UInt32], [Double]) {
            let network = try Network(description.architecture, seed: 8)
            var options = TrainingOptions(cost: .crossEntropy())
            options.epochs = 3
            options.batchSize = batch
            options.threads = threads
            let epochs = try network.fit(
                x, targets: targets, optimizer: Optimizer(method, learningRate: 0.01, for: network), options: options)
            return (bits(network.parameterVector), epochs.map { $0.cost })
        }
        for method in OptimizationMethods.all {
            for batch in [1, 16, 40, 150] {
                let alone = try fit(threads: 1, batch: batch, method)
                for threads in [2, 3, 7] {
                    let shared = try fit(threads: threads, batch: batch, method)
                    #expect(shared.0 == alone.0, "\(method.identifier), batches of \(batch), \(threads) threads")
                    #expect(shared.1 == alone.1, "\(method.identifier), batches of \(batch), \(threads) threads")
                }
            }
        }
    }

    /// Layers of shapes: rows alone and together, several threads, and every instruction set.
    @Test func everyLayerOfShapesIsDeterministic() throws {
        for (name, description) in TestNetwork.ofShapes {
            var noise = Noise(9)
            let architecture = try description.architecture
            let (inputs, outputs) = (architecture.inputs, architecture.outputs)
            let (x, t) = (noise.floats(40 * inputs), noise.floats(40 * outputs))
            func network(_ level: InstructionSetLevel = .best) throws -> Network {
                let network = try Network(architecture, seed: 9, level: level)
                network.setState()
                return network
            }
            let y = bits(try network().predict(x))
            for row in [0, 17, 39] {
                let alone = try network().predict(Array(x[row * inputs..<(row + 1) * inputs]))
                #expect(bits(alone) == Array(y[row * outputs..<(row + 1) * outputs]), "\(name)")
            }
            func fit(threads: Int, _ level: InstructionSetLevel = .best) throws -> [Float] {
                let network = try network(level)
                var options = TrainingOptions(cost: .meanSquaredError())
                (options.epochs, options.batchSize, options.threads) = (2, 20, threads)
                let optimizer = try Optimizer(Momentum(), learningRate: 0.01, for: network)
                try network.fit(x, targets: .values(t, columns: outputs), optimizer: optimizer, options: options)
                return network.numbers.elements
            }
            let alone = try fit(threads: 1)
            for threads in [2, 3] {
                #expect(try bits(fit(threads: threads)) == bits(alone), "\(name), \(threads) threads")
            }
            for level in supportedLevels {
                expectClose(
                    try network(level).predict(x), doubles(try network(.baseline).predict(x)), absolute: 2e-5,
                    "\(name): y")
                expectClose(try fit(threads: 1, level), doubles(alone), absolute: 1e-4, "\(name) with \(level): fitted")
            }
        }
    }

    /// Instruction sets round products differently (some once, some twice) and add in other orders: float32's rounding,
    /// 6e-8 of numbers near 1, times the few dozen terms of a sum.
    @Test func everyInstructionSetAgrees() throws {
        var noise = Noise(7)
        let x = noise.floats(37 * 7)
        let targets = Targets.classes(noise.classes(37, below: 5))
        func run(_ level: InstructionSetLevel) throws -> (
            start: [Float], y: [Float], gradients: [Float], fitted: [Float]
        ) {
            let network = try Network(description.architecture, seed: 7, level: level)
            let start = network.parameterVector
            let y = try network.predict(x)
            let gradients = try network.valueAndGradient(.crossEntropy(), x, targets).1
            var options = TrainingOptions(cost: .crossEntropy())
            options.epochs = 5
            options.batchSize = 10
            try network.fit(
                x, targets: targets, optimizer: Optimizer(Momentum(), learningRate: 0.05, for: network),
                options: options)
            return (start, y, gradients, network.parameterVector)
        }
        let baseline = try run(.baseline)
        for level in supportedLevels {
            let other = try run(level)
            #expect(bits(other.start) == bits(baseline.start))
            expectClose(other.y, doubles(baseline.y), absolute: 2e-6, "\(level): y")
            expectClose(other.gradients, doubles(baseline.gradients), absolute: 2e-6, "\(level): the gradient")
            // Twenty steps pass the differences on.
            expectClose(other.fitted, doubles(baseline.fitted), absolute: 2e-5, "\(level): the fitted parameters")
        }
        #expect(
            bits(try run(InstructionSetLevel.best).y) == bits(try Network(description.architecture, seed: 7).predict(x))
        )
    }
}

/// What threads report.
private final class Results: @unchecked Sendable {
    private let lock = NSLock()
    private var results: [Bool] = []

    func add(_ result: Bool) { lock.withLock { results.append(result) } }

    var all: [Bool] { lock.withLock { results } }
}
