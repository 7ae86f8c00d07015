// GROUP 13: Cancelling
// A flag that any thread, or the handler of a signal, sets to end the long calls of another thread before their time.
//
//     crl_cancel_create(NULL, NULL, &cancel);
//     crl_cancel_watch(cancel, NULL);             this thread's calls look at it from now on
//     crl_network_fit(...);                       CRL_CANCELLED, soon after any thread has called
//                                                 crl_cancel_set(cancel)
//
// Every function that can take long looks: those that build, train, minimize and grow networks, predict, evaluate, or compute
// gradients, products and matrices of derivatives, the passes, and those that load, save and prepare. They do so every few
// milliseconds, and end within 50 ms unless a layer has tens of millions of parameters, or a file has been written and waits
// for the disk; a step of an optimizer that has begun is always made as a whole. What takes less than a millisecond may not
// look.
//
// A call that was cancelled has left what an error of its own would leave: a trainer can go on from the last complete step, bit
// for bit as if it had not stopped.

import CChainrule
import Chainrule

/// Creates a flag, which is not set.
/// - Parameters:
///   - poll: asked in the midst of the long calls of a thread that watches, on that thread, about every 20 ms: whether to set
///     the flag. NULL: only crl_cancel_set() does.
///   - user: handed to poll; may be NULL.
///   - cancel: receives the flag, which crl_cancel_destroy() frees; NULL after an error.
/// - Returns: a status.
@_cdecl("crl_cancel_create")
public func crlCancelCreate(
    _ poll: crl_cancel_poll?, _ user: UnsafeMutableRawPointer?,
    _ cancel: UnsafeMutablePointer<UnsafeMutablePointer<crl_cancel>?>?
) -> crl_status {
    call("crl_cancel_create") { () throws(ChainruleError) in
        guard let cancel else { throw nullArgument("cancel") }
        let cancellation = poll.map { poll in Cancellation { poll(user) != 0 } } ?? Cancellation()
        let handle = makeHandle(cancellation)
        cancellation.handle = UnsafeMutableRawPointer(handle)
        cancel.pointee = handle
    }
}

/// Frees a flag. The calling thread watches it no more; no other may be watching it.
/// - Parameters:
///   - cancel: may be NULL, which does nothing.
@_cdecl("crl_cancel_destroy")
public func crlCancelDestroy(_ cancel: UnsafeMutablePointer<crl_cancel>?) {
    if let cancel, let watched = Cancellation.watched, watched.handle == UnsafeMutableRawPointer(cancel) {
        Cancellation.watch(nil)
    }
    destroyHandle(cancel, as: Cancellation.self)
}

/// Sets the flag: calls of threads that watch it end with CRL_CANCELLED, those under way and all that begin before
/// crl_cancel_reset().
///
/// Threads: any, at any time; also a signal's handler, whatever it interrupts.
/// - Parameters:
///   - cancel: NULL, and a handle of another kind, are left alone.
@_cdecl("crl_cancel_set")
public func crlCancelSet(_ cancel: UnsafeMutablePointer<crl_cancel>?) {
    unmanagedObject(UnsafePointer(cancel), as: Cancellation.self)?._withUnsafeGuaranteedRef { $0.set() }
}

/// Takes the flag back.
///
/// Threads: any.
/// - Parameters:
///   - cancel: the flag.
/// - Returns: a status.
@_cdecl("crl_cancel_reset")
public func crlCancelReset(_ cancel: UnsafeMutablePointer<crl_cancel>?) -> crl_status {
    call("crl_cancel_reset") { () throws(ChainruleError) in
        try object(UnsafePointer(cancel), "cancel", as: Cancellation.self).reset()
    }
}

/// Makes the calls of this thread look at a flag from now on, and at no other.
///
/// Threads: each watches for itself, and several may watch one flag.
/// - Parameters:
///   - cancel: the flag, which must live for as long as it is watched; NULL for none.
///   - before: receives what this thread watched until now, or NULL, for who wants to give it back; may be NULL.
/// - Returns: a status.
@_cdecl("crl_cancel_watch")
public func crlCancelWatch(
    _ cancel: UnsafeMutablePointer<crl_cancel>?, _ before: UnsafeMutablePointer<UnsafeMutablePointer<crl_cancel>?>?
) -> crl_status {
    call("crl_cancel_watch") { () throws(ChainruleError) in
        var next: Cancellation?
        if let cancel { next = try object(UnsafePointer(cancel), "cancel", as: Cancellation.self) }
        let last = Cancellation.watch(next)
        before?.pointee = last?.handle?.assumingMemoryBound(to: crl_cancel.self)
    }
}
