import Chainrule
import Foundation
import KernelDispatch
import Reference
import Testing

/// Functions of elements where they have kinks and poles. ``TestNetwork/ofShapes`` has them elsewhere.
@Suite struct ElementLayerTests {
    /// h of each pair, and the gradients with respect to both.
    private func computed(
        _ pairs: [(Float, Float)], _ level: InstructionSetLevel,
        _ add: (inout Architecture) throws -> Void
    ) throws -> (h: [Float], byA: [Float], byB: [Float]) {
        var architecture = try Architecture(inputs: 2 * pairs.count)
        try architecture.input("a", Shape([pairs.count]))
        try architecture.input("b", Shape([pairs.count]))
        try add(&architecture)
        let network = try Network(architecture, seed: 0, level: level)
        let workspace = try Workspace(for: network, maxRows: 1)
        try network.forward(pairs.map { $0.0 } + pairs.map { $0.1 }, in: workspace)
        let h = try workspace.values(of: network.architecture.nodes.last!.name.text, .activation)
        _ = try network.gradients(from: pairs.map { _ in 1 }, in: workspace)
        let gradients = try workspace.values(of: "input", .delta)
        return (h, Array(gradients.prefix(pairs.count)), Array(gradients.suffix(pairs.count)))
    }

    private func isSame(_ a: Float, _ b: Double, relative: Double = 0) -> Bool {
        if b.isNaN { return a.isNaN }
        if !b.isFinite || relative == 0 { return Double(a) == b }
        return abs(Double(a) - b) <= relative * abs(b)
    }

