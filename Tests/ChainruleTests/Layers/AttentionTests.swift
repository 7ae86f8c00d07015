import Chainrule
import Testing

/// Attention: rows of different length, blocks of long sequences, errors, predictors.
@Suite struct AttentionTests {
    /// Reads a sequence of queries, keys and values side by side, or the queries and another sequence, and a length.
    private func network(
        steps: Int, keys: Int? = nil, width: Int = 12, heads: Int = 3, isCausal: Bool = false, hasLengths: Bool = true
    ) throws -> Network {
        let queries = steps * (keys == nil ? 3 : 1) * width
        let others = (keys ?? 0) * 2 * width
        var architecture = try Architecture(inputs: queries + others + (hasLengths ? 1 : 0))
        try architecture.input("q", Shape([steps, keys == nil ? 3 * width : width]))
        if let keys { try architecture.input("k", Shape([keys, 2 * width])) }
        if hasLengths { try architecture.input("n", Shape([1])) }
        try architecture.attention(
            AttentionSettings(heads: heads, isCausal: isCausal), name: "l", query: "q", key: keys == nil ? nil : "k",
            lengths: hasLengths ? "n" : nil)
        return try Network(architecture, seed: 3)
    }

    private func run(_ network: Network, _ x: [Float], rows: Int, delta: [Float]) throws -> (h: [Float], delta: [Float])
    {
        let workspace = try Workspace(for: network, maxRows: rows)
        try network.forward(x, in: workspace)
        _ = try network.gradients(from: delta, in: workspace)
        return (try workspace.values(of: "l", .activation), try workspace.values(of: "input", .delta))
    }

    /// A padded row has the bits of the short row alone.
    @Test func paddingChangesNoNumber() throws {
        let (steps, width, lengths) = (70, 12, [70, 2, 65, 1, 64])
        for isCausal in [false, true] {
            var noise = Noise(4)
            let padded = try network(steps: steps, isCausal: isCausal)
            let sequences = lengths.map { noise.floats($0 * 3 * width) }
            let deltas = lengths.map { _ in noise.floats(steps * width) }
            func batch(padding: Float) -> [Float] {
                var rows: [Float] = []
                for (row, length) in lengths.enumerated() {
                    rows += sequences[row]
                    rows += [Float](repeating: padding, count: (steps - length) * 3 * width)
                    rows.append(Float(length))
                }
                return rows
            }
            let together = try run(padded, batch(padding: 0), rows: 5, delta: deltas.flatMap { $0 })
            let other = try run(padded, batch(padding: 1000), rows: 5, delta: deltas.flatMap { $0 })
            #expect(bits(together.h) == bits(other.h) && bits(together.delta) == bits(other.delta))
            for (row, length) in lengths.enumerated() {
                let short = try network(steps: length, isCausal: isCausal, hasLengths: false)
                let alone = try run(short, sequences[row], rows: 1, delta: Array(deltas[row][0..<length * width]))
                func expect(_ values: [Float], _ count: Int, _ used: Int, _ alone: [Float]) {
                    let part = values[row * count..<(row + 1) * count]
                    #expect(bits(Array(part.prefix(used))) == bits(alone), "causal \(isCausal), row \(row)")
                    #expect(part.dropFirst(used).allSatisfy { $0 == 0 }, "causal \(isCausal), row \(row)")
                }
                expect(together.h, steps * width, length * width, alone.h)
                expect(together.delta, steps * 3 * width + 1, length * 3 * width, alone.delta)
            }
        }
    }

    @Test func keysOfAnotherSequenceHaveLengths() throws {
        var noise = Noise(5)
        let (steps, keys, width, lengths) = (5, 9, 12, [9, 1, 4])
        let padded = try network(steps: steps, keys: keys)
        let queries = lengths.map { _ in noise.floats(steps * width) }
        let others = lengths.map { noise.floats($0 * 2 * width) }
        let delta = noise.floats(3 * steps * width)
        func batch(padding: Float) -> [Float] {
            var rows: [Float] = []
            for (row, length) in lengths.enumerated() {
                rows += queries[row] + others[row]
                rows += [Float](repeating: padding, count: (keys - length) * 2 * width)
                rows.append(Float(length))
            }
            return rows
        }
        let together = try run(padded, batch(padding: 0), rows: 3, delta: delta)
        let other = try run(padded, batch(padding: -7), rows: 3, delta: delta)
        #expect(bits(together.h) == bits(other.h) && bits(together.delta) == bits(other.delta))
        let count = steps * width
        for (row, length) in lengths.enumerated() {
            let short = try network(steps: steps, keys: length, hasLengths: false)
            let alone = try run(
                short, queries[row] + others[row], rows: 1, delta: Array(delta[row * count..<(row + 1) * count]))
            #expect(bits(Array(together.h[row * count..<(row + 1) * count])) == bits(alone.h), "row \(row)")
            let inputs = padded.architecture.inputs
            let part = together.delta[row * inputs..<(row + 1) * inputs]
            #expect(bits(Array(part.prefix(alone.delta.count))) == bits(alone.delta), "row \(row)")
            #expect(part.dropFirst(alone.delta.count).allSatisfy { $0 == 0 }, "row \(row)")
        }
    }

