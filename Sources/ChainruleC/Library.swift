// GROUP 1: The library
// Which version this is, and what went wrong. These functions cannot fail.

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

/// The instruction set for which networks built on this processor get their kernels: "avx512", "avx2" or "baseline" on
/// x86-64, "neon" on arm64. For one instruction set all results are the same bit for bit, in every run and with any
/// number of threads; between two they differ by rounding. (One thing is asked of the C library: the logarithm for
/// initial weights that are normally distributed.)
///
/// Threads: any.
/// - Returns: a constant string, never NULL.
@_cdecl("crl_instruction_set")
public func crlInstructionSet() -> UnsafePointer<CChar> { cString(Arithmetic.bestInstructionSet) }

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
