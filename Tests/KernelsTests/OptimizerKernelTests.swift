import Foundation
import KernelDispatch
import Kernels
import Testing

/// A method of the table, with numbers for its factors, and its formula in float64.
private struct Method: Sendable, CustomStringConvertible {
    let description: String
    let states: Int
    let factors: [Float]
    let kernel: @Sendable (OptimizerKernels<Float>) -> OptimizerKernel<Float>

    /// Every method; Adam at its first and at a late step.
    static let all = [
        Method(description: "gradient descent", states: 0, factors: [0.1]) { $0.gradientDescent },
        Method(description: "momentum", states: 1, factors: [0.25, 0.75]) { $0.momentum },
        adam(step: 1), adam(step: 1000),
    ]

    static func adam(step: Int) -> Method {
        let (correction1, correction2) = (1 - pow(0.875, Double(step)), 1 - pow(0.96875, Double(step)))
        return Method(
            description: "adam, step \(step)", states: 2,
            factors: [
                Float(0.125 / correction1), 0.875, 0.96875, 1e-8, Float((1 / correction2).squareRoot()), 0.125, 0.03125,
            ]
        ) { $0.adam }
    }

    init(
        description: String, states: Int, factors: [Float],
        kernel: @escaping @Sendable (OptimizerKernels<Float>) -> OptimizerKernel<Float>
    ) {
        self.description = description
        self.states = states
        self.factors = factors + [Float](repeating: .nan, count: 8 - factors.count)
        self.kernel = kernel
    }
}

/// Parameters, two states, and what a kernel makes of them.
private struct Numbers {
    var w: [Float]
    var first: [Float]
    var second: [Float]
    var states: [[Float]] { [first, second] }

    init(_ count: Int, seed: UInt64) {
        var noise = Noise(seed)
        w = noise.floats(count)
        // The second moments of Adam are not negative.
        first = noise.floats(count)
        second = noise.floats(count, in: 0...1)
    }

    mutating func step(
        _ method: Method, _ body: (UnsafeMutablePointer<Float>, UnsafePointer<UnsafeMutablePointer<Float>>) -> Void
    ) {
        w.withUnsafeMutableBufferPointer { w in
            first.withUnsafeMutableBufferPointer { first in
                second.withUnsafeMutableBufferPointer { second in
                    body(w.baseAddress!, [first.baseAddress!, second.baseAddress!])
                }
            }
        }
    }

    func isSame(as other: Numbers) -> Bool {
        bits(w) == bits(other.w) && bits(states[0]) == bits(other.states[0])
            && bits(states[1]) == bits(other.states[1])
    }
}

@Suite struct OptimizerKernelTests {
    private static let counts = [1, 3, 4, 8, 15, 16, 17, 70]

    private func step(_ kernel: OptimizerKernel<Float>, _ method: Method, _ numbers: inout Numbers, _ g: [Float]) {
        numbers.step(method) { w, states in
            kernel.step(1, g.count, w, states, 0, g.count, g, g.count, method.factors)
        }
    }

    @Test(arguments: supportedLevels) func gradientDescent(level: InstructionSetLevel) {
        for count in OptimizerKernelTests.counts {
            let before = Numbers(count + 1, seed: UInt64(count))
            var noise = Noise(99)
            let g = noise.floats(count)
            var after = before
            step(level.kernels.optimizers.gradientDescent, Method.all[0], &after, g)
            #expect(after.w[count] == before.w[count] && after.states == before.states)
            for i in 0..<count {
                let exact = Double(before.w[i]) - Double(Float(0.1)) * Double(g[i])
                #expect(isClose(Double(after.w[i]), exact, relative: 0, absolute: 2 * ulp))
            }
        }
    }

