/// The taps of a window that lie within the input at one output position.
@frozen
public struct WindowTaps {
    @usableFromInline let window: Window
    /// The first input position under the window along each axis; it may lie before the input.
    @usableFromInline let first: (Int, Int, Int)
    /// The taps along each axis.
    @usableFromInline let ranges: (Range<Int>, Range<Int>, Range<Int>)

    @inlinable @inline(__always)
    init(_ window: Window, _ first: (Int, Int, Int), _ ranges: (Range<Int>, Range<Int>, Range<Int>)) {
        self.window = window
        self.first = first
        self.ranges = ranges
    }

    @inlinable @inline(__always)
    var firstTap: Int { tap(ranges.0.lowerBound, ranges.1.lowerBound, ranges.2.lowerBound) }

    @inlinable @inline(__always)
    func tap(_ depth: Int, _ height: Int, _ width: Int) -> Int {
        (depth * window.kernel[1] + height) * window.kernel[2] + width
    }

    /// Calls `body` for each of the taps in order, with its number and the input position under it.
    @inlinable @inline(__always)
    func forEach(_ body: (_ tap: Int, _ position: Int) -> Void) {
        for depth in ranges.0 {
            let plane = (first.0 + depth * window.dilation[0]) * window.input[1]
            for height in ranges.1 {
                let row = (plane + first.1 + height * window.dilation[1]) * window.input[2] + first.2
                for width in ranges.2 { body(tap(depth, height, width), row + width * window.dilation[2]) }
            }
        }
    }
}

extension Window {
    /// Calls `body` for each output position in order, with its number and the taps inside the input there.
    @inlinable @inline(__always)
    func forEachOutput(_ body: (_ output: Int, _ inside: WindowTaps) -> Void) {
        var position = 0
        for depth in 0..<output[0] {
            let first0 = first(0, at: depth)
            let range0 = taps(0, from: first0)
            for height in 0..<output[1] {
                let first1 = first(1, at: height)
                let range1 = taps(1, from: first1)
                for width in 0..<output[2] {
                    let first2 = first(2, at: width)
                    body(
                        position, WindowTaps(self, (first0, first1, first2), (range0, range1, taps(2, from: first2))))
                    position += 1
                }
            }
        }
    }
}
