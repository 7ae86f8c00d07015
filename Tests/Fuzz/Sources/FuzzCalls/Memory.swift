/// The caller's buffers: as large as any call can need that passes the library's checks.
final class Memory {
    /// The most rows, and floats from row to row, that calls are made with and the library accepts.
    static let rows: UInt = 12
    /// The widest network that computes.
    static let widest: UInt = 64
    static let count = 1 << 16

    let input = Memory.allocate()
    let output = Memory.allocate()
    let other = Memory.allocate()
    let weights = Memory.allocate()
    let tangent = Memory.allocate()
    let classes = UnsafeMutablePointer<Int32>.allocate(capacity: Int(rows))

    private static func allocate() -> UnsafeMutablePointer<Float> {
        let pointer = UnsafeMutablePointer<Float>.allocate(capacity: count)
        for index in 0..<count { pointer[index] = Float(index % 13) / 8 - 0.5 }
        return pointer
    }

    deinit {
        for pointer in [input, output, other, weights, tangent] { pointer.deallocate() }
        classes.deallocate()
    }
}
