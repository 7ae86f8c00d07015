import CPlatform

/// All bytes of a file, aligned to 64. Where the system can map files, they are read when they are touched, and processes share
/// them.
final class FileBytes: FallibleClass, @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    /// What holds them; nil: they are mapped.
    private let memory: Memory<UInt8>?

    fileprivate init(mapped bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        memory = nil
    }

    /// - Parameter memory: only read from now on.
    init(_ memory: Memory<UInt8>) {
        bytes = UnsafeRawBufferPointer(memory.elements)
        self.memory = memory
    }

    deinit { if memory == nil { platform_unmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) } }
}

extension FallibleClass where Self == FileBytes {
    init(_ path: FilePath) throws(ChainruleError) {
        let file = try InputFile(path)
        if let mapped = file.map() {
            self = FileBytes(mapped: mapped)
        } else {
            self = FileBytes(try file.contents())
        }
    }
}
