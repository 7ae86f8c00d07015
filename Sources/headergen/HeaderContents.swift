/// The public header, as it is written in other languages.
struct HeaderContents {
    let declarations: [HeaderDeclaration]
    /// The macros that are numbers, in source order.
    private(set) var numbers: [(name: String, value: MacroNumber)] = []
    /// The fields of each structure that a macro initialises, with their values.
    private(set) var initialValues: [String: [InitialValue]] = [:]
    /// By the names of the functions.
    private let documentation: [String: DocComment]

    /// A field of a structure, and its value at first.
    struct InitialValue {
        var field: HeaderDeclaration.Field
        var value: CInitializer
        /// Of a field that is a structure itself: its fields.
        var members: [InitialValue]
    }

    init(
        declarations: [HeaderDeclaration], macros: [TypesHeader.Macro], documentation: [String: DocComment] = [:]
    ) throws(GeneratorError) {
        self.declarations = declarations
        self.documentation = documentation
        for macro in macros {
            if let number = MacroNumber(macro.body) {
                numbers.append((macro.name, number))
            } else if macro.body.hasPrefix("{"), macro.name.hasSuffix("_INIT") {
                let structure = macro.name.dropLast("_INIT".count).lowercased()
                do {
                    initialValues[structure] = try values(CInitializer(macro.body), of: structure)
                } catch {
                    throw GeneratorError(error.problems.map { "\(macro.name): \($0)" })
                }
            } else {
                throw GeneratorError("\(macro.name): a macro is a number, or an initializer whose name ends with _INIT")
            }
        }
    }

    private func values(
        _ initializer: CInitializer, of structure: String
    ) throws(GeneratorError) -> [InitialValue] {
        guard let fields = fields(of: structure) else { throw GeneratorError("there is no structure '\(structure)'") }
        guard case .list(let values) = initializer, fields.count == values.count else {
            throw GeneratorError("does not give one value for each field of '\(structure)'")
        }
        var initialValues: [InitialValue] = []
        for (field, value) in zip(fields, values) {
            var members: [InitialValue] = []
            if case .list = value { members = try self.values(value, of: field.type.name) }
            initialValues.append(InitialValue(field: field, value: value, members: members))
        }
        return initialValues
    }

    private func fields(of structure: String) -> [HeaderDeclaration.Field]? {
        declarations.lazy.compactMap { if case .structure(structure, let fields) = $0 { fields } else { nil } }.first
    }

    func nullability(of parameter: String, in function: String) -> Nullability {
        documentation[function]?.nullability(of: parameter) ?? []
    }

    /// Whether a parameter only receives something: what it points to before the call does not matter, or is an initial value.
    func isResult(_ parameter: Prototype.Parameter, of function: String) -> Bool {
        let (type, text) = (parameter.type, documentation[function]?.text(of: parameter.name) ?? "")
        guard type.pointers.count == 2 || type.pointers.count == 1 && !type.isConst else { return false }
        return text.hasPrefix("receives") || text.hasPrefix("initialized with CRL_")
    }

    /// Whether a function gives a structure the value of its macro.
    func isInitializer(_ function: String) -> Bool {
        initialValues[String(function.dropLast("_init".count))] != nil && function.hasSuffix("_init")
    }

    /// Whether a function has a macro's name, but for the case of its letters.
    func isFunction(_ macro: String) -> Bool {
        declarations.contains {
            if case .function(let function) = $0 { function.name == macro.lowercased() } else { false }
        }
    }

    /// What kind of type each name of the header is.
    var kinds: [String: Kind] {
        var kinds: [String: Kind] = [:]
        for declaration in declarations {
            switch declaration {
            case .handle(let name): kinds[name] = .handle
            case .structure(let name, _): kinds[name] = .structure
            case .alias(let name, _): kinds[name] = .alias
            case .callback(let name, _, _): kinds[name] = .callback
            case .enumerators, .function: break
            }
        }
        return kinds
    }

    enum Kind {
        case handle, structure, alias, callback
    }
}

extension Prototype {
    /// Whether a pointer to numbers is to several of them. One number has no count, and no function that reads rows of floats
    /// writes a single one.
    func isArray(_ parameter: Parameter) -> Bool {
        parameter.type.isConst
            || parameters.contains { ["_rows", "_count"].map { parameter.name + $0 }.contains($0.name) }
            || parameter.type.name == "float"
                && parameters.contains { $0.type == CType(name: "float", isConst: true, pointers: [false]) }
    }
}
