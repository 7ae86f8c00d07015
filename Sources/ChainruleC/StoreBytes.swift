// GROUP 8: Files in memory and through callbacks
// Save to memory, load from memory, or do both through your callbacks: for networks in archives, databases and streams.
// The bytes are the same as in a file. Nothing is atomic: after an error discard what was written.
//
//     crl_network_save_to_memory(network, NULL, 0, &count);          how many bytes?
//     bytes = malloc(count);
//     crl_network_save_to_memory(network, bytes, count, &count);
//     crl_network_load_from_memory(bytes, count, 0, &copy);
//
// A callback may call what its description allows, and must return, like every callback (see Callbacks at the top). The
// library checks a thread's crl_cancel before each call of it.

import CChainrule
import Chainrule

/// Saves a network to memory: the bytes that crl_network_save() writes to a file.
/// - Parameters:
///   - network: built; only read.
///   - bytes: receives the bytes; NULL, with a capacity of 0: only count them. After an error the contents are
///     unspecified.
///   - capacity: how many bytes may be written, at least the count.
///   - count: receives how many bytes the file has.
/// - Returns: a status; also CRL_ERROR_SIZE if the capacity is too small (the message names the count) or the network
///   too large for a file, as in crl_network_save().
@_cdecl("crl_network_save_to_memory")
public func crlNetworkSaveToMemory(
    _ network: UnsafePointer<crl_network>?, _ bytes: UnsafeMutableRawPointer?, _ capacity: UInt,
    _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_save_to_memory") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        try save(to: bytes, capacity, count, of: network) { buffer throws(ChainruleError) in
            try network.save(to: buffer)
        }
    }
}

/// Saves a network through a callback: the bytes that crl_network_save() writes to a file.
/// - Parameters:
///   - network: built; only read.
///   - write: takes the bytes, some at a time.
///   - user: passed to write; may be NULL.
/// - Returns: a status; also CRL_ERROR_BUSY if the callback changed the network, or CRL_ERROR_SIZE as in
///   crl_network_save().
@_cdecl("crl_network_save_to_callback")
public func crlNetworkSaveToCallback(
    _ network: UnsafePointer<crl_network>?, _ write: crl_write_function?, _ user: UnsafeMutableRawPointer?
) -> crl_status {
    call("crl_network_save_to_callback") { () throws(ChainruleError) in
        try ChainruleC.network(network).saveUnsafely(with: writer(write, user))
    }
}

/// Loads a network from memory, with the checks of crl_network_load().
/// - Parameters:
///   - bytes: a whole file and nothing else, at any alignment. Not needed after the call.
///   - count: how many bytes there are.
///   - memory_limit: as in crl_network_load_limited(); 0: 64 MiB, or 16 times the count if that is more.
///   - network: receives the network; free it with crl_network_destroy(). NULL after an error.
/// - Returns: a status; also CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION or CRL_ERROR_MEMORY, also if the network needs
///   more than the limit.
@_cdecl("crl_network_load_from_memory")
public func crlNetworkLoadFromMemory(
    _ bytes: UnsafeRawPointer?, _ count: UInt, _ memory_limit: UInt,
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_load_from_memory") { () throws(ChainruleError) in
        try load(memory_limit, network) { () throws(ChainruleError) in FileReader(try memory(bytes, count)) }
    }
}

/// Loads a network through a callback, with the checks of crl_network_load(). Asks the callback for a file's bytes and
/// none beyond, so files can follow one another in a stream.
/// - Parameters:
///   - read: gives the bytes.
///   - user: passed to read; may be NULL.
///   - memory_limit: as in crl_network_load_limited(); 0: 64 MiB, since the length of the file is unknown.
///   - network: receives the network; free it with crl_network_destroy(). NULL after an error.
/// - Returns: a status; also CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION or CRL_ERROR_MEMORY, also if the network needs
///   more than the limit.
@_cdecl("crl_network_load_from_callback")
public func crlNetworkLoadFromCallback(
    _ read: crl_read_function?, _ user: UnsafeMutableRawPointer?, _ memory_limit: UInt,
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_load_from_callback") { () throws(ChainruleError) in
        try load(memory_limit, network) { () throws(ChainruleError) in try reader(read, user) }
    }
}

/// Loads only the parameters from memory, as crl_network_load_parameters() does from a file. After an error they are
/// unchanged.
/// - Parameters:
///   - network: built. Requires exclusive access to it.
///   - bytes: a whole file and nothing else.
///   - count: how many bytes there are.
/// - Returns: a status; also CRL_ERROR_BUSY (in a callback while the network trains or loads), CRL_ERROR_FORMAT or
///   CRL_ERROR_FILE_VERSION.
@_cdecl("crl_network_load_parameters_from_memory")
public func crlNetworkLoadParametersFromMemory(
    _ network: UnsafeMutablePointer<crl_network>?, _ bytes: UnsafeRawPointer?, _ count: UInt
) -> crl_status {
    call("crl_network_load_parameters_from_memory") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        try network.loadParameters(from: FileReader(memory(bytes, count, apartFrom: network)))
    }
}

/// Loads only the parameters through a callback, as crl_network_load_parameters() does from a file. After an error they
/// are unchanged.
/// - Parameters:
///   - network: built. Requires exclusive access to it; the callback may read it.
///   - read: gives the bytes.
///   - user: passed to read; may be NULL.
/// - Returns: a status; also CRL_ERROR_BUSY (in a callback while the network trains or loads), CRL_ERROR_FORMAT or
///   CRL_ERROR_FILE_VERSION.
@_cdecl("crl_network_load_parameters_from_callback")
public func crlNetworkLoadParametersFromCallback(
    _ network: UnsafeMutablePointer<crl_network>?, _ read: crl_read_function?, _ user: UnsafeMutableRawPointer?
) -> crl_status {
    call("crl_network_load_parameters_from_callback") { () throws(ChainruleError) in
        try ChainruleC.network(network).loadParameters(from: reader(read, user))
    }
}

