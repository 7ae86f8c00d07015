import Foundation

/// Writes `include/chainrule.h`.
struct PublicHeader {
    /// What the header's first comment says.
    var introduction: String
    var types: TypesHeader
    var contract: Contract

    private static let rule = String(repeating: "-", count: 114)

    func text() throws(GeneratorError) -> String {
        guard !introduction.contains("*/"), !introduction.contains("/*") else {
            throw GeneratorError("introduction.txt: would begin or end a C comment")
        }
        let introductionLines = introduction.trimmingCharacters(in: .newlines).components(separatedBy: "\n")
        let sections = contract.groups.map { group in
            ([Self.banner(group)] + group.functions.map(Self.declaration)).joined(separator: "\n\n")
        }
        return """
            /*
            \(Self.commentLines(introductionLines))
             */

            #ifndef CHAINRULE_H
            #define CHAINRULE_H

            \(types.includes)

            #ifdef __cplusplus
            extern "C" {
            #endif

            \(types.declarations)

            \(sections.joined(separator: "\n\n"))

            #ifdef __cplusplus
            }
            #endif

            #endif

            """
    }

    private static func banner(_ group: Contract.Group) -> String {
        let title = "/* \(rule)\n * \(group.title)\n * \(rule)"
        return group.introduction.isEmpty ? title + " */" : title + "\n\(commentLines(group.introduction))\n */"
    }

    private static func commentLines(_ lines: [String]) -> String {
        lines.map { $0.isEmpty ? " *" : " * " + $0 }.joined(separator: "\n")
    }

    private static func declaration(_ function: Contract.Function) -> String {
        function.documentation.cText() + "\n" + declaration(function.prototype)
    }

    /// A prototype, its parameters aligned below one another where they need more than one line.
    static func declaration(_ prototype: Prototype) -> String {
        let opening = prototype.result.declaration(of: prototype.name) + "("
        guard !prototype.parameters.isEmpty else { return opening + "void);" }
        var lines = [opening]
        for (index, parameter) in prototype.parameters.enumerated() {
            let isLast = index == prototype.parameters.count - 1
            let text = parameter.type.declaration(of: parameter.name) + (isLast ? ");" : ",")
            let separator = index == 0 ? "" : " "
            if index == 0 || lines[lines.count - 1].count + separator.count + text.count <= maximumColumns {
                lines[lines.count - 1] += separator + text
            } else {
                lines.append(String(repeating: " ", count: opening.count) + text)
            }
        }
        return lines.joined(separator: "\n")
    }
}
