import CChainrule
import CFuzzer
import ChainruleC
import Glibc

// Reads any bytes as a model file and as a checkpoint. Nothing may crash, leak, take long or need much memory; what is loaded
// can be used.

@main enum Fuzzer {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzModelFile))
    }
}

/// The first byte says what the rest is: a file, a header, or an architecture or a checkpoint's numbers inside a file that is
/// right otherwise.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzModelFile(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let data, count > 0 else { return 0 }
    let rest = Array(UnsafeBufferPointer(start: data + 1, count: count - 1))
    switch data[0] % 5 {
    case 0, 1: read(rest)
    case 2: read(file(header: rest, data: 64))
    case 3: read(file(header: header(architecture: rest), data: 0))
    default: read(Checkpoint.file(training: rest))
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

/// As the inside of a JSON string.
func quoted(_ text: [UInt8]) -> [UInt8] {
    var quoted: [UInt8] = []
    for byte in text {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += [UInt8(ascii: "\\"), byte]
        case 0..<0x20: quoted.append(UInt8(ascii: " "))
        default: quoted.append(byte)
        }
    }
    return quoted
}

/// A file without a name, which goes when the process does.
private let descriptor: Int32 = {
    var template = Array("/tmp/fuzz.XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    precondition(descriptor >= 0 && unlink(template) == 0)
    return descriptor
}()

private func read(_ bytes: [UInt8]) {
    let path = "/proc/self/fd/\(descriptor)"
    precondition(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
    var network: UnsafeMutablePointer<crl_network>?
    if crlNetworkLoad(path, &network) == CRL_OK { use(network!, path) } else { precondition(network == nil) }
    crlNetworkDestroy(network)

    network = smallNetwork()
    let before = parameters(of: network!)
    if crlNetworkLoadParameters(network, path) != CRL_OK { precondition(parameters(of: network!) == before) }
    crlNetworkDestroy(network)
    Checkpoint.read(path)
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
        var name: UnsafePointer<CChar>?
        var width: UInt = 0
        precondition(crlNetworkLayer(network, index, &name, &width) == CRL_OK && strlen(name!) > 0)
        total += width
    }
    // Widths without parameters cost a file nothing; a caller who provides x and y knows them.
    guard total < 100_000 else { return }
    let x = [Float](repeating: 0.5, count: Int(2 * inputs))
    var y = [Float](repeating: 0, count: Int(2 * outputs))
    precondition(crlNetworkPredict(network, x, 2, inputs, &y, 2, outputs) == CRL_OK)
}

/// 2 → 3 → 1, as one of the seeds is.
func smallNetwork() -> UnsafeMutablePointer<crl_network>? {
    var network: UnsafeMutablePointer<crl_network>?
    precondition(crlNetworkCreate(2, &network) == CRL_OK)
    precondition(crlNetworkAddDense(network, 3, crl_activation(CRL_TANH), nil) == CRL_OK)
    precondition(crlNetworkAddDense(network, 1, crl_activation(CRL_IDENTITY), nil) == CRL_OK)
    precondition(crlNetworkBuild(network, 1) == CRL_OK)
    return network
}

func parameters(of network: UnsafePointer<crl_network>) -> [UInt32] {
    var base: UnsafeMutablePointer<Float>?
    var count: UInt = 0
    precondition(crlNetworkParameters(network, &base, &count) == CRL_OK)
    return (0..<Int(count)).map { base![$0].bitPattern }
}
