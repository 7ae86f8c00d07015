import Foundation
import KernelDispatch
import Kernels
import Testing

/// A method of the table, with numbers for its factors.
private struct Method: Sendable, CustomStringConvertible {
    typealias Formula = @Sendable (_ f: [Double], _ w: Double, _ s: [Double], _ g: Double) -> Stepped

    /// What float64 makes of a parameter and its state, and the sum of the magnitudes that the change is made of.
    struct Stepped {
        let w: Double
        let s: [Double]
        let scale: Double
    }

    let description: String
    let states: Int
    let factors: [Float]
    let kernel: @Sendable (OptimizerKernels<Float>) -> OptimizerKernel<Float>
    /// What the states can hold.
    let draws: [Draw]
    let formula: Formula?

    enum Draw { case anything, nonNegative, sign, signOfTheFirst }

    /// Every method; Adam at its first and at a late step.
    static let all =
        [
            Method("gradient descent", states: 0, factors: [0.1]) { $0.gradientDescent },
            Method("momentum", states: 1, factors: [0.25, 0.75]) { $0.momentum },
            adam(step: 1), adam(step: 1000),
        ] + byFormula

    static func adam(step: Int) -> Method {
        let (correction1, correction2) = (1 - pow(0.875, Double(step)), 1 - pow(0.96875, Double(step)))
        return Method(
            "adam, step \(step)", states: 2,
            factors: [
                Float(0.125 / correction1), 0.875, 0.96875, 1e-8, Float((1 / correction2).squareRoot()), 0.125, 0.03125,
            ]
        ) { $0.adam }
    }

