import Kernels

// The products of windows with weights, P being the matrix with a row for each window: all taps, and at each its channels.

extension SlidingWindow {
    /// Whether neighbouring taps along the width are one run of the source.
    private var isDense: Bool { width.taps == 1 || tapDistance == channels }

    /// `Z = P W + b`, or `Z += P W`: a row of results for each window.
    /// - Parameters:
    ///   - panels: W in panels (``PanelPacking``), with a row for each tap and channel.
    ///   - result: a row for each position of all samples.
    @inline(never)
    func multiply(panels: UnsafeMutablePointer<Float>, plus bias: Matrix?, into result: Matrix, accumulating: Bool) {
        let depthCount = depth.taps * height.taps * width.taps * channels
        for block in blocks(of: result) {
            let adds = accumulating || !block.isFirst
            if block.isEmpty && adds { continue }
            let (rows, middle, outer) = block.directions(enough: arithmetic.kernels.tileRows)
            PanelPacking.forEachPanel(outputs: result.columns, vectorWidth: arithmetic.kernels.vectorWidth) {
                units, panelWidth in
                let panel = panels + units.lowerBound * depthCount
                let panelBias = bias.map { $0.base + units.lowerBound }
                for i in 0..<outer.count {
                    for j in 0..<middle.count {
                        let to =
                            result.base
                            + (block.result + i * outer.result + j * middle.result) * result.stride + units.lowerBound
                        forEachRunOfTaps(block) { run, isFirst in
                            arithmetic.kernels.multiplySegments(
                                Segments(
                                    run.count, aStride: run.distance, bStride: run.numbers * channels * panelWidth),
                                rows.count, units.count, run.depth,
                                block.source + i * outer.source + j * middle.source + run.source, rows.source, 1,
                                panel + run.tap * channels * panelWidth, panelWidth, panelBias, to,
                                rows.result * result.stride, adds || !isFirst)
                        }
                    }
                }
            }
        }
    }

    /// Taps to multiply with at once: lines, or single taps of one line where they are no run of the source.
    private struct RunOfTaps {
        let count: Int
        /// The elements of one.
        let depth: Int
        /// From one to the next: in the source, and in numbers of taps.
        let distance: Int
        let numbers: Int
        /// The source under the first, from the block's on.
        let source: Int
        /// The first tap's number.
        let tap: Int
    }

    /// Calls `body` for the taps of a block in order; once, with none, if the block is empty.
    private func forEachRunOfTaps(_ block: SlidingBlock, _ body: (RunOfTaps, _ isFirst: Bool) -> Void) {
        let first = tapNumber(block)
        if isDense || block.isEmpty {
            return body(
                RunOfTaps(
                    count: block.isEmpty ? 0 : block.lineTaps.count, depth: block.taps.count * channels,
                    distance: lineTapDistance, numbers: width.taps, source: 0, tap: first), true)
        }
        for line in 0..<block.lineTaps.count {
            body(
                RunOfTaps(
                    count: block.taps.count, depth: channels, distance: tapDistance, numbers: 1,
                    source: line * lineTapDistance, tap: first + line * width.taps), line == 0)
        }
    }

    /// The number of a block's first tap, counted through all that the series has.
    private func tapNumber(_ block: SlidingBlock) -> Int {
        ((block.depthTap ?? 0) * height.taps + block.lineTaps.lowerBound) * width.taps + block.taps.lowerBound
    }

    /// `G += Sᵀ P`: some columns of it.
    /// - Parameters:
    ///   - s: a row for each result of all samples.
    ///   - columns: which columns of P; G has no others.
    @inline(never)
    func addTransposedProduct(_ s: Matrix, columns: Range<Int>, to gradient: Matrix) {
        forEachProduct(s, columns) { lines, depth, p, pStride, signal, signalStride, part in
            arithmetic.kernels.multiplySegments(
                Segments(lines.count, aStride: lines.bStride, bStride: lines.aStride), s.columns, part.count, depth,
                signal, 1, signalStride, p, pStride, nil, gradient.base + (part.lowerBound - columns.lowerBound),
                gradient.stride, true)
        }
    }

    /// `Gᵀ += Pᵀ S`: some rows of it, which are columns of P.
    @inline(never)
    func addProduct(_ s: Matrix, columns: Range<Int>, to transposed: Matrix) {
        forEachProduct(s, columns) { lines, depth, p, pStride, signal, signalStride, part in
            arithmetic.kernels.multiplySegments(
                lines, part.count, s.columns, depth, p, 1, pStride, signal, signalStride, nil,
                transposed.row(part.lowerBound - columns.lowerBound).base, transposed.stride, true)
        }
    }

    /// Calls `body` for runs of neighbouring taps, with results for which these lie inside the source.
    /// - Parameter body: gets lines of so many results, A being the source and B the signals; the source under the taps for the
    ///   first result, and from one result to the next; the same of the signals; and which columns of P the taps are.
    private func forEachProduct(
        _ s: Matrix, _ columns: Range<Int>,
        _ body: (
            _ lines: Segments, _ depth: Int, _ p: UnsafeMutablePointer<Float>, _ pStride: Int,
            _ signal: UnsafeMutablePointer<Float>, _ signalStride: Int, _ part: Range<Int>
        ) -> Void
    ) {
        for block in blocksByLineTap(of: s) where !block.isEmpty {
            let (inner, middle, outer) = block.directions(enough: arithmetic.kernels.tileRows)
            let (runs, run) = isDense ? (1, block.taps.count * channels) : (block.taps.count, channels)
            for i in 0..<outer.count {
                for number in 0..<runs {
                    let first = tapNumber(block) * channels + number * run
                    let part = columns.clamped(to: first..<first + run)
                    if part.isEmpty { continue }
                    body(
                        Segments(middle.count, aStride: middle.source, bStride: middle.result * s.stride), inner.count,
                        block.source + i * outer.source + number * tapDistance + (part.lowerBound - first),
                        inner.source, s.base + (block.result + i * outer.result) * s.stride, inner.result * s.stride,
                        part)
                }
            }
        }
    }
}
