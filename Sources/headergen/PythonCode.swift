/// A Python expression, laid out as `ruff format` lays it out.
indirect enum PythonCode {
    case atom(String)
    /// A bracketed list; `isExploded` asks for one item a line even where one line would do.
    case list(open: String, items: [PythonCode], close: String, isExploded: Bool = false)

    /// The longest line of Python that the generator writes.
    static let maximumColumns = 100

    private var onOneLine: String? {
        switch self {
        case .atom(let text):
            return text
        case .list(_, _, _, isExploded: true):
            return nil
        case .list(let open, let items, let close, _):
            let texts = items.compactMap(\.onOneLine)
            return texts.count == items.count ? open + texts.joined(separator: ", ") + close : nil
        }
    }

    /// The code with `prefix` before it and `suffix` after it, the first line indented by `indentation` spaces.
    func text(indentation: Int = 0, prefix: String = "", suffix: String = "") -> String {
        let margin = String(repeating: " ", count: indentation)
        if let line = onOneLine, (margin + prefix + line + suffix).count <= Self.maximumColumns {
            return margin + prefix + line + suffix
        }
        switch self {
        case .atom(let text):
            return margin + prefix + text + suffix
        case .list(let open, let items, let close, _):
            let lines = items.map { $0.text(indentation: indentation + 4, suffix: ",") }
            return ([margin + prefix + open] + lines + [margin + close + suffix]).joined(separator: "\n")
        }
    }
}
