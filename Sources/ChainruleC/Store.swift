// GROUP 6: Files
// Model files are safetensors files: the tensors by name in PyTorch's [out, in] layout, and the architecture as JSON
// in the metadata. Paths are C strings of any encoding, passed on to the system as they are; in messages, what is not UTF-8
// is written as \xf6.

import CChainrule
import Chainrule

/// Saves a network: its architecture and parameters. Atomic: whatever happens, the file is the old one or the new one,
/// whole.
/// - Parameters:
///   - network: built; only read.
///   - path: the file to create or replace.
/// - Returns: a status; also CRL_ERROR_FILE or CRL_ERROR_SIZE for a network whose names and inputs take more than the
///   16,000,000 bytes that a file has for them.
@_cdecl("crl_network_save")
public func crlNetworkSave(_ network: UnsafePointer<crl_network>?, _ path: UnsafePointer<CChar>?) -> crl_status {
    call("crl_network_save") { () throws(ChainruleError) in
        try ChainruleC.network(network).save(to: requiredPath(path))
    }
}

/// Loads a network from a model file, built and ready. Everything in the file is checked before it is used, also that the
/// network needs no more memory than crl_network_load_limited() allows with a limit of 0. A network with a custom activation
/// cannot be made from a file: build it and call crl_network_load_parameters(). A file has at most 10,000 layers, of which each
/// reads at most 10,000, and 16,000,000 bytes before its numbers.
/// - Parameters:
///   - path: the file.
///   - network: receives the network, which crl_network_destroy() frees; NULL after an error.
/// - Returns: a status; also CRL_ERROR_FILE, CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION.
@_cdecl("crl_network_load")
public func crlNetworkLoad(
    _ path: UnsafePointer<CChar>?, _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_load") { () throws(ChainruleError) in
        try load(0, network) { () throws(ChainruleError) in try FileReader(requiredPath(path)) }
    }
}

/// The same with a limit of the caller's own: a file of a few hundred bytes can describe layers of any width, of which each
/// prediction would need the memory.
/// - Parameters:
///   - path: the file.
///   - memory_limit: how many bytes the parameters and one row of a prediction may take together. 0: 64 MiB, or 16 times the
///     length of the file if that is more, as with crl_network_load(). SIZE_MAX: no limit. Predicting many rows takes the
///     memory of up to 64 in each thread; in training a row takes up to eight times as much.
///   - network: receives the network, which crl_network_destroy() frees; NULL after an error.
/// - Returns: a status; also CRL_ERROR_FILE, CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION or CRL_ERROR_MEMORY, also where
///   the network needs more than the limit.
@_cdecl("crl_network_load_limited")
public func crlNetworkLoadLimited(
    _ path: UnsafePointer<CChar>?, _ memory_limit: UInt,
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_load_limited") { () throws(ChainruleError) in
        try load(memory_limit, network) { () throws(ChainruleError) in try FileReader(requiredPath(path)) }
    }
}

/// Loads a network from wherever its file comes.
func load(
    _ memoryLimit: UInt, _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?,
    from reader: () throws(ChainruleError) -> FileReader
) throws(ChainruleError) {
    guard let network else { throw nullArgument("network") }
    network.pointee = nil
    let loaded = try Network(from: reader(), memoryLimit: memoryLimit == 0 ? nil : Int(clamping: memoryLimit))
    network.pointee = makeHandle(NetworkHandle(built: loaded))
}

/// Loads the parameters alone into a network whose tensors have the names and shapes of the file's. After an error
/// they are as they were.
/// - Parameters:
///   - network: built. Excludes every other use of it.
///   - path: the file.
/// - Returns: a status; also CRL_ERROR_BUSY (in a callback of what trains the network), CRL_ERROR_FILE,
///   CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION.
@_cdecl("crl_network_load_parameters")
public func crlNetworkLoadParameters(
    _ network: UnsafeMutablePointer<crl_network>?, _ path: UnsafePointer<CChar>?
) -> crl_status {
    call("crl_network_load_parameters") { () throws(ChainruleError) in
        try ChainruleC.network(network).loadParameters(from: requiredPath(path))
    }
}
