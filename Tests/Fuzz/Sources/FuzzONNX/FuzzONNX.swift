import CChainrule
import CFuzzer
import ChainruleC
import Glibc

// Reads any bytes as an ONNX model. Nothing may crash, leak, take long or need much memory; what is loaded can be used.

@main enum Fuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzONNX))
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzONNX(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let data, count > 0 else { return 0 }
    var network: UnsafeMutablePointer<crl_network>?
    var options = crl_onnx_options()
    (options.size, options.memory_limit) = (MemoryLayout<crl_onnx_options>.size, 1 << 22)
    if crlNetworkLoadOnnxFromMemory(data, UInt(count), &options, &network) == CRL_OK {
        use(network!)
    } else {
        precondition(network == nil)
    }
    crlNetworkDestroy(network)
    return 0
}

/// Asks what the rows are, and predicts two.
private func use(_ network: UnsafeMutablePointer<crl_network>) {
    var (inputs, outputs, reads, gives): (UInt, UInt, UInt, UInt) = (0, 0, 0, 0)
    precondition(crlNetworkInputSize(network, &inputs) == CRL_OK && crlNetworkOutputSize(network, &outputs) == CRL_OK)
    precondition(crlNetworkOnnxCount(network, &reads, &gives) == CRL_OK && reads > 0 && gives > 0)
    var (wide, name) = (UInt(0), UnsafePointer<CChar>?.none)
    var (rank, batch) = (UInt(0), Int32(0))
    var extents = [UInt](repeating: 0, count: 16)
    for index in 0..<reads {
        precondition(crlNetworkOnnxInput(network, index, &name, &extents, 16, &rank, &batch) == CRL_OK)
        wide += extents[..<Int(rank)].reduce(1, *)
    }
    precondition(wide == inputs)
    for index in 0..<gives {
        precondition(crlNetworkOnnxOutput(network, index, &name, &extents, 16, &rank, &batch) == CRL_OK)
    }
    guard inputs + outputs < 100_000 else { return }
    let x = [Float](repeating: 0.5, count: Int(2 * inputs))
    var y = [Float](repeating: 0, count: Int(2 * outputs))
    let status = crlNetworkPredict(network, x, 2, inputs, &y, 2, outputs)
    // A token that an embedding does not have.
    precondition(status == CRL_OK || status == CRL_ERROR_VALUE)
}
