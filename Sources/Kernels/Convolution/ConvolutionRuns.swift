/// Results of pooling along the width that have the same taps inside the source.
public struct ConvolutionRun {
    /// How many results.
    public let count: Int
    /// The first result.
    public let result: Int
    /// The first tap's number.
    public let weight: Int
    /// The offset of the source under the first tap for the first result.
    public let source: Int
    /// From one result's source to the next's.
    public let sourceDistance: Int
    public let depth: ConvolutionTaps
    public let height: ConvolutionTaps
    public let width: ConvolutionTaps

    /// Calls `body` for each tap in order, with its number and the offset of the source under it for the first result.
    @inlinable @inline(__always)
    func forEachTap(_ body: (_ weight: Int, _ source: Int) -> Void) {
        var plane = (weight: weight, source: source)
        for _ in 0..<depth.count {
            var line = plane
            for _ in 0..<height.count {
                var tap = line
                for _ in 0..<width.count {
                    body(tap.weight, tap.source)
                    tap = (tap.weight + width.weightStep, tap.source + width.sourceStep)
                }
                line = (line.weight + height.weightStep, line.source + height.sourceStep)
            }
            plane = (plane.weight + depth.weightStep, plane.source + depth.sourceStep)
        }
    }
}

/// The runs that make up pooling's result.
///
/// Its functions are compiled once, for all instruction sets. If they were inlined or emitted into a module for one of them,
/// the linker could keep that module's copy for all.
public struct ConvolutionRuns {
    private let depth: ConvolutionAxis
    private let height: ConvolutionAxis
    private let width: ConvolutionAxis

    private let series: ConvolutionSeries
    private let inner: Range<Int>

    // Where the next run begins: the positions in the depth, the height and the width.
    private var plane = 0
    private var line = 0
    private var place = 0
    private var depthTaps: ConvolutionTaps
    private var heightTaps: ConvolutionTaps

    /// - Parameter sourceStride: the distance in elements from one position of the source to the next.
    @inline(never) @export(interface)
    public init(_ window: Window, sourceStride: Int) {
        width = ConvolutionAxis(window, 2, isTransposed: false, weightStride: 1, sourceStride: sourceStride)
        height = ConvolutionAxis(
            window, 1, isTransposed: false, weightStride: width.kernel,
            sourceStride: width.sources * width.sourceStride)
        depth = ConvolutionAxis(
            window, 0, isTransposed: false, weightStride: height.kernel * height.weightStride,
            sourceStride: height.sources * height.sourceStride)
        depthTaps = depth.taps(at: 0)
        heightTaps = height.taps(at: 0)
        series = width.series(0)
        inner = series.inner
    }

    @inline(never) @export(interface)
    public mutating func next() -> ConvolutionRun? {
        if place >= series.count {
            guard startLine() else { return nil }
        }
        let (start, isInner) = (place, inner.contains(place))
        let widthTaps = isInner ? series.allTaps(at: start) : series.taps(at: start)
        place = isInner ? inner.upperBound : start + 1
        return ConvolutionRun(
            count: place - start, result: (plane * height.results + line) * width.results + start,
            weight: depthTaps.weight + heightTaps.weight + widthTaps.weight,
            source: depthTaps.source + heightTaps.source + widthTaps.source,
            sourceDistance: width.scale * width.sourceStride, depth: depthTaps, height: heightTaps, width: widthTaps)
    }

    /// - Returns: whether there is another line.
    private mutating func startLine() -> Bool {
        place = 0
        line += 1
        if line == height.results {
            line = 0
            plane += 1
            if plane == depth.results { return false }
            depthTaps = depth.taps(at: plane)
        }
        heightTaps = height.taps(at: line)
        return true
    }
}
