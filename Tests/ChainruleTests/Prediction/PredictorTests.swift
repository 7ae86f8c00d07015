import Chainrule
import KernelDispatch
import Testing

/// Networks of every form that predictors tell apart.
enum PredictedNetworks {
    /// Chains of dense layers, with widths below, at and above what vectors, panels and groups of panels hold.
    static let chains = [
        chain(2, 8, 1, .tanh), chain(64, 32, 10, .relu), chain(3, 300, 129, .relu), chain(5, 17, 33, .softmax),
        chain(300, 20, 47, .gelu), chain(256, 256, 256, .elu(alpha: 0.5)), chain(1, 1, 1, .identity),
        TestNetwork(inputs: 9, [.dense("a", 130, .relu, from: "input", bias: false)]),
        TestNetwork(
            inputs: 7,
            [
                .dense("a", 12, from: "input"), .activation("b", .silu, from: "a"),
                .dense("c", 100, .logSoftmax, from: "b"), .dense("d", 31, .relu, from: "c"),
                .dense("e", 6, from: "d"), .activation("f", .softmax, from: "e"),
            ]),
    ]

    /// What is no such chain.
    static let others = [
        TestNetwork(
            inputs: 6,
            [
                .dense("a", 20, .relu, from: "input"), .dense("b", 20, .tanh, from: "a"), .sum("s", of: "a", "b"),
                .concatenation("c", of: "s", "input", "b"), .dense("y", 9, .softmax, from: "c"),
            ]),
        TestNetwork(inputs: 5, [.activation("a", .relu, from: "input"), .dense("y", 3, .sigmoid, from: "a")]),
        TestNetwork(
            inputs: 5,
            [.dense("a", 4, .relu, from: "input"), .activation("b", .tanh, from: "a"), .dense("y", 3, from: "b")]),
        TestNetwork(inputs: 3, [.activation("a", .silu, from: "input")]),
        .shaped(.relu),
        // A wide operand at many positions, and a reshape that leaves a chain.
        TestNetwork(
            inputs: 900,
            [
                .reshape("s", [3, 300], from: "input"), .dense("a", 40, .softmax, from: "s"),
                .reshape("f", [120], from: "a"), .dense("b", 7, .tanh, from: "f"),
            ]),
        TestNetwork(
            inputs: 12,
            [
                .dense("a", 24, .relu, from: "input"), .reshape("s", [6, 4], from: "a"),
                .activation("b", .softmax, from: "s"),
                .reshape("f", [24], from: "b"), .dense("c", 5, from: "f"),
            ]),
        TestNetwork(
            inputs: 3, [.dense("a", 3, from: "input"), .activation("b", .relu, from: "a"), .sum("s", of: "a", "b")]),
        TestNetwork(
            inputs: 4,
            [.dense("a", 5, .custom, from: "input"), .dense("b", 6, from: "a"), .activation("c", .custom, from: "b")]),
    ]

    static let all = chains + others

    private static func chain(_ inputs: Int, _ hidden: Int, _ outputs: Int, _ activation: Activation) -> TestNetwork {
        TestNetwork(
            inputs: inputs,
            [.dense("hidden", hidden, activation, from: "input"), .dense("out", outputs, from: "hidden")])
    }
}

extension Activation {
    /// 2 z of the caller's own making.
    static var custom: Activation {
        Activation(
            custom: CustomActivation(
                value: { z, h, _, _ in for index in z.indices { h[index] = 2 * z[index] } },
                derivative: { z, _, slope, _, _ in for index in z.indices { slope[index] = 2 } }))
    }
}

@Suite struct PredictorTests {
    /// Below, at and above the heights of tiles and the sizes of groups.
    static let batches = [1, 2, 3, 4, 5, 6, 7, 13, 14, 15, 28, 29, 64, 300]

    @Test(arguments: supportedLevels) func float32HasTheBitsOfTheNetwork(level: InstructionSetLevel) throws {
        for description in PredictedNetworks.all {
            let network = try Network(description.architecture, seed: 3, level: level)
            let predictor = try Predictor(network, precision: .float32, level: level)
            #expect(predictor.inputs == network.inputs && predictor.outputs == network.outputs)
            var noise = Noise(4)
            for rows in PredictorTests.batches {
                let x = noise.floats(rows * network.inputs, in: -2...2)
                #expect(bits(try predictor.predict(x)) == bits(try network.predict(x)), "\(description) \(rows)")
            }
        }
    }

    /// Rows that lie apart, also by as much as makes them copied first; what lies between them is not touched.
    @Test(arguments: supportedLevels) func rowsMayLieApart(level: InstructionSetLevel) throws {
        for description in PredictedNetworks.chains {
            let network = try Network(description.architecture, seed: 3, level: level)
            let predictor = try Predictor(network, precision: .float32, level: level)
            var noise = Noise(5)
            for (rows, gap) in [(1, 3), (2, 1), (9, 256 - network.inputs % 256), (40, 7)] {
                let (xStride, yStride) = (network.inputs + gap, network.outputs + gap)
                let x = try FloatMemory(holding: noise.floats(rows * xStride))
                let y = try FloatMemory(holding: [Float](repeating: 77, count: rows * yStride))
                try predictor.predict(
                    Matrix(base: x.base, rows: rows, columns: network.inputs, stride: xStride),
                    into: Matrix(base: y.base, rows: rows, columns: network.outputs, stride: yStride))
                let close = Matrix(base: x.base, rows: rows, columns: network.inputs, stride: xStride).elements
                var expected = [Float](repeating: 77, count: rows * yStride)
                for (index, value) in try network.predict(close).enumerated() {
                    expected[index / network.outputs * yStride + index % network.outputs] = value
                }
                #expect(bits(Array(y.elements)) == bits(expected), "\(description) \(rows)")
            }
        }
    }

