// GROUP 1: The library
// The library's version, the instruction set it computes with, its memory, and the last error.

import CChainrule
import CMemory
import Chainrule

/// Returns the version of the library at run time, in the form of `CRL_VERSION`. Your program may go on if the major
/// numbers agree, and before 1.0 the minor numbers too.
///
/// Threads: any.
/// - Returns: 10000 × major + 100 × minor + patch.
@_cdecl("crl_version")
public func crlVersion() -> Int32 { Int32(CRL_VERSION_MAJOR * 10000 + CRL_VERSION_MINOR * 100 + CRL_VERSION_PATCH) }

/// Returns the version of the library as text, such as "0.1.0".
///
/// Threads: any.
/// - Returns: a constant string, never NULL.
@_cdecl("crl_version_string")
public func crlVersionString() -> UnsafePointer<CChar> { cString("0.2.0") }

/// Returns the instruction set that the library computes with: "avx512", "avx2" or "baseline" on x86-64, "neon" on
/// arm64. It is the processor's best, unless crl_set_instruction_set() or crl_network_build_for() chose another. With
/// one instruction set all results are the same bit for bit, in every run and with any number of threads. Between two
/// they differ by rounding. (Two functions are the C library's: the logarithm for normally distributed initial weights,
/// and the cosine of cosine and one-cycle schedules.)
///
/// Threads: any.
/// - Returns: a constant string, never NULL.
@_cdecl("crl_instruction_set")
public func crlInstructionSet() -> UnsafePointer<CChar> { cString(InstructionSet.current.name) }

/// Chooses the instruction set of the process, to get the numbers of a machine with no better one. It applies to
/// networks that are built, loaded or grown, with their trainers and predictors, and to crl_cost(). Files do not record
/// it. For one network alone: crl_network_build_for().
///
/// Call it before all of these: the first of them chooses the best. Afterwards only the one chosen is accepted.
///
/// Threads: any; of several calls at once, one decides.
/// - Parameters:
///   - instruction_set: CRL_INSTRUCTIONS_BASELINE, CRL_INSTRUCTIONS_AVX2, CRL_INSTRUCTIONS_AVX512 or
///     CRL_INSTRUCTIONS_NEON.
/// - Returns: a status; also CRL_ERROR_VALUE if it is unknown or this processor lacks it, or CRL_ERROR_BUSY if the
///   library already computes with another.
@_cdecl("crl_set_instruction_set")
public func crlSetInstructionSet(_ instruction_set: crl_instructions) -> crl_status {
    call("crl_set_instruction_set") { () throws(ChainruleError) in
        try InstructionSet.set(instructionSet(instruction_set))
    }
}

/// Makes the library take all of its memory from your functions, in the whole process and for good.
///
/// Call it before all functions but crl_version(), crl_version_string(), crl_status_name() and crl_error_message(): the
/// first that takes memory chooses malloc() and free().
///
/// The library then takes every array of numbers and every object from your functions. Three things stay outside: what
/// your own callbacks take; the reserve of memory, which is part of the library (see Memory at the top); and what the C
/// library and the dynamic linker take for themselves: threads' stacks and thread-local variables.
///
/// Threads: any; of several calls at once, one sets.
/// - Parameters:
///   - allocate: takes memory from the program.
///   - free: gives it back.
///   - user: passed to both; may be NULL.
/// - Returns: a status; also CRL_ERROR_NULL if one of the functions is missing, or CRL_ERROR_BUSY if functions are set
///   already or the library has already taken memory. After an error nothing has changed.
@_cdecl("crl_set_allocator")
public func crlSetAllocator(
    _ allocate: crl_allocate_function?, _ free: crl_free_function?, _ user: UnsafeMutableRawPointer?
) -> crl_status {
    guard let allocate else { return failure(of: "crl_set_allocator", .null, "allocate is NULL") }
    guard let free else { return failure(of: "crl_set_allocator", .null, "free is NULL") }
    guard allocator_set(allocate, free, user) == 0 else {
        return failure(
            of: "crl_set_allocator", .busy, "an allocator is set already, or the library has already taken memory")
    }
    return crl_status(CRL_OK)
}

/// Returns the name of a status, such as "CRL_ERROR_SIZE".
///
/// Threads: any.
/// - Parameters:
///   - status: any number.
/// - Returns: a constant string, never NULL; "CRL_UNKNOWN" for a number that is no status.
@_cdecl("crl_status_name")
public func crlStatusName(_ status: crl_status) -> UnsafePointer<CChar> { cString(statusName(status)) }

/// Returns what went wrong in the last call that failed on this thread: the function, the fault, where, and the value.
/// For people: its wording may change.
///
/// Threads: each has its own message.
/// - Returns: a UTF-8 string of at most 511 bytes, never NULL; "" if no call has failed yet. Valid until the next
///   failure on this thread.
@_cdecl("crl_error_message")
public func crlErrorMessage() -> UnsafePointer<CChar> { threadMessage() }
