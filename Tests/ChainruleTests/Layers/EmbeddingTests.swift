import Chainrule
import Testing

/// Embeddings and positions: what they refuse, and steps along gradients of few rows.
@Suite struct EmbeddingTests {
    /// Reads 6 tokens of 40.
    private func network(_ seed: UInt64 = 3) throws -> Network {
        var architecture = try Architecture(inputs: 6)
        try architecture.embedding(tokens: 40, width: 19, name: "e")
        try architecture.positions(name: "p")
        try architecture.dense(4, .tanh, name: "d")
        try architecture.reshape(nil, name: "r")
        try architecture.dense(2, name: "y")
        return try Network(architecture, seed: seed)
    }

    /// Tokens of half the table.
    private func tokens(_ rows: Int, _ noise: inout Noise) -> [Float] {
        noise.classes(rows * 6, below: 20).map { Float(2 * $0) }
    }

    @Test func looksUpRows() throws {
        let network = try network()
        let workspace = try Workspace(for: network, maxRows: 2)
        let x: [Float] = [3, 39, 0, 3, 17, 1, 2, 2, 2, 2, 2, 2]
        try network.forward(x, in: workspace)
        let table = try network.tensor("e.weight", of: network.parameterVector)
        let wanted = x.flatMap { table[Int($0) * 19..<(Int($0) + 1) * 19] }
        #expect(try workspace.values(of: "e", .activation) == wanted)
        #expect(network.architecture.nodes[0].shape == (try Shape([6, 19])))
        let mean = table.reduce(0, +) / Float(table.count)
        let variance = table.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(table.count)
        #expect(abs(mean) < 0.15 && abs(variance - 1) < 0.2)
        _ = try network.gradients(from: [1, 2, 3, 4], in: workspace)
        #expect(try workspace.values(of: "input", .delta).allSatisfy { $0 == 0 })
    }

    /// A step by a method that rests where the gradient is 0 does what it does to a whole gradient.
    @Test func aStepOfFewRowsIsThatOfAll() throws {
        var whole = Regularization()
        whole.clipNorm = 0.5
        var weights = Regularization()
        weights.l2 = 0.01
        let methods: [any OptimizationMethod] = [
            GradientDescent(), AdaGrad(), Momentum(), Adam(), AdamW(), Lion(), IRPROPMinus(),
        ]
        for method in methods {
            for regularization in [Regularization(), whole, weights] {
                var noise = Noise(8)
                let x = tokens(64, &noise)
                let t = noise.floats(128)
                func fit(threads: Int) throws -> [Float] {
                    let network = try network()
                    let optimizer = try Optimizer(
                        method, learningRate: 0.01, regularization: regularization, for: network)
                    var options = TrainingOptions(cost: .meanSquaredError())
                    (options.epochs, options.batchSize, options.threads, options.shuffles) = (3, 40, threads, false)
                    try network.fit(
                        x, targets: .values(t, columns: 2), optimizer: optimizer, options: options)
                    return network.parameterVector
                }
                let byHand = try network()
                let optimizer = try Optimizer(
                    method, learningRate: 0.01, regularization: regularization, for: byHand)
                for _ in 0..<3 {
                    for rows in [0..<40, 40..<64] {
                        let (_, gradients) = try byHand.valueAndGradient(
                            .meanSquaredError(), Array(x[rows.lowerBound * 6..<rows.upperBound * 6]),
                            .values(Array(t[rows.lowerBound * 2..<rows.upperBound * 2]), columns: 2))
                        try optimizer.step(byHand, gradients: gradients.span)
                    }
                }
                let alone = try fit(threads: 1)
                #expect(bits(alone) == bits(byHand.parameterVector), "\(method.identifier), \(regularization)")
                for threads in [2, 3] {
                    #expect(try bits(fit(threads: threads)) == bits(alone), "\(method.identifier), \(regularization)")
                }
                // Odd tokens are never read.
                let (before, after) = (try network().parameterVector, alone)
                let moved = stride(from: 1, to: 40, by: 2).contains { token in
                    before[token * 19..<(token + 1) * 19] != after[token * 19..<(token + 1) * 19]
                }
                let decays = regularization.l2 > 0 || method.identifier.description == "adamw"
                #expect(moved == decays, "\(method.identifier), \(regularization)")
            }
        }
    }

    /// Rows that are not listed are neither read nor changed, if the method rests.
    @Test func aStepReadsListedRowsAlone() throws {
        for (method, rests) in [
            (GradientDescent(), true), (AdaGrad(), true), (Momentum(), false), (RMSprop(), false), (Quickprop(), false),
        ] as [(any OptimizationMethod, Bool)] {
            #expect(method.rests == rests)
            let network = try network()
            let before = network.parameterVector
            let workspace = try Workspace(for: network, maxRows: 1)
            try network.forward([1, 2, 3, 3, 2, 1], in: workspace)
            let rows = try GradientRows(ofLayer: 0, network.plan.tensors[0].place)
            rows.add(workspace.input, rows: 1, in: workspace, network)
            var gradients = [Float](repeating: 0.5, count: network.parameterCount)
            try gradients.withUnsafeMutableBufferPointer { buffer in
                let optimizer = try Optimizer(method, learningRate: 0.1, for: network)
                try optimizer.step(
                    network, gradients: Matrix(base: buffer.baseAddress!, rows: 1, columns: buffer.count), rows: [rows])
            }
            let after = network.parameterVector
            for token in 0..<40 {
                let row = token * 19..<(token + 1) * 19
                #expect((before[row] == after[row]) == (rests && !(1...3 ~= token)), "\(method.identifier), \(token)")
            }
            #expect(before[760] != after[760])
        }
    }

