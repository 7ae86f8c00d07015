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
            if left >= 6 || left > 3 && count >= 6 && !accumulating {
                let start = min(place, count - 6)
                operands.sum(SixSums<Set>.self, x + start * xDistance, y + start * yDistance)
                place = start + 6
            } else if left >= 3 || count >= 3 && !accumulating {
                let start = min(place, count - 3)
                operands.sum(ThreeSums<Set>.self, x + start * xDistance, y + start * yDistance)
                place = start + 3
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
            for (i, left) in Lanes<Set>.vectors(of: channels) {
                // Apart for a whole vector, whose count is a constant.
                if left >= Lanes<Set>.count {
                    sum(Tile.self, x, y, channel: i, Lanes<Set>.count)
                } else {
                    sum(Tile.self, x, y, channel: i, left)
                }
            }
        }

        @inlinable @inline(__always)
        func sum<Tile: SumTile>(_: Tile.Type, _ x: In, _ y: Out, channel: Int, _ left: Int) where Tile.Set == Set {
            let y = y + channel
            var sums = Tile(repeating: 0.0)
            if let bias { sums = Tile(repeating: Lanes(loading: bias + channel, left)) }
            if accumulating { sums = Tile(loading: y, distance: yDistance, left) }
            var (line, lineWeights) = (x + channel, weights + channel)
            for _ in 0..<segments.count {
                var (x, w) = (line, lineWeights)
                for _ in 0..<taps {
                    sums.add(w, distance: 0, times: x, distance: xDistance, left)
                    x += tapDistance
                    w += weightDistance
                }
                line += segments.aStride
                lineWeights += segments.bStride
            }
            sums.store(y, distance: yDistance, left)
        }
    }

    /// `dw[t] += Σ_s Σ_o dy[s, o] ⊙ x[s, o, t]`: the products of a line in turn, then the lines. Three taps at a time share what is
    /// loaded of dy, and none waits for the sum of another.
    /// - Parameters:
    ///   - segments: lines of the source, and of dy.
    ///   - count: how many results a line has.
    @inlinable @inline(__always)
    static func addWeightGradient(
        _ segments: Segments, count: Int, channels: Int, taps: Int, _ x: In, xDistance: Int, tapDistance: Int,
        _ dy: In, dyDistance: Int, _ dw: Out, dwDistance: Int
    ) {
        var tap = 0
        while tap < taps {
            let (x, dw) = (x + tap * tapDistance, dw + tap * dwDistance)
            if taps - tap >= 3 {
                addProducts(
                    ThreeSums<Set>.self, segments, count, channels, x, xDistance, tapDistance, dy, dyDistance, dw,
                    dwDistance)
                tap += 3
            } else {
                addProducts(
                    OneSum<Set>.self, segments, count, channels, x, xDistance, tapDistance, dy, dyDistance, dw,
                    dwDistance)
                tap += 1
            }
        }
    }

    @inlinable @inline(never)
    static func addProducts<Tile: SumTile>(
        _: Tile.Type, _ segments: Segments, _ count: Int, _ channels: Int, _ x: In, _ xDistance: Int,
        _ tapDistance: Int, _ dy: In, _ dyDistance: Int, _ dw: Out, _ dwDistance: Int
    ) where Tile.Set == Set {
        for (i, left) in Lanes<Set>.vectors(of: channels) {
            if left >= Lanes<Set>.count {
                addProducts(
                    Tile.self, segments, count, x + i, xDistance, tapDistance, dy + i, dyDistance, dw + i, dwDistance,
                    Lanes<Set>.count)
            } else {
                addProducts(
                    Tile.self, segments, count, x + i, xDistance, tapDistance, dy + i, dyDistance, dw + i, dwDistance,
                    left)
            }
        }
    }

    @inlinable @inline(__always)
    static func addProducts<Tile: SumTile>(
        _: Tile.Type, _ segments: Segments, _ count: Int, _ x: In, _ xDistance: Int, _ tapDistance: Int, _ dy: In,
        _ dyDistance: Int, _ dw: Out, _ dwDistance: Int, _ left: Int
    ) where Tile.Set == Set {
        var total = Tile(loading: dw, distance: dwDistance, left)
        var (line, signals) = (x, dy)
        for _ in 0..<segments.count {
            var sums = Tile(repeating: 0.0)
            var (x, dy) = (line, signals)
            for _ in 0..<count {
                sums.add(dy, distance: 0, times: x, distance: tapDistance, left)
                x += xDistance
                dy += dyDistance
            }
            total.add(sums)
            line += segments.aStride
            signals += segments.bStride
        }
        total.store(dw, distance: dwDistance, left)
    }
}
