import KernelDispatch
import Kernels
import Testing

/// Whole numbers, whose sums are exact in any order, against loops over every tap.
@Suite struct DepthwiseKernelTests {
    /// A line of results.
    struct Line {
        var count = 5
        var lines = 1
        var taps = 3
        var scale = 1
        var dilation = 1

        /// The positions of a line of the source.
        var positions: Int { (count - 1) * scale + (taps - 1) * dilation + 1 }

        static var all: [Line] {
            var all: [Line] = []
            for count in [1, 2, 3, 4, 5, 6, 7, 9, 14] {
                for taps in [1, 2, 3, 4, 5, 6, 7] { all.append(Line(count: count, lines: taps % 4, taps: taps)) }
                all.append(Line(count: count, lines: 2, scale: 2))
                all.append(Line(count: count, lines: 3, taps: 4, scale: 3, dilation: 2))
            }
            return all
        }
    }

    struct Operands {
        let line: Line
        var x: Rows
        var y: Rows
        var weights: Rows
        var bias: [Float]

        init(_ line: Line, channels: Int, gap: Int, _ values: (Int) -> [Float]) {
            self.line = line
            x = Rows(max(1, line.lines) * line.positions, channels, gap: gap, values)
            y = Rows(line.count, channels, gap: 2 * gap, values)
            weights = Rows(max(1, line.lines) * line.taps, channels, gap: gap, values)
            bias = values(channels)
        }

        func columns(_ range: Range<Int>) -> Operands {
            var part = self
            part.x = x.columns(range)
            part.y = y.columns(range)
            part.weights = weights.columns(range)
            part.bias = Array(bias[range])
            return part
        }

        /// - Parameter reversed: whether the last tap of each line comes first.
        func result(_ level: InstructionSetLevel, withBias: Bool, accumulating: Bool, reversed: Bool = false) -> Rows {
            var result = y
            let first = reversed ? (line.taps - 1) * weights.stride : 0
            bias.withUnsafeBufferPointer { bias in
                weights.elements.withUnsafeBufferPointer { weights in
                    level.kernels.depthwise.line(
                        Segments(
                            line.lines, aStride: line.positions * x.stride, bStride: line.taps * self.weights.stride),
                        line.count, x.columns, line.taps, x.elements, line.scale * x.stride, line.dilation * x.stride,
                        weights.baseAddress! + first, reversed ? -self.weights.stride : self.weights.stride,
                        withBias ? bias.baseAddress! : nil, &result.elements, result.stride, accumulating)
                }
            }
            return result
        }

        /// The gradient of the first line's weights, added to them: over all lines of the source, each with the same signals.
        func weightGradient(_ level: InstructionSetLevel) -> Rows {
            var result = weights
            level.kernels.depthwise.addWeightGradient(
                Segments(line.lines, aStride: line.positions * x.stride, bStride: 0), line.count, x.columns, line.taps,
                x.elements, line.scale * x.stride, line.dilation * x.stride,
                y.elements, y.stride, &result.elements, result.stride)
            return result
        }
    }

    @Test(arguments: supportedLevels) func depthwiseAgainstLoops(level: InstructionSetLevel) {
        var noise = Noise(3)
        for line in Line.all {
            for channels in channelCounts {
                for gap in [0, 5] {
                    let operands = Operands(line, channels: channels, gap: gap) { noise.wholeNumbers($0) }
                    for reversed in [false, true] { expectSums(of: operands, level, reversed: reversed) }
                }
            }
        }
    }

    private func expectSums(of operands: Operands, _ level: InstructionSetLevel, reversed: Bool) {
        let (line, x, w) = (operands.line, operands.x, operands.weights)
        var (sums, dw) = (operands.y.filled(with: 0), w)
        for channel in 0..<x.columns {
            for result in 0..<line.count {
                for number in 0..<line.lines {
                    for tap in 0..<line.taps {
                        let weight = number * line.taps + (reversed ? line.taps - 1 - tap : tap)
                        let source = number * line.positions + result * line.scale + tap * line.dilation
                        sums[result, channel] += w[weight, channel] * x[source, channel]
                    }
                }
                for number in 0..<line.lines {
                    for tap in 0..<line.taps {
                        let source = number * line.positions + result * line.scale + tap * line.dilation
                        dw[tap, channel] += operands.y[result, channel] * x[source, channel]
                    }
                }
            }
        }
        var (withBias, added) = (sums, sums)
        for result in 0..<line.count {
            for channel in 0..<x.columns {
                withBias[result, channel] += operands.bias[channel]
                added[result, channel] += operands.y[result, channel]
            }
        }
        func found(_ withBias: Bool, _ accumulating: Bool) -> Rows {
            operands.result(level, withBias: withBias, accumulating: accumulating, reversed: reversed)
        }
        let what = "of \(line), \(x.columns) channels, stride \(x.stride), reversed: \(reversed)"
        #expect(found(false, false).isSame(as: sums), "sums \(what)")
        #expect(found(true, false).isSame(as: withBias), "sums with a bias \(what)")
        #expect(found(false, true).isSame(as: added), "sums added \(what)")
        #expect(operands.weightGradient(level).isSame(as: dw), "weight gradient \(what)")
    }

    /// An element's bits do not depend on the channels it is computed with.
    @Test(arguments: supportedLevels) func depthwiseChannelsAlone(level: InstructionSetLevel) {
        var noise = Noise(4)
        for line in Line.all {
            let all = Operands(line, channels: 37, gap: 0) { noise.floats($0) }
            for range in [0..<1, 5..<6, 3..<20, 16..<32, 1..<37] {
                let some = all.columns(range)
                for flag in [false, true] {
                    let result = all.result(level, withBias: flag, accumulating: !flag)
                    #expect(
                        some.result(level, withBias: flag, accumulating: !flag).isSame(as: result.columns(range)))
                }
                #expect(some.weightGradient(level).isSame(as: all.weightGradient(level).columns(range)))
            }
        }
    }

    /// Neighbours that are computed together have the bits of each alone.
    @Test(arguments: supportedLevels) func depthwisePositionsAlone(level: InstructionSetLevel) {
        var noise = Noise(5)
        let whole = Operands(Line(count: 19, taps: 5), channels: 19, gap: 0) { noise.floats($0) }
        let y = whole.result(level, withBias: true, accumulating: false)
        for output in 0..<y.rows {
            var alone = Operands(Line(count: 1, taps: 5), channels: 19, gap: 0) { noise.floats($0) }
            alone.weights = whole.weights
            alone.bias = whole.bias
            alone.x = whole.x.rows(output..<output + 5)
            #expect(
                alone.result(level, withBias: true, accumulating: false).isSame(as: y.rows(output..<output + 1)))
        }
    }
}
