// GROUP 6: Files
// Model files are safetensors files: the tensors by name in PyTorch's [out, in] layout, and the architecture as JSON in
// the metadata. Paths are C strings of any encoding and reach the system unchanged. Messages write bytes that are not
// UTF-8 in the form \xf6.
//
// A file can hold metadata, too: texts of yours by key, such as the network's author, and those that other programs wrote there. And
// a recipe: how the network is trained, so that a program can go on training a network that it was sent.
//
//     crl_network_set_recipe(network, &options);                              the options of crl_network_fit()
//     crl_network_recipe(loaded, &options, &optimizer, &cost, &schedule, NULL, 0);
//     crl_optimizer_create(loaded, &optimizer, &options.optimizer);
//     crl_network_fit(loaded, x, rows, inputs, &targets, NULL, &options);

import CChainrule
import Chainrule

/// Saves a network: its architecture and parameters. Atomic: the file is always the whole old one or the whole new one.
/// - Parameters:
///   - network: built; only read.
///   - path: the file to create or replace.
/// - Returns: a status; also CRL_ERROR_FILE, or CRL_ERROR_SIZE if the network's names and inputs take more than the
///   16,000,000 bytes that a file has for them.
@_cdecl("crl_network_save")
public func crlNetworkSave(_ network: UnsafePointer<crl_network>?, _ path: UnsafePointer<CChar>?) -> crl_status {
    call("crl_network_save") { () throws(ChainruleError) in
        try ChainruleC.network(network).save(to: requiredPath(path))
    }
}

/// Loads a network from a model file, built and ready. Checks everything in the file before using it. Limits the
/// network's memory as crl_network_load_limited() does with a limit of 0. Cannot make a network with a custom
/// activation: build that one yourself, then call crl_network_load_parameters(). A file has at most 10,000 layers, each
/// reading at most 10,000, and at most 16,000,000 bytes before its numbers.
/// - Parameters:
///   - path: the file.
///   - network: receives the network; free it with crl_network_destroy(). NULL after an error.
/// - Returns: a status; also CRL_ERROR_FILE, CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION.
@_cdecl("crl_network_load")
public func crlNetworkLoad(
    _ path: UnsafePointer<CChar>?, _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_load") { () throws(ChainruleError) in
        try load(0, network) { () throws(ChainruleError) in try FileReader(requiredPath(path)) }
    }
}

/// Loads a network as crl_network_load() does, with your own memory limit. A file of a few hundred bytes can describe
/// layers of any width, and each prediction would need their memory.
/// - Parameters:
///   - path: the file.
///   - memory_limit: how many bytes the parameters and one row of a prediction may take together. 0: 64 MiB, or 16
///     times the length of the file if that is more, as with crl_network_load(). SIZE_MAX: no limit. Predicting many
///     rows takes the memory of up to 64 in each thread; in training a row takes up to eight times as much.
///   - network: receives the network; free it with crl_network_destroy(). NULL after an error.
/// - Returns: a status; also CRL_ERROR_FILE, CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION or CRL_ERROR_MEMORY, also if the
///   network needs more than the limit.
@_cdecl("crl_network_load_limited")
public func crlNetworkLoadLimited(
    _ path: UnsafePointer<CChar>?, _ memory_limit: UInt,
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_load_limited") { () throws(ChainruleError) in
        try load(memory_limit, network) { () throws(ChainruleError) in try FileReader(requiredPath(path)) }
    }
}

/// A memory limit; nil: the usual one.
func limit(_ bytes: UInt) -> Int? { bytes == 0 ? nil : Int(clamping: bytes) }

/// Loads a network from any reader.
func load(
    _ memoryLimit: UInt, _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?,
    from reader: () throws(ChainruleError) -> FileReader
) throws(ChainruleError) {
    try load(network) { () throws(ChainruleError) in
        NetworkHandle(built: try Network(from: reader(), memoryLimit: limit(memoryLimit)))
    }
}

/// Gives the caller a network that was loaded; NULL after an error.
func load(
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?,
    _ load: () throws(ChainruleError) -> NetworkHandle
) throws(ChainruleError) {
    guard let network else { throw nullArgument("network") }
    network.pointee = nil
    network.pointee = makeHandle(try load())
}

/// Loads only the parameters, into a network whose tensors have the file's names and shapes. After an error they are
/// unchanged.
/// - Parameters:
///   - network: built. Requires exclusive access to it.
///   - path: the file.
/// - Returns: a status; also CRL_ERROR_BUSY (in a callback while the network trains or loads), CRL_ERROR_FILE,
///   CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION.
@_cdecl("crl_network_load_parameters")
public func crlNetworkLoadParameters(
    _ network: UnsafeMutablePointer<crl_network>?, _ path: UnsafePointer<CChar>?
) -> crl_status {
    call("crl_network_load_parameters") { () throws(ChainruleError) in
        try ChainruleC.network(network).loadParameters(from: requiredPath(path))
    }
}
