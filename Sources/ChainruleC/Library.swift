// GROUP 1: The library
// Which version this is, which instruction set it computes with, and what went wrong.

import CChainrule
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
/// - Returns: CRL_OK, CRL_ERROR_VALUE if it is unknown or this processor lacks it, or CRL_ERROR_BUSY if the library already
///   computes with another.
@_cdecl("crl_set_instruction_set")
public func crlSetInstructionSet(_ instruction_set: crl_instructions) -> crl_status {
    call("crl_set_instruction_set") { () throws(ChainruleError) in
        try InstructionSet.set(instructionSet(instruction_set))
    }
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
