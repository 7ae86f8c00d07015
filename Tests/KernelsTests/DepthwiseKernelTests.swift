import KernelDispatch
import Kernels
import Testing

/// Whole numbers, whose sums are exact in any order, against loops over every tap.
@Suite struct DepthwiseKernelTests {
    /// Results in every direction, and the taps of each. Their source is packed: no result shares a position with another.
    struct Case {
        var samples = 2
        var lines = 2
        var places = 5
        var lineTaps = 3
        var taps = 3

        var results: Int { samples * lines * places }
        /// The row of the source under a tap.
        func source(_ result: Int, _ line: Int, _ tap: Int) -> Int { (result * lineTaps + line) * taps + tap }
        var sources: Int { results * lineTaps * taps }

        static var all: [Case] {
            var all: [Case] = []
            for lineTaps in 0...4 {
                for taps in [1, 2, 3, 4, 7] {
                    all.append(Case(lineTaps: lineTaps, taps: taps))
                    all.append(
                        Case(samples: 1, lines: 1, places: 1 + (lineTaps + taps) % 4, lineTaps: lineTaps, taps: taps))
                }
            }
            all.append(Case(samples: 3, lines: 1, places: 14))
            all.append(Case(samples: 1, lines: 4, places: 1, lineTaps: 2, taps: 2))
            return all
        }
    }

    struct Operands {
        let size: Case
        var x: Rows
        var y: Rows
        var weights: Rows
        var bias: [Float]

        init(_ size: Case, channels: Int, gap: Int, _ values: (Int) -> [Float]) {
            self.size = size
            x = Rows(max(1, size.sources), channels, gap: gap, values)
            y = Rows(size.results, channels, gap: 2 * gap, values)
            weights = Rows(max(1, size.lineTaps * size.taps), channels, gap: gap, values)
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
        private func block(reversed: Bool) -> DepthwiseBlock {
            func results(_ count: Int, _ distance: Int) -> DepthwiseBlock.Direction {
                DepthwiseBlock.Direction(
                    count, x: distance * size.lineTaps * size.taps * x.stride, other: distance * y.stride)
            }
            return DepthwiseBlock(
                channels: x.columns, samples: results(size.samples, size.lines * size.places),
                lines: results(size.lines, size.places), places: results(size.places, 1),
                lineTaps: DepthwiseBlock.Direction(
                    size.lineTaps, x: size.taps * x.stride, other: size.taps * weights.stride),
                taps: DepthwiseBlock.Direction(
                    size.taps, x: x.stride, other: reversed ? -weights.stride : weights.stride))
        }

        func result(_ level: InstructionSetLevel, withBias: Bool, accumulating: Bool, reversed: Bool = false) -> Rows {
            var result = y
            let first = reversed ? (size.taps - 1) * weights.stride : 0
            bias.withUnsafeBufferPointer { bias in
                weights.elements.withUnsafeBufferPointer { weights in
                    level.kernels.depthwise.sum(
                        block(reversed: reversed), x.elements, weights.baseAddress! + first,
                        withBias ? bias.baseAddress! : nil, &result.elements, accumulating)
                }
            }
            return result
        }

        /// The gradient of the weights, added to them.
        func weightGradient(_ level: InstructionSetLevel) -> Rows {
            var result = weights
            level.kernels.depthwise.addWeightGradient(
                block(reversed: false), x.elements, y.elements, &result.elements)
            return result
        }
    }

    @Test(arguments: supportedLevels) func depthwiseAgainstLoops(level: InstructionSetLevel) {
        var noise = Noise(3)
        for size in Case.all {
            for channels in channelCounts {
                for gap in [0, 5] {
                    let operands = Operands(size, channels: channels, gap: gap) { noise.wholeNumbers($0) }
                    for reversed in [false, true] { expectSums(of: operands, level, reversed: reversed) }
                }
            }
        }
    }

    private func expectSums(of operands: Operands, _ level: InstructionSetLevel, reversed: Bool) {
        let (size, x, w) = (operands.size, operands.x, operands.weights)
        var (sums, dw) = (operands.y.filled(with: 0), w)
        for channel in 0..<x.columns {
            for result in 0..<size.results {
                for line in 0..<size.lineTaps {
                    for tap in 0..<size.taps {
                        let source = x[size.source(result, line, tap), channel]
                        let weight = line * size.taps + (reversed ? size.taps - 1 - tap : tap)
                        sums[result, channel] += w[weight, channel] * source
                        dw[line * size.taps + tap, channel] += operands.y[result, channel] * source
                    }
                }
            }
        }
        var (withBias, added) = (sums, sums)
        for result in 0..<size.results {
            for channel in 0..<x.columns {
                withBias[result, channel] += operands.bias[channel]
                added[result, channel] += operands.y[result, channel]
            }
        }
        func found(_ withBias: Bool, _ accumulating: Bool) -> Rows {
            operands.result(level, withBias: withBias, accumulating: accumulating, reversed: reversed)
        }
        let what = "of \(size), \(x.columns) channels, stride \(x.stride), reversed: \(reversed)"
        #expect(found(false, false).isSame(as: sums), "sums \(what)")
        #expect(found(true, false).isSame(as: withBias), "sums with a bias \(what)")
        #expect(found(false, true).isSame(as: added), "sums added \(what)")
        #expect(operands.weightGradient(level).isSame(as: dw), "weight gradient \(what)")
    }

    /// An element's bits do not depend on the channels it is computed with.
    @Test(arguments: supportedLevels) func depthwiseChannelsAlone(level: InstructionSetLevel) {
        var noise = Noise(4)
        for size in Case.all {
            let all = Operands(size, channels: 37, gap: 0) { noise.floats($0) }
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
        for (lineTaps, taps) in [(1, 5), (3, 3), (2, 3)] {
            let whole = Operands(Case(lines: 3, places: 7, lineTaps: lineTaps, taps: taps), channels: 19, gap: 0) {
                noise.floats($0)
            }
            let y = whole.result(level, withBias: true, accumulating: false)
            let one = Case(samples: 1, lines: 1, places: 1, lineTaps: lineTaps, taps: taps)
            for output in 0..<y.rows {
                var alone = Operands(one, channels: 19, gap: 0) { noise.floats($0) }
                alone.weights = whole.weights
                alone.bias = whole.bias
                alone.x = whole.x.rows(output * one.sources..<(output + 1) * one.sources)
                #expect(
                    alone.result(level, withBias: true, accumulating: false).isSame(as: y.rows(output..<output + 1)))
            }
        }
    }
}
