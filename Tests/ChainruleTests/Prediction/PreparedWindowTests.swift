import Chainrule
import KernelDispatch
import Testing

/// Convolutions in predictors: dense layers over patches.
@Suite struct PreparedWindowTests {
    /// Convolutions of every kind: the layer that a test reads alone, and its input's shape.
    static let convolutions: [(shape: [Int], settings: ConvolutionSettings)] = [
        convolution([5, 4, 2], 3, WindowSettings([3, 2])),
        convolution([5, 4, 3], 17, WindowSettings([3, 3], padding: .same), .relu),
        convolution([6, 5, 4], 6, WindowSettings([2, 3], stride: [2, 1], padding: .same), .tanh, groups: 2),
        convolution([7, 6, 40], 40, WindowSettings([2, 2], dilation: [3, 2]), .relu, groups: 2),
        convolution([9, 5], 16, WindowSettings([3], padding: .causal), .softmax),
        convolution([4, 5, 64], 48, WindowSettings([1, 1]), .relu),
        convolution([4, 5, 6], 9, WindowSettings([1, 1], stride: [2, 2]), .silu, groups: 3),
        convolution([3, 3, 2, 2], 5, WindowSettings([2, 2, 2], padding: .same), .sigmoid),
        // More positions than go through the products at a time, and a depth of whole pages.
        convolution([16, 20, 64], 33, WindowSettings([2, 2], padding: .same), .relu, bias: false),
    ]

    private static func convolution(
        _ shape: [Int], _ channels: Int, _ window: WindowSettings, _ activation: Activation = .identity,
        groups: Int = 1, bias: Bool = true
    ) -> ([Int], ConvolutionSettings) {
        var settings = ConvolutionSettings(channels, window, activation)
        (settings.groups, settings.hasBias, settings.biases) = (groups, bias, .uniform(low: -0.5, high: 0.5))
        return (shape, settings)
    }

    private func network(
        _ shape: [Int], _ settings: ConvolutionSettings, _ level: InstructionSetLevel
    ) throws -> Network {
        var architecture = try Architecture(inputs: shape.reduce(1, *))
        try architecture.reshape(Shape(shape))
        try architecture.convolution(settings, name: "l")
        return try Network(architecture, seed: 5, level: level)
    }

    /// The columns from `first` on, of a matrix.
    private func columns(_ first: Int, _ count: Int, of values: [Float], width: Int) -> [Float] {
        stride(from: 0, to: values.count, by: width).flatMap { values[$0 + first..<$0 + first + count] }
    }

    /// Each group's products have the bits of a dense layer's in the same precision, over the patches.
    @Test(arguments: supportedLevels) func convolutionsAreDenseLayersOverPatches(level: InstructionSetLevel) throws {
        for (shape, settings) in PreparedWindowTests.convolutions {
            let network = try network(shape, settings, level)
            let tensor = try network.tensor("l.weight")
            let (depth, groups) = (tensor.columns, settings.groups)
            // Kernels that are 1 at one tap and channel copy the patches.
            var copying = ConvolutionSettings(groups * depth, settings.window)
            (copying.groups, copying.hasBias) = (groups, false)
            let patches = try self.network(shape, copying, level)
            patches.setParameters((0..<groups * depth * depth).map { $0 / depth % depth == $0 % depth ? 1 : 0 })
            let parameters = network.parameterVector
            var noise = Noise(6)
            for rows in [1, 3] {
                let x = noise.floats(rows * network.inputs, in: -2...2)
                let patches = try patches.predict(x)
                for precision in Precision.allCases {
                    let y = try Predictor(network, precision: precision, level: level).predict(x)
                    for group in 0..<groups {
                        let units = settings.channels / groups
                        // σ over all channels is a group's own only if there is one group.
                        let isWhole = groups == 1
                        var architecture = try Architecture(inputs: depth)
                        try architecture.dense(units, settings.activation, bias: settings.hasBias)
                        let dense = try Network(architecture, seed: 1, level: level)
                        let weights = parameters[group * units * depth..<(group + 1) * units * depth]
                        let bias = parameters[tensor.range.count...].dropFirst(group * units).prefix(units)
                        dense.setParameters(Array(weights + bias))
                        let expected = try Predictor(dense, precision: precision, level: level)
                            .predict(columns(group * depth, depth, of: patches, width: groups * depth))
                        let part = isWhole ? y : columns(group * units, units, of: y, width: settings.channels)
                        #expect(bits(part) == bits(expected), "\(shape) \(precision) \(rows) rows, group \(group)")
                    }
                }
            }
        }
    }

