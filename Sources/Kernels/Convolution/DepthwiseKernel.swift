/// The sums of depthwise convolution.
///
/// Whole vectors of channels under two or three lines of two or three taps, which windows of three taps have everywhere, are
/// computed with all weights in registers (``HeldTaps``).
@usableFromInline
enum DepthwiseKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// `y[o] = bias + Σ_t w[t] ⊙ x[o, t]`, or adds the sums to y.
    @inlinable @inline(__always)
    static func sum(
        _ block: DepthwiseBlock, _ x: In, weights: In, bias: In?, _ y: Out, accumulating: Bool
    ) {
        var (x, y) = (x, y)
        for _ in 0..<block.samples.count {
            sumSample(block, x, weights, bias, y, accumulating)
            x += block.samples.x
            y += block.samples.other
        }
    }

    @inlinable @inline(__always)
    static func sumSample(
        _ block: DepthwiseBlock, _ x: In, _ weights: In, _ bias: In?, _ y: Out, _ accumulating: Bool
    ) {
        var channel = 0
        switch (block.lineTaps.count, block.taps.count) {
        case (3, 3):
            channel = sum(ThreeLines<ThreeTaps<Set>>.self, block, x, weights, bias, y, accumulating)
        case (2, 3):
            channel = sum(TwoLines<ThreeTaps<Set>>.self, block, x, weights, bias, y, accumulating)
        case (3, 2):
            channel = sum(ThreeLines<TwoTaps<Set>>.self, block, x, weights, bias, y, accumulating)
        case (2, 2):
            channel = sum(TwoLines<TwoTaps<Set>>.self, block, x, weights, bias, y, accumulating)
        default: break
        }
        while channel < block.channels {
            let left = block.channels - channel
            let (x, weights, bias, y) = (x + channel, weights + channel, bias.map { $0 + channel }, y + channel)
            if left >= Lanes<Set>.count {
                // Apart for a whole vector, whose count is a constant.
                sum(block, x, weights, bias, y, accumulating, Lanes<Set>.count)
            } else {
                sum(block, x, weights, bias, y, accumulating, left)
            }
            channel += Lanes<Set>.count
        }
    }

    /// - Returns: how many channels it computed.
    @inlinable @inline(never)
    static func sum<Taps: HeldTaps>(
        _: Taps.Type, _ block: DepthwiseBlock, _ x: In, _ weights: In, _ bias: In?, _ y: Out, _ accumulating: Bool
    ) -> Int where Taps.Set == Set {
        let (lineTaps, taps, places) = (block.lineTaps, block.taps, block.places)
        var channel = 0
        while channel + Lanes<Set>.count <= block.channels {
            let held = Taps(loading: weights + channel, line: lineTaps.other, tap: taps.other)
            let start: Lanes<Set> = bias.map { Lanes(loading: $0 + channel, Lanes<Set>.count) } ?? 0.0
            var (lineX, lineY) = (x + channel, y + channel)
            for _ in 0..<block.lines.count {
                var (x, y) = (lineX, lineY)
                for _ in 0..<places.count {
                    held.sum(
                        accumulating ? Lanes(loading: y, Lanes<Set>.count) : start, x, line: lineTaps.x, tap: taps.x
                    ).store(y, Lanes<Set>.count)
                    x += places.x
                    y += places.other
                }
                lineX += block.lines.x
                lineY += block.lines.other
            }
            channel += Lanes<Set>.count
        }
        return channel
    }

    /// The sums of one vector of channels, three results at a time.
    @inlinable @inline(__always)
    static func sum(
        _ block: DepthwiseBlock, _ x: In, _ weights: In, _ bias: In?, _ y: Out, _ accumulating: Bool, _ left: Int
    ) {
        let start: Lanes<Set> = bias.map { Lanes(loading: $0, left) } ?? 0.0
        var (lineX, lineY) = (x, y)
        for _ in 0..<block.lines.count {
            var (x, y, results) = (lineX, lineY, block.places.count)
            while results > 0 {
                if results >= ThreeSums<Set>.count {
                    sum(ThreeSums<Set>.self, block, x, weights, start, y, accumulating, left)
                } else {
                    sum(OneSum<Set>.self, block, x, weights, start, y, accumulating, left)
                }
                let some = results >= ThreeSums<Set>.count ? ThreeSums<Set>.count : 1
                x += some * block.places.x
                y += some * block.places.other
                results -= some
            }
            lineX += block.lines.x
            lineY += block.lines.other
        }
    }

    @inlinable @inline(__always)
    static func sum<Tile: SumTile>(
        _: Tile.Type, _ block: DepthwiseBlock, _ x: In, _ weights: In, _ start: Lanes<Set>, _ y: Out,
        _ accumulating: Bool, _ left: Int
    ) where Tile.Set == Set {
        var sums = Tile(repeating: start)
        if accumulating { sums = Tile(loading: y, distance: block.places.other, left) }
        var (line, lineWeights) = (x, weights)
        for _ in 0..<block.lineTaps.count {
            var (x, w) = (line, lineWeights)
            for _ in 0..<block.taps.count {
                sums.add(w, distance: 0, times: x, distance: block.places.x, left)
                x += block.taps.x
                w += block.taps.other
            }
            line += block.lineTaps.x
            lineWeights += block.lineTaps.other
        }
        sums.store(y, distance: block.places.other, left)
    }

    /// `dw[t] += Σ_o dy[o] ⊙ x[o, t]`: the products of all results of a sample in turn, then what they are added to.
    @inlinable @inline(__always)
    static func addWeightGradient(_ block: DepthwiseBlock, _ x: In, _ dy: In, _ dw: Out) {
        var (x, dy) = (x, dy)
        for _ in 0..<block.samples.count {
            addWeightGradientOfSample(block, x, dy, dw)
            x += block.samples.x
            dy += block.samples.other
        }
    }

    @inlinable @inline(__always)
    static func addWeightGradientOfSample(_ block: DepthwiseBlock, _ x: In, _ dy: In, _ dw: Out) {
        var channel = 0
        switch (block.lineTaps.count, block.taps.count) {
        case (3, 3): channel = addWeightGradient(ThreeLines<ThreeTaps<Set>>.self, block, x, dy, dw)
        case (2, 3): channel = addWeightGradient(TwoLines<ThreeTaps<Set>>.self, block, x, dy, dw)
        case (3, 2): channel = addWeightGradient(ThreeLines<TwoTaps<Set>>.self, block, x, dy, dw)
        case (2, 2): channel = addWeightGradient(TwoLines<TwoTaps<Set>>.self, block, x, dy, dw)
        default: break
        }
        while channel < block.channels {
            let left = block.channels - channel
            let (x, dy, dw) = (x + channel, dy + channel, dw + channel)
            if left >= Lanes<Set>.count {
                addWeightGradient(block, x, dy, dw, Lanes<Set>.count)
            } else {
                addWeightGradient(block, x, dy, dw, left)
            }
            channel += Lanes<Set>.count
        }
    }

    /// - Returns: how many channels it computed.
    @inlinable @inline(never)
    static func addWeightGradient<Taps: HeldTaps>(
        _: Taps.Type, _ block: DepthwiseBlock, _ x: In, _ dy: In, _ dw: Out
    ) -> Int where Taps.Set == Set {
        let (lineTaps, taps, places) = (block.lineTaps, block.taps, block.places)
        var channel = 0
        while channel + Lanes<Set>.count <= block.channels {
            var sums = Taps()
            var (lineX, lineY) = (x + channel, dy + channel)
            for _ in 0..<block.lines.count {
                var (x, dy) = (lineX, lineY)
                for _ in 0..<places.count {
                    sums.add(Lanes(loading: dy, Lanes<Set>.count), times: x, line: lineTaps.x, tap: taps.x)
                    x += places.x
                    dy += places.other
                }
                lineX += block.lines.x
                lineY += block.lines.other
            }
            sums.add(to: dw + channel, line: lineTaps.other, tap: taps.other)
            channel += Lanes<Set>.count
        }
        return channel
    }

    /// The sums of one vector of channels, three taps at a time: they share what is loaded of dy, and none waits for the sum of
    /// another.
    @inlinable @inline(__always)
    static func addWeightGradient(_ block: DepthwiseBlock, _ x: In, _ dy: In, _ dw: Out, _ left: Int) {
        for line in 0..<block.lineTaps.count {
            var tap = 0
            while tap < block.taps.count {
                let (x, dw) = (
                    x + line * block.lineTaps.x + tap * block.taps.x,
                    dw + line * block.lineTaps.other + tap * block.taps.other
                )
                if block.taps.count - tap >= ThreeSums<Set>.count {
                    addProducts(ThreeSums<Set>.self, block, x, dy, dw, left)
                    tap += ThreeSums<Set>.count
                } else {
                    addProducts(OneSum<Set>.self, block, x, dy, dw, left)
                    tap += 1
                }
            }
        }
    }

    @inlinable @inline(__always)
    static func addProducts<Tile: SumTile>(
        _: Tile.Type, _ block: DepthwiseBlock, _ x: In, _ dy: In, _ dw: Out, _ left: Int
    ) where Tile.Set == Set {
        var sums = Tile(repeating: 0.0)
        var (lineX, lineY) = (x, dy)
        for _ in 0..<block.lines.count {
            var (x, dy) = (lineX, lineY)
            for _ in 0..<block.places.count {
                sums.add(dy, distance: 0, times: x, distance: block.taps.x, left)
                x += block.places.x
                dy += block.places.other
            }
            lineX += block.lines.x
            lineY += block.lines.other
        }
        var total = Tile(loading: dw, distance: block.taps.other, left)
        total.add(sums)
        total.store(dw, distance: block.taps.other, left)
    }
}