    @Test(arguments: supportedLevels) func momentum(level: InstructionSetLevel) {
        for count in OptimizerKernelTests.counts {
            let before = Numbers(count + 1, seed: UInt64(count))
            var noise = Noise(98)
            let g = noise.floats(count)
            var after = before
            step(level.kernels.optimizers.momentum, Method.all[1], &after, g)
            #expect(after.w[count] == before.w[count] && after.states[0][count] == before.states[0][count])
            #expect(after.states[1] == before.states[1])
            for i in 0..<count {
                let velocity = 0.75 * Double(before.states[0][i]) + Double(g[i])
                #expect(isClose(Double(after.states[0][i]), velocity, relative: 0, absolute: 2 * ulp))
                #expect(
                    isClose(
                        Double(after.w[i]), Double(before.w[i]) - 0.25 * velocity, relative: 0, absolute: 3 * ulp))
            }
        }
    }

    @Test(arguments: supportedLevels, [1, 2, 10, 1000]) func adam(level: InstructionSetLevel, step number: Int) {
        let (eta, beta1, beta2, epsilon) = (0.125, 0.875, 0.96875, Double(Float(1e-8)))
        let (correction1, correction2) = (1 - pow(beta1, Double(number)), 1 - pow(beta2, Double(number)))
        for count in OptimizerKernelTests.counts {
            let before = Numbers(count + 1, seed: UInt64(count))
            var noise = Noise(97)
            let g = noise.floats(count)
            var after = before
            step(level.kernels.optimizers.adam, .adam(step: number), &after, g)
            #expect(after.w[count] == before.w[count])
            #expect(after.states.map { $0[count] } == before.states.map { $0[count] })
            for i in 0..<count {
                let mean = beta1 * Double(before.states[0][i]) + (1 - beta1) * Double(g[i])
                let variance = beta2 * Double(before.states[1][i]) + (1 - beta2) * Double(g[i]) * Double(g[i])
                #expect(isClose(Double(after.states[0][i]), mean, relative: 0, absolute: 2 * ulp))
                #expect(isClose(Double(after.states[1][i]), variance, relative: 4 * ulp))
                let change = eta * (mean / correction1) / ((variance / correction2).squareRoot() + epsilon)
                // The mean may cancel: its absolute error is passed on, magnified as the mean is.
                let magnification = eta / correction1 / (variance / correction2).squareRoot()
                #expect(
                    isClose(
                        Double(after.w[i]), Double(before.w[i]) - change, relative: ulp,
                        absolute: 8 * ulp * change.magnitude + 2 * ulp * (1 + magnification)))
            }
        }
    }

    /// Where the gradient was always 0, ε keeps the quotient 0.
    @Test(arguments: supportedLevels) func adamOfNothingChangesNothing(level: InstructionSetLevel) {
        var numbers = Numbers(3, seed: 1)
        numbers.first = [0, 0, 0]
        numbers.second = [0, 0, 0]
        let before = numbers
        step(level.kernels.optimizers.adam, .adam(step: 1), &numbers, [0, 0, 0])
        #expect(numbers.isSame(as: before))
    }

    /// A block within larger matrices is stepped as its rows are one by one, and nothing else changes.
    @Test(arguments: supportedLevels) func blocks(level: InstructionSetLevel) {
        let (rows, stride, gStride, offset) = (5, 37, 41, 3)
        for method in Method.all {
            let kernel = method.kernel(level.kernels.optimizers)
            for columns in [1, 4, 7, 16, 19, 33] {
                let before = Numbers(rows * stride, seed: UInt64(columns))
                var noise = Noise(96)
                let g = noise.floats(rows * gStride)
                var (block, byRow) = (before, before)
                block.step(method) { w, states in
                    kernel.step(rows, columns, w + offset, states, offset, stride, g, gStride, method.factors)
                }
                byRow.step(method) { w, states in
                    for row in 0..<rows {
                        let start = row * stride + offset
                        kernel.step(
                            1, columns, w + start, states, start, stride, Array(g[(row * gStride)...]), gStride,
                            method.factors)
                    }
                }
                #expect(block.isSame(as: byRow), "\(method)")
                for i in before.w.indices {
                    let isInside = (offset..<offset + columns).contains(i % stride)
                    #expect((block.w[i] != before.w[i]) == isInside, "\(method) at \(i)")
                    for state in 0..<2 where !isInside || state >= method.states {
                        #expect(block.states[state][i] == before.states[state][i], "\(method) at \(i)")
                    }
                }
            }
        }
    }

    /// A step along a product is the product and then the step, bit for bit.
    @Test(arguments: supportedLevels) func productsAreNeverThereAsAWhole(level: InstructionSetLevel) {
        let stride = 75
        for method in Method.all {
            let kernel = method.kernel(level.kernels.optimizers)
            for (rows, columns, depth) in [(1, 1, 1), (3, 17, 5), (6, 32, 16), (14, 33, 9), (29, 70, 33), (15, 16, 1)] {
                let offset = 2
                let before = Numbers(rows * stride + offset, seed: UInt64(rows * columns))
                var noise = Noise(95)
                let (a, b) = (noise.floats(depth * rows), noise.floats(depth * columns))
                var g = [Float](repeating: .nan, count: rows * columns)
                level.kernels.multiply(rows, columns, depth, a, 1, rows, b, columns, &g, columns, false)
                var (apart, together) = (before, before)
                apart.step(method) { w, states in
                    kernel.step(rows, columns, w + offset, states, offset, stride, g, columns, method.factors)
                }
                var scratch = [Float](repeating: .nan, count: OptimizerKernel<Float>.scratchCount + 1)
                together.step(method) { w, states in
                    kernel.stepAlongProduct(
                        rows, columns, depth, a, 1, rows, b, columns, w + offset, states, offset, stride,
                        method.factors, &scratch)
                }
                #expect(together.isSame(as: apart), "\(method), \(rows) x \(columns) x \(depth)")
                #expect(scratch[OptimizerKernel<Float>.scratchCount].isNaN)
            }
        }
    }
}
