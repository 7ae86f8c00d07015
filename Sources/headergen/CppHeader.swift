import Foundation

/// Writes `include/chainrule.hpp`: the template, which is written by hand, with the enumerations of the public header as
/// scoped ones, with those of its structures of options that C++ can have as they are, and with its functions as methods: those
/// that the template does not call itself.
struct CppHeader {
    private let template: String
    private let declarations: [HeaderDeclaration]
    private let macros: [TypesHeader.Macro]
    /// The enumerations by the names of their types: the names of their enumerators in C++, by those in C.
    private var enumerations: [String: [String: String]] = [:]
    private var types = CppTypes()

    init(template: String, declarations: [HeaderDeclaration], macros: [TypesHeader.Macro]) {
        self.template = template
        self.declarations = declarations
        self.macros = macros
        for enumeration in Enumeration.all(in: declarations) {
            enumerations[enumeration.type] = Dictionary(
                uniqueKeysWithValues: zip(
                    enumeration.enumerators.map(\.name), enumeration.shortNames.map(Self.enumerator)))
            types.kinds[enumeration.type] = .enumeration
        }
        for declaration in declarations {
            switch declaration {
            case .handle(let name): types.kinds[name] = .handle
            case .callback(let name, _, _): types.kinds[name] = .callback
            case .structure(let name, let fields) where initializer(of: name) != nil:
                types.kinds[name] = .structure(isMirrored: isArgument(name) && fields.allSatisfy(isPlain))
            default: break
            }
        }
    }

    func text() throws(GeneratorError) -> String {
        var text = template
        for (marker, lines) in [("ENUMERATIONS", enumerationTexts()), ("OPTIONS", try structureTexts())] {
            let marker = "/* ---- \(marker) ---- */"
            guard text.ranges(of: marker).count == 1 else {
                throw GeneratorError("template.hpp: needs one line '\(marker)'")
            }
            text = text.replacing(marker, with: lines.joined(separator: "\n\n"))
        }
        return try withMethods(text)
    }

    /// In the place of each line METHODS, the methods of its handle.
    private func withMethods(_ text: String) throws(GeneratorError) -> String {
        var text = text
        let written = Set(template.matches(of: /crl_\w+/).map { String($0.output) })
        let marker = /[ ]*\/\* ---- METHODS (crl_\w+) ---- \*\//
        let handles = template.matches(of: marker).map { String($0.output.1) }
        var methods: [String: [String]] = [:]
        var problems: [String] = []
        for case .function(let function) in declarations where !written.contains(function.name) {
            // What is in the place of a macro that C++ can use.
            if macros.contains(where: { $0.name.lowercased() == function.name }) { continue }
            if let handle = handles.first(where: { function.name.hasPrefix($0 + "_") }),
                let method = CppMethod(function, of: handle, types: types)
            {
                methods[handle, default: []].append(method.text())
            } else {
                problems.append(
                    "template.hpp: nothing calls \(function.name), and no method follows from its parameters")
            }
        }
        guard problems.isEmpty else { throw GeneratorError(problems) }
        text.replace(marker) { methods[String($0.output.1), default: []].joined(separator: "\n") }
        return text
    }

    private func initializer(of structure: String) -> TypesHeader.Macro? {
        macros.first { $0.name == structure.uppercased() + "_INIT" }
    }

    /// The keywords of C++ that are words of English, and so can be the name of an enumerator.
    private static let keywords: Set = [
        "and", "auto", "break", "case", "catch", "class", "continue", "default", "delete", "do", "double", "else",
        "explicit",
        "export", "false", "float", "for", "friend", "if", "inline", "long", "mutable", "new", "not", "operator", "or",
        "private", "protected", "public", "register", "return", "short", "signed", "static", "switch", "template",
        "this",
        "throw", "true", "try", "union", "unsigned", "using", "virtual", "void", "volatile", "while",
    ]

    /// The name of an enumerator in C++.
    static func enumerator(_ shortName: String) -> String {
        let name = shortName.lowercased()
        return keywords.contains(name) ? name + "_" : name
    }

    private func enumerationTexts() -> [String] {
        Enumeration.all(in: declarations).map { enumeration in
            let lines = zip(enumeration.shortNames, enumeration.enumerators).map {
                "    \(Self.enumerator($0)) = \($1.name),\n"
            }
            return "enum class \(enumeration.type.withoutPrefix) : std::int32_t {\n\(lines.joined())};"
        }
    }

    private func structureTexts() throws(GeneratorError) -> [String] {
        var texts: [String] = []
        var conversions = ""
        for case .structure(let name, let fields) in declarations
        where types.kinds[name] == .structure(isMirrored: true) {
            guard let macro = initializer(of: name), case .list(let values) = try CInitializer(macro.body),
                values.count == fields.count
            else {
                throw GeneratorError("\(name.uppercased())_INIT: does not give one value for each field of '\(name)'")
            }
            let lines = zip(fields, values).map { (field, value) in
                "    \(declaration(of: field)) = \(text(of: value, for: field.type));\n"
            }
            texts.append("struct \(name.withoutPrefix) {\n\(lines.joined())};")
            conversions +=
                "inline \(name) c(const \(name.withoutPrefix) &from) noexcept { return same<\(name)>(from); }\n"
        }
        return texts + (texts.isEmpty ? [] : ["namespace detail {\n\(conversions)} // namespace detail"])
    }

    /// Whether a function reads such a structure.
    private func isArgument(_ structure: String) -> Bool {
        declarations.contains {
            guard case .function(let function) = $0 else { return false }
            return function.parameters.contains {
                $0.type == CType(name: structure, isConst: true, pointers: [false])
            }
        }
    }

    /// Whether C++ can have the field as C has it: no address of another object, and no function.
    private func isPlain(_ field: HeaderDeclaration.Field) -> Bool {
        let isCallback = declarations.contains {
            if case .callback(let name, _, _) = $0 { name == field.type.name } else { false }
        }
        return field.type == CType(name: "char", isConst: true, pointers: [false])
            || field.type.pointers.isEmpty && !isCallback
    }

    private func declaration(of field: HeaderDeclaration.Field) -> String {
        let type = field.type.name
        if enumerations[type] != nil { return "chainrule::\(type.withoutPrefix) \(field.name)" }
        return type.hasSuffix("_t") ? "std::\(type) \(field.name)" : field.type.declaration(of: field.name)
    }

    private func text(of value: CInitializer, for type: CType) -> String {
        switch value {
        case .null: "nullptr"
        case .sizeOf(let structure): "sizeof(\(structure))"
        case .number(let number): type.name == "float" && number.contains { ".e".contains($0) } ? number + "f" : number
        case .enumerator(let name):
            enumerations[type.name]?[name].map { "chainrule::\(type.name.withoutPrefix)::\($0)" } ?? name
        case .list(let values): "{ " + values.map { text(of: $0, for: type) }.joined(separator: ", ") + " }"
        }
    }
}
