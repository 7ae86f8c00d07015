import Chainrule
import Foundation

extension ReferenceLayer {
    /// Numbers that are the same for every row.
    package static func parameter(_ shape: [Int]) -> ReferenceLayer {
        let count = shape.reduce(1, *)
        return ReferenceLayer(
            add: { architecture, name, _ in
                try architecture.parameter(Shape(shape), name: name, weights: .uniform(low: -0.5, high: 0.5))
            }, parameters: { _ in count }
        ) { inputs, parameters in
            let h = Batch(shape, inputs[0].samples.map { _ in parameters })
            return (h, h)
        }
    }

    /// Numbers that are the same for every row and that nobody learns.
    package static func constant(_ shape: [Int]) -> ReferenceLayer {
        ReferenceLayer(add: { architecture, name, _ in try architecture.constant(Shape(shape), name: name) }) {
            inputs, _ in
            let values = (0..<shape.reduce(1, *)).map { stateValue($0, of: "value") }
            let h = Batch(shape, inputs[0].samples.map { _ in values })
            return (h, h)
        }
    }

    /// Rows of a table. A change of a token that is small changes nothing.
    package static func embedding(tokens: Int, width: Int) -> ReferenceLayer {
        ReferenceLayer(
            add: { try $0.embedding(tokens: tokens, width: width, name: $1, input: $2[0]) },
            parameters: { _ in tokens * width }
        ) { inputs, parameters in
            let shape = inputs[0].channels == 1 ? inputs[0].shape.dropLast() : inputs[0].shape[...]
            let h = Batch(
                shape + [width],
                inputs[0].samples.map { row in
                    row.flatMap { parameters[Int($0.rounded()) * width..<(Int($0.rounded()) + 1) * width] }
                })
            return (h, h)
        }
    }

    /// Sines and cosines of the positions, added to x.
    package static var positions: ReferenceLayer {
        ReferenceLayer(add: { try $0.positions(name: $1, input: $2[0]) }, parameters: { _ in 0 }) { inputs, _ in
            let channels = inputs[0].channels
            let h = Batch(
                inputs[0].shape,
                inputs[0].samples.map { row in
                    row.enumerated().map { index, x in
                        let (t, channel) = (Double(index / channels), index % channels)
                        let angle = t * pow(10000, -Double(channel / 2 * 2) / Double(channels))
                        return x + (channel % 2 == 0 ? sin(angle) : cos(angle))
                    }
                })
            return (h, h)
        }
    }

    /// Attention, query by query. It reads one to three layers, and the lengths if there are any.
    package static func attention(_ settings: AttentionSettings, lengths: Bool = false) -> ReferenceLayer {
        ReferenceLayer(
            add: { architecture, name, reads in
                let sources = lengths ? reads.count - 1 : reads.count
                try architecture.attention(
                    settings, name: name, query: reads[0], key: sources > 1 ? reads[1] : nil,
                    value: sources > 2 ? reads[2] : nil, lengths: lengths ? reads.last : nil)
            }, parameters: { _ in 0 }
        ) { inputs, _ in
            let sources = lengths ? inputs.count - 1 : inputs.count
            let width = sources == 1 ? inputs[0].channels / 3 : inputs[0].channels
            let channels = width / settings.heads
            /// An element of the queries (0), keys (1) or values (2).
            func element(_ operand: Int, _ sample: Int, _ step: Int, _ channel: Int) -> Double {
                let source = min(operand, sources - 1)
                return inputs[source].samples[sample][
                    step * inputs[source].channels + (operand - source) * width + channel]
            }
            let (querySteps, keySteps) = (inputs[0].shape[0], inputs[sources - 1].shape[0])
            var h = Batch(
                [querySteps, width],
                inputs[0].samples.map { _ in [Double](repeating: 0, count: querySteps * width) })
            for sample in h.samples.indices {
                let keys = lengths ? Int(inputs.last!.samples[sample][0].rounded()) : keySteps
                for query in 0..<(sources == 1 ? keys : querySteps) {
                    for head in 0..<settings.heads {
                        let all = head * channels..<(head + 1) * channels
                        let seen = 0..<(settings.isCausal ? min(keys, query + 1) : keys)
                        let scores = seen.map { key in
                            all.reduce(0) { $0 + element(0, sample, query, $1) * element(1, sample, key, $1) }
                                / Double(channels).squareRoot()
                        }
                        let e = scores.map { exp($0 - scores.max()!) }
                        for channel in all {
                            h.samples[sample][query * width + channel] =
                                seen.reduce(0) { $0 + e[$1] * element(2, sample, $1, channel) } / e.reduce(0, +)
                        }
                    }
                }
            }
            return (h, h)
        }
    }

