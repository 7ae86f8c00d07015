import Chainrule
import KernelDispatch
import Testing

/// Batch normalization that predictors multiply into the weights before it.
@Suite struct FoldedNormalizationTests {
    private static let batch = ReferenceLayer.normalization(.batch(momentum: 0.1))
    private static let plain = ReferenceLayer.normalization(.batch(momentum: 0.1), isAffine: false)

    private static func convolution(
        _ channels: Int, _ activation: Activation = .identity, groups: Int = 1, bias: Bool = true,
        transposed: Bool = false, stride: Int = 1
    ) -> ReferenceLayer {
        var settings = ConvolutionSettings(
            channels, WindowSettings([3, 2], stride: [stride, stride], padding: .same), activation)
        (settings.groups, settings.hasBias, settings.isTransposed) = (groups, bias, transposed)
        return .convolution(settings)
    }

    /// An image, and layers that read it as "x".
    private static func image(_ layers: [TestNetwork.Layer]) -> TestNetwork {
        TestNetwork(inputs: 120, [.reshape("x", [4, 5, 6], from: "input")] + layers)
    }

    /// A layer, batch normalization and σ.
    private static func folded(
        _ layer: ReferenceLayer, _ normalization: ReferenceLayer = batch, _ activation: Activation = .relu
    ) -> TestNetwork {
        image([
            .other("l", layer, from: "x"), .other("n", normalization, from: "l"),
            .activation("h", activation, from: "n"),
        ])
    }

    static let folding: [(name: String, network: TestNetwork)] = [
        ("convolution", folded(convolution(20))),
        ("no bias", folded(convolution(5, bias: false), plain, .tanh)),
        ("stride", folded(convolution(8, stride: 2), batch, .softmax)),
        ("groups", folded(convolution(9, groups: 3, bias: false), batch, .silu)),
        ("wide groups", folded(convolution(40, groups: 2))),
        ("depthwise", folded(convolution(6, groups: 6, bias: false))),
        ("depthwise transposed", folded(convolution(6, groups: 6, transposed: true))),
        ("transposed", folded(convolution(4, transposed: true, stride: 2))),
        ("transposed groups", folded(convolution(6, groups: 3, bias: false, transposed: true))),
        ("last", image([.other("l", convolution(3), from: "x"), .other("n", batch, from: "l")])),
        ("dense at positions", image([.dense("l", 7, from: "x", bias: false), .other("n", batch, from: "l")])),
        (
            "dense chain",
            TestNetwork(
                inputs: 9,
                [
                    .dense("a", 20, from: "input", bias: false), .other("n", batch, from: "a"),
                    .activation("h", .relu, from: "n"), .dense("b", 5, from: "h"), .other("m", plain, from: "b"),
                ])
        ),
        (
            "the rest stays",  // The second normalization, and a σ behind another shape.
            image([
                .other("l", convolution(4), from: "x"), .other("n", batch, from: "l"), .other("m", plain, from: "n"),
                .reshape("r", [80], from: "m"), .activation("h", .softmax, from: "r"), .dense("y", 3, from: "h"),
            ])
        ),
        (
            "a shape in between",
            image([
                .other("l", convolution(4), from: "x"), .other("n", batch, from: "l"), .reshape("r", [80], from: "n"),
                .activation("h", .softmax, from: "r"), .dense("y", 3, from: "h"),
            ])
        ),
    ]

    /// Normalization that must stay by itself.
    static let staying: [(name: String, network: TestNetwork)] = [
        (
            "read twice",
            image([
                .other("l", convolution(4), from: "x"), .other("n", batch, from: "l"), .sum("s", of: "n", "l"),
            ])
        ),
        (
            "read before",
            image([
                .other("l", convolution(6), from: "x"), .activation("h", .tanh, from: "l"),
                .other("n", batch, from: "l"), .sum("s", of: "n", "h"),
            ])
        ),
        ("behind σ", folded(convolution(4, .relu))),
        ("of the input", image([.other("n", batch, from: "x"), .dense("y", 3, from: "n")])),
        (
            "over other channels",
            image([
                .other("l", convolution(4), from: "x"), .reshape("r", [80], from: "l"), .other("n", batch, from: "r"),
            ])
        ),
        (
            "of each sample",
            image([
                .other("l", convolution(4), from: "x"), .other("n", .normalization(.layer), from: "l"),
            ])
        ),
    ]

