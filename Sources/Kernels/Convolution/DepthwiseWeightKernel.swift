/// The gradient of a depthwise convolution's weights.
@usableFromInline
enum DepthwiseWeightKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// `dw[t] = Σ_o dy[o] ⊙ x[position under t at o]`; added to dw if accumulating.
    ///
    /// A row of the output at a time, so that its operands stay in the cache for all taps. A row's sum is that of four, and
    /// is added to the rows before.
    @inlinable @inline(__always)
    static func gradient(
        _ window: UnsafePointer<Window>, channels: Int, _ x: In, _ xStride: Int, _ dy: In, _ dyStride: Int, _ dw: Out,
        _ dwStride: Int, accumulating: Bool
    ) {
        let window = window.pointee
        if !accumulating {
            for tap in 0..<window.taps {
                for (i, left) in Lanes<Set>.vectors(of: channels) {
                    Lanes<Set>(0.0).store(dw + (tap * dwStride + i), left)
                }
            }
        }
        for depth in 0..<window.output[0] {
            for height in 0..<window.output[1] {
                let row = dy + (depth * window.output[1] + height) * window.output[2] * dyStride
                let first = (window.first(0, at: depth), window.first(1, at: height))
                for depthTap in window.taps(0, from: first.0) {
                    let plane = (first.0 + depthTap * window.dilation[0]) * window.input[1]
                    for heightTap in window.taps(1, from: first.1) {
                        let line = (plane + first.1 + heightTap * window.dilation[1]) * window.input[2]
                        for widthTap in 0..<window.kernel[2] {
                            let outputs = window.outputs(2, under: widthTap)
                            let position =
                                line + window.first(2, at: outputs.lowerBound) + widthTap * window.dilation[2]
                            let tap = (depthTap * window.kernel[1] + heightTap) * window.kernel[2] + widthTap
                            addProducts(
                                outputs.count, channels, row + outputs.lowerBound * dyStride, dyStride,
                                x + position * xStride, window.stride[2] * xStride, to: dw + tap * dwStride)
                        }
                    }
                }
            }
        }
    }

    /// Adds `Σ a ⊙ b` over some positions to a row of sums.
    @inlinable @inline(__always)
    static func addProducts(
        _ positions: Int, _ channels: Int, _ a: In, _ aStride: Int, _ b: In, _ bStride: Int, to sums: Out
    ) {
        Lanes<Set>.forEachVector(of: channels) { i, left in
            var (a, b) = (a + i, b + i)
            var four = FourSums<Set>(repeating: 0.0)
            for _ in 0..<positions / 4 {
                four.add(a, distance: aStride, times: b, distance: bStride, left)
                a += 4 * aStride
                b += 4 * bStride
            }
            for _ in 0..<positions % 4 {
                four.first.first.add(a, distance: aStride, times: b, distance: bStride, left)
                a += aStride
                b += bStride
            }
            (Lanes(loading: sums + i, left) + four.total).store(sums + i, left)
        }
    }
}
