import CPlatform
import Synchronization

/// Memory that is lent to predictions, so that any number of threads can predict at once: without locks, and without
/// allocating once there were as many calls at the same time as there will be.
final class ScratchPool: @unchecked Sendable {
    /// Before the floats there is a cache line that says how many they are.
    private static let header = 16

    private static let places = 8

    // Behind a pointer, because Embedded Swift (6.3) cannot compile the end of an InlineArray of atomics.
    private let idle = UnsafeMutablePointer<Atomic<UnsafeMutablePointer<Float>?>>.allocate(capacity: places)

    init() {
        for place in 0..<ScratchPool.places { (idle + place).initialize(to: Atomic(nil)) }
    }

    deinit {
        for place in 0..<ScratchPool.places { platform_free_aligned(idle[place].exchange(nil, ordering: .acquiring)) }
        idle.deallocate()
    }

    /// Memory for at least `count` floats that nobody else uses, to be given back with ``put(_:)``.
    func take(_ count: Int) throws(NetworkError) -> UnsafeMutablePointer<Float> {
        for place in 0..<ScratchPool.places {
            guard let memory = idle[place].exchange(nil, ordering: .acquiring) else { continue }
            if ScratchPool.capacity(of: memory) >= count { return memory + ScratchPool.header }
            platform_free_aligned(memory)
            break
        }
        let bytes = try Plan.checkedProduct(Plan.checkedSum([count, ScratchPool.header]), MemoryLayout<Float>.stride)
        guard let memory = platform_allocate_aligned(bytes) else {
            throw NetworkError(.memory, "\(count) numbers for a prediction cannot be allocated")
        }
        memory.storeBytes(of: count, as: Int.self)
        return memory.assumingMemoryBound(to: Float.self) + ScratchPool.header
    }

    func put(_ scratch: UnsafeMutablePointer<Float>) {
        let memory = scratch - ScratchPool.header
        for place in 0..<ScratchPool.places
        where idle[place].compareExchange(expected: nil, desired: memory, ordering: .releasing).exchanged { return }
        platform_free_aligned(memory)
    }

    private static func capacity(of memory: UnsafeMutablePointer<Float>) -> Int {
        UnsafeRawPointer(memory).load(as: Int.self)
    }
}
