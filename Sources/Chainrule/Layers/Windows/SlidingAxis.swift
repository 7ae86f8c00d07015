import Kernels

/// One axis of a window that slides over a source: results with the same taps, in the order of the positions under them.
struct SlidingAxis {
    /// How many results, where the first lies, and how far apart they lie.
    let count: Int
    let first: Int
    let step: Int
    /// How many taps.
    let taps: Int
    /// The positions of the source.
    let sources: Int
    /// The position under the lowest tap for the first result.
    private let source: Int
    /// From the position under a tap to the one under the next higher.
    let tapDistance: Int
    /// From the position under a tap for a result to the one for the next.
    let scale: Int
    private let series: ConvolutionSeries

    init(_ window: Window, _ axis: Int, isTransposed: Bool, first: Int) {
        series = ConvolutionSeries(window, axis, isTransposed: isTransposed, first: first)
        count = series.count
        self.first = first
        step = ConvolutionSeries.number(window, axis, isTransposed: isTransposed)
        taps = series.taps
        sources = series.sources
        source = min(series.source, series.source + max(0, series.taps - 1) * series.sourceStep)
        tapDistance = max(1, abs(series.sourceStep))
        scale = series.scale
    }

    private var isReversed: Bool { series.sourceStep < 0 }

    /// The window's tap, of those in order.
    func windowTap(_ tap: Int) -> Int { series.firstTap + (isReversed ? taps - 1 - tap : tap) * series.tapStep }

    /// The taps inside the source.
    private func tapsInside(at place: Int) -> Range<Int> {
        let inside = series.tapsInside(at: place)
        return isReversed ? taps - inside.upperBound..<taps - inside.lowerBound : inside
    }

    /// The results for which a tap lies inside the source.
    func places(under tap: Int) -> Range<Int> { series.places(under: isReversed ? taps - 1 - tap : tap) }

    /// The position under a tap.
    func position(at place: Int, under tap: Int) -> Int { source + place * scale + tap * tapDistance }

    /// Neighbouring results with the same taps inside the source.
    struct Run {
        let places: Range<Int>
        let taps: Range<Int>
    }

    /// The run that begins at a result. It ends where a lower tap comes inside, or the highest leaves.
    func run(from place: Int) -> Run {
        let inside = tapsInside(at: place)
        var end = count
        if inside.lowerBound > 0 { end = min(end, places(under: inside.lowerBound - 1).lowerBound) }
        if !inside.isEmpty { end = min(end, places(under: inside.upperBound - 1).upperBound) }
        return Run(places: place..<max(end, place + 1), taps: inside)
    }
}
