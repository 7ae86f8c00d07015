/// The sums of depthwise convolution. A distance is in elements, from one tap, result or gradient to the next.
@usableFromInline
enum DepthwiseKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// `y[o] = bias + Σ_s Σ_t w[s, t] ⊙ x[s, o, t]`, or adds the sums to y.
    /// - Parameters:
    ///   - segments: lines of the source, and of the weights.
    ///   - count: how many results.
    ///   - taps: of one line.
    ///   - bias: nil: zeros.
    @inlinable @inline(__always)
    static func line(
        _ segments: Segments, count: Int, channels: Int, taps: Int, _ x: In, xDistance: Int, tapDistance: Int,
        weights: In, weightDistance: Int, bias: In?, _ y: Out, yDistance: Int, accumulating: Bool
    ) {
        let operands = Operands(
            segments: segments, channels: channels, taps: taps, xDistance: xDistance, tapDistance: tapDistance,
            weights: weights, weightDistance: weightDistance, bias: bias, yDistance: yDistance,
            accumulating: accumulating)
        var place = 0
        while place < count {
            // The last results overlap those before: one that is computed twice is the same, unless it is added.
            let left = count - place
            if left >= 4 || left == 3 && count >= 4 && !accumulating {
                let start = left >= 4 ? place : count - 4
                operands.sum(FourSums<Set>.self, x + start * xDistance, y + start * yDistance)
                place = start + 4
            } else if left >= 2 || count >= 2 && !accumulating {
                let start = left >= 2 ? place : count - 2
                operands.sum(TwoSums<Set>.self, x + start * xDistance, y + start * yDistance)
                place = start + 2
            } else {
                operands.sum(OneSum<Set>.self, x + place * xDistance, y + place * yDistance)
                place += 1
            }
        }
    }

    @usableFromInline
    struct Operands {
        @usableFromInline let segments: Segments
        @usableFromInline let channels: Int
        @usableFromInline let taps: Int
        @usableFromInline let xDistance: Int
        @usableFromInline let tapDistance: Int
        @usableFromInline let weights: In
        @usableFromInline let weightDistance: Int
        @usableFromInline let bias: In?
        @usableFromInline let yDistance: Int
        @usableFromInline let accumulating: Bool

        @inlinable @inline(__always)
        init(
            segments: Segments, channels: Int, taps: Int, xDistance: Int, tapDistance: Int, weights: In,
            weightDistance: Int, bias: In?, yDistance: Int, accumulating: Bool
        ) {
            self.segments = segments
            self.channels = channels
            self.taps = taps
            self.xDistance = xDistance
            self.tapDistance = tapDistance
            self.weights = weights
            self.weightDistance = weightDistance
            self.bias = bias
            self.yDistance = yDistance
            self.accumulating = accumulating
        }

        /// Neighbouring results.
        @inlinable @inline(never)
        func sum<Tile: SumTile>(_: Tile.Type, _ x: In, _ y: Out) where Tile.Set == Set {
            Lanes<Set>.forEachVector(of: channels) { i, left in
                var sums = Tile(repeating: 0.0)
                if let bias { sums = Tile(repeating: Lanes(loading: bias + i, left)) }
                if accumulating { sums = Tile(loading: y + i, distance: yDistance, left) }
                var (x, w) = (x + i, weights + i)
                for _ in 0..<segments.count {
                    @inline(__always) func add(_ tap: Int) {
                        sums.add(
                            w + tap * weightDistance, distance: 0, times: x + tap * tapDistance, distance: xDistance,
                            left)
                    }
                    if taps == 3 {
                        add(0)
                        add(1)
                        add(2)
                    } else {
                        for tap in 0..<taps { add(tap) }
                    }
                    x += segments.aStride
                    w += segments.bStride
                }
                sums.store(y + i, distance: yDistance, left)
            }
        }
    }

    /// `dw[t] += Σ_o dy[o] ⊙ x[o, t]` over a line of results.
    ///
    /// Three taps at a time share what is loaded of dy. Every other product goes into a sum of its own: a single chain of
    /// sums would wait for each link.
    @inlinable @inline(__always)
    static func addWeightGradient(
        _ count: Int, channels: Int, taps: Int, _ x: In, xDistance: Int, tapDistance: Int, _ dy: In, dyDistance: Int,
        _ dw: Out, dwDistance: Int
    ) {
        for tap in stride(from: 0, to: taps, by: 3) {
            let (x, dw) = (x + tap * tapDistance, dw + tap * dwDistance)
            if taps - tap >= 3 {
                addProducts(
                    ThreeSums<Set>.self, count, channels, x, xDistance, tapDistance, dy, dyDistance, dw, dwDistance)
            } else {
                for rest in 0..<taps - tap {
                    addProducts(
                        OneSum<Set>.self, count, channels, x + rest * tapDistance, xDistance, tapDistance, dy,
                        dyDistance, dw + rest * dwDistance, dwDistance)
                }
            }
        }
    }

    @inlinable @inline(never)
    static func addProducts<Tile: SumTile>(
        _: Tile.Type, _ count: Int, _ channels: Int, _ x: In, _ xDistance: Int, _ tapDistance: Int, _ dy: In,
        _ dyDistance: Int, _ dw: Out, _ dwDistance: Int
    ) where Tile.Set == Set {
        Lanes<Set>.forEachVector(of: channels) { i, left in
            var (even, odd) = (Tile(repeating: 0.0), Tile(repeating: 0.0))
            var (x, dy) = (x + i, dy + i)
            for _ in 0..<count / 2 {
                even.add(dy, distance: 0, times: x, distance: tapDistance, left)
                odd.add(dy + dyDistance, distance: 0, times: x + xDistance, distance: tapDistance, left)
                x += 2 * xDistance
                dy += 2 * dyDistance
            }
            if count % 2 == 1 { even.add(dy, distance: 0, times: x, distance: tapDistance, left) }
            even.add(odd)
            even.add(Tile(loading: dw + i, distance: dwDistance, left))
            even.store(dw + i, distance: dwDistance, left)
        }
    }
}
