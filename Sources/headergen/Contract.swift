/// The public functions: grouped, ordered and documented as in the Swift sources, with the compiler's prototypes.
struct Contract {
    struct Function: Equatable {
        var prototype: Prototype
        var documentation: DocComment
    }

    struct Group: Equatable {
        var number: Int
        var title: String
        var introduction: [String]
        var functions: [Function]
    }

    private(set) var groups: [Group] = []

    var functionNames: [String] {
        groups.flatMap { $0.functions.map(\.prototype.name) }
    }

    /// Puts the two together and requires that each says the same as the other.
    init(sources: [SwiftSource], interface: CompilerInterface) throws(GeneratorError) {
        var problems: [String] = []
        var undeclared = Set(interface.prototypes.keys)

        let inOrder = sources.sorted { ($0.groupNumber, $0.fileName) < ($1.groupNumber, $1.fileName) }
        for source in inOrder {
            if groups.last?.number != source.groupNumber {
                groups.append(
                    Group(
                        number: source.groupNumber, title: source.groupTitle, introduction: source.introduction,
                        functions: []))
            } else if groups.last?.title != source.groupTitle {
                problems.append("\(source.fileName): group \(source.groupNumber) has another title in an earlier file")
            } else if !source.introduction.isEmpty {
                problems.append("\(source.fileName): only the first file of group \(source.groupNumber) introduces it")
            }
            for function in source.functions {
                let place = "\(source.fileName): \(function.name)"
                guard let prototype = interface.prototypes[function.name] else {
                    problems.append(
                        "\(place): not in the compiler's interface; is it public, and the interface up to date?")
                    continue
                }
                if undeclared.remove(function.name) == nil {
                    problems.append("\(place): exported twice")
                }
                problems += Self.differences(prototype, function.documentation).map { "\(place): \($0)" }
                groups[groups.count - 1].functions.append(
                    Function(prototype: prototype, documentation: function.documentation))
            }
        }
        problems += undeclared.sorted().map {
            "\($0): in the compiler's interface, but no Swift source has a line @_cdecl(\"\($0)\")"
        }
        guard problems.isEmpty else { throw GeneratorError(problems) }
    }

    private static func differences(_ prototype: Prototype, _ documentation: DocComment) -> [String] {
        let declared = prototype.parameters.map(\.name)
        let documented = documentation.parameterNames
        var problems = declared.filter { !documented.contains($0) }.map { "parameter '\($0)' is not documented" }
        problems += documented.filter { !declared.contains($0) }.map { "documents '\($0)', which is no parameter" }
        if problems.isEmpty, declared != documented {
            problems.append("documents its parameters in another order, or one twice")
        }
        return problems
    }
}
