import CPlatform

/// Memory lent to predictions, so any number of threads can predict at once. Takes no locks. Allocates only while the
/// number of simultaneous calls, or their sizes, still grow.
final class ScratchPool: @unchecked Sendable {
    /// A cache line before the floats holds their number.
    private static let header = 16

    private let idle = LendingPool()

    init() {}

    deinit {
        while let memory = idle.take() { platform_free_aligned(memory) }
        idle.deallocate()
    }

    /// Takes memory for at least `count` floats that nobody else uses. Give it back with ``put(_:)``.
    func take(_ count: Int) throws(ChainruleError) -> UnsafeMutablePointer<Float> {
        if let memory = idle.take() {
            if memory.load(as: Int.self) >= count { return ScratchPool.floats(of: memory) }
            platform_free_aligned(memory)
        }
        let bytes = try Plan.checkedProduct(Plan.checkedSum([count, ScratchPool.header]), MemoryLayout<Float>.stride)
        guard let memory = platform_allocate_aligned(bytes) else {
            throw ChainruleError(.memory, "\(count) numbers for a prediction cannot be allocated")
        }
        memory.storeBytes(of: count, as: Int.self)
        return ScratchPool.floats(of: memory)
    }

    func put(_ scratch: UnsafeMutablePointer<Float>) {
        let memory = UnsafeMutableRawPointer(scratch - ScratchPool.header)
        if !idle.put(memory) { platform_free_aligned(memory) }
    }

    private static func floats(of memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        memory.assumingMemoryBound(to: Float.self) + header
    }
}
