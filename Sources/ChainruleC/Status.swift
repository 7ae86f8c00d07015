import CChainrule
import CPlatform
import Chainrule

// Codes of errors that only a C caller can cause.
extension ChainruleError.Code {
    static var null: ChainruleError.Code { ChainruleError.Code(rawValue: crl_status(CRL_ERROR_NULL)) }
    static var handle: ChainruleError.Code { ChainruleError.Code(rawValue: crl_status(CRL_ERROR_HANDLE)) }
    static var overlap: ChainruleError.Code { ChainruleError.Code(rawValue: crl_status(CRL_ERROR_OVERLAP)) }
    static var notBuilt: ChainruleError.Code { ChainruleError.Code(rawValue: crl_status(CRL_ERROR_NOT_BUILT)) }
    static var alreadyBuilt: ChainruleError.Code { ChainruleError.Code(rawValue: crl_status(CRL_ERROR_ALREADY_BUILT)) }
}

/// Runs the body of a C function. Turns an error into its status and into the thread's message.
func call(_ function: StaticString, _ body: () throws(ChainruleError) -> Void) -> crl_status {
    guard Reserve.enter() else { return failure(of: function, .memory, "there is no memory for the call") }
    do throws(ChainruleError) {
        try body()
        Reserve.leave()
        return crl_status(CRL_OK)
    } catch {
        return leave(function, error)
    }
}

// Not a part of call(): every C function has a copy of that.
@inline(never)
private func leave(_ function: StaticString, _ error: ChainruleError) -> crl_status {
    recordMessage("\(function): \(error.message)")
    Reserve.leave()
    return error.code.rawValue
}

/// Returns the status and sets the message, without taking memory.
func failure(of function: StaticString, _ code: ChainruleError.Code, _ reason: StaticString) -> crl_status {
    let buffer = messageBuffer()
    var end = 0
    func append(_ text: StaticString) {
        memcpy(buffer + end, text.utf8Start, text.utf8CodeUnitCount)
        end += text.utf8CodeUnitCount
    }
    append(function)
    append(": ")
    append(reason)
    buffer[end] = 0
    return code.rawValue
}

func nullArgument(_ name: StaticString) -> ChainruleError { ChainruleError(.null, "\(name) is NULL") }

/// The thread's message, a C string of at most 511 bytes.
func threadMessage() -> UnsafePointer<CChar> { UnsafePointer(messageBuffer()) }

/// The only caller of platform_thread_message(). Never inlined: each object file that calls it has its own buffer.
@inline(never)
private func messageBuffer() -> UnsafeMutablePointer<CChar> { platform_thread_message() }

private func recordMessage(_ message: ErrorMessage) {
    let message = message.text
    let buffer = messageBuffer()
    let capacity = Int(PLATFORM_THREAD_MESSAGE_BYTES) - 1
    var end = 0
    for byte in message.utf8 where end < capacity {
        buffer[end] = CChar(bitPattern: byte)
        end += 1
    }
    // Leave out a character that does not fit whole.
    if message.utf8.count > capacity {
        while end > 0 && UInt8(bitPattern: buffer[end - 1]) & 0xc0 == 0x80 { end -= 1 }
        if end > 0 && UInt8(bitPattern: buffer[end - 1]) >= 0xc0 { end -= 1 }
    }
    buffer[end] = 0
}

/// The name of a status code.
func statusName(_ status: crl_status) -> StaticString {
    switch Int(status) {
    case CRL_OK: "CRL_OK"
    case CRL_ERROR_NULL: "CRL_ERROR_NULL"
    case CRL_ERROR_HANDLE: "CRL_ERROR_HANDLE"
    case CRL_ERROR_SIZE: "CRL_ERROR_SIZE"
    case CRL_ERROR_VALUE: "CRL_ERROR_VALUE"
    case CRL_ERROR_NAME: "CRL_ERROR_NAME"
    case CRL_ERROR_TARGET: "CRL_ERROR_TARGET"
    case CRL_ERROR_OVERLAP: "CRL_ERROR_OVERLAP"
    case CRL_ERROR_NOT_BUILT: "CRL_ERROR_NOT_BUILT"
    case CRL_ERROR_ALREADY_BUILT: "CRL_ERROR_ALREADY_BUILT"
    case CRL_ERROR_MISMATCH: "CRL_ERROR_MISMATCH"
    case CRL_ERROR_NO_FORWARD: "CRL_ERROR_NO_FORWARD"
    case CRL_ERROR_BUSY: "CRL_ERROR_BUSY"
    case CRL_ERROR_NOT_FINITE: "CRL_ERROR_NOT_FINITE"
    case CRL_CANCELLED: "CRL_CANCELLED"
    case CRL_ERROR_CALLBACK: "CRL_ERROR_CALLBACK"
    case CRL_ERROR_FILE: "CRL_ERROR_FILE"
    case CRL_ERROR_FORMAT: "CRL_ERROR_FORMAT"
    case CRL_ERROR_FILE_VERSION: "CRL_ERROR_FILE_VERSION"
    case CRL_ERROR_MEMORY: "CRL_ERROR_MEMORY"
    default: "CRL_UNKNOWN"
    }
}

/// A static string as a C string.
func cString(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