    /// Every layer of shapes: float32 has the network's bits, as has the network's own copy; the others are close.
    @Test(arguments: supportedLevels) func everyLayerOfShapes(level: InstructionSetLevel) throws {
        for (name, description) in TestNetwork.ofShapes {
            let network = try Network(description.architecture, seed: 7, level: level)
            network.setState()
            var noise = Noise(8)
            for rows in [1, 2, 5, 40] {
                let x = noise.floats(rows * network.inputs, in: -2...2)
                let y = try network.copy().predict(x)
                #expect(
                    bits(try Predictor(network, precision: .float32, level: level).predict(x)) == bits(y), "\(name)")
                for _ in 0..<20 { _ = try network.predict(x) }
                #expect(try bits(network.predict(x)) == bits(y) && network.keepsPreparedCopy, "\(name)")
                // Rounding moves places, and numbers over steps.
                if name.hasPrefix("argmax") || name.hasPrefix("function floor") { continue }
                let largest = Double(y.map(\.magnitude).max()!)
                for (precision, tolerance) in [(Precision.bfloat16, 0.02), (.int8, 0.05)] {
                    let rounded = try Predictor(network, precision: precision, level: level).predict(x)
                    expectClose(rounded, doubles(y), absolute: tolerance * max(1, largest), "\(name) \(precision)")
                    let first = Array(x[(rows - 1) * network.inputs..<rows * network.inputs])
                    let alone = try Predictor(network, precision: precision, level: level).predict(first)
                    #expect(bits(alone) == bits(Array(rounded.suffix(network.outputs))), "\(name) \(precision)")
                }
            }
        }
    }

    /// A transposed convolution rounds each input position, and the weights into each tap of each output channel.
    @Test(arguments: supportedLevels) func transposedConvolutions(level: InstructionSetLevel) throws {
        for window in [WindowSettings([3, 2], stride: [2, 1]), WindowSettings([1, 1]), WindowSettings([2, 2])] {
            var settings = ConvolutionSettings(5, window)
            (settings.isTransposed, settings.biases) = (true, .uniform(low: -0.5, high: 0.5))
            let description = TestNetwork(
                inputs: 4 * 3 * 6,
                [.reshape("x", [4, 3, 6], from: "input"), .other("l", .convolution(settings), from: "x")])
            let network = try network([4, 3, 6], settings, level)
            let parameters = network.parameterVector
            let units = try network.tensor("l.weight").columns
            var noise = Noise(9)
            let x = noise.floats(3 * network.inputs, in: -1...3)
            let rounded: [(Precision, (_ values: [Float], _ isWeight: Bool) -> [Double])] = [
                (.bfloat16, { values, _ in values.map(PrecisionTests.bfloat16) }),
                (
                    .int8,
                    { values, isWeight in
                        let (low, high) = (Double(min(0, values.min()!)), Double(max(0, values.max()!)))
                        let step = isWeight ? max(-low, high) / 127 : (high - low) / 255
                        let zero = isWeight ? 0 : (-low / step).rounded()
                        return values.map { step * ((Double($0) / step).rounded() + zero - zero) }
                    }
                ),
            ]
            for (precision, round) in rounded {
                var weights = [Double](repeating: 0, count: 6 * units)
                for unit in 0..<units {
                    let column = round(stride(from: unit, to: 6 * units, by: units).map { parameters[$0] }, true)
                    for channel in 0..<6 { weights[channel * units + unit] = column[channel] }
                }
                let inputs = stride(from: 0, to: x.count, by: 6).flatMap { round(Array(x[$0..<$0 + 6]), false) }
                let expected = description.outputs(
                    splitRow(inputs, of: network.inputs), weights + doubles(Array(parameters.suffix(5))))
                let y = try Predictor(network, precision: precision, level: level).predict(x)
                expectClose(y, expected.flatMap { $0 }, absolute: 1e-4, "\(precision)")
                #expect(bits(y) != bits(try network.predict(x)), "\(precision)")
            }
        }
    }

    /// Depthwise convolutions keep float32 in every precision.
    @Test(arguments: Precision.allCases) func depthwiseConvolutions(precision: Precision) throws {
        for isTransposed in [false, true] {
            var settings = ConvolutionSettings(7, WindowSettings([3, 2], padding: .same), .relu)
            (settings.groups, settings.isTransposed) = (7, isTransposed)
            for level in supportedLevels {
                let network = try network([4, 5, 7], settings, level)
                var noise = Noise(10)
                let x = noise.floats(3 * network.inputs)
                let y = try Predictor(network, precision: precision, level: level).predict(x)
                #expect(bits(y) == bits(try network.predict(x)))
            }
        }
    }

    /// The positions of a sample go through the products together, or in the same parts, wherever the sample lies.
    @Test(arguments: Precision.allCases) func transposedRowsDoNotDependOnTheirPlace(precision: Precision) throws {
        // Samples of a few positions, and one of more than go through at a time.
        for (shape, rows, channels, dilation) in [([3, 2, 6, 6], 200, 3, 2), ([40, 50, 16], 3, 24, 1)] {
            let kernel = shape.dropLast().map { _ in 3 }
            var settings = ConvolutionSettings(
                channels, WindowSettings(kernel, stride: kernel.map { $0 - 1 }, dilation: kernel.map { _ in dilation }))
            settings.isTransposed = true
            let network = try network(shape, settings, .standard)
            var noise = Noise(13)
            let x = noise.floats(network.inputs)
            let all = [[Float]](repeating: x, count: rows).flatMap { $0 }
            let y = bits(try Predictor(network, precision: precision).predict(all))
            for row in 1..<rows {
                #expect(y[row * network.outputs..<(row + 1) * network.outputs] == y[..<network.outputs], "\(row)")
            }
        }
    }

    @Test func customActivationsAndTheirErrors() throws {
        let failing = CustomActivation(
            value: { _, h, _, _ in for index in h.indices { h[index] = .nan } }, derivative: { _, _, _, _, _ in })
        for (activation, isFine) in [(Activation.custom, true), (Activation(custom: failing), false)] {
            var settings = ConvolutionSettings(3, WindowSettings([2, 2]), activation)
            settings.groups = 1
            let network = try network([3, 4, 2], settings, .standard)
            var noise = Noise(11)
            let x = noise.floats(2 * network.inputs)
            guard isFine else {
                let predictor = try Predictor(network)
                expectError(.callback, "layer 'l'", "nan") { _ = try predictor.predict(x) }
                continue
            }
            #expect(bits(try Predictor(network).predict(x)) == bits(try network.predict(x)))
        }
    }

    /// A window of more products than int8 allows stays in float32.
    @Test func largeWindowsStayInFloat32() throws {
        var architecture = try Architecture(inputs: 33_156 * 2)
        try architecture.reshape(Shape([2, 33_156]))
        try architecture.convolution(ConvolutionSettings(1, WindowSettings([2])))
        let network = try Network(architecture, seed: 1)
        var noise = Noise(12)
        let x = noise.floats(network.inputs)
        #expect(bits(try Predictor(network, precision: .int8).predict(x)) == bits(try network.predict(x)))
        _ = try Predictor(network, precision: .bfloat16)
    }
}
