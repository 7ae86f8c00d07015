import CPlatform

/// A file that is being read.
final class InputFile: FallibleClass {
    private let path: String
    private let descriptor: Int32
    private let length: Int

    fileprivate init(path: String, descriptor: Int32, length: Int) {
        self.path = path
        self.descriptor = descriptor
        self.length = length
    }

    deinit { _ = platform_close(descriptor) }

    /// Reads exactly as many bytes as the buffer holds.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        guard !buffer.isEmpty else { return }
        guard platform_read(descriptor, buffer.baseAddress, buffer.count) == 0 else {
            throw fileError(path, "cannot be read to its end")
        }
    }

    /// Reads tensors that lie one after the other into their places in a parameter vector.
    func read(_ tensors: [Plan.Tensor], into vector: Matrix) throws(NetworkError) {
        for tensor in tensors {
            let elements = UnsafeMutableBufferPointer(start: vector.base + tensor.offset, count: tensor.count)
            try read(into: UnsafeMutableRawBufferPointer(elements))
        }
    }

    /// Reads and checks the header of a model file; the file then stands at its data.
    func readHeader() throws(NetworkError) -> ModelHeader {
        try explain { () throws(NetworkError) in
            guard length >= 8 else {
                throw NetworkError(.format, "no model file: it has \(length) bytes")
            }
            let headerBytes = try ModelHeader.length(bytes(count: 8), fileBytes: length)
            return try ModelHeader(parsing: bytes(count: headerBytes), dataBytes: length - 8 - headerBytes)
        }
    }

    /// Says in errors which file they are about.
    func explain<Result>(_ body: () throws(NetworkError) -> Result) throws(NetworkError) -> Result {
        do throws(NetworkError) {
            return try body()
        } catch {
            throw error.code == .file ? error : NetworkError(error.code, "'\(path)': \(error.message)")
        }
    }

    private func bytes(count: Int) throws(NetworkError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBufferPointer { buffer throws(NetworkError) in
            try read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        return bytes
    }
}

extension FallibleClass where Self == InputFile {
    init(_ path: String) throws(NetworkError) {
        var length: Int64 = 0
        let descriptor = path.withCString { platform_open_for_reading($0, &length) }
        guard descriptor >= 0 else { throw fileError(path, "cannot be opened") }
        self = InputFile(path: path, descriptor: descriptor, length: Int(length))
    }
}

/// A file that appears whole or not at all: written under a temporary name beside its own, made durable, then renamed.
struct AtomicFile {
    private let path: String
    private let descriptor: Int32

    /// Writes through symbolic links: what they point to is replaced, not they.
    static func write(_ path: String, _ body: (AtomicFile) throws(NetworkError) -> Void) throws(NetworkError) {
        let target = resolved(path)
        var template = Array((target + ".XXXXXX").utf8CString)
        let descriptor = template.withUnsafeMutableBufferPointer { template in
            target.withCString { platform_create_temporary(template.baseAddress, $0) }
        }
        guard descriptor >= 0 else { throw fileError(path, "cannot be written") }
        do throws(NetworkError) {
            do throws(NetworkError) {
                try body(AtomicFile(path: path, descriptor: descriptor))
                guard platform_synchronize(descriptor) == 0 else { throw fileError(path, "cannot be made durable") }
            } catch {
                _ = platform_close(descriptor)
                throw error
            }
            guard platform_close(descriptor) == 0 else { throw fileError(path, "cannot be closed") }
            let renamed = template.withUnsafeBufferPointer { temporary in
                target.withCString { platform_rename(temporary.baseAddress, $0) }
            }
            guard renamed == 0 else { throw fileError(path, "cannot be replaced") }
        } catch {
            template.withUnsafeBufferPointer { _ = platform_remove($0.baseAddress) }
            throw error
        }
        directory(of: target).withCString { platform_synchronize_directory($0) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(NetworkError) {
        guard !bytes.isEmpty else { return }
        guard platform_write(descriptor, bytes.baseAddress, bytes.count) == 0 else {
            throw fileError(path, "cannot be written")
        }
    }

    /// Writes a contiguous matrix.
    func write(_ matrix: Matrix) throws(NetworkError) {
        precondition(matrix.isContiguous)
        try write(UnsafeRawBufferPointer(UnsafeBufferPointer(start: matrix.base, count: matrix.count)))
    }

    private static func resolved(_ path: String) -> String {
        guard let target = path.withCString({ platform_real_path($0) }) else { return path }
        defer { free(target) }
        return String(cString: target)
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.utf8.startIndex ? "/" : String(decoding: path.utf8[..<slash], as: UTF8.self)
    }
}

private func fileError(_ path: String, _ what: StaticString) -> NetworkError {
    let number = platform_error_number()
    guard number != 0, let text = strerror(number) else { return NetworkError(.file, "'\(path)' \(what)") }
    return NetworkError(.file, "'\(path)' \(what): \(String(cString: text))")
}
