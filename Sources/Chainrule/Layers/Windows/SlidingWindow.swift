import Kernels

/// A window at all its places over a source. No window is copied: along the width, the taps of a window without dilation are
/// one run of the source, and neighbouring windows are rows of a matrix that overlap.
///
/// Only lines of the source are copied, some at a time, and only where the edges need zeros between them or other channels
/// lie between theirs. Taps beyond the source in depth and height are left out.
struct SlidingWindow {
    let depth: SlidingAxis
    let height: SlidingAxis
    let width: SlidingAxis
    let arithmetic: Arithmetic
    /// A row for each position of all samples, a column for each channel.
    let source: Matrix
    /// Memory for copies of lines.
    let room: Matrix
    /// The result's positions along each axis.
    let results: Window.Axes

    var channels: Int { source.columns }
    private static func axes(
        _ window: Window, isTransposed: Bool, _ first: Window.Axes
    ) -> (depth: SlidingAxis, height: SlidingAxis, width: SlidingAxis) {
        func axis(_ index: Int) -> SlidingAxis {
            SlidingAxis(window, index, isTransposed: isTransposed, first: first[index])
        }
        return (axis(0), axis(1), axis(2))
    }

    /// - Parameter first: the first result of the series along each axis.
    init(
        _ window: Window, isTransposed: Bool, first: Window.Axes, source: Matrix, room: Matrix, arithmetic: Arithmetic
    ) {
        (depth, height, width) = SlidingWindow.axes(window, isTransposed: isTransposed, first)
        results = isTransposed ? window.input : window.output
        self.source = source
        self.room = room
        self.arithmetic = arithmetic
    }

    /// Calls `body` with the first results of every series of the transposed window.
    @inline(never)
    static func forEachTransposedSeries(_ window: Window, _ body: (Window.Axes) -> Void) {
        let series = Window.Axes(
            min(window.stride[0], window.input[0]), min(window.stride[1], window.input[1]),
            min(window.stride[2], window.input[2]))
        for depth in 0..<series[0] {
            for height in 0..<series[1] {
                for width in 0..<series[2] { body(Window.Axes(depth, height, width)) }
            }
        }
    }

    /// The position of the first result along the width.
    func resultPosition(_ sample: Int, _ plane: Int, _ line: Int) -> Int {
        let (plane, line) = (depth.first + plane * depth.step, height.first + line * height.step)
        return ((sample * results[0] + plane) * results[1] + line) * results[2] + width.first
    }

    // MARK: Lines

    /// Lines of the source, each from the position under the first result's lowest tap to the one under the last's highest.
    struct Lines {
        /// The results along the height that they are for.
        let places: Range<Int>
        let base: UnsafeMutablePointer<Float>
        /// From one line to the next.
        let stride: Int
        /// The source's line that lies at the base.
        let first: Int

        func pointer(_ line: Int) -> UnsafeMutablePointer<Float> { base + (line - first) * stride }
    }

    /// Calls `body` for some results along the height at a time, once for each of the depth's taps inside the source, or once
    /// without a tap if there is none.
    func forEachBlock(
        of result: Matrix,
        _ body: (_ sample: Int, _ plane: Int, _ lines: Lines, _ depthTap: Int?, _ isFirst: Bool) -> Void
    ) {
        let most = linesAtATime
        for sample in 0..<result.rows / (results[0] * results[1] * results[2]) {
            for plane in 0..<depth.count {
                let inside = depth.tapsInside(at: plane)
                for first in stride(from: 0, to: height.count, by: most) {
                    let places = first..<min(first + most, height.count)
                    if inside.isEmpty || height.taps == 0 || width.taps == 0 {
                        let none = Lines(places: places, base: source.base, stride: 0, first: 0)
                        body(sample, plane, none, nil, true)
                        continue
                    }
                    for tap in inside {
                        let position = sample * depth.sources + depth.position(at: plane, under: tap)
                        body(sample, plane, lines(position, places), tap, tap == inside.lowerBound)
                    }
                }
            }
        }
    }

