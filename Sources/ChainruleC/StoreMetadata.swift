// GROUP 6: Files

import CChainrule
import Chainrule

/// Sets one of a network's texts, or removes it.
/// - Parameters:
///   - network: built. Requires exclusive access to it.
///   - key: UTF-8, from 1 to 255 bytes. Not one of the format's own: format, format_version, architecture, training, and whatever
///     begins with "chainrule.".
///   - value: UTF-8; NULL: remove the key, if it is there. All keys and values together have at most 4,000,000 bytes, and there are
///     at most 10,000 keys.
/// - Returns: a status; also CRL_ERROR_VALUE for a key of the format or for what is not UTF-8, or CRL_ERROR_SIZE. After an error
///   nothing has changed.
@_cdecl("crl_network_set_metadata")
public func crlNetworkSetMetadata(
    _ network: UnsafeMutablePointer<crl_network>?, _ key: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) -> crl_status {
    call("crl_network_set_metadata") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        guard let key else { throw nullArgument("key") }
        try network.metadata.set(
            bytes(key, most: Metadata.longestKey), value.map { bytes($0, most: Metadata.mostBytes) })
    }
}

/// Gets one of a network's texts.
/// - Parameters:
///   - network: built; only read.
///   - key: the text's.
///   - value: receives the text, UTF-8, which is valid until it is set anew or the network is destroyed. NULL after an error.
/// - Returns: a status; also CRL_ERROR_NAME if there is no such key.
@_cdecl("crl_network_metadata")
public func crlNetworkMetadata(
    _ network: UnsafePointer<crl_network>?, _ key: UnsafePointer<CChar>?,
    _ value: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> crl_status {
    call("crl_network_metadata") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        guard let key else { throw nullArgument("key") }
        guard let value else { throw nullArgument("value") }
        value.pointee = nil
        guard let found = network.metadata.value(of: bytes(key, most: Metadata.longestKey)) else {
            throw ChainruleError(.name, "the network's metadata have no '\(string(key))'")
        }
        value.pointee = text(found)
    }
}

/// Gets how many texts a network has.
/// - Parameters:
///   - network: built; only read.
///   - count: receives the number.
/// - Returns: a status.
@_cdecl("crl_network_metadata_count")
public func crlNetworkMetadataCount(
    _ network: UnsafePointer<crl_network>?, _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_metadata_count") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        guard let count else { throw nullArgument("count") }
        count.pointee = UInt(network.metadata.count)
    }
}

/// Gets one of a network's texts by its place. A new key comes last; removing one moves those behind it.
/// - Parameters:
///   - network: built; only read.
///   - index: from 0.
///   - key: receives the key, valid as the value.
///   - value: receives the text: see crl_network_metadata().
/// - Returns: a status.
@_cdecl("crl_network_metadata_at")
public func crlNetworkMetadataAt(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ key: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ value: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> crl_status {
    call("crl_network_metadata_at") { () throws(ChainruleError) in
        let metadata = try ChainruleC.network(network).metadata
        guard let key else { throw nullArgument("key") }
        guard let value else { throw nullArgument("value") }
        guard index < UInt(metadata.count) else {
            throw ChainruleError(.size, "index is \(index); the network has \(metadata.count) metadata")
        }
        let found = metadata[place: Int(index)]
        (key.pointee, value.pointee) = (text(found.key), text(found.value))
    }
}

/// A text with a 0 behind it, as C has it.
private func text(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafePointer<CChar> {
    UnsafeRawPointer(bytes.baseAddress!).assumingMemoryBound(to: CChar.self)
}