    /// Those that ``OptimizerKernelTests/formulas(level:)`` tests.
    static let byFormula = [
        Method(
            "adamw", states: 2, factors: [0.5, 0.875, 0.96875, 1e-3, 1.25, 0.125, 0.03125], decay: 0.0625,
            kernel: { $0.adam }
        ) { f, w, s, g in
            let (m, v) = moments(f, s, g)
            let terms = [f[0] * m / (v.squareRoot() * f[4] + f[3]), f[8] * w]
            return Stepped(w: w - terms[0] - terms[1], s: [m, v], scale: scale(f, s, g, v) + abs(terms[1]))
        },
        Method("nesterov", states: 1, factors: [0.25, 0.75], kernel: { $0.nesterov }) { f, w, s, g in
            let v = f[1] * s[0] + g
            return Stepped(w: w - f[0] * (g + f[1] * v), s: [v], scale: abs(s[0]) + abs(g))
        },
        Method(
            "adagrad", states: 1, factors: [0.5, 1e-3], draws: [.nonNegative], kernel: { $0.adaGrad }
        ) { f, w, s, g in
            let v = s[0] + g * g
            let change = f[0] * g / (v.squareRoot() + f[1])
            return Stepped(w: w - change, s: [v], scale: abs(change))
        },
        Method(
            "rmsprop", states: 1, factors: [0.125, 0.75, 1e-3, 0.25], draws: [.nonNegative], kernel: { $0.rmsprop }
        ) { f, w, s, g in
            let v = f[1] * s[0] + f[3] * g * g
            let change = f[0] * g / (v.squareRoot() + f[2])
            return Stepped(w: w - change, s: [v], scale: abs(change))
        },
        Method(
            "amsgrad", states: 3, factors: [0.5, 0.875, 0.96875, 1e-3, 1.25, 0.125, 0.03125],
            kernel: { $0.amsGrad }
        ) { f, w, s, g in
            let (m, v) = moments(f, s, g)
            let u = max(s[2], v)
            return Stepped(
                w: w - f[0] * m / (u.squareRoot() * f[4] + f[3]), s: [m, v, u], scale: scale(f, s, g, u))
        },
        Method(
            "nadam", states: 2, factors: [0.25, 0.875, 0.96875, 1e-3, 1.25, 0.125, 0.03125, 0.5],
            kernel: { $0.nadam }
        ) { f, w, s, g in
            let (m, v) = moments(f, s, g)
            let deviation = v.squareRoot() * f[4] + f[3]
            return Stepped(
                w: w - (f[0] * g + f[7] * m) / deviation, s: [m, v],
                scale: (f[0] * abs(g) + f[7] * (abs(s[0]) + abs(g))) / deviation)
        },
        Method(
            "lion", states: 1, factors: [0.125, 0.875, 0.75, 0.125, 0.25], decay: 0.0625, kernel: { $0.lion }
        ) { f, w, s, g in
            let direction = sign(f[1] * s[0] + f[3] * g)
            return Stepped(
                w: w - f[0] * direction - f[8] * w, s: [f[2] * s[0] + f[4] * g], scale: f[0] + f[8] * abs(w))
        },
        Method(
            "irprop minus", states: 2, factors: [0.125, 1.25, 0.5, 0.25, 0.75], draws: [.sign, .nonNegative],
            kernel: { $0.irpropMinus }
        ) { f, w, s, g in
            let size = s[1] == 0 ? f[0] : s[1]
            let agreement = sign(g) * s[0]
            if agreement < 0 { return Stepped(w: w, s: [0, max(size * f[2], f[3])], scale: 0) }
            let next = agreement > 0 ? min(size * f[1], f[4]) : size
            return Stepped(w: w - sign(g) * next, s: [sign(g), next], scale: next)
        },
        Method(
            "quickprop", states: 2, factors: [0.25, 1.75, 1.75 / 2.75, 0.75],
            draws: [.anything, .signOfTheFirst],
            kernel: { $0.quickprop }
        ) { f, w, s, g in
            // As FANN has it, whose slope is −g.
            let (slope, before) = (-g, s[1])
            var next = 0.0
            if s[0] > 0 {
                if slope > 0 { next += f[0] * slope }
                next += slope > f[2] * before ? f[1] * s[0] : s[0] * slope / (before - slope)
            } else if s[0] < 0 {
                if slope < 0 { next += f[0] * slope }
                next += slope < f[2] * before ? f[1] * s[0] : s[0] * slope / (before - slope)
            } else {
                next = f[0] * slope
            }
            let d = max(-f[3], min(f[3], next))
            // The parabola's steepness passes the error of the slope on.
            let steepness = s[0] == 0 ? 0 : abs(s[0]) * (1 + f[1]) * abs(g) / abs(before)
            return Stepped(w: w + d, s: [d, slope], scale: abs(g) + abs(w) + abs(d) + steepness)
        },
    ]

    private static func sign(_ x: Double) -> Double { x > 0 ? 1 : x < 0 ? -1 : 0 }

    /// m and v of Adam's factors.
    private static func moments(_ f: [Double], _ s: [Double], _ g: Double) -> (Double, Double) {
        (f[1] * s[0] + f[5] * g, f[2] * s[1] + f[6] * g * g)
    }

    /// The magnitudes in Adam's change.
    private static func scale(_ f: [Double], _ s: [Double], _ g: Double, _ v: Double) -> Double {
        f[0] * (abs(s[0]) + abs(g)) / (v.squareRoot() * f[4] + f[3])
    }

    init(
        _ description: String, states: Int, factors: [Float], decay: Float = 0,
        draws: [Draw] = [.anything, .nonNegative, .nonNegative],
        kernel: @escaping @Sendable (OptimizerKernels<Float>) -> OptimizerKernel<Float>, formula: Formula? = nil
    ) {
        self.description = description
        self.states = states
        self.factors = factors + [Float](repeating: .nan, count: 8 - factors.count) + [decay]
        self.kernel = kernel
        self.draws = draws
        self.formula = formula
    }
}

/// Parameters, three states, and what a kernel makes of them.
private struct Numbers {
    var w: [Float]
    var first: [Float] = []
    var second: [Float] = []
    var third: [Float] = []
    var states: [[Float]] {
        get { [first, second, third] }
        set { (first, second, third) = (newValue[0], newValue[1], newValue[2]) }
    }

