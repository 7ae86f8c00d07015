import Foundation
import KernelDispatch
import Kernels
import Testing

/// A cost of one output in float64, written independently of the library's formulas.
private struct CostReference: Sendable {
    let name: String
    let kernel: @Sendable (CostKernels<Float>) -> CostKernel<Float>
    var parameter = 0.0
    /// Where outputs and targets are drawn from.
    var outputs: ClosedRange<Float> = -3...3
    var targets: ClosedRange<Float> = -3...3
    let value: @Sendable (_ y: Double, _ t: Double) -> Double
    let slope: @Sendable (_ y: Double, _ t: Double) -> Double
    let curvature: @Sendable (_ y: Double, _ t: Double) -> Double

    /// The costs that are a mean over the outputs.
    static let elementwise = [
        CostReference(
            name: "squaredError", kernel: { $0.squaredError }, value: { pow($0 - $1, 2) }, slope: { 2 * ($0 - $1) },
            curvature: { _, _ in 2 }),
        CostReference(
            name: "absoluteError", kernel: { $0.absoluteError }, value: { abs($0 - $1) },
            slope: { $0 == $1 ? 0 : $0 > $1 ? 1 : -1 }, curvature: { _, _ in 0 }),
        CostReference(
            name: "huber", kernel: { $0.huber }, parameter: 0.75,
            value: { min(abs($0 - $1), 0.75) * (abs($0 - $1) - min(abs($0 - $1), 0.75) / 2) },
            slope: { max(-0.75, min(0.75, $0 - $1)) }, curvature: { abs($0 - $1) <= 0.75 ? 1 : 0 }),
        CostReference(
            name: "binaryCrossEntropy", kernel: { $0.binaryCrossEntropy }, outputs: 0.01...0.99, targets: 0...1,
            value: { -$1 * log($0) - (1 - $1) * log(1 - $0) }, slope: { -$1 / $0 + (1 - $1) / (1 - $0) },
            curvature: { $1 / ($0 * $0) + (1 - $1) / ((1 - $0) * (1 - $0)) }),
        CostReference(
            name: "binaryCrossEntropyOfLogits", kernel: { $0.binaryCrossEntropyOfLogits }, targets: 0...1,
            value: { $1 * log(1 + exp(-$0)) + (1 - $1) * log(1 + exp($0)) }, slope: { 1 / (1 + exp(-$0)) - $1 },
            curvature: { y, _ in 1 / (4 * cosh(y / 2) * cosh(y / 2)) }),
    ]
}

extension CostKernel<Float> {
    /// The cost c of one row, and `scale · ∂c/∂y`; the scale is a power of two.
    fileprivate func row(
        _ y: UnsafePointer<Float>, _ t: UnsafePointer<Float>, _ columns: Int, _ parameter: Float, _ scale: Double,
        _ gradient: UnsafeMutablePointer<Float>?
    ) -> Double {
        evaluate(1, columns, y, columns, t, columns, nil, 1 / scale, parameter, gradient, columns) / scale
    }
}

extension CostKernels<Float> {
    fileprivate func ofClass(
        _ y: UnsafePointer<Float>, _ target: Int, _ columns: Int, _ scale: Double,
        _ gradient: UnsafeMutablePointer<Float>?
    ) -> Double {
        crossEntropyOfClasses(1, columns, y, columns, [Int32(target)], nil, 1 / scale, gradient, columns) / scale
    }
}

@Suite struct CostKernelTests {
    #if !hasFeature(Embedded)  // which has no mirrors
        @Test func everyCostIsTested() {
            let kernels = Mirror(reflecting: InstructionSetLevel.baseline.kernels.costs).children
            let tested =
                CostReference.elementwise.map { $0.name } + [
                    "crossEntropy", "crossEntropyOfClasses", "smoothedCrossEntropyOfClasses",
                    "crossEntropyOfClassesHessianProduct",
                ]
            #expect(kernels.compactMap { $0.label }.sorted() == tested.sorted())
        }
    #endif

