import Foundation

/// A documentation comment: read from Swift's markup, written as C's.
struct DocComment: Equatable {
    struct Part: Equatable {
        enum Kind: Equatable {
            case paragraph
            /// An item of a list, with its marker: `-` or a number and a full stop.
            case item(String)
            /// An example, its lines kept as they are.
            case code
            case parameter(String)
            case result
        }

        var kind: Kind
        var text: String
    }

    private(set) var parts: [Part] = []

    /// The names of the documented parameters in order.
    var parameterNames: [String] {
        parts.compactMap { if case .parameter(let name) = $0.kind { name } else { nil } }
    }

    func text(of parameter: String) -> String? {
        parts.first { $0.kind == .parameter(parameter) }?.text
    }

    /// What the comment says of a parameter: a text with "NULL" tells what NULL means; "NULL after" and "or NULL" tell what the
    /// parameter points to then.
    func nullability(of parameter: String) -> Nullability {
        guard let text = text(of: parameter) else { return [] }
        let ofPointee = /\bNULL after\b|\bor NULL\b/
        var nullability: Nullability = text.contains(ofPointee) ? .pointee : []
        if text.replacing(ofPointee, with: "").contains(/\bNULL\b/) { nullability.insert(.pointer) }
        return nullability
    }

    /// - Parameter lines: the lines of the comment, without `///` and the space after it.
    init(_ lines: [String]) throws(GeneratorError) {
        var isInCode = false
        var isInParameters = false
        /// Whether the next plain line continues the last part.
        var isOpen = false

        for line in lines {
            let text = line.trimmingCharacters(in: .whitespaces)
            let isIndented = line.hasPrefix("  ")
            guard !text.contains("*/"), !text.contains("/*") else {
                throw GeneratorError("'\(text)' would begin or end a C comment")
            }
            if text.hasPrefix("```") {
                isInCode.toggle()
                if isInCode { parts.append(Part(kind: .code, text: "")) }
                isOpen = false
            } else if isInCode {
                parts[parts.count - 1].text += parts[parts.count - 1].text.isEmpty ? line : "\n" + line
            } else if text.isEmpty {
                isOpen = false
            } else if text == "- Parameters:" {
                isInParameters = true
                isOpen = false
            } else if let match = text.wholeMatch(of: /(-|\d+\.) +(.*)/)?.output {
                if !isIndented { isInParameters = false }
                parts.append(try Self.listPart(String(match.1), String(match.2), isInParameters: isInParameters))
                isOpen = true
            } else if let last = parts.last, isOpen || isIndented && last.kind != .paragraph && last.kind != .code {
                parts[parts.count - 1].text += (last.text.isEmpty ? "" : " ") + Self.prose(text)
            } else {
                parts.append(Part(kind: .paragraph, text: Self.prose(text)))
                isOpen = true
            }
        }
        guard !isInCode else { throw GeneratorError("an example is not closed with ```") }
    }

    private static func listPart(_ marker: String, _ text: String, isInParameters: Bool) throws(GeneratorError) -> Part
    {
        if isInParameters {
            guard let match = text.wholeMatch(of: /(\w+) *: *(.*)/)?.output else {
                throw GeneratorError("'\(marker) \(text)' is not of the form '- name: text'")
            }
            return Part(kind: .parameter(String(match.1)), text: prose(String(match.2)))
        }
        if let match = text.wholeMatch(of: /Parameter +(\w+) *: *(.*)/)?.output {
            return Part(kind: .parameter(String(match.1)), text: prose(String(match.2)))
        }
        if let match = text.wholeMatch(of: /Returns *: *(.*)/)?.output {
            return Part(kind: .result, text: prose(String(match.1)))
        }
        return Part(kind: .item(marker), text: prose(text))
    }

    /// Text without backticks: the public header's comments have none.
    private static func prose(_ text: String) -> String {
        text.replacing("`", with: "")
    }

    /// The comment in C: prose and examples first, then the parameters, then the result.
    func cText() -> String {
        var body: [String] = []
        var parameters: [String] = []
        var result: [String] = []
        let width = maximumColumns - " *  ".count - " */".count
        for part in parts {
            switch part.kind {
            case .paragraph:
                body += (body.isEmpty ? [] : [""]) + wrap(part.text, width: width)
            case .item(let marker):
                body += wrap("\(marker) \(part.text)", width: width, indentation: marker.count + 1)
            case .code:
                let lines = part.text.components(separatedBy: "\n")
                body += [""] + lines.map { $0.isEmpty ? "" : "    " + $0 }
            case .parameter(let name):
                parameters += wrap("@param \(name) \(part.text)", width: width, indentation: 4)
            case .result:
                result += wrap("@return \(part.text)", width: width, indentation: 4)
            }
        }
        let lines = (body + parameters + result).map { $0.isEmpty ? " *" : " *  " + $0 }
        return "/**" + lines.joined(separator: "\n").dropFirst(" * ".count) + " */"
    }
}