    init(_ count: Int, seed: UInt64, for method: Method) {
        var noise = Noise(seed)
        w = noise.floats(count)
        var states: [[Float]] = []
        for index in 0..<3 {
            switch index < method.draws.count ? method.draws[index] : .anything {
            case .anything: states.append(noise.floats(count))
            case .nonNegative:
                // A zero here and there, as before the first step.
                states.append(noise.floats(count, in: 0...1).map { $0 < 0.125 ? 0 : $0 })
            case .sign: states.append(noise.floats(count).map { $0 < -0.3 ? -1 : $0 > 0.3 ? 1 : 0 })
            case .signOfTheFirst:
                states.append(zip(noise.floats(count, in: 0.1...1), states[0]).map { $1 < 0 ? -$0 : $0 })
            }
        }
        self.states = states
    }

    mutating func step(_ body: (UnsafeMutablePointer<Float>, UnsafePointer<UnsafeMutablePointer<Float>>) -> Void) {
        w.withUnsafeMutableBufferPointer { w in
            first.withUnsafeMutableBufferPointer { first in
                second.withUnsafeMutableBufferPointer { second in
                    third.withUnsafeMutableBufferPointer { third in
                        body(w.baseAddress!, [first.baseAddress!, second.baseAddress!, third.baseAddress!])
                    }
                }
            }
        }
    }

    func isSame(as other: Numbers) -> Bool {
        bits(w) == bits(other.w) && states.map(bits) == other.states.map(bits)
    }
}

@Suite struct OptimizerKernelTests {
    private static let counts = [1, 3, 4, 8, 15, 16, 17, 70]

    private func step(_ kernel: OptimizerKernel<Float>, _ method: Method, _ numbers: inout Numbers, _ g: [Float]) {
        numbers.step { w, states in
            kernel.step(1, g.count, w, states, 0, g.count, g, g.count, method.factors)
        }
    }

    @Test(arguments: supportedLevels) func gradientDescent(level: InstructionSetLevel) {
        for count in OptimizerKernelTests.counts {
            let before = Numbers(count + 1, seed: UInt64(count), for: Method.all[0])
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
            let before = Numbers(count + 1, seed: UInt64(count), for: Method.all[1])
            var noise = Noise(98)
            let g = noise.floats(count)
            var after = before
            step(level.kernels.optimizers.momentum, Method.all[1], &after, g)
            #expect(after.w[count] == before.w[count] && after.states[0][count] == before.states[0][count])
            #expect(after.states[1...] == before.states[1...])
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
            let before = Numbers(count + 1, seed: UInt64(count), for: .adam(step: number))
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

    /// Every other rule, element by element, against its formula in float64.
    @Test(arguments: supportedLevels) func formulas(level: InstructionSetLevel) {
        for method in Method.byFormula {
            guard let formula = method.formula else {
                Issue.record("\(method) has no formula")
                continue
            }
            let factors = method.factors.map(Double.init)
            for count in OptimizerKernelTests.counts {
                let before = Numbers(count + 1, seed: UInt64(count), for: method)
                var noise = Noise(94)
                var g = noise.floats(count)
                if count > 3 { g[2] = 0 }
                var after = before
                step(method.kernel(level.kernels.optimizers), method, &after, g)
                #expect(after.w[count] == before.w[count], "\(method)")
                #expect(after.states.map { $0[count] } == before.states.map { $0[count] }, "\(method)")
                #expect(after.states[method.states...] == before.states[method.states...], "\(method)")
                for i in 0..<count {
                    let exact = formula(
                        factors, Double(before.w[i]), before.states.map { Double($0[i]) }, Double(g[i]))
                    let tolerance = 4 * ulp * exact.scale
                    #expect(
                        isClose(Double(after.w[i]), exact.w, relative: 2 * ulp, absolute: tolerance),
                        "\(method) at \(i): w")
                    for (state, value) in exact.s.enumerated() {
                        #expect(
                            isClose(
                                Double(after.states[state][i]), value, relative: 4 * ulp,
                                absolute: min(tolerance, 4 * ulp)),
                            "\(method) at \(i): state \(state)")
                    }
                }
            }
        }
    }

