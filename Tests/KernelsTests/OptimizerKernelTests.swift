import Foundation
import KernelDispatch
import Kernels
import Testing

/// One step of each method, against its formula in float64.
@Suite struct OptimizerKernelTests {
    private static let counts = [1, 3, 4, 8, 15, 16, 17, 70]

    @Test(arguments: supportedLevels) func gradientDescent(level: InstructionSetLevel) {
        for count in OptimizerKernelTests.counts {
            var noise = Noise(UInt64(count))
            let w = noise.floats(count + 1)
            let g = noise.floats(count)
            var result = w
            level.kernels.gradientDescent(1, count, &result, count, g, count, 0.1)
            #expect(result[count] == w[count])
            for i in 0..<count {
                let exact = Double(w[i]) - Double(Float(0.1)) * Double(g[i])
                #expect(isClose(Double(result[i]), exact, relative: 0, absolute: 2 * ulp))
            }
        }
    }

    @Test(arguments: supportedLevels) func momentum(level: InstructionSetLevel) {
        for count in OptimizerKernelTests.counts {
            var noise = Noise(UInt64(count))
            let w = noise.floats(count + 1)
            let v = noise.floats(count + 1)
            let g = noise.floats(count)
            var (newW, newV) = (w, v)
            level.kernels.momentum(1, count, &newW, &newV, count, g, count, 0.25, 0.75)
            #expect(newW[count] == w[count] && newV[count] == v[count])
            for i in 0..<count {
                let velocity = 0.75 * Double(v[i]) + Double(g[i])
                #expect(isClose(Double(newV[i]), velocity, relative: 0, absolute: 2 * ulp))
                #expect(isClose(Double(newW[i]), Double(w[i]) - 0.25 * velocity, relative: 0, absolute: 3 * ulp))
            }
        }
    }

    @Test(arguments: supportedLevels, [1, 2, 10, 1000]) func adam(level: InstructionSetLevel, step: Int) {
        let (eta, beta1, beta2, epsilon) = (Float(0.125), Float(0.875), Float(0.96875), Float(1e-8))
        let correction1 = 1 - pow(Double(beta1), Double(step))
        let correction2 = 1 - pow(Double(beta2), Double(step))
        for count in OptimizerKernelTests.counts {
            var noise = Noise(UInt64(count))
            let w = noise.floats(count + 1)
            let m = noise.floats(count + 1)
            let v = noise.floats(count + 1, in: 0...1)
            let g = noise.floats(count)
            var (newW, newM, newV) = (w, m, v)
            level.kernels.adam(
                1, count, &newW, &newM, &newV, count, g, count, eta, beta1, beta2, epsilon, Float(correction1),
                Float(correction2))
            #expect(newW[count] == w[count] && newM[count] == m[count] && newV[count] == v[count])
            for i in 0..<count {
                let mean = Double(beta1) * Double(m[i]) + (1 - Double(beta1)) * Double(g[i])
                let variance = Double(beta2) * Double(v[i]) + (1 - Double(beta2)) * Double(g[i]) * Double(g[i])
                #expect(isClose(Double(newM[i]), mean, relative: 0, absolute: 2 * ulp))
                #expect(isClose(Double(newV[i]), variance, relative: 4 * ulp))
                let change =
                    Double(eta) * (mean / correction1) / ((variance / correction2).squareRoot() + Double(epsilon))
                // The mean may cancel: its absolute error is passed on, magnified as the mean is.
                let magnification = Double(eta) / correction1 / (variance / correction2).squareRoot()
                #expect(
                    isClose(
                        Double(newW[i]), Double(w[i]) - change, relative: ulp,
                        absolute: 8 * ulp * change.magnitude + 2 * ulp * (1 + magnification)))
            }
        }
    }

    /// Where the gradient was always 0, ε keeps the quotient 0.
    @Test(arguments: supportedLevels) func adamOfNothingChangesNothing(level: InstructionSetLevel) {
        var w: [Float] = [1, -2, 3]
        var m: [Float] = [0, 0, 0]
        var v: [Float] = [0, 0, 0]
        level.kernels.adam(1, 3, &w, &m, &v, 3, [0, 0, 0], 3, 0.001, 0.9, 0.999, 1e-8, 0.1, 0.001)
        #expect(w == [1, -2, 3] && m == [0, 0, 0] && v == [0, 0, 0])
    }

    /// A block within larger matrices is stepped as its rows are one by one, and nothing else changes.
    @Test(arguments: supportedLevels) func blocks(level: InstructionSetLevel) {
        let (rows, stride, gStride, offset) = (5, 37, 41, 3)
        for columns in [1, 4, 7, 16, 19, 33] {
            var noise = Noise(UInt64(columns))
            let (w, m, g) = (noise.floats(rows * stride), noise.floats(rows * stride), noise.floats(rows * gStride))
            let v = noise.floats(rows * stride, in: 0...1)
            typealias State = (w: [Float], m: [Float], v: [Float])
            func check(
                _ name: String,
                _ step: (
                    _ rows: Int, _ w: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>,
                    _ v: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>
                ) -> Void
            ) {
                func run(_ parts: Range<Int>, of count: Int) -> State {
                    var state: State = (w, m, v)
                    state.w.withUnsafeMutableBufferPointer { w in
                        state.m.withUnsafeMutableBufferPointer { m in
                            state.v.withUnsafeMutableBufferPointer { v in
                                g.withUnsafeBufferPointer { g in
                                    for part in parts {
                                        let start = part * stride + offset
                                        step(
                                            count, w.baseAddress! + start, m.baseAddress! + start,
                                            v.baseAddress! + start, g.baseAddress! + part * gStride)
                                    }
                                }
                            }
                        }
                    }
                    return state
                }
                let (block, byRow) = (run(0..<1, of: rows), run(0..<rows, of: 1))
                #expect(bits(block.w) == bits(byRow.w) && bits(block.m) == bits(byRow.m), "\(name)")
                #expect(bits(block.v) == bits(byRow.v), "\(name)")
                for i in w.indices {
                    let isInside = (offset..<offset + columns).contains(i % stride)
                    #expect((block.w[i] != w[i]) == isInside, "\(name) at \(i)")
                    #expect(isInside || block.m[i] == m[i] && block.v[i] == v[i], "\(name) at \(i)")
                }
            }
            let kernels = level.kernels
            check("gradientDescent") { rows, w, _, _, g in
                kernels.gradientDescent(rows, columns, w, stride, g, gStride, 0.5)
            }
            check("momentum") { rows, w, m, _, g in
                kernels.momentum(rows, columns, w, m, stride, g, gStride, 0.5, 0.75)
            }
            check("adam") { rows, w, m, v, g in
                kernels.adam(rows, columns, w, m, v, stride, g, gStride, 0.5, 0.875, 0.96875, 1e-8, 0.5, 0.25)
            }
        }
    }
}