    /// Several blocks of queries and of keys against float64.
    @Test func longSequencesGoInBlocks() throws {
        for (steps, keys, isCausal) in [(300, nil, false), (300, nil, true), (70, 530, false), (530, 70, true)]
            as [(Int, Int?, Bool)]
        {
            let settings = AttentionSettings(heads: 1, isCausal: isCausal)
            let width = 4
            let network = try network(
                steps: steps, keys: keys, width: width, heads: 1, isCausal: isCausal, hasLengths: false)
            var noise = Noise(6)
            // Large products: the largest of a row changes from block to block.
            let x = noise.floats(network.inputs, in: -4...4)
            let delta = noise.floats(steps * width)
            let (h, xDelta) = try run(network, x, rows: 1, delta: delta)
            let reference = TestNetwork(
                inputs: network.inputs,
                keys == nil
                    ? [
                        .reshape("q", [steps, 3 * width], from: "input"),
                        .other("l", .attention(settings), from: "q"),
                    ]
                    : [
                        .other("q", .input([steps, width], from: 0), from: "input"),
                        .other("k", .input([keys!, 2 * width], from: steps * width), from: "input"),
                        .other("l", .attention(settings), from: "q", "k"),
                    ])
            expectClose(h, reference.outputs([doubles(x)], [])[0], absolute: 2e-5, "\(steps), \(isCausal)")
            let direction = doubles(noise.floats(x.count))
            func cost(_ step: Double) -> Double {
                let moved = zip(doubles(x), direction).map { $0 + step * $1 }
                return zip(reference.outputs([moved], [])[0], delta).reduce(0) { $0 + $1.0 * Double($1.1) }
            }
            let slope = (cost(1e-5) - cost(-1e-5)) / 2e-5
            let product = zip(direction, xDelta).reduce(0) { $0 + $1.0 * Double($1.1) }
            let scale = doubles(xDelta).map { $0 * $0 }.reduce(0, +).squareRoot()
            expectClose([product], [slope], absolute: 2e-5 * max(1, scale), "\(steps), \(isCausal)")
        }
    }

    /// A query's h has the same bits whatever comes after it.
    @Test func causalAttentionSeesNothingLater() throws {
        var noise = Noise(7)
        let network = try network(steps: 140, isCausal: true, hasLengths: false)
        let x = noise.floats(network.inputs)
        let h = try network.predict(x)
        var other = x
        for index in 100 * 36..<other.count { other[index] = 100 }
        #expect(try bits(Array(network.predict(other)[0..<1200])) == bits(Array(h[0..<1200])))
        #expect(try network.predict(other) != h)
    }

    @Test func predictorsAndThreadsGiveTheSameBits() throws {
        var architecture = try Architecture(inputs: 40 * 8 + 1)
        try architecture.input("x", Shape([40, 8]))
        try architecture.input("n", Shape([1]))
        try architecture.multiHeadAttention(
            AttentionSettings(heads: 2, isCausal: true), name: "a", query: "x", lengths: "n")
        try architecture.sum(of: ["x", "a"], name: "s")
        try architecture.multiHeadAttention(AttentionSettings(heads: 4), name: "b", query: "s", key: "x", lengths: "n")
        try architecture.reshape(nil, name: "r")
        try architecture.dense(3, name: "y")
        #expect(
            architecture.nodes.map { $0.name.text } == [
                "x", "n", "a_in", "a_heads", "a", "s", "b_query", "b_key_value", "b_heads", "b", "r", "y",
            ])
        var noise = Noise(8)
        let x: [Float] = (0..<60).flatMap { row in noise.floats(320) + [Float(1 + row * 7 % 40)] }
        let t = noise.floats(180)
        let network = try Network(architecture, seed: 4)
        let workspace = try Workspace(for: network, maxRows: 60)
        try network.forward(x, in: workspace)
        #expect(try bits(network.predict(x)) == bits(workspace.outputs))
        var y = [Float](repeating: 0, count: 180)
        var span = y.mutableSpan
        try Predictor(network).predict(x.span, rows: 60, into: &span)
        #expect(bits(y) == bits(workspace.outputs))
        func fit(threads: Int) throws -> [Float] {
            let network = try Network(architecture, seed: 4)
            var options = TrainingOptions(cost: .meanSquaredError())
            (options.epochs, options.batchSize, options.threads) = (2, 40, threads)
            try network.fit(
                x, targets: .values(t, columns: 3),
                optimizer: Optimizer(Adam(), learningRate: 0.01, for: network), options: options)
            return network.parameterVector
        }
        let alone = try fit(threads: 1)
        #expect(alone != network.parameterVector)
        for threads in [2, 3] { #expect(try bits(fit(threads: threads)) == bits(alone)) }
    }

