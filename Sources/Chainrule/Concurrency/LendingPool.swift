import Synchronization

/// Places for pointers to things that are lent out again and again. Any number of threads take and put at once, each
/// with atomic exchanges. There is no lock that another thread could hold, such as a thread missing in a child of
/// fork().
struct LendingPool: @unchecked Sendable {
    /// Free what does not fit into these places: threads come and go, and memory should not stay for all that ever ran.
    private static let places = 16

    // Behind a pointer, because Embedded Swift (6.3) cannot compile the end of an InlineArray of atomics.
    private let idle = UnsafeMutablePointer<Atomic<UnsafeMutableRawPointer?>>.allocate(capacity: places)

    init() {
        for place in 0..<LendingPool.places { (idle + place).initialize(to: Atomic(nil)) }
    }

    /// Takes something that nobody else uses; nil if there is nothing.
    func take() -> UnsafeMutableRawPointer? {
        for place in 0..<LendingPool.places {
            if let lent = idle[place].exchange(nil, ordering: .acquiring) { return lent }
        }
        return nil
    }

    /// - Returns: false if no place is free.
    func put(_ lent: UnsafeMutableRawPointer) -> Bool {
        for place in 0..<LendingPool.places
        where idle[place].compareExchange(expected: nil, desired: lent, ordering: .releasing).exchanged { return true }
        return false
    }

    /// Ends the pool. First take everything out of it; nobody may use it afterwards.
    func deallocate() { idle.deallocate() }
}