    @Test func tokensThatAreNone() throws {
        let network = try network()
        for (token, text) in [
            (40, "40.0"), (-1, "-1.0"), (2.5, "2.5"), (.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf"),
            (1e30, "1e+30"), (-0.5, "-0.5"),
        ] as [(Float, String)] {
            var x = [Float](repeating: 1, count: 18)
            x[16] = token
            let message = "layer 'e': row 2 has the token \(text) at position 4; it must be a whole number from 0 to 39"
            expectError(.value, message) { _ = try network.predict(x) }
            expectError(.value, message) { try network.forward(x, in: try Workspace(for: network, maxRows: 3)) }
            var y = [Float](repeating: 0, count: 6)
            expectError(.value, message) {
                var span = y.mutableSpan
                try Predictor(network).predict(x.span, rows: 3, into: &span)
            }
            // Training refuses any x that is not finite.
            guard token.isFinite else { continue }
            let before = network.parameterVector
            expectError(.value, "layer 'e'", "has the token \(text)") {
                var options = TrainingOptions(cost: .meanSquaredError())
                options.epochs = 1
                options.threads = 2
                try network.fit(
                    x, targets: .values([Float](repeating: 0, count: 6), columns: 2),
                    optimizer: Optimizer(AdaGrad(), learningRate: 0.1, for: network), options: options)
            }
            #expect(network.parameterVector == before)
        }
        #expect(try network.predict([0, 39, -0.0, 1, 2, 3]).allSatisfy { $0.isFinite })
    }

    @Test func layersThatDoNotFit() throws {
        func refuse(_ parts: String, code: ChainruleError.Code = .size, _ add: (inout Architecture) throws -> Void) {
            expectError(code, parts) {
                var architecture = try Architecture(inputs: 24)
                try architecture.reshape(Shape([2, 3, 2, 2]), name: "four", input: "input")
                try add(&architecture)
            }
        }
        for tokens in [0, -2, 1 << 24 + 1, Int.max] {
            refuse("embedding 'l' has 1 to 16777216 tokens; \(tokens) were given") {
                try $0.embedding(tokens: tokens, width: 2, name: "l", input: "input")
            }
        }
        refuse("embedding 'l' has a width of at least 1; 0 was given") {
            try $0.embedding(tokens: 3, width: 0, name: "l", input: "input")
        }
        refuse("embedding 'l' reads [24]: ") {
            try $0.embedding(tokens: 3, width: Int.max, name: "l", input: "input")
        }
        refuse("embedding 'l' reads [2, 3, 2, 2]: ") { try $0.embedding(tokens: 3, width: 2, name: "l") }
        refuse("the weight initializer's constant is nan", code: .value) {
            try $0.embedding(tokens: 3, width: 2, name: "l", input: "input", weights: .constant(.nan))
        }
        refuse("positions 'l' reads a sequence, [steps, channels], not [24]") {
            try $0.positions(name: "l", input: "input")
        }
        refuse("positions 'l' reads a sequence, [steps, channels], not [2, 3, 2, 2]") { try $0.positions(name: "l") }
        refuse("no layer before it has that name", code: .name) { try $0.learnedPositions(name: "l", input: "missing") }
    }

    @Test func learnedPositionsAreASum() throws {
        var short = try Architecture(inputs: 12)
        try short.reshape(Shape([4, 3]))
        var long = short
        try short.learnedPositions(weights: .normal(mean: 0, deviation: 1))
        try long.parameter(Shape([4, 3]), name: "2_value", weights: .normal(mean: 0, deviation: 1))
        try long.sum(of: ["0", "2_value"], name: "2")
        #expect(short.nodes.map { $0.name.text } == ["0", "2_value", "2"])
        var noise = Noise(7)
        let x = noise.floats(5 * 12)
        let y = try Network(short, seed: 1).predict(x)
        #expect(try bits(y) == bits(Network(long, seed: 1).predict(x)))
        #expect(y != x)
    }

    @Test func positionsAreExactFarFromTheFirst() throws {
        var architecture = try Architecture(inputs: 30000)
        try architecture.reshape(Shape([10000, 3]))
        try architecture.positions()
        let y = try Network(architecture, seed: 1).predict([Float](repeating: 0, count: 30000))
        #expect(y[0] == 0 && y[1] == 1 && y[2] == 0)
        // sin and cos of 9999, and sin of 9999 · 10000^(−2/3).
        expectClose(Array(y[29997...]), [0.636086956, -0.771617382, 0.434025329], absolute: 1e-6, "the last position")
    }
}
