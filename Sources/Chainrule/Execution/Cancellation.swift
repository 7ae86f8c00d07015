import CPlatform
import Synchronization

/// Stops long calls before their end: a flag that any thread may set, and that the calls of a thread look at which watches it.
///
/// ```swift
/// let cancellation = Cancellation()
/// // on the thread that trains
/// let history = try cancellation.watch { () throws(ChainruleError) in try trainer.fit(x, targets: targets) }
/// // on any other
/// cancellation.set()
/// ```
///
/// The call throws ``ChainruleError/Code/cancelled`` as a rule within 50 ms, and leaves what an error of its own would leave: a
/// training, for example, the parameters of the last complete step. ``Network/minimize(_:_:targets:validation:method:options:)`` and
/// ``Network/cascade(_:inputs:targets:outputs:validation:options:)`` return what they have come to, as after a callback that
/// stops them. What is over at once may not look.
///
/// Threads: any thread may do anything.
public final class Cancellation: @unchecked Sendable {
    private let flag = Atomic(false)
    private let poll: (() -> Bool)?
    /// What C knows it by.
    package var handle: UnsafeMutableRawPointer?

    /// How often, in seconds, `poll` is asked at most.
    private static let pollInterval = 0.02
    /// Work of fewer multiplications is over before a look at the flag would be worth its time.
    private static let leastWork: UInt = 1 << 18
    /// More multiplications take longer than it may be until the next look.
    private static let mostWork = 1 << 28
    /// How many numbers to look at or to draw, or bytes to read or to write, until the next look.
    static let elementsUntilLook = 1 << 20

    /// - Parameter poll: asked now and then, on the thread that watches and in the midst of its call: whether to set the flag.
    public init(poll: (() -> Bool)? = nil) { self.poll = poll }

    /// Makes the calls under way, and those to come until ``reset()``, end.
    public func set() { flag.store(true, ordering: .relaxed) }

    public func reset() { flag.store(false, ordering: .relaxed) }

    public var isSet: Bool { flag.load(ordering: .relaxed) }

    /// Runs `body`, whose calls on this thread look at the flag, and at no other.
    public func watch<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let before = Cancellation.watch(self)
        defer { Cancellation.watch(before) }
        return try body()
    }

    /// Runs `body`, whose calls on this thread look at no flag: what must not be given up.
    static func unwatched<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let watch = threadWatch()
        let before = watch.pointee
        watch.pointee.watched = nil
        defer { threadWatch().pointee = before }
        return try body()
    }

    /// Makes this thread watch a flag, which must live as long as it does, or none.
    /// - Parameter polls: false for a thread that works for another, which is the one to ask.
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

    /// Throws ``ChainruleError/Code/cancelled`` if the flag that this thread watches is set. To be called by what takes long, at
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
                // Not by what it calls itself.
                watch.pointee.next_poll = .infinity
                if poll() { cancellation.set() }
                watch.pointee.next_poll = platform_seconds() + pollInterval
            }
            return cancellation.isSet
        }
        if isSet { throw ChainruleError(.cancelled, "the call was cancelled") }
    }

    /// Whether work of so many multiplications for each of so many rows takes so long that it is worth a look.
    @inline(__always)
    static func isLong(_ rows: Int, times work: Int) -> Bool {
        // What overflows may be taken for little: this is about time alone.
        UInt(bitPattern: rows &* work) >= leastWork
    }

    /// Looks before such work.
    @inline(__always)
    static func look(before rows: Int, times work: Int) throws(ChainruleError) {
        if isLong(rows, times: work) { try look() }
    }

    /// How many of the rows to work on until the next look; all of them if nobody watches.
    static func rowsUntilLook(_ rows: Int, times work: Int) -> Int {
        isWatching ? min(rows, max(4 * Cost.groupRows, mostWork / max(work, 1))) : rows
    }

    /// Calls `body` with the places of some bytes at a time, and looks in between.
    @inline(__always)
    static func inPieces(_ count: Int, _ body: (Range<Int>) throws(ChainruleError) -> Void) throws(ChainruleError) {
        for first in stride(from: 0, to: count, by: elementsUntilLook) {
            if first > 0 { try look() }
            try body(first..<min(first + elementsUntilLook, count))
        }
    }

    /// Whether this thread watches any.
    static var isWatching: Bool { threadWatch().pointee.watched != nil }

    /// The only caller of platform_thread_watch(), never inlined: every object file that calls it has a variable of its own.
    @inline(never)
    private static func threadWatch() -> UnsafeMutablePointer<platform_watch> { platform_thread_watch() }
}
