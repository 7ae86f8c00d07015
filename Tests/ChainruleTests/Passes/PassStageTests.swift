import KernelDispatch
import Testing

@testable import Chainrule

/// Threads share large layers by units and small ones by rows. Whatever they share, the results are those of one thread.
@Suite struct PassStageTests {
    /// Networks whose layers of 128 units are shared by units, and the stages that follow.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let network: TestNetwork
        let sharesUnits: [Bool]
        let stages: [PassStage]
        var cost = Cost.meanSquaredError()
    }

    static let cases = [
        Case(
            testDescription: "a row of layers",
            network: TestNetwork(
                inputs: 300,
                [
                    .dense("a", 128, .tanh, from: "input"), .dense("b", 128, .gelu, from: "a"),
                    .dense("c", 5, .identity, from: "b"),
                ]),
            sharesUnits: [true, true, false],
            stages: [
                .forward(0), .forward(1), .rows(copies: false, forward: 2..<3, cost: true, backward: 1..<3),
                .inputDelta(1, signal: true),
            ]),
        Case(
            testDescription: "two layers that read the input",
            network: TestNetwork(
                inputs: 300,
                [
                    .dense("a", 128, .relu, from: "input"), .dense("b", 128, .identity, from: "input"),
                    .concatenation("c", of: "a", "b"), .dense("d", 5, .identity, from: "c"),
                ]),
            sharesUnits: [true, true, false, false],
            stages: [
                .forward(0), .forward(1), .rows(copies: false, forward: 2..<4, cost: true, backward: 0..<4),
            ]),
        Case(
            testDescription: "two layers that read a third",
            network: TestNetwork(
                inputs: 300,
                [
                    .dense("a", 128, .silu, from: "input"), .dense("b", 128, .tanh, from: "a"),
                    .dense("c", 128, .softplus, from: "a"), .sum("d", of: "b", "c"),
                    .dense("e", 5, .identity, from: "d"),
                ]),
            sharesUnits: [true, true, true, false, false],
            stages: [
                .forward(0), .forward(1), .forward(2),
                .rows(copies: false, forward: 3..<5, cost: true, backward: 2..<5), .inputDelta(2, signal: false),
                .rows(copies: false, forward: 0..<0, cost: false, backward: 1..<2), .inputDelta(1, signal: true),
            ]),
        Case(
            testDescription: "small layers, softmax and large layers in turn",
            network: TestNetwork(
                inputs: 40,
                [
                    .dense("a", 160, .softmax, from: "input"), .dense("b", 128, .selu, from: "a"),
                    .dense("c", 20, .elu(), from: "b"), .dense("d", 160, .sigmoid, from: "c"),
                    .dense("e", 128, .leakyReLU(), from: "d"), .dense("f", 3, .identity, from: "e"),
                ]),
            sharesUnits: [false, true, false, false, true, false],
            stages: [
                .rows(copies: false, forward: 0..<1, cost: false, backward: 0..<0), .forward(1),
                .rows(copies: false, forward: 2..<4, cost: false, backward: 0..<0), .forward(4),
                .rows(copies: false, forward: 5..<6, cost: true, backward: 4..<6), .inputDelta(4, signal: false),
                .rows(copies: false, forward: 0..<0, cost: false, backward: 1..<4), .inputDelta(1, signal: false),
                .rows(copies: false, forward: 0..<0, cost: false, backward: 0..<1),
            ]),
        Case(
            testDescription: "the output's units",
            network: TestNetwork(inputs: 300, [.dense("a", 128, .sigmoid, from: "input")]),
            sharesUnits: [true],
            stages: [.forward(0), .rows(copies: false, forward: 1..<1, cost: true, backward: 0..<1)],
            cost: .binaryCrossEntropy()),
    ]

    @Test(arguments: cases) func largeLayersAreSharedByUnits(_ test: Case) throws {
        let network = try Network(test.network.architecture, seed: 1)
        let shares = network.plan.sharesUnits(rows: 40, threads: 2)
        #expect(shares == test.sharesUnits)
        #expect(
            PassStage.stages(
                network.plan, sharesUnits: shares, copiesRows: false, hasGradients: shares.map { _ in false })
                == test.stages)
        #expect(network.plan.sharesUnits(rows: 40, threads: 1) == shares.map { _ in false })
        #expect(network.plan.sharesUnits(rows: 40, threads: 5) == shares.map { _ in false })
    }

    /// At several positions a layer has more numbers than weights, and is shared by rows.
    @Test func layersWithPositionsAreSharedByRows() throws {
        var architecture = try Architecture(inputs: 512)
        try architecture.reshape(Shape([2, 256]))
        try architecture.dense(64)
        #expect(try Network(architecture, seed: 1).plan.sharesUnits(rows: 16, threads: 2) == [false, false])
    }

    /// The copies of x come first: before a layer that is shared by units, in a stage of their own.
    @Test func rowsAreCopiedInTheFirstStage() throws {
        for test in PassStageTests.cases {
            let stages = try PassStage.stages(
                Plan(test.network.architecture), sharesUnits: test.sharesUnits, copiesRows: true,
                hasGradients: test.sharesUnits.map { _ in false })
            let copying = stages.indices.filter {
                if case .rows(copies: true, _, _, _) = stages[$0] { true } else { false }
            }
            #expect(copying == [0])
        }
        let none = try PassStage.stages(
            Plan(PassStageTests.cases[0].network.architecture), sharesUnits: [false, false, false], copiesRows: true,
            hasGradients: [false, false, false])
        #expect(none == [.byRows(layers: 3, copiesRows: true)])
    }

    /// Gradients follow each layer's backward pass, together with those of layers after it that are missing.
    @Test func gradientsByLayer() throws {
        var architecture = try Architecture(inputs: 36)
        try architecture.reshape(Shape([6, 6, 1]))
        try architecture.convolution(ConvolutionSettings(4, WindowSettings([3, 3])))
        try architecture.normalization(.batch(momentum: 0.1))
        try architecture.activation(.relu)
        try architecture.reshape()
        try architecture.dense(3)
        let shares = [false, false, true, false, false, false]
        let stages = try PassStage.stages(
            Plan(architecture), sharesUnits: shares, copiesRows: true,
            hasGradients: [false, true, false, false, false, true])
        #expect(
            stages == [
                .rows(copies: true, forward: 0..<2, cost: false, backward: 0..<0), .forward(2),
                .rows(copies: false, forward: 3..<6, cost: true, backward: 5..<6), .gradients(5..<6),
                .rows(copies: false, forward: 0..<0, cost: false, backward: 2..<5), .inputDelta(2, signal: false),
                .rows(copies: false, forward: 0..<0, cost: false, backward: 1..<2), .gradients(1..<5),
                .rows(copies: false, forward: 0..<0, cost: false, backward: 0..<1),
            ])
    }

    @Test(arguments: cases, [2, 3]) func anyNumberOfThreadsGivesTheSameBits(_ test: Case, threads: Int) throws {
        var noise = Noise(1)
        // Batches of 40, the last of 30: with a group of rows that is not whole.
        let rows = 110
        let x = noise.floats(rows * test.network.inputs)
        let outputs = try test.network.architecture.nodes.last!.width
        let targets = Targets.values(
            noise.floats(rows * outputs, in: 0...1), columns: outputs, weights: noise.floats(rows, in: 0.5...2))
        func fit(_ level: InstructionSetLevel, threads: Int, shuffles: Bool, _ regularization: Regularization) throws
            -> ([UInt32], [Double])
        {
            let network = try Network(test.network.architecture, seed: 2, level: level)
            var options = TrainingOptions(cost: test.cost)
            options.epochs = 2
            options.batchSize = 40
            options.shuffles = shuffles
            options.threads = threads
            let optimizer = try Optimizer(
                Adam(), learningRate: 0.01, regularization: regularization, for: network)
            let epochs = try network.fit(x, targets: targets, optimizer: optimizer, options: options)
            return (bits(network.parameterVector), epochs.map { $0.cost })
        }
        for level in supportedLevels {
            for shuffles in [true, false] {
                for regularization in [Regularization(), Regularization(l2: 0.01), Regularization(clipNorm: 0.5)] {
                    let alone = try fit(level, threads: 1, shuffles: shuffles, regularization)
                    let shared = try fit(level, threads: threads, shuffles: shuffles, regularization)
                    let isSame = shared.0 == alone.0
                    #expect(isSame, "\(level), \(shuffles), \(regularization)")
                    #expect(shared.1 == alone.1, "\(level), \(shuffles), \(regularization)")
                }
            }
        }
    }

    /// Layers whose products overflow end training with the error of one thread, and leave the same parameters.
    @Test(arguments: [cases[1], cases[2]]) func anOverflowIsTheSameError(_ test: Case) throws {
        var noise = Noise(3)
        let x = noise.floats(40 * test.network.inputs, in: 1e38...3e38)
        let outputs = try test.network.architecture.nodes.last!.width
        let targets = Targets.values(noise.floats(40 * outputs, in: 0...1), columns: outputs)
        func fit(threads: Int) throws -> (error: ChainruleError?, parameters: [UInt32]) {
            let network = try Network(test.network.architecture, seed: 2)
            var options = TrainingOptions(cost: test.cost)
            options.batchSize = 40
            options.threads = threads
            let optimizer = try Optimizer(GradientDescent(), learningRate: 1, for: network)
            do throws(ChainruleError) {
                _ = try network.fit(x, targets: targets, optimizer: optimizer, options: options)
                return (nil, bits(network.parameterVector))
            } catch {
                return (error, bits(network.parameterVector))
            }
        }
        let (alone, shared) = (try fit(threads: 1), try fit(threads: 2))
        let error = try #require(alone.error)
        #expect(error.code == .notFinite)
        #expect(shared.error?.code == error.code)
        #expect(shared.error?.message == error.message)
        let isSame = shared.parameters == alone.parameters
        #expect(isSame)
    }
}
