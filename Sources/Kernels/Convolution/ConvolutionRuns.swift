/// Results of pooling along the width that have the same taps inside the source.
public struct ConvolutionRun {
    /// How many results.
    public let count: Int
    /// The offset of the first result.
    public let result: Int
    /// The offset of the first tap's weights.
    public let weight: Int
    /// The offset of the source under the first tap for the first result.
    public let source: Int
    /// From one result to the next.
    public let resultDistance: Int
    /// From one result's source to the next's.
    public let sourceDistance: Int
    public let depth: ConvolutionTaps
    public let height: ConvolutionTaps
    public let width: ConvolutionTaps

    /// Calls `body` for each tap in order, with the offsets of its weights and of the source under it for the first result.
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
    private let resultStride: Int
    private let depth: ConvolutionAxis
    private let height: ConvolutionAxis
    private let width: ConvolutionAxis

    // Where the next run begins: the positions in the depth and the height, one of the width's series, and the place in it.
    private var plane = 0
    private var line = 0
    private var first = 0
    private var place = 0
    private var depthTaps: ConvolutionTaps
    private var heightTaps: ConvolutionTaps
    private var series: ConvolutionSeries
    private var inner: Range<Int>

    /// A stride is the distance in elements from one position or tap to the next. With a weight stride of 1, a tap's weights
    /// are its number.
    ///
    /// - Parameter isTransposed: ``ConvolutionAxis``.
    @inline(never) @export(interface)
    public init(
        _ window: Window, isTransposed: Bool, weightStride: Int, sourceStride: Int, resultStride: Int
    ) {
        self.resultStride = resultStride
        width = ConvolutionAxis(
            window, 2, isTransposed: isTransposed, weightStride: weightStride, sourceStride: sourceStride)
        height = ConvolutionAxis(
            window, 1, isTransposed: isTransposed, weightStride: width.kernel * width.weightStride,
            sourceStride: width.sources * width.sourceStride)
        depth = ConvolutionAxis(
            window, 0, isTransposed: isTransposed, weightStride: height.kernel * height.weightStride,
            sourceStride: height.sources * height.sourceStride)
        depthTaps = depth.taps(at: 0)
        heightTaps = height.taps(at: 0)
        series = width.series(0)
        inner = series.inner
    }

    @inline(never) @export(interface)
    public mutating func next() -> ConvolutionRun? {
        if place >= series.count {
            guard startSeries() else { return nil }
        }
        let (start, isInner) = (place, inner.contains(place))
        let widthTaps = isInner ? series.allTaps(at: start) : series.taps(at: start)
        place = isInner ? inner.upperBound : start + 1
        let row = (plane * height.results + line) * width.results
        return ConvolutionRun(
            count: place - start, result: (row + first + start * width.divisor) * resultStride,
            weight: depthTaps.weight + heightTaps.weight + widthTaps.weight,
            source: depthTaps.source + heightTaps.source + widthTaps.source,
            resultDistance: width.divisor * resultStride, sourceDistance: width.scale * width.sourceStride,
            depth: depthTaps, height: heightTaps, width: widthTaps)
    }

    /// - Returns: whether there is another series.
    private mutating func startSeries() -> Bool {
        first += 1
        if first >= min(width.divisor, width.results) {
            first = 0
            line += 1
            if line == height.results {
                line = 0
                plane += 1
                if plane == depth.results { return false }
                depthTaps = depth.taps(at: plane)
            }
            heightTaps = height.taps(at: line)
        }
        series = width.series(first)
        inner = series.inner
        place = 0
        return true
    }
}
