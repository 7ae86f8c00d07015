import Chainrule
import KernelDispatch
import Testing

/// Streams: the bits of the whole sequence at once, states, and layers that are not causal.
@Suite struct StreamTests {
    /// Cuts of a sequence into blocks, repeated to its end.
    private static let cuts = [[1], [2, 3, 1, 7], [64], [63, 1, 5], [1000]]

    /// y of the sequence, from a stream that gets it in blocks.
    private func push(_ x: [Float], _ cut: [Int], into stream: Stream) throws -> [Float] {
        var (y, first, index) = ([Float](), 0, 0)
        let frames = x.count / stream.inputs
        while first < frames {
            let count = min(cut[index % cut.count], frames - first)
            y += try stream.push(Array(x[first * stream.inputs..<(first + count) * stream.inputs]))
            (first, index) = (first + count, index + 1)
        }
        return y
    }

    private func expectSameBits(
        _ architecture: Architecture, steps: Int, level: InstructionSetLevel, _ precision: Precision, _ name: String
    ) throws {
        let network = try Network(architecture, seed: 5, level: level)
        let predictor = try Predictor(network, precision: precision, level: level)
        var noise = Noise(6)
        let x = noise.floats(network.inputs, in: -2...2)
        let y = try predictor.predict(x)
        for cut in StreamTests.cuts {
            let stream = try Stream(predictor)
            #expect(stream.inputs * steps == x.count)
            let pushed = try push(x, cut, into: stream)
            #expect(stream.frames == UInt64(steps))
            // Where the network gives what the last step leaves, that is the last frame's.
            #expect(bits(Array(pushed.suffix(y.count))) == bits(y), "\(name) \(cut) \(precision) \(level)")
            #expect(pushed.count == y.count || stream.outputs == y.count, "\(name)")
        }
    }

    // MARK: Networks

    private static func architecture(
        _ steps: Int, _ channels: Int, _ layers: (inout Architecture) throws -> Void
    ) throws -> Architecture {
        var architecture = try Architecture(inputs: steps * channels)
        try architecture.reshape(Shape([steps, channels]), name: "x")
        try layers(&architecture)
        return architecture
    }

    private static func causal(
        _ channels: Int, _ kernel: Int, dilation: Int = 1, groups: Int = 1, _ activation: Activation = .identity
    ) -> ConvolutionSettings {
        var settings = ConvolutionSettings(
            channels, WindowSettings([kernel], dilation: [dilation], padding: .causal), activation)
        settings.groups = groups
        settings.biases = .uniform(low: -0.5, high: 0.5)
        return settings
    }

