import Foundation
import KernelDispatch
import Kernels
import Testing

typealias ElementaryFunction = ElementaryKernels<Float>.Function

/// An elementary function, the bound on its error that its comment states, and what it does at the ends.
struct ElementaryReference: Sendable, CustomTestStringConvertible {
    let name: String
    let kernel: @Sendable (ElementaryKernels<Float>) -> ElementaryFunction
    /// In units of the last place of the exact value, for each instruction set.
    let bound: @Sendable (InstructionSetLevel) -> Double
    let exact: @Sendable (Double) -> Double
    /// Where the function is defined, if not everywhere.
    var domain: ClosedRange<Float> = -.infinity ... .infinity
    /// Arguments around which something changes: the ends of ranges, and where the method changes.
    let boundaries: [Float]

    var testDescription: String { name }

    static let all = [
        ElementaryReference(
            name: "exp", kernel: { $0.exp }, bound: { _ in 1.07 }, exact: { Foundation.exp($0) },
            boundaries: [0, 88.72284, 89, -87.33655, -103.97208, -104, 0.34657359, -0.34657359]),
        ElementaryReference(
            name: "expMinusOne", kernel: { $0.expMinusOne }, bound: { $0.isFused ? 1.65 : 1.8 },
            exact: { expm1($0) },
            boundaries: [0, 88.72284, 89, -17.328680, -25, 0.34657359, -0.34657359, 1.0397208, -1.0397208]),
        ElementaryReference(
            name: "log", kernel: { $0.log }, bound: { $0.isFused ? 0.9 : 0.98 }, exact: { Foundation.log($0) },
            domain: 0 ... .infinity, boundaries: [0, 1, 0x1p-126, 2.0 / 3, 4.0 / 3, 8.0 / 3]),
        ElementaryReference(
            name: "logOnePlus", kernel: { $0.logOnePlus }, bound: { $0.isFused ? 1.61 : 1.73 },
            exact: { log1p($0) },
            domain: -1 ... .infinity, boundaries: [0, -1, -1.0 / 3, 1.0 / 3, 5.0 / 3, 0x1p-24, 0x1p24]),
        ElementaryReference(
            name: "logOnePlusProportion", kernel: { $0.logOnePlusProportion }, bound: { $0.isFused ? 1.61 : 1.73 },
            exact: { log1p($0) }, domain: 0...1, boundaries: [0, 1.0 / 3, 1]),
        ElementaryReference(
            name: "tanh", kernel: { $0.tanh }, bound: { _ in 1.5 }, exact: { Foundation.tanh($0) },
            boundaries: [0, 0.5, -0.5, 9.010914, -9.010914, 10, -10]),
        ElementaryReference(
            name: "erf", kernel: { $0.erf }, bound: { $0.isFused ? 1.01 : 1.24 }, exact: { Foundation.erf($0) },
            boundaries: [0, 0.93, -0.93, 3.8325068, -3.8325068, 4, -4]),
    ]

    /// Every 20 011th float, the neighbours of the boundaries, and special numbers, as far as they are in the domain.
    func arguments() -> [Float] {
        var x = stride(from: UInt32(0), to: .max - 20_011, by: 20_011).map { Float(bitPattern: $0) }
        for boundary in boundaries + [domain.lowerBound, domain.upperBound] {
            var (above, below) = (boundary, boundary)
            for _ in 0..<200 {
                x += [above, below]
                (above, below) = (above.nextUp, below.nextDown)
            }
        }
        let special: [Float] = [
            .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, .infinity, 1, 0.5, 2, 1e-20, 1e-8,
        ]
        x += special + special.map { -$0 } + [0, -0.0]
        return x.filter { domain.contains($0) && !(domain.lowerBound == 0 && $0.sign == .minus) }
    }
}

@Suite struct ElementaryFunctionTests {
    #if !hasFeature(Embedded)  // which has no mirrors
        @Test func everyFunctionIsTested() {
            let kernels = Mirror(reflecting: InstructionSetLevel.baseline.elementaryKernels).children
            #expect(kernels.compactMap { $0.label }.sorted() == ElementaryReference.all.map { $0.name }.sorted())
        }
    #endif

