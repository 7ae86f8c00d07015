/// The longest line of C that the generator writes.
let maximumColumns = 120

/// Breaks `text` at its spaces into lines of at most `width` characters; a longer word has a line of its own.
/// The lines after the first start with `indentation` spaces, which count.
func wrap(_ text: String, width: Int, indentation: Int = 0) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
        if line.isEmpty {
            line = String(word)
        } else if line.count + 1 + word.count <= width {
            line += " " + word
        } else {
            lines.append(line)
            line = String(repeating: " ", count: indentation) + word
        }
    }
    return lines + [line]
}
