import KernelDispatch
import Kernels
import Testing

/// The activations of whole rows.
@Suite struct SoftmaxKernelTests {
    private func rows(_ values: [Float], of columns: Int) -> [[Double]] {
        stride(from: 0, to: values.count, by: columns).map { values[$0..<$0 + columns].map { Double($0) } }
    }

    @Test(arguments: supportedLevels) func valuesAgreeWithFloat64(level: InstructionSetLevel) {
        let kernels = level.kernels.activations
        for columns in 1...40 {
            var noise = Noise(UInt64(columns))
            let z = noise.floats(3 * columns, in: -9...9)
            var p = z
            var logP = z
            kernels.softmax.forward(z, &p, 3, columns, 0)
            kernels.logSoftmax.forward(z, &logP, 3, columns, 0)
            for (row, exact) in rows(z, of: columns).enumerated() {
                // Each of the sum's terms rounds once; the exponent's rounding, 18 · ulp/2, counts fully.
                let tolerance = Double(columns + 20) * ulp
                for column in 0..<columns {
                    let index = row * columns + column
                    #expect(isClose(Double(p[index]), RowReference.softmax(exact)[column], relative: tolerance))
                    #expect(
                        isClose(
                            Double(logP[index]), RowReference.logSoftmax(exact)[column], relative: 4 * ulp,
                            absolute: tolerance))
                }
            }
        }
    }

    /// `R{h} = J R{z}`, and `R{s}` for a fixed δ, which `addCurvature` adds to what is there.
    @Test(arguments: supportedLevels) func tangentsAgreeWithDifferences(level: InstructionSetLevel) {
        let kernels = level.kernels.activations
        for columns in [1, 2, 3, 8, 17, 40] {
            var noise = Noise(UInt64(columns + 100))
            let z = noise.floats(3 * columns, in: -4...4)
            let (delta, tangent, start) = (
                noise.floats(3 * columns), noise.floats(3 * columns), noise.floats(3 * columns)
            )
            for (kernel, value, backward) in [
                (kernels.softmax, RowReference.softmax, RowReference.softmaxBackward),
                (kernels.logSoftmax, RowReference.logSoftmax, RowReference.logSoftmaxBackward),
            ] {
                var (h, hTangent, s) = (z, z, start)
                kernel.forward(z, &h, 3, columns, 0)
                (kernel.tangent ?? kernel.backward)(z, h, tangent, &hTangent, 3, columns, 0)
                kernel.addCurvature!(z, h, tangent, hTangent, delta, &s, 3, columns, 0)
                for row in 0..<3 {
                    let (z, along) = (rows(z, of: columns)[row], rows(tangent, of: columns)[row])
                    let (d, s0) = (rows(delta, of: columns)[row], rows(start, of: columns)[row])
                    let exactTangent = RowReference.changed({ z, _ in value(z) }, z, d, along: along)
                    let exactChange = RowReference.changed(backward, z, d, along: along)
                    for column in 0..<columns {
                        let index = row * columns + column
                        let tolerance = Double(columns + 8) * ulp
                        #expect(
                            isClose(Double(hTangent[index]), exactTangent[column], relative: 0, absolute: tolerance))
                        #expect(
                            isClose(
                                Double(s[index]), s0[column] + exactChange[column], relative: 0, absolute: tolerance))
                    }
                }
            }
        }
    }

    @Test(arguments: supportedLevels) func backwardIsTheJacobiansProduct(level: InstructionSetLevel) {
        let kernels = level.kernels.activations
        for columns in [1, 2, 3, 8, 17, 40] {
            var noise = Noise(UInt64(columns))
            let z = noise.floats(3 * columns, in: -4...4)
            let delta = noise.floats(3 * columns)
            for (kernel, reference) in [
                (kernels.softmax, RowReference.softmaxBackward), (kernels.logSoftmax, RowReference.logSoftmaxBackward),
            ] {
                var h = z
                var s = z
                kernel.forward(z, &h, 3, columns, 0)
                kernel.backward(z, h, delta, &s, 3, columns, 0)
                for row in 0..<3 {
                    let exact = reference(rows(z, of: columns)[row], rows(delta, of: columns)[row])
                    for column in 0..<columns {
                        // Differences of sums of `columns` terms below 1.
                        #expect(
                            isClose(
                                Double(s[row * columns + column]), exact[column], relative: 0,
                                absolute: Double(columns + 8) * ulp))
                    }
                }
            }
        }
    }

    @Test(arguments: supportedLevels) func largeDifferencesNeitherOverflowNorVanish(level: InstructionSetLevel) {
        let kernels = level.kernels.activations
        let z: [Float] = [1e30, 0, -1e30, 88, -88, 0, -.infinity, 0, 0]
        var p = z
        var logP = z
        kernels.softmax.forward(z, &p, 3, 3, 0)
        kernels.logSoftmax.forward(z, &logP, 3, 3, 0)
        #expect(Array(p[0..<3]) == [1, 0, 0])
        #expect(Array(logP[0..<3]) == [0, -1e30, -1e30 * 2])
        #expect(p[3] == 1 && logP[3] == 0 && logP[4] == -176 && logP[5] == -88)
        #expect(Array(p[6..<9]) == [0, 0.5, 0.5] && logP[6] == -.infinity)
    }

    /// The same number added to every z changes nothing. The z here are whole numbers, so that the sum is exact.
    @Test(arguments: supportedLevels, [Float(100), 1e4, 1e6]) func commonOffsetChangesNothing(
        level: InstructionSetLevel, offset: Float
    ) {
        let kernels = level.kernels.activations
        let z: [Float] = [0, 1, -2, 3, 0, 2]
        for kernel in [kernels.softmax, kernels.logSoftmax] {
            var h = z
            var shifted = z
            kernel.forward(z, &h, 1, 6, 0)
            kernel.forward(z.map { $0 + offset }, &shifted, 1, 6, 0)
            for (h, shifted) in zip(h, shifted) {
                #expect(isClose(Double(shifted), Double(h), relative: 4 * ulp), "\(shifted) is not \(h)")
            }
        }
    }

    @Test(arguments: supportedLevels) func nanGoesThrough(level: InstructionSetLevel) {
        let kernels = level.kernels.activations
        for place in 0..<3 {
            var z: [Float] = [1, 2, 3, 1, 2, 3]
            z[place] = .nan
            for kernel in [kernels.softmax, kernels.logSoftmax] {
                var h = z
                kernel.forward(z, &h, 2, 3, 0)
                #expect(h.indices.allSatisfy { h[$0].isNaN == ($0 < 3) })
            }
        }
    }
}