    @Test(arguments: supportedLevels) func elementwiseCosts(level: InstructionSetLevel) {
        for reference in CostReference.elementwise {
            let kernel = reference.kernel(level.kernels.costs)
            for columns in 1...35 {
                var noise = Noise(UInt64(columns))
                let y = noise.floats(columns, in: reference.outputs)
                let t = noise.floats(columns, in: reference.targets)
                var gradient = [Float](repeating: .nan, count: columns)
                let cost = kernel.row(y, t, columns, Float(reference.parameter), 0.5, &gradient)
                let terms = zip(y, t).map { reference.value(Double($0), Double($1)) }
                // Each term is a few roundings of numbers of its own size; `y − t` is exact to ulp of 6.
                #expect(isClose(cost, terms.reduce(0, +) / Double(columns), relative: 8 * ulp, absolute: 4 * ulp))
                for i in 0..<columns {
                    let slope = 0.5 / Double(columns) * reference.slope(Double(y[i]), Double(t[i]))
                    #expect(
                        isClose(Double(gradient[i]), slope, relative: 12 * ulp, absolute: 4 * ulp),
                        "\(reference.name): the slope at \(y[i]), \(t[i]) is \(gradient[i]), not \(slope)")
                }
                #expect(kernel.row(y, t, columns, Float(reference.parameter), 0.5, nil) == cost)
            }
        }
    }

    /// Rows with weights and strides; the product may be v itself.
    @Test(arguments: supportedLevels) func hessianProductsOfElementwiseCosts(level: InstructionSetLevel) {
        let weights: [Float] = [0.5, 2]
        for reference in CostReference.elementwise {
            let kernel = reference.kernel(level.kernels.costs)
            for columns in [1, 2, 7, 16, 35] {
                var noise = Noise(UInt64(columns))
                let stride = columns + 3
                let y = noise.floats(2 * stride, in: reference.outputs)
                let t = noise.floats(2 * stride, in: reference.targets)
                let v = noise.floats(2 * stride)
                var product = v
                product.withUnsafeMutableBufferPointer { memory in
                    let base = memory.baseAddress!
                    kernel.hessianProduct(
                        2, columns, y, stride, t, stride, weights, 4, Float(reference.parameter), base, stride, base,
                        stride)
                }
                for row in 0..<2 {
                    for index in row * stride..<row * stride + columns {
                        let exact =
                            Double(weights[row]) / 4 / Double(columns) * Double(v[index])
                            * reference.curvature(Double(y[index]), Double(t[index]))
                        #expect(
                            isClose(Double(product[index]), exact, relative: 16 * ulp, absolute: ulp),
                            "\(reference.name) at \(y[index]), \(t[index]): \(product[index]), not \(exact)")
                    }
                }
                // What lies between the rows is left alone.
                #expect(product[columns..<stride] == v[columns..<stride])
            }
        }
    }

    /// `Σ t · p ⊙ (v − pᵀ v)`, by classes and by distributions, also of logits that are far from 0.
    @Test(arguments: supportedLevels) func hessianProductsOfCrossEntropy(level: InstructionSetLevel) {
        let weights: [Float] = [0.5, 2]
        for (columns, shift) in [(1, 0), (2, 0), (5, -90), (10, 90), (16, 0), (17, -90), (40, 0)] as [(Int, Float)] {
            var noise = Noise(UInt64(columns))
            let y = noise.floats(2 * columns, in: -3...3).map { $0 + shift }
            let t = noise.floats(2 * columns, in: 0...1)
            let v = noise.floats(2 * columns)
            var (byDistribution, byClass) = (v, v)
            level.kernels.costs.crossEntropy.hessianProduct(
                2, columns, y, columns, t, columns, weights, 4, 0, v, columns, &byDistribution, columns)
            level.kernels.costs.crossEntropyOfClassesHessianProduct(
                2, columns, y, columns, weights, 4, v, columns, &byClass, columns)
            for row in 0..<2 {
                let range = row * columns..<(row + 1) * columns
                let p = RowReference.softmax(y[range].map { Double($0) })
                let mean = zip(p, v[range]).reduce(0) { $0 + $1.0 * Double($1.1) }
                let mass = t[range].reduce(0) { $0 + Double($1) }
                for column in 0..<columns {
                    let index = row * columns + column
                    let exact = Double(weights[row]) / 4 * p[column] * (Double(v[index]) - mean)
                    // Logits near 90 are rounded to 64 · ulp.
                    let tolerance = Double(columns + 8) * ulp
                    #expect(isClose(Double(byClass[index]), exact, relative: 0, absolute: tolerance))
                    #expect(
                        isClose(
                            Double(byDistribution[index]), mass * exact, relative: 0, absolute: tolerance * max(1, mass)
                        ))
                }
            }
        }
    }

    @Test(arguments: supportedLevels) func theGradientMayReplaceTheOutputs(level: InstructionSetLevel) {
        var noise = Noise(1)
        let probabilities = noise.floats(9, in: 0.1...0.9)
        let t = noise.floats(9, in: 0...1)
        let costs = level.kernels.costs
        for kernel in CostReference.elementwise.map({ $0.kernel(costs) }) + [costs.crossEntropy] {
            var apart = [Float](repeating: .nan, count: 9)
            let cost = kernel.row(probabilities, t, 9, 0.75, 2, &apart)
            var inPlace = probabilities
            let same = inPlace.withUnsafeMutableBufferPointer { memory in
                kernel.row(UnsafePointer(memory.baseAddress!), t, 9, 0.75, 2, memory.baseAddress!)
            }
            #expect(same == cost)
            #expect(bits(inPlace) == bits(apart))
        }
    }

    @Test(arguments: supportedLevels) func certaintyCostsAtMostAHundred(level: InstructionSetLevel) {
        let kernel = level.kernels.costs.binaryCrossEntropy
        var gradient: [Float] = [0, 0, 0, 0]
        let cost = kernel.row([0, 1, 0, 1], [0, 1, 1, 0], 4, 0, 4, &gradient)
        #expect(cost == 50)
        #expect(Array(gradient[0..<2]) == [0, 0])
        #expect(gradient[2] == -1e12 && gradient[3] == 1e12)
    }

    @Test(arguments: supportedLevels) func logitsOfAnySizeHaveAFiniteCost(level: InstructionSetLevel) {
        let kernel = level.kernels.costs.binaryCrossEntropyOfLogits
        var gradient: [Float] = [0]
        for (y, t, cost, slope) in [
            (Float(88), Float(0), 88.0, Float(1)), (-88, 1, 88, -1), (1e30, 1, 0, 0), (-1e30, 0, 0, 0),
            (1e4, 0, 1e4, 1),
        ] {
            #expect(kernel.row([y], [t], 1, 0, 1, &gradient) == cost)
            #expect(gradient[0] == slope)
        }
    }

    /// Where the terms of the textbook's formulas cancel: large logits with targets near 1, and certain ones.
    @Test(arguments: supportedLevels) func logitsDoNotCancel(level: InstructionSetLevel) {
        let kernel = level.kernels.costs.binaryCrossEntropyOfLogits
        let nearlyOne = Float(1).nextDown
        for magnitude in [Float(1e-20), 0.5, 3, 20, 60, 1e4, 1e19, 1e30, .greatestFiniteMagnitude] {
            for (sign, t) in [
                (Float(1), nearlyOne), (1, 1), (1, 0.75), (1, 0), (-1, 1e-7), (-1, 0), (-1, 1e-30), (-1, 1),
            ] {
                let (y, a) = (sign * magnitude, Double(magnitude))
                let u = sign < 0 ? Double(t) : 1 - Double(t)
                let (e, v) = (exp(-a), [Float(1)])
                var (gradient, product) = ([Float.nan], [Float.nan])
                let cost = kernel.row([y], [t], 1, 0, 1, &gradient)
                kernel.hessianProduct(1, 1, [y], 1, [t], 1, nil, 1, 0, v, 1, &product, 1)
                let least = Double(Float.leastNormalMagnitude)
                #expect(
                    isClose(cost, a * u + log1p(e), relative: 4 * ulp, absolute: least), "C at \(y), \(t) is \(cost)")
                let slope = Double(sign) * (u - e / (1 + e))
                let isSum = sign < 0 ? t > 0 : t < 1
                #expect(
                    isClose(Double(gradient[0]), slope, relative: 4 * ulp, absolute: isSum ? ulp * u : least),
                    "the slope at \(y), \(t) is \(gradient[0]), not \(slope)")
                #expect(
                    isClose(Double(product[0]), e / ((1 + e) * (1 + e)), relative: 4 * ulp, absolute: least),
                    "the curvature at \(y) is \(product[0])")
            }
        }
    }

    @Test(arguments: supportedLevels) func crossEntropyOfADistribution(level: InstructionSetLevel) {
        for columns in 1...35 {
            var noise = Noise(UInt64(columns))
            let y = noise.floats(columns, in: -5...5)
            // Not normalised: the formula's Σ t is then not 1.
            let t = noise.floats(columns, in: 0...1)
            var gradient = y
            let cost = level.kernels.costs.crossEntropy.row(y, t, columns, 0, 0.5, &gradient)
            let logP = RowReference.logSoftmax(y.map { Double($0) })
            let exact = -zip(t, logP).map { Double($0) * $1 }.reduce(0, +)
            let mass = t.map { Double($0) }.reduce(0, +)
            #expect(isClose(cost, exact, relative: Double(columns + 16) * ulp, absolute: 8 * ulp))
            for i in 0..<columns {
                let slope = 0.5 * (exp(logP[i]) * mass - Double(t[i]))
                #expect(isClose(Double(gradient[i]), slope, relative: 0, absolute: Double(columns + 16) * ulp))
            }
            #expect(level.kernels.costs.crossEntropy.row(y, t, columns, 0, 0.5, nil) == cost)
        }
    }

    @Test(arguments: supportedLevels) func classesAreDistributionsWithOneOne(level: InstructionSetLevel) {
        for columns in [1, 2, 5, 17, 35] {
            var noise = Noise(UInt64(columns))
            let y = noise.floats(columns, in: -5...5)
            for target in 0..<columns {
                let t = (0..<columns).map { Float($0 == target ? 1 : 0) }
                var ofClass = y
                var ofDistribution = y
                let cost = level.kernels.costs.ofClass(y, target, columns, 0.25, &ofClass)
                #expect(cost == level.kernels.costs.crossEntropy.row(y, t, columns, 0, 0.25, &ofDistribution))
                #expect(ofClass == ofDistribution)
                #expect(level.kernels.costs.ofClass(y, target, columns, 0.25, nil) == cost)
            }
        }
    }

    /// Smoothed targets are (1 − ε) t + ε / N, given as such or made by the kernel, of a distribution or of a class.
    @Test(arguments: supportedLevels, [Float(0), 0.125, 0.75]) func smoothing(
        level: InstructionSetLevel, smoothing: Float
    ) {
        let costs = level.kernels.costs
        for columns in 1...35 {
            var noise = Noise(UInt64(columns))
            let y = noise.floats(columns, in: -5...5)
            let target = columns / 2
            let ofClass = (0..<columns).map { Float($0 == target ? 1 : 0) }
            for t in [noise.floats(columns, in: 0...1), ofClass] {
                let smoothed = t.map { Double(1 - smoothing) * Double($0) + Double(smoothing) / Double(columns) }
                let logP = RowReference.logSoftmax(y.map { Double($0) })
                let exact = -zip(smoothed, logP).map { $0 * $1 }.reduce(0, +)
                let mass = smoothed.reduce(0, +)
                func check(_ cost: Double, _ gradient: [Float]) {
                    #expect(isClose(cost, exact, relative: Double(columns + 16) * ulp, absolute: 8 * ulp))
                    for i in 0..<columns {
                        let slope = 0.5 * (exp(logP[i]) * mass - smoothed[i])
                        #expect(isClose(Double(gradient[i]), slope, relative: 0, absolute: Double(columns + 16) * ulp))
                    }
                }
                var gradient = y
                check(costs.crossEntropy.row(y, t, columns, smoothing, 0.5, &gradient), gradient)
                guard t == ofClass else { continue }
                let cost = costs.smoothedCrossEntropyOfClasses(
                    1, columns, y, columns, [Int32(target)], nil, 2, smoothing, &gradient, columns)
                check(2 * cost, gradient)
            }
        }
    }

    /// The same number added to every logit changes nothing. The logits are whole numbers, so that the sum is exact.
    @Test(arguments: supportedLevels, [Float(100), 1e4, 1e6]) func aCommonOffsetOfTheLogitsChangesNothing(
        level: InstructionSetLevel, offset: Float
    ) {
        let y: [Float] = [0, 1, -2, 3, 0, 2]
        let shifted = y.map { $0 + offset }
        let t: [Float] = [0.25, 0, 0.25, 0, 0.5, 0]
        var (gradient, shiftedGradient) = (y, y)
        let costs = level.kernels.costs
        let cost = costs.crossEntropy.row(y, t, 6, 0, 1, &gradient)
        let shiftedCost = costs.crossEntropy.row(shifted, t, 6, 0, 1, &shiftedGradient)
        #expect(isClose(shiftedCost, cost, relative: 4 * ulp), "\(shiftedCost) is not \(cost)")
        for (slope, shiftedSlope) in zip(gradient, shiftedGradient) {
            #expect(isClose(Double(shiftedSlope), Double(slope), relative: 0, absolute: 4 * ulp))
        }
        let ofClass = costs.ofClass(y, 2, 6, 1, nil)
        #expect(isClose(costs.ofClass(shifted, 2, 6, 1, nil), ofClass, relative: 4 * ulp))
    }

    /// A batch is its rows one by one, each with its weight, wherever the rows lie; what lies between them stays.
    @Test(arguments: supportedLevels) func batches(level: InstructionSetLevel) {
        let costs = level.kernels.costs
        for (rows, columns, gap) in [
            (1, 10, 0), (40, 1, 0), (40, 1, 2), (3, 1, 0), (40, 10, 0), (9, 17, 3), (33, 5, 1),
        ] {
            var noise = Noise(UInt64(rows * columns))
            let stride = columns + gap
            let y = noise.floats(rows * stride, in: 0.1...0.9)
            let t = noise.floats(rows * stride, in: 0...1)
            let classes = (0..<rows).map { Int32($0 * 7 % columns) }
            let weights = noise.floats(rows, in: 0...2)
            typealias Evaluation = (
                _ rows: Int, _ first: Int, _ weights: [Float]?, _ normalizer: Double,
                _ gradient: UnsafeMutablePointer<Float>?
            ) -> Double
            func check(_ name: String, _ evaluate: Evaluation) {
                for weights in [nil, weights, weights.map { _ in 1 }] {
                    var (batch, single) = ([Float](repeating: 7, count: rows * stride), [Float]())
                    single = batch
                    let cost = evaluate(rows, 0, weights, 3, &batch)
                    var total = 0.0
                    single.withUnsafeMutableBufferPointer { single in
                        for row in 0..<rows {
                            let weight = Double(weights?[row] ?? 1)
                            // c itself, without a weight and a normaliser, and then the gradient with them.
                            total += weight * evaluate(1, row, nil, 1, nil)
                            _ = evaluate(1, row, weights.map { [$0[row]] }, 3, single.baseAddress! + row * stride)
                        }
                    }
                    #expect(cost == total / 3, "\(name): \(rows) rows of \(columns)")
                    #expect(bits(batch) == bits(single), "\(name): \(rows) rows of \(columns)")
                    #expect(evaluate(rows, 0, weights, 3, nil) == cost)
                    #expect(batch.indices.allSatisfy { $0 % stride < columns || batch[$0] == 7 })
                }
            }
            for (name, kernel, parameter) in CostReference.elementwise.map({
                ($0.name, $0.kernel(costs), Float($0.parameter))
            }) + [("crossEntropy", costs.crossEntropy, 0), ("crossEntropy, smoothed", costs.crossEntropy, 0.25)] {
                check(name) { rows, first, weights, normalizer, gradient in
                    kernel.evaluate(
                        rows, columns, Array(y[(first * stride)...]), stride, Array(t[(first * stride)...]), stride,
                        weights, normalizer, parameter, gradient, stride)
                }
            }
            check("crossEntropyOfClasses") { rows, first, weights, normalizer, gradient in
                costs.crossEntropyOfClasses(
                    rows, columns, Array(y[(first * stride)...]), stride, Array(classes[first...]), weights, normalizer,
                    gradient, stride)
            }
            check("smoothedCrossEntropyOfClasses") { rows, first, weights, normalizer, gradient in
                costs.smoothedCrossEntropyOfClasses(
                    rows, columns, Array(y[(first * stride)...]), stride, Array(classes[first...]), weights, normalizer,
                    0.25, gradient, stride)
            }
        }
    }
}
