import Kernels

// The same where each channel has a kernel of its own and sees no other channel.

extension SlidingWindow {
    /// The floats from the weights of a tap to those of the next higher, along an axis.
    /// - Parameter size: from those of a tap of the window to those of its next.
    private func distance(_ axis: SlidingAxis, _ size: Int) -> Int { (axis.windowTap(1) - axis.windowTap(0)) * size }

    /// The sums over all taps of the weights times the source under them, plus b; or adds them.
    /// - Parameter weights: a row for each tap of the window, a column for each channel.
    func depthwise(
        _ window: Window, weights: Matrix, plus bias: Matrix?, into result: Matrix, accumulating: Bool
    ) {
        let line = window.kernel[2] * weights.stride
        let plane = window.kernel[1] * line
        forEachBlock(of: result) { sample, place, lines, depthTap, isFirst in
            for row in lines.places {
                let inside = depthTap == nil ? 0..<0 : height.tapsInside(at: row)
                let first = depth.windowTap(depthTap ?? 0) * plane + height.windowTap(inside.lowerBound) * line
                arithmetic.kernels.depthwise.line(
                    Segments(
                        inside.count, aStride: height.tapDistance * lines.stride, bStride: distance(height, line)),
                    width.count, channels, width.taps,
                    lines.pointer(height.position(at: row, under: inside.lowerBound)), width.scale * channels,
                    width.tapDistance * channels, weights.base + first + width.windowTap(0) * weights.stride,
                    distance(width, weights.stride), bias?.base,
                    result.base + resultPosition(sample, place, row) * result.stride, width.step * result.stride,
                    accumulating || !isFirst)
            }
        }
    }

    /// Adds the sums over all results of s times the source under each tap.
    /// - Parameter gradient: a row for each tap of the window.
    func addDepthwiseProducts(_ s: Matrix, to gradient: Matrix) {
        forEachBlock(of: s) { sample, place, lines, depthTap, _ in
            guard let depthTap else { return }
            for tap in 0..<height.taps {
                let places = height.places(under: tap).clamped(to: lines.places)
                if places.isEmpty { continue }
                let first = (depthTap * height.taps + tap) * width.taps
                arithmetic.kernels.depthwise.addWeightGradient(
                    Segments(places.count, aStride: height.scale * lines.stride, bStride: width.count * s.stride),
                    width.count, channels, width.taps,
                    lines.pointer(height.position(at: places.lowerBound, under: tap)), width.scale * channels,
                    width.tapDistance * channels, s.base + resultPosition(sample, place, places.lowerBound) * s.stride,
                    s.stride, gradient.base + first * gradient.stride, gradient.stride)
            }
        }
    }
}
