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
    let results: Window.Axes

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

    /// The blocks that make up the results.
    /// - Parameter result: a row for each position of all samples.
    func blocks(of result: Matrix) -> SlidingBlocks { SlidingBlocks(self, rows: result.rows, byLineTap: false) }

    /// The same for each of the height's taps, with all lines for which it lies inside the source.
    func blocksByLineTap(of result: Matrix) -> SlidingBlocks { SlidingBlocks(self, rows: result.rows, byLineTap: true) }
}
