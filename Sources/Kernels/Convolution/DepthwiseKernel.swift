/// The forward pass and the input's gradient: one sum of products, with the source's positions counted forwards or backwards.
@usableFromInline
struct DepthwiseKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>
    /// Neighbouring results, so that each weight is loaded once for all.
    @usableFromInline typealias Neighbours = FourSums<Set>

    @usableFromInline let channels: Int
    @usableFromInline let source: In
    @usableFromInline let sourceStride: Int
    @usableFromInline let weights: In
    @usableFromInline let weightStride: Int
    @usableFromInline let bias: In?
    @usableFromInline let result: Out
    @usableFromInline let resultStride: Int
    @usableFromInline let accumulating: Bool

    @inlinable @inline(__always)
    init(
        channels: Int, _ source: In, _ sourceStride: Int, weights: In, _ weightStride: Int, bias: In?, _ result: Out,
        _ resultStride: Int, accumulating: Bool
    ) {
        self.channels = channels
        self.source = source
        self.sourceStride = sourceStride
        self.weights = weights
        self.weightStride = weightStride
        self.bias = bias
        self.result = result
        self.resultStride = resultStride
        self.accumulating = accumulating
    }

    /// `y[o] = bias + Σ_t w[t] ⊙ x[position under t at o]`; without a bias if it is nil.
    @inlinable @inline(__always)
    static func forward(
        _ window: UnsafePointer<Window>, channels: Int, _ x: In, _ xStride: Int, weights: In, _ weightStride: Int,
        bias: In?, _ y: Out, _ yStride: Int
    ) {
        DepthwiseKernel(
            channels: channels, x, xStride, weights: weights, weightStride, bias: bias, y, yStride, accumulating: false
        ).run(window, isTransposed: false)
    }

    /// `dx[i] = Σ w[t] ⊙ dy[o]` over the t and o with i under t at o; added to dx if accumulating.
    @inlinable @inline(__always)
    static func inputGradient(
        _ window: UnsafePointer<Window>, channels: Int, _ dy: In, _ dyStride: Int, weights: In, _ weightStride: Int,
        _ dx: Out, _ dxStride: Int, accumulating: Bool
    ) {
        DepthwiseKernel(
            channels: channels, dy, dyStride, weights: weights, weightStride, bias: nil, dx, dxStride,
            accumulating: accumulating
        ).run(window, isTransposed: true)
    }

    @inlinable @inline(never)
    func run(_ window: UnsafePointer<Window>, isTransposed: Bool) {
        let width = ConvolutionAxis(
            window.pointee, 2, isTransposed: isTransposed, weightStride: weightStride, sourceStride: sourceStride)
        let height = ConvolutionAxis(
            window.pointee, 1, isTransposed: isTransposed, weightStride: width.kernel * width.weightStride,
            sourceStride: width.sources * width.sourceStride)
        let depth = ConvolutionAxis(
            window.pointee, 0, isTransposed: isTransposed, weightStride: height.kernel * height.weightStride,
            sourceStride: height.sources * height.sourceStride)
        var row = result
        for plane in 0..<depth.results {
            let planeTaps = depth.taps(at: plane)
            for line in 0..<height.results {
                let lineTaps = height.taps(at: line)
                for first in 0..<min(width.divisor, width.results) {
                    run(
                        ConvolutionSeries(width, first: first), planeTaps, lineTaps, into: row + first * resultStride)
                }
                row += width.results * resultStride
            }
        }
    }

    @inlinable @inline(__always)
    func run(_ series: ConvolutionSeries, _ depth: ConvolutionTaps, _ height: ConvolutionTaps, into first: Out) {
        let inner = series.inner
        let distances = (
            source: series.axis.scale * series.axis.sourceStride, result: series.axis.divisor * resultStride
        )
        var place = 0
        while place < series.count {
            // The last neighbours overlap those before: a result that is computed twice is the same, unless it is added.
            let start = accumulating ? place : min(place, inner.upperBound - Neighbours.count)
            if inner.contains(place) && start >= inner.lowerBound && start + Neighbours.count <= inner.upperBound {
                let taps = (depth, height, series.allTaps(at: start))
                sum(Neighbours.self, taps, first + start * distances.result, distances)
                place = start + Neighbours.count
            } else {
                sum(
                    OneSum<Set>.self, (depth, height, series.taps(at: place)), first + place * distances.result,
                    distances)
                place += 1
            }
        }
    }

    /// Computes neighbouring results, all with the same taps.
    @inlinable @inline(__always)
    func sum<Tile: SumTile>(
        _: Tile.Type, _ taps: (ConvolutionTaps, ConvolutionTaps, ConvolutionTaps), _ result: Out,
        _ distances: (source: Int, result: Int)
    ) where Tile.Set == Set {
        let weights = weights + (taps.0.weight + taps.1.weight + taps.2.weight)
        let source = source + (taps.0.source + taps.1.source + taps.2.source)
        Lanes<Set>.forEachVector(of: channels) { i, left in
            var sums = Tile(repeating: bias.map { Lanes(loading: $0 + i, left) } ?? 0.0)
            if accumulating { sums = Tile(loading: result + i, distance: distances.result, left) }
            var plane = (weights + i, source + i)
            for _ in 0..<taps.0.count {
                var line = plane
                for _ in 0..<taps.1.count {
                    var (weight, x) = line
                    for _ in 0..<taps.2.count {
                        sums.add(weight, distance: 0, times: x, distance: distances.source, left)
                        weight += taps.2.weightStep
                        x += taps.2.sourceStep
                    }
                    line = (line.0 + taps.1.weightStep, line.1 + taps.1.sourceStep)
                }
                plane = (plane.0 + taps.0.weightStep, plane.1 + taps.0.sourceStep)
            }
            sums.store(result + i, distance: distances.result, left)
        }
    }
}