    /// Networks of many steps, by name.
    private static func networks(_ steps: Int) throws -> [(String, Architecture)] {
        var networks: [(String, Architecture)] = []
        for (name, cell) in [
            ("gru", .gru(resetsFirst: false)), ("gru that resets first", .gru(resetsFirst: true)),
            ("lstm", .lstm(hasPeepholes: false)), ("lstm with peepholes", .lstm(hasPeepholes: true)),
            ("simple", .simple(rectifies: false)),
        ] as [(String, RecurrentSettings.Cell)] {
            for units in [1, 8, 12, 16, 17, 40] {
                networks.append(
                    (
                        "\(name) \(units)",
                        try architecture(steps, 3) {
                            var settings = RecurrentSettings(cell, units: units)
                            settings.biases = .uniform(low: -0.5, high: 0.5)
                            try $0.recurrent(settings)
                            settings.givesSequence = false
                            settings.units = 5
                            try $0.recurrent(settings)
                            try $0.dense(2, .tanh)
                        }
                    ))
            }
        }
        for (kernel, dilation) in [(1, 1), (2, 1), (3, 1), (3, 7), (5, 30)] {
            networks.append(
                (
                    "convolutions \(kernel) \(dilation)",
                    try architecture(steps, 4) {
                        try $0.convolution(causal(18, kernel, dilation: dilation, .tanh), name: "a")
                        try $0.convolution(causal(18, kernel, dilation: dilation, groups: 18), name: "b")
                        try $0.convolution(causal(18, kernel, dilation: dilation, groups: 3, .relu), name: "c")
                        try $0.sum(of: ["a", "b", "c"], name: "s")
                        try $0.product(of: "s", "a", name: "p")
                        try $0.activation(.sigmoid, name: "q")
                        try $0.concatenation(of: ["q", "s"], name: "j")
                        try $0.normalization(.layer)
                        try $0.normalization(.batch(momentum: 0.1))
                        try $0.dropout(0.5)
                        try $0.convolution(causal(1, 1))
                    }
                ))
        }
        networks.append(
            (
                "parts of the channels",
                try architecture(steps, 6) {
                    try $0.slice(from: [0, 1], to: [steps, 5], name: "middle")
                    try $0.split([2, 2], axis: 1, name: "half")
                    try $0.reshape(Shape([steps, 2, 1]), name: "pair", input: "half-0")
                    try $0.dense(2, name: "d")
                    try $0.reshape(Shape([steps, 4]))
                    try $0.recurrent(RecurrentSettings(.gru(resetsFirst: false), units: 3), name: "g")
                    try $0.concatenation(of: ["half-1", "g", "x"])
                }
            ))
        networks.append(
            (
                "functions, repetitions and sums of a step",
                try architecture(steps, 4) {
                    try $0.dense(1, .sigmoid, name: "gate")
                    try $0.broadcast(Shape([steps, 4]), name: "wide")
                    try $0.function(.affine(factor: -2, offset: 1), name: "line", input: "x")
                    try $0.function(.clip(low: -0.5, high: 0.5), name: "clip")
                    try $0.maximum(of: "wide", "clip", name: "largest")
                    try $0.constant(Shape([4]), name: "k", values: .uniform(low: 0.5, high: 2))
                    try $0.quotient(of: "largest", "k", name: "quotient")
                    try $0.reduction(.mean, axes: [1], keepsAxes: true, name: "mean")
                    try $0.power(of: "k", "mean", name: "power")
                    try $0.concatenation(of: ["quotient", "power"])
                }
            ))
        var image = try Architecture(inputs: steps * 12)
        try image.reshape(Shape([steps, 3, 4]))
        try image.dense(5, .softmax)
        try image.activation(.softmax)
        networks.append(("frames of several positions", image))
        networks.append(
            (
                "a learned first state",
                try architecture(steps, 2) {
                    try $0.parameter(Shape([6]), name: "first", weights: .uniform(low: -1, high: 1))
                    try $0.recurrent(
                        RecurrentSettings(.lstm(hasPeepholes: false), units: 3), input: "x", initialState: "first")
                }
            ))
        return networks
    }

    @Test(arguments: supportedLevels) func streamsHaveTheBitsOfTheWholeSequence(level: InstructionSetLevel) throws {
        let steps = 150
        for (name, architecture) in try StreamTests.networks(steps) {
            for precision in Precision.allCases {
                try expectSameBits(architecture, steps: steps, level: level, precision, name)
            }
        }
    }

    /// Every layer of the table either streams with the right bits or is refused with its name.
    @Test func everyLayerOfShapes() throws {
        var (streamed, refused) = (0, 0)
        for (name, network) in TestNetwork.ofShapes {
            let whole = try network.architecture
            let nodes = whole.nodes
            let shape = nodes[1].shape
            guard shape.rank > 1 else { continue }
            var architecture = try Architecture(inputs: shape.count)
            try architecture.reshape(shape, name: "x")
            do {
                for node in nodes[2..<nodes.count - 2] {
                    let inputs = node.inputs.map { whole.name(at: $0).text }
                    try architecture.append(node.layer, name: node.name.text, inputs: inputs)
                }
            } catch {
                continue  // It reads more than x.
            }
            guard architecture.nodes.count > 1, let built = try? Network(architecture, seed: 1) else { continue }
            do {
                _ = try Stream(Predictor(built))
                streamed += 1
            } catch {
                #expect(error.code == .value && error.message.contains("is not causal"), "\(error.message)")
                refused += 1
                continue
            }
            for precision in Precision.allCases {
                try expectSameBits(architecture, steps: shape[0], level: .best, precision, name)
            }
        }
        #expect(streamed > 15 && refused > 20, "\(streamed) \(refused)")
    }

