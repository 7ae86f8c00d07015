import Foundation

/// One Swift file that exports functions to C.
///
/// At its top stands the comment of its group:
///
///     // GROUP 2: Describing a network
///     //
///     // Prose, copied line by line.
struct SwiftSource: Equatable {
    /// A function as the source says it is; its prototype comes from the compiler.
    struct Function: Equatable {
        var name: String
        var documentation: DocComment
    }

    let fileName: String
    /// The place of the group in the header.
    let groupNumber: Int
    let groupTitle: String
    /// The lines of the group's introduction; empty in a file that continues a group.
    let introduction: [String]
    /// The exported functions in source order.
    let functions: [Function]

    /// Reads a file; the result is nil when it exports nothing.
    init?(_ text: String, fileName: String) throws(GeneratorError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        var functions: [Function] = []
        var problems: [String] = []
        for (index, line) in lines.enumerated() {
            guard let match = line.prefixMatch(of: /@_cdecl\("([^"]*)"\)/)?.output else { continue }
            let name = String(match.1)
            do {
                functions.append(
                    Function(name: name, documentation: try Self.documentation(above: index, of: name, in: lines)))
            } catch {
                problems += error.problems.map { "\(fileName):\(index + 1): \(name): \($0)" }
            }
        }
        if functions.isEmpty, problems.isEmpty { return nil }

        let group = lines[0].wholeMatch(of: /\/\/ GROUP (\d{1,9}): (.+)/)?.output
        if group == nil {
            problems.append("\(fileName):1: exports functions, so its first line must be '// GROUP <number>: <title>'")
        }
        let comment = lines.dropFirst().prefix { $0.hasPrefix("//") && !$0.hasPrefix("///") }
        if comment.contains(where: { $0.contains("/*") || $0.contains("*/") }) {
            problems.append("\(fileName): the introduction of the group would begin or end a C comment")
        }
        guard let group, let number = Int(group.1), problems.isEmpty else { throw GeneratorError(problems) }

        self.fileName = fileName
        self.functions = functions
        groupNumber = number
        groupTitle = String(group.2)
        introduction = comment.map { String($0.dropFirst($0.hasPrefix("// ") ? 3 : 2)) }.trimmed()
    }

    private static func documentation(
        above index: Int, of name: String, in lines: [String]
    ) throws(GeneratorError) -> DocComment {
        guard name.wholeMatch(of: /crl_[a-z0-9_]+/) != nil else {
            throw GeneratorError("the name of an exported function is crl_ and lower case")
        }
        let comment = lines[..<index].reversed().prefix { $0.hasPrefix("///") }.reversed()
        guard !comment.isEmpty else {
            throw GeneratorError("no /// comment directly above @_cdecl")
        }
        let documentation = try DocComment(comment.map { String($0.dropFirst($0.hasPrefix("/// ") ? 4 : 3)) })
        guard documentation.parts.first?.kind == .paragraph else {
            throw GeneratorError("the comment must begin with a sentence on what the function does")
        }
        return documentation
    }
}

extension [String] {
    /// The lines from the first that is not empty to the last.
    fileprivate func trimmed() -> [String] {
        guard let first = firstIndex(where: { !$0.isEmpty }), let last = lastIndex(where: { !$0.isEmpty }) else {
            return []
        }
        return Array(self[first...last])
    }
}
