import KernelDispatch
import Kernels
import Testing

@Suite struct MaximumKernelTests {
    /// The largest elements and their taps, found one by one: the first NaN, or the first of the largest numbers.
    private func reference(_ window: Window, _ x: Rows, into y: Rows) -> (y: Rows, taps: Rows) {
        var (y, taps) = (y, y)
        var isFirst = [Bool](repeating: true, count: y.rows * y.columns)
        for place in window.places {
            for channel in 0..<x.columns {
                let value = x[place.input, channel]
                let largest = y[place.output, channel]
                let index = place.output * y.columns + channel
                if isFirst[index] || !largest.isNaN && (value > largest || value.isNaN) {
                    y[place.output, channel] = value
                    taps[place.output, channel] = Float(place.tap)
                }
                isFirst[index] = false
            }
        }
        return (y, taps)
    }

    private func maximum(
        _ level: InstructionSetLevel, _ window: Window, _ x: Rows, into y: Rows, withTaps: Bool
    ) -> (y: Rows, taps: Rows) {
        var (y, taps) = (y, y)
        withUnsafePointer(to: window) { window in
            taps.elements.withUnsafeMutableBufferPointer {
                level.kernels.maximum(
                    window, x.columns, x.elements, x.stride, &y.elements, y.stride,
                    withTaps ? $0.baseAddress! : nil, y.stride)
            }
        }
        return (y, taps)
    }

    @Test(arguments: supportedLevels) func maximum(level: InstructionSetLevel) {
        var noise = Noise(6)
        for (number, window) in windows.enumerated() {
            for channels in channelCounts {
                // Whole numbers are often equal; some are made NaN or infinite.
                var x = Rows(window.inputPositions, channels, gap: 3) { noise.wholeNumbers($0) }
                for row in 0..<x.rows {
                    for channel in 0..<channels {
                        if x[row, channel] == -8 { x[row, channel] = -.infinity }
                        if x[row, channel] == 7 && channel % 2 == 0 { x[row, channel] = .nan }
                    }
                }
                let y = Rows(window.outputPositions, channels, gap: 1) { noise.floats($0) }
                let expected = reference(window, x, into: y)
                let found = maximum(level, window, x, into: y, withTaps: true)
                #expect(found.y.isSame(as: expected.y), "window \(number), \(channels) channels")
                #expect(found.taps.isSame(as: expected.taps), "taps of window \(number), \(channels) channels")
                let without = maximum(level, window, x, into: y, withTaps: false)
                #expect(without.y.isSame(as: expected.y) && without.taps.isSame(as: y))
            }
        }
    }

    @Test(arguments: supportedLevels) func onlyInfinities(level: InstructionSetLevel) {
        let pool = window(input: [1, 2, 2], kernel: [1, 2, 2], pad: [0, 1, 1])
        let x = Rows(4, 5, gap: 0) { [Float](repeating: -.infinity, count: $0) }
        let found = maximum(
            level, pool, x, into: Rows(9, 5, gap: 0) { [Float](repeating: 0, count: $0) }, withTaps: true)
        #expect(found.y.elements.allSatisfy { $0 == -.infinity })
        for (output, tap) in [3, 2, 2, 1, 0, 0, 1, 0, 0].enumerated() { #expect(found.taps[output, 4] == Float(tap)) }
    }

    /// Each element goes to the position under its tap, and comes from there.
    @Test func scatterAndGather() {
        var noise = Noise(7)
        for (number, window) in windows.enumerated() {
            for channels in channelCounts {
                let before = Rows(window.inputPositions, channels, gap: 2) { noise.wholeNumbers($0) }
                let dy = Rows(window.outputPositions, channels, gap: 1) { noise.wholeNumbers($0) }
                let taps = reference(window, before, into: dy.filled(with: 0)).taps
                var expected = (dx: before, y: dy.filled(with: 0))
                for place in window.places {
                    for channel in 0..<channels where taps[place.output, channel] == Float(place.tap) {
                        expected.dx[place.input, channel] += dy[place.output, channel]
                        expected.y[place.output, channel] = before[place.input, channel]
                    }
                }
                var found = (dx: before, y: dy)
                MaximumTaps.scatter(
                    window, channels: channels, taps: taps.elements, taps.stride, dy.elements, dy.stride,
                    addingTo: &found.dx.elements, found.dx.stride)
                MaximumTaps.gather(
                    window, channels: channels, taps: taps.elements, taps.stride, before.elements, before.stride,
                    into: &found.y.elements, found.y.stride)
                #expect(found.dx.isSame(as: expected.dx), "window \(number), \(channels) channels")
                #expect(found.y.isSame(as: expected.y), "window \(number), \(channels) channels")
            }
        }
    }
}