    /// Where the gradient was always 0, ε keeps the quotient 0.
    @Test(arguments: supportedLevels) func adamOfNothingChangesNothing(level: InstructionSetLevel) {
        var numbers = Numbers(3, seed: 1, for: .adam(step: 1))
        numbers.states = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
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
                let before = Numbers(rows * stride, seed: UInt64(columns), for: method)
                var noise = Noise(96)
                let g = noise.floats(rows * gStride)
                var (block, byRow) = (before, before)
                block.step { w, states in
                    kernel.step(rows, columns, w + offset, states, offset, stride, g, gStride, method.factors)
                }
                byRow.step { w, states in
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
                    // Some rules leave a parameter where it is, but then they change its state.
                    let changes =
                        block.w[i] != before.w[i]
                        || (0..<3).contains { block.states[$0][i] != before.states[$0][i] }
                    #expect(changes == isInside, "\(method) at \(i)")
                    for state in 0..<3 where !isInside || state >= method.states {
                        #expect(block.states[state][i] == before.states[state][i], "\(method) at \(i)")
                    }
                }
            }
        }
    }

    /// A step along a product is the product and then the step, bit for bit: of small operands, and of large ones, which are
    /// copied as far as scratch memory has room.
    @Test(arguments: supportedLevels) func productsAreNeverThereAsAWhole(level: InstructionSetLevel) {
        let small = [(1, 1, 1), (3, 17, 5), (6, 32, 16), (14, 33, 9), (29, 70, 33), (15, 16, 1)]
        for method in Method.all {
            for (rows, columns, depth) in small + [(50, 700, 90), (61, 40, 660)] {
                let most = CopyLayout.scratchCount(rows: rows, columns: columns, depth: depth)
                let rooms = most > CopyLayout.tile ? [most, most / 2, CopyLayout.tile] : [most]
                check(method, level.kernels, rows, columns, depth, scratchCounts: rooms)
            }
        }
    }

    /// Parameters beyond the second-level cache, in the order of memory: by a method's own loop, and by the one that others share.
    @Test(arguments: supportedLevels) func largeProductsAreNeverThereAsAWhole(level: InstructionSetLevel) {
        let columns = CacheSizes.second / 2 / MemoryLayout<Float>.stride / 48 + 20
        let most = CopyLayout.scratchCount(rows: 48, columns: columns, depth: 16)
        for method in [Method.all[0], Method.all[Method.all.count - 1]] {
            check(method, level.kernels, 48, columns, 16, scratchCounts: [most / 2, most])
        }
    }

    private func check(
        _ method: Method, _ kernels: KernelTable<Float>, _ rows: Int, _ columns: Int, _ depth: Int, scratchCounts: [Int]
    ) {
        let kernel = method.kernel(kernels.optimizers)
        let stride = columns + 5
        let offset = 2
        let before = Numbers(rows * stride + offset, seed: UInt64(rows * columns), for: method)
        var noise = Noise(95)
        let (a, b) = (noise.floats(depth * rows), noise.floats(depth * columns))
        var g = [Float](repeating: .nan, count: rows * columns)
        kernels.multiply(rows, columns, depth, a, 1, rows, b, columns, into: &g, columns)
        var apart = before
        apart.step { w, states in
            kernel.step(rows, columns, w + offset, states, offset, stride, g, columns, method.factors)
        }
        for scratchCount in scratchCounts {
            var together = before
            var scratch = [Float](repeating: .nan, count: scratchCount + 1)
            together.step { w, states in
                kernel.stepAlongProduct(
                    rows, columns, depth, a, rows, b, columns, w + offset, states, offset, stride, method.factors,
                    &scratch, scratchCount)
            }
            #expect(together.isSame(as: apart), "\(method), \(rows) x \(columns) x \(depth), \(scratchCount)")
            #expect(scratch[scratchCount].isNaN)
        }
    }
}