    // MARK: States

    @Test func statesGoOn() throws {
        let steps = 200
        for (name, architecture) in try StreamTests.networks(steps) {
            let network = try Network(architecture, seed: 2)
            var noise = Noise(3)
            let x = noise.floats(network.inputs)
            for first in [0, 1, 37, 64, 150] {
                let stream = try Stream(Predictor(network))
                if first > 0 { _ = try stream.push(Array(x[..<(first * stream.inputs)])) }
                let (state, copy) = (try stream.state, try stream.copy())
                #expect(state.count == stream.stateBytes)
                #expect(try copy.state == state)
                let rest = Array(x[(first * stream.inputs)...])
                let y = try push(rest, [9, 64], into: stream)
                // Another predictor of this architecture, another instruction set, other cuts.
                let other = try Stream(Predictor(network, precision: .float32, level: .best))
                try other.restore(state)
                #expect(other.frames == UInt64(first))
                #expect(try bits(push(rest, [64], into: copy)) == bits(y), "\(name) \(first)")
                #expect(try bits(push(rest, [5], into: other)) == bits(y), "\(name) \(first)")
                let end = try stream.state
                #expect(try other.state == end, "\(name)")
                #expect(try copy.state == end, "\(name)")
                stream.reset()
                #expect(stream.frames == 0)
                let again = try push(x, [31], into: stream)
                #expect(bits(Array(again.suffix(y.count))) == bits(y), "\(name) \(first)")
            }
        }
    }

    @Test func statesThatDoNotFit() throws {
        func stream(_ units: Int, _ kernel: Int = 3) throws -> Stream {
            let architecture = try StreamTests.architecture(8, 2) {
                try $0.convolution(StreamTests.causal(3, kernel))
                try $0.recurrent(RecurrentSettings(.gru(resetsFirst: false), units: units))
            }
            return try Stream(Predictor(Network(architecture, seed: 1)))
        }
        let first = try stream(4)
        var noise = Noise(1)
        _ = try first.push(noise.floats(10))
        let state = try first.state
        func refuse(_ state: [UInt8], by other: Stream, _ code: ChainruleError.Code, _ part: String) throws {
            let before = try other.state
            expectError(code, part) { try other.restore(state) }
            #expect(try other.state == before)
        }
        try refuse(state, by: stream(5), .mismatch, "a stream of another network")
        try refuse(state, by: stream(4, 4), .mismatch, "a stream of another network")
        for cell in [.gru(resetsFirst: true), .simple(rectifies: false)] as [RecurrentSettings.Cell] {
            let other = try StreamTests.architecture(8, 2) {
                try $0.convolution(StreamTests.causal(3, 3))
                try $0.recurrent(RecurrentSettings(cell, units: 4))
            }
            try refuse(
                state, by: Stream(Predictor(Network(other, seed: 1))), .mismatch, "a stream of another network")
        }
        // The number of steps makes no other architecture.
        let longer = try StreamTests.architecture(80, 2) {
            try $0.convolution(StreamTests.causal(3, 3))
            try $0.recurrent(RecurrentSettings(.gru(resetsFirst: false), units: 4))
        }
        try Stream(Predictor(Network(longer, seed: 1))).restore(state)
        for count in [0, 1, 23] {
            try refuse(Array(state[..<count]), by: first, .format, "these \(count) bytes are no stream's state")
        }
        try refuse(Array(state.dropLast()), by: first, .format, "the state has \(state.count - 1) bytes")
        try refuse(state + [0], by: first, .format, "it should have \(state.count)")
        var altered = state
        altered[0] ^= 1
        try refuse(altered, by: first, .format, "are no stream's state")
        altered = state
        altered[4] = 9
        try refuse(altered, by: first, .fileVersion, "the state has version 9; this library knows 1")
        // Any number of frames is one.
        altered = state
        for index in 16..<24 { altered[index] = 0xff }
        try refuse(altered, by: first, .format, "of 18446744073709551615 frames")
        altered[23] = 0x7f
        try first.restore(altered)
        #expect(first.frames == UInt64(Int64.max))
        _ = try first.push(noise.floats(10))
    }

