import CChainrule
import ChainruleC
import Glibc

// What several fuzzers need.

/// A network of 2 → 3 → 1, as in the seeds.
public func smallNetwork() -> UnsafeMutablePointer<crl_network> {
    var network: UnsafeMutablePointer<crl_network>?
    precondition(crlNetworkCreate(2, &network) == CRL_OK)
    precondition(crlNetworkAddDense(network, 3, crl_activation(CRL_TANH), nil) == CRL_OK)
    precondition(crlNetworkAddDense(network, 1, crl_activation(CRL_IDENTITY), nil) == CRL_OK)
    precondition(crlNetworkBuild(network, 1) == CRL_OK)
    return network!
}

/// A network's parameters, bit for bit.
public func parameters(of network: UnsafePointer<crl_network>) -> [UInt32] {
    var base: UnsafeMutablePointer<Float>?
    var count: UInt = 0
    precondition(crlNetworkParameters(network, &base, &count) == CRL_OK)
    return (0..<Int(count)).map { base![$0].bitPattern }
}

/// As the inside of a JSON string.
public func quoted(_ text: [UInt8]) -> [UInt8] {
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

/// The path of a file that holds these bytes, until the next call.
public func file(of bytes: [UInt8]) -> String {
    precondition(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
    return "/proc/self/fd/\(descriptor)"
}
