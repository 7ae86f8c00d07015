import Chainrule

/// A network described once, from which both the library's architecture and a float64 reference are made.
struct TestNetwork: Sendable {
    enum Kind: Sendable {
        case dense(Int, Activation, bias: Bool)
        case activation(Activation)
        case sum
        case concatenation
        case reshape([Int])
    }

    struct Layer: Sendable {
        let name: String
        let kind: Kind
        let reads: [String]
    }

    let inputs: Int
    var layers: [Layer] = []

    init(inputs: Int, _ layers: [Layer] = []) {
        self.inputs = inputs
        self.layers = layers
    }

    var architecture: Architecture {
        get throws {
            var architecture = try Architecture(inputs: inputs)
            for layer in layers {
                switch layer.kind {
                case .dense(let units, let activation, let bias):
                    try architecture.dense(
                        units, activation, name: layer.name, input: layer.reads[0], bias: bias,
                        biases: .uniform(low: -0.5, high: 0.5))
                case .activation(let activation):
                    try architecture.activation(activation, name: layer.name, input: layer.reads[0])
                case .sum:
                    try architecture.sum(of: layer.reads, name: layer.name)
                case .concatenation:
                    try architecture.concatenation(of: layer.reads, name: layer.name)
                case .reshape(let extents):
                    try architecture.reshape(Shape(extents), name: layer.name, input: layer.reads[0])
                }
            }
            return architecture
        }
    }

    /// z and h of every layer by name, and x as the h of "input"; by rows. Straight from the definitions.
    /// - Parameters:
    ///   - parameters: in the library's order: by layers, W by rows and then b.
    ///   - nudge: added to the h of one layer, for the derivative with respect to it.
    func forward(
        _ x: [[Double]], _ parameters: [Double], nudge: (layer: String, by: [[Double]])? = nil
    ) -> (z: [String: [[Double]]], h: [String: [[Double]]]) {
        var z: [String: [[Double]]] = [:]
        var h = ["input": nudged(x, "input", nudge)]
        // The length of the last axis.
        var channels = ["input": inputs]
        var next = 0
        for layer in layers {
            // A row for each position of each sample.
            let read = layer.reads.map { name in h[name]!.flatMap { splitRow($0, of: channels[name]!) } }
            let before: [[Double]]
            var after: [[Double]]
            switch layer.kind {
            case .dense(let units, let activation, let bias):
                let width = read[0][0].count
                let weights = (0..<units).map { Array(parameters[next + $0 * width..<next + ($0 + 1) * width]) }
                next += units * width
                let biases = bias ? Array(parameters[next..<next + units]) : [Double](repeating: 0, count: units)
                next += bias ? units : 0
                before = read[0].map { row in
                    (0..<units).map { u in zip(weights[u], row).reduce(biases[u]) { $0 + $1.0 * $1.1 } }
                }
                after = before.map(ReferenceActivation.of(activation)!)
            case .activation(let activation):
                before = read[0]
                after = before.map(ReferenceActivation.of(activation)!)
            case .sum:
                before = read[0].indices.map { row in
                    read[0][row].indices.map { column in read.reduce(0) { $0 + $1[row][column] } }
                }
                after = before
            case .concatenation:
                before = read[0].indices.map { row in read.flatMap { $0[row] } }
                after = before
            case .reshape:
                before = read[0]
                after = before
            }
            channels[layer.name] = before[0].count
            if case .reshape(let extents) = layer.kind { channels[layer.name] = extents.last! }
            let positions = before.count / x.count
            func samples(_ rows: [[Double]]) -> [[Double]] {
                x.indices.map { Array(rows[$0 * positions..<($0 + 1) * positions].joined()) }
            }
            z[layer.name] = samples(before)
            h[layer.name] = nudged(samples(after), layer.name, nudge)
        }
        precondition(next == parameters.count)
        return (z, h)
    }

    private func nudged(_ h: [[Double]], _ name: String, _ nudge: (layer: String, by: [[Double]])?) -> [[Double]] {
        guard let nudge, nudge.layer == name else { return h }
        return zip(h, nudge.by).map { zip($0, $1).map { $0 + $1 } }
    }

    func outputs(_ x: [[Double]], _ parameters: [Double], nudge: (layer: String, by: [[Double]])? = nil) -> [[Double]] {
        forward(x, parameters, nudge: nudge).h[layers[layers.count - 1].name]!
    }
}

private func splitRow(_ row: [Double], of columns: Int) -> [[Double]] {
    stride(from: 0, to: row.count, by: columns).map { Array(row[$0..<$0 + columns]) }
}

/// The rows of a row-major array, in float64.
func splitRows(_ values: [Float], of columns: Int) -> [[Double]] {
    stride(from: 0, to: values.count, by: columns).map { values[$0..<$0 + columns].map { Double($0) } }
}

extension TestNetwork.Layer {
    static func dense(
        _ name: String, _ units: Int, _ activation: Activation = .identity, from input: String, bias: Bool = true
    ) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .dense(units, activation, bias: bias), reads: [input])
    }

    static func activation(_ name: String, _ activation: Activation, from input: String) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .activation(activation), reads: [input])
    }

    static func sum(_ name: String, of inputs: String...) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .sum, reads: inputs)
    }

    static func reshape(_ name: String, _ extents: [Int], from input: String) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .reshape(extents), reads: [input])
    }

    static func concatenation(_ name: String, of inputs: String...) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .concatenation, reads: inputs)
    }
}

extension TestNetwork {
    /// Every kind of layer that works along the last axis, with this activation at every position.
    static func shaped(_ activation: Activation) -> TestNetwork {
        TestNetwork(
            inputs: 24,
            [
                .reshape("s", [2, 3, 4], from: "input"), .dense("a", 4, activation, from: "s"),
                .activation("b", activation, from: "s"), .sum("c", of: "a", "b"), .concatenation("d", of: "c", "s"),
                .dense("e", 3, activation, from: "d", bias: false), .reshape("f", [18], from: "e"),
                .dense("g", 4, .tanh, from: "f"), .reshape("h", [4, 1], from: "g"), .dense("i", 2, from: "h"),
            ])
    }
}
