/// The largest element under a window: maximum pooling.
@usableFromInline
enum MaximumKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// The largest x over the taps inside the input, and in `taps` which tap that is, the first of equals. The first NaN is
    /// larger than any number. Every window has a tap inside.
    @inlinable @inline(__always)
    static func maximum(
        _ window: UnsafePointer<Window>, channels: Int, _ x: In, _ xStride: Int, _ y: Out, _ yStride: Int,
        taps: Out?, _ tapsStride: Int
    ) {
        var tiles = ConvolutionTiles(
            window.pointee, isTransposed: false, neighbours: 1, isOverlapping: false, weightStride: 1,
            sourceStride: xStride, resultStride: 1)
        while let tile = tiles.next() {
            for (i, left) in Lanes<Set>.vectors(of: channels) {
                var largest = Lanes<Set>(-Set.Scalar.infinity)
                var largestTap = Lanes<Set>(Set.Scalar(tile.weight))
                var plane = (tile.weight, x + (tile.source + i))
                for _ in 0..<tile.depth.count {
                    var line = plane
                    for _ in 0..<tile.height.count {
                        var (tap, x) = line
                        for _ in 0..<tile.width.count {
                            let value = Lanes<Set>(loading: x, left)
                            // False for a NaN on either side: the inner choice takes a NaN, the outer one keeps it.
                            let stays = value <= largest
                            let isNumber = largest <= largest
                            let number = Lanes<Set>(Set.Scalar(tap))
                            largestTap = .select(isNumber, .select(stays, largestTap, number), largestTap)
                            largest = .select(isNumber, .select(stays, largest, value), largest)
                            tap += tile.width.weightStep
                            x += tile.width.sourceStep
                        }
                        line = (line.0 + tile.height.weightStep, line.1 + tile.height.sourceStep)
                    }
                    plane = (plane.0 + tile.depth.weightStep, plane.1 + tile.depth.sourceStep)
                }
                largest.store(y + (tile.result * yStride + i), left)
                if let taps { largestTap.store(taps + (tile.result * tapsStride + i), left) }
            }
        }
    }
}
