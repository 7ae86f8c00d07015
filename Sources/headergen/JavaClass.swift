/// Writes `bindings/java/chainrule/Chainrule.java`: the template, which is written by hand, with the header's numbers,
/// enumerations, callbacks, structures and handles as nested types, and its functions as methods.
struct JavaClass {
    private let template: String
    private let contents: HeaderContents
    private let types: JavaTypes
    private let layouts: [String: StructureLayout]

    init(template: String, contents: HeaderContents) throws(GeneratorError) {
        self.template = template
        self.contents = contents
        types = JavaTypes(contents.declarations)
        layouts = try StructureLayout.all(contents.declarations, on: .of64Bits)
    }

    func text() throws(GeneratorError) -> String {
        let marker = "/* ---- CONTENTS ---- */\n"
        guard template.ranges(of: marker).count == 1 else {
            throw GeneratorError("template.java: needs one line '\(marker.dropLast())'")
        }
        var types: [String] = []
        for declaration in contents.declarations {
            switch declaration {
            case .callback(let name, let result, let parameters):
                types.append(try callback(name, result, parameters))
            case .structure(let name, let fields):
                guard let layout = layouts[name] else { continue }
                types.append(
                    try JavaStructure(
                        name: name, fields: fields, layout: layout,
                        hasInitialValue: contents.initialValues[name] != nil,
                        types: self.types
                    ).text())
            case .handle(let name): types.append(try handle(name))
            case .alias, .enumerators, .function: break
            }
        }
        let enumerations = Enumeration.all(in: contents.declarations).map(text(of:))
        let parts = [numbers()] + enumerations + types + (try methods(of: nil))
        let text = parts.joined(separator: "\n\n").split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
        return template.replacing(marker, with: text + "\n")
    }

    private func numbers() -> String {
        contents.numbers.map { (name, value) in
            let name = name.dropFirst("CRL_".count)
            switch value {
            case .integer(let text): return "public static final int \(name) = \(text.replacing("CRL_", with: ""));"
            case .real(let text): return "public static final float \(name) = \(text)f;"
            case .largestCount: return "public static final long \(name) = -1;"
            }
        }.joined(separator: "\n")
    }

    private func text(of enumeration: Enumeration) -> String {
        let name = JavaTypes.className(enumeration.type)
        let items = zip(enumeration.shortNames, enumeration.enumerators)
            .map { "    \($0)(\($1.value))" }.joined(separator: ",\n")
        return """
            public enum \(name) {
            \(items);

                public final int number;

                \(name)(int number) {
                    this.number = number;
                }

                /** Null if there is none. */
                public static \(name) of(int number) {
                    for (var value : values()) if (value.number == number) return value;
                    return null;
                }
            }
            """
    }

    /// A callback has `user` first, which Java's lambdas do not need.
    private func callback(_ name: String, _ result: CType, _ parameters: [CType]) throws(GeneratorError) -> String {
        let pointer = CType(name: "void", pointers: [false])
        let form: (type: String, opening: String, failed: String)? =
            switch result {
            case CType(name: "int32_t"): ("int", "return ", "return Call.failed(problem);")
            case CType(name: "void"): ("void", "", "Call.failed(problem);")
            case pointer:
                ("MemorySegment", "return ", "Call.failed(problem);\n            return MemorySegment.NULL;")
            default: nil
            }
        guard let form, parameters.first == pointer else {
            throw GeneratorError("\(name): cannot express its result, or its first parameter, in Java")
        }
        var offered: [String] = []
        var received = ["MemorySegment user"]
        var arguments: [String] = []
        for (index, type) in parameters.dropFirst().enumerated() {
            var name = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(index)))
            if types.kind(type) == .structure, type.pointers.count == 1 {
                name = JavaTypes.name(type.name.withoutPrefix)
                offered.append("\(JavaTypes.className(type.name)) \(name)")
                received.append("MemorySegment \(name)")
                arguments.append("new \(JavaTypes.className(type.name))(\(name))")
            } else if types.isNumbers(type) || type.name == "void" && type.pointers.count == 1 {
                offered.append("MemorySegment \(name)")
                received.append("MemorySegment \(name)")
                arguments.append("Chainrule.pointee(\(name))")
            } else if type.pointers.isEmpty, let number = types.number(type.name) {
                offered.append("\(number) \(name)")
                received.append("\(number) \(name)")
                arguments.append(name)
            } else {
                throw GeneratorError("\(name): cannot express '\(type.declaration(of: ""))' in Java")
            }
        }
        let javaName = JavaTypes.className(name)
        let unbroken = { (parameters: [String]) in
            parameters.map { $0.replacing(" ", with: JavaTypes.unbreakable) }.joined(separator: ", ")
        }
        let call = "\(form.type) call(\(unbroken(offered))) throws Exception;"
        let body = "\(form.opening)callback.call(\(unbroken(arguments)));"
        let called = "private static \(form.type) called(\(javaName) callback, \(unbroken(received))) {"
        let stub = "return Chainrule.stub(\(javaName).class, callback, \(try types.layouts(result, parameters)));"
        return """
            public interface \(javaName) {
            \(JavaTypes.lines(call, indentation: 4))

                @SuppressWarnings("unused") // stub() names it
            \(JavaTypes.lines(called, indentation: 4))
                    try {
            \(JavaTypes.lines(body, indentation: 12))
                    } catch (Throwable problem) {
                        \(form.failed)
                    }
                }

                private static MemorySegment stub(\(javaName) callback) {
            \(JavaTypes.lines(stub, indentation: 8))
                }
            }
            """
    }

    private func handle(_ name: String) throws(GeneratorError) -> String {
        let javaName = JavaTypes.className(name)
        let constructor = """
            private \(javaName)(MemorySegment pointer) {
                super(pointer, "\(name)_destroy");
            }
            """
        let body = ([constructor] + (try methods(of: name))).joined(separator: "\n\n")
            .split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "    " + $0 }
        return "public static final class \(javaName) extends Handle {\n\(body.joined(separator: "\n"))\n}"
    }

    /// - Parameter handle: whose functions; nil: those of none.
    private func methods(of handle: String?) throws(GeneratorError) -> [String] {
        var methods: [String] = []
        var problems: [String] = []
        for case .function(let function) in contents.declarations {
            let owner = contents.declarations.lazy.compactMap { declaration -> String? in
                if case .handle(let name) = declaration, function.name.hasPrefix(name + "_") { name } else { nil }
            }.first
            if owner != handle || contents.isInitializer(function.name) || function.name == "\(owner ?? "")_destroy" {
                continue
            }
            do {
                methods.append(try JavaMethod(function, of: handle, contents: contents, types: types).text())
            } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw GeneratorError(problems) }
        return methods
    }
}
