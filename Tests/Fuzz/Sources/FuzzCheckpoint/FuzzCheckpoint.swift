import CFuzzer
import FuzzSupport
import Glibc

// Reads any bytes as a checkpoint, and goes on training from what was loaded. Nothing may crash, leak, take long or need much
// memory, and after an error everything is as it was.

@main enum Fuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzCheckpoint))
    }
}

/// The first byte says what the rest is: a file, or a checkpoint's numbers inside a file that is right otherwise.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCheckpoint(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let data, count > 0 else { return 0 }
    let rest = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
    Checkpoint.read(file(of: data[0] % 2 == 0 ? rest : Checkpoint.file(training: rest)))
    return 0
}
