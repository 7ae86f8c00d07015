// Layers of sequences.
extension ONNXWriter {
    func embed(_ tokens: Int) throws(ChainruleError) {
        let x = try plainInput()
        let indices = help("Cast", [x.name], as: layer + "/tokens", [.integer("to", Int(ONNXType.int64.rawValue))])
        let isReplaced = inputShape().channels == 1
        let rows = emit(
            "Gather", [parameter("weight")!, indices], as: isReplaced ? "rows" : nil, [.integer("axis", 0)])
        let result = isReplaced ? emit("Reshape", [rows, integers([0] + shape.extents, "shape")]) : rows
        give(result, Array(0..<shape.rank), hasBatch: x.hasBatch)
    }

    func addPositions() throws(ChainruleError) {
        let x = try plainInput()
        let memory = try FloatMemory(count: shape.count, for: "an ONNX model")
        Positions().write(to: memory.matrix(at: 0, rows: shape[0], columns: shape[1]))
        let places = add(layer + "/places", [1] + shape.extents, .memory(memory))
        give(emit("Add", [x.name, places]), x.order, hasBatch: x.hasBatch)
    }

    // MARK: Recurrent layers

    /// The operator of a cell, and for each of its gates in ONNX, its place among Chainrule's.
    private static func operation(_ cell: RecurrentSettings.Cell) -> (StaticString, gates: [Int]) {
        switch cell {
        case .simple: ("RNN", [0])
        case .gru: ("GRU", [1, 0, 2])
        case .lstm: ("LSTM", [0, 3, 1, 2])
        }
    }

    func recur(_ settings: RecurrentSettings) throws(ChainruleError) {
        let (operation, gates) = ONNXWriter.operation(settings.cell)
        let x = try rowsOfInput(0)
        let steps = help("Transpose", [x.name], as: layer + "/steps", [.integers("perm", [1, 0, 2])])
        var inputs = [
            steps, try gated("weight_ih", gates, settings.units), try gated("weight_hh", gates, settings.units),
            settings.hasBias ? try biases(gates, settings.units) : "", "",
        ]
        if let place = settings.lengthsInput {
            let lengths = try flatLengths(place, [-1])
            inputs[4] = help("Cast", [lengths], as: layer + "/numbers", [.integer("to", Int(ONNXType.int32.rawValue))])
        }
        if settings.hasInitialState {
            let state = try rowsOfInput(1)
            let (units, isLSTM) = (settings.units, inputShape(1).count > settings.units)
            var parts = [state.name]
            if isLSTM {
                parts = ["h", "c"].enumerated().map { place, part in
                    help(
                        "Slice", slicing(state.name, [place * units], [(place + 1) * units], [1], part + "-"),
                        as: layer + "/" + part)
                }
            }
            for (place, part) in parts.enumerated() {
                let dims = integers([1, -1, units], "state-shape" + place.description)
                inputs.append(help("Reshape", [part, dims], as: layer + "/state" + place.description))
            }
        }
        var attributes: [ONNXGraph.Attribute] = [.integer("hidden_size", settings.units)]
        if settings.isBackwards { attributes.append(.text("direction", "reverse")) }
        switch settings.cell {
        case .simple(let rectifies): if rectifies { attributes.append(.texts("activations", ["Relu"])) }
        case .gru(let resetsFirst): attributes.append(.integer("linear_before_reset", resetsFirst ? 0 : 1))
        case .lstm(let hasPeepholes):
            guard hasPeepholes else { break }
            while inputs.count < 7 { inputs.append("") }
            // Of i, o and f.
            inputs.append(try rearranged("peephole", [0, 2, 1], settings.units, dims: [1, 3 * settings.units]))
        }
        while let last = inputs.last, last.isEmpty { inputs.removeLast() }
        if settings.givesCell { return try recurWithCell(operation, inputs, attributes, settings) }
        if settings.givesSequence {
            let all = emit(operation, inputs, as: "all", attributes)
            let states = emit("Squeeze", [all, integers([1], "direction")], as: "states")
            give(emit("Transpose", [states], [.integers("perm", [1, 0, 2])]), [0, 1])
        } else {
            let last = emit(operation, inputs, as: "last", attributes, output: 1)
            give(emit("Squeeze", [last, integers([0], "direction")]), [0])
        }
    }

    /// h of all steps or of the last one, and c after it as one more step.
    private func recurWithCell(
        _ operation: StaticString, _ inputs: [String], _ attributes: [ONNXGraph.Attribute],
        _ settings: RecurrentSettings
    ) throws(ChainruleError) {
        let states = emit(operation, inputs, as: "states", attributes, output: settings.givesSequence ? 0 : 1)
        graph.nodes[graph.nodes.count - 1].third = layer + "/cell"
        var parts = [states]
        if settings.givesSequence { parts[0] = emit("Squeeze", [states, integers([1], "direction")], as: "rows") }
        parts.append(layer + "/cell")
        let rows = emit("Concat", parts, as: "steps-first", [.integer("axis", 0)])
        give(emit("Transpose", [rows], [.integers("perm", [1, 0, 2])]), [0, 1])
    }

    /// An input in the layer's order, with a row for each of the batch.
    private func rowsOfInput(_ input: Int) throws(ChainruleError) -> ONNXWrittenValue {
        withRows(try plainInput(input), inputShape(input))
    }

