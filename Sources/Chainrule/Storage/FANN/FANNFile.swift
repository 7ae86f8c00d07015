/// What a file of FANN 2 says of its network (Nissen 2003): neurons in layers, each with its connections to neurons before it.
/// Neurons without connections are 1: biases.
struct FANNFile {
    struct Neuron {
        /// Where its connections begin.
        let first: Int
        let connections: Int
        let function: FANNFunction
        let steepness: Float
    }

    struct Connection: BitwiseCopyable {
        let source: Int32
        let weight: Float
    }

    /// The neurons of each layer, biases included.
    private(set) var layerSizes: [Int] = []
    /// Whether connections go from layer to layer alone. Then the last layer has a bias, too, which is no output.
    private(set) var isLayered = true
    private(set) var neurons: [Neuron] = []
    private(set) var connections: [Connection] = []
    /// What the file's numbers are multiplied by: a power of 2 in fixed-point files.
    private var unit = 1.0

    init(_ bytes: UnsafeRawBufferPointer) throws(ChainruleError) {
        // A neuron takes at least 10 bytes of the text, a connection 7.
        let (room, overflow) = bytes.count.multipliedReportingOverflow(by: 16)
        try Reserve.setAside(overflow ? .max : max(room, 4096))
        var text = FANNText(bytes)
        let isFixed = text.take("FANN_FIX_2.")
        guard isFixed || text.take("FANN_FLO_2.") else {
            throw text.error("it begins with neither FANN_FLO_2. nor FANN_FIX_2.")
        }
        text.skipLine()
        while !text.isAtEnd { try readLine(&text) }
        guard !layerSizes.isEmpty else { throw text.error("there is no line layer_sizes=") }
        guard !neurons.isEmpty else { throw text.error("there is no line neurons=") }
        guard !connections.isEmpty else { throw text.error("there is no line connections=") }
        guard !isFixed || unit > 1 else { throw text.error("a fixed-point file has no line decimal_point=") }
    }

    private mutating func readLine(_ text: inout FANNText) throws(ChainruleError) {
        if text.take("network_type=") {
            let type = try text.count()
            guard type <= 1 else { throw text.error("network_type is \(type); there are 0 and 1") }
            isLayered = type == 0
        } else if text.take("decimal_point=") {
            let bits = try text.count()
            guard 1...30 ~= bits else { throw text.error("decimal_point is \(bits), not from 1 to 30") }
            unit = Double(1 << bits)
        } else if text.take("layer_sizes=") {
            guard layerSizes.isEmpty else { throw text.error("a second line layer_sizes=") }
            try readLayers(&text)
        } else if text.take("neurons (") {
            guard neurons.isEmpty && !layerSizes.isEmpty else {
                throw text.error("neurons= comes once, after layer_sizes=")
            }
            try readNeurons(&text)
        } else if text.take("connections (") {
            guard connections.isEmpty && !neurons.isEmpty else {
                throw text.error("connections= comes once, after neurons=")
            }
            try readConnections(&text)
        }
        text.skipLine()
    }

    private mutating func readLayers(_ text: inout FANNText) throws(ChainruleError) {
        var total: Int32 = 0
        while !text.isAtEndOfLine() {
            let size = try text.count()
            guard size >= 1 else { throw text.error("a layer has no neurons") }
            let (sum, overflow) = total.addingReportingOverflow(Int32(size))
            guard !overflow else { throw text.error("there are more neurons than 2^31") }
            total = sum
            layerSizes.append(size)
        }
        guard layerSizes.count >= 2 else {
            throw text.error("there are \(layerSizes.count) layers; at least 2 are needed")
        }
        guard layerSizes[0] >= 2 && (!isLayered || layerSizes.last! >= 2) else {
            throw text.error("a layer has only a bias")
        }
    }

    private mutating func readNeurons(_ text: inout FANNText) throws(ChainruleError) {
        let total = layerSizes.reduce(0, +)
        guard text.skipToValue() else { throw text.error("'=' expected") }
        var first: Int32 = 0
        while !text.isAtEndOfLine() {
            try text.expect("(")
            let count = try text.count()
            try text.expect(", ")
            let number = try text.count()
            try text.expect(", ")
            let steepness = Float(try text.number() / unit)
            try text.expect(")")
            guard let function = FANNFunction(rawValue: number) else {
                throw text.error("the activation function \(number) is unknown")
            }
            guard steepness.isFinite else { throw text.error("a steepness is not finite") }
            guard neurons.count < total else { throw text.error("there are more neurons than the layers have") }
            guard neurons.count >= layerSizes[0] || count == 0 else {
                throw text.error("neuron \(neurons.count) is an input and has \(count) connections")
            }
            neurons.append(Neuron(first: Int(first), connections: count, function: function, steepness: steepness))
            let (next, overflow) = first.addingReportingOverflow(Int32(count))
            first = next
            guard !overflow else {
                throw text.error("there are more connections than 2^31")
            }
        }
        guard neurons.count == total else {
            throw text.error("there are \(neurons.count) neurons; the layers have \(total)")
        }
    }

    private mutating func readConnections(_ text: inout FANNText) throws(ChainruleError) {
        guard text.skipToValue() else { throw text.error("'=' expected") }
        var (neuron, layer, firstOfLayer) = (0, 0, 0)
        let expected = neurons.last.map { $0.first + $0.connections } ?? 0
        while !text.isAtEndOfLine() {
            guard connections.count < expected else {
                throw text.error("there are more connections than the \(expected) of the neurons")
            }
            try text.expect("(")
            let source = try text.count()
            try text.expect(", ")
            let weight = Float(try text.number() / unit)
            try text.expect(")")
            while connections.count >= neurons[neuron].first + neurons[neuron].connections { neuron += 1 }
            while neuron >= firstOfLayer + layerSizes[layer] {
                firstOfLayer += layerSizes[layer]
                layer += 1
            }
            guard source < firstOfLayer else {
                throw text.error("neuron \(neuron) reads neuron \(source), which is in no layer before it")
            }
            guard weight.isFinite else { throw text.error("a weight is not finite") }
            connections.append(Connection(source: Int32(source), weight: weight))
        }
        guard connections.count == expected else {
            throw text.error("there are \(connections.count) connections; the neurons have \(expected)")
        }
    }
}
