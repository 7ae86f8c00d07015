import KernelDispatch
import Kernels
import Testing

@Suite struct VectorKernelTests {
    @Test(arguments: supportedLevels) func addAndMultiply(level: InstructionSetLevel) {
        for count in 0...70 {
            var noise = Noise(UInt64(count))
            let x = noise.floats(count)
            // One more element, which must not change.
            let y = noise.floats(count + 1)
            var sum = y
            var product = y
            level.kernels.add(x, &sum, count)
            level.kernels.multiplyElements(&product, x, count)
            #expect(bits(sum) == bits((0..<count).map { y[$0] + x[$0] } + [y[count]]))
            #expect(bits(product) == bits((0..<count).map { y[$0] * x[$0] } + [y[count]]))
        }
    }

    @Test(arguments: supportedLevels) func sumColumns(level: InstructionSetLevel) {
        for rows in 1...9 {
            for columns in 1...35 {
                var noise = Noise(UInt64(rows * 100 + columns))
                let matrix = noise.floats(rows * columns)
                let before = noise.floats(columns + 1)
                for accumulating in [false, true] {
                    var sums = before
                    level.kernels.sumColumns(matrix, columns, rows, columns, &sums, accumulating)
                    #expect(sums[columns] == before[columns])
                    for column in 0..<columns {
                        let terms = (0..<rows).map { Double(matrix[$0 * columns + column]) }
                        let exact = terms.reduce(accumulating ? Double(before[column]) : 0, +)
                        // Each of at most ten terms below 1 rounds a sum below 10 once.
                        #expect(isClose(Double(sums[column]), exact, relative: 0, absolute: 50 * ulp))
                    }
                }
            }
        }
    }

    @Test(arguments: supportedLevels) func largestMagnitude(level: InstructionSetLevel) {
        let kernel = level.kernels.largestMagnitude
        #expect(kernel([], 0) == 0)
        for count in [1, 2, 7, 8, 9, 16, 33, 70] {
            var noise = Noise(UInt64(count))
            for place in 0..<count {
                func largest(with value: Float) -> Float {
                    var x = noise.floats(count)
                    x[place] = value
                    return kernel(x, count)
                }
                #expect(largest(with: 5) == 5)
                #expect(largest(with: -6) == 6)
                #expect(largest(with: .greatestFiniteMagnitude) == .greatestFiniteMagnitude)
                #expect(largest(with: -.infinity) == .infinity)
                #expect(largest(with: .nan).isNaN)
                #expect(largest(with: -Float.nan).isNaN)
            }
        }
    }

    @Test(arguments: supportedLevels) func largestMagnitudeOfSpecialNumbers(level: InstructionSetLevel) {
        let kernel = level.kernels.largestMagnitude
        let tiny = Float.leastNonzeroMagnitude
        #expect(kernel([-0.0, -0.0], 2).bitPattern == 0)
        #expect(kernel([0, -tiny, -0.0], 3) == tiny)
        #expect(kernel([tiny, 2 * tiny, -3 * tiny], 3) == 3 * tiny)
        #expect(kernel([-.infinity, .nan, .greatestFiniteMagnitude], 3).isNaN)
        #expect(kernel([.signalingNaN, 1], 2).isNaN)
    }
}
