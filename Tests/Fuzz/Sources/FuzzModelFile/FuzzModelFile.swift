import CChainrule
import CFuzzer
import ChainruleC
import FuzzSupport
import Glibc

// Reads any bytes as a model file. Nothing may crash, leak, take long or need much memory; what is loaded
// can be used.

@main enum Fuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzModelFile))
    }
}

/// The first byte says what the rest is: a file, or a header or an architecture inside a file that is right otherwise.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzModelFile(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let data, count > 0 else { return 0 }
    let rest = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
    switch data[0] % 4 {
    case 0, 1: read(rest)
    case 2: read(file(header: rest, data: 64))
    default: read(file(header: header(architecture: rest), data: 0))
    }
    return 0
}

private func file(header: [UInt8], data: Int) -> [UInt8] {
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    return length + header + [UInt8](repeating: 0, count: data)
}

/// A header without tensors, for architectures without parameters.
private func header(architecture: [UInt8]) -> [UInt8] {
    Array(#"{"__metadata__":{"format":"chainrule","format_version":"1","architecture":""#.utf8) + quoted(architecture)
        + Array(#""}}"#.utf8)
}

private func read(_ bytes: [UInt8]) {
    let path = file(of: bytes)
    var network: UnsafeMutablePointer<crl_network>?
    if crlNetworkLoad(path, &network) == CRL_OK { use(network!, path) } else { precondition(network == nil) }
    crlNetworkDestroy(network)

    let small = smallNetwork()
    let before = parameters(of: small)
    if crlNetworkLoadParameters(small, path) != CRL_OK { precondition(parameters(of: small) == before) }
    crlNetworkDestroy(small)
}

/// Predicts with a network that was loaded, and loads its parameters once more.
private func use(_ network: UnsafeMutablePointer<crl_network>, _ path: String) {
    var inputs: UInt = 0
    var outputs: UInt = 0
    var layers: UInt = 0
    precondition(crlNetworkInputSize(network, &inputs) == CRL_OK && crlNetworkOutputSize(network, &outputs) == CRL_OK)
    precondition(crlNetworkLayerCount(network, &layers) == CRL_OK && layers > 0)
    precondition(crlNetworkLoadParameters(network, path) == CRL_OK)
    var total = inputs
    for index in 0..<layers {
        var layer = begun(crlLayerInit, crl_layer())
        precondition(crlNetworkLayer(network, index, &layer) == CRL_OK && strlen(layer.name!) > 0)
        total += UInt(layer.units)
    }
    // Widths without parameters cost a file nothing; a caller who provides x and y knows them.
    guard total < 100_000 else { return }
    let x = [Float](repeating: 0.5, count: Int(2 * inputs))
    var y = [Float](repeating: 0, count: Int(2 * outputs))
    precondition(crlNetworkPredict(network, x, 2, inputs, &y, 2, outputs) == CRL_OK)
}
