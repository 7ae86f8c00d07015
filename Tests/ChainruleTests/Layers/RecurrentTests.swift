import Testing

@testable import Chainrule

/// Recurrent layers: rows of different length, errors, both directions, predictors.
@Suite struct RecurrentTests {
    private static let cells: [RecurrentSettings.Cell] = [
        .simple(rectifies: false), .simple(rectifies: true), .gru(resetsFirst: false), .gru(resetsFirst: true),
        .lstm(hasPeepholes: false), .lstm(hasPeepholes: true),
    ]
    private static var all: [RecurrentSettings] {
        cells.flatMap { cell in
            [true, false].flatMap { backwards in
                [true, false].map { sequence in
                    var settings = RecurrentSettings(cell, units: 19)
                    (settings.isBackwards, settings.givesSequence) = (backwards, sequence)
                    return settings
                }
            }
        }
    }

    /// A row is a sequence, a first state and a length.
    private func network(
        _ settings: RecurrentSettings, steps: Int, channels: Int = 5, hasLengths: Bool = true
    ) throws -> Network {
        var states = settings.units
        if case .lstm = settings.cell { states *= 2 }
        var architecture = try Architecture(inputs: steps * channels + states + (hasLengths ? 1 : 0))
        try architecture.input("x", Shape([steps, channels]))
        try architecture.input("s", Shape([states]))
        if hasLengths { try architecture.input("n", Shape([1])) }
        try architecture.recurrent(
            settings, name: "l", input: "x", initialState: "s", lengths: hasLengths ? "n" : nil)
        return try Network(architecture, seed: 3)
    }

    /// h, the gradients of x and of the first state by rows, and those of the parameters.
    private struct Results {
        var h: [Float]
        let delta: [Float]
        let stateDelta: [Float]
        let gradients: [Float]
    }

    private func run(_ network: Network, _ x: [Float], rows: Int, delta: [Float]) throws -> Results {
        let workspace = try Workspace(for: network, maxRows: rows)
        try network.forward(x, in: workspace)
        let gradients = try network.gradients(from: delta, in: workspace)
        return Results(
            h: try workspace.values(of: "l", .activation), delta: try workspace.values(of: "x", .delta),
            stateDelta: try workspace.values(of: "s", .delta), gradients: gradients)
    }

    @Test func paddingChangesNoNumber() throws {
        let (steps, channels, lengths) = (7, 5, [7, 2, 5, 1, 5])
        for settings in RecurrentTests.all {
            var noise = Noise(4)
            let padded = try network(settings, steps: steps)
            let states = padded.architecture.inputs - steps * channels - 1
            let width = settings.givesSequence ? steps * settings.units : settings.units
            let sequences = lengths.map { noise.floats($0 * channels) }
            let initial = lengths.map { _ in noise.floats(states) }
            let deltas = lengths.map { _ in noise.floats(width) }
            func batch(padding: Float) -> [Float] {
                lengths.indices.flatMap { row in
                    sequences[row] + [Float](repeating: padding, count: (steps - lengths[row]) * channels)
                        + initial[row]
                        + [Float(lengths[row])]
                }
            }
            let together = try run(padded, batch(padding: 0), rows: lengths.count, delta: deltas.flatMap { $0 })
            let other = try run(padded, batch(padding: 1000), rows: lengths.count, delta: deltas.flatMap { $0 })
            #expect(bits(together.h) == bits(other.h), "\(settings)")
            #expect(bits(together.delta) == bits(other.delta), "\(settings)")
            #expect(bits(together.stateDelta) == bits(other.stateDelta), "\(settings)")
            #expect(bits(together.gradients) == bits(other.gradients), "\(settings)")
            for (row, length) in lengths.enumerated() {
                // The short row alone, in a network of so many steps.
                let short = try network(settings, steps: length, hasLengths: false)
                short.setParameters(padded.parameterVector)
                let outputs = settings.givesSequence ? length * settings.units : settings.units
                let alone = try run(
                    short, sequences[row] + initial[row], rows: 1, delta: Array(deltas[row][0..<outputs]))
                let paddedAlone = try run(
                    padded,
                    Array(batch(padding: 3)[row * padded.architecture.inputs..<(row + 1) * padded.architecture.inputs]),
                    rows: 1, delta: deltas[row])
                func part(_ values: [Float], _ width: Int, _ count: Int) -> [UInt32] {
                    bits(Array(values[row * width..<row * width + count]))
                }
                func zeros(_ values: [Float], _ width: Int, after count: Int) -> Bool {
                    values[row * width + count..<(row + 1) * width].allSatisfy { $0 == 0 }
                }
                #expect(part(together.h, width, outputs) == bits(alone.h), "\(settings), row \(row)")
                #expect(zeros(together.h, width, after: outputs), "\(settings), row \(row)")
                let inputs = length * channels
                #expect(part(together.delta, steps * channels, inputs) == bits(alone.delta), "\(settings), row \(row)")
                #expect(zeros(together.delta, steps * channels, after: inputs), "\(settings), row \(row)")
                #expect(part(together.stateDelta, states, states) == bits(alone.stateDelta), "\(settings), row \(row)")
                #expect(paddedAlone.gradients.elementsEqual(alone.gradients), "\(settings), row \(row)")
            }
        }
    }

