import Foundation

/// A function of C as a method of its handle's class in C++: as far as each parameter has one form there, from its type and its
/// name. The classes of the arguments and the functions in `detail` are the template's.
struct CppMethod {
    private var parameters: [(text: String, value: String?)] = []
    private var preparations: [String] = []
    private var arguments: [String] = []
    private var result = "void"
    private let name: String
    private let isStatic: Bool
    private let isConst: Bool
    /// The statement that calls the function with `arguments`.
    private var call: (_ arguments: String) -> String
    /// What stands around that statement, if it is a lambda's.
    private var lambda: (opening: String, closing: String)?

    /// - Parameters:
    ///   - handle: of the class, such as crl_network. A function whose first parameter it is not makes one, as its last.
    ///   - types: what the types of the header are.
    /// - Returns: nil for a function that has no such form.
    init?(_ function: Prototype, of handle: String, types: CppTypes) {
        guard function.result == CType(name: "crl_status") else { return nil }
        name = String(function.name.dropFirst(handle.count + 1))
        var rest = function.parameters[...]
        isStatic = rest.first?.type != CType(name: handle, isConst: rest.first?.type.isConst == true, pointers: [false])
        isConst = !isStatic && rest.first!.type.isConst
        call = { "return detail::give(\(function.name)(\($0)));" }
        lambda = nil
        if isStatic {
            guard rest.popLast()?.type == CType(name: handle, pointers: [false, false]) else { return nil }
            result = handle.withoutPrefix
            lambda = ("return made([&](\(handle) **made) {", "});")
            call = { "return \(function.name)(\($0)\($0.isEmpty ? "" : ", ")made);" }
        } else {
            rest.removeFirst()
            arguments = ["get()"]
            takeResult(&rest, function.name, types)
        }
        while !rest.isEmpty {
            guard take(&rest, types) else { return nil }
        }
    }

    /// Takes the last parameters, if they receive the result.
    private mutating func takeResult(
        _ rest: inout ArraySlice<Prototype.Parameter>, _ function: String, _ types: CppTypes
    ) {
        guard let last = rest.last else { return }
        let type = last.type
        let names = rest.suffix(3).map(\.name)
        if names == ["bytes", "capacity", "count"] || names == ["extents", "extents_count", "rank"] {
            let isBytes = names[1] == "capacity"
            result = isBytes ? "std::vector<std::byte>" : "std::vector<std::size_t>"
            let pointer = isBytes ? "void" : "std::size_t"
            lambda = (
                "return detail::collect<\(result)>([&](\(pointer) *data, std::size_t capacity, std::size_t *count) {",
                "});"
            )
            call = { "return \(function)(\($0), data, capacity, count);" }
            rest.removeLast(3)
        } else if name.hasPrefix("add_"), type == CType(name: "crl_layer_options", isConst: true, pointers: [false]) {
            lambda = ("return add(options, [&](auto *c) {", "});")
            call = { "return \(function)(\($0), c);" }
            parameters = [("const chainrule::layer_options &options", "{}")]
            rest.removeLast()
        } else if type == CType(name: "char", isConst: true, pointers: [false, false]) {
            result = "const char *"
            call = { "return detail::get<const char *>(\(function), \($0));" }
            rest.removeLast()
        } else if type.pointers == [false], !type.isConst, let number = types.number(type.name) {
            result = number
            call = { "return detail::get<\(number)>(\(function), \($0));" }
            rest.removeLast()
        } else if type.pointers == [false], !type.isConst, types.kind(type.name) == .enumeration {
            result = "chainrule::" + type.name.withoutPrefix
            let result = result
            call = { "return detail::look<\(result)>(\(type.name)(), \(function), \($0));" }
            rest.removeLast()
        } else if type.pointers == [false], !type.isConst, types.kind(type.name) == .structure(isMirrored: true) {
            result = "chainrule::" + type.name.withoutPrefix
            let result = result
            call = {
                "return detail::look<\(result)>(\(type.name) \(type.name.uppercased())_INIT, \(function), \($0));"
            }
            rest.removeLast()
        } else if type.pointers == [false], !type.isConst, types.kind(type.name) == .structure(isMirrored: false) {
            result = type.name
            call = { "return detail::fill(\(type.name) \(type.name.uppercased())_INIT, \(function), \($0));" }
            rest.removeLast()
        }
    }

