import CPlatform
import Synchronization

/// Stops long calls early: a flag that any thread may set. The calls of a thread that watches the flag look at it.
///
/// ```swift
/// let cancellation = Cancellation()
/// // on the thread that trains
/// let history = try cancellation.watch { () throws(ChainruleError) in try trainer.fit(x, targets: targets) }
/// // on any other
/// cancellation.set()
/// ```
///
/// The call throws ``ChainruleError/Code/cancelled``, usually within 50 ms. It leaves the same state as any other
/// error: training, for example, leaves the parameters of the last complete step.
/// ``Network/minimize(_:_:targets:validation:method:options:)`` and
/// ``Network/cascade(_:inputs:targets:outputs:validation:options:)`` return their result so far, as after a callback
/// that stops them. Very short calls may not look at the flag.
///
/// Threads: any thread may do anything.
public final class Cancellation: @unchecked Sendable {
    private let flag = Atomic(false)
    private let poll: (() -> Bool)?
    /// C's handle for this object.
    package var handle: UnsafeMutableRawPointer?

    /// The shortest time between two calls of `poll`, in seconds.
    private static let pollInterval = 0.02
    /// Work of fewer multiplications ends too soon to be worth a look at the flag.
    private static let leastWork: UInt = 1 << 18
    /// More multiplications would delay the next look too long.
    private static let mostWork = 1 << 28
    /// How many numbers to check or draw, or bytes to read or write, between two looks.
    static let elementsUntilLook = 1 << 20

    /// - Parameter poll: returns whether to set the flag. Called now and then, on the watching thread, in the middle of
    ///   its call.
    public init(poll: (() -> Bool)? = nil) { self.poll = poll }

    /// Ends the calls that are running, and all later calls until ``reset()``.
    public func set() { flag.store(true, ordering: .relaxed) }

    public func reset() { flag.store(false, ordering: .relaxed) }

    public var isSet: Bool { flag.load(ordering: .relaxed) }

    /// Runs `body`. Its calls on this thread look at this flag, and at no other.
    public func watch<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let before = Cancellation.watch(self)
        defer { Cancellation.watch(before) }
        return try body()
    }

    /// Runs `body`, which must not be interrupted: its calls on this thread look at no flag.
    static func unwatched<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let watch = threadWatch()
        let before = watch.pointee
        watch.pointee.watched = nil
        defer { threadWatch().pointee = before }
        return try body()
    }

    /// Makes this thread watch a flag, or none. The flag must outlive the watching.
    /// - Parameter polls: false for a thread that works for another; the other thread polls.
    /// - Returns: what it watched until now.
    @discardableResult
    package static func watch(_ cancellation: Cancellation?, polls: Bool = true) -> Cancellation? {
        let before = watched
        let watch = threadWatch()
        watch.pointee.watched = cancellation.map { Unmanaged.passUnretained($0).toOpaque() }
        watch.pointee.next_poll =
            polls && cancellation?.poll != nil ? platform_seconds() + pollInterval : .infinity
        return before
    }

    /// What this thread watches.
    package static var watched: Cancellation? {
        threadWatch().pointee.watched.map { Unmanaged<Cancellation>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Looking

    /// Throws ``ChainruleError/Code/cancelled`` if the flag that this thread watches is set. Long work calls this at
    /// least every few milliseconds, where it can end.
    @inline(__always)
    static func look() throws(ChainruleError) {
        let watch = threadWatch()
        guard let watched = watch.pointee.watched else { return }
        try look(at: Unmanaged<Cancellation>.fromOpaque(watched), watch)
    }

    @inline(never)
    private static func look(
        at cancellation: Unmanaged<Cancellation>, _ watch: UnsafeMutablePointer<platform_watch>
    ) throws(ChainruleError) {
        let isSet = cancellation._withUnsafeGuaranteedRef { cancellation in
            if let poll = cancellation.poll, watch.pointee.next_poll < platform_seconds() {
                // What `poll` itself calls must not poll.
                watch.pointee.next_poll = .infinity
                let flushes = watch.pointee.flushes != 0
                if flushes { platform_set_arithmetic(UInt64(watch.pointee.arithmetic)) }
                if poll() { cancellation.set() }
                if flushes { beginFlushing(watch) }
                watch.pointee.next_poll = platform_seconds() + pollInterval
            }
            return cancellation.isSet
        }
        if isSet { throw ChainruleError(.cancelled, "the call was cancelled") }
    }

    /// Runs `body` with subnormal numbers taken for 0. A poll in it has the arithmetic that the caller has.
    static func flushingSubnormals<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        let watch = threadWatch()
        // A callback in the body may end up here again.
        let before = (arithmetic: watch.pointee.arithmetic, flushes: watch.pointee.flushes)
        beginFlushing(watch)
        defer {
            platform_set_arithmetic(UInt64(watch.pointee.arithmetic))
            (watch.pointee.arithmetic, watch.pointee.flushes) = before
        }
        try body()
    }

    private static func beginFlushing(_ watch: UnsafeMutablePointer<platform_watch>) {
        // The control registers of all processors that have the mode use 32 bits at most.
        watch.pointee.arithmetic = UInt32(truncatingIfNeeded: platform_flush_subnormals())
        watch.pointee.flushes = 1
    }

    /// Whether work of so many multiplications per row, for so many rows, is long enough to be worth a look.
    @inline(__always)
    static func isLong(_ rows: Int, times work: Int) -> Bool {
        // An overflow may count as little work: only time depends on this.
        UInt(bitPattern: rows &* work) >= leastWork
    }

    /// Looks before work that is long.
    @inline(__always)
    static func look(before rows: Int, times work: Int) throws(ChainruleError) {
        if isLong(rows, times: work) { try look() }
    }

    /// How many of the rows to work on until the next look; all of them if this thread watches nothing.
    /// - Parameter least: fewer rows would make slow products.
    static func rowsUntilLook(_ rows: Int, times work: Int, least: Int) -> Int {
        isWatching ? min(rows, max(least, mostWork / max(work, 1))) : rows
    }

    /// How many steps of so many multiplications to take until the next look.
    static func stepsUntilLook(times work: Int) -> Int { max(1, Int(leastWork) / max(work, 1)) }

    /// Calls `body` with the places of some bytes at a time, and looks between the calls.
    @inline(__always)
    static func inPieces(_ count: Int, _ body: (Range<Int>) throws(ChainruleError) -> Void) throws(ChainruleError) {
        for first in stride(from: 0, to: count, by: elementsUntilLook) {
            if first > 0 { try look() }
            try body(first..<min(first + elementsUntilLook, count))
        }
    }

    /// Whether this thread watches a flag.
    static var isWatching: Bool { threadWatch().pointee.watched != nil }

    /// The only caller of platform_thread_watch(). Never inlined: each object file that calls it has its own variable.
    @inline(never)
    private static func threadWatch() -> UnsafeMutablePointer<platform_watch> { platform_thread_watch() }
}
