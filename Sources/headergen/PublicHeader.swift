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
        let stray = types.sections.filter { section in !contract.groups.contains { $0.number == section.group } }
        guard stray.isEmpty else {
            throw GeneratorError(stray.map { "chainrule_types.h: no function is of group \($0.group)" })
        }
        let sections = contract.groups.map { group in
            let types = types.sections.filter { $0.group == group.number }.map(\.text)
            return ([Self.banner(group)] + types + group.functions.map(Self.declaration)).joined(separator: "\n\n")
        }
        return """
            /*
            \(Self.commentLines(introductionLines))
             */

            #ifndef CHAINRULE_H
            #define CHAINRULE_H

            \(types.includes)

            \(Self.marks)

            #ifdef __cplusplus
            extern "C" {
            #endif

            \(sections.joined(separator: "\n\n"))

            #ifdef __cplusplus
            }
            #endif

            \(Self.endOfMarks)

            #endif

            """
    }

    /// What functions and pointers are marked with. headergen itself defines CRL_NULLABLE, and gets plain C.
    static let marks = """
        /* Marks. To replace one, define it before this header is included: CRL_NODISCARD as nothing, for instance, where statuses
         * are not looked at. */
        #ifndef CRL_API
        #if defined(_WIN32) && defined(CRL_BUILD)
        #define CRL_API __declspec(dllexport)
        #elif defined(_WIN32) && !defined(CRL_STATIC)
        #define CRL_API __declspec(dllimport)
        #elif defined(__GNUC__)
        #define CRL_API __attribute__((visibility("default")))
        #else
        #define CRL_API
        #endif
        #endif

        /* A status that must be looked at. */
        #ifndef CRL_NODISCARD
        #if (defined(__cplusplus) && __cplusplus >= 201703L) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
        #define CRL_NODISCARD [[nodiscard]]
        #elif defined(__GNUC__)
        #define CRL_NODISCARD __attribute__((warn_unused_result))
        #else
        #define CRL_NODISCARD
        #endif
        #endif

        /* A function that goes with the next major version, and what takes its place. */
        #ifndef CRL_DEPRECATED
        #if defined(__GNUC__)
        #define CRL_DEPRECATED(message) __attribute__((deprecated(message)))
        #elif defined(_MSC_VER)
        #define CRL_DEPRECATED(message) __declspec(deprecated(message))
        #else
        #define CRL_DEPRECATED(message)
        #endif
        #endif

        /* Pointers that may be NULL, for clang and its analyzer. gcc has no such mark. */
        #if defined(__clang__) && !defined(CRL_NULLABLE)
        #define CRL_NULLABLE _Nullable
        #define CRL_NONNULL _Nonnull
        #define CRL_ASSUMES_NONNULL
        #pragma clang diagnostic push
        #pragma clang diagnostic ignored "-Wnullability-extension"
        #pragma clang assume_nonnull begin
        #elif !defined(CRL_NULLABLE)
        #define CRL_NULLABLE
        #endif
        #ifndef CRL_NONNULL
        #define CRL_NONNULL
        #endif
        """

    static let endOfMarks = """
        #ifdef CRL_ASSUMES_NONNULL
        #pragma clang assume_nonnull end
        #pragma clang diagnostic pop
        #undef CRL_ASSUMES_NONNULL
        #endif
        """

    private static func banner(_ group: Contract.Group) -> String {
        let title = "/* \(rule)\n * \(group.title)\n * \(rule)"
        return group.introduction.isEmpty ? title + " */" : title + "\n\(commentLines(group.introduction))\n */"
    }

    private static func commentLines(_ lines: [String]) -> String {
        lines.map { $0.isEmpty ? " *" : " * " + $0 }.joined(separator: "\n")
    }

    private static func declaration(_ function: Contract.Function) -> String {
        function.documentation.cText() + "\n" + declaration(function.prototype, function.documentation)
    }

    /// A prototype with its marks, its parameters aligned below one another where they need more than one line.
    static func declaration(_ prototype: Prototype, _ documentation: DocComment) -> String {
        let marks = prototype.result == CType(name: "crl_status") ? "CRL_NODISCARD CRL_API " : "CRL_API "
        return declaration(prototype, marks: marks) { parameter in
            parameter.type.declaration(
                of: parameter.name, nullability: documentation.nullability(of: parameter.name))
        }
    }

    static func declaration(
        _ prototype: Prototype, marks: String = "",
        _ text: (Prototype.Parameter) -> String = { $0.type.declaration(of: $0.name) }
    ) -> String {
        let opening = marks + prototype.result.declaration(of: prototype.name) + "("
        guard !prototype.parameters.isEmpty else { return opening + "void);" }
        var lines = [opening]
        for (index, parameter) in prototype.parameters.enumerated() {
            let isLast = index == prototype.parameters.count - 1
            let text = text(parameter) + (isLast ? ");" : ",")
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
