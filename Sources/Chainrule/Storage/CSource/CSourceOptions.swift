/// What to write as C: see `Network.exportC(to:options:)`.
public struct CSourceOptions: Sendable {
    /// Begins the names of all functions and, in capitals, of all macros: a letter, then letters, digits and _, 63 at most.
    public var name = "network"
    /// ``Precision/float32`` or ``Precision/int8``.
    public var precision = Precision.float32
    /// Whether the code also trains: then its parameters can change.
    public var trains = false
    /// What training minimizes: the mean squared error, cross-entropy, or binary cross-entropy of logits.
    public var cost = Cost.meanSquaredError()
    /// Whether a training step has momentum, which takes a number for each parameter.
    public var hasMomentum = false

    public init() {}

    func validate() throws(ChainruleError) {
        let bytes = Array(name.utf8)
        func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }
        func isInName(_ byte: UInt8) -> Bool {
            isLetter(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_")
        }
        guard 1...63 ~= bytes.count, isLetter(bytes[0]), !bytes.contains(where: { !isInName($0) }) else {
            throw ChainruleError(
                .name, "the name '\(name)' begins no names in C: it is a letter, then letters, digits and _, 63 at most"
            )
        }
        switch precision {
        case .float32: break
        case .int8:
            if trains { throw ChainruleError(.value, "C source in int8 cannot train") }
        case .bfloat16: throw ChainruleError(.value, "C source is in float32 or int8; bfloat16 was given")
        }
        guard trains else {
            if hasMomentum { throw ChainruleError(.value, "C source has momentum, but does not train") }
            return
        }
        guard costFunction != nil else {
            throw ChainruleError(
                .value,
                """
                C source trains with the mean squared error, cross-entropy without smoothing, or binary cross-entropy of \
                logits; the cost is '\(cost.identifier)'
                """)
        }
    }

    /// The C function of the cost; nil if there is none.
    var costFunction: StaticString? {
        if cost.isCustom || cost.parameter != 0 { return nil }
        let functions: [(cost: StaticString, function: StaticString)] = [
            ("mean_squared_error", "mean_squared_error"), ("cross_entropy", "cross_entropy"),
            ("binary_cross_entropy_logits", "binary_cross_entropy"),
        ]
        for (name, function) in functions where name.isSameText(as: cost.identifier) { return function }
        return nil
    }
}
