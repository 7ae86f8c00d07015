import Synchronization

/// Predictors that succeed one another. Any number of threads use the present one while others replace it. A reader
/// enters and leaves with one atomic addition each. It waits for nobody, allocates nothing and frees nothing.
///
/// One word holds the place of the present predictor and the number of readers that have entered since it was
/// published. Whoever exchanges the word learns the total number of readers of the predecessor. When that many have
/// left, nobody uses it.
final class Publications: @unchecked Sendable {
    private struct Place: ~Copyable {
        /// 0: free. 1: the present publication, or being filled or emptied. Otherwise a past one: 2 plus the number of
        /// readers that have entered.
        let state = Atomic<UInt64>(0)
        /// The number of readers that have left.
        let left = Atomic<UInt64>(0)
        var predictor: Unmanaged<Predictor>?
    }

    /// Places for the present publication and the past ones still in use: usually more than there are threads.
    private static let capacity = 256
    /// The lower bits of the word count readers.
    private static let countBits: UInt64 = 48

    private let places = UnsafeMutablePointer<Place>.allocate(capacity: capacity)
    private let present = Atomic<UInt64>(0)

    init(_ first: Predictor) {
        for place in 0..<Publications.capacity { (places + place).initialize(to: Place()) }
        places[0].predictor = Unmanaged.passRetained(first)
        places[0].state.store(1, ordering: .relaxed)
    }

    deinit {
        for place in 0..<Publications.capacity { places[place].predictor?.release() }
        places.deinitialize(count: Publications.capacity)
        places.deallocate()
    }

    /// Runs `body` with the present predictor.
    func withPresent<Result, Failure: Error>(
        _ body: (Predictor) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let entered = present.add(1, ordering: .acquiring).oldValue
        let place = places + Int(entered >> Publications.countBits)
        defer { place.pointee.left.add(1, ordering: .releasing) }
        // Not reference-counted: the place holds it, and threads that all count obstruct each other.
        let result = place.pointee.predictor!._withUnsafeGuaranteedRef { predictor in
            Swift.Result { () throws(Failure) in try body(predictor) }
        }
        return try result.get()
    }

    /// Replaces the present predictor, and frees the past ones that nobody uses any more.
    func publish(_ predictor: Predictor) throws(ChainruleError) {
        free()
        guard let next = takePlace() else {
            throw ChainruleError(
                .busy, "\(Publications.capacity - 1) past publications are still being predicted with")
        }
        places[next].predictor = Unmanaged.passRetained(predictor)
        let past = present.exchange(UInt64(next) << Publications.countBits, ordering: .acquiringAndReleasing)
        let entered = past & (1 << Publications.countBits - 1)
        places[Int(past >> Publications.countBits)].state.store(entered + 2, ordering: .releasing)
        free()
    }

    private func takePlace() -> Int? {
        (0..<Publications.capacity).first {
            places[$0].state.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
        }
    }

    private func free() {
        for place in 0..<Publications.capacity {
            let state = places[place].state.load(ordering: .acquiring)
            guard state >= 2 && places[place].left.load(ordering: .acquiring) == state - 2,
                places[place].state.compareExchange(expected: state, desired: 1, ordering: .acquiring).exchanged
            else { continue }
            places[place].predictor?.release()
            places[place].predictor = nil
            places[place].left.store(0, ordering: .relaxed)
            places[place].state.store(0, ordering: .releasing)
        }
    }
}
