/// A function of C as methods of Java: one with all arguments, and shorter ways to call it.
struct JavaMethod {
    private struct Parameter {
        var type: String
        var name: String
        var mayBeNull: Bool
        /// Of floats, which may come as Java's array.
        var isFloats = false

        /// What stands for it if it is left out. A number that belongs to an array is ignored with it.
        var absent: String { isFloats ? "(MemorySegment) null" : isNumber ? "0" : "null" }
        var isNumber: Bool { ["boolean", "double", "float", "int", "long"].contains(type) }

        var text: String { "\(type) \(name)".replacing(" ", with: JavaTypes.unbreakable) }
    }

    private struct Result {
        var type: String
        var name: String
        /// Of what C wrote.
        var value: String
    }

    private let function: Prototype
    private let handle: String?
    private let contents: HeaderContents
    private let types: JavaTypes
    private let isStatic: Bool
    private var parameters: [Parameter] = []
    private var preparations: [String] = []
    private var arguments: [String] = []
    private var results: [Result] = []
    /// The cell that receives a handle, and its type.
    private var made: (cell: String, type: String)?
    /// Of a function that is called twice: how many elements there are, then for these.
    private var collected: String?
    private var returnsStructures = false

    /// - Parameter handle: of whose class; nil: of none.
    init(
        _ function: Prototype, of handle: String?, contents: HeaderContents, types: JavaTypes
    ) throws(GeneratorError) {
        self.function = function
        self.handle = handle
        self.contents = contents
        self.types = types
        let first = function.parameters.first
        let takesHandle = first.map { $0.type.name == handle && $0.type.pointers.count == 1 } ?? false
        // What makes sense without a handle, too.
        let mayBeNull =
            function.result.name == "crl_status"
            && first.map { contents.nullability(of: $0.name, in: function.name).contains(.pointer) } ?? false
        isStatic = !takesHandle || mayBeNull
        var index = 0
        if !isStatic {
            arguments.append("call.address(this)")
            index = 1
        }
        while index < function.parameters.count { index += try take(at: index) }
    }

    /// Takes a parameter, and those that belong to it.
    /// - Returns: how many.
    private mutating func take(at index: Int) throws(GeneratorError) -> Int {
        let parameter = function.parameters[index]
        let (type, name) = (parameter.type, JavaTypes.name(parameter.name))
        let mayBeNull = contents.nullability(of: parameter.name, in: function.name).contains(.pointer)
        let rest = function.parameters[index...].map(\.name)
        func add(_ javaType: String, _ argument: String, isFloats: Bool = false) {
            parameters.append(Parameter(type: javaType, name: name, mayBeNull: mayBeNull, isFloats: isFloats))
            arguments.append(argument)
        }
        if rest == ["bytes", "capacity", "count"] || rest == ["extents", "extents_count", "rank"] {
            collected = rest[0] == "bytes" ? "byte" : "long"
            return 3
        }
        if try takeResult(parameter, name, mayBeNull, behind: index) { return 1 }
        if let count = count(at: index) {
            arguments.append(count)
            return 1
        }
        switch (types.kind(type), type.pointers.count) {
        case (.enumeration, 0): add(JavaTypes.className(type.name), "\(name).number")
        case (.callback, 0): add(JavaTypes.className(type.name), "\(JavaTypes.className(type.name)).stub(\(name))")
        case (.handle, 1), (.structure, 1): add(JavaTypes.className(type.name), "call.address(\(name))")
        case (_, 1) where type.name == "char": add("String", "call.address(\(name))")
        case (_, 2) where type == CType(name: "char", isConst: true, pointers: [true, false]):
            add("List<String>", "call.address(\(name))")
        // The library's own, which the caller must not free.
        case (_, 2) where contents.kinds[type.name] == .handle && mayBeNull: arguments.append("MemorySegment.NULL")
        case (_, 1) where type.name == "void" && name == "user": arguments.append("MemorySegment.NULL")
        case (_, 1) where type.name == "void" && type.isConst && rest.dropFirst().first == "count":
            add("byte[]", "call.address(\(name))")
            arguments.append("Call.count(\(name))")
            return 2
        case (_, 1) where type == CType(name: "size_t", isConst: true, pointers: [false]):
            add("long[]", "call.address(\(name))")
        case (_, 1) where types.isNumbers(type):
            add("MemorySegment", "call.\(type.isConst ? "read" : "written")(\(name))", isFloats: type.name == "float")
        case (nil, 0) where type.name == "int32_t": add("boolean", "\(name) ? 1 : 0")
        case (nil, 0):
            guard let number = types.number(type.name) else { fallthrough }
            add(number, name)
        default:
            throw GeneratorError(
                "\(function.name): cannot express the parameter '\(type.declaration(of: parameter.name))' in Java")
        }
        return 1
    }

