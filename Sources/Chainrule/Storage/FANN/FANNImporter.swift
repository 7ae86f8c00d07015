/// Makes layers of the neurons of a FANN file: a dense layer for each run of neurons of one layer that share their function.
struct FANNImporter {
    /// Neurons whose values are one layer's.
    struct Block {
        let neurons: Range<Int>
        /// The dense layer, and the layer that has the neurons' values.
        let dense: Int
        let output: String
        /// What each sum is multiplied by besides the neuron's steepness.
        let scale: Float
        /// The blocks that the neurons read, one after another in a row of the dense layer's input.
        let sources: [Int]
    }

    private let file: FANNFile
    private(set) var architecture: Architecture
    /// The inputs, and then the dense layers.
    private var blocks: [Block]
    /// The block of each neuron; −1: it is 1.
    private var blockOfNeuron: [Int32]

    init(_ file: FANNFile) throws(ChainruleError) {
        self.file = file
        let inputs = file.layerSizes[0] - 1
        architecture = try Architecture(inputs: inputs)
        blocks = [Block(neurons: 0..<inputs, dense: -1, output: LayerName.input.text, scale: 1, sources: [])]
        blockOfNeuron = [Int32](repeating: -1, count: file.neurons.count)
        for neuron in 0..<inputs { blockOfNeuron[neuron] = 0 }
        var first = file.layerSizes[0]
        for layer in 1..<file.layerSizes.count {
            let isLast = layer == file.layerSizes.count - 1
            // The last layer's bias is no output.
            let all = first..<(first + file.layerSizes[layer] - (isLast && file.isLayered ? 1 : 0))
            first += file.layerSizes[layer]
            let runs = self.runs(in: all, isLast: isLast)
            let name = isLast ? "output" : "layer\(layer)"
            let before = blocks.count
            for (index, run) in runs.enumerated() {
                try add(run, name: runs.count == 1 ? name : "\(name)-\(index)")
            }
            if isLast && runs.count > 1 {
                var outputs: [String] = []
                for block in blocks[before...] { outputs.append(block.output) }
                try architecture.concatenation(of: outputs, name: name)
            }
        }
    }

    /// Neurons that follow one another and have the same function. Those that are 1 are left out, unless they are outputs.
    private func runs(in all: Range<Int>, isLast: Bool) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for neuron in all where file.neurons[neuron].connections > 0 || isLast {
            if let last = runs.last, last.upperBound == neuron, isSameFunction(last.lowerBound, neuron) {
                runs[runs.count - 1] = last.lowerBound..<(neuron + 1)
            } else {
                runs.append(neuron..<(neuron + 1))
            }
        }
        return runs
    }

    private func function(of neuron: Int) -> FANNFunction {
        file.neurons[neuron].connections == 0 ? .linear : file.neurons[neuron].function
    }

    private func isSameFunction(_ a: Int, _ b: Int) -> Bool {
        function(of: a) == function(of: b)
            && (!function(of: a).isLimited || file.neurons[a].steepness == file.neurons[b].steepness)
    }

    /// Adds the layers of a run.
    private mutating func add(_ run: Range<Int>, name: String) throws(ChainruleError) {
        let function = function(of: run.lowerBound)
        guard let layers = function.layers else {
            throw ChainruleError(
                .format,
                "neuron \(run.lowerBound) has the activation function \(function.rawValue), which FANN does not compute"
            )
        }
        var isRead = [Bool](repeating: false, count: blocks.count)
        for neuron in run {
            forEachConnection(of: neuron) { source, _ in if source >= 0 { isRead[Int(blockOfNeuron[source])] = true } }
        }
        var sources: [Int] = []
        for block in blocks.indices where isRead[block] { sources.append(block) }
        if sources.isEmpty { sources = [0] }
        var input = blocks[sources[0]].output
        if sources.count > 1 {
            var names: [String] = []
            for source in sources { names.append(blocks[source].output) }
            input = "\(name)-inputs"
            try architecture.concatenation(of: names, name: input)
        }
        var before = layers.before
        if function.isLimited {
            let limit = 150 / file.neurons[run.lowerBound].steepness.magnitude
            before.insert(.clip(low: -limit, high: limit), at: 0)
        }
        let dense = architecture.nodes.count
        // The layer with the neurons' values has the name.
        let count = before.count + layers.after.count + (before.isEmpty ? 0 : 1)
        func next(_ number: Int) -> String { number == count ? name : "\(name)-\(number)" }
        try architecture.dense(run.count, before.isEmpty ? layers.activation : .identity, name: next(0), input: input)
        var number = 0
        for function in before {
            number += 1
            try architecture.function(function, name: next(number))
        }
        if !before.isEmpty {
            number += 1
            try architecture.activation(layers.activation, name: next(number))
        }
        for function in layers.after {
            number += 1
            try architecture.function(function, name: next(number))
        }
        for neuron in run { blockOfNeuron[neuron] = Int32(blocks.count) }
        blocks.append(Block(neurons: run, dense: dense, output: name, scale: layers.scale, sources: sources))
    }

    /// - Parameter body: receives the neuron that is read, or −1 if it is 1, and the weight.
    private func forEachConnection(of neuron: Int, _ body: (_ source: Int, _ weight: Float) -> Void) {
        let first = file.neurons[neuron].first
        for connection in file.connections[first..<(first + file.neurons[neuron].connections)] {
            let source = Int(connection.source)
            body(blockOfNeuron[source] < 0 ? -1 : source, connection.weight)
        }
    }

    /// Sets the parameters of the dense layers.
    func fill(_ network: Network) throws(ChainruleError) {
        var columns = [Int](repeating: 0, count: blocks.count)
        for block in blocks.dropFirst() {
            var width = 0
            for source in block.sources {
                columns[source] = width - blocks[source].neurons.lowerBound
                width += blocks[source].neurons.count
            }
            let tensors = network.plan.tensors[network.plan.tensorRanges[block.dense]]
            let W = tensors[tensors.startIndex].view(in: network.numbers)
            let b = tensors[tensors.startIndex + 1].vector(in: network.numbers)
            W.clear()
            b.clear()
            for (row, neuron) in block.neurons.enumerated() {
                let factor = file.neurons[neuron].steepness * block.scale
                if file.neurons[neuron].connections == 0 { b[0, row] = 1 }
                forEachConnection(of: neuron) { source, weight in
                    if source < 0 { return b[0, row] += factor * weight }
                    W[row, columns[Int(blockOfNeuron[source])] + source] += factor * weight
                }
                var isFinite = b[0, row].isFinite
                for column in 0..<W.columns where !W[row, column].isFinite { isFinite = false }
                guard isFinite else {
                    throw ChainruleError(
                        .format,
                        "a weight of neuron \(neuron) times its steepness, \(file.neurons[neuron].steepness), is not finite"
                    )
                }
            }
        }
    }
}
