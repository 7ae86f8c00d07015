import CMemory

/// Memory set aside for Swift's own objects: the arrays, strings and instances that describe a network.
///
/// Numbers lie in ``Memory``, whose initializer throws. Where there is no memory for a Swift object, ordinary Swift ends the
/// process; in the C library (Embedded Swift) the object goes into a reserve of the call that makes it. Whoever makes objects
/// in numbers that the caller chooses sets memory aside for them first, and throws if there is none.
package enum Reserve {
    /// Begins a call of the C library on this thread, which ends with ``leave()``. From here on it can make small objects.
    /// - Returns: false if there is no memory for the call.
    package static func enter() -> Bool { reserve_enter() == 0 }

    package static func leave() { reserve_leave() }

    /// Makes sure, for the rest of this call of the C library, that objects of so many bytes in all can be made.
    package static func setAside(_ bytes: Int) throws(ChainruleError) {
        guard reserve_set_aside(bytes) == 0 else {
            throw ChainruleError(.memory, "the system has no memory for Swift's objects")
        }
    }
}

extension Architecture {
    /// Makes sure that there is memory for objects about every layer: a plan's, a workspace's, a file's header.
    package func setAside() throws(ChainruleError) {
        var links = 0
        for node in nodes { links += node.inputs.count }
        try Reserve.setAside(4096 * nodes.count + 512 * links)
    }
}
