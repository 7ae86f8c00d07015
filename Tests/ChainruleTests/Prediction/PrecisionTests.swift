import Chainrule
import KernelDispatch
import Testing

/// One layer in bfloat16 and in int8, against the definitions.
@Suite struct PrecisionTests {
    /// Below, at and above whole words, vectors and panels.
    static let shapes = [
        (1, 1), (2, 3), (3, 8), (4, 16), (5, 17), (7, 31), (16, 32), (31, 33), (64, 48), (65, 64), (100, 65),
        (129, 130), (300, 47),
    ]
    static let batches = [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 31]

    struct Layer {
        let inputs: Int
        let outputs: Int
        let network: Network
        var weights: [Float]
        var bias: [Float]

        init(_ inputs: Int, _ outputs: Int, _ noise: inout Noise, _ level: InstructionSetLevel) throws {
            (self.inputs, self.outputs) = (inputs, outputs)
            var architecture = try Architecture(inputs: inputs)
            try architecture.dense(outputs)
            network = try Network(architecture, seed: 1, level: level)
            weights = noise.floats(inputs * outputs, in: -1.5...1.5)
            bias = noise.floats(outputs)
            network.setParameters(weights + bias)
        }

        func predict(_ x: [Float], _ precision: Precision, _ level: InstructionSetLevel) throws -> [Float] {
            try Predictor(network, precision: precision, level: level).predict(x)
        }

        func row(_ index: Int, of x: [Float]) -> ArraySlice<Float> { x[index * inputs..<(index + 1) * inputs] }
        func unit(_ index: Int) -> ArraySlice<Float> { weights[index * inputs..<(index + 1) * inputs] }
    }

    /// The nearest float32 with 8 significant bits, of two the even one.
    static func bfloat16(_ x: Float) -> Double {
        if !x.isFinite || x == 0 { return Double(x) }
        let unit = Double(sign: .plus, exponent: Int(x.exponent) - 7, significand: 1)
        return (Double(x) / unit).rounded(.toNearestOrEven) * unit
    }