    /// The rows' lengths, of which each row has one.
    private func flatLengths(_ input: Int, _ dims: [Int]) throws(ChainruleError) -> String {
        help("Reshape", [try rowsOfInput(input).name, integers(dims, "lengths-shape")], as: layer + "/lengths")
    }

    /// A tensor's blocks of so many rows in another order.
    private func rearranged(_ name: StaticString, _ blocks: [Int], _ rows: Int, dims: [Int]) throws(ChainruleError)
        -> String
    {
        let tensor = tensor(name)!
        let memory = try FloatMemory(count: tensor.count, for: "an ONNX model")
        copy(tensor, blocks, rows, to: memory.vector)
        return add(tensor.name, dims, .memory(memory))
    }

    private func copy(_ tensor: Plan.Tensor, _ blocks: [Int], _ rows: Int, to vector: Matrix) {
        let (numbers, count) = (tensor.vector(in: network.numbers), rows * tensor.columns)
        for (place, block) in blocks.enumerated() {
            vector.columns(from: place * count, count: count).assign(
                numbers.columns(from: block * count, count: count))
        }
    }

    private func gated(_ name: StaticString, _ gates: [Int], _ units: Int) throws(ChainruleError) -> String {
        let tensor = tensor(name)!
        return try rearranged(name, gates, units, dims: [1, tensor.rows, tensor.columns])
    }

    /// The biases of x, and then of the state: of a GRU's candidate; otherwise 0.
    private func biases(_ gates: [Int], _ units: Int) throws(ChainruleError) -> String {
        let (tensor, count) = (tensor("bias")!, gates.count * units)
        let memory = try FloatMemory(count: 2 * count, for: "an ONNX model")
        copy(tensor, gates, units, to: memory.vector.columns(from: 0, count: count))
        if let ofState = self.tensor("bias_hn") {
            memory.vector.columns(from: 2 * count - units, count: units).assign(ofState.vector(in: network.numbers))
        }
        return add(tensor.name, [1, 2 * count], .memory(memory))
    }

    // MARK: Attention

    func attend(_ settings: AttentionSettings) throws(ChainruleError) {
        let sources = node.inputs.count - (settings.hasLengths ? 1 : 0)
        let (width, queries, keys) = (shape.channels, shape[0], inputShape(sources - 1)[0])
        let depth = width / settings.heads
        var hasBatch = settings.hasLengths
        /// Queries, keys or values: heads before steps.
        func operand(_ place: Int, _ part: String, _ order: [Int]) throws(ChainruleError) -> String {
            let source = min(place, sources - 1)
            let x = try plainInput(source)
            hasBatch = hasBatch || x.hasBatch
            var name = x.name
            if inputShape(source).channels > width {
                let first = (place - source) * width
                name = emit(
                    "Slice", slicing(name, [first], [first + width], [2], part + "-"), as: part)
            }
            let dims = integers([0, inputShape(source)[0], settings.heads, depth], part + "-shape")
            let heads = emit("Reshape", [name, dims], as: part + "-heads")
            return emit("Transpose", [heads], as: part + "-first", [.integers("perm", order)])
        }
        let q = try operand(0, "queries", [0, 2, 1, 3])
        let k = try operand(1, "keys", [0, 2, 3, 1])
        let v = try operand(2, "values", [0, 2, 1, 3])
        let product = emit("MatMul", [q, k], as: "product")
        var scores = emit(
            "Mul", [product, number(1 / Float(depth).squareRoot(), "scale")], as: "scores")
        if settings.isCausal {
            let memory = try FloatMemory(
                count: Plan.checkedProduct(queries, keys), for: "the mask of an ONNX model")
            let mask = memory.matrix(at: 0, rows: queries, columns: keys)
            for query in 0..<queries {
                for key in 0..<keys { mask[query, key] = key > query ? -.infinity : 0 }
            }
            scores = emit("Add", [scores, add(layer + "/mask", [queries, keys], .memory(memory))], as: "masked")
        }
        var lengths = ""
        if settings.hasLengths {
            lengths = try flatLengths(sources, [-1, 1, 1, 1])
            let seen = emit("Less", [try range(keys, [keys], "places"), lengths], as: "seen")
            scores = emit("Where", [seen, scores, number(-.infinity, "nothing")], as: "seen-scores")
        }
        let weights = emit("Softmax", [scores], as: "weights", [.integer("axis", -1)])
        var result = emit("MatMul", [weights, v], as: "heads")
        if settings.hasLengths && sources == 1 {
            let isQuery = emit("Less", [try range(queries, [queries, 1], "steps"), lengths], as: "is-query")
            result = emit("Where", [isQuery, result, number(0, "zero")], as: "inside")
        }
        let steps = emit("Transpose", [result], as: "steps-first", [.integers("perm", [0, 2, 1, 3])])
        give(
            emit("Reshape", [steps, integers([0] + shape.extents, "shape")]), [0, 1], hasBatch: hasBatch)
    }

    /// 0, 1, 2, and so on.
    private func range(_ count: Int, _ dims: [Int], _ part: String) throws(ChainruleError) -> String {
        let memory = try FloatMemory(count: count, for: "an ONNX model")
        for place in 0..<count { memory.vector[0, place] = Float(place) }
        return add(layer + "/" + part, dims, .memory(memory))
    }
}
