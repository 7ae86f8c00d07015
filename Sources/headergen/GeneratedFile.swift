import Foundation

/// One of the files that are generated and committed.
struct GeneratedFile {
    /// Relative to the package's folder.
    let path: String
    let text: String

    func write(in folder: URL) throws(GeneratorError) {
        let url = folder.appending(path: path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url, options: .atomic)
        } catch {
            throw GeneratorError("cannot write \(url.path): \(error.localizedDescription)")
        }
    }

    /// How the file in `folder` differs from what would be written; nil if it does not.
    func difference(in folder: URL) -> String? {
        guard let data = try? Data(contentsOf: folder.appending(path: path)) else { return "\(path): cannot be read" }
        guard data != Data(text.utf8) else { return nil }
        let found = String(decoding: data, as: UTF8.self).components(separatedBy: "\n")
        let wanted = text.components(separatedBy: "\n")
        let line = zip(found, wanted).prefix { $0 == $1 }.count
        let end = "the end of the file"
        return """
            \(path): stale, from line \(line + 1) on
                is:        \(line < found.count ? found[line] : end)
                should be: \(line < wanted.count ? wanted[line] : end)
            """
    }
}
