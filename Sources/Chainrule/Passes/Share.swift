/// One thread's share of a computation.
struct Share: BitwiseCopyable {
    let part: Int
    /// All shares together are the whole computation; no two overlap.
    let parts: Int

    /// The whole computation.
    static var whole: Share { Share(part: 0, parts: 1) }

    /// The thread's part of so many units or columns. Parts begin at multiples of a cache line's floats, and differ by a
    /// line at most.
    func of(_ count: Int) -> Range<Int> {
        let lines = Share.lines(of: count)
        func bound(_ part: Int) -> Int { min(count, lines * part / parts * Share.lineFloats) }
        return bound(part)..<bound(part + 1)
    }

    /// How many parts so many units have at most.
    static func lines(of count: Int) -> Int { (count - 1) / lineFloats + 1 }

    private static var lineFloats: Int { 16 }
}
