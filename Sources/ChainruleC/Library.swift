// GROUP 1: The library
// Which version this is, which instruction set it computes with, and what went wrong.

import CChainrule
import CMemory
import Chainrule

/// The version of the library that the program runs with, as `CRL_VERSION` gives the header's. The program may go on if
/// the two agree in the major number, and before 1.0 in the minor number too.
///
/// Threads: any.
/// - Returns: 10000 × major + 100 × minor + patch.
@_cdecl("crl_version")
public func crlVersion() -> Int32 { Int32(CRL_VERSION_MAJOR * 10000 + CRL_VERSION_MINOR * 100 + CRL_VERSION_PATCH) }

/// The version of the library as text, such as "0.1.0".
///
/// Threads: any.
/// - Returns: a constant string, never NULL.
@_cdecl("crl_version_string")
public func crlVersionString() -> UnsafePointer<CChar> { cString("0.1.0") }

/// The instruction set that is computed with: "avx512", "avx2" or "baseline" on x86-64, "neon" on arm64. It is the best that
/// the processor has, unless crl_set_instruction_set() or crl_network_build_for() said otherwise. For one instruction set
/// all results are the same bit for bit, in every run and with any number of threads; between two they differ by
/// rounding. (Two things are asked of the C library: the logarithm for initial weights that are normally distributed,
/// and the cosine of cosine and one-cycle schedules.)
///
/// Threads: any.
/// - Returns: a constant string, never NULL.
@_cdecl("crl_instruction_set")
public func crlInstructionSet() -> UnsafePointer<CChar> { cString(InstructionSet.current.name) }

/// Has the process compute with an instruction set from now on, to get the numbers of a machine that has no better one:
/// networks that are built, loaded or grown, with their trainers and predictors, and crl_cost(). Files do not remember it.
/// For one network alone: crl_network_build_for().
///
/// Call it before all of these: the first of them decides for the best. Afterwards only what was decided is accepted.
///
/// Threads: any; of several at once, one decides.
/// - Parameters:
///   - instruction_set: CRL_INSTRUCTIONS_BASELINE, CRL_INSTRUCTIONS_AVX2, CRL_INSTRUCTIONS_AVX512 or CRL_INSTRUCTIONS_NEON.
/// - Returns: a status; also CRL_ERROR_VALUE if it is unknown or this processor lacks it or CRL_ERROR_BUSY if the
///   library already computes with another.
@_cdecl("crl_set_instruction_set")
public func crlSetInstructionSet(_ instruction_set: crl_instructions) -> crl_status {
    call("crl_set_instruction_set") { () throws(ChainruleError) in
        try InstructionSet.set(instructionSet(instruction_set))
    }
}

/// Has the library take all of its memory from functions of the program, in the whole process and for good.
///
/// Call it before all functions but crl_version(), crl_version_string(), crl_status_name() and crl_error_message(): the
/// first that takes memory decides for malloc() and free().
///
/// These functions then give the library every array of numbers and every object. They do not give it what the program's own
/// callbacks take; its reserve of memory (see Memory at the top), which is part of the library; and what the C library and
/// the dynamic linker take for themselves: stacks of threads, and variables that each thread has.
///
/// Threads: any; of several at once, one sets.
/// - Parameters:
///   - allocate: takes memory from the program.
///   - free: gives it back.
///   - user: passed to both. NULL is possible.
/// - Returns: a status; also CRL_ERROR_NULL if one of the functions is missing or CRL_ERROR_BUSY if functions were set
///   before or the library has already taken memory. After an error all is as before.
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

/// The name of a status, such as "CRL_ERROR_SIZE".
///
/// Threads: any.
/// - Parameters:
///   - status: any number.
/// - Returns: a constant string, never NULL; "CRL_UNKNOWN" for a number that is no status.
@_cdecl("crl_status_name")
public func crlStatusName(_ status: crl_status) -> UnsafePointer<CChar> { cString(statusName(status)) }

/// What the last call that failed on this thread found: the function, what is wrong, where, and which value it was.
/// For people; its wording is not part of the contract.
///
/// Threads: each has its own message.
/// - Returns: a string of at most 511 bytes in UTF-8, never NULL; "" if no call has failed yet. It lasts until the next
///   failure on this thread.
@_cdecl("crl_error_message")
public func crlErrorMessage() -> UnsafePointer<CChar> { threadMessage() }