    @Test(arguments: supportedLevels) func powersAreThoseOfIEEE(level: InstructionSetLevel) throws {
        let bases: [Float] = [0, 0.5, 1, 1.5, 2, 10, 1e-30, 1e30, .infinity, .nan, -0.5, -1, -2, -3, -1e5, -.infinity]
        let exponents: [Float] = [0, 1, 2, 3, -1, -2, 0.5, -0.5, 1.75, 20, 33, 8_388_609, 16_777_216, -8_388_609, 1e10]
        let pairs = bases.flatMap { base in exponents.map { (base, $0) } }
        let result = try computed(pairs, level) { try $0.power(of: "a", "b") }
        for (index, (a, b)) in pairs.enumerated() {
            if a.isNaN {
                #expect(result.h[index].isNaN)
                continue
            }
            // Of −∞ such a power is 0 or ∞ in IEEE's arithmetic.
            if a == -.infinity && b != b.rounded() { continue }
            let exact = pow(Double(a), Double(b))
            let rounded = Double(Float(exact))
            // Beyond the range of float32, and at its lower end, rounding shows.
            if rounded.magnitude > 0 && rounded.magnitude < 1e-37 || rounded.isFinite && rounded.magnitude > 1e37 {
                continue
            }
            #expect(isSame(result.h[index], rounded, relative: 2e-5), "\(a) to the power of \(b)")
            let slope = b == 0 ? 0 : Double(b) * pow(Double(a), Double(b) - 1)
            // Beyond 2²⁴ b − 1 is b.
            if abs(b) < 0x1p24 && slope.magnitude < 1e37 && (slope == 0 || slope.magnitude > 1e-37) {
                #expect(isSame(result.byA[index], slope, relative: 2e-5), "\(a) to the power of \(b), along the base")
            }
            if !(a > 0) { #expect(result.byB[index] == 0, "\(a) to the power of \(b), along the exponent") }
        }
    }

    @Test(arguments: supportedLevels) func equalElementsAndNaN(level: InstructionSetLevel) throws {
        let pairs: [(Float, Float)] = [(1, 2), (2, 1), (3, 3), (.nan, 1), (1, .nan), (-.infinity, .infinity), (-1, -1)]
        let maximum = try computed(pairs, level) { try $0.maximum(of: "a", "b") }
        let minimum = try computed(pairs, level) { try $0.minimum(of: "a", "b") }
        for (index, (a, b)) in pairs.enumerated() {
            if a.isNaN || b.isNaN {
                for result in [maximum, minimum] {
                    #expect(result.h[index].isNaN && result.byA[index].isNaN && result.byB[index].isNaN)
                }
                continue
            }
            #expect(maximum.h[index] == max(a, b) && minimum.h[index] == min(a, b))
            #expect(maximum.byA[index] == (a >= b ? 1 : 0) && maximum.byB[index] == (a >= b ? 0 : 1))
            #expect(minimum.byA[index] == (a <= b ? 1 : 0) && minimum.byB[index] == (a <= b ? 0 : 1))
        }
    }

    @Test(arguments: supportedLevels) func functionsAtKinksAndPoles(level: InstructionSetLevel) throws {
        let infinity = Float.infinity
        let cases: [(ElementFunction, [(x: Float, h: Float, slope: Float)])] = [
            (.affine(factor: 2, offset: -1), [(0, -1, 2), (infinity, infinity, 2), (.nan, .nan, 2)]),
            (
                .clip(low: -1, high: 2),
                [(-1, -1, 0), (2, 2, 0), (0, 0, 1), (infinity, 2, 0), (-infinity, -1, 0), (.nan, .nan, .nan)]
            ),
            (.clip(low: -.infinity, high: 0), [(-infinity, -infinity, 0), (-3, -3, 1), (0, 0, 0), (1, 0, 0)]),
            (.log, [(1, 0, 1), (0, -infinity, infinity), (-1, .nan, -1), (infinity, infinity, 0), (.nan, .nan, .nan)]),
            (.squareRoot, [(4, 2, 0.25), (0, 0, infinity), (-1, .nan, .nan), (infinity, infinity, 0)]),
            (
                .absolute,
                [(-2, 2, -1), (0, 0, 0), (-0.0, 0, 0), (3, 3, 1), (-infinity, infinity, -1), (.nan, .nan, .nan)]
            ),
            (.reciprocal, [(2, 0.5, -0.25), (0, infinity, -infinity), (-0.0, -infinity, -infinity), (infinity, 0, 0)]),
            (.square, [(-3, 9, -6), (infinity, infinity, infinity), (.nan, .nan, .nan)]),
            (.sine, [(0, 0, 1), (infinity, .nan, .nan), (.nan, .nan, .nan)]),
            (
                .step,
                [(-1e-30, 0, 0), (0, 1, 0), (-0.0, 1, 0), (infinity, 1, 0), (-infinity, 0, 0), (.nan, .nan, .nan)]
            ),
            (
                .stepwiseSigmoid,
                [
                    (0, 0.5, 0.455119613), (infinity, 1, 0), (-infinity, 0, 0), (2.65, 1, 0), (-2.65, 0, 0),
                    (.nan, .nan, .nan),
                ]
            ),
            (
                .quantize(scale: 0.5, zero: 3),
                [
                    (0.25, 3, 2), (0.75, 5, 2), (-0.25, 3, 2), (-0.26, 2, 2), (1e30, 2e30, 2), (infinity, infinity, 2),
                    (.nan, .nan, .nan),
                ]
            ),
            (.quantize(scale: 1, zero: 0), [(8388607.5, 8388608, 1), (-2.5, -2, 1), (3.5, 4, 1), (-0.4, 0, 1)]),
            (
                .floor,
                [
                    (0.5, 0, 0), (-0.5, -1, 0), (2, 2, 0), (-3, -3, 0), (1.5, 1, 0), (-1e30, -1e30, 0),
                    (-infinity, -infinity, 0), (.nan, .nan, .nan),
                ]
            ),
            (.erf, [(0, 0, 1.12837917), (infinity, 1, 0), (-infinity, -1, 0), (.nan, .nan, .nan)]),
        ]
        for (function, points) in cases {
            let result = try computed(points.map { ($0.x, 0) }, level) {
                try $0.function(function, name: "f", input: "a")
                try $0.function(.affine(factor: 0, offset: 0), name: "zero", input: "b")
                try $0.sum(of: ["f", "zero"])
            }
            for (index, point) in points.enumerated() {
                #expect(isSame(result.h[index], Double(point.h)), "\(function) of \(point.x)")
                #expect(isSame(result.byA[index], Double(point.slope), relative: 1e-6), "\(function)' of \(point.x)")
            }
        }
    }

    @Test func whatFunctionsRefuse() throws {
        var architecture = try Architecture(inputs: 3)
        for (factor, offset) in [(Float.nan, 0), (.infinity, 0), (1, -.infinity)] as [(Float, Float)] {
            expectError(.value, "function 'f' is affine with the factor \(factor) and the offset \(offset)") {
                try architecture.function(.affine(factor: factor, offset: offset), name: "f")
            }
        }
        for (low, high) in [(1, 0), (.nan, 1), (0, .nan), (.infinity, .infinity), (-.infinity, -.infinity)]
            as [(Float, Float)]
        {
            expectError(.value, "function 'f' clips from \(low) to \(high)") {
                try architecture.function(.clip(low: low, high: high), name: "f")
            }
        }
        for (scale, zero) in [(0, 0), (-1, 0), (.nan, 0), (.infinity, 0), (1, .nan), (1, .infinity)] as [(Float, Float)]
        {
            expectError(.value, "function 'f' quantizes with the scale \(scale) and the zero point \(zero)") {
                try architecture.function(.quantize(scale: scale, zero: zero), name: "f")
            }
        }
        func load(_ members: String) throws {
            let json = #"{"inputs": 3, "layers": [{"name": "f", "inputs": ["input"], \#(members)}]}"#
            _ = try Architecture(#require(try JSONText(json.utf8).value.object()))
        }
        try load(#""type": "function", "function": "clip""#)
        expectError(.format, "the function 'tangent'") { try load(#""type": "function", "function": "tangent""#) }
        expectError(.format, "function") { try load(#""type": "function""#) }
        expectError(.format, "offset") { try load(#""type": "function", "function": "affine", "factor": 1"#) }
        expectError(.value, "affine") {
            try load(#""type": "function", "function": "affine", "factor": 1e300, "offset": 0"#)
        }
        expectError(.size, "quotient 'f' reads two layers; 1 were given") { try load(#""type": "quotient""#) }
    }

    /// A predictor multiplies an affine function into the weights before it.
    @Test func affineFunctionsArePartOfTheWeights() throws {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(4)
        try architecture.function(.affine(factor: -2, offset: 0.5))
        let network = try Network(architecture, seed: 3)
        let x: [Float] = [1, -2, 0.25, 3, 0, -1]
        for precision in Precision.allCases {
            let y = try Predictor(network, precision: precision).predict(x)
            let tolerance: Double = precision == .float32 ? 1e-6 : 0.1
            expectClose(y, try network.predict(x).map { Double($0) }, absolute: tolerance, "\(precision)")
        }
    }
}