    /// Takes a parameter that receives something. False if it is none.
    private mutating func takeResult(
        _ parameter: Prototype.Parameter, _ name: String, _ mayBeNull: Bool, behind index: Int
    ) throws(GeneratorError) -> Bool {
        let type = parameter.type
        guard contents.isResult(parameter, of: function.name), !mayBeNull else { return false }
        if type.pointers.count == 1, types.kind(type) == .structure {
            returnsStructures = true
            preparations.append("var \(name) = new \(JavaTypes.className(type.name))(call.arena);")
            arguments.append("call.address(\(name))")
            results.append(Result(type: JavaTypes.className(type.name), name: name, value: name))
            return true
        }
        if type.pointers.count == 1, !types.isNumbers(type) || function.isArray(parameter) { return false }
        preparations.append("var \(name) = call.cell();")
        arguments.append(name)
        if type.pointers.count == 1 {
            let layout = try types.layout(CType(name: type.name))
            let value = "\(name).get(\(layout), 0)"
            let isEnumeration = types.kind(type) == .enumeration
            let javaType = isEnumeration ? JavaTypes.className(type.name) : layout.lowercased()
            results.append(
                Result(type: javaType, name: name, value: isEnumeration ? "\(javaType).of(\(value))" : value))
        } else if contents.kinds[type.name] == .handle, results.isEmpty, made == nil {
            made = (name, JavaTypes.className(type.name))
        } else if type.name == "char" {
            results.append(Result(type: "String", name: name, value: "Chainrule.text(Call.pointer(\(name)))"))
        } else if type.name == "float", !isStatic {
            // As long as the counts behind it say.
            let counts = function.parameters[(index + 1)...].prefix {
                $0.type == CType(name: "size_t", pointers: [false])
            }
            let bytes = ["FLOAT.byteSize()"] + counts.map { "\(JavaTypes.name($0.name)).get(LONG, 0)" }
            results.append(
                Result(
                    type: "MemorySegment", name: name,
                    value: "view(Call.pointer(\(name)), \(bytes.joined(separator: " * ")))"))
        } else {
            throw GeneratorError("\(function.name): cannot express what '\(parameter.name)' receives in Java")
        }
        return true
    }

    /// What C gets for the number of elements in the arrays of one type that stand before it; nil if a parameter is no such
    /// number.
    private func count(at index: Int) -> String? {
        let parameter = function.parameters[index]
        guard parameter.type == CType(name: "size_t"), parameter.name == "count" || parameter.name.hasSuffix("_count"),
            index > 0
        else { return nil }
        let type = function.parameters[index - 1].type
        let arrays = function.parameters[..<index].reversed().prefix { $0.type == type }.reversed()
            .map { JavaTypes.name($0.name) }.joined(separator: ", ")
        if type == CType(name: "size_t", isConst: true, pointers: [false])
            || type == CType(name: "char", isConst: true, pointers: [true, false])
        {
            return "Call.count(\(arrays))"
        }
        guard types.isNumbers(type), let layout = try? types.layout(CType(name: type.name)) else { return nil }
        return "Call.count(\(layout), \(arrays))"
    }

    func text() throws(GeneratorError) -> String {
        let (type, body) = try self.body()
        let layouts = try types.layouts(function.result, function.parameters.map(\.type))
        let handle = "static final MethodHandle CALL = Chainrule.function(\"\(function.name)\", \(layouts));"
        let call = returnsStructures ? "Call(Arena.ofAuto())" : "Call()"
        let complete = """
            \(signature(type, parameters))
                class Native {
            \(JavaTypes.lines(handle, indentation: 8))
                }
                try (var call = new \(call)) {
            \((preparations + body).map { JavaTypes.lines($0, indentation: 8) }.joined(separator: "\n"))
                } catch (Throwable problem) {
                    throw Chainrule.unchecked(problem);
                }
            }
            """
        return ([record(), complete].compactMap { $0 } + shorter(type)).joined(separator: "\n\n")
    }

