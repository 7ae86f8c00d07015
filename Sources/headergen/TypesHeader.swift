import Foundation

/// The hand-written part of the public header: the text between the two marker lines of `chainrule_types.h`.
struct TypesHeader {
    struct Macro: Equatable {
        var name: String
        var body: String
    }

    /// The `#include` lines with which the text begins.
    let includes: String
    /// Everything after them.
    let declarations: String
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
        declarations = text.dropFirst(includeLines.count).joined(separator: "\n").trimmingCharacters(in: .newlines)

        let code = declarations.replacing("\\\n", with: " ").replacing(/\/\*.*?\*\//.dotMatchesNewlines(), with: "")
        typeNames = Set(
            code.matches(of: /typedef\s+(?:struct\s+)?\w+\s+(\w+)\s*;/).map { String($0.output.1) }
                + code.matches(of: /typedef\s+[\w\s*]+\(\s*\*\s*(\w+)\s*\)/).map { String($0.output.1) }
                + code.matches(of: /\}\s*(\w+)\s*;/).map { String($0.output.1) })
        macros = code.matches(of: /#define[ ]+(\w+(?:\([^)]*\))?)[ ]*(.*)/).map {
            Macro(name: String($0.output.1), body: String($0.output.2).trimmingCharacters(in: .whitespaces))
        }
    }
}
