import Foundation

/// The hand-written part of the public header: the text between the two marker lines of `chainrule_types.h`.
///
/// A line `/* ---- GROUP 4 ---- */` begins the types that stand in front of the functions of group 4.
struct TypesHeader {
    struct Section: Equatable {
        /// The number of the group of functions.
        var group: Int
        var text: String
    }

    struct Macro: Equatable {
        var name: String
        var body: String
    }

    /// The `#include` lines with which the text begins.
    let includes: String
    /// Everything after them, in source order.
    let sections: [Section]
    /// The names of the types that the text defines.
    let typeNames: Set<String>
    /// The macros in source order, without comments, each on one line.
    let macros: [Macro]

    init(_ file: String) throws(GeneratorError) {
        let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
        let beginnings = lines.indices.filter { lines[$0] == "/* ---- 8< ---- */" }
        let ends = lines.indices.filter { lines[$0] == "/* ---- >8 ---- */" }
        guard beginnings.count == 1, ends.count == 1, beginnings[0] < ends[0] else {
            throw GeneratorError(
                "chainrule_types.h: needs one line '/* ---- 8< ---- */' and, after it, one line '/* ---- >8 ---- */'")
        }
        let text = lines[(beginnings[0] + 1)..<ends[0]]
        let includeLines = text.prefix { $0.hasPrefix("#include ") }
        guard !text.dropFirst(includeLines.count).contains(where: { $0.hasPrefix("#include") }) else {
            throw GeneratorError("chainrule_types.h: an #include must stand directly below the first marker line")
        }
        includes = includeLines.joined(separator: "\n")
        sections = try Self.sections(of: text.dropFirst(includeLines.count))

        let code = sections.map(\.text).joined(separator: "\n").replacing("\\\n", with: " ").replacing(
            /\/\*.*?\*\//.dotMatchesNewlines(), with: "")
        typeNames = Set(
            code.matches(of: /typedef\s+(?:struct\s+)?\w+\s+(\w+)\s*;/).map { String($0.output.1) }
                + code.matches(of: /typedef\s+[\w\s*]+\(\s*\*\s*(\w+)\s*\)/).map { String($0.output.1) }
                + code.matches(of: /\}\s*(\w+)\s*;/).map { String($0.output.1) })
        macros = code.matches(of: /#define[ ]+(\w+(?:\([^)]*\))?)[ ]*(.*)/).map {
            Macro(name: String($0.output.1), body: String($0.output.2).trimmingCharacters(in: .whitespaces))
        }
    }

    private static func sections(of lines: ArraySlice<Substring>) throws(GeneratorError) -> [Section] {
        var sections: [Section] = []
        for line in lines {
            if let match = line.wholeMatch(of: /\/\* ---- GROUP (\d{1,9}) ---- \*\//)?.output, let group = Int(match.1)
            {
                guard group > sections.last?.group ?? 0 else {
                    throw GeneratorError("chainrule_types.h: group \(group) stands behind a later one, or twice")
                }
                sections.append(Section(group: group, text: ""))
            } else if !sections.isEmpty {
                sections[sections.count - 1].text += "\(line)\n"
            } else if !line.isEmpty {
                throw GeneratorError("chainrule_types.h: '\(line)' stands above the first /* ---- GROUP 1 ---- */")
            }
        }
        return sections.map { Section(group: $0.group, text: $0.text.trimmingCharacters(in: .newlines)) }
    }
}
