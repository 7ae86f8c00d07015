/// The value of a macro that initialises a structure: nested lists of simple values.
indirect enum CInitializer: Equatable {
    case list([CInitializer])
    case null
    case sizeOf(String)
    /// A number in Python's spelling: without C's suffix, with its sign.
    case number(String)
    case enumerator(String)

    /// Reads `{ sizeof(T), NULL, CRL_NAME, -1.0f, SIZE_MAX, { … } }`.
    init(_ text: String) throws(GeneratorError) {
        var tokens = CTokens(text)
        self = try Self.value(&tokens)
        guard tokens.next == nil else {
            throw GeneratorError("unexpected '\(tokens.next ?? "")' after the initializer")
        }
    }

    private static func value(_ tokens: inout CTokens) throws(GeneratorError) -> CInitializer {
        guard let token = tokens.take() else { throw GeneratorError("the initializer ends too early") }
        switch token {
        case "{":
            var items = [try value(&tokens)]
            while tokens.take(",") {
                items.append(try value(&tokens))
            }
            guard tokens.take("}") else {
                throw GeneratorError("expected ',' or '}', not '\(tokens.next ?? "the end")'")
            }
            return .list(items)
        case "NULL":
            return .null
        case "SIZE_MAX":
            // What a size_t of Python's ctypes makes of it, however many bits it has.
            return .number("-1")
        case "sizeof":
            guard tokens.take("("), tokens.nextIsIdentifier, let type = tokens.take(), tokens.take(")") else {
                throw GeneratorError("sizeof is not of the form sizeof(T)")
            }
            return .sizeOf(type)
        case "-":
            guard case .number(let digits) = try value(&tokens) else {
                throw GeneratorError("'-' stands before no number")
            }
            return .number("-" + digits)
        default:
            if token.wholeMatch(of: /CRL_[A-Z0-9_]+/) != nil { return .enumerator(token) }
            if let match = token.wholeMatch(of: /([0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)[fFuUlL]*/)?.output {
                return .number(String(match.1))
            }
            throw GeneratorError("cannot read '\(token)' in an initializer")
        }
    }
}
