import Chainrule
import Testing

/// Penalties, weight decay, clipping and norms, for every method.
@Suite struct RegularizationTests {
    /// Weights at 0…5 and biases at 6 and 7 of "a", weights at 8 and 9 and a bias at 10 of "b".
    private static func network() throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(2, .tanh, name: "a")
        try architecture.dense(1, name: "b", biases: .constant(0.5))
        let network = try Network(architecture, seed: 3)
        network.withParameters { (parameters: inout MutableSpan<Float>) in parameters[6] = -0.25 }
        return network
    }

    private static let biases: Set<Int> = [6, 7, 10]

    private static func gradients(_ step: Int) -> [Float] {
        var noise = Noise(UInt64(step))
        return noise.floats(11)
    }

    @Test func badNumbers() throws {
        let network = try RegularizationTests.network()
        func expectRefusal(_ regularization: Regularization, _ parts: String...) {
            for part in parts {
                expectError(.value, part) {
                    _ = try Optimizer(Adam(), learningRate: 0.1, regularization: regularization, for: network)
                }
            }
        }
        for bad in [Float.nan, .infinity, -0.5, -.leastNonzeroMagnitude] {
            expectRefusal(Regularization(weightDecay: bad), "weight_decay is \(bad)", ">= 0")
            expectRefusal(Regularization(l1: bad), "l1 is \(bad)", ">= 0")
            expectRefusal(Regularization(l2: bad), "l2 is \(bad)", ">= 0")
        }
        for bad: Float in [.nan, -.infinity, -0.5, 0] {
            expectRefusal(Regularization(maxNorm: bad), "max_norm is \(bad)", "> 0")
            expectRefusal(Regularization(clipNorm: bad), "clip_norm is \(bad)", "> 0")
            expectRefusal(Regularization(clipValue: bad), "clip_value is \(bad)", "> 0")
        }
    }

    /// The step is the method's own along `g + λ₂ w + λ₁ sign(w)`, g clipped.
    @Test(arguments: [false, true]) func penaltiesAndClippingChangeTheGradient(includesBiases: Bool) throws {
        for method in OptimizationMethods.all {
            let (network, twin) = (try RegularizationTests.network(), try RegularizationTests.network())
            let optimizer = try Optimizer(
                method, learningRate: 0.01,
                regularization: Regularization(
                    weightDecay: 0, l1: 0.125, l2: 0.25, clipNorm: 0.75, clipValue: 0.5, includesBiases: includesBiases),
                for: network)
            let plain = try Optimizer(
                method, learningRate: 0.01, regularization: Regularization(weightDecay: 0), for: twin)
            for step in 0..<8 {
                let gradients = RegularizationTests.gradients(step)
                let cut = gradients.map { max(-0.5, min(0.5, Double($0))) }
                let norm = cut.reduce(0) { $0 + $1 * $1 }.squareRoot()
                #expect(norm > 0.75)
                let parameters = network.parameterVector
                let penalized = cut.indices.map { index in
                    let w = Double(parameters[index])
                    let isPenalized = includesBiases || !RegularizationTests.biases.contains(index)
                    return cut[index] * (0.75 / (norm + 1e-6))
                        + (isPenalized ? 0.25 * w + 0.125 * (w > 0 ? 1 : w < 0 ? -1 : 0) : 0)
                }
                try optimizer.step(network, gradients)
                try plain.step(twin, penalized.map { Float($0) })
                expectClose(
                    network.parameterVector, doubles(twin.parameterVector), absolute: 1e-5,
                    "\(method.identifier), step \(step)")
                // So that rounding does not turn into other signs.
                network.setParameters(twin.parameterVector)
            }
        }
    }

    /// Factors that are subnormal in float32, and smaller ones: what comes out has all of its digits.
    @Test(arguments: [
        (Float(1e30), Float(1e-10)), (3e38, 1e-30), (1e38, 1e-5), (1e-3, 1e-35), (1e38, 1e-35), (1e30, 1e-8),
    ]) func clippingByATinyFactor(size: Float, norm: Float) throws {
        let network = try RegularizationTests.network()
        network.setParameters([Float](repeating: 0, count: 11))
        let optimizer = try Optimizer(
            GradientDescent(), learningRate: 1, regularization: Regularization(clipNorm: norm), for: network)
        let gradients = RegularizationTests.gradients(1).map { $0 * size }
        let length = gradients.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        try optimizer.step(network, gradients)
        let expected = gradients.map { -Double($0) * Double(norm) / (length + 1e-6) }
        // No element is subnormal: a step takes that for 0.
        expectClose(network.parameterVector, expected, relative: 1e-6, absolute: 0)
    }

    /// Likewise the norm of a unit's weights.
    @Test func normsFarAboveTheirLimit() throws {
        let network = try RegularizationTests.network()
        var parameters = RegularizationTests.gradients(2).map { $0 * 1e25 }
        network.setParameters(parameters)
        let optimizer = try Optimizer(
            GradientDescent(), learningRate: 1, regularization: Regularization(maxNorm: 1e-15), for: network)
        try optimizer.step(network, [Float](repeating: 0, count: 11))
        for unit in [0..<3, 3..<6, 8..<10] {
            let length = parameters[unit].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            for index in unit { parameters[index] = Float(Double(parameters[index]) * 1e-15 / length) }
        }
        expectClose(network.parameterVector, doubles(parameters), relative: 1e-6, absolute: 0)
    }

    @Test func smallGradientsAreNotClipped() throws {
        for method in OptimizationMethods.all {
            let (network, twin) = (try RegularizationTests.network(), try RegularizationTests.network())
            let optimizer = try Optimizer(
                method, learningRate: 0.01, regularization: Regularization(clipNorm: 11, clipValue: 1), for: network)
            let plain = try Optimizer(method, learningRate: 0.01, for: twin)
            for step in 0..<4 {
                try optimizer.step(network, RegularizationTests.gradients(step))
                try plain.step(twin, RegularizationTests.gradients(step))
            }
            #expect(bits(network.parameterVector) == bits(twin.parameterVector), "\(method.identifier)")
        }
    }

    /// Norms of any size: the squares do not overflow or vanish.
    @Test(arguments: [Float(1e-30), 1e-10, 1, 1e15, 1e30]) func clippedToTheNorm(magnitude: Float) throws {
        let network = try RegularizationTests.network()
        let before = doubles(network.parameterVector)
        let optimizer = try Optimizer(
            GradientDescent(), learningRate: 1, regularization: Regularization(clipNorm: 0.5), for: network)
        let gradients = RegularizationTests.gradients(1).map { $0 * magnitude }
        try optimizer.step(network, gradients)
        let norm = gradients.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        let scale = min(1, 0.5 / (norm + 1e-6))
        let expected = zip(before, gradients).map { $0 - scale * Double($1) }
        expectClose(network.parameterVector, expected, absolute: 2e-7)
        // A gradient that overflows without clipping does not with it.
        if magnitude == 1e30 {
            let huge = try Optimizer(
                GradientDescent(), learningRate: 1e10, regularization: Regularization(clipValue: 1e-10), for: network)
            try huge.step(network, gradients)
        }
    }

    /// `w ← w − η λ w`, and then the method's step.
    @Test func weightDecayIsDecoupled() throws {
        for method in OptimizationMethods.all {
            let (network, twin) = (try RegularizationTests.network(), try RegularizationTests.network())
            let optimizer = try Optimizer(
                method, learningRate: 0.125, regularization: Regularization(weightDecay: 0.5), for: network)
            let plain = try Optimizer(
                method, learningRate: 0.125, regularization: Regularization(weightDecay: 0), for: twin)
            for step in 0..<4 {
                twin.withParameters { (parameters: inout MutableSpan<Float>) in
                    for index in 0..<11 where !RegularizationTests.biases.contains(index) {
                        parameters[index] -= 0.0625 * parameters[index]
                    }
                }
                try optimizer.step(network, RegularizationTests.gradients(step))
                try plain.step(twin, RegularizationTests.gradients(step))
                expectClose(
                    network.parameterVector, doubles(twin.parameterVector), absolute: 1e-6, "\(method.identifier)")
            }
        }
        #expect(AdamW().usualWeightDecay == 0.01)
        for method in OptimizationMethods.all where method.identifier.description != "adamw" {
            #expect(method.usualWeightDecay == 0, "\(method.identifier)")
        }
    }

    /// Rows of W that have become too long are as long as they may be; those that have not, and biases, are as they were.
    @Test func rowsOfLimitedNorm() throws {
        for method in OptimizationMethods.all {
            let (network, twin) = (try RegularizationTests.network(), try RegularizationTests.network())
            let limit = 0.875
            let optimizer = try Optimizer(
                method, learningRate: 0.125, regularization: Regularization(maxNorm: Float(limit)), for: network)
            let plain = try Optimizer(method, learningRate: 0.125, for: twin)
            var limited = 0
            for step in 0..<6 {
                try optimizer.step(network, RegularizationTests.gradients(step))
                try plain.step(twin, RegularizationTests.gradients(step))
                var expected = doubles(twin.parameterVector)
                for row in [0..<3, 3..<6, 8..<10] {
                    let norm = expected[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
                    guard norm > limit else { continue }
                    for index in row { expected[index] *= limit / norm }
                    limited += 1
                }
                expectClose(network.parameterVector, expected, absolute: 2e-7, "\(method.identifier)")
                twin.setParameters(network.parameterVector)
            }
            #expect(limited > 0 && limited < 18, "\(method.identifier)")
        }
    }

    /// Whatever the numbers: the parameters stay finite, or the step is refused and nothing changes.
    @Test func nothingOverflows() throws {
        let magnitudes: [Float] = [.leastNonzeroMagnitude, 1, 1e20, .greatestFiniteMagnitude]
        for method in OptimizationMethods.all {
            for size in magnitudes {
                for rate in magnitudes {
                    for regularization in [
                        Regularization(weightDecay: size), Regularization(l1: size), Regularization(l2: size),
                        Regularization(maxNorm: size), Regularization(clipNorm: size), Regularization(clipValue: size),
                        Regularization(
                            weightDecay: size, l1: size, l2: size, maxNorm: size, clipNorm: size, clipValue: size,
                            includesBiases: true),
                    ] {
                        let network = try RegularizationTests.network()
                        let optimizer = try Optimizer(
                            method, learningRate: rate, regularization: regularization, for: network)
                        try optimizer.set(layer: "b", LayerStep(learningRateFactor: size, l2: rate))
                        for step in 0..<3 {
                            let before = network.parameterVector
                            do {
                                try optimizer.step(network, RegularizationTests.gradients(step).map { $0 * size })
                            } catch let error as ChainruleError {
                                #expect(error.code == .notFinite)
                                #expect(bits(network.parameterVector) == bits(before))
                            }
                            guard network.parameterVector.allSatisfy({ $0.isFinite }) else {
                                Issue.record("\(method.identifier), \(rate), \(regularization)")
                                return
                            }
                        }
                    }
                }
            }
        }
    }

    /// The trainer steps as one does by hand, whether it sees the whole gradient or not, in one piece or in several.
    @Test func fittingIsStepping() throws {
        let regularizations = [
            Regularization(weightDecay: 0.125), Regularization(l1: 0.01, l2: 0.02), Regularization(maxNorm: 0.75),
            Regularization(clipNorm: 0.25), Regularization(clipValue: 0.0625),
        ]
        var noise = Noise(7)
        let x = noise.floats(3 * 12)
        let targets = noise.floats(12)
        for method in OptimizationMethods.all {
            for regularization in regularizations {
                let (fitted, byHand) = (try RegularizationTests.network(), try RegularizationTests.network())
                func optimizer(_ network: Network) throws -> Optimizer {
                    let optimizer = try Optimizer(
                        method, learningRate: 0.0625, regularization: regularization, for: network)
                    try optimizer.set(layer: "b", LayerStep(learningRateFactor: 0.5))
                    return optimizer
                }
                var options = TrainingOptions(cost: .meanSquaredError())
                options.epochs = 5
                options.batchSize = 12
                options.shuffles = false
                try fitted.fit(
                    x, targets: .values(targets, columns: 1), optimizer: optimizer(fitted), options: options)
                let hand = try optimizer(byHand)
                for _ in 0..<5 {
                    try hand.step(
                        byHand, byHand.valueAndGradient(.meanSquaredError(), x, .values(targets, columns: 1)).1)
                }
                #expect(bits(fitted.parameterVector) == bits(byHand.parameterVector), "\(method.identifier)")
            }
        }
    }

    /// Weights of which only some rows of the gradient exist at a time, and threads that share them.
    @Test(arguments: [1, 3]) func fittingLargeLayersIsStepping(threads: Int) throws {
        func network() throws -> Network {
            var architecture = try Architecture(inputs: 260)
            try architecture.dense(260, .relu, name: "a", biases: .constant(0.5))
            try architecture.dense(4, .tanh, name: "b")
            return try Network(architecture, seed: 3)
        }
        let regularizations = [
            Regularization(l1: 0.01, l2: 0.02, includesBiases: true), Regularization(maxNorm: 0.75),
            Regularization(weightDecay: 0.125, clipValue: 1e-3),
            Regularization(l2: 0.125, maxNorm: 0.5, clipValue: 1e-3),
        ]
        var noise = Noise(8)
        let x = noise.floats(260 * 20)
        let targets = Targets.values(noise.floats(4 * 20), columns: 4)
        let methods: [any OptimizationMethod] = [GradientDescent(), Adam()]
        for method in methods {
            for regularization in regularizations {
                let (fitted, byHand) = (try network(), try network())
                func optimizer(_ network: Network) throws -> Optimizer {
                    let optimizer = try Optimizer(
                        method, learningRate: 0.0625, regularization: regularization, for: network)
                    try optimizer.set(layer: "b", LayerStep(learningRateFactor: 0.5, l2: 0.25, maxNorm: 0.625))
                    return optimizer
                }
                var options = TrainingOptions(cost: .meanSquaredError())
                options.epochs = 2
                options.batchSize = 20
                options.shuffles = false
                options.threads = threads
                try fitted.fit(x, targets: targets, optimizer: optimizer(fitted), options: options)
                let hand = try optimizer(byHand)
                for _ in 0..<2 {
                    try hand.step(byHand, byHand.valueAndGradient(.meanSquaredError(), x, targets).1)
                }
                #expect(bits(fitted.parameterVector) == bits(byHand.parameterVector), "\(method.identifier)")
            }
        }
    }
}
