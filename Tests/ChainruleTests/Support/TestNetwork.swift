import Chainrule

/// A network described once, from which both the library's architecture and a float64 reference are made.
struct TestNetwork: Sendable {
    enum Kind: Sendable {
        case dense(Int, Activation, bias: Bool)
        case activation(Activation)
        case sum
        case concatenation
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
        var next = 0
        for layer in layers {
            let read = layer.reads.map { h[$0]! }
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
                before = x.indices.map { row in
                    read[0][row].indices.map { column in read.reduce(0) { $0 + $1[row][column] } }
                }
                after = before
            case .concatenation:
                before = x.indices.map { row in read.flatMap { $0[row] } }
                after = before
            }
            after = nudged(after, layer.name, nudge)
            z[layer.name] = before
            h[layer.name] = after
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

    static func concatenation(_ name: String, of inputs: String...) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .concatenation, reads: inputs)
    }
}
