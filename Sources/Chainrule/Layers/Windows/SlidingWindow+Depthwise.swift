import Kernels

// The same where each channel has a kernel of its own and sees no other channel.

extension SlidingWindow {
    /// The sums over all taps of the weights times the source under them, plus b; or adds them.
    /// - Parameter weights: a row for each tap of the window, a column for each channel.
    func depthwise(
        _ window: Window, weights: Matrix, plus bias: Matrix?, into result: Matrix, accumulating: Bool
    ) {
        forEachBlock(of: result) { block in
            let adds = accumulating || !block.isFirst
            if block.isEmpty && adds { return }
            forEachPart(of: block, window, weights, result) { part, x, w, y in
                arithmetic.kernels.depthwise.sum(part, x, w, bias?.base, y, adds)
            }
        }
    }

    /// Adds the sums over all results of s times the source under each tap.
    /// - Parameter gradient: a row for each tap of the window.
    func addDepthwiseProducts(_ window: Window, _ s: Matrix, to gradient: Matrix) {
        forEachBlock(of: s) { block in
            if block.isEmpty { return }
            forEachPart(of: block, window, gradient, s) { part, x, dw, dy in
                arithmetic.kernels.depthwise.addWeightGradient(part, x, dy, dw)
            }
        }
    }

    /// Calls `body` for the two fastest directions of a block at a time.
    /// - Parameters:
    ///   - weights: a row for each tap of the window.
    ///   - results: a row for each result.
    private func forEachPart(
        of block: Block, _ window: Window, _ weights: Matrix, _ results: Matrix,
        _ body: (
            _ part: DepthwiseBlock, _ x: UnsafeMutablePointer<Float>, _ weights: UnsafeMutablePointer<Float>,
            _ y: UnsafeMutablePointer<Float>
        ) -> Void
    ) {
        /// The rows of weights from a tap to the next higher.
        func distance(_ axis: SlidingAxis) -> Int { axis.windowTap(1) - axis.windowTap(0) }
        let (inner, middle, outer) = block.directions(enough: 3)
        let lineTaps = DepthwiseBlock.Direction(
            block.isEmpty ? 0 : block.lineTaps.count, x: lineTapDistance,
            other: distance(height) * window.kernel[2] * weights.stride)
        let part = DepthwiseBlock(
            channels: channels,
            outer: DepthwiseBlock.Direction(middle.count, x: middle.source, other: middle.result * results.stride),
            inner: DepthwiseBlock.Direction(inner.count, x: inner.source, other: inner.result * results.stride),
            lineTaps: lineTaps,
            taps: DepthwiseBlock.Direction(block.taps.count, x: tapDistance, other: distance(width) * weights.stride))
        let plane = depth.windowTap(block.depthTap ?? 0) * window.kernel[1]
        let line = (plane + height.windowTap(block.lineTaps.lowerBound)) * window.kernel[2]
        let from = weights.base + (line + width.windowTap(block.taps.lowerBound)) * weights.stride
        for i in 0..<outer.count {
            body(
                part, block.source + i * outer.source, from,
                results.base + (block.result + i * outer.result) * results.stride)
        }
    }
}
