import Kernels

/// The stages of a stream, in order, and their memory.
final class StreamStages: FallibleClass {
    let all: Memory<StreamStage>
    let floats: FloatMemory
    /// For the products.
    let scratch: FloatMemory
    private var kept: [AnyObject] = []

    fileprivate init(all: Memory<StreamStage>, floats: FloatMemory, scratch: FloatMemory) {
        self.all = all
        self.floats = floats
        self.scratch = scratch
    }

    /// Keeps a value where stages can point to it.
    func keep<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
        let place = Kept(value)
        kept.append(place)
        return place.pointer
    }
}

/// A value that stays at its place.
private final class Kept<Value> {
    let pointer: UnsafeMutablePointer<Value>

    init(_ value: Value) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: value)
    }

    deinit {
        pointer.deinitialize(count: 1)
        pointer.deallocate()
    }
}

extension FallibleClass where Self == StreamStages {
    /// - Parameters:
    ///   - floats: of all states.
    ///   - scratch: the floats of scratch memory.
    init(count: Int, floats: Int, scratch: Int) throws(ChainruleError) {
        // A stage and a kernel each, and their list, which grows by doubling.
        try Reserve.setAside(1024 * count)
        self = StreamStages(
            all: try Memory(count: count, for: "a stream"), floats: try FloatMemory(count: floats, for: "a stream"),
            scratch: try FloatMemory(count: scratch, for: "a stream"))
    }
}
