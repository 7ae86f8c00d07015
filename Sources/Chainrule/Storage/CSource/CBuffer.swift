/// Where values lie in the buffer of the C code. Time goes on by one with each layer, forward and then backward; a value's place is
/// another's after its last use.
struct CBuffer {
    private var blocks: [(start: Int, count: Int, lastUse: Int)] = []
    /// How many floats there are.
    private(set) var count = 0

    /// Finds the first place for a value that is written now.
    mutating func place(_ count: Int, at time: Int, until lastUse: Int) throws(ChainruleError) -> Int {
        // In the order of their places.
        blocks.removeAll { $0.lastUse < time }
        var (start, index) = (0, 0)
        while index < blocks.count && blocks[index].start < start + count {
            start = blocks[index].start + blocks[index].count
            index += 1
        }
        let end = try Plan.checkedSum([start, count])
        guard end <= Int(Int32.max) / 4 else {
            throw ChainruleError(.size, "C source would need a buffer of \(end) floats, more than it can address")
        }
        blocks.insert((start, count, lastUse), at: index)
        self.count = max(self.count, end)
        return start
    }
}