    @Test(arguments: supportedLevels, ElementaryReference.all)
    func errorsStayWithinTheirBounds(level: InstructionSetLevel, reference: ElementaryReference) {
        let x = reference.arguments()
        let y = apply(reference, level, x)
        var worst = (error: 0.0, x: Float(0))
        for (x, y) in zip(x, y) {
            let exact = reference.exact(Double(x))
            let error = distance(y, exact)
            if !(error <= worst.error) { worst = (error, x) }
        }
        #expect(
            worst.error <= reference.bound(level), "\(reference.name)(\(worst.x)) is off by \(worst.error) ulp")
    }

    /// How far a float is from an exact value, in units of the value's last place in float32.
    private func distance(_ y: Float, _ exact: Double) -> Double {
        if exact.isNaN || exact.isInfinite { return Double(y) == exact || y.isNaN && exact.isNaN ? 0 : .infinity }
        if y.isInfinite && Float(exact) == y { return 0 }
        // Half a unit beyond the largest number is where rounding gives infinity; it is what remains of one there.
        let largest = Float.greatestFiniteMagnitude
        let y = y.isInfinite ? Double(signOf: Double(y), magnitudeOf: Double(largest) + Double(largest.ulp)) : Double(y)
        if exact == 0 { return y == 0 && y.sign == exact.sign ? 0 : .infinity }
        let unit = Double(sign: .plus, exponent: exact.exponent - 23, significand: 1)
        return (y - exact).magnitude / max(unit, Double(Float.leastNonzeroMagnitude))
    }

    @Test(arguments: supportedLevels, ElementaryReference.all)
    func nanGivesNaN(level: InstructionSetLevel, reference: ElementaryReference) {
        let y = apply(reference, level, [.nan, -.nan, .signalingNaN, .nan])
        #expect(y.allSatisfy { $0.isNaN }, "\(reference.name) of NaN is \(y)")
    }

    @Test(arguments: supportedLevels) func theEndsOfTheDomains(level: InstructionSetLevel) {
        let kernels = level.elementaryKernels
        func value(_ function: ElementaryFunction, _ x: Float) -> Float {
            var y: Float = 7
            function([x], &y, 1)
            return y
        }
        let infinity = Float.infinity
        #expect(value(kernels.exp, -infinity) == 0 && value(kernels.exp, infinity) == infinity)
        #expect(value(kernels.exp, 0) == 1 && value(kernels.exp, -0.0) == 1)
        #expect(value(kernels.exp, 1e30) == infinity && value(kernels.exp, -1e30) == 0)
        #expect(value(kernels.expMinusOne, -infinity) == -1 && value(kernels.expMinusOne, infinity) == infinity)
        #expect(value(kernels.log, 0) == -infinity && value(kernels.log, -0.0) == -infinity)
        #expect(value(kernels.log, infinity) == infinity && value(kernels.log, 1) == 0)
        for x in [-Float.leastNonzeroMagnitude, -1, -infinity] { #expect(value(kernels.log, x).isNaN) }
        #expect(value(kernels.logOnePlus, -1) == -infinity && value(kernels.logOnePlus, infinity) == infinity)
        for x in [Float(-1).nextDown, -2, -infinity] { #expect(value(kernels.logOnePlus, x).isNaN) }
        for function in [kernels.tanh, kernels.erf] {
            #expect(value(function, -infinity) == -1 && value(function, infinity) == 1)
        }
        // The sign of zero, and numbers so small that the function is the identity.
        for function in [kernels.expMinusOne, kernels.logOnePlus, kernels.tanh] {
            for x in [Float(0), 1e-30, 1e-9] {
                #expect(value(function, x) == x && value(function, x).sign == .plus)
                #expect(value(function, -x) == -x && value(function, -x).sign == .minus)
            }
        }
        #expect(value(kernels.erf, -0.0).sign == .minus)
    }

    /// The same bits in every lane, in whole and in partial vectors, and no element more is written.
    @Test(arguments: supportedLevels, ElementaryReference.all)
    func placesDoNotMatter(level: InstructionSetLevel, reference: ElementaryReference) {
        var noise = Noise(5)
        let x = noise.floats(40, in: 0...1) + [.nan, .infinity, 0, -0.0, 0x1p-140, 0x1p-126]
        let alone = x.map { apply(reference, level, [$0])[0] }
        for start in 0..<20 {
            for end in start...x.count {
                var y = [Float](repeating: 7, count: end - start + 1)
                reference.kernel(level.elementaryKernels)(Array(x[start..<end]), &y, end - start)
                #expect(bits(Array(y.dropLast())) == bits(Array(alone[start..<end])))
                #expect(y.last == 7)
            }
        }
    }

    private func apply(_ reference: ElementaryReference, _ level: InstructionSetLevel, _ x: [Float]) -> [Float] {
        var y = [Float](repeating: 7, count: x.count)
        reference.kernel(level.elementaryKernels)(x, &y, x.count)
        return y
    }
}
