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
        window.pointee.forEachOutput { output, inside in
            for (i, left) in Lanes<Set>.vectors(of: channels) {
                var largest = Lanes<Set>(-Set.Scalar.infinity)
                var largestTap = Lanes<Set>(Set.Scalar(inside.firstTap))
                inside.forEach { tap, position in
                    let value = Lanes<Set>(loading: x + (position * xStride + i), left)
                    // False for a NaN on either side: the inner choice takes a NaN, the outer one keeps it.
                    let stays = value <= largest
                    let isNumber = largest <= largest
                    let number = Lanes<Set>(Set.Scalar(tap))
                    largestTap = .select(isNumber, .select(stays, largestTap, number), largestTap)
                    largest = .select(isNumber, .select(stays, largest, value), largest)
                }
                largest.store(y + (output * yStride + i), left)
                if let taps { largestTap.store(taps + (output * tapsStride + i), left) }
            }
        }
    }
}