    @Test(arguments: supportedLevels) func bfloat16FollowsItsDefinition(level: InstructionSetLevel) throws {
        var noise = Noise(31)
        for (inputs, outputs) in PrecisionTests.shapes {
            let layer = try Layer(inputs, outputs, &noise, level)
            let units = (0..<outputs).map { layer.unit($0).map(PrecisionTests.bfloat16) }
            for rows in PrecisionTests.batches {
                let x = noise.floats(rows * inputs, in: -3...3)
                let y = try layer.predict(x, .bfloat16, level)
                for row in 0..<rows {
                    let numbers = layer.row(row, of: x).map(PrecisionTests.bfloat16)
                    for unit in 0..<outputs {
                        let products = zip(numbers, units[unit]).map { $0 * $1 }
                        let sum = products.reduce(Double(layer.bias[unit]), +)
                        // A rounding for each addition, at the size that sums reach.
                        let size = products.reduce(1) { $0 + $1.magnitude }
                        let tolerance = size * Double(inputs + 2) * 0x1p-24
                        #expect(
                            (Double(y[row * outputs + unit]) - sum).magnitude <= tolerance,
                            "\(inputs) → \(outputs), row \(row) of \(rows), unit \(unit)")
                    }
                }
            }
        }
    }

    /// The same steps, the same integers, and the same few float32 operations: every bit is told.
    @Test(arguments: supportedLevels) func int8FollowsItsDefinition(level: InstructionSetLevel) throws {
        var noise = Noise(32)
        for (inputs, outputs) in PrecisionTests.shapes {
            let layer = try Layer(inputs, outputs, &noise, level)
            for rows in PrecisionTests.batches {
                // Rows of either sign and of both, and one of zeros.
                var x: [Float] = []
                for row in 0..<rows {
                    x += noise.floats(inputs, in: [-3...3, 0...2, -5 ... -0.5, 0...0][row % 4])
                }
                let y = try layer.predict(x, .int8, level)
                #expect(
                    bits(y) == bits(PrecisionTests.int8(layer, x, rows: rows)), "\(inputs) → \(outputs), \(rows) rows")
            }
        }
    }

    static func int8(_ layer: Layer, _ x: [Float], rows: Int) -> [Float] {
        let units = (0..<layer.outputs).map { unit in
            let scale = layer.unit(unit).map(\.magnitude).max()! / 127
            return (scale, layer.unit(unit).map { Int(($0 * (1 / scale)).rounded(.toNearestOrEven)) })
        }
        var y: [Float] = []
        for row in 0..<rows {
            let row = layer.row(row, of: x)
            let (low, high) = (min(0, row.min()!), max(0, row.max()!))
            let step = high * (1 / 255) - low * (1 / 255)
            let inverse = step > 0 ? 1 / step : 0
            let zero = Int((-low * inverse).rounded(.toNearestOrEven))
            let numbers = row.map { max(0, min(255, Int(($0 * inverse).rounded(.toNearestOrEven)) + zero)) }
            for (unit, (scale, weights)) in units.enumerated() {
                let sum = zip(numbers, weights).reduce(0) { $0 + ($1.0 - zero) * $1.1 }
                y.append(min(step, scale) * Float(sum) * max(step, scale) + layer.bias[unit])
            }
        }
        return y
    }

    /// Sums as far as they can go: every byte at its end.
    @Test(arguments: supportedLevels) func int8SumsAreExactAtTheirLargest(level: InstructionSetLevel) throws {
        var noise = Noise(33)
        var layer = try Layer(66_000, 3, &noise, level)
        layer.weights = (0..<3 * 66_000).map { [1, -1, $0 % 2 == 0 ? 1 : -1][$0 / 66_000] }
        layer.bias = [0, 0, 0]
        layer.network.setParameters(layer.weights + layer.bias)
        let y = try layer.predict([Float](repeating: 1, count: 66_000), .int8, level)
        expectClose(y, [66_000, -66_000, 0], relative: 1e-6, absolute: 0)
    }

    /// Steps whose product is beyond float32, of weights and inputs that are not: what cancels is 0, and the rest is infinite.
    @Test(arguments: supportedLevels) func int8OfTheLargestNumbers(level: InstructionSetLevel) throws {
        var noise = Noise(36)
        var layer = try Layer(4, 3, &noise, level)
        layer.weights = [3e38, -3e38, 0, 0, 1e24, 0, 0, 0, -1e24, 0, 0, 1e24]
        layer.bias = [1, 2, 3]
        layer.network.setParameters(layer.weights + layer.bias)
        let y = try layer.predict([3e38, 3e38, 0, 0, 1e-20, 1e-20, 0, 1e-20], .int8, level)
        #expect(y[0] == 1 && y[1] == .infinity && y[2] == -.infinity, "\(y)")
        expectClose(Array(y[3...]), [1, 10_002, 3], relative: 1e-2, absolute: 1e-2)
    }

    @Test func int8HasALimit() throws {
        var architecture = try Architecture(inputs: 66_312)
        try architecture.dense(1)
        let network = try Network(architecture, seed: 1)
        expectError(.size, "66312", "66311") { _ = try Predictor(network, precision: .int8) }
        _ = try Predictor(network, precision: .bfloat16)
    }

    /// Integers are the same everywhere; activations that are not elementary make no difference either.
    @Test func int8IsTheSameForEveryInstructionSet() throws {
        let description = PredictedNetworks.chains[2]
        var noise = Noise(34)
        let x = noise.floats(40 * 3)
        let results = try supportedLevels.map { level in
            bits(try Predictor(Network(description.architecture, seed: 2), precision: .int8, level: level).predict(x))
        }
        #expect(Set(results).count == 1)
    }

    /// A row that is not finite gives NaN, and leaves the others alone; so do weights that are not.
    @Test(arguments: supportedLevels) func int8HasNoStepForWhatIsNotFinite(level: InstructionSetLevel) throws {
        var noise = Noise(35)
        var layer = try Layer(37, 20, &noise, level)
        let x = noise.floats(9 * 37)
        let good = try layer.predict(x, .int8, level)
        for value in [Float.nan, -.nan, .infinity, -.infinity] {
            var bad = x
            bad[4 * 37 + 11] = value
            let y = try layer.predict(bad, .int8, level)
            for index in y.indices {
                #expect(index / 20 == 4 ? y[index].isNaN : y[index].bitPattern == good[index].bitPattern)
            }
        }
        layer.weights[5 * 37 + 3] = .infinity
        layer.network.setParameters(layer.weights + layer.bias)
        let y = try layer.predict(x, .int8, level)
        for index in y.indices {
            #expect(index % 20 == 5 ? y[index].isNaN : y[index].bitPattern == good[index].bitPattern)
        }
    }

    @Test(arguments: supportedLevels) func bfloat16KeepsWhatIsNotFinite(level: InstructionSetLevel) throws {
        var noise = Noise(36)
        let layer = try Layer(3, 4, &noise, level)
        #expect(try layer.predict([1, .nan, 2], .bfloat16, level).allSatisfy(\.isNaN))
        for (y, weight) in zip(try layer.predict([1, .infinity, 2], .bfloat16, level), stride(from: 1, to: 12, by: 3)) {
            #expect(y == (layer.weights[weight] > 0 ? .infinity : -.infinity))
        }
    }

    /// Numbers at the ends of float32.
    @Test(arguments: supportedLevels) func int8TakesAnyFiniteNumber(level: InstructionSetLevel) throws {
        var noise = Noise(37)
        let layer = try Layer(4, 2, &noise, level)
        let most = Float.greatestFiniteMagnitude
        let rows: [[Float]] = [
            [most, -most, 1, 0], [Float.leastNonzeroMagnitude * 7, 0, 0, 0], [0, -0.0, 0, 0], [most, 0, 0, 0],
        ]
        for x in rows {
            #expect(try layer.predict(x, .int8, level).allSatisfy { !$0.isNaN })
        }
        #expect(bits(try layer.predict([0, -0.0, 0, 0], .int8, level)) == bits(layer.bias))
    }
}
