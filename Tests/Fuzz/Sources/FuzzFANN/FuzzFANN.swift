import CChainrule
import CFuzzer
import ChainruleC
import Glibc

// Reads any bytes as a network of FANN. Nothing may crash, leak, take long or need much memory; what is loaded can be used.

@main enum Fuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzFANN))
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFANN(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let data, count > 0 else { return 0 }
    var network: UnsafeMutablePointer<crl_network>?
    if crlNetworkLoadFannFromMemory(data, UInt(count), 1 << 22, &network) == CRL_OK {
        use(network!)
    } else {
        precondition(network == nil)
    }
    crlNetworkDestroy(network)
    return 0
}

/// Predicts two rows, and saves.
private func use(_ network: UnsafeMutablePointer<crl_network>) {
    var (inputs, outputs, bytes): (UInt, UInt, UInt) = (0, 0, 0)
    precondition(crlNetworkInputSize(network, &inputs) == CRL_OK && crlNetworkOutputSize(network, &outputs) == CRL_OK)
    precondition(crlNetworkSaveToMemory(network, nil, 0, &bytes) == CRL_OK && bytes > 0)
    let x = [Float](repeating: 0.5, count: Int(2 * inputs))
    var y = [Float](repeating: 0, count: Int(2 * outputs))
    precondition(crlNetworkPredict(network, x, 2, inputs, &y, 2, outputs) == CRL_OK)
}