    @Test func lengthsThatAreNone() throws {
        for keys in [nil, 6] as [Int?] {
            let network = try network(steps: 6, keys: keys)
            let inputs = network.inputs
            for (length, text) in [
                (0, "0.0"), (-1, "-1.0"), (2.5, "2.5"), (.nan, "nan"), (7, "7.0"), (.infinity, "inf"),
            ] as [(Float, String)] {
                var x = [Float](repeating: 1, count: 3 * inputs)
                (x[inputs - 1], x[2 * inputs - 1], x[3 * inputs - 1]) = (1, 6, length)
                let message = "layer 'l': row 2 has the length \(text); it must be a whole number from 1 to 6"
                expectError(.value, message) { _ = try network.predict(x) }
                expectError(.value, message) { try network.forward(x, in: try Workspace(for: network, maxRows: 3)) }
            }
        }
    }

    @Test func layersThatDoNotFit() throws {
        func refuse(_ parts: String, code: ChainruleError.Code = .size, _ add: (inout Architecture) throws -> Void) {
            expectError(code, parts) {
                var architecture = try Architecture(inputs: 24)
                try architecture.reshape(Shape([4, 6]), name: "six", input: "input")
                try architecture.reshape(Shape([8, 3]), name: "three", input: "input")
                try architecture.reshape(Shape([2, 12]), name: "twelve", input: "input")
                try architecture.reshape(Shape([2, 2, 6]), name: "image", input: "input")
                try architecture.dense(1, name: "one", input: "input")
                try add(&architecture)
                Issue.record("\(parts)")
            }
        }
        for heads in [0, -1, 4, 5, Int.max] {
            refuse("attention 'l': \(heads) heads do not divide a width of 6") {
                try $0.attention(AttentionSettings(heads: heads), name: "l", query: "six", key: "six", value: "six")
            }
        }
        let one = AttentionSettings(heads: 1)
        refuse("reads sequences, [steps, channels], not [2, 2, 6]") {
            try $0.attention(one, name: "l", query: "image")
        }
        refuse("attention 'l' reads queries, keys and values side by side: a multiple of 3 channels") {
            try $0.dense(4, name: "f", input: "six")
            try $0.attention(one, name: "l", query: "f")
        }
        refuse("keys and values side by side: twice as many channels as the queries have") {
            try $0.attention(one, name: "l", query: "six", key: "three")
        }
        refuse("keys and values of one shape, with as many channels as the queries have") {
            try $0.attention(one, name: "l", query: "six", key: "six", value: "three")
        }
        refuse("the lengths have the shape [1], not [24]") {
            try $0.attention(one, name: "l", query: "six", lengths: "input")
        }
        refuse("no layer before it has that name", code: .name) {
            try $0.attention(one, name: "l", query: "six", lengths: "missing")
        }
        refuse("attention reads 'six' as its values, but names no layer for its keys", code: .value) {
            try $0.attention(one, name: "l", query: "six", value: "six")
        }
        refuse("attention 'm_heads': 4 heads do not divide a width of 6") {
            try $0.multiHeadAttention(AttentionSettings(heads: 4), name: "m", query: "six")
        }
        for width in [0, -3, Int.max] {
            refuse("attention 'm' has a width of 1 to ") {
                try $0.multiHeadAttention(one, width: width, name: "m", query: "six")
            }
        }
        refuse("'m' reads 'missing', but no layer before it has that name", code: .name) {
            try $0.multiHeadAttention(one, name: "m", query: "missing")
        }
    }

    @Test func filesThatAreNone() throws {
        func refuse(_ message: String, _ members: String, inputs: String) throws {
            let json = """
                {"inputs": 12, "layers": [{"type": "reshape", "name": "x", "inputs": ["input"], "shape": [2, 6]},
                {"type": "attention", "name": "l", "inputs": [\(inputs)], \(members)}]}
                """
            let object = try #require(try JSONText(json.utf8).value.object())
            do {
                _ = try Architecture(object)
                Issue.record("\(members)")
            } catch {
                #expect(error.message.contains(message), "\(error.message)")
            }
        }
        let rest = "\"causal\": false, \"lengths\": "
        try refuse("heads", "\(rest) false", inputs: "\"x\"")
        try refuse("lengths", "\"heads\": 1, \"causal\": true", inputs: "\"x\"")
        try refuse("reads 1 to 3 layers and the lengths; 1 were given", "\"heads\": 1, \(rest) true", inputs: "\"x\"")
        try refuse("reads 1 to 3 layers; 0 were given", "\"heads\": 1, \(rest) false", inputs: "")
        try refuse(
            "reads 1 to 3 layers; 4 were given", "\"heads\": 1, \(rest) false", inputs: "\"x\", \"x\", \"x\", \"x\"")
    }
}
