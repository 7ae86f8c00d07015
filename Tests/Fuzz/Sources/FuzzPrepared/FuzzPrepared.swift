import CChainrule
import CFuzzer
import ChainruleC
import Glibc

// Opens any bytes as a prepared file, with the checksum that they need. Nothing may crash, leak, take long or need much memory; what is
// opened can be used.

@main enum Fuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzPrepared))
    }
}

/// A file in memory.
private let path = "/dev/shm/chainrule-fuzz-prepared-\(getpid())"

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPrepared(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let data, count > 0 else { return 0 }
    var bytes = Array(UnsafeBufferPointer(start: data, count: count))
    setChecksum(&bytes)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0 && write(descriptor, bytes, bytes.count) == bytes.count && close(descriptor) == 0)
    var predictor: UnsafeMutablePointer<crl_predictor>?
    if crlPredictorOpen(path, 0, &predictor) == CRL_OK { use(predictor!) } else { precondition(predictor == nil) }
    crlPredictorDestroy(predictor)
    unlink(path)
    return 0
}

/// Puts the header's checksum where the data begin, if there is room.
private func setChecksum(_ bytes: inout [UInt8]) {
    guard bytes.count >= 16 else { return }
    let first = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
    guard first % 4 == 0 && first + 8 <= bytes.count else { return }
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    for place in stride(from: 0, to: first, by: 4) {
        var word: UInt64 = 0
        for byte in 0..<4 { word |= UInt64(bytes[place + byte]) << (8 * UInt64(byte)) }
        sum = (sum ^ word) &* 0x100_0000_01b3
    }
    for byte in 0..<8 { bytes[first + byte] = UInt8(truncatingIfNeeded: sum >> (8 * UInt64(byte))) }
}

/// Predicts two rows.
private func use(_ predictor: UnsafeMutablePointer<crl_predictor>) {
    var (inputs, outputs): (UInt, UInt) = (0, 0)
    precondition(crlPredictorInputSize(predictor, &inputs) == CRL_OK)
    precondition(crlPredictorOutputSize(predictor, &outputs) == CRL_OK)
    let x = [Float](repeating: 0.5, count: Int(2 * inputs))
    var y = [Float](repeating: 0, count: Int(2 * outputs))
    let status = crlPredictorPredict(predictor, x, 2, inputs, &y, 2, outputs)
    // An embedding refuses what is no token.
    precondition(status == CRL_OK || status == CRL_ERROR_VALUE)
}
