/// Neighbouring results of a convolution that have the same taps inside the source.
public struct ConvolutionTile {
    /// 1, or as many neighbours as the kernel computes together.
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
}

/// The tiles that make up a convolution's result.
///
/// Its functions are compiled once, for all instruction sets. If they were inlined or emitted into a module for one of them,
/// the linker could keep that module's copy for all.
public struct ConvolutionTiles {
    private let neighbours: Int
    private let isOverlapping: Bool
    private let resultStride: Int
    private let depth: ConvolutionAxis
    private let height: ConvolutionAxis
    private let width: ConvolutionAxis

    // Where the next tile is: the positions in the depth and the height, one of the width's series, and the place in it.
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
    /// - Parameters:
    ///   - isTransposed: ``ConvolutionAxis``.
    ///   - neighbours: the count of a tile that is not 1.
    ///   - isOverlapping: whether tiles may share results, where a row's length is no multiple of the neighbours.
    @inline(never) @export(interface)
    public init(
        _ window: Window, isTransposed: Bool, neighbours: Int, isOverlapping: Bool, weightStride: Int,
        sourceStride: Int, resultStride: Int
    ) {
        self.neighbours = neighbours
        self.isOverlapping = isOverlapping
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
    public mutating func next() -> ConvolutionTile? {
        if place >= series.count {
            guard startSeries() else { return nil }
        }
        let start = isOverlapping ? min(place, inner.upperBound - neighbours) : place
        if inner.contains(place) && start >= inner.lowerBound && start + neighbours <= inner.upperBound {
            place = start + neighbours
            return tile(neighbours, at: start, series.allTaps(at: start))
        }
        place += 1
        return tile(1, at: place - 1, series.taps(at: place - 1))
    }

    private func tile(_ count: Int, at place: Int, _ widthTaps: ConvolutionTaps) -> ConvolutionTile {
        let row = (plane * height.results + line) * width.results
        return ConvolutionTile(
            count: count, result: (row + first + place * width.divisor) * resultStride,
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
