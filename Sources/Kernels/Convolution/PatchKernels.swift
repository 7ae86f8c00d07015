/// Moves the elements under a window between samples and rows of patches: a row holds all taps of the window at one output
/// position, and at each tap some channels. With patches a convolution is a matrix product.
///
/// The same code for every instruction set: it moves runs of elements, and computes nothing but sums of two.
public enum PatchKernels {
    public typealias In = UnsafePointer<Float>
    public typealias Out = UnsafeMutablePointer<Float>

    /// Copies patches; taps outside the input give 0.
    /// - Parameters:
    ///   - channels: how many of each position's channels a patch holds.
    ///   - columns: which columns of the patches, of `taps × channels`.
    ///   - x: the first sample's first of these channels.
    ///   - positionStride: from one input position to the next; samples follow one another.
    ///   - positions: which output positions, counted over all samples.
    ///   - patches: `positions × columns`, contiguous.
    public static func gather(
        _ window: Window, channels: Int, columns: Range<Int>, _ x: In, positionStride: Int, positions: Range<Int>,
        into patches: Out
    ) {
        var patch = patches
        forEachPosition(window, positions) { sample, first in
            let x = x + sample * window.inputPositions * positionStride
            forEachRun(window, channels: channels, columns: columns, positionStride: positionStride, first) {
                column, source, count in
                if let source {
                    copy(x + source, patch + column, count)
                } else {
                    (patch + column).update(repeating: 0, count: count)
                }
            }
            patch += columns.count
        }
    }

    /// Adds patches to the elements that they lie over: the adjoint of ``gather(_:channels:columns:_:positionStride:positions:into:)``.
    public static func scatter(
        _ window: Window, channels: Int, _ patches: In, positions: Range<Int>, addingTo x: Out, positionStride: Int
    ) {
        let columns = 0..<window.taps * channels
        var patch = patches
        forEachPosition(window, positions) { sample, first in
            let x = x + sample * window.inputPositions * positionStride
            forEachRun(window, channels: channels, columns: columns, positionStride: positionStride, first) {
                column, target, count in
                if let target { add(patch + column, to: x + target, count) }
            }
            patch += columns.count
        }
    }

    /// Calls `body` with the sample of each output position, and with the input position of the window's first tap there.
    @inline(__always)
    private static func forEachPosition(
        _ window: Window, _ positions: Range<Int>, _ body: (_ sample: Int, _ first: Window.Axes) -> Void
    ) {
        if positions.isEmpty { return }
        var (sample, rest) = positions.lowerBound.quotientAndRemainder(dividingBy: window.outputPositions)
        var position = Window.Axes()
        (rest, position[2]) = rest.quotientAndRemainder(dividingBy: window.output[2])
        (position[0], position[1]) = rest.quotientAndRemainder(dividingBy: window.output[1])
        for _ in positions {
            body(sample, position &* window.stride &- window.before)
            position[2] += 1
            if position[2] < window.output[2] { continue }
            position[2] = 0
            position[1] += 1
            if position[1] < window.output[1] { continue }
            position[1] = 0
            position[0] += 1
            if position[0] < window.output[0] { continue }
            position[0] = 0
            sample += 1
        }
    }

    /// Calls `body` with runs of neighbouring elements of a patch, and with their place in the sample; nil: outside it.
    @inline(__always)
    private static func forEachRun(
        _ window: Window, channels: Int, columns: Range<Int>, positionStride: Int, _ first: Window.Axes,
        _ body: (_ column: Int, _ element: Int?, _ count: Int) -> Void
    ) {
        let (taps, step) = (window.kernel[2], window.dilation[2])
        let inside = window.taps(2, from: first[2])
        // Neighbouring taps are one run where nothing lies between them.
        let together = step == 1 && positionStride == channels
        @inline(__always) func part(_ from: Int, _ to: Int, _ element: Int?) {
            let (low, high) = (max(from, columns.lowerBound), min(to, columns.upperBound))
            if low < high { body(low - columns.lowerBound, element.map { $0 + low - from }, high - low) }
        }
        var column = 0
        for tapDepth in 0..<window.kernel[0] {
            let depth = first[0] + tapDepth * window.dilation[0]
            for tapHeight in 0..<window.kernel[1] {
                let height = first[1] + tapHeight * window.dilation[1]
                let end = column + taps * channels
                defer { column = end }
                if column >= columns.upperBound || end <= columns.lowerBound { continue }
                guard depth >= 0 && depth < window.input[0] && height >= 0 && height < window.input[1] else {
                    part(column, end, nil)
                    continue
                }
                let row = (depth * window.input[1] + height) * window.input[2] + first[2]
                let (low, high) = (column + inside.lowerBound * channels, column + inside.upperBound * channels)
                if low > column { part(column, low, nil) }
                if together {
                    part(low, high, (row + inside.lowerBound) * positionStride)
                } else {
                    for tap in inside {
                        part(
                            column + tap * channels, column + (tap + 1) * channels,
                            (row + tap * step) * positionStride)
                    }
                }
                if high < end { part(high, end, nil) }
            }
        }
    }

    /// Copies a run. Most are short: a few vectors, of which the last two may overlap.
    @inline(__always)
    private static func copy(_ from: In, _ to: Out, _ count: Int) {
        if count < 4 {
            for index in 0..<count { to[index] = from[index] }
            return
        }
        var index = 0
        while index + 4 <= count {
            move(from + index, to + index)
            index += 4
        }
        move(from + (count - 4), to + (count - 4))
    }

    @inline(__always)
    private static func move(_ from: In, _ to: Out) {
        UnsafeMutableRawPointer(to).storeBytes(
            of: UnsafeRawPointer(from).loadUnaligned(as: SIMD4<Float>.self), as: SIMD4<Float>.self)
    }

    @inline(__always)
    private static func add(_ from: In, to: Out, _ count: Int) {
        var index = 0
        while index + 4 <= count {
            let sum =
                UnsafeRawPointer(to + index).loadUnaligned(as: SIMD4<Float>.self)
                + UnsafeRawPointer(from + index).loadUnaligned(as: SIMD4<Float>.self)
            UnsafeMutableRawPointer(to + index).storeBytes(of: sum, as: SIMD4<Float>.self)
            index += 4
        }
        for rest in index..<count { to[rest] += from[rest] }
    }
}
