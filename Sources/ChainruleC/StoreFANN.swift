// GROUP 6: Files

import CChainrule
import Chainrule

/// Reads a network that FANN saved, in float or in fixed point, into a network, built and ready: it predicts as fann_run(), trains
/// and saves as any other. Missing connections have the weight 0. What FANN applies on request alone, the scaling of inputs and
/// outputs, is not read, nor are the settings of its training. FANN keeps the sums of linear neurons within ± 150 / steepness; here
/// they have no limit. Checks everything in the file before using it.
/// - Parameters:
///   - path: the file.
///   - memory_limit: as in crl_network_load_limited().
///   - network: receives the network; free it with crl_network_destroy(). NULL after an error.
/// - Returns: a status; also CRL_ERROR_FILE, CRL_ERROR_FORMAT, or CRL_ERROR_MEMORY, also if the network needs more than the
///   limit.
@_cdecl("crl_network_load_fann")
public func crlNetworkLoadFann(
    _ path: UnsafePointer<CChar>?, _ memory_limit: UInt,
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_load_fann") { () throws(ChainruleError) in
        try load(network) { () throws(ChainruleError) in
            NetworkHandle(built: try Network(fann: requiredPath(path), memoryLimit: limit(memory_limit)))
        }
    }
}

/// Reads a network of FANN from memory, as crl_network_load_fann() does from a file.
/// - Parameters:
///   - bytes: a whole file and nothing else, at any alignment. Not needed after the call.
///   - count: how many bytes there are.
///   - memory_limit: as in crl_network_load_limited().
///   - network: receives the network; free it with crl_network_destroy(). NULL after an error.
/// - Returns: a status; also CRL_ERROR_FORMAT, or CRL_ERROR_MEMORY, also if the network needs more than the limit.
@_cdecl("crl_network_load_fann_from_memory")
public func crlNetworkLoadFannFromMemory(
    _ bytes: UnsafeRawPointer?, _ count: UInt, _ memory_limit: UInt,
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_load_fann_from_memory") { () throws(ChainruleError) in
        try load(network) { () throws(ChainruleError) in
            NetworkHandle(built: try Network(fann: memory(bytes, count), memoryLimit: limit(memory_limit)))
        }
    }
}