    /// Whether lines can be read where they are.
    private var isInPlace: Bool {
        source.isContiguous && width.source >= 0 && width.source + width.span <= width.sources
    }

    /// Whether that holds for all channels of the inputs of a window that is not transposed. A single position may lie in rows
    /// that are not contiguous.
    static func isInPlace(_ window: Window) -> Bool {
        let reach = (window.kernel[2] - 1) * window.dilation[2]
        return window.inputPositions > 1 && window.before[2] <= 0
            && (window.output[2] - 1) * window.stride[2] - window.before[2] + reach < window.input[2]
    }

    /// The source's lines under some results along the height, those that exist.
    /// - Parameter plane: counted over all samples.
    private func lines(_ plane: Int, _ places: Range<Int>) -> Lines {
        let origin = plane * height.sources
        if isInPlace {
            return Lines(
                places: places, base: source.base + (origin * width.sources + width.source) * channels,
                stride: width.sources * channels, first: 0)
        }
        let lowest = max(0, height.position(at: places.lowerBound, under: 0))
        let highest = min(height.sources - 1, height.position(at: places.upperBound - 1, under: height.taps - 1))
        // The positions of a copied line: those before the source, in it, and behind it.
        let before = min(max(0, -width.source), width.span)
        let inside = before..<max(before, min(width.span, width.sources - width.source))
        let behind = inside.upperBound..<width.span
        let copies = Matrix(base: room.base, rows: max(0, highest - lowest + 1) * width.span, columns: channels)
        precondition(copies.count <= room.count)
        for line in stride(from: lowest, through: highest, by: 1) {
            let copy = copies.rows(from: (line - lowest) * width.span, count: width.span)
            copy.rows(from: 0, count: before).clear()
            copy.rows(from: behind.lowerBound, count: behind.count).clear()
            if inside.isEmpty { continue }
            let first = (origin + line) * width.sources + width.source + inside.lowerBound
            let (from, to) = (
                source.rows(from: first, count: inside.count), copy.rows(from: before, count: inside.count)
            )
            if from.isContiguous {
                to.reshaped(columns: to.count).assign(from.reshaped(columns: from.count))
            } else {
                to.assign(from)
            }
        }
        return Lines(places: places, base: room.base, stride: width.span * channels, first: lowest)
    }

    /// How many results along the height to compute at a time: as many as read lines of a quarter of the second-level cache.
    private var linesAtATime: Int {
        let lines = SlidingWindow.mostCopied / max(1, channels) / width.span
        let others = isInPlace ? 0 : (height.taps - 1) * height.tapDistance
        return max(1, (lines - others) / height.scale)
    }

    private static var mostCopied: Int { CacheSizes.second / 4 / MemoryLayout<Float>.stride }

    /// The floats that copies of lines take, for any series; `Int.max` for too much.
    static func roomCount(_ window: Window, isTransposed: Bool, channels: Int) -> Int64 {
        // A transposed axis: the positions under the taps are divided by the stride, and rounded.
        func span(_ axis: Int, results: Int) -> Int64 {
            let reach = Int64(window.kernel[axis] - 1) * Int64(window.dilation[axis])
            let (results, stride) = (Int64(results - 1), Int64(window.stride[axis]))
            return isTransposed ? (results + reach) / stride + 2 : results * stride + reach + 1
        }
        let line = span(2, results: isTransposed ? window.input[2] : window.output[2]) * Int64(channels)
        let (one, isMuch) = line.multipliedReportingOverflow(by: span(1, results: 1))
        let lines = Int64(isTransposed ? window.output[1] : window.input[1])
        let (all, areMany) = line.multipliedReportingOverflow(by: lines)
        let some = max(isMuch ? .max : one, Int64(mostCopied))
        return areMany ? some : min(all, some)
    }
}
