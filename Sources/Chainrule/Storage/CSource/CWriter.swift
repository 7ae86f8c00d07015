import Kernels

/// Writes a network as C source: arrays of its numbers, and a call for each layer.
final class CWriter {
    let network: Network
    let options: CSourceOptions
    /// For int8: its packed weights, with normalization folded into them.
    let predictor: Predictor?
    /// The arrays of parameters; other tables; the calls forward and backward.
    var (numbers, tables, forward, backward) = (CText(), CText(), CText(), CText())
    private var buffer = CBuffer()
    /// By position: the position whose value it is, seen through layers that change nothing.
    private var roots: [Int]
    /// Where the output lies.
    private(set) var outputPlace = "y"
    /// By position of a root: where its value lies, as C; and where z and δ lie, in training.
    private var values: [String]
    private var preactivations: [String?]
    private var deltas: [String?]
    private var lastUses: [Int]
    /// By node: where what its forward pass keeps for its backward pass lies.
    private var keeps: [String]
    /// How many tables of axes there are; by node, whether it has a table of a window.
    var tableCount = 0
    var hasWindow: [Bool]
    /// Whether the forward pass of training differs from that of predictions.
    var hasModes = false
    /// Whether calls are added backward.
    private var isBackward = false
    /// The node in work, and the time.
    private(set) var index = 0
    private var time = 0

    init(_ network: Network, _ options: CSourceOptions, _ predictor: Predictor?) {
        self.network = network
        self.options = options
        self.predictor = predictor
        let count = network.architecture.nodes.count + 1
        roots = Array(0..<count)
        hasWindow = [Bool](repeating: false, count: count)
        values = [String](repeating: "x", count: count)
        preactivations = [String?](repeating: nil, count: count)
        deltas = preactivations
        keeps = [String](repeating: "", count: count)
        lastUses = Array(0..<count)
    }

    var architecture: Architecture { network.architecture }
    var node: Architecture.Node { architecture.nodes[index] }
    var shape: Shape { @inline(never) get { node.shape } }
    @inline(never) func inputShape(_ input: Int = 0) -> Shape { architecture.shape(at: node.inputs[input]) }
    var trains: Bool { options.trains }
    var name: String { options.name }

    /// An error that says that a layer has no C.
    func refusal(_ why: StaticString) -> ChainruleError {
        ChainruleError(.value, "C source has no form of a layer of the kind '\(node.layer.kind)'\(why)")
    }

    /// Adds a line, forward or backward.
    @inline(never) func call(_ text: ErrorMessage) {
        if isBackward { backward.line(text) } else { forward.line(text) }
    }

    // MARK: Places

    /// Where the value of an input of the node in work lies.
    @inline(never) func input(_ input: Int = 0) -> String { values[roots[node.inputs[input]]] }
    /// Where the value of the node in work lies.
    var output: String { @inline(never) get { values[roots[index + 1]] } }
    /// Where its z lies.
    var preactivation: String { @inline(never) get { preactivations[index + 1] ?? output } }

    /// Memory that keeps what the forward pass of the node in work makes for its backward pass. The same each time.
    func kept(_ count: Int) throws(ChainruleError) -> String {
        if keeps[index].isEmpty { keeps[index] = try place(count, until: timeBackward(index)) }
        return keeps[index]
    }

    /// Memory for the node in work alone.
    func room(_ count: Int) throws(ChainruleError) -> String { try place(count, until: time) }

    private func place(_ count: Int, until lastUse: Int) throws(ChainruleError) -> String {
        CWriter.text("buffer + \(try buffer.place(count, at: time, until: lastUse))")
    }

    static func text(_ text: ErrorMessage) -> String { text.text }

    /// The floats of the buffer; C has no empty arrays.
    var bufferCount: Int { max(buffer.count, 1) }

    /// The node backward; then its value and z are used for the last time.
    private func timeBackward(_ index: Int) -> Int { 2 * architecture.nodes.count - 1 - index }

    /// Whether the node changes nothing, or is done by the one before.
    private func isView(_ index: Int) -> Bool {
        let node = architecture.nodes[index]
        if case .merged? = predictor?.packed.steps[index] { return true }
        if case .activation(let activation) = node.settings { return activation.isIdentity }
        switch node.settings {
        case .dropout(let rate, _) where trains && rate > 0: return false
        case .noise(let deviation) where trains && deviation > 0: return false
        default: return node.layer.isIdentityWithoutNoise
        }
    }

    private func findRoots() {
        for (index, node) in architecture.nodes.enumerated() {
            for position in node.inputs { lastUses[roots[position]] = index }
            if isView(index) { roots[index + 1] = roots[node.inputs[0]] }
        }
        lastUses[roots[roots.count - 1]] = architecture.nodes.count
    }

    /// Where ∂C/∂h of an input goes, as an argument, and whether to add it to what is there; 0: nobody needs it.
    func inputDeltaArguments(_ input: Int = 0) throws(ChainruleError) -> (place: String, adds: Int) {
        guard let (place, adds) = try inputDelta(input) else { return ("0", 0) }
        return (place, adds ? 1 : 0)
    }

