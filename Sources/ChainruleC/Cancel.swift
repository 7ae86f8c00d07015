// GROUP 13: Cancelling
// A flag that any thread, or a signal's handler, sets to end the long calls of another thread early.
//
//     crl_cancel_create(NULL, NULL, &cancel);
//     crl_cancel_watch(cancel, NULL);             this thread's calls look at it from now on
//     crl_network_fit(...);                       CRL_CANCELLED, soon after any thread calls
//                                                 crl_cancel_set(cancel)
//
// Every function that can take long looks at the flag: those that build, train, minimize and grow networks, predict,
// evaluate, load, save and prepare, those that compute gradients, products and matrices of derivatives, and the passes.
// They look every few milliseconds. They end within 50 ms, unless a layer has tens of millions of parameters or a
// written file waits for the disk. An optimizer's step, once begun, always completes. A call of less than a millisecond
// may not look.
//
// A cancelled call leaves what any error of the call would leave. A trainer can continue from the last complete step,
// bit for bit as if it had not stopped.

import CChainrule
import Chainrule

/// Creates a flag, not yet set.
/// - Parameters:
///   - poll: asks whether to set the flag. Called during the long calls of a thread that watches, on that thread, about
///     every 20 ms. NULL: only crl_cancel_set() sets it.
///   - user: passed to poll; may be NULL.
///   - cancel: receives the flag; free it with crl_cancel_destroy(). NULL after an error.
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

/// Frees a flag. The calling thread stops watching it. No other thread may be watching it.
/// - Parameters:
///   - cancel: NULL: does nothing.
@_cdecl("crl_cancel_destroy")
public func crlCancelDestroy(_ cancel: UnsafeMutablePointer<crl_cancel>?) {
    if let cancel, let watched = Cancellation.watched, watched.handle == UnsafeMutableRawPointer(cancel) {
        Cancellation.watch(nil)
    }
    destroyHandle(cancel, as: Cancellation.self)
}

/// Sets the flag. Calls of threads that watch it end with CRL_CANCELLED: those under way, and all that begin before
/// crl_cancel_reset().
///
/// Threads: any, at any time; also a signal's handler, whatever it interrupts.
/// - Parameters:
///   - cancel: the flag. NULL or a handle of another kind: does nothing.
@_cdecl("crl_cancel_set")
public func crlCancelSet(_ cancel: UnsafeMutablePointer<crl_cancel>?) {
    unmanagedObject(UnsafePointer(cancel), as: Cancellation.self)?._withUnsafeGuaranteedRef { $0.set() }
}

/// Clears the flag.
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

/// Makes the calls of this thread look at this flag from now on, and at no other.
///
/// Threads: each watches for itself. Several may watch one flag.
/// - Parameters:
///   - cancel: the flag, which must live as long as it is watched; NULL: none.
///   - before: receives what this thread watched until now, or NULL, so that you can restore it; may be NULL.
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