    @Test func rowsOfDifferentLengthAreSharedAmongThreads() throws {
        for settings in RecurrentTests.all where settings.isBackwards == settings.givesSequence {
            var noise = Noise(5)
            let network = try network(settings, steps: 6)
            let inputs = network.architecture.inputs
            let x = (0..<60).flatMap { row in noise.floats(inputs - 1) + [Float(1 + row * 7 % 6)] }
            let t = noise.floats(60 * network.architecture.outputs)
            func fit(threads: Int) throws -> [Float] {
                let network = try self.network(settings, steps: 6)
                var options = TrainingOptions(cost: .meanSquaredError())
                (options.epochs, options.batchSize, options.threads) = (2, 40, threads)
                try network.fit(
                    x, targets: .values(t, columns: network.architecture.outputs),
                    optimizer: Optimizer(Adam(), learningRate: 0.01, for: network), options: options)
                return network.parameterVector
            }
            let alone = try fit(threads: 1)
            #expect(alone != network.parameterVector)
            for threads in [2, 3] { #expect(try bits(fit(threads: threads)) == bits(alone), "\(settings)") }
        }
    }

    /// Inference takes few rows at a time, a workspace for training all of them.
    @Test func predictorsGiveTheSameBits() throws {
        for settings in RecurrentTests.all {
            var noise = Noise(6)
            let network = try network(settings, steps: 300)
            let inputs = network.architecture.inputs
            let x = (0..<21).flatMap { row in noise.floats(inputs - 1) + [Float(1 + row * 41 % 300)] }
            let workspace = try Workspace(for: network, maxRows: 21)
            try network.forward(x, in: workspace)
            #expect(try bits(network.predict(x)) == bits(workspace.outputs), "\(settings)")
            var y = [Float](repeating: 0, count: workspace.outputs.count)
            var span = y.mutableSpan
            try Predictor(network).predict(x.span, rows: 21, into: &span)
            #expect(bits(y) == bits(workspace.outputs), "\(settings)")
        }
    }

    @Test func lengthsThatAreNone() throws {
        for settings in RecurrentTests.all where settings.givesSequence {
            let network = try network(settings, steps: 6)
            let inputs = network.architecture.inputs
            for (length, text) in [
                (0, "0.0"), (-1, "-1.0"), (2.5, "2.5"), (.nan, "nan"), (7, "7.0"), (.infinity, "inf"), (0.5, "0.5"),
                (-.infinity, "-inf"), (1e30, "1e+30"),
            ] as [(Float, String)] {
                var x = [Float](repeating: 0, count: 3 * inputs)
                (x[inputs - 1], x[2 * inputs - 1], x[3 * inputs - 1]) = (1, 6, length)
                let message = "layer 'l': row 2 has the length \(text); it must be a whole number from 1 to 6"
                expectError(.value, message) { _ = try network.predict(x) }
                expectError(.value, message) {
                    try network.forward(x, in: try Workspace(for: network, maxRows: 3))
                }
                // Training refuses any x that is not finite.
                guard length.isFinite else { continue }
                expectError(.value, "layer 'l'", "has the length \(text)") {
                    let outputs = network.architecture.outputs
                    var options = TrainingOptions(cost: .meanSquaredError())
                    options.epochs = 1
                    options.threads = 2
                    try network.fit(
                        x, targets: .values([Float](repeating: 0, count: 3 * outputs), columns: outputs),
                        optimizer: Optimizer(Momentum(), learningRate: 0.1, for: network), options: options)
                }
            }
        }
    }

    @Test func layersThatDoNotFit() throws {
        func refuse(
            _ parts: String, code: ChainruleError.Code = .size, units: Int = 4, _ cell: RecurrentSettings.Cell,
            input: String = "x", state: String? = nil, lengths: String? = nil,
            change: (inout RecurrentSettings) -> Void = { _ in }
        ) {
            expectError(code, parts) {
                var architecture = try Architecture(inputs: 24)
                try architecture.reshape(Shape([8, 3]), name: "x", input: "input")
                try architecture.reshape(Shape([2, 4, 3]), name: "image", input: "input")
                try architecture.dense(4, name: "four", input: "input")
                try architecture.dense(1, name: "one", input: "input")
                var settings = RecurrentSettings(cell, units: units)
                change(&settings)
                try architecture.recurrent(settings, name: "l", input: input, initialState: state, lengths: lengths)
            }
        }
        for (cell, kind) in zip(
            RecurrentTests.cells, ["rnn", "rnn", "gru", "gru", "lstm", "lstm"])
        {
            refuse("\(kind) 'l' reads a sequence, [steps, channels], not [24]", cell, input: "input")
            refuse("\(kind) 'l' reads a sequence, [steps, channels], not [2, 4, 3]", cell, input: "image")
            refuse("\(kind) 'l' has at least 1 unit; 0 were given", units: 0, cell)
            refuse("\(kind) 'l' has at least 1 unit; -3 were given", units: -3, cell)
            for units in [1 << 29, Int.max] {
                refuse("\(kind) 'l' of \(units) units reads [8, 3]: that is more than", units: units, cell)
            }
            refuse("\(kind) 'l': its first state has the shape", cell, state: "one")
            refuse("\(kind) 'l': the lengths have the shape [1], not [4]", cell, lengths: "four")
            refuse("no layer before it has that name", code: .name, cell, lengths: "missing")
            refuse("the weight initializer's constant is nan", code: .value, cell) { $0.weights = .constant(.nan) }
            refuse("the bias initializer is uniform", code: .value, cell) { $0.biases = .uniform(low: 1, high: 0) }
        }
        refuse("lstm 'l': its first state has the shape [8], not [4]", .lstm(hasPeepholes: false), state: "four")
        refuse("gru 'l': its first state has the shape [4], not [1]", .gru(resetsFirst: false), state: "one")
    }

    @Test func bothDirections() throws {
        for cell in RecurrentTests.cells {
            var settings = RecurrentSettings(cell, units: 4)
            settings.givesSequence = false
            var short = try Architecture(inputs: 12)
            try short.reshape(Shape([4, 3]))
            var long = short
            try short.bidirectional(settings, name: "both")
            try long.recurrent(settings, name: "both_forward", input: "0")
            settings.isBackwards = true
            try long.recurrent(settings, name: "both_backward", input: "0")
            try long.concatenation(of: ["both_forward", "both_backward"], name: "both")
            #expect(short.nodes.map { $0.name.text } == ["0", "both_forward", "both_backward", "both"])
            #expect(short.outputShape.text == "[8]")
            var noise = Noise(7)
            let x = noise.floats(5 * 12)
            #expect(
                try bits(Network(short, seed: 1).predict(x)) == bits(Network(long, seed: 1).predict(x)), "\(cell)")
        }
        var architecture = try Architecture(inputs: 12)
        try architecture.reshape(Shape([4, 3]))
        try architecture.activation(.tanh, name: "b_backward")
        expectError(.name, "'b_backward' is already taken") {
            try architecture.bidirectional(RecurrentSettings(.gru(resetsFirst: false), units: 2), name: "b")
        }
        #expect(architecture.nodes.count == 2)
        try architecture.bidirectional(RecurrentSettings(.gru(resetsFirst: false), units: 2))
        #expect(architecture.nodes.map { $0.name.text } == ["0", "b_backward", "4_forward", "4_backward", "4"])
    }

