import Foundation
import KernelDispatch
import Kernels
import Testing

/// A matrix whose rows lie apart, with NaN in the gaps: a kernel that reads a gap spoils its result,
/// and one that writes there is seen.
private struct Padded {
    let rows: Int
    let columns: Int
    let stride: Int
    var elements: [Float]

    init(_ values: [Float], rows: Int, columns: Int, gap: Int) {
        self.rows = rows
        self.columns = columns
        stride = columns + gap
        // No gap after the last row: reading or writing there is outside the memory.
        elements = [Float](repeating: .nan, count: (rows - 1) * stride + columns)
        for row in 0..<rows {
            for column in 0..<columns { elements[row * stride + column] = values[row * columns + column] }
        }
    }

    var hasCleanGaps: Bool {
        elements.indices.allSatisfy { $0 % stride < columns || elements[$0].isNaN }
    }
}

@Suite struct MatrixKernelTests {
    private static let depths = [1, 2, 3, 8, 9, 16, 17, 33, 70]
    /// Every height of a register tile, and some rows more than the highest.
    private static let rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 29, 33]

    /// Every shape of an edge, on whole numbers: the result must be exact.
    @Test(arguments: supportedLevels) func multiplyHasTheNaiveResultOnEveryShape(level: InstructionSetLevel) {
        for rows in MatrixKernelTests.rows {
            for columns in 1...35 {
                for depth in MatrixKernelTests.depths {
                    check(level.kernels, rows, columns, depth, gap: (rows + columns) % 3)
                }
            }
        }
    }

    @Test(arguments: supportedLevels) func multiplyHasTheNaiveResultAtEveryDepth(level: InstructionSetLevel) {
        for depth in 1...70 {
            for (rows, columns) in [(1, 1), (1, 33), (5, 17), (9, 35)] {
                check(level.kernels, rows, columns, depth, gap: 1)
            }
        }
    }

    /// Operands that are copied, whole and in pieces, for results that pass in the order of memory and others.
    @Test(arguments: supportedLevels) func multiplyWithCopies(level: InstructionSetLevel) {
        let half = CacheSizes.second / 2 / MemoryLayout<Float>.stride
        for (rows, columns, depth) in [
            (47, 900, 90), (48, 4100, 16), (59, 700, 90), (200, 400, 400), (200, 205, 170), (60, 1024, 64),
            (half / 500 + 1, 501, 33), (61, half / 60, 33),
        ] {
            let most = CopyLayout.scratchCount(rows: rows, columns: columns, depth: min(depth, CopyLayout.mostDepth))
            check(
                level.kernels, rows, columns, depth, gap: depth % 3, scratchCounts: [0, most / 8, most / 2, most])
        }
    }

    private func check(
        _ kernels: KernelTable<Float>, _ rows: Int, _ columns: Int, _ depth: Int, gap: Int,
        scratchCounts: [Int?] = [nil]
    ) {
        var noise = Noise(UInt64(rows << 20 | columns << 10 | depth))
        let values = noise.wholeNumbers(rows * depth)
        let a = Padded(values, rows: rows, columns: depth, gap: gap)
        let b = Padded(noise.wholeNumbers(depth * columns), rows: depth, columns: columns, gap: gap)
        let before = Padded(noise.wholeNumbers(rows * columns), rows: rows, columns: columns, gap: gap)
        var transposed = [Float](repeating: 0, count: rows * depth)
        for i in 0..<rows { for p in 0..<depth { transposed[p * rows + i] = values[i * depth + p] } }
        let aTransposed = Padded(transposed, rows: depth, columns: rows, gap: gap)

        for accumulating in [false, true] {
            var expected = before
            NaiveMatrixKernels<Float>.multiply(
                rows: rows, columns: columns, depth: depth, a.elements, aRowStride: a.stride, aColumnStride: 1,
                b.elements, bStride: b.stride, &expected.elements, cStride: expected.stride, accumulating: accumulating)
            for scratchCount in scratchCounts {
                var c = before
                kernels.multiply(
                    rows, columns, depth, a.elements, a.stride, 1, b.elements, b.stride, into: &c.elements, c.stride,
                    accumulating: accumulating, scratchCount: scratchCount)
                expectSame(c, expected, "multiply \(rows)x\(columns)x\(depth), accumulating \(accumulating)")

                var fromTransposed = before
                kernels.multiply(
                    rows, columns, depth, aTransposed.elements, 1, aTransposed.stride, b.elements, b.stride,
                    into: &fromTransposed.elements, fromTransposed.stride, accumulating: accumulating,
                    scratchCount: scratchCount)
                expectSame(fromTransposed, expected, "multiply of a transposed A, \(rows)x\(columns)x\(depth)")
            }
        }
    }

    @Test(arguments: supportedLevels) func multiplyTransposedHasTheNaiveResultOnEveryShape(level: InstructionSetLevel) {
        for rows in MatrixKernelTests.rows {
            for columns in 1...35 {
                for depth in MatrixKernelTests.depths {
                    checkTransposed(level.kernels, rows, columns, depth, gap: (rows + columns) % 3)
                }
            }
        }
    }

    @Test(arguments: supportedLevels) func multiplyTransposedHasTheNaiveResultAtEveryDepth(level: InstructionSetLevel) {
        for depth in 1...70 {
            for (rows, columns) in [(1, 1), (1, 33), (5, 17), (9, 35), (47, 35)] {
                checkTransposed(level.kernels, rows, columns, depth, gap: 1)
            }
        }
    }

    /// Rows so few that nothing is packed, and a few more, by whole blocks and what is left of them.
    @Test(arguments: supportedLevels) func multiplyTransposedOfFewRows(level: InstructionSetLevel) {
        for rows in 1...17 {
            for (columns, depth) in [(32, 16), (64, 33), (70, 48), (100, 15), (33, 200)] {
                checkTransposed(level.kernels, rows, columns, depth, gap: rows % 3)
            }
        }
    }

    /// Rows whose places in the first-level cache are the same.
    @Test(arguments: supportedLevels) func multiplyTransposedWithFarRows(level: InstructionSetLevel) {
        for rows in [3, 13, 16, 40] { checkTransposed(level.kernels, rows, 35, 1024, gap: 0) }
    }

    /// More than is packed at a time, of the depth and of the rows.
    @Test(arguments: supportedLevels) func multiplyTransposedInPieces(level: InstructionSetLevel) {
        for depth in [PackedProduct.panelDepth - 1, PackedProduct.panelDepth, 2 * PackedProduct.panelDepth + 3] {
            for (rows, columns) in [(1, 3), (3, 33), (40, 5), (70, 33)] {
                checkTransposed(level.kernels, rows, columns, depth, gap: 2)
            }
        }
    }

    /// A matrix B beyond the second-level cache, and several groups of rows.
    @Test(arguments: supportedLevels) func multiplyTransposedInGroups(level: InstructionSetLevel) {
        let half = CacheSizes.second / 2 / MemoryLayout<Float>.stride
        for (rows, columns, depth) in [(9, 233, half / 233 + 1), (37, 233, half / 233 + 1), (140, half / 90 + 1, 90)] {
            let least = PackedProduct.scratchCount(columns: columns, depth: depth)
            let most = PackedProduct.scratchCount(rows: rows, columns: columns, depth: depth)
            checkTransposed(
                level.kernels, rows, columns, depth, gap: 1, scratchCounts: [least, max(least, most / 2), most])
        }
    }

    private func checkTransposed(
        _ kernels: KernelTable<Float>, _ rows: Int, _ columns: Int, _ depth: Int, gap: Int,
        scratchCounts: [Int?] = [nil]
    ) {
        var noise = Noise(UInt64(rows << 20 | columns << 10 | depth))
        let a = Padded(noise.wholeNumbers(rows * depth), rows: rows, columns: depth, gap: gap)
        let b = Padded(noise.wholeNumbers(columns * depth), rows: columns, columns: depth, gap: gap)
        let bias = noise.wholeNumbers(columns)
        let before = Padded(noise.wholeNumbers(rows * columns), rows: rows, columns: columns, gap: gap)
        for hasBias in [false, true] {
            bias.withUnsafeBufferPointer { bias in
                let bias = hasBias ? bias.baseAddress : nil
                var expected = before
                NaiveMatrixKernels<Float>.multiplyTransposed(
                    rows: rows, columns: columns, depth: depth, a.elements, aStride: a.stride, b.elements,
                    bStride: b.stride, bias: bias, &expected.elements, cStride: expected.stride)
                for scratchCount in scratchCounts {
                    var c = before
                    kernels.multiplyTransposed(
                        rows, columns, depth, a.elements, a.stride, b.elements, b.stride, bias: bias,
                        into: &c.elements, c.stride, scratchCount: scratchCount)
                    expectSame(c, expected, "multiplyTransposed \(rows)x\(columns)x\(depth), bias \(hasBias)")
                }
            }
        }
    }

    private func expectSame(_ result: Padded, _ expected: Padded, _ what: String) {
        // A comparison of all bytes is quick. Only it may fail for the same numbers: 0 and -0.
        let isSame = result.elements.withUnsafeBytes { result in
            expected.elements.withUnsafeBytes { memcmp(result.baseAddress!, $0.baseAddress!, result.count) == 0 }
        }
        if isSame { return }
        for row in 0..<result.rows {
            for column in 0..<result.columns {
                let index = row * result.stride + column
                if result.elements[index] != expected.elements[index] {
                    Issue.record(
                        "\(what): [\(row), \(column)] is \(result.elements[index]), not \(expected.elements[index])")
                    return
                }
            }
        }
        if !result.hasCleanGaps { Issue.record("\(what): wrote between the rows") }
    }

    /// On real numbers: the naive result of float64, within the bound on the rounding of any order of summation,
    /// `depth · ulp/2 · Σ |a| |b|` (Higham 2002, 3.5), and one rounding more for what is added at the end.
    @Test(arguments: supportedLevels) func roundingStaysWithinItsBound(level: InstructionSetLevel) {
        for (rows, columns, depth) in [(1, 1, 70), (5, 17, 33), (9, 35, 70), (4, 32, 64)] {
            var noise = Noise(UInt64(depth))
            let a = noise.floats(rows * depth)
            let b = noise.floats(depth * columns)
            let bTransposed = transpose(b, rows: depth, columns: columns)
            let bias = noise.floats(columns)
            let exact = product(a, b, rows, columns, depth)
            let magnitudes = product(a.map { $0.magnitude }, b.map { $0.magnitude }, rows, columns, depth)
            var plain = [Float](repeating: .nan, count: rows * columns)
            var biased = plain
            level.kernels.multiply(rows, columns, depth, a, depth, 1, b, columns, into: &plain, columns)
            level.kernels.multiplyTransposed(
                rows, columns, depth, a, depth, bTransposed, depth, bias: bias, into: &biased, columns)
            for i in plain.indices {
                let addend = Double(bias[i % columns])
                let bound = Double(depth + 1) * ulp / 2 * (magnitudes[i] + addend.magnitude)
                #expect((Double(plain[i]) - exact[i]).magnitude <= bound)
                #expect((Double(biased[i]) - (exact[i] + addend)).magnitude <= bound)
            }
        }
    }

    private func transpose(_ matrix: [Float], rows: Int, columns: Int) -> [Float] {
        (0..<rows * columns).map { matrix[$0 % rows * columns + $0 / rows] }
    }

    private func product(_ a: [Float], _ b: [Float], _ rows: Int, _ columns: Int, _ depth: Int) -> [Double] {
        var c = [Double](repeating: .nan, count: rows * columns)
        NaiveMatrixKernels<Double>.multiply(
            rows: rows, columns: columns, depth: depth, a.map { Double($0) }, aRowStride: depth, aColumnStride: 1,
            b.map { Double($0) }, bStride: columns, &c, cStride: columns, accumulating: false)
        return c
    }

    /// The specification itself, on numbers worked out by hand.
    @Test func naiveProducts() {
        let a: [Float] = [1, 2, 3, 4, 5, 6]
        let b: [Float] = [7, 8, 9, 10, 11, 12]
        var c: [Float] = [1, 1, 1, 1]
        NaiveMatrixKernels<Float>.multiply(
            rows: 2, columns: 2, depth: 3, a, aRowStride: 3, aColumnStride: 1, b, bStride: 2, &c, cStride: 2,
            accumulating: false)
        #expect(c == [58, 64, 139, 154])
        NaiveMatrixKernels<Float>.multiply(
            rows: 2, columns: 2, depth: 3, a, aRowStride: 3, aColumnStride: 1, b, bStride: 2, &c, cStride: 2,
            accumulating: true)
        #expect(c == [116, 128, 278, 308])
        NaiveMatrixKernels<Float>.multiplyTransposed(
            rows: 2, columns: 2, depth: 3, a, aStride: 3, b, bStride: 3, bias: [100, 200], &c, cStride: 2)
        #expect(c == [150, 268, 222, 367])
    }

    /// A zero in one factor does not hide a NaN or an infinity in the other.
    @Test(arguments: supportedLevels) func notFiniteNumbersGoThrough(level: InstructionSetLevel) {
        for depth in [1, 8, 19] {
            for special in [Float.nan, .infinity] {
                var a = [Float](repeating: 0, count: 3 * depth)
                a[depth + depth - 1] = special
                let b = [Float](repeating: 0, count: depth * 21)
                var c = [Float](repeating: 0, count: 3 * 21)
                level.kernels.multiply(3, 21, depth, a, depth, 1, b, 21, into: &c, 21)
                #expect(c.indices.allSatisfy { c[$0].isNaN == ($0 / 21 == 1) })
                level.kernels.multiplyTransposed(3, 21, depth, a, depth, b, depth, bias: nil, into: &c, 21)
                #expect(c.indices.allSatisfy { c[$0].isNaN == ($0 / 21 == 1) })
            }
        }
    }
}
