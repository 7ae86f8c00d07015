/// One axis of a convolution or pooling: which taps join a position of the result with which positions of the source.
///
/// Forward the source is the input: tap t joins result o with position `o · stride + t · dilation − before`. For the input's
/// gradient the convolution is transposed, and the source is the output: tap t joins result i with position
/// `(i + before − t · dilation) / stride`, if that is a whole number.
struct ConvolutionAxis {
    let results: Int
    let sources: Int
    let kernel: Int
    // Tap t joins result r with position (r · scale + offset + t · slope) / divisor.
    let scale: Int
    let offset: Int
    let slope: Int
    /// Each so many results have the same taps, except at the edges.
    let divisor: Int
    /// The floats from one tap's weights to the next's.
    let weightStride: Int
    /// The floats from one position of the source to the next.
    let sourceStride: Int

    init(_ window: Window, _ axis: Int, isTransposed: Bool, weightStride: Int, sourceStride: Int) {
        results = isTransposed ? window.input[axis] : window.output[axis]
        sources = isTransposed ? window.output[axis] : window.input[axis]
        kernel = window.kernel[axis]
        scale = isTransposed ? 1 : window.stride[axis]
        offset = isTransposed ? window.before[axis] : -window.before[axis]
        slope = isTransposed ? -window.dilation[axis] : window.dilation[axis]
        divisor = isTransposed ? window.stride[axis] : 1
        self.weightStride = weightStride
        self.sourceStride = sourceStride
    }

    /// The results from `first` on that are ``divisor`` apart.
    func series(_ first: Int) -> ConvolutionSeries { ConvolutionSeries(self, first: first) }

    /// The taps inside the source for one result.
    @inline(never)
    func taps(at result: Int) -> ConvolutionTaps { series(result % divisor).taps(at: result / divisor) }
}

/// Results along an axis that have the same taps, except where a tap lies beyond the source.
public struct ConvolutionSeries {
    let axis: ConvolutionAxis
    public let count: Int
    // The taps: so many, from the first in equal steps.
    public let taps: Int
    public let firstTap: Int
    public let tapStep: Int
    /// The position under the first tap for the first result.
    public let source: Int
    /// From the position under a tap to the one under the next.
    public let sourceStep: Int
    /// From the position under a tap for a result to the one for the next.
    public var scale: Int { axis.scale }
    /// The source's positions.
    public var sources: Int { axis.sources }

    /// One of the ``number(_:_:isTransposed:)`` series that make up an axis of a window.
    @inline(never) @export(interface)
    public init(_ window: Window, _ axis: Int, isTransposed: Bool, first: Int) {
        self.init(
            ConvolutionAxis(window, axis, isTransposed: isTransposed, weightStride: 0, sourceStride: 0), first: first)
    }

    /// How many series there are. The results of each lie so many positions apart.
    public static func number(_ window: Window, _ axis: Int, isTransposed: Bool) -> Int {
        isTransposed ? window.stride[axis] : 1
    }

    @inline(never)
    init(_ axis: ConvolutionAxis, first: Int) {
        self.axis = axis
        count = (axis.results - first + axis.divisor - 1) / axis.divisor
        let start = first * axis.scale + axis.offset
        var (found, firstTap, tapStep) = (0, 0, 0)
        for tap in 0..<axis.kernel where (start + tap * axis.slope) % axis.divisor == 0 {
            if found == 0 { firstTap = tap }
            if found == 1 { tapStep = tap - firstTap }
            found += 1
        }
        taps = found
        self.firstTap = firstTap
        self.tapStep = tapStep
        source = (start + firstTap * axis.slope) / axis.divisor
        sourceStep = tapStep * axis.slope / axis.divisor
    }

    /// The results for which every tap lies inside the source.
    var inner: Range<Int> {
        let last = source + max(0, taps - 1) * sourceStep
        let low = Window.steps(from: min(source, last), by: axis.scale, below: axis.sources, atMost: count).lowerBound
        let high = Window.steps(from: max(source, last), by: axis.scale, below: axis.sources, atMost: count).upperBound
        return low..<max(low, high)
    }

    /// Every tap, for a result in ``inner``.
    func allTaps(at place: Int) -> ConvolutionTaps { ConvolutionTaps(self, at: place, 0..<taps) }

    /// The taps inside the source.
    @inline(never)
    func taps(at place: Int) -> ConvolutionTaps { ConvolutionTaps(self, at: place, tapsInside(at: place)) }

    /// Which of the taps lie inside the source.
    @inline(never) @export(interface)
    public func tapsInside(at place: Int) -> Range<Int> {
        let first = source + place * axis.scale
        // Backwards, positions are counted from the source's end.
        return sourceStep < 0
            ? Window.steps(from: axis.sources - 1 - first, by: -sourceStep, below: axis.sources, atMost: taps)
            : Window.steps(from: first, by: max(1, sourceStep), below: axis.sources, atMost: taps)
    }

    /// The results for which a tap lies inside the source.
    @inline(never) @export(interface)
    public func places(under tap: Int) -> Range<Int> {
        Window.steps(from: source + tap * sourceStep, by: axis.scale, below: axis.sources, atMost: count)
    }
}

/// Some taps of an axis, and the positions under them: the offset of the first, and the steps between them.
public struct ConvolutionTaps {
    public let count: Int
    public let weight: Int
    public let weightStep: Int
    public let source: Int
    public let sourceStep: Int

    init(_ series: ConvolutionSeries, at place: Int, _ taps: Range<Int>) {
        let axis = series.axis
        count = taps.count
        weight = (series.firstTap + taps.lowerBound * series.tapStep) * axis.weightStride
        weightStep = series.tapStep * axis.weightStride
        source = (series.source + place * axis.scale + taps.lowerBound * series.sourceStep) * axis.sourceStride
        sourceStep = series.sourceStep * axis.sourceStride
    }
}
