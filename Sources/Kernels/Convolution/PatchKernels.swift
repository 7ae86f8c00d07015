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
    ///   - x: the first sample's first of these channels.
    ///   - positionStride: from one input position to the next; samples follow one another.
    ///   - positions: which output positions, counted over all samples.
    ///   - patches: a row for each of the positions, contiguous.
    public static func gather(
        _ window: Window, channels: Int, _ x: In, positionStride: Int, positions: Range<Int>,
        into patches: Out
    ) {
        let width = window.taps * channels
        forEachBlock(
            window, channels: channels, positionStride: positionStride, positions, joinsTaps: true
        ) { block in
            let patch = patches + (block.row * width + block.column)
            if block.isInside {
                copyRows(block.rows, block.count, x + block.element, block.step, patch, width)
            } else {
                for row in 0..<block.rows { (patch + row * width).update(repeating: 0, count: block.count) }
            }
        }
    }

    /// Adds patches to the elements that they lie over: the adjoint of ``gather(_:channels:_:positionStride:positions:into:)``.
    public static func scatter(
        _ window: Window, channels: Int, _ patches: In, positions: Range<Int>, addingTo x: Out, positionStride: Int
    ) {
        let width = window.taps * channels
        // Joined taps of neighbouring positions overlap: what one has stored in part, the next would wait for.
        forEachBlock(
            window, channels: channels, positionStride: positionStride, positions, joinsTaps: false
        ) { block in
            guard block.isInside else { return }
            addRows(
                block.rows, block.count, patches + (block.row * width + block.column), width, x + block.element,
                block.step)
        }
    }

    /// Runs of elements at neighbouring output positions.
    private struct Block {
        /// The first row and column of the patches.
        let row: Int
        let column: Int
        /// How many rows, and how many elements in each.
        let rows: Int
        let count: Int
        /// Where the first row's elements lie in x, and how far apart those of two rows lie.
        let element: Int
        let step: Int
        /// If not, the elements are those of positions outside the input.
        let isInside: Bool
    }

    /// Calls `body` with blocks that cover the patches.
    /// - Parameter joinsTaps: whether a block may hold neighbouring taps as one run.
    @inline(__always)
    private static func forEachBlock(
        _ window: Window, channels: Int, positionStride: Int, _ positions: Range<Int>,
        joinsTaps: Bool, _ body: (Block) -> Void
    ) {
        let width = window.output[2]
        var position = positions.lowerBound
        while position < positions.upperBound {
            // The rest of a row of output positions.
            let (line, start) = position.quotientAndRemainder(dividingBy: width)
            let count = min(width - start, positions.upperBound - position)
            let (plane, outputHeight) = line.quotientAndRemainder(dividingBy: window.output[1])
            let (sample, outputDepth) = plane.quotientAndRemainder(dividingBy: window.output[0])
            let row = position - positions.lowerBound
            var column = 0
            for tapDepth in 0..<window.kernel[0] {
                let depth = window.position(0, at: outputDepth, under: tapDepth)
                for tapHeight in 0..<window.kernel[1] {
                    let height = window.position(1, at: outputHeight, under: tapHeight)
                    let isInside = 0..<window.input[0] ~= depth && 0..<window.input[1] ~= height
                    let inputRow = ((sample * window.input[0] + depth) * window.input[1] + height) * window.input[2]
                    TapRow(
                        row: row, positions: start..<start + count, column: column, channels: channels,
                        positionStride: positionStride, inputRow: isInside ? inputRow : nil, joinsTaps: joinsTaps
                    ).forEachBlock(window, body)
                    column += window.kernel[2] * channels
                }
            }
            position += count
        }
    }

    /// The taps along the width at neighbouring output positions.
    private struct TapRow {
        /// The row of the patches at the first position.
        let row: Int
        /// Along the width.
        let positions: Range<Int>
        /// The column of the first tap.
        let column: Int
        let channels: Int
        let positionStride: Int
        /// The first position of this row of the input; nil: there is no such row.
        let inputRow: Int?
        let joinsTaps: Bool

        @inline(__always)
        func forEachBlock(_ window: Window, _ body: (Block) -> Void) {
            let taps = window.kernel[2]
            guard let inputRow else { return block(0..<taps, positions, nil, window, body) }
            // Neighbouring taps are one run where nothing lies between them.
            let together = joinsTaps && window.dilation[2] == 1 && positionStride == channels
            let inner = together ? inside(0..<taps, window) : positions.lowerBound..<positions.lowerBound
            if !inner.isEmpty { block(0..<taps, inner, inputRow, window, body) }
            for tap in 0..<taps {
                let reached = inside(tap..<tap + 1, window)
                for part in 0..<2 {
                    let edge =
                        part == 0 ? positions.lowerBound..<inner.lowerBound : inner.upperBound..<positions.upperBound
                    if edge.isEmpty { continue }
                    let middle = reached.clamped(to: edge)
                    block(tap..<tap + 1, edge.lowerBound..<middle.lowerBound, nil, window, body)
                    block(tap..<tap + 1, middle, inputRow, window, body)
                    block(tap..<tap + 1, middle.upperBound..<edge.upperBound, nil, window, body)
                }
            }
        }

        /// The positions at which all these taps lie within the input.
        private func inside(_ taps: Range<Int>, _ window: Window) -> Range<Int> {
            let (first, last) = (
                window.outputs(2, under: taps.lowerBound), window.outputs(2, under: taps.upperBound - 1)
            )
            return last.clamped(to: first).clamped(to: positions)
        }

        @inline(__always)
        private func block(
            _ taps: Range<Int>, _ some: Range<Int>, _ inputRow: Int?, _ window: Window, _ body: (Block) -> Void
        ) {
            if some.isEmpty { return }
            let place = window.position(2, at: some.lowerBound, under: taps.lowerBound)
            body(
                Block(
                    row: row + some.lowerBound - positions.lowerBound, column: column + taps.lowerBound * channels,
                    rows: some.count, count: taps.count * channels, element: ((inputRow ?? 0) + place) * positionStride,
                    step: window.stride[2] * positionStride, isInside: inputRow != nil))
        }
    }

    /// Copies rows of a few elements: whole vectors, of which the last two may overlap.
    @inline(never)
    private static func copyRows(_ rows: Int, _ count: Int, _ from: In, _ fromStep: Int, _ to: Out, _ toStep: Int) {
        var (from, to) = (from, to)
        for _ in 0..<rows {
            if count < 4 {
                for index in 0..<count { to[index] = from[index] }
            } else {
                var index = 0
                while index + 4 < count {
                    store(load(from + index), to + index)
                    index += 4
                }
                store(load(from + (count - 4)), to + (count - 4))
            }
            from += fromStep
            to += toStep
        }
    }

    @inline(never)
    private static func addRows(_ rows: Int, _ count: Int, _ from: In, _ fromStep: Int, _ to: Out, _ toStep: Int) {
        var (from, to) = (from, to)
        for _ in 0..<rows {
            var index = 0
            while index + 4 <= count {
                store(load(to + index) + load(from + index), to + index)
                index += 4
            }
            while index < count {
                to[index] += from[index]
                index += 1
            }
            from += fromStep
            to += toStep
        }
    }

    @inline(__always)
    private static func load(_ from: In) -> SIMD4<Float> {
        UnsafeRawPointer(from).loadUnaligned(as: SIMD4<Float>.self)
    }

    @inline(__always)
    private static func store(_ vector: SIMD4<Float>, _ to: Out) {
        UnsafeMutableRawPointer(to).storeBytes(of: vector, as: SIMD4<Float>.self)
    }
}
