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
        var runs = ConvolutionRuns(
            window.pointee, isTransposed: isTransposed, weightStride: weightStride, sourceStride: sourceStride,
            resultStride: resultStride)
        while let run = runs.next() {
            let lastStart = run.count - Neighbours.count
            var place = 0
            while place < run.count {
                // The last neighbours overlap those before: a result that is computed twice is the same, unless it is added.
                let start = accumulating || lastStart < 0 ? place : min(place, lastStart)
                if start <= lastStart {
                    sum(Neighbours.self, run, at: start)
                    place = start + Neighbours.count
                } else {
                    sum(OneSum<Set>.self, run, at: place)
                    place += 1
                }
            }
        }
    }

    /// Computes the results of a run from a place on.
    @inlinable @inline(__always)
    func sum<Tile: SumTile>(_: Tile.Type, _ run: ConvolutionRun, at place: Int) where Tile.Set == Set {
        let result = result + (run.result + place * run.resultDistance)
        let source = source + (place * run.sourceDistance)
        Lanes<Set>.forEachVector(of: channels) { i, left in
            var sums = Tile(repeating: 0.0)
            if let bias { sums = Tile(repeating: Lanes(loading: bias + i, left)) }
            if accumulating { sums = Tile(loading: result + i, distance: run.resultDistance, left) }
            run.forEachTap { weight, position in
                sums.add(
                    weights + (weight + i), distance: 0, times: source + (position + i), distance: run.sourceDistance,
                    left)
            }
            sums.store(result + i, distance: run.resultDistance, left)
        }
    }
}
