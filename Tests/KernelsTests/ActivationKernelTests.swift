import Foundation
import KernelDispatch
import Kernels
import Testing

@Suite struct ActivationKernelTests {
    /// A few times the rounding of the library functions, each of which is within 2 ulp.
    private static let tolerance = 8 * ulp

    private static let grid: [Float] = Array(stride(from: -12, through: 12, by: 0.09375)) + [-0.5, 0.5, -1e-3, 1e-3]
    /// With 0 in both signs, numbers near the ends of float32, a subnormal one, and where the exponential overflows.
    private static let extremes: [Float] = [
        0, -0.0, 1e-30, -1e-30, 0x1p-140, -0x1p-140, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 16.5, -16.5, 88,
        -88, 89, -89, 104, -104, 1e4, -1e4, 1e19, -1e19,
        1e30,
        -1e30, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
    ]

    #if !hasFeature(Embedded)  // which has no mirrors
        @Test func everyActivationHasAReference() {
            let kernels = Mirror(reflecting: InstructionSetLevel.baseline.kernels.activations).children
            #expect(kernels.compactMap { $0.label }.sorted() == ActivationReference.all.map { $0.name }.sorted())
        }
    #endif

    @Test(arguments: supportedLevels) func valuesAgreeWithFloat64(level: InstructionSetLevel) {
        for entry in ActivationReference.elementwise {
            let inputs = ActivationKernelTests.grid + ActivationKernelTests.extremes
            let h = forward(entry, level, inputs)
            for (z, h) in zip(inputs, h) {
                let expected = overflowed(entry.value(Double(z)))
                #expect(
                    isClose(
                        Double(h), expected, relative: ActivationKernelTests.tolerance, absolute: cancellation(entry, z)
                    ),
                    "\(entry.name)(\(z)) is \(h), not \(expected)")
            }
        }
    }

    /// Below zero `1 + erf` and `1 + tanh` cancel, and GELU multiplies what is left by z. Subnormal results have lost
    /// their last bits.
    private func cancellation(_ entry: ElementwiseReference, _ z: Float) -> Double {
        let subnormal = 4 * Double(Float.leastNonzeroMagnitude) * max(1, min(Double(z.magnitude), 200))
        return ["gelu", "geluTanh"].contains(entry.name) && z < -1 ? subnormal + Double(-z) * 2 * ulp : subnormal
    }

    /// What a number beyond float32 is there.
    private func overflowed(_ value: Double) -> Double {
        value.magnitude > Double(Float.greatestFiniteMagnitude) ? (value < 0 ? -.infinity : .infinity) : value
    }

    @Test(arguments: supportedLevels) func derivativesAgreeWithFloat64(level: InstructionSetLevel) {
        for entry in ActivationReference.elementwise {
            let inputs = ActivationKernelTests.grid + ActivationKernelTests.extremes
            let slopes = derivative(entry, level, inputs)
            for (z, slope) in zip(inputs, slopes) {
                let expected = overflowed(entry.derivative(Double(z)))
                // `1 − h²`, `h (1 − h)` and `h + α` cancel where σ is flat: an absolute error in proportion to z.
                let absolute = ActivationKernelTests.tolerance * max(1, min(Double(z.magnitude), 16))
                #expect(
                    isClose(Double(slope), expected, relative: ActivationKernelTests.tolerance, absolute: absolute),
                    "the derivative of \(entry.name) at \(z) is \(slope), not \(expected)")
            }
        }
    }

    /// σ' is the slope of σ: the library's own formulas at float64, against central differences.
    @Test func derivativesAreTheSlopesOfTheValues() {
        for entry in ActivationReference.elementwise {
            for z in smoothPlaces(entry) {
                let (formula, alpha, step) = (entry.formula, entry.alpha, 1e-5)
                let (above, below) = (formula.value(z + step, alpha), formula.value(z - step, alpha))
                let slope = (above - below) / (2 * step)
                let h = formula.value(z, alpha)
                let exact = formula.derivative(z, h, alpha)
                // The truncation is step²/6 of a third derivative below 10; the rounding, 2⁻⁵³ · 12 / step.
                #expect(isClose(exact, slope, relative: 1e-9, absolute: 1e-9), "\(entry.name) at \(z)")
            }
        }
    }

    @Test(arguments: supportedLevels) func secondDerivativesAgreeWithFloat64(level: InstructionSetLevel) {
        for entry in ActivationReference.elementwise {
            let inputs = ActivationKernelTests.grid + ActivationKernelTests.extremes
            let curvatures = secondDerivative(entry, level, inputs)
            for (z, curvature) in zip(inputs, curvatures) where z != 0 {
                let expected = overflowed(entry.secondDerivative(Double(z)))
                // As for σ'; the product of two such factors, and z² φ(z), whose factors reach 40 and round.
                let absolute = 4 * ActivationKernelTests.tolerance * max(1, min(Double(z.magnitude), 16))
                #expect(
                    isClose(Double(curvature), expected, relative: ActivationKernelTests.tolerance, absolute: absolute),
                    "the second derivative of \(entry.name) at \(z) is \(curvature), not \(expected)")
            }
        }
    }

    /// σ'' is the slope of σ': the library's own formulas at float64, against central differences.
    @Test func secondDerivativesAreTheSlopesOfTheDerivatives() {
        for entry in ActivationReference.elementwise {
            for z in smoothPlaces(entry) {
                let (formula, alpha, step) = (entry.formula, entry.alpha, 1e-5)
                func slope(_ z: Double) -> Double { formula.derivative(z, formula.value(z, alpha), alpha) }
                let difference = (slope(z + step) - slope(z - step)) / (2 * step)
                let exact = formula.secondDerivative(z, formula.value(z, alpha), alpha)
                #expect(isClose(exact, difference, relative: 1e-9, absolute: 1e-9), "\(entry.name) at \(z)")
            }
        }
    }

    private func smoothPlaces(_ entry: ElementwiseReference) -> [Double] {
        ActivationKernelTests.grid.map { Double($0) }.filter { $0.magnitude > 1e-4 && !entry.kinks.contains($0) }
    }

    @Test(arguments: supportedLevels) func curvatureIsAddedInProportion(level: InstructionSetLevel) {
        var noise = Noise(5)
        let z = noise.floats(3 * 7, in: -3...3)
        let (delta, tangent, start) = (noise.floats(3 * 7), noise.floats(3 * 7), noise.floats(3 * 7))
        for entry in ActivationReference.elementwise {
            guard let addCurvature = entry.kernel(level.kernels.activations).addCurvature else { continue }
            let h = forward(entry, level, z)
            var s = start
            addCurvature(z, h, tangent, h, delta, &s, 3, 7, Float(entry.alpha))
            for index in z.indices {
                let exact =
                    Double(start[index]) + Double(delta[index]) * Double(tangent[index])
                    * entry.secondDerivative(Double(z[index]))
                #expect(
                    isClose(Double(s[index]), exact, relative: ulp, absolute: 16 * ulp),
                    "\(entry.name) at \(z[index])")
            }
        }
    }

    /// What has no kernel for it has no curvature, and the other way round.
    @Test func straightActivationsAddNoCurvature() {
        for entry in ActivationReference.elementwise {
            let isStraight = ActivationKernelTests.grid.allSatisfy { entry.secondDerivative(Double($0)) == 0 }
            let kernel = entry.kernel(InstructionSetLevel.baseline.kernels.activations)
            #expect((kernel.addCurvature == nil) == isStraight, "\(entry.name)")
        }
    }

    /// As PyTorch has it.
    @Test(arguments: supportedLevels) func derivativesAtKinks(level: InstructionSetLevel) {
        for entry in ActivationReference.clipped {
            for z in [0] + entry.kinks {
                let slope = derivative(entry, level, [Float(z)])[0]
                #expect(isClose(Double(slope), entry.derivative(z), relative: ulp), "\(entry.name)'(\(z)): \(slope)")
                #expect(secondDerivative(entry, level, [Float(z)])[0] == Float(entry.secondDerivative(z)))
            }
        }
    }

    /// Far out Mish is z or 0, and hard swish the same earlier.
    @Test(arguments: supportedLevels) func gatesAreOpenOrClosedFarOut(level: InstructionSetLevel) {
        for kernel in [level.kernels.activations.mish, level.kernels.activations.hardSwish] {
            let z: [Float] = [
                41, 100, .greatestFiniteMagnitude, .infinity, -200, -.greatestFiniteMagnitude, -.infinity,
            ]
            var h = [Float](repeating: 7, count: z.count)
            kernel.forward(z, &h, 1, z.count, 0)
            #expect(bits(h) == bits(z[0..<4] + [-0.0, -0.0, -0.0]))
        }
    }

    @Test func derivativesAtZeroAreThoseFromBelow() {
        for entry in ActivationReference.rectifiers {
            for zero in [Float(0), -0.0] {
                let slope = derivative(entry, .baseline, [zero])[0]
                let expected = entry.derivative(0)
                #expect(isClose(Double(slope), expected, relative: ulp), "\(entry.name): \(slope)")
            }
        }
    }

    @Test(arguments: supportedLevels) func notFiniteNumbersGoThrough(level: InstructionSetLevel) {
        for entry in ActivationReference.elementwise {
            // With numbers beside them, as they come.
            let inputs: [Float] = [-.infinity, 1, .infinity, .nan, -1]
            let values = forward(entry, level, inputs).map { Double($0) }
            #expect(isClose(values[0], entry.limits.below.h, relative: ulp), "\(entry.name)(-inf) is \(values[0])")
            #expect(isClose(values[2], entry.limits.above.h, relative: ulp), "\(entry.name)(inf) is \(values[2])")
            #expect(values[3].isNaN, "\(entry.name)(nan) is \(values[3])")
            let slopes = derivative(entry, level, inputs).map { Double($0) }
            for (slope, expected) in [(slopes[0], entry.limits.below.slope), (slopes[2], entry.limits.above.slope)] {
                #expect(
                    isClose(slope, expected, relative: ulp, absolute: ulp),
                    "the derivative of \(entry.name) at infinity is \(slope), not \(expected)")
            }
            // z' is 1 whatever z is.
            #expect(
                slopes[3].isNaN || entry.name == "identity", "the derivative of \(entry.name) at nan is \(slopes[3])")
            let isCurved = entry.kernel(level.kernels.activations).addCurvature != nil
            let curvatures = secondDerivative(entry, level, inputs)
            #expect(curvatures[0].magnitude <= Float(ulp), "\(entry.name): \(curvatures)")
            #expect(curvatures[2] == (entry.name == "exponential" ? .infinity : 0), "\(entry.name): \(curvatures)")
            #expect(
                curvatures[3].isNaN == isCurved, "the second derivative of \(entry.name) at nan is \(curvatures[3])")
            for place in [1, 4] {
                let z = Double(inputs[place])
                #expect(isClose(values[place], entry.value(z), relative: 0, absolute: 8 * ulp), "\(entry.name)(\(z))")
                #expect(
                    isClose(slopes[place], entry.derivative(z), relative: 0, absolute: 8 * ulp), "\(entry.name)'(\(z))")
            }
        }
    }

    /// What is below zero goes where α has it: with α = 0, as IEEE arithmetic has it, 0 · ∞ is NaN.
    @Test(arguments: supportedLevels) func leakyReLUWithoutALeak(level: InstructionSetLevel) {
        let kernel = level.kernels.activations.leakyReLU
        let z: [Float] = [-3, -0.0, 0, 2, -.infinity]
        var h = [Float](repeating: 7, count: 5)
        kernel.forward(z, &h, 1, 5, 0)
        #expect(h[0] == 0 && h[1] == 0 && h[2] == 0 && h[3] == 2 && h[4].isNaN)
        var s: [Float] = [1, 1, 1, 1, 1]
        let ones = s
        kernel.backward(z, h, ones, &s, 1, 5, 0)
        #expect(s == [0, 0, 0, 1, 0])
    }

    @Test(arguments: supportedLevels) func backwardMultipliesByDelta(level: InstructionSetLevel) {
        var noise = Noise(3)
        let z = noise.floats(3 * 7, in: -3...3)
        let delta = noise.floats(3 * 7)
        for entry in ActivationReference.elementwise {
            let kernel = entry.kernel(level.kernels.activations)
            let h = forward(entry, level, z)
            let slopes = derivative(entry, level, z)
            var s = [Float](repeating: .nan, count: z.count)
            kernel.backward(z, h, delta, &s, 3, 7, Float(entry.alpha))
            #expect(bits(s) == bits(zip(delta, slopes).map { $0 * $1 }), "\(entry.name)")
        }
    }

    @Test(arguments: supportedLevels) func forwardWorksInPlace(level: InstructionSetLevel) {
        var noise = Noise(4)
        let z = noise.floats(5 * 13, in: -4...4)
        for entry in ActivationReference.all {
            let kernel = entry.kernel(level.kernels.activations)
            var apart = [Float](repeating: .nan, count: z.count)
            kernel.forward(z, &apart, 5, 13, Float(entry.alpha))
            var inPlace = z
            inPlace.withUnsafeMutableBufferPointer { memory in
                kernel.forward(UnsafePointer(memory.baseAddress!), memory.baseAddress!, 5, 13, Float(entry.alpha))
            }
            #expect(bits(inPlace) == bits(apart), "\(entry.name)")
        }
    }

    private func forward(_ entry: ElementwiseReference, _ level: InstructionSetLevel, _ z: [Float]) -> [Float] {
        var h = [Float](repeating: .nan, count: z.count)
        entry.kernel(level.kernels.activations).forward(z, &h, 1, z.count, Float(entry.alpha))
        return h
    }

    private func secondDerivative(
        _ entry: ElementwiseReference, _ level: InstructionSetLevel, _ z: [Float]
    ) -> [Float] {
        var s = [Float](repeating: 0, count: z.count)
        let ones = [Float](repeating: 1, count: z.count)
        let h = forward(entry, level, z)
        entry.kernel(level.kernels.activations).addCurvature?(z, h, ones, h, ones, &s, 1, z.count, Float(entry.alpha))
        return s
    }

    private func derivative(_ entry: ElementwiseReference, _ level: InstructionSetLevel, _ z: [Float]) -> [Float] {
        var s = [Float](repeating: .nan, count: z.count)
        let ones = [Float](repeating: 1, count: z.count)
        entry.kernel(level.kernels.activations).backward(
            z, forward(entry, level, z), ones, &s, 1, z.count, Float(entry.alpha))
        return s
    }
}