    private func signature(_ type: String, _ parameters: [Parameter]) -> String {
        JavaTypes.lines(
            "public \(isStatic ? "static " : "")\(type) \(name)(\(parameters.map(\.text).joined(separator: ", "))) {",
            indentation: 0)
    }

    private var name: String {
        JavaTypes.name(handle.map { String(function.name.dropFirst($0.count + 1)) } ?? function.name.withoutPrefix)
    }

    /// What is returned: a pointer without its count, which its segment knows.
    private var returned: [Result] {
        results.count == 2 && results[0].type == "MemorySegment" && results[1].type == "long" ? [results[0]] : results
    }

    private var recordName: String { name.prefix(1).uppercased() + name.dropFirst() }

    private func record() -> String? {
        guard returned.count > 1 else { return nil }
        let list = returned.map { "\($0.type) \($0.name)".replacing(" ", with: JavaTypes.unbreakable) }
        return JavaTypes.lines("public record \(recordName)(\(list.joined(separator: ", "))) {}", indentation: 0)
    }

    /// The type of the result, and the statements that call C.
    private func body() throws(GeneratorError) -> (type: String, statements: [String]) {
        func invoked(_ arguments: [String]) -> String {
            "Native.CALL.invokeExact(\(arguments.joined(separator: ", ")))"
        }
        switch (function.result.name, function.result.pointers.count) {
        case ("char", 1): return ("String", ["return Chainrule.text((MemorySegment) \(invoked(arguments)));"])
        case ("int32_t", 0): return ("int", ["return (int) \(invoked(arguments));"])
        case ("void", 0): return ("void", ["\(invoked(arguments));"])
        case ("crl_status", 0): break
        default: throw GeneratorError("\(function.name): cannot express its result in Java")
        }
        if let collected, results.isEmpty, made == nil {
            let layout = collected == "byte" ? "ValueLayout.JAVA_BYTE" : "LONG"
            let count = "count.get(LONG, 0)"
            return (
                "\(collected)[]",
                [
                    "var count = call.cell();",
                    "call.check((int) \(invoked(arguments + ["MemorySegment.NULL", "0L", "count"])));",
                    "var data = call.arena.allocate(\(layout), \(count));",
                    "call.check((int) \(invoked(arguments + ["data", count, "count"])));",
                    "return data.toArray(\(layout));",
                ]
            )
        }
        if let made, results.isEmpty, collected == nil {
            return (made.type, ["return call.made((int) \(invoked(arguments)), \(made.cell), \(made.type)::new);"])
        }
        guard made == nil, collected == nil else {
            throw GeneratorError("\(function.name): cannot return a handle or a list with other results in Java")
        }
        let check = "call.check((int) \(invoked(arguments)));"
        switch returned.count {
        case 0: return ("void", [check])
        case 1: return (returned[0].type, [check, "return \(returned[0].value);"])
        default:
            return (
                recordName, [check, "return new \(recordName)(\(returned.map(\.value).joined(separator: ", ")));"]
            )
        }
    }

    /// Without the last arguments that may be null, and with Java's arrays of floats.
    private func shorter(_ type: String) -> [String] {
        // A number goes with the array that it belongs to.
        let optional = (0...parameters.reversed().prefix { $0.mayBeNull }.count)
            .filter { $0 == 0 || !parameters[parameters.count - $0].isNumber }
        let floats = parameters.contains { $0.isFloats && !$0.mayBeNull }
        var methods: [String] = []
        for asArrays in floats ? [false, true] : [false] {
            for without in optional where asArrays || without > 0 {
                var parameters = parameters
                var arguments = parameters.dropLast(without).map(\.name) + parameters.suffix(without).map(\.absent)
                for index in parameters.indices.dropLast(without) where asArrays && parameters[index].isFloats {
                    parameters[index].type = "float[]"
                    arguments[index] = "Chainrule.array(\(arguments[index]))"
                }
                let call = "\(type == "void" ? "" : "return ")\(name)(\(arguments.joined(separator: ", ")));"
                methods.append(
                    "\(signature(type, parameters.dropLast(without)))\n\(JavaTypes.lines(call, indentation: 4))\n}")
            }
        }
        return methods
    }
}
