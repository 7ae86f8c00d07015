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
        var runs = ConvolutionRuns(window.pointee, sourceStride: xStride)
        while let run = runs.next() {
            for place in 0..<run.count {
                let result = run.result + place
                for (i, left) in Lanes<Set>.vectors(of: channels) {
                    let x = x + (place * run.sourceDistance + i)
                    var largest = Lanes<Set>(-Set.Scalar.infinity)
                    var largestTap = Lanes<Set>(Set.Scalar(run.weight))
                    run.forEachTap { tap, position in
                        let value = Lanes<Set>(loading: x + position, left)
                        // False for a NaN on either side: the inner choice takes a NaN, the outer one keeps it.
                        let stays = value <= largest
                        let isNumber = largest <= largest
                        let number = Lanes<Set>(Set.Scalar(tap))
                        largestTap = .select(isNumber, .select(stays, largestTap, number), largestTap)
                        largest = .select(isNumber, .select(stays, largest, value), largest)
                    }
                    largest.store(y + (result * yStride + i), left)
                    if let taps { largestTap.store(taps + (result * tapsStride + i), left) }
                }
            }
        }
    }
}