    // MARK: Errors

    @Test func layersThatAreNotCausal() throws {
        func refuse(_ name: String, _ layers: (inout Architecture) throws -> Void) throws {
            let network = try Network(StreamTests.architecture(8, 4, layers), seed: 1)
            expectError(.value, "layer '\(name)'", "is not causal") { _ = try Stream(Predictor(network)) }
        }
        var settings = RecurrentSettings(.gru(resetsFirst: false), units: 3)
        settings.isBackwards = true
        try refuse("back") { try $0.recurrent(settings, name: "back") }
        settings.isBackwards = false
        try refuse("b_backward") { try $0.bidirectional(settings, name: "b") }
        try refuse("s") {
            try $0.dense(3, name: "s", input: "input")
            try $0.recurrent(settings, name: "r", input: "x", initialState: "s")
        }
        try refuse("n") {
            try $0.dense(1, name: "n", input: "input")
            try $0.recurrent(settings, name: "r", input: "x", lengths: "n")
        }
        for window in [
            WindowSettings([3], padding: .same), WindowSettings([3]),
            WindowSettings([2], stride: [2], padding: .causal),
            WindowSettings([3], padding: .explicit(before: [1], after: [1])),
        ] {
            try refuse("c") { try $0.convolution(ConvolutionSettings(2, window), name: "c") }
        }
        try refuse("p") { try $0.pooling(.maximum, WindowSettings([2], padding: .causal), name: "p") }
        try refuse("all") { try $0.pooling(.mean, name: "all") }
        try refuse("flat") { try $0.reshape(name: "flat") }
        try refuse("t") { try $0.transpose([1, 0], name: "t") }
        try refuse("some") { try $0.slice(from: [0, 0], to: [7, 4], name: "some") }
        try refuse("group") { try $0.normalization(.group(2), name: "group") }
        try refuse("soft") { try $0.softmax(axis: 0, name: "soft") }
        try refuse("steps") { try $0.reduction(.sum, axes: [0], keepsAxes: true, name: "steps") }
        try refuse("rows") { try $0.reduction(.sum, axes: [1], name: "rows") }
        try refuse("volume") { try $0.broadcast(Shape([2, 8, 4]), name: "volume") }
        try refuse("long") { try $0.concatenation(of: ["x", "x"], axis: 0, name: "long") }
        try refuse("sum") {
            settings.givesSequence = false
            settings.units = 4
            try $0.recurrent(settings, name: "last")
            try $0.sum(of: ["last", "x"], name: "sum")
        }
        try refuse("sum") {
            try $0.parameter(Shape([8, 4]), name: "table")
            try $0.sum(of: ["table", "x"], name: "sum")
        }
        try refuse("d") {
            try $0.dense(4, name: "d", input: "input")
            try $0.sum(of: ["d", "x"], name: "s")
        }
        var flat = try Architecture(inputs: 4)
        try flat.dense(2)
        expectError(.value, "x is no sequence") { _ = try Stream(Predictor(Network(flat, seed: 1))) }
    }

    @Test func explicitPaddingCanBeCausal() throws {
        let window = WindowSettings([3], dilation: [2], padding: .explicit(before: [4], after: [0]))
        let architecture = try StreamTests.architecture(20, 2) { try $0.convolution(ConvolutionSettings(3, window)) }
        try expectSameBits(architecture, steps: 20, level: .best, .float32, "explicit")
    }

    @Test func customActivationsThatFail() throws {
        final class Switch: @unchecked Sendable { var fails = false }
        let refusal = Switch()
        let custom = CustomActivation(
            value: { z, h, _, _ throws(ChainruleError) in
                if refusal.fails { throw ChainruleError(.callback, "no") }
                for index in z.indices { h[index] = z[index] + 1 }
            }, derivative: { z, _, slope, _, _ in for index in z.indices { slope[index] = 1 } })
        let architecture = try StreamTests.architecture(6, 2) {
            try $0.recurrent(RecurrentSettings(.gru(resetsFirst: false), units: 2))
            try $0.convolution(StreamTests.causal(2, 2, Activation(custom: custom)))
        }
        let predictor = try Predictor(Network(architecture, seed: 1))
        var noise = Noise(2)
        let x = noise.floats(12)
        let y = try predictor.predict(x)
        let stream = try Stream(predictor)
        #expect(try bits(stream.push(x)) == bits(y))
        refusal.fails = true
        expectError(.callback, "layer '2'") { _ = try stream.push(x) }
        refusal.fails = false
        expectError(.noForward, "reset it") { _ = try stream.push(x) }
        stream.reset()
        #expect(try bits(stream.push(x)) == bits(y))
    }

