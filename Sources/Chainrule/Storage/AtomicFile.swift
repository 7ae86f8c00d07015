import CPlatform

/// A file that appears whole or not at all: written beside its place, made durable, then renamed.
///
/// If the system can do that, the file has no name until it is whole, so a killed process leaves nothing behind.
/// Otherwise, and between getting a name and being renamed, its name is ".chainrule-" and eight letters and digits.
final class AtomicFile {
    private let place: FilePlace
    /// The status of the file to replace; nil if there is none.
    private let old: stat?
    private var descriptor: Int32 = -1
    private var temporaryName: FilePath?

    /// Writes through symbolic links: replaces their target, not the links.
    /// - Parameter body: may be called again, to write the same to another file.
    static func write(_ path: FilePath, _ body: (AtomicFile) throws(ChainruleError) -> Void) throws(ChainruleError) {
        let place = try FilePlace(path)
        let old = try status(of: place)
        let unnamed = AtomicFile(at: place, replacing: old)
        if unnamed.createUnnamed() {
            try unnamed.fill(body)
            if unnamed.takeName() { return try unnamed.replace() }
        }
        let named = AtomicFile(at: place, replacing: old)
        try named.createNamed()
        try named.fill(body)
        try named.replace()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ChainruleError) {
        guard platform_write(descriptor, bytes.baseAddress, bytes.count) == 0 else {
            throw place.path.error("cannot be written")
        }
    }

    private init(at place: FilePlace, replacing old: stat?) {
        self.place = place
        self.old = old
    }

    deinit {
        if descriptor >= 0 { _ = platform_close(descriptor) }
        temporaryName?.withCString { _ = platform_remove(place.directory, $0) }
    }

    private static func status(of place: FilePlace) throws(ChainruleError) -> stat? {
        var status = stat()
        let found = place.name.withCString { platform_find_regular(place.directory, $0, &status) }
        guard found >= 0 else { throw place.path.error("cannot be written") }
        return found == 0 ? nil : status
    }

    // MARK: Creating

    /// Keeps a replacement private until it has the old file's permissions. Without an old file, the file has the
    /// permissions of the process's new files from the start.
    private var mode: mode_t { old == nil ? 0o666 : 0o600 }

    private func createUnnamed() -> Bool {
        descriptor = platform_create_unnamed(place.directory, mode)
        return descriptor >= 0
    }

    private func createNamed() throws(ChainruleError) {
        let isNamed = withUnusedName { name in
            descriptor = platform_create(place.directory, name, mode)
            return descriptor >= 0
        }
        guard isNamed else { throw place.path.error("cannot be written") }
    }

    /// Names an unnamed file. Returns false where a file must have a name from the start.
    private func takeName() -> Bool {
        withUnusedName { platform_name(descriptor, place.directory, $0) == 0 }
    }

    /// Tries names until one is new.
    private func withUnusedName(_ take: (UnsafePointer<CChar>) -> Bool) -> Bool {
        var generator = RandomGenerator(seed: platform_unusual_number())
        for _ in 0..<100 {
            var name = Array(".chainrule-".utf8)
            for _ in 0..<8 { name.append(Array("abcdefghijklmnopqrstuvwxyz012345".utf8)[Int(generator.next() >> 59)]) }
            temporaryName = FilePath(bytes: name)
            if FilePath(bytes: name).withCString(take) { return true }
            temporaryName = nil
            guard platform_error_number() == EEXIST else { return false }
        }
        return false
    }

    // MARK: Finishing

    private func fill(_ body: (AtomicFile) throws(ChainruleError) -> Void) throws(ChainruleError) {
        try body(self)
        if var old {
            guard platform_take_permissions(descriptor, &old) == 0 else {
                throw place.path.error("cannot be replaced by a file with its permissions")
            }
        }
        guard platform_synchronize(descriptor) == 0 else { throw place.path.error("cannot be made durable") }
    }

    private func replace() throws(ChainruleError) {
        let closed = platform_close(descriptor)
        descriptor = -1
        guard closed == 0 else { throw place.path.error("cannot be closed") }
        let renamed = temporaryName!.withCString { temporary in
            place.name.withCString { platform_rename(place.directory, temporary, $0) }
        }
        guard renamed == 0 else { throw place.path.error("cannot be replaced") }
        temporaryName = nil
        platform_synchronize_directory(place.directory)
    }
}
