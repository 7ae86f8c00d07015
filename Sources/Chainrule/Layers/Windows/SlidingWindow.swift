import Kernels

/// A window at all its places over a source. Nothing is copied: the results are computed in blocks that have the same taps inside
/// the source, and taps beyond it are left out.
///
/// Along the width, the taps of a window without dilation are one run of the source, and neighbouring windows are rows of a
/// matrix that overlap.
struct SlidingWindow {
    let depth: SlidingAxis
    let height: SlidingAxis
    let width: SlidingAxis
    let arithmetic: Arithmetic
    /// A row for each position of all samples, a column for each channel.
    let source: Matrix
    /// The result's positions along each axis.
    private let results: Window.Axes

    var channels: Int { source.columns }

    /// - Parameter first: the first result of the series along each axis.
    init(_ window: Window, isTransposed: Bool, first: Window.Axes, source: Matrix, arithmetic: Arithmetic) {
        func axis(_ index: Int) -> SlidingAxis {
            SlidingAxis(window, index, isTransposed: isTransposed, first: first[index])
        }
        (depth, height, width) = (axis(0), axis(1), axis(2))
        results = isTransposed ? window.input : window.output
        self.source = source
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

    // MARK: Distances in the source, in floats

    var tapDistance: Int { width.tapDistance * source.stride }
    var lineTapDistance: Int { height.tapDistance * width.sources * source.stride }

    // MARK: Blocks

    /// So many results in one direction: of the samples, along the height or along the width.
    struct Direction {
        let count: Int
        /// From the source of one to that of the next, in floats.
        let source: Int
        /// From one result to the next, in positions.
        let result: Int
    }

    /// Results with the same taps inside the source.
    struct Block {
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

    /// Calls `body` for every block: for each of the depth's taps inside the source, or once if there is none.
    func forEachBlock(of result: Matrix, _ body: (Block) -> Void) {
        forEachPlane { plane, depthTap, isFirst in
            height.forEachRun { lines in
                width.forEachRun { places in
                    body(
                        block(
                            of: result, plane, depthTap, lines: lines.places, lineTaps: lines.taps,
                            places: places.places, taps: places.taps, isFirst))
                }
            }
        }
    }

    /// The same for each of the height's taps, with all lines for which it lies inside the source; without blocks that have no
    /// taps.
    func forEachBlockUnderLineTap(of result: Matrix, _ body: (Block) -> Void) {
        forEachPlane { plane, depthTap, isFirst in
            guard depthTap != nil else { return }
            for tap in 0..<height.taps {
                let lines = height.places(under: tap)
                if lines.isEmpty { continue }
                width.forEachRun { places in
                    if places.taps.isEmpty { return }
                    body(
                        block(
                            of: result, plane, depthTap, lines: lines, lineTaps: tap..<tap + 1, places: places.places,
                            taps: places.taps, isFirst))
                }
            }
        }
    }

    private func forEachPlane(_ body: (_ plane: Int, _ depthTap: Int?, _ isFirst: Bool) -> Void) {
        depth.forEachRun { planes in
            for plane in planes.places {
                if planes.taps.isEmpty { body(plane, nil, true) }
                for tap in planes.taps { body(plane, tap, tap == planes.taps.lowerBound) }
            }
        }
    }

    private func block(
        of result: Matrix, _ plane: Int, _ depthTap: Int?, lines: Range<Int>, lineTaps: Range<Int>, places: Range<Int>,
        taps: Range<Int>, _ isFirst: Bool
    ) -> Block {
        let sample = results[0] * results[1] * results[2]
        let (line, position) = (width.sources * source.stride, source.stride)
        var from = source.base
        if let depthTap, !lineTaps.isEmpty, !taps.isEmpty {
            from +=
                (depth.position(at: plane, under: depthTap) * height.sources
                    + height.position(at: lines.lowerBound, under: lineTaps.lowerBound)) * line
                + width.position(at: places.lowerBound, under: taps.lowerBound) * position
        }
        let (plane, firstLine) = (
            depth.first + plane * depth.step, height.first + lines.lowerBound * height.step
        )
        return Block(
            samples: Direction(
                count: result.rows / sample, source: depth.sources * height.sources * line, result: sample),
            lines: Direction(count: lines.count, source: height.scale * line, result: height.step * results[2]),
            places: Direction(count: places.count, source: width.scale * position, result: width.step),
            depthTap: depthTap, lineTaps: lineTaps, taps: taps, source: from,
            result: (plane * results[1] + firstLine) * results[2] + width.first + places.lowerBound * width.step,
            isFirst: isFirst)
    }
}
