import KernelDispatch
import Kernels
import Testing

/// Whole numbers, whose sums are exact in any order, against loops over every tap.
@Suite struct DepthwiseKernelTests {
    private struct Operands {
        var x: Rows
        var y: Rows
        var weights: Rows
        var bias: [Float]

        init(_ window: Window, channels: Int, gap: Int, _ values: (Int) -> [Float]) {
            x = Rows(window.inputPositions, channels, gap: gap, values)
            y = Rows(window.outputPositions, channels, gap: 2 * gap, values)
            weights = Rows(window.taps, channels, gap: gap, values)
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

        func forward(_ level: InstructionSetLevel, _ window: Window, withBias: Bool) -> Rows {
            var result = y
            withUnsafePointer(to: window) { window in
                bias.withUnsafeBufferPointer {
                    level.kernels.depthwise.forward(
                        window, x.columns, x.elements, x.stride, weights.elements, weights.stride,
                        withBias ? $0.baseAddress! : nil, &result.elements, result.stride)
                }
            }
            return result
        }

        func inputGradient(_ level: InstructionSetLevel, _ window: Window, accumulating: Bool) -> Rows {
            var result = x
            withUnsafePointer(to: window) {
                level.kernels.depthwise.inputGradient(
                    $0, x.columns, y.elements, y.stride, weights.elements, weights.stride, &result.elements,
                    result.stride, accumulating)
            }
            return result
        }

        func weightGradient(_ level: InstructionSetLevel, _ window: Window, accumulating: Bool) -> Rows {
            var result = weights
            withUnsafePointer(to: window) {
                level.kernels.depthwise.weightGradient(
                    $0, x.columns, x.elements, x.stride, y.elements, y.stride, &result.elements, result.stride,
                    accumulating)
            }
            return result
        }
    }

    @Test(arguments: supportedLevels) func depthwiseAgainstLoops(level: InstructionSetLevel) {
        var noise = Noise(3)
        for (number, window) in windows.enumerated() {
            for channels in channelCounts {
                for gap in [0, 5] {
                    let operands = Operands(window, channels: channels, gap: gap) { noise.wholeNumbers($0) }
                    for flag in [false, true] { expectSums(of: operands, window, number, level, flag) }
                }
            }
        }
    }

    /// - Parameter flag: whether there is a bias, and whether gradients are added.
    private func expectSums(
        of operands: Operands, _ window: Window, _ number: Int, _ level: InstructionSetLevel, _ flag: Bool
    ) {
        let (x, w) = (operands.x, operands.weights)
        var y = operands.y
        for output in 0..<y.rows {
            for channel in 0..<y.columns { y[output, channel] = flag ? operands.bias[channel] : 0 }
        }
        var dx = flag ? x : x.filled(with: 0)
        var dw = flag ? w : w.filled(with: 0)
        for place in window.places {
            for channel in 0..<x.columns {
                y[place.output, channel] += w[place.tap, channel] * x[place.input, channel]
                dx[place.input, channel] += w[place.tap, channel] * operands.y[place.output, channel]
                dw[place.tap, channel] += operands.y[place.output, channel] * x[place.input, channel]
            }
        }
        let what = "of window \(number), \(x.columns) channels, stride \(x.stride), \(flag)"
        #expect(operands.forward(level, window, withBias: flag).isSame(as: y), "forward \(what)")
        #expect(operands.inputGradient(level, window, accumulating: flag).isSame(as: dx), "input gradient \(what)")
        #expect(operands.weightGradient(level, window, accumulating: flag).isSame(as: dw), "weight gradient \(what)")
    }

    /// An element's bits do not depend on the channels it is computed with.
    @Test(arguments: supportedLevels) func depthwiseChannelsAlone(level: InstructionSetLevel) {
        var noise = Noise(4)
        for window in windows {
            let all = Operands(window, channels: 37, gap: 0) { noise.floats($0) }
            for range in [0..<1, 5..<6, 3..<20, 16..<32, 1..<37] {
                let some = all.columns(range)
                for flag in [false, true] {
                    let y = all.forward(level, window, withBias: flag)
                    #expect(some.forward(level, window, withBias: flag).isSame(as: y.columns(range)))
                    let dx = all.inputGradient(level, window, accumulating: flag)
                    #expect(some.inputGradient(level, window, accumulating: flag).isSame(as: dx.columns(range)))
                    let dw = all.weightGradient(level, window, accumulating: flag)
                    #expect(some.weightGradient(level, window, accumulating: flag).isSame(as: dw.columns(range)))
                }
            }
        }
    }

    /// Neighbours that are computed together have the bits of each alone: the middle of a window with more input around.
    @Test(arguments: supportedLevels) func depthwisePositionsAlone(level: InstructionSetLevel) {
        var noise = Noise(5)
        let long = window(input: [1, 1, 23], kernel: [1, 1, 5])
        let short = window(input: [1, 1, 5], kernel: [1, 1, 5])
        let whole = Operands(long, channels: 19, gap: 0) { noise.floats($0) }
        let y = whole.forward(level, long, withBias: true)
        for output in 0..<y.rows {
            var alone = whole
            alone.x = whole.x.rows(output..<output + 5)
            alone.y = whole.y.rows(output..<output + 1)
            #expect(alone.forward(level, short, withBias: true).isSame(as: y.rows(output..<output + 1)))
        }
    }
}
