/// A recurrent layer: its cell, and what of its states it gives.
public struct RecurrentSettings: Sendable {
    public enum Cell: Sendable {
        /// `h = σ(z)`, σ being tanh or max(0, z).
        case simple(rectifies: Bool)
        /// - Parameter resetsFirst: whether the reset gate multiplies h before the product, not the product.
        case gru(resetsFirst: Bool)
        case lstm(hasPeepholes: Bool)
    }

    public var cell: Cell
    /// H, the length of the state h, at least 1.
    public var units: Int
    /// Whether the output is h of all steps, `[T, H]`; otherwise it is h of the last step, `[H]`.
    public var givesSequence = true
    /// Whether the output has one more step, the last c: `[T + 1, H]`, or `[2, H]`. For long short-term memory.
    public var givesCell = false
    /// Whether the steps go from the last one to the first.
    public var isBackwards = false
    public var hasBias = true
    public var weights = Initializer.standard
    public var biases = Initializer.standard
    /// Whether the layer reads its first state from a layer.
    package internal(set) var hasInitialState = false
    /// Whether it reads the rows' lengths from a layer, after that.
    package internal(set) var hasLengths = false

    public init(_ cell: Cell, units: Int) {
        self.cell = cell
        self.units = units
    }

    func makeCell() -> any RecurrentCell {
        // The layer refuses other numbers when it sees its input.
        let units = min(max(self.units, 1), Shape.mostElements / RecurrentLayout.mostPerUnit)
        switch cell {
        case .simple(let rectifies): return SimpleRNN(units: units, hasBias: hasBias, rectifies: rectifies)
        case .gru(let resetsFirst): return GRU(units: units, hasBias: hasBias, resetsFirst: resetsFirst)
        case .lstm(let hasPeepholes): return LSTM(units: units, hasBias: hasBias, hasPeepholes: hasPeepholes)
        }
    }

    /// How many rows of H numbers the output has.
    func outputSteps(of steps: Int) -> Int { (givesSequence ? steps : 1) + (givesCell ? 1 : 0) }

    /// The place of the lengths among the inputs; nil: all rows have all steps.
    var lengthsInput: Int? { hasLengths ? (hasInitialState ? 2 : 1) : nil }
}

extension RecurrentSettings {
    func encode(to json: inout JSONWriter) {
        json.member("units", units)
        switch cell {
        case .simple(let rectifies): json.member("activation", rectifies ? "relu" : "tanh")
        case .gru(let resetsFirst): json.member("reset_first", resetsFirst)
        case .lstm(let hasPeepholes): json.member("peepholes", hasPeepholes)
        }
        json.member("bias", hasBias)
        json.member("sequence", givesSequence)
        json.member("backwards", isBackwards)
        if givesCell { json.member("cell", true) }
        json.member("initial_state", hasInitialState)
        json.member("lengths", hasLengths)
    }

    static func decode(_ object: JSONObject, _ cell: Cell) throws(ChainruleError) -> any Layer {
        var settings = RecurrentSettings(cell, units: try object.integer("units"))
        settings.hasBias = try object.boolean("bias")
        settings.givesSequence = try object.boolean("sequence")
        settings.givesCell = object["cell"] == nil ? false : try object.boolean("cell")
        settings.isBackwards = try object.boolean("backwards")
        settings.hasInitialState = try object.boolean("initial_state")
        settings.hasLengths = try object.boolean("lengths")
        return RecurrentLayer(settings)
    }
}
