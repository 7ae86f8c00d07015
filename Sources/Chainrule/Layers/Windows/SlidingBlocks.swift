import Kernels

/// Results of a sliding window with the same taps inside the source: some in each of three directions.
struct SlidingBlock {
    /// So many results in one direction: of the samples, along the height or along the width.
    struct Direction {
        let count: Int
        /// From the source of one to that of the next, in floats.
        let source: Int
        /// From one result to the next, in positions.
        let result: Int
    }

    let samples: Direction
    let lines: Direction
    let places: Direction
    /// nil: none lies inside the source.
    let depthTap: Int?
    let lineTaps: Range<Int>
    let taps: Range<Int>
    /// The source under the lowest of these taps, for the first result.
    let source: UnsafeMutablePointer<Float>
    /// The position of the first result.
    let result: Int
    /// Whether no block before has the same results.
    let isFirst: Bool

    /// Whether the results have no taps.
    var isEmpty: Bool { depthTap == nil || lineTaps.isEmpty || taps.isEmpty }

    /// The directions, from the one that a kernel goes along fastest: along the width if there are enough results to fill a
    /// tile, otherwise where there are more.
    func directions(enough: Int) -> (inner: Direction, middle: Direction, outer: Direction) {
        let isShort = places.count < enough
        if isShort && samples.count > max(places.count, lines.count) && lines.count < enough {
            return (samples, places, lines)
        }
        return isShort && lines.count > places.count ? (lines, places, samples) : (places, lines, samples)
    }
}

/// The blocks of a sliding window, those along the width first. An iterator, which is compiled once; a function that gets a
/// closure is compiled for each.
struct SlidingBlocks: Sequence, IteratorProtocol {
    private let window: SlidingWindow
    private let samples: Int
    private let byLineTap: Bool
    // Where the next block begins: in the depth, at the first of the taps that are left; its lines; and along the width.
    private var plane = 0
    private var depthTaps: Range<Int>
    private var isFirst = true
    /// nil: no tap of the height ever lies inside the source.
    private var lines: SlidingAxis.Run?
    private var place = 0

    /// - Parameters:
    ///   - rows: of the result.
    ///   - byLineTap: whether blocks have one of the height's taps each.
    init(_ window: SlidingWindow, rows: Int, byLineTap: Bool) {
        self.window = window
        samples = rows / (window.results[0] * window.results[1] * window.results[2])
        self.byLineTap = byLineTap
        depthTaps = window.depth.run(from: 0).taps
        lines = SlidingBlocks.firstLines(window, byLineTap)
    }

    /// By tap, the first from a tap on that lies inside the source for some lines; nil: there is none.
    private static func lines(_ height: SlidingAxis, fromTap first: Int) -> SlidingAxis.Run? {
        for tap in first..<height.taps {
            let places = height.places(under: tap)
            if !places.isEmpty { return SlidingAxis.Run(places: places, taps: tap..<tap + 1) }
        }
        return nil
    }

    /// The first lines of a plane.
    private static func firstLines(_ window: SlidingWindow, _ byLineTap: Bool) -> SlidingAxis.Run? {
        byLineTap ? lines(window.height, fromTap: 0) : window.height.run(from: 0)
    }

    @inline(never)
    mutating func next() -> SlidingBlock? {
        if place == window.width.count {
            place = 0
            guard nextLines() || nextPlane() else { return nil }
        }
        guard let lines else { return nil }
        let run = window.width.run(from: place)
        place = run.places.upperBound
        return block(lines, run)
    }

    /// - Returns: whether there are more in the plane.
    private mutating func nextLines() -> Bool {
        guard let last = lines else { return false }
        if byLineTap {
            guard let next = SlidingBlocks.lines(window.height, fromTap: last.taps.upperBound) else { return false }
            lines = next
        } else {
            if last.places.upperBound == window.height.count { return false }
            lines = window.height.run(from: last.places.upperBound)
        }
        return true
    }

    /// The next tap of the depth, or the next plane's first.
    private mutating func nextPlane() -> Bool {
        isFirst = depthTaps.count <= 1
        if isFirst {
            plane += 1
            if plane == window.depth.count { return false }
            depthTaps = window.depth.run(from: plane).taps
        } else {
            depthTaps = depthTaps.dropFirst()
        }
        lines = SlidingBlocks.firstLines(window, byLineTap)
        return true
    }

    private func block(_ lines: SlidingAxis.Run, _ run: SlidingAxis.Run) -> SlidingBlock {
        let (depth, height, width) = (window.depth, window.height, window.width)
        let (results, position) = (window.results, window.source.stride)
        let line = width.sources * position
        var from = window.source.base
        if !depthTaps.isEmpty && !lines.taps.isEmpty && !run.taps.isEmpty {
            from +=
                (depth.position(at: plane, under: depthTaps.lowerBound) * height.sources
                    + height.position(at: lines.places.lowerBound, under: lines.taps.lowerBound)) * line
                + width.position(at: run.places.lowerBound, under: run.taps.lowerBound) * position
        }
        let first = (
            plane: depth.first + plane * depth.step, line: height.first + lines.places.lowerBound * height.step
        )
        return SlidingBlock(
            samples: SlidingBlock.Direction(
                count: samples, source: depth.sources * height.sources * line,
                result: results[0] * results[1] * results[2]),
            lines: SlidingBlock.Direction(
                count: lines.places.count, source: height.scale * line, result: height.step * results[2]),
            places: SlidingBlock.Direction(
                count: run.places.count, source: width.scale * position, result: width.step),
            depthTap: depthTaps.first, lineTaps: lines.taps, taps: run.taps, source: from,
            result: (first.plane * results[1] + first.line) * results[2] + width.first
                + run.places.lowerBound * width.step,
            isFirst: isFirst)
    }
}