    @Test func filesThatAreNone() throws {
        func refuse(_ message: String, _ members: String) throws {
            let json = """
                {"inputs": 6, "layers": [{"type": "reshape", "name": "x", "inputs": ["input"], "shape": [2, 3]},
                {"name": "l", "inputs": ["x"], "units": 2, "bias": true, "sequence": true, "backwards": false, \(members)}]}
                """
            let object = try #require(try JSONText(json.utf8).value.object())
            do {
                _ = try Architecture(object)
                Issue.record("\(members)")
            } catch {
                #expect(error.message.contains(message), "\(error.message)")
            }
        }
        let rest = "\"initial_state\": false, \"lengths\": false"
        try refuse("it is tanh or relu", "\"type\": \"rnn\", \"activation\": \"selu\", \(rest)")
        try refuse("reset_first", "\"type\": \"gru\", \(rest)")
        try refuse("peepholes", "\"type\": \"lstm\", \(rest)")
        try refuse(
            "reads 2 layers; 1 were given",
            "\"type\": \"lstm\", \"peepholes\": true, \"initial_state\": false, \"lengths\": true")
    }

    @Test func parametersAreTheSameForEveryRow() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.parameter(Shape([2, 3]), name: "w", weights: .uniform(low: 1, high: 2))
        try architecture.dense(6, name: "d", input: "input")
        try architecture.reshape(Shape([2, 3]), name: "r")
        try architecture.sum(of: ["w", "r"], name: "s")
        let network = try Network(architecture, seed: 2)
        let workspace = try Workspace(for: network, maxRows: 3)
        try network.forward([1, 2, 3, 4, 5, 6], in: workspace)
        let value = try network.tensor("w.value", of: network.parameterVector)
        #expect(value.allSatisfy { 1..<2 ~= $0 })
        #expect(try workspace.values(of: "w", .activation) == value + value + value)
        let delta = (0..<18).map { Float($0) }
        let gradients = try network.gradients(from: delta, in: workspace)
        #expect(try network.tensor("w.value", of: gradients) == (0..<6).map { Float(3 * $0 + 18) })
        var zeros = try Architecture(inputs: 1)
        try zeros.parameter(Shape([4]))
        #expect(try Network(zeros, seed: 1).parameterVector == [0, 0, 0, 0])
    }

    /// Each step of an inference reads W_hh: for several rows, unless these take much memory.
    @Test func inferencesTakeSeveralRows() {
        func rows(_ units: Int, _ steps: Int) -> Int {
            RecurrentLayer(RecurrentSettings(.lstm(hasPeepholes: false), units: units)).rowsAtATime(steps)
        }
        #expect(rows(256, 200) == 16)
        #expect(rows(64, 20) == (1 << 18) / (20 * 5 * 64))
        #expect(rows(256, 5000) == 2)
        #expect(rows(1024, 100_000) == 1)
    }
}
