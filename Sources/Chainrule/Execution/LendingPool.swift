import Synchronization

/// Places for pointers to what is lent out again and again. Any number of threads take and put at once, each with one atomic
/// exchange: no lock that another thread could hold, be it one that a child of fork() does not have.
struct LendingPool: @unchecked Sendable {
    /// What is put beside so many others is to be freed: threads come and go, memory should not stay for all that ever were.
    private static let places = 16

    // Behind a pointer, because Embedded Swift (6.3) cannot compile the end of an InlineArray of atomics.
    private let idle = UnsafeMutablePointer<Atomic<UnsafeMutableRawPointer?>>.allocate(capacity: places)

    init() {
        for place in 0..<LendingPool.places { (idle + place).initialize(to: Atomic(nil)) }
    }

    /// Something that nobody else uses, or nil if there is nothing.
    func take() -> UnsafeMutableRawPointer? {
        for place in 0..<LendingPool.places {
            if let lent = idle[place].exchange(nil, ordering: .acquiring) { return lent }
        }
        return nil
    }

    /// - Returns: false if there is no place for it.
    func put(_ lent: UnsafeMutableRawPointer) -> Bool {
        for place in 0..<LendingPool.places
        where idle[place].compareExchange(expected: nil, desired: lent, ordering: .releasing).exchanged { return true }
        return false
    }

    /// Ends the pool, which nobody uses any more, after everything in it was taken.
    func deallocate() { idle.deallocate() }
}