    @Test func tokensThatDoNotExist() throws {
        let architecture = try StreamTests.architecture(90, 1) {
            try $0.embedding(tokens: 5, width: 3)
            try $0.recurrent(RecurrentSettings(.lstm(hasPeepholes: false), units: 4))
        }
        let predictor = try Predictor(Network(architecture, seed: 1))
        let x = (0..<90).map { Float($0 % 5) }
        let y = try predictor.predict(x)
        let stream = try Stream(predictor)
        expectError(.value, "the token 5.0") { _ = try stream.push([5]) }
        #expect(try bits(push(x, [7], into: stream)) == bits(y))
        // In the second block, when the first has gone on.
        var wrong = x
        wrong[80] = -1
        expectError(.value, "the token -1.0") { _ = try stream.push(wrong) }
        expectError(.noForward, "reset it") { _ = try stream.push([1]) }
        expectError(.noForward, "reset it") { _ = try stream.copy() }
        expectError(.noForward, "reset it") { _ = try stream.state }
        stream.reset()
        #expect(try bits(stream.push(x)) == bits(y))
        // Nothing moves on without a state.
        let table = try StreamTests.architecture(90, 1) { try $0.embedding(tokens: 5, width: 3) }
        let stateless = try Stream(Predictor(Network(table, seed: 1)))
        expectError(.value, "row 80 has the token -1.0") { _ = try stateless.push(wrong) }
        #expect(stateless.frames == 0)
        _ = try stateless.push(x)
    }

    /// A callback may predict with another network of this kind: the caller's arithmetic comes back.
    @Test func arithmeticOfNestedPredictions() throws {
        let cell = RecurrentSettings(.gru(resetsFirst: false), units: 2)
        let inner = try Network(StreamTests.architecture(3, 1) { try $0.recurrent(cell) }, seed: 1)
        let custom = CustomActivation(
            value: { z, h, _, _ throws(ChainruleError) in
                _ = try inner.predict([1, 2, 3])
                for index in z.indices { h[index] = z[index] }
            }, derivative: { z, _, slope, _, _ in for index in z.indices { slope[index] = 1 } })
        let outer = try Network(
            StreamTests.architecture(3, 1) {
                try $0.recurrent(cell)
                try $0.dense(1, Activation(custom: custom))
            }, seed: 1)
        _ = try outer.predict([1, 2, 3])
        _ = try Stream(Predictor(outer)).push([1, 2, 3])
        let small = Float.leastNonzeroMagnitude * Float(inner.parameterCount)
        #expect(small * 0.5 > 0)
    }

    /// A GRU without biases and input decays to numbers that a processor may be slow with. They are 0, in streams and in whole
    /// predictions alike.
    @Test func decayingStatesBecomeZero() throws {
        var settings = RecurrentSettings(.gru(resetsFirst: false), units: 8)
        settings.hasBias = false
        let steps = 2000
        let architecture = try StreamTests.architecture(steps, 1) { try $0.recurrent(settings) }
        for level in supportedLevels {
            let network = try Network(architecture, seed: 1, level: level)
            let predictor = try Predictor(network, precision: .float32, level: level)
            let x = [1] + [Float](repeating: 0, count: steps - 1)
            let y = try Stream(predictor).push(x)
            #expect(try bits(y) == bits(predictor.predict(x)))
            #expect(try bits(y) == bits(network.predict(x)))
            #expect(!y.contains { $0.isSubnormal })
            #expect(y.suffix(8).allSatisfy { $0 == 0 } && y[8 * 50] != 0)
        }
    }
}
