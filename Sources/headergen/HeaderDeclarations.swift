import Foundation

/// A declaration of the public header, as clang understands it.
enum HeaderDeclaration: Equatable {
    struct Enumerator: Equatable {
        var name: String
        var value: Int
    }

    struct Field: Equatable {
        var name: String
        var type: CType
    }

    /// Those of the alias in front of them.
    case enumerators([Enumerator])
    /// A structure without fields, of which C has only pointers.
    case handle(String)
    case structure(String, [Field])
    case alias(String, CType)
    case callback(String, result: CType, parameters: [CType])
    case function(Prototype)
}

extension HeaderDeclaration {
    /// The header's own declarations, in source order: those whose names begin with `crl_` or `CRL_`.
    /// - Parameter syntaxTree: what clang's `-ast-dump=json` prints for the header.
    static func all(inSyntaxTree syntaxTree: Data) throws(GeneratorError) -> [HeaderDeclaration] {
        let root: Node
        do {
            root = try JSONDecoder().decode(Node.self, from: syntaxTree)
        } catch {
            throw GeneratorError("cannot read clang's syntax tree: \(error)")
        }
        let nodes = root.inner ?? []
        let definedStructures = Set(nodes.filter { $0.completeDefinition == true }.compactMap(\.name))
        var declarations: [HeaderDeclaration] = []
        for node in nodes {
            let name = node.name ?? ""
            switch node.kind {
            case "EnumDecl":
                let enumerators = try node.enumerators()
                guard let first = enumerators.first else { continue }
                guard case .alias(_, CType(name: "int32_t")) = declarations.last else {
                    throw GeneratorError("\(first.name): needs a typedef of int32_t in front of its enumeration")
                }
                declarations.append(.enumerators(enumerators))
            case "RecordDecl" where name.hasPrefix("crl_"):
                if node.completeDefinition == true {
                    declarations.append(.structure(name, try node.fields()))
                } else if !definedStructures.contains(name), !declarations.contains(.handle(name)) {
                    declarations.append(.handle(name))
                }
            case "TypedefDecl" where name.hasPrefix("crl_"):
                if let declaration = try node.aliasOrCallback() { declarations.append(declaration) }
            case "FunctionDecl" where name.hasPrefix("crl_"):
                declarations.append(.function(try node.prototype()))
            default:
                break
            }
        }
        return declarations
    }
}

/// One node of clang's syntax tree; the keys are clang's.
private struct Node: Decodable {
    struct TypeName: Decodable {
        var qualType: String
    }

    var kind: String?
    var name: String?
    var type: TypeName?
    var completeDefinition: Bool?
    var value: String?
    var inner: [Node]?

    private var place: String { name ?? "a declaration without a name" }

    private func children(_ kind: String) -> [Node] {
        (inner ?? []).filter { $0.kind == kind }
    }

    private func parsedType(_ text: some StringProtocol) throws(GeneratorError) -> CType {
        var tokens = CTokens(String(text))
        guard let type = tokens.takeType(), tokens.next == nil else {
            throw GeneratorError("\(place): cannot express the type '\(text)' in other languages")
        }
        return type
    }

    func enumerators() throws(GeneratorError) -> [HeaderDeclaration.Enumerator] {
        var enumerators: [HeaderDeclaration.Enumerator] = []
        for constant in children("EnumConstantDecl") {
            guard let name = constant.name, name.hasPrefix("CRL_") else { continue }
            guard let value = constant.children("ConstantExpr").first?.value.flatMap(Int.init) else {
                throw GeneratorError("\(name): an enumerator of the public header is given its value explicitly")
            }
            enumerators.append(HeaderDeclaration.Enumerator(name: name, value: value))
        }
        return enumerators
    }

    func fields() throws(GeneratorError) -> [HeaderDeclaration.Field] {
        var fields: [HeaderDeclaration.Field] = []
        for child in children("FieldDecl") {
            let type = try parsedType(child.type?.qualType ?? "")
            fields.append(HeaderDeclaration.Field(name: child.name ?? "", type: type))
        }
        return fields
    }

    /// Nil for the typedef that gives a structure its name.
    func aliasOrCallback() throws(GeneratorError) -> HeaderDeclaration? {
        let text = type?.qualType ?? ""
        guard text != "struct \(place)" else { return nil }
        guard let match = text.wholeMatch(of: /([^()]*)\(\*\)\(([^()]*)\)/)?.output else {
            return .alias(place, try parsedType(text))
        }
        var parameters: [CType] = []
        for parameter in match.2.split(separator: ",") where parameter != "void" {
            parameters.append(try parsedType(parameter))
        }
        return .callback(place, result: try parsedType(match.1), parameters: parameters)
    }

    func prototype() throws(GeneratorError) -> Prototype {
        let result = try parsedType((type?.qualType ?? "").prefix { $0 != "(" })
        var prototype = Prototype(name: place, result: result, parameters: [])
        for child in children("ParmVarDecl") {
            let type = try parsedType(child.type?.qualType ?? "")
            prototype.parameters.append(Prototype.Parameter(name: child.name ?? "", type: type))
        }
        return prototype
    }
}