    /// Where ∂C/∂h of an input goes to be added to; 0 if nothing was there.
    func clearedInputDelta(_ input: Int = 0) throws(ChainruleError) -> String? {
        guard let (place, adds) = try inputDelta(input) else { return nil }
        if !adds { call("clear(\(place), \(inputShape(input).count));") }
        return place
    }

    func needsDelta(ofInput input: Int) -> Bool {
        let position = roots[node.inputs[input]]
        return position > 0 && network.plan.needsDelta[position - 1]
    }

    /// Where ∂C/∂h of an input goes, and whether to add it to what is there; nil: nobody needs it.
    func inputDelta(_ input: Int = 0) throws(ChainruleError) -> (place: String, adds: Bool)? {
        let position = roots[node.inputs[input]]
        guard needsDelta(ofInput: input) else { return nil }
        if let place = deltas[position] { return (place, true) }
        return (try newDelta(position), false)
    }

    private func newDelta(_ position: Int) throws(ChainruleError) -> String {
        let delta = try place(architecture.shape(at: position).count, until: timeBackward(position - 1))
        deltas[position] = delta
        return delta
    }

    // MARK: Layers

    func run() throws(ChainruleError) {
        findRoots()
        let last = roots[architecture.nodes.count]
        if trains {
            guard network.parameterCount > 0 else { throw ChainruleError(.value, "the network has nothing to train") }
            try network.checkOutput(for: options.cost)
            try numbers.floats("\nfloat \(name)_parameters[\(network.parameterCount)]", network.parameters)
            if stateCount > 0 {
                let state = network.numbers.columns(from: network.parameterCount, count: stateCount)
                try numbers.floats("\nfloat \(name)_state[\(stateCount)]", state)
            }
        }
        for index in architecture.nodes.indices {
            (self.index, time) = (index, index)
            try Reserve.setAside(1 << 15 + 2 * (forward.bytes.count + tables.bytes.count))
            do throws(ChainruleError) { try writeForward() } catch {
                throw error.code == .cancelled ? error : node.named(in: error)
            }
        }
        outputPlace = values[last]
        if !trains {
            if !isWritten(last) { call("copy(\(outputPlace), y, \(architecture.outputs));") }
            return
        }
        (time, isBackward) = (architecture.nodes.count, true)
        let delta = try newDelta(last)
        call(
            "cost = \(options.costFunction!)(\(values[last]), t, \(delta), \(architecture.outputs));")
        for index in architecture.nodes.indices.reversed() where network.plan.needsDelta[index] {
            (self.index, time) = (index, timeBackward(index))
            try Reserve.setAside(1 << 15 + 2 * (backward.bytes.count + tables.bytes.count))
            if isView(index) { continue }
            do throws(ChainruleError) { try writeBackward(deltas[index + 1]!) } catch {
                throw error.code == .cancelled ? error : node.named(in: error)
            }
        }
    }

    /// Whether a layer's call writes the value at a position.
    private func isWritten(_ position: Int) -> Bool {
        if position == 0 { return false }
        switch architecture.nodes[position - 1].settings {
        case .parameter, .constant: return false
        default: return true
        }
    }

    /// Whether training needs z besides h.
    private var keepsPreactivation: Bool {
        if case .normalization(let method, _, _) = node.settings {
            if case .batch = method { return false }
            return node.layer.preactivation == .own
        }
        return node.layer.outputActivation.map { !$0.derivativeIsOfValue } ?? false
    }

    private func writeForward() throws(ChainruleError) {
        if isView(index) { return }
        let position = index + 1
        call("/* \(node.name.text): \(node.layer.kind), \(shape.text) */")
        if !isWritten(position) {
            values[position] = try table(0, "value")!
        } else if !trains && position == roots[architecture.nodes.count] {
            values[position] = "y"
        } else {
            let until = trains ? timeBackward(index) : lastUses[position]
            values[position] = try place(shape.count, until: until)
            if trains && keepsPreactivation {
                preactivations[position] =
                    node.layer.preactivation == .input ? input() : try place(shape.count, until: until)
            }
        }
        if isWritten(position) { try write() }
    }

    // MARK: Tables

    /// How many numbers of state training changes, or could: those of all layers, if it changes any.
    var stateCount: Int {
        trains && network.plan.mixesRows ? network.numbers.count - network.parameterCount : 0
    }

    /// The array of a tensor of the node in work: a parameter, or one of its state. Nil if there are not so many.
    func table(_ place: Int, _ what: StaticString) throws(ChainruleError) -> String? {
        let plan = network.plan
        let (parameters, state) = (plan.tensorRanges[index], plan.stateRanges[index])
        guard place < parameters.count + state.count else { return nil }
        let isParameter = place < parameters.count
        let tensor =
            isParameter
            ? plan.tensors[parameters.lowerBound + place] : plan.state[state.lowerBound + place - parameters.count]
        if trains && isParameter { return CWriter.text("PARAMETERS + \(tensor.offset)") }
        if stateCount > 0 { return CWriter.text("STATE + \(tensor.offset - network.parameterCount)") }
        return try table(tensor.vector(in: network.numbers), what)
    }

    func table(_ vector: Matrix, _ what: StaticString) throws(ChainruleError) -> String {
        try numbers.floats("\nstatic const float \(what)_\(index)[\(vector.count)]", vector)
        return CWriter.text("\(what)_\(index)")
    }
}