/// Saves a checkpoint to memory: the bytes that crl_trainer_save() writes to a file. The trainer's callbacks may call
/// it.
/// - Parameters:
///   - trainer: only read.
///   - bytes: receives the bytes; NULL, with a capacity of 0: only count them. After an error the contents are
///     unspecified.
///   - capacity: how many bytes may be written, at least the count.
///   - count: receives how many bytes the checkpoint has. More training may change it.
/// - Returns: a status; also CRL_ERROR_SIZE if the capacity is too small (the message names the count) or the network
///   too large for a file, as in crl_trainer_save().
@_cdecl("crl_trainer_save_to_memory")
public func crlTrainerSaveToMemory(
    _ trainer: UnsafePointer<crl_trainer>?, _ bytes: UnsafeMutableRawPointer?, _ capacity: UInt,
    _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_trainer_save_to_memory") { () throws(ChainruleError) in
        let trainer = try object(trainer, "trainer", as: Trainer.self)
        try save(to: bytes, capacity, count, of: trainer.network) { buffer throws(ChainruleError) in
            try trainer.save(to: buffer)
        }
    }
}

/// Saves a checkpoint through a callback: the bytes that crl_trainer_save() writes to a file. The trainer's callbacks
/// may call it.
/// - Parameters:
///   - trainer: only read.
///   - write: takes the bytes, some at a time.
///   - user: passed to write; may be NULL.
/// - Returns: a status; also CRL_ERROR_BUSY if the callback changed the network, or CRL_ERROR_SIZE as in
///   crl_trainer_save().
@_cdecl("crl_trainer_save_to_callback")
public func crlTrainerSaveToCallback(
    _ trainer: UnsafePointer<crl_trainer>?, _ write: crl_write_function?, _ user: UnsafeMutableRawPointer?
) -> crl_status {
    call("crl_trainer_save_to_callback") { () throws(ChainruleError) in
        try object(trainer, "trainer", as: Trainer.self).saveUnsafely(with: writer(write, user))
    }
}

/// Continues from a checkpoint in memory, as crl_trainer_load() does from a file. After an error everything is
/// unchanged.
/// - Parameters:
///   - trainer: requires exclusive access to it, its network and its optimizer.
///   - bytes: a whole checkpoint and nothing else.
///   - count: how many bytes there are.
/// - Returns: a status; also CRL_ERROR_MISMATCH for a checkpoint of another network or run, CRL_ERROR_BUSY,
///   CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION.
@_cdecl("crl_trainer_load_from_memory")
public func crlTrainerLoadFromMemory(
    _ trainer: UnsafeMutablePointer<crl_trainer>?, _ bytes: UnsafeRawPointer?, _ count: UInt
) -> crl_status {
    call("crl_trainer_load_from_memory") { () throws(ChainruleError) in
        let trainer = try object(trainer, "trainer", as: Trainer.self)
        try trainer.load(from: FileReader(memory(bytes, count, apartFrom: trainer.network)))
    }
}

/// Continues from a checkpoint that a callback gives, as crl_trainer_load() does from a file. After an error everything
/// is unchanged.
/// - Parameters:
///   - trainer: requires exclusive access to it, its network and its optimizer; the callback may read them.
///   - read: gives the bytes.
///   - user: passed to read; may be NULL.
/// - Returns: a status; also CRL_ERROR_MISMATCH for a checkpoint of another network or run, CRL_ERROR_BUSY,
///   CRL_ERROR_FORMAT or CRL_ERROR_FILE_VERSION.
@_cdecl("crl_trainer_load_from_callback")
public func crlTrainerLoadFromCallback(
    _ trainer: UnsafeMutablePointer<crl_trainer>?, _ read: crl_read_function?, _ user: UnsafeMutableRawPointer?
) -> crl_status {
    call("crl_trainer_load_from_callback") { () throws(ChainruleError) in
        try object(trainer, "trainer", as: Trainer.self).load(from: reader(read, user))
    }
}

/// Saves to memory, or only counts the bytes.
/// - Parameter save: fills a buffer, if it gets one, and returns how many bytes the file has.
func save(
    to bytes: UnsafeMutableRawPointer?, _ capacity: UInt, _ count: UnsafeMutablePointer<UInt>?, of network: Network,
    _ save: (UnsafeMutableRawBufferPointer?) throws(ChainruleError) -> Int
) throws(ChainruleError) {
    guard let count else { throw nullArgument("count") }
    guard bytes != nil || capacity == 0 else { throw nullArgument("bytes") }
    let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: try ChainruleC.count(capacity, "capacity"))
    try Place(UnsafeRawBufferPointer(buffer), "bytes").checkApart(
        from: Place(network.numbers, "the network's parameters"))
    count.pointee = UInt(try save(bytes == nil ? nil : buffer))
}

/// A file in the caller's memory.
func memory(
    _ bytes: UnsafeRawPointer?, _ count: UInt, apartFrom network: Network? = nil
) throws(ChainruleError) -> UnsafeRawBufferPointer {
    guard let bytes else { throw nullArgument("bytes") }
    let memory = UnsafeRawBufferPointer(start: bytes, count: try ChainruleC.count(count, "count"))
    if let network {
        try Place(network.numbers, "the network's parameters").checkApart(from: Place(memory, "bytes"))
    }
    return memory
}
