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
        forEachLine(s, columns) { lines, p, pStride, signal, part in
            arithmetic.kernels.multiplySegments(
                Segments(lines.count, aStride: lines.bStride, bStride: lines.aStride), s.columns, part.count,
                width.count, signal, 1, s.stride, p, pStride, nil,
                gradient.base + (part.lowerBound - columns.lowerBound), gradient.stride, true)
        }
    }

    /// `Gᵀ += Pᵀ S`: some rows of it, which are columns of P.
    func addProduct(_ s: Matrix, columns: Range<Int>, to transposed: Matrix) {
        forEachLine(s, columns) { lines, p, pStride, signal, part in
            arithmetic.kernels.multiplySegments(
                lines, part.count, s.columns, width.count, p, 1, pStride, signal, s.stride, nil,
                transposed.row(part.lowerBound - columns.lowerBound).base, transposed.stride, true)
        }
    }

    /// Calls `body` for runs of neighbouring taps, with all results at a time for which these lie inside the source.
    /// - Parameter body: gets the lines of the results, A being the source and B the signals; the source under the taps for the
    ///   first result, and from one result to the next; the first result's signals; and which columns of P the taps are.
    private func forEachLine(
        _ s: Matrix, _ columns: Range<Int>,
        _ body: (
            _ lines: Segments, _ p: UnsafeMutablePointer<Float>, _ pStride: Int, _ signal: UnsafeMutablePointer<Float>,
            _ part: Range<Int>
        ) -> Void
    ) {
        let lineDepth = width.taps * channels
        let runDepth = isDense ? lineDepth : channels
        forEachBlock(of: s) { sample, plane, lines, depthTap, _ in
            guard let depthTap else { return }
            for heightTap in 0..<height.taps {
                let places = height.places(under: heightTap).clamped(to: lines.places)
                if places.isEmpty { continue }
                let from = lines.pointer(height.position(at: places.lowerBound, under: heightTap))
                let signal = s.base + resultPosition(sample, plane, places.lowerBound) * s.stride
                let first = (depthTap * height.taps + heightTap) * lineDepth
                for run in 0..<lineDepth / runDepth {
                    let whole = first + run * runDepth..<first + (run + 1) * runDepth
                    let part = columns.clamped(to: whole)
                    if part.isEmpty { continue }
                    body(
                        Segments(
                            places.count, aStride: height.scale * lines.stride, bStride: width.count * s.stride),
                        from + run * width.tapDistance * channels + (part.lowerBound - whole.lowerBound),
                        width.scale * channels, signal, part)
                }
            }
        }
    }
}
