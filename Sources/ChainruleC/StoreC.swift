// GROUP 6: Files

import CChainrule
import Chainrule

/// Writes a network as C99 source: one file that depends on nothing, allocates nothing, and holds the parameters. It computes what
/// crl_network_predict() does for one row, with the bits of the network's instruction set; in int8 what a crl_predictor does. If
/// wanted, it also trains, by gradient descent along one row after the other. docs/c-source.md describes it. Atomic, as
/// crl_network_save().
/// - Parameters:
///   - network: built; only read.
///   - path: the file to create or replace.
///   - options: names, precision, training; NULL: CRL_C_SOURCE_OPTIONS_INIT. Only read.
/// - Returns: a status; also CRL_ERROR_FILE, CRL_ERROR_NAME for a name that cannot begin C's names, CRL_ERROR_VALUE if a layer
///   has no form in C (the message names it) or options do not go together, CRL_ERROR_NOT_FINITE for a parameter that is not
///   finite, or CRL_ERROR_SIZE if something would be too large.
@_cdecl("crl_network_export_c")
public func crlNetworkExportC(
    _ network: UnsafePointer<crl_network>?, _ path: UnsafePointer<CChar>?,
    _ options: UnsafePointer<crl_c_source_options>?
) -> crl_status {
    call("crl_network_export_c") { () throws(ChainruleError) in
        try ChainruleC.network(network).exportC(to: requiredPath(path), options: sourceOptions(options))
    }
}

/// Writes a network to memory as C99 source: the text that crl_network_export_c() writes to a file, in UTF-8 and without a 0 at
/// its end.
/// - Parameters:
///   - network: built; only read.
///   - options: names, precision, training; NULL: CRL_C_SOURCE_OPTIONS_INIT. Only read.
///   - bytes: receives the text; NULL, with a capacity of 0: only count it. After an error the contents are unspecified.
///   - capacity: how many bytes may be written, at least the count.
///   - count: receives how many bytes the text has.
/// - Returns: a status as of crl_network_export_c(); also CRL_ERROR_SIZE if the capacity is too small (the message names the
///   count).
@_cdecl("crl_network_export_c_to_memory")
public func crlNetworkExportCToMemory(
    _ network: UnsafePointer<crl_network>?, _ options: UnsafePointer<crl_c_source_options>?,
    _ bytes: UnsafeMutableRawPointer?, _ capacity: UInt, _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_export_c_to_memory") { () throws(ChainruleError) in
        let (network, options) = (try ChainruleC.network(network), try sourceOptions(options))
        try save(to: bytes, capacity, count, of: network) { buffer throws(ChainruleError) in
            try network.exportC(to: buffer, options: options)
        }
    }
}

private func sourceOptions(
    _ pointer: UnsafePointer<crl_c_source_options>?
) throws(ChainruleError) -> CSourceOptions {
    var options = CSourceOptions()
    guard let pointer else { return options }
    let given = try structure(pointer, "options")
    if let name = given.name { options.name = string(name) }
    options.precision = try precision(given.precision)
    (options.trains, options.hasMomentum) = (given.trains != 0, given.has_momentum != 0)
    guard given.reserved == 0 else {
        throw ChainruleError(.value, "options->reserved is \(given.reserved); it must be 0")
    }
    options.cost = try cost(given.cost)
    return options
}
