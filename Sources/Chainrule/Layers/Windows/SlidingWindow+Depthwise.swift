import Kernels

// The same where each channel has a kernel of its own and sees no other channel.

extension SlidingWindow {
    /// The sums over all taps of the weights times the source under them, plus b; or adds them.
    /// - Parameter weights: a row for each tap of the window, a column for each channel.
    @inline(never)
    func depthwise(
        _ window: Window, weights: Matrix, plus bias: Matrix?, into result: Matrix, accumulating: Bool
    ) {
        for block in blocks(of: result) {
            let adds = accumulating || !block.isFirst
            if block.isEmpty && adds { continue }
            arithmetic.kernels.depthwise.sum(
                part(block, window, weights, result), block.source,
                weights.row(firstTap(of: block, window)).base, bias?.base, result.row(block.result).base, adds)
        }
    }

    /// Adds the sums over all results of s times the source under each tap.
    /// - Parameter gradient: a row for each tap of the window.
    @inline(never)
    func addDepthwiseProducts(_ window: Window, _ s: Matrix, to gradient: Matrix) {
        for block in blocks(of: s) where !block.isEmpty {
            arithmetic.kernels.depthwise.addWeightGradient(
                part(block, window, gradient, s), block.source, s.row(block.result).base,
                gradient.row(firstTap(of: block, window)).base)
        }
    }

    /// The window's tap that is a block's lowest.
    private func firstTap(of block: SlidingBlock, _ window: Window) -> Int {
        let plane = depth.windowTap(block.depthTap ?? 0) * window.kernel[1]
        let line = (plane + height.windowTap(block.lineTaps.lowerBound)) * window.kernel[2]
        return block.isEmpty ? 0 : line + width.windowTap(block.taps.lowerBound)
    }

    /// - Parameters:
    ///   - weights: a row for each tap of the window.
    ///   - results: a row for each result.
    private func part(_ block: SlidingBlock, _ window: Window, _ weights: Matrix, _ results: Matrix) -> DepthwiseBlock {
        func row(_ direction: SlidingBlock.Direction) -> DepthwiseBlock.Direction {
            DepthwiseBlock.Direction(
                direction.count, x: direction.source, other: direction.result * results.stride)
        }
        /// - Parameter size: the taps of the window from one to the next along an axis.
        func taps(_ count: Int, _ axis: SlidingAxis, _ distance: Int, _ size: Int) -> DepthwiseBlock.Direction {
            DepthwiseBlock.Direction(
                block.isEmpty ? 0 : count, x: distance,
                other: (axis.windowTap(1) - axis.windowTap(0)) * size * weights.stride)
        }
        // The kernel goes fastest along more results.
        let isNarrow = block.places.count < block.lines.count
        let (lines, places) = isNarrow ? (block.places, block.lines) : (block.lines, block.places)
        return DepthwiseBlock(
            channels: channels, samples: row(block.samples), lines: row(lines), places: row(places),
            lineTaps: taps(block.lineTaps.count, height, lineTapDistance, window.kernel[2]),
            taps: taps(block.taps.count, width, tapDistance, 1))
    }
}
