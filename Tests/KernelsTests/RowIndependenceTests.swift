import KernelDispatch
import Kernels
import Testing

/// The promise that predictions rest on: an element has the same bits whichever rows and columns it is computed with.
@Suite struct RowIndependenceTests {
    private static let rows = 43
    private static let columns = 35

    @Test(arguments: supportedLevels, [1, 7, 16, 33, 70]) func ofMultiply(level: InstructionSetLevel, depth: Int) {
        let (rows, columns) = (RowIndependenceTests.rows, RowIndependenceTests.columns)
        var noise = Noise(7)
        let a = noise.floats(rows * depth)
        let b = noise.floats(depth * columns)
        let before = noise.floats(rows * columns)
        for accumulating in [false, true] {
            var whole = before
            level.kernels.multiply(
                rows, columns, depth, a, depth, 1, b, columns, into: &whole, columns, accumulating: accumulating)
            for (first, count) in [(0, 1), (3, 1), (42, 1), (2, 4), (1, 5), (0, 8), (5, 17), (1, 32)] {
                var part = Array(before[first * columns..<(first + count) * columns])
                level.kernels.multiply(
                    count, columns, depth, Array(a[(first * depth)...]), depth, 1, b, columns, into: &part, columns,
                    accumulating: accumulating)
                #expect(bits(part) == bits(Array(whole[first * columns..<(first + count) * columns])))
            }
            for column in 0..<columns {
                var part = (0..<rows).map { before[$0 * columns + column] }
                level.kernels.multiply(
                    rows, 1, depth, a, depth, 1, Array(b[column...]), columns, into: &part, 1,
                    accumulating: accumulating)
                #expect(bits(part) == bits((0..<rows).map { whole[$0 * columns + column] }))
            }
        }
    }

    @Test(arguments: supportedLevels, [1, 7, 16, 33, 70])
    func ofMultiplyTransposed(level: InstructionSetLevel, depth: Int) {
        let (rows, columns) = (RowIndependenceTests.rows, RowIndependenceTests.columns)
        var noise = Noise(8)
        let a = noise.floats(rows * depth)
        let b = noise.floats(columns * depth)
        let bias = noise.floats(columns)
        var whole = [Float](repeating: .nan, count: rows * columns)
        level.kernels.multiplyTransposed(
            rows, columns, depth, a, depth, b, depth, bias: bias, into: &whole, columns)
        for (first, count) in [(0, 1), (3, 1), (42, 1), (2, 4), (1, 5), (0, 8), (5, 17), (1, 32)] {
            var part = [Float](repeating: .nan, count: count * columns)
            level.kernels.multiplyTransposed(
                count, columns, depth, Array(a[(first * depth)...]), depth, b, depth, bias: bias, into: &part, columns)
            #expect(bits(part) == bits(Array(whole[first * columns..<(first + count) * columns])))
        }
        for column in 0..<columns {
            var part = [Float](repeating: .nan, count: rows)
            level.kernels.multiplyTransposed(
                rows, 1, depth, a, depth, Array(b[(column * depth)...]), depth, bias: Array(bias[column...]),
                into: &part, 1)
            #expect(bits(part) == bits((0..<rows).map { whole[$0 * columns + column] }))
        }
    }

    @Test(arguments: supportedLevels) func ofActivations(level: InstructionSetLevel) {
        let (rows, columns) = (RowIndependenceTests.rows, RowIndependenceTests.columns)
        var noise = Noise(9)
        let z = noise.floats(rows * columns, in: -4...4)
        let delta = noise.floats(rows * columns)
        for entry in ActivationReference.all {
            let kernel = entry.kernel(level.kernels.activations)
            let alpha = Float(entry.alpha)
            var h = z
            var s = z
            kernel.forward(z, &h, rows, columns, alpha)
            kernel.backward(z, h, delta, &s, rows, columns, alpha)
            for row in 0..<rows {
                let range = row * columns..<(row + 1) * columns
                var hRow = [Float](repeating: .nan, count: columns)
                var sRow = hRow
                kernel.forward(Array(z[range]), &hRow, 1, columns, alpha)
                kernel.backward(Array(z[range]), hRow, Array(delta[range]), &sRow, 1, columns, alpha)
                #expect(bits(hRow) == bits(Array(h[range])), "\(entry.name) forward, row \(row)")
                #expect(bits(sRow) == bits(Array(s[range])), "\(entry.name) backward, row \(row)")
            }
        }
    }
}
