/// The gradient of a depthwise convolution's weights.
@usableFromInline
enum DepthwiseWeightKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// `dw[t] = Σ_o dy[o] ⊙ x[position under t at o]`; added to dw if accumulating.
    ///
    /// Takes a row of the output at a time: its operands stay in the cache for all taps. Adds every fourth product of a row in
    /// one sum, because a single chain of sums would wait for each link, then the four to the rows before.
    @inlinable @inline(__always)
    static func gradient(
        _ window: UnsafePointer<Window>, channels: Int, _ x: In, _ xStride: Int, _ dy: In, _ dyStride: Int, _ dw: Out,
        _ dwStride: Int, accumulating: Bool
    ) {
        let xDistance = window.pointee.stride[2] * xStride
        if !accumulating {
            for tap in 0..<window.pointee.taps {
                for (i, left) in Lanes<Set>.vectors(of: channels) {
                    Lanes<Set>(0.0).store(dw + (tap * dwStride + i), left)
                }
            }
        }
        var rows = WindowRows(window.pointee)
        while let row = rows.next() {
            addProducts(
                row.count, channels, dy + row.output * dyStride, dyStride, x + row.input * xStride, xDistance,
                to: dw + row.tap * dwStride)
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
