/// What the names and types of the header are in Java.
struct JavaTypes {
    enum Kind {
        case enumeration, handle, structure, callback
    }

    private var kinds: [String: Kind] = [:]

    init(_ declarations: [HeaderDeclaration]) {
        for declaration in declarations {
            switch declaration {
            case .handle(let name): kinds[name] = .handle
            case .structure(let name, _): kinds[name] = .structure
            case .callback(let name, _, _): kinds[name] = .callback
            case .alias, .enumerators, .function: break
            }
        }
        for enumeration in Enumeration.all(in: declarations) { kinds[enumeration.type] = .enumeration }
    }

    /// What `type` is, or points to once.
    func kind(_ type: CType) -> Kind? { type.pointers.count <= 1 ? kinds[type.name] : nil }

    /// The type of a number.
    func number(_ name: String) -> String? {
        switch name {
        case "float", "double": name
        case "int32_t": "int"
        case "size_t", "uint64_t", "int64_t": "long"
        default: nil
        }
    }

    /// What foreign functions call it: INT.
    func layout(_ type: CType) throws(GeneratorError) -> String {
        if !type.pointers.isEmpty || kinds[type.name] == .callback { return "ADDRESS" }
        guard let number = kinds[type.name] == .enumeration ? "int" : number(type.name) else {
            throw GeneratorError("cannot express the type '\(type.name)' in Java")
        }
        return number.uppercased()
    }

    func layouts(_ result: CType, _ parameters: [CType]) throws(GeneratorError) -> String {
        var layouts = [result == CType(name: "void") ? "null" : try layout(result)]
        for parameter in parameters { layouts.append(try layout(parameter)) }
        return layouts.joined(separator: ", ")
    }

    /// Whether a pointer is to numbers, which Java reads and writes as a segment of memory.
    func isNumbers(_ type: CType) -> Bool {
        type.pointers.count == 1 && (number(type.name) != nil || kinds[type.name] == .enumeration)
    }

    /// x_rows is xRows.
    static func name(_ name: String) -> String {
        let words = name.split(separator: "_")
        let joined = words.dropFirst().reduce(String(words.first ?? "")) {
            $0 + $1.prefix(1).uppercased() + $1.dropFirst()
        }
        return keywords.contains(joined) ? joined + "_" : joined
    }

    /// crl_train_options is TrainOptions.
    static func className(_ type: String) -> String {
        let name = name(type.withoutPrefix)
        return name.prefix(1).uppercased() + name.dropFirst()
    }

    /// A line of Java, broken where it is too long.
    static func lines(_ text: String, indentation: Int) -> String {
        let margin = String(repeating: " ", count: indentation)
        return wrap(text, width: maximumColumns - 8 - indentation, indentation: 4).map { margin + $0 }
            .joined(separator: "\n").replacing(unbreakable, with: " ")
    }

    /// A space within a parameter.
    static let unbreakable = "\u{a0}"

    /// Java's words that C and C++ take for names, and those of the methods' own variables.
    private static let keywords: Set = [
        "abstract", "assert", "boolean", "byte", "call", "extends", "final", "finally", "implements", "import",
        "instanceof", "interface", "native", "null", "package", "problem", "strictfp", "super", "synchronized",
        "throws", "transient",
    ]
}