    /// Takes the next parameter, with those that belong to it. False if it has no form.
    private mutating func take(_ rest: inout ArraySlice<Prototype.Parameter>, _ types: CppTypes) -> Bool {
        let (parameter, type) = (rest.first!, rest.first!.type)
        let name = parameter.name
        let next = rest.dropFirst().prefix(2).map(\.name)
        let const = type.isConst ? "const " : ""
        func isFollowed(by endings: String...) -> Bool {
            next.count >= endings.count && zip(next, endings).allSatisfy { $0 == name + $1 }
        }
        var (text, argument, value, count) = ("", name, nil as String?, 1)
        // The name of a layer that is added.
        let isLastName = self.name.hasPrefix("add_") && name == "name" && rest.count == 1
        if type == CType(name: "char", isConst: true, pointers: [false]) {
            (text, argument, value) = (
                "text \(name)", "\(name).get()", isLastName ? "nullptr" : nil
            )
        } else if type == CType(name: "char", isConst: true, pointers: [true, false]), isFollowed(by: "_count") {
            (text, argument, count) = ("list<const char *> \(name)", "\(name).data(), \(name).size()", 2)
        } else if type == CType(name: "size_t", isConst: true, pointers: [false]),
            next.first?.hasSuffix("_count") == true
        {
            (text, argument, count) = ("list<std::size_t> \(name)", "\(name).data(), \(name).size()", 2)
        } else if type.name == "float", type.pointers == [false], isFollowed(by: "_rows", "_stride") {
            let rows = type.isConst ? "const_rows" : "rows"
            (text, argument, count) = ("\(rows) \(name)", "\(name).data(), \(name).count(), \(name).stride()", 3)
        } else if type.name == "float", type.pointers == [false], isFollowed(by: "_count") {
            (text, argument, count) = ("span<\(const)float> \(name)", "\(name).data(), \(name).size()", 2)
        } else if type == CType(name: "void", isConst: true, pointers: [false]), next.first == "count" {
            (text, argument, count) = ("chainrule::bytes \(name)", "\(name).data(), \(name).size()", 2)
        } else if type.pointers.isEmpty, next.first == "user", types.kind(type.name) == .callback {
            (text, argument, count) = (
                "const \(type.name.withoutPrefix) &\(name)", "detail::\(name), detail::user(\(name))", 2
            )
        } else if type.pointers.isEmpty, let number = types.number(type.name) {
            let isFlag = type.name == "int32_t"
            (text, value) = ("\(isFlag ? "bool" : number) \(name)", name == "memory_limit" ? "0" : nil)
        } else if type.pointers.isEmpty, types.kind(type.name) == .enumeration {
            (text, argument) = ("chainrule::\(type.name.withoutPrefix) \(name)", "detail::number(\(name))")
        } else if type.pointers == [false], types.kind(type.name) == .handle {
            (text, argument) = ("\(const)chainrule::\(type.name.withoutPrefix) &\(name)", "\(name).get()")
        } else if type.pointers == [false], type.isConst, case .structure? = types.kind(type.name) {
            preparations.append("const auto \(name)_c = detail::c(\(name));")
            let isOptional = name == "options" || name == "validation" || type.name.hasSuffix("_options")
            (text, argument) = ("const chainrule::\(type.name.withoutPrefix) &\(name)", "detail::address(\(name)_c)")
            value = isOptional ? "{}" : nil
        } else {
            return false
        }
        // Layer options stand last already.
        let place =
            parameters.last?.text == "const chainrule::layer_options &options" ? parameters.count - 1 : parameters.count
        parameters.insert((text, value), at: place)
        arguments.append(argument)
        rest.removeFirst(count)
        return true
    }

    /// The method, indented as a member of a class.
    func text() -> String {
        // A parameter has a default if all behind it have.
        let last = (parameters.lastIndex { $0.value == nil } ?? -1) + 1
        let list = parameters.enumerated().map { (index, parameter) in
            (parameter.text + (index >= last ? parameter.value.map { " = " + $0 } ?? "" : ""))
                .replacing(" ", with: Self.unbreakable)
        }
        let signature =
            "\(isStatic ? "static " : "")returned<\(result)> \(name)(\(list.joined(separator: ", ")))\(isConst ? " const" : "")"
        let statement = call(arguments.joined(separator: ", "))
        var body = preparations
        switch lambda {
        case nil: body += Self.lines(statement, indentation: 0)
        case (let opening, let closing)?:
            let line = "\(opening) \(statement) \(closing)"
            body +=
                line.count + 8 <= maximumColumns
                ? [line] : [opening] + Self.lines(statement, indentation: 4) + [closing]
        }
        return (Self.lines(signature, indentation: 4) + ["    {"] + body.map { "        " + $0 } + ["    }"])
            .joined(separator: "\n").replacing(Self.unbreakable, with: " ")
    }

    private static func lines(_ text: String, indentation: Int) -> [String] {
        let margin = String(repeating: " ", count: indentation)
        return wrap(text, width: maximumColumns - 8 - indentation, indentation: 4).map { margin + $0 }
    }

    /// A space within a parameter.
    private static let unbreakable = "\u{a0}"
}

/// What the types of the header are, to C++.
struct CppTypes {
    enum Kind: Equatable {
        case enumeration, handle, callback
        /// Mirrored: C++ has a structure with the same members.
        case structure(isMirrored: Bool)
    }

    var kinds: [String: Kind] = [:]

    func kind(_ name: String) -> Kind? { kinds[name] }

    func number(_ name: String) -> String? {
        switch name {
        case "float", "double": name
        case "size_t", "uint64_t", "int32_t": "std::" + name
        default: nil
        }
    }
}

extension String {
    /// Without the `crl_` of C.
    var withoutPrefix: String { String(dropFirst("crl_".count)) }
}
