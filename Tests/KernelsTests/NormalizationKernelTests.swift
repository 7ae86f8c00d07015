import KernelDispatch
import Kernels
import Testing

@Suite struct NormalizationKernelTests {
    private let shapes = [1, 2, 9].flatMap { rows in [1, 3, 16, 17, 33, 70].map { (rows: rows, columns: $0) } }

    private func mean(_ x: Rows, _ term: (_ row: Int, _ column: Int) -> Double) -> Double {
        var sum = 0.0
        for row in 0..<x.rows { for column in 0..<x.columns { sum += term(row, column) } }
        return sum / Double(x.rows * x.columns)
    }

    @Test(arguments: supportedLevels) func normalizeBlock(level: InstructionSetLevel) {
        var noise = Noise(8)
        for (rows, columns) in shapes {
            for (gap, centers) in [(0, true), (4, true), (0, false), (3, false)] {
                let x = Rows(rows, columns, gap: gap) { noise.floats($0, in: 1...3) }
                let epsilon: Float = 0.01
                let centre = centers ? mean(x) { Double(x[$0, $1]) } : 0
                let variance = mean(x) { (Double(x[$0, $1]) - centre) * (Double(x[$0, $1]) - centre) }
                let exact = 1 / (variance + Double(epsilon)).squareRoot()
                var (z, inverse) = (Rows(rows, columns, gap: gap + 1) { noise.floats($0) }, [Float(0), 7])
                level.kernels.normalization.normalizeBlock(
                    rows, columns, x.elements, x.stride, &z.elements, z.stride, centers, [epsilon], &inverse)
                #expect(isClose(Double(inverse[0]), exact, relative: 8 * ulp) && inverse[1] == 7)
                for row in 0..<rows {
                    for column in 0..<columns {
                        let value = (Double(x[row, column]) - centre) * exact
                        #expect(isClose(Double(z[row, column]), value, relative: 8 * ulp, absolute: 8 * ulp * exact))
                    }
                }
                #expect(z.gapsAreNaN)
                var inPlace = x
                inPlace.elements.withUnsafeMutableBufferPointer {
                    level.kernels.normalization.normalizeBlock(
                        rows, columns, $0.baseAddress!, x.stride, $0.baseAddress!, x.stride, centers, [epsilon],
                        &inverse)
                }
                #expect((0..<rows).allSatisfy { row in (0..<columns).allSatisfy { inPlace[row, $0] == z[row, $0] } })
            }
        }
    }

    @Test(arguments: supportedLevels) func projectBlock(level: InstructionSetLevel) {
        var noise = Noise(9)
        for (rows, columns) in shapes {
            for flags in 0..<8 {
                let (centers, isScaled, accumulating) = (flags & 1 == 1, flags & 2 == 2, flags & 4 == 4)
                let u = Rows(rows, columns, gap: flags % 3) { noise.floats($0) }
                let z = Rows(rows, columns, gap: 2) { noise.floats($0) }
                let before = Rows(rows, columns, gap: 1) { noise.floats($0) }
                let gamma = noise.floats(columns)
                let r: Float = 1.75
                func g(_ row: Int, _ column: Int) -> Double {
                    Double(u[row, column]) * (isScaled ? Double(gamma[column]) : 1)
                }
                let centre = centers ? mean(u, g) : 0
                let slope = mean(u) { g($0, $1) * Double(z[$0, $1]) }
                var out = before
                gamma.withUnsafeBufferPointer {
                    level.kernels.normalization.projectBlock(
                        rows, columns, u.elements, u.stride, isScaled ? $0.baseAddress! : nil, z.elements, z.stride,
                        [r],
                        centers, &out.elements, out.stride, accumulating)
                }
                for row in 0..<rows {
                    for column in 0..<columns {
                        let term = Double(r) * (g(row, column) - centre - Double(z[row, column]) * slope)
                        let value = term + (accumulating ? Double(before[row, column]) : 0)
                        #expect(isClose(Double(out[row, column]), value, relative: 0, absolute: 8 * ulp))
                    }
                }
                #expect(out.gapsAreNaN)
            }
        }
    }

    @Test(arguments: supportedLevels) func columnMoments(level: InstructionSetLevel) {
        var noise = Noise(10)
        for (rows, columns) in shapes {
            let a = Rows(rows, columns, gap: 2) { noise.floats($0) }
            let (means, variances) = moments(level, a)
            for column in 0..<columns {
                let exact = exactMoments(a, column)
                #expect(isClose(Double(means[column]), exact.mean, relative: ulp))
                #expect(isClose(Double(variances[column]), exact.variance, relative: 8 * ulp, absolute: ulp * ulp))
            }
            // A column's bits do not depend on the others.
            let part = columns / 3..<columns
            let (someMeans, someVariances) = moments(level, a.columns(part))
            #expect(bits(someMeans) == bits(Array(means[part])) && bits(someVariances) == bits(Array(variances[part])))
        }
    }

    /// A deviation that is small beside the mean.
    @Test(arguments: supportedLevels) func momentsOfManyRows(level: InstructionSetLevel) {
        var noise = Noise(11)
        let a = Rows(100_000, 3, gap: 0) { noise.floats($0, in: 998...1002) }
        let (means, variances) = moments(level, a)
        for column in 0..<3 {
            let exact = exactMoments(a, column)
            #expect(isClose(Double(means[column]), exact.mean, relative: ulp))
            #expect(isClose(Double(variances[column]), exact.variance, relative: 1e-6))
        }
    }