    /// A recurrent layer, step by step. It reads x, its first state if it has one, and the lengths if there are any.
    package static func recurrent(
        _ settings: RecurrentSettings, initialState: Bool = false, lengths: Bool = false
    ) -> ReferenceLayer {
        let units = settings.units
        let gates: Int
        var more = 0
        switch settings.cell {
        case .simple: gates = 1
        case .gru(let resetsFirst):
            gates = 3
            if settings.hasBias && !resetsFirst { more = units }
        case .lstm(let hasPeepholes):
            gates = 4
            if hasPeepholes { more = 3 * units }
        }
        let (rows, rest) = (gates * units, (settings.hasBias ? gates * units : 0) + more)
        return ReferenceLayer(
            add: {
                try $0.recurrent(
                    settings, name: $1, input: $2[0], initialState: initialState ? $2[1] : nil,
                    lengths: lengths ? $2.last : nil)
            }, parameters: { rows * ($0[0][1] + units) + rest }
        ) { inputs, parameters in
            let x = inputs[0]
            let (steps, channels) = (x.shape[0], x.channels)
            let cell = ReferenceCell(settings, channels: channels, parameters)
            let outputs = (settings.givesSequence ? steps : 1) + (settings.givesCell ? 1 : 0)
            var h = Batch(
                settings.givesSequence || settings.givesCell ? [outputs, units] : [units],
                x.samples.map { _ in [Double](repeating: 0, count: outputs * units) })
            for sample in x.samples.indices {
                var state = [Double](repeating: 0, count: 2 * units)
                if initialState { state.replaceSubrange(0..<inputs[1].channels, with: inputs[1].samples[sample]) }
                // A change of the length that is small changes nothing.
                let length = lengths ? Int(inputs.last!.samples[sample][0].rounded()) : steps
                let order = settings.isBackwards ? Array((0..<length).reversed()) : Array(0..<length)
                for time in order {
                    let input = Array(x.samples[sample][time * channels..<(time + 1) * channels])
                    state = cell.step(input, state)
                    let place = settings.givesSequence ? time * units : 0
                    h.samples[sample].replaceSubrange(place..<place + units, with: state[0..<units])
                }
                if settings.givesCell {
                    h.samples[sample].replaceSubrange((outputs - 1) * units..<outputs * units, with: state[units...])
                }
            }
            return (h, h)
        }
    }
}

/// The formulas of a cell, for one unit after the other.
private struct ReferenceCell {
    private let settings: RecurrentSettings
    private let input: [[Double]]
    private let recurrent: [[Double]]
    private let bias: [Double]
    private let more: [Double]

    init(_ settings: RecurrentSettings, channels: Int, _ parameters: [Double]) {
        self.settings = settings
        let units = settings.units
        var rest = parameters[...]
        func next(_ count: Int) -> [Double] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        var gates = 1
        if case .gru = settings.cell { gates = 3 }
        if case .lstm = settings.cell { gates = 4 }
        input = (0..<gates * units).map { _ in next(channels) }
        recurrent = (0..<gates * units).map { _ in next(units) }
        bias = settings.hasBias ? next(gates * units) : [Double](repeating: 0, count: gates * units)
        more = Array(rest)
    }

    /// h and c after a step.
    func step(_ x: [Double], _ state: [Double]) -> [Double] {
        let units = settings.units
        let (h, c) = (Array(state[0..<units]), Array(state[units...]))
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        func fromInput(_ gate: Int, _ unit: Int) -> Double {
            dot(input[gate * units + unit], x) + bias[gate * units + unit]
        }
        func z(_ gate: Int, _ unit: Int) -> Double { fromInput(gate, unit) + dot(recurrent[gate * units + unit], h) }
        func sigmoid(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
        switch settings.cell {
        case .simple(let rectifies):
            return (0..<units).map { rectifies ? max(0, z(0, $0)) : tanh(z(0, $0)) } + c
        case .gru(let resetsFirst):
            let reset = (0..<units).map { sigmoid(z(0, $0)) * h[$0] }
            return (0..<units).map { unit in
                let r = sigmoid(z(0, unit))
                let update = sigmoid(z(1, unit))
                let row = recurrent[2 * units + unit]
                let share = resetsFirst ? dot(row, reset) : r * (dot(row, h) + (more.isEmpty ? 0 : more[unit]))
                return (1 - update) * tanh(fromInput(2, unit) + share) + update * h[unit]
            } + c
        case .lstm(let hasPeepholes):
            func peephole(_ gate: Int, _ unit: Int) -> Double { hasPeepholes ? more[gate * units + unit] : 0 }
            let cell = (0..<units).map { unit in
                let i = sigmoid(z(0, unit) + peephole(0, unit) * c[unit])
                let f = sigmoid(z(1, unit) + peephole(1, unit) * c[unit])
                return f * c[unit] + i * tanh(z(2, unit))
            }
            return (0..<units).map { sigmoid(z(3, $0) + peephole(2, $0) * cell[$0]) * tanh(cell[$0]) } + cell
        }
    }
}
