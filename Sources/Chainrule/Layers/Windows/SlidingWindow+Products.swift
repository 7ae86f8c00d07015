import Kernels

// The products of windows with weights, P being the matrix with a row for each window: all taps, and at each its channels.

extension SlidingWindow {
    /// Whether the taps along the width are one run.
    private var isDense: Bool { width.tapDistance == 1 }

    /// `Z = P W + b`, or `Z += P W`: a row of results for each window.
    /// - Parameters:
    ///   - panels: W in panels (``PanelPacking``), with a row for each tap and channel.
    ///   - result: a row for each position of all samples.
    func multiply(panels: Matrix, plus bias: Matrix?, into result: Matrix, accumulating: Bool) {
        let lineDepth = width.taps * channels
        let planeDepth = height.taps * lineDepth
        forEachBlock(of: result) { sample, plane, lines, depthTap, isFirst in
            PanelPacking.forEachPanel(outputs: result.columns, vectorWidth: arithmetic.kernels.vectorWidth) {
                units, panelWidth in
                let panel =
                    panels.base + units.lowerBound * depth.taps * planeDepth + (depthTap ?? 0) * planeDepth * panelWidth
                let panelBias = bias.map { $0.base + units.lowerBound }
                for line in lines.places {
                    let inside = depthTap == nil ? 0..<0 : height.tapsInside(at: line)
                    let to = result.base + resultPosition(sample, plane, line) * result.stride + units.lowerBound
                    // Taps in order: all lines at once, or one by one where taps along the width lie apart.
                    let segments =
                        isDense
                        ? Segments(
                            inside.count, aStride: height.tapDistance * lines.stride,
                            bStride: lineDepth * panelWidth)
                        : Segments(
                            inside.isEmpty ? 0 : width.taps, aStride: width.tapDistance * channels,
                            bStride: channels * panelWidth)
                    for tap in inside
                        .lowerBound..<(isDense || inside.isEmpty ? inside.lowerBound + 1 : inside.upperBound)
                    {
                        arithmetic.kernels.multiplySegments(
                            segments, width.count, units.count, isDense ? lineDepth : channels,
                            lines.pointer(height.position(at: line, under: tap)), width.scale * channels, 1,
                            panel + tap * lineDepth * panelWidth, panelWidth, panelBias, to,
                            width.step * result.stride, accumulating || !isFirst || tap > inside.lowerBound)
                    }
                }
            }
        }
    }

    /// `G += Sᵀ P`: some columns of it.
    /// - Parameters:
    ///   - s: a row for each result of all samples.
    ///   - columns: which columns of P; G has no others.
    func addTransposedProduct(_ s: Matrix, columns: Range<Int>, to gradient: Matrix) {
        let lineSize = width.taps * channels
        let runSize = isDense ? lineSize : channels
        forEachBlock(of: s) { sample, plane, lines, depthTap, _ in
            guard let depthTap else { return }
            for heightTap in 0..<height.taps {
                let places = height.places(under: heightTap).clamped(to: lines.places)
                if places.isEmpty { continue }
                let from = lines.pointer(height.position(at: places.lowerBound, under: heightTap))
                let signal = s.base + resultPosition(sample, plane, places.lowerBound) * s.stride
                let first = (depthTap * height.taps + heightTap) * lineSize
                for run in 0..<(isDense ? 1 : width.taps) {
                    let whole = first + run * runSize..<first + (run + 1) * runSize
                    let part = columns.clamped(to: whole)
                    if part.isEmpty { continue }
                    arithmetic.kernels.multiplySegments(
                        Segments(
                            places.count, aStride: width.count * s.stride, bStride: height.scale * lines.stride),
                        s.columns, part.count, width.count, signal, 1, s.stride,
                        from + run * width.tapDistance * channels + (part.lowerBound - whole.lowerBound),
                        width.scale * channels, nil, gradient.base + (part.lowerBound - columns.lowerBound),
                        gradient.stride, true)
                }
            }
        }
    }
}