    /// Rows far from the others at the even distances of those that the kernel looks at first.
    @Test(arguments: supportedLevels) func momentsOfUnevenRows(level: InstructionSetLevel) {
        var noise = Noise(14)
        var a = Rows(8000, 37, gap: 0) { noise.floats($0) }
        for row in stride(from: 0, to: a.rows, by: a.rows / 16) {
            for column in 0..<a.columns { a[row, column] = 100 }
        }
        let (means, variances) = moments(level, a)
        for column in 0..<a.columns {
            let exact = exactMoments(a, column)
            #expect(isClose(Double(means[column]), exact.mean, relative: ulp))
            #expect(isClose(Double(variances[column]), exact.variance, relative: 1e-5))
        }
    }

    /// Equal numbers have no variance at all.
    @Test(arguments: supportedLevels) func momentsOfEqualRows(level: InstructionSetLevel) {
        let (means, variances) = moments(level, Rows(1000, 37, gap: 1) { [Float](repeating: 0.1, count: $0) })
        #expect(means.allSatisfy { $0 == 0.1 } && variances.allSatisfy { $0 == 0 })
    }

    private func moments(_ level: InstructionSetLevel, _ a: Rows) -> (means: [Float], variances: [Float]) {
        var means = [Float](repeating: 7, count: a.columns + 1)
        var variances = means
        level.kernels.normalization.columnMoments(a.elements, a.stride, a.rows, a.columns, &means, &variances)
        #expect(means[a.columns] == 7 && variances[a.columns] == 7)
        return (Array(means.dropLast()), Array(variances.dropLast()))
    }

    private func exactMoments(_ a: Rows, _ column: Int) -> (mean: Double, variance: Double) {
        let values = (0..<a.rows).map { Double(a[$0, column]) }
        let mean = values.reduce(0, +) / Double(a.rows)
        return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(a.rows))
    }

    @Test(arguments: supportedLevels) func columnProducts(level: InstructionSetLevel) {
        var noise = Noise(12)
        for (rows, columns) in shapes {
            let a = Rows(rows, columns, gap: 1) { noise.floats($0) }
            let b = Rows(rows, columns, gap: 4) { noise.floats($0) }
            let before = noise.floats(columns + 1)
            for accumulating in [false, true] {
                for isCentered in [false, true] {
                    let c = noise.floats(columns)
                    var (products, sums) = (before, before)
                    c.withUnsafeBufferPointer { c in
                        sums.withUnsafeMutableBufferPointer { sums in
                            level.kernels.normalization.columnProducts(
                                a.elements, a.stride, b.elements, b.stride, isCentered ? c.baseAddress! : nil, rows,
                                columns, &products, isCentered ? sums.baseAddress! : nil, accumulating)
                        }
                    }
                    #expect(products[columns] == before[columns] && sums[columns] == before[columns])
                    #expect(isCentered || sums == before)
                    for column in 0..<columns {
                        let start = accumulating ? Double(before[column]) : 0
                        var (product, sum) = (start, start)
                        for row in 0..<rows {
                            let factor = Double(b[row, column]) - (isCentered ? Double(c[column]) : 0)
                            product += Double(a[row, column]) * factor
                            sum += Double(a[row, column])
                        }
                        #expect(isClose(Double(products[column]), product, relative: ulp, absolute: 8 * ulp))
                        if isCentered {
                            #expect(isClose(Double(sums[column]), sum, relative: ulp, absolute: 4 * ulp))
                        }
                    }
                }
            }
        }
    }

    @Test(arguments: supportedLevels) func columnAffine(level: InstructionSetLevel) {
        var noise = Noise(13)
        for (rows, columns) in shapes {
            for flags in 0..<8 {
                let (hasB, hasOffset, accumulating) = (flags & 1 == 1, flags & 2 == 2, flags & 4 == 4)
                let a = Rows(rows, columns, gap: flags % 3) { noise.wholeNumbers($0) }
                let b = Rows(rows, columns, gap: 1) { noise.wholeNumbers($0) }
                let before = Rows(rows, columns, gap: 2) { noise.wholeNumbers($0) }
                let factors = (noise.wholeNumbers(columns), noise.wholeNumbers(columns), noise.wholeNumbers(columns))
                var expected = before
                for row in 0..<rows {
                    for column in 0..<columns {
                        var value = factors.0[column] * a[row, column]
                        if hasB { value += factors.1[column] * b[row, column] }
                        if hasOffset { value += factors.2[column] }
                        expected[row, column] = 0 + value + (accumulating ? before[row, column] : 0)
                    }
                }
                var out = before
                func affine(
                    _ a: UnsafePointer<Float>, _ aStride: Int, into out: UnsafeMutablePointer<Float>, _ stride: Int
                ) {
                    b.elements.withUnsafeBufferPointer { b in
                        factors.1.withUnsafeBufferPointer { kb in
                            factors.2.withUnsafeBufferPointer { kc in
                                level.kernels.normalization.columnAffine(
                                    rows, columns, a, aStride, factors.0, hasB ? b.baseAddress! : nil, columns + 1,
                                    hasB ? kb.baseAddress! : nil, hasOffset ? kc.baseAddress! : nil, out, stride,
                                    accumulating)
                            }
                        }
                    }
                }
                affine(a.elements, a.stride, into: &out.elements, out.stride)
                #expect(out.isSame(as: expected), "\(rows) × \(columns), \(flags)")
                if accumulating { continue }
                var inPlace = a
                inPlace.elements.withUnsafeMutableBufferPointer {
                    affine($0.baseAddress!, a.stride, into: $0.baseAddress!, a.stride)
                }
                #expect((0..<rows).allSatisfy { row in (0..<columns).allSatisfy { inPlace[row, $0] == out[row, $0] } })
            }
        }
    }
}
