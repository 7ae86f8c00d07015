import CMemory

/// Memory set aside for Swift's own objects: the arrays, strings and instances that describe a network.
///
/// Numbers lie in ``Memory``, whose initializer throws. If memory for a Swift object runs out, ordinary Swift ends the
/// process. The C library (Embedded Swift) puts the object into the reserve of the call that makes it. Code that makes
/// as many objects as the caller chooses sets memory aside for them first, and throws if there is none.
package enum Reserve {
    /// Begins a call of the C library on this thread; ``leave()`` ends it. From here on it can make small objects.
    /// - Returns: false if there is no memory for the call.
    package static func enter() -> Bool { reserve_enter() == 0 }

    package static func leave() { reserve_leave() }

    /// Makes sure that the rest of this call of the C library can make objects of so many bytes in total.
    package static func setAside(_ bytes: Int) throws(ChainruleError) {
        guard reserve_set_aside(bytes) == 0 else {
            throw ChainruleError(.memory, "the system has no memory for Swift's objects")
        }
    }
}

extension Architecture {
    /// Makes sure that there is memory for objects about every layer: those of a plan, a workspace, a file's header.
    package func setAside() throws(ChainruleError) {
        var links = 0
        for node in nodes { links += node.inputs.count }
        try Reserve.setAside(4096 * nodes.count + 512 * links)
    }
}
