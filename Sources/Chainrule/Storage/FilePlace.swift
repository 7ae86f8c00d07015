import CPlatform

/// The place of a file, existing or not: a directory, and a name in it. Follows symbolic links, even to missing files.
///
/// Holds the directory open, so everything happens in that directory even if its path changes.
final class FilePlace: FallibleClass {
    /// As the caller gave it.
    let path: FilePath
    let directory: Int32
    let name: FilePath

    fileprivate init(path: FilePath, directory: Int32, name: FilePath) {
        self.path = path
        self.directory = directory
        self.name = name
    }

    deinit { _ = platform_close(directory) }

    /// More links than Linux follows.
    fileprivate static var mostLinks: Int { 40 }

    /// The target of a symbolic link; nil if the name is no link, or does not exist.
    fileprivate static func target(of name: FilePath, in directory: Int32, path: FilePath) throws(ChainruleError)
        -> FilePath?
    {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = target.withUnsafeMutableBufferPointer { target in
            name.withCString { platform_read_link(directory, $0, target.baseAddress, target.count) }
        }
        guard length >= 0 else { throw path.error("cannot be written") }
        return length == 0 ? nil : FilePath(bytes: target[..<length].map { UInt8(bitPattern: $0) })
    }
}

extension FallibleClass where Self == FilePlace {
    init(_ path: FilePath) throws(ChainruleError) {
        try path.check()
        var directory = platform_working_directory()
        var rest = path
        for _ in 0...FilePlace.mostLinks {
            let (folder, name) = rest.split
            let next = folder.withCString { platform_open_directory(directory, $0) }
            let number = platform_error_number()
            if directory != platform_working_directory() { _ = platform_close(directory) }
            guard next >= 0 else { throw path.error("cannot be written", number: number) }
            directory = next
            do throws(ChainruleError) {
                guard !name.bytes.isEmpty else { throw path.error("cannot be written", number: EISDIR) }
                guard let target = try FilePlace.target(of: name, in: directory, path: path) else {
                    self = FilePlace(path: path, directory: directory, name: name)
                    return
                }
                rest = target
            } catch {
                _ = platform_close(directory)
                throw error
            }
        }
        _ = platform_close(directory)
        throw path.error("cannot be written", number: ELOOP)
    }
}
