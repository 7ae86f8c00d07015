import KernelDispatch
import Kernels
import Testing

/// Products over segments of the depth: whole numbers, whose sums are exact in any order, against loops.
@Suite struct SegmentedProductTests {
    struct Sizes {
        let rows: Int
        let columns: Int
        let depth: Int
        let segments: Int
        /// From one row of A to the next, and from one column to the next: less than a row, and rows overlap.
        let aRowStride: Int
        let aColumnStride: Int

        static var all: [Sizes] {
            var all: [Sizes] = []
            for rows in [1, 2, 5, 8, 13, 14, 15, 29] {
                for columns in [1, 6, 8, 16, 17, 33] {
                    for (depth, segments) in [(1, 1), (7, 3), (9, 0), (20, 2)] {
                        all.append(
                            Sizes(
                                rows: rows, columns: columns, depth: depth, segments: segments, aRowStride: 3,
                                aColumnStride: 1))
                        all.append(
                            Sizes(
                                rows: rows, columns: columns, depth: depth, segments: segments, aRowStride: 1,
                                aColumnStride: rows + 2))
                    }
                }
            }
            return all
        }
    }

    @Test(arguments: supportedLevels) func segmentsAgainstLoops(level: InstructionSetLevel) {
        var noise = Noise(8)
        for sizes in Sizes.all {
            let aSegment = 5 + (sizes.depth - 1) * sizes.aColumnStride
            let count =
                (sizes.rows - 1) * sizes.aRowStride + (sizes.depth - 1) * sizes.aColumnStride
                + max(0, sizes.segments - 1) * aSegment + 1
            let a = noise.wholeNumbers(count)
            let b = Rows(max(1, sizes.segments) * sizes.depth, sizes.columns, gap: 4) { noise.wholeNumbers($0) }
            let c = Rows(sizes.rows, sizes.columns, gap: 3) { noise.wholeNumbers($0) }
            let bias = noise.wholeNumbers(sizes.columns)
            var product = c.filled(with: 0)
            for row in 0..<sizes.rows {
                for column in 0..<sizes.columns {
                    for step in 0..<sizes.segments * sizes.depth {
                        let (segment, p) = step.quotientAndRemainder(dividingBy: sizes.depth)
                        let element = a[segment * aSegment + row * sizes.aRowStride + p * sizes.aColumnStride]
                        product[row, column] += element * b[step, column]
                    }
                }
            }
            for start in ["zeros", "bias", "result"] {
                var (found, expected) = (c, product)
                for row in 0..<sizes.rows {
                    for column in 0..<sizes.columns {
                        if start == "bias" { expected[row, column] += bias[column] }
                        if start == "result" { expected[row, column] += c[row, column] }
                    }
                }
                bias.withUnsafeBufferPointer {
                    level.kernels.multiplySegments(
                        Segments(sizes.segments, aStride: aSegment, bStride: sizes.depth * b.stride), sizes.rows,
                        sizes.columns, sizes.depth, a, sizes.aRowStride, sizes.aColumnStride, b.elements, b.stride,
                        start == "bias" ? $0.baseAddress! : nil, &found.elements, found.stride, start == "result")
                }
                #expect(found.isSame(as: expected), "\(sizes) from \(start), \(level)")
            }
        }
    }
}
