/// A C type of the public interface: a named type behind zero or more pointers.
struct CType: Equatable {
    var name: String
    var isConst = false
    /// One element for each `*`, innermost first: whether that pointer itself is const.
    var pointers: [Bool] = []

    /// The C declaration of `identifier` with this type, const west: `const char *const *names`.
    func declaration(of identifier: String) -> String {
        let stars = pointers.map { $0 ? "*const " : "*" }.joined()
        return (isConst ? "const " : "") + name + " " + stars + identifier
    }

    /// The same with the public header's marks. A pointer alone is taken for one that is not NULL; in a pointer to a pointer
    /// each has its mark.
    func declaration(of identifier: String, nullability: Nullability) -> String {
        guard !pointers.isEmpty else {
            // A callback's type is a pointer.
            let isCallback = name.hasPrefix("crl_") && nullability.contains(.pointer)
            return declaration(of: isCallback ? "CRL_NULLABLE " + identifier : identifier)
        }
        var marks = pointers.map { _ in pointers.count == 1 ? "" : "CRL_NONNULL " }
        if nullability.contains(.pointer) { marks[marks.count - 1] = "CRL_NULLABLE " }
        if nullability.contains(.pointee), marks.count > 1 { marks[marks.count - 2] = "CRL_NULLABLE " }
        let stars = zip(pointers, marks).map { (isConst, mark) in (isConst ? "*const " : "*") + mark }.joined()
        return (isConst ? "const " : "") + name + " " + stars + identifier
    }
}

/// A C function: its name, its result and its parameters in order.
struct Prototype: Equatable {
    struct Parameter: Equatable {
        var name: String
        var type: CType
    }

    var name: String
    var result: CType
    var parameters: [Parameter]
}

/// Reads C tokens from left to right.
struct CTokens {
    private(set) var remaining: ArraySlice<String>

    /// Splits `text` into identifiers, numbers and single punctuation characters.
    init(_ text: String) {
        let token = /[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?[A-Za-z]*|\S/
        remaining = text.matches(of: token).map { String($0.output) }[...]
    }

    var next: String? { remaining.first }

    var nextIsIdentifier: Bool {
        guard let first = next?.first else { return false }
        return first.isLetter || first == "_"
    }

    @discardableResult
    mutating func take() -> String? {
        remaining.popFirst()
    }

    /// Takes the next token if it is `token`.
    mutating func take(_ token: String) -> Bool {
        guard next == token else { return false }
        remaining.removeFirst()
        return true
    }

    /// Takes a type with `const` on either side of its name; nullability must have been taken out before.
    mutating func takeType() -> CType? {
        let leadingConst = take("const")
        guard nextIsIdentifier, let name = take() else { return nil }
        var type = CType(name: name, isConst: take("const") || leadingConst)
        while take("*") {
            type.pointers.append(take("const"))
        }
        return type
    }
}

/// What of a parameter may be NULL.
struct Nullability: OptionSet {
    let rawValue: Int
    static let pointer = Nullability(rawValue: 1)
    /// What the pointer points to, after the call.
    static let pointee = Nullability(rawValue: 2)
}
