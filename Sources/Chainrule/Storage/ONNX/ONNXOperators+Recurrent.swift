// Recurrent layers. ONNX orders gates otherwise, and has two biases where one suffices.
extension ONNXOperators {
    /// What a node of RNN, GRU or LSTM says of its cell.
    private struct Cell {
        let kind: RecurrentSettings.Cell
        /// For each gate of Chainrule's, its place among ONNX's.
        let gates: [Int]
        let isLSTM: Bool
        /// Whether a gate has a second bias, which is its third's.
        let hasStateBias: Bool
    }

    private static func cell(_ importer: ONNXImporter, _ node: ONNXNode, directions: Int) throws(ChainruleError) -> Cell
    {
        func require(_ names: [StaticString]) -> Bool {
            guard let given = node.attribute("activations")?.texts else { return true }
            return given.count == names.count * directions
                && given.indices.allSatisfy { given[$0].isSame(as: names[$0 % names.count]) }
        }
        let other = ChainruleError(.format, "its activations are not supported")
        if node.operation.isSame(as: "RNN") {
            if require(["Tanh"]) {
                return Cell(kind: .simple(rectifies: false), gates: [0], isLSTM: false, hasStateBias: false)
            }
            guard require(["Relu"]) else { throw other }
            return Cell(kind: .simple(rectifies: true), gates: [0], isLSTM: false, hasStateBias: false)
        }
        if node.operation.isSame(as: "GRU") {
            guard require(["Sigmoid", "Tanh"]) else { throw other }
            let resetsFirst = try !node.flag("linear_before_reset")
            return Cell(
                kind: .gru(resetsFirst: resetsFirst), gates: [1, 0, 2], isLSTM: false, hasStateBias: !resetsFirst)
        }
        guard require(["Sigmoid", "Tanh", "Tanh"]) else { throw other }
        try node.require("input_forget", 0)
        let peepholes = try importer.constant(node, 7)
        return Cell(
            kind: .lstm(hasPeepholes: peepholes != nil), gates: [0, 2, 3, 1], isLSTM: true, hasStateBias: false)
    }