    private func network(_ description: TestNetwork, _ level: InstructionSetLevel = .standard) throws -> Network {
        let network = try Network(description.architecture, seed: 3, level: level)
        var noise = Noise(4)
        network.setParameters(noise.floats(network.parameterCount))
        network.setState()
        return network
    }

    @Test(arguments: supportedLevels) func equalUpToRounding(level: InstructionSetLevel) throws {
        for (name, description) in FoldedNormalizationTests.folding {
            let network = try network(description, level)
            let parameters = doubles(network.parameterVector)
            var noise = Noise(5)
            for rows in [1, 2, 9] {
                let x = noise.floats(rows * network.inputs)
                let expected = description.outputs(splitRows(x, of: network.inputs), parameters).flatMap { $0 }
                let y = try Predictor(network, precision: .float32, level: level).predict(x)
                expectClose(y, expected, relative: 1e-5, absolute: 2e-5, "\(name)")
                // Something was folded. In float32 a transposed convolution is not prepared.
                let isFolded = !name.hasPrefix("transposed")
                #expect((bits(y) != bits(try network.predict(x))) == isFolded, "\(name)")
                let largest = expected.map(\.magnitude).max()!
                for (precision, tolerance) in [(Precision.bfloat16, 0.03), (.int8, 0.06)] {
                    let rounded = try Predictor(network, precision: precision, level: level).predict(x)
                    expectClose(rounded, expected, absolute: tolerance * largest, "\(name) \(precision)")
                }
            }
        }
    }

    @Test(arguments: supportedLevels) func othersHaveTheBitsOfTheNetwork(level: InstructionSetLevel) throws {
        for (name, description) in FoldedNormalizationTests.staying {
            let network = try network(description, level)
            var noise = Noise(6)
            let x = noise.floats(9 * network.inputs)
            let y = try Predictor(network, precision: .float32, level: level).predict(x)
            #expect(bits(y) == bits(try network.predict(x)), "\(name)")
        }
    }

    /// The network's own copy folds nothing: nobody can tell by the results whether there is one.
    @Test func preparedCopiesHaveTheBitsOfTheNetwork() throws {
        for (name, description) in FoldedNormalizationTests.folding {
            let network = try network(description)
            var noise = Noise(7)
            let x = noise.floats(5 * network.inputs)
            let y = try network.predict(x)
            for _ in 0..<20 { _ = try network.predict(x) }
            #expect(try bits(network.predict(x)) == bits(y) && network.keepsPreparedCopy, "\(name)")
        }
    }

    /// A channel that never changed has the variance 0, and a factor of 1/√ε.
    @Test func variancesOfZero() throws {
        let network = try network(FoldedNormalizationTests.folding[0].network)
        for tensor in network.plan.state where tensor.role == .variance {
            for channel in 0..<tensor.count { network.numbers.base[tensor.offset + channel] = 0 }
        }
        var noise = Noise(8)
        let x = noise.floats(3 * network.inputs)
        let y = try network.predict(x)
        let largest = Double(y.map(\.magnitude).max()!)
        #expect(largest.isFinite && largest > 10)
        for (precision, tolerance) in [(Precision.float32, 1e-5), (.bfloat16, 0.02), (.int8, 0.04)] {
            let rounded = try Predictor(network, precision: precision).predict(x)
            expectClose(rounded, doubles(y), absolute: tolerance * largest, "\(precision)")
        }
    }

    /// A new publication folds what training has changed since: parameters and running statistics.
    @Test(arguments: Precision.allCases) func publishingFoldsAgain(precision: Precision) throws {
        let network = try network(FoldedNormalizationTests.folding[0].network)
        let publisher = try Publisher(network, precision: precision)
        var noise = Noise(9)
        let x = noise.floats(8 * network.inputs)
        let before = try publisher.predict(x)
        var options = TrainingOptions(cost: .meanSquaredError())
        (options.epochs, options.batchSize) = (1, 4)
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.01, for: network)
        try network.fit(
            x, targets: .values(noise.floats(8 * network.outputs), columns: network.outputs), optimizer: optimizer,
            options: options)
        #expect(bits(try publisher.predict(x)) == bits(before))
        try publisher.publish(network)
        let after = try publisher.predict(x)
        #expect(bits(after) == bits(try Predictor(network, precision: precision).predict(x)))
        let y = try network.predict(x)
        let largest = Double(y.map(\.magnitude).max()!)
        expectClose(after, doubles(y), absolute: 0.05 * largest, "\(precision)")
        #expect(bits(after) != bits(before))
    }
}