    @Test(arguments: Precision.allCases) func rowsAreIndependent(precision: Precision) throws {
        for level in supportedLevels {
            for description in PredictedNetworks.all {
                let network = try Network(description.architecture, seed: 3, level: level)
                let predictor = try Predictor(network, precision: precision, level: level)
                var noise = Noise(6)
                let x = noise.floats(120 * network.inputs, in: -2...2)
                let y = bits(try predictor.predict(x))
                for (first, count) in [(0, 1), (119, 1), (3, 2), (5, 3), (10, 4), (20, 17), (50, 70)] {
                    let part = try predictor.predict(
                        Array(x[first * network.inputs..<(first + count) * network.inputs]))
                    #expect(
                        bits(part) == Array(y[first * network.outputs..<(first + count) * network.outputs]),
                        "\(description) \(first) \(count)")
                }
            }
        }
    }

    @Test(arguments: Precision.allCases) func predictorKeepsNothingOfTheNetwork(precision: Precision) throws {
        var predictor: Predictor?
        var expected: [Float] = []
        let x = (0..<12).map { Float($0) / 8 - 0.5 }
        do {
            let network = try Network(PredictedNetworks.others[0].architecture, seed: 3)
            let before = network.parameterVector
            predictor = try Predictor(network, precision: precision)
            expected = try predictor!.predict(x)
            #expect(bits(network.parameterVector) == bits(before))
            network.setParameters([Float](repeating: 0, count: network.parameterCount))
            #expect(bits(try predictor!.predict(x)) == bits(expected))
            #expect(bits(try network.predict(x)) != bits(expected))
        }
        #expect(bits(try predictor!.predict(x)) == bits(expected))
    }

    @Test func notFiniteNumbersGoThrough() throws {
        for description in PredictedNetworks.all {
            let network = try Network(description.architecture, seed: 3)
            let predictor = try Predictor(network)
            var noise = Noise(7)
            for value in [Float.nan, .infinity, -.infinity] {
                var x = noise.floats(20 * network.inputs)
                x[3 * network.inputs] = value
                let (y, expected) = (try predictor.predict(x), try network.predict(x))
                for (index, (y, expected)) in zip(y, expected).enumerated() {
                    // Which of several NaN comes out of an operation is not told.
                    #expect(y.bitPattern == expected.bitPattern || y.isNaN && expected.isNaN, "\(description) \(index)")
                }
            }
        }
    }

    @Test func shapesAreChecked() throws {
        let predictor = try Predictor(Network(PredictedNetworks.chains[0].architecture, seed: 1))
        var y = [Float](repeating: 0, count: 2)
        func predict(_ x: [Float], rows: Int) throws {
            var span = y.mutableSpan
            try predictor.predict(x.span, rows: rows, into: &span)
        }
        expectError(.size, "x has 0 rows") { try predict([], rows: 0) }
        expectError(.size, "x holds 3 floats", "2 rows of 2 are 4") { try predict([1, 2, 3], rows: 2) }
        expectError(.size, "y holds 2 floats", "3 rows of 1 are 3") { try predict([1, 2, 3, 4, 5, 6], rows: 3) }
        try predict([1, 2, 3, 4], rows: 2)
    }

    @Test(arguments: Precision.allCases) func eightThreadsPredictTheSame(precision: Precision) async throws {
        for description in [PredictedNetworks.chains[2], PredictedNetworks.others[0]] {
            let network = try Network(description.architecture, seed: 3)
            let predictor = try Predictor(network, precision: precision)
            var noise = Noise(8)
            let x = noise.floats(150 * network.inputs)
            let expected = bits(try predictor.predict(x))
            await withTaskGroup(of: Bool.self) { group in
                for thread in 0..<8 {
                    group.addTask {
                        for round in 0..<10 {
                            let rows = 1 + (thread * 37 + round * 11) % 150
                            let y = try? predictor.predict(Array(x[0..<rows * predictor.inputs]))
                            guard let y, bits(y) == Array(expected[0..<rows * predictor.outputs]) else { return false }
                        }
                        return true
                    }
                }
                for await same in group { #expect(same) }
            }
        }
    }

    @Test func anErrorOfACustomActivationNamesTheLayer() throws {
        let failing = CustomActivation(
            value: { _, h, _, _ in for index in h.indices { h[index] = .nan } }, derivative: { _, _, _, _, _ in })
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(2, Activation(custom: failing), name: "broken")
        let predictor = try Predictor(Network(architecture, seed: 1))
        expectError(.callback, "layer 'broken'", "nan") { _ = try predictor.predict([1, 2]) }
    }
}