    static func recurrent(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let batchFirst = try node.flag("layout")
        let (timeAxis, batchAxis) = batchFirst ? (1, 0) : (0, 1)
        let x = try importer.plain(importer.floatLayer(node))
        guard x.rank == 3 && x.dims[batchAxis] == 1 && x.batch ?? batchAxis == batchAxis else {
            throw ChainruleError(.format, "\(x.dims.shown) is no sequence of which each row has one")
        }
        if node.attribute("clip") != nil { throw ChainruleError(.format, "clip is not supported") }
        let (steps, channels) = (x.dims[timeAxis], x.dims[2])
        let direction = try node.text("direction")
        let isBoth = direction?.isSame(as: "bidirectional") ?? false
        let goesBack = direction?.isSame(as: "reverse") ?? false
        let directions = isBoth ? 2 : 1
        let cell = try cell(importer, node, directions: directions)
        let weights = try importer.requiredConstant(node, 2)
        guard let units = weights.dims.last, units >= 1 && units <= 1 << 20 else {
            throw ChainruleError(.format, "its recurrent weights have the shape \(weights.dims.shown)")
        }
        let reads = (
            all: importer.isRead(node, 0), last: importer.isRead(node, 1), cell: cell.isLSTM && importer.isRead(node, 2)
        )
        try importer.refuseOutputs(of: node, from: cell.isLSTM ? 3 : 2)
        let lengths = try lengths(importer, node, steps: steps)
        guard !(reads.all && reads.last && lengths != nil) else {
            throw ChainruleError(
                .format, "all states and the last of rows of different length are not supported together")
        }
        let source = try importer.shaped(x.name, [steps, channels])
        var (sequences, lasts, cells) = ([String](), [String](), [String]())
        for direction in 0..<directions {
            let isBackwards = isBoth ? direction == 1 : goesBack
            var settings = RecurrentSettings(cell.kind, units: units)
            settings.givesSequence = reads.all
            settings.givesCell = reads.cell
            settings.isBackwards = isBackwards
            if case .none = importer.value(node, 3) { settings.hasBias = false }
            (settings.weights, settings.biases) = (.zeros, .zeros)
            let state = try firstState(importer, node, cell, direction, units: units, batchAxis: batchAxis)
            let name = try importer.add(isBoth ? (isBackwards ? "backward" : "forward") : "") {
                name throws(ChainruleError) in
                try importer.architecture.recurrent(
                    settings, name: name, input: source, initialState: state, lengths: lengths)
            }
            try fill(name, cell, direction, directions, units: units, channels: channels, importer, node)
            /// Some rows of the output.
            func rows(_ part: String, from first: Int, count: Int) throws(ChainruleError) -> String {
                try importer.add(part) { part throws(ChainruleError) in
                    try importer.architecture.slice(
                        from: [first, 0], to: [first + count, units], name: part, input: name)
                }
            }
            func row(_ part: String, _ place: Int) throws(ChainruleError) -> String {
                try importer.shaped(rows(part, from: place, count: 1), [units])
            }
            let hasOneRow = !reads.all && !reads.cell
            sequences.append(reads.all && reads.cell ? try rows("all", from: 0, count: steps) : name)
            if reads.last {
                lasts.append(hasOneRow ? name : try row("last", reads.all && !isBackwards ? steps - 1 : 0))
            }
            if reads.cell { cells.append(try row("cell", settings.outputSteps(of: steps) - 1)) }
        }
        let hasBatch = x.batch != nil
        if reads.all {
            let dims = batchFirst ? [1, steps, directions, units] : [steps, directions, 1, units]
            let name = try joined(sequences, importer)
            importer.give(ONNXLayer(name, dims, batch: hasBatch ? (batchFirst ? 0 : 2) : nil), node, 0)
        }
        let dims = batchFirst ? [1, directions, units] : [directions, 1, units]
        for (index, names) in [lasts, cells].enumerated() where !names.isEmpty {
            importer.give(
                ONNXLayer(try joined(names, importer), dims, batch: hasBatch ? batchAxis : nil), node, index + 1)
        }
    }

    private static func joined(_ names: [String], _ importer: ONNXImporter) throws(ChainruleError) -> String {
        if names.count == 1 { return names[0] }
        return try importer.add { name throws(ChainruleError) in
            try importer.architecture.concatenation(of: names, name: name)
        }
    }

    /// The layer that gives each row's number of steps; nil: all rows have all.
    private static func lengths(_ importer: ONNXImporter, _ node: ONNXNode, steps: Int) throws(ChainruleError)
        -> String?
    {
        guard case .layer(let layer) = importer.value(node, 4) else {
            let lengths = try importer.constant(node, 4)
            guard let lengths else { return nil }
            for row in 0..<lengths.count where lengths.integer(row) != Int64(steps) {
                throw ChainruleError(.format, "constant lengths of fewer than all steps are not supported")
            }
            return nil
        }
        guard layer.count == 1 else { throw ChainruleError(.format, "its lengths have the shape \(layer.dims.shown)") }
        return try importer.shaped(layer.name, [1])
    }

    /// The layer that gives the state before the first step of a direction; nil: it is 0.
    private static func firstState(
        _ importer: ONNXImporter, _ node: ONNXNode, _ cell: Cell, _ direction: Int, units: Int, batchAxis: Int
    ) throws(ChainruleError) -> String? {
        var parts: [String?] = []
        for index in cell.isLSTM ? 5...6 : 5...5 {
            switch importer.value(node, index) {
            case .none: parts.append(nil)
            case .tensor(let all):
                let tensor = try importer.ofOneRow(all, all.dims.count == 3 ? batchAxis : -1, 1)
                guard !tensor.isInteger && tensor.count % units == 0, tensor.count > direction * units else {
                    throw ChainruleError(.format, "its first state has the shape \(tensor.dims.shown)")
                }
                guard (0..<tensor.count).contains(where: { tensor.float($0) != 0 }) else {
                    parts.append(nil)
                    continue
                }
                guard tensor.dims.count == 3 && tensor.dims[batchAxis] == 1, tensor.dims[1 - batchAxis] > direction
                else {
                    throw ChainruleError(.format, "a constant first state of several rows is not supported")
                }
                let numbers = try importer.folder.floats([units]) { tensor.float(direction * units + $0) }
                parts.append(try parameter(numbers, importer).name)
            case .layer, .label, .names:
                let layer = try importer.plain(importer.layer(node, index))
                guard layer.rank == 3 && layer.dims[batchAxis] == 1 && layer.dims[2] == units,
                    layer.dims[1 - batchAxis] > direction
                else { throw ChainruleError(.format, "its first state has the shape \(layer.dims.shown)") }
                let directions = layer.dims[1 - batchAxis]
                guard directions > 1 else {
                    parts.append(try importer.shaped(layer.name, [units]))
                    continue
                }
                let source = try importer.shaped(layer.name, [directions * units])
                parts.append(
                    try importer.add("state") { name throws(ChainruleError) in
                        try importer.architecture.slice(
                            from: [direction * units], to: [(direction + 1) * units], name: name, input: source)
                    })
            }
        }
        guard parts.contains(where: { $0 != nil }) else { return nil }
        var names: [String] = []
        for part in parts {
            if let part {
                names.append(part)
                continue
            }
            names.append(try constant(importer.folder.floats([units]) { _ in 0 }, importer).name)
        }
        if names.count == 1 { return names[0] }
        return try importer.add("state") { name throws(ChainruleError) in
            try importer.architecture.concatenation(of: names, name: name)
        }
    }

    /// The parameters of one direction.
    private static func fill(
        _ name: String, _ cell: Cell, _ direction: Int, _ directions: Int, units: Int, channels: Int,
        _ importer: ONNXImporter, _ node: ONNXNode
    ) throws(ChainruleError) {
        let count = cell.gates.count
        for (index, columns, tensor) in [(1, channels, "weight_ih"), (2, units, "weight_hh")]
            as [(Int, Int, StaticString)]
        {
            let given = try importer.weights(node, index, [directions, count * units, columns])
            let numbers = try importer.folder.floats([count * units, columns]) { place in
                let (row, column) = place.quotientAndRemainder(dividingBy: columns)
                let (gate, unit) = row.quotientAndRemainder(dividingBy: units)
                return given.float(((direction * count + cell.gates[gate]) * units + unit) * columns + column)
            }
            try importer.fill(name, tensor, numbers)
        }
        if case .none = importer.value(node, 3) {
        } else {
            let given = try importer.weights(node, 3, [directions, 2 * count * units])
            /// A gate's bias: of x, or of the state.
            func bias(_ place: Int, ofState: Bool) -> Float {
                let (gate, unit) = place.quotientAndRemainder(dividingBy: units)
                return given.float(((2 * direction + (ofState ? 1 : 0)) * count + cell.gates[gate]) * units + unit)
            }
            let whole = cell.hasStateBias ? (count - 1) * units : count * units
            try importer.fill(
                name, "bias",
                importer.folder.floats([count * units]) {
                    bias($0, ofState: false) + ($0 < whole ? bias($0, ofState: true) : 0)
                })
            if cell.hasStateBias {
                try importer.fill(
                    name, "bias_hn", importer.folder.floats([units]) { bias(whole + $0, ofState: true) })
            }
        }
        if case .lstm(hasPeepholes: true) = cell.kind {
            let given = try importer.weights(node, 7, [directions, 3 * units])
            // Of i, f and o; ONNX has i, o and f.
            let places = [0, 2, 1]
            try importer.fill(
                name, "peephole",
                importer.folder.floats([3 * units]) {
                    given.float((3 * direction + places[$0 / units]) * units + $0 % units)
                })
        }
    }
}
