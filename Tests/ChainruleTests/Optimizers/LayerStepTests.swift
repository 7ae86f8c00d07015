import Chainrule
import Testing

/// Layers with learning rates of their own, and frozen ones.
@Suite struct LayerStepTests {
    private static func network(seed: UInt64 = 3) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(4, .tanh, name: "a")
        try architecture.activation(.relu, name: "between")
        try architecture.dense(2, name: "b")
        return try Network(architecture, seed: seed)
    }

    private static func gradients(_ step: Int) -> [Float] {
        var noise = Noise(UInt64(step) + 40)
        return noise.floats(26)
    }

    @Test func badLayers() throws {
        let network = try LayerStepTests.network()
        let optimizer = try Optimizer(Adam(), learningRate: 0.1, for: network)
        for name in ["", "c", "A", "input", "a.weight", String(repeating: "a", count: 5000)] {
            expectError(.name, "no layer '\(name)'") { try optimizer.set(layer: name, LayerStep()) }
        }
        for bad in [Float.nan, .infinity, -1, -.leastNonzeroMagnitude] {
            for (step, name) in [
                (LayerStep(learningRateFactor: bad), "learning_rate_factor"),
                (LayerStep(weightDecay: bad), "weight_decay"),
                (LayerStep(l1: bad), "l1"), (LayerStep(l2: bad), "l2"),
            ] {
                expectError(.value, "\(name) is \(bad)", ">= 0") { try optimizer.set(layer: "a", step) }
            }
        }
        for bad: Float in [.nan, -.infinity, 0] {
            expectError(.value, "max_norm is \(bad)", "> 0") { try optimizer.set(layer: "a", LayerStep(maxNorm: bad)) }
        }
        // What was refused has no effect, and a layer without parameters has none either.
        try optimizer.set(layer: "between", LayerStep(learningRateFactor: 0, isFrozen: true))
        let twin = try LayerStepTests.network()
        let plain = try Optimizer(Adam(), learningRate: 0.1, for: twin)
        for step in 0..<3 {
            try optimizer.step(network, LayerStepTests.gradients(step))
            try plain.step(twin, LayerStepTests.gradients(step))
        }
        #expect(bits(network.parameterVector) == bits(twin.parameterVector))
    }

    /// Each layer goes as the whole network does at its learning rate.
    @Test func learningRatesOfLayers() throws {
        for method in OptimizationMethods.all {
            let networks = try (0..<3).map { _ in try LayerStepTests.network() }
            let both = try Optimizer(method, learningRate: 0.125, for: networks[0])
            try both.set(layer: "b", LayerStep(learningRateFactor: 0.25))
            let fast = try Optimizer(method, learningRate: 0.125, for: networks[1])
            let slow = try Optimizer(method, learningRate: 0.03125, for: networks[2])
            for step in 0..<5 {
                try both.step(networks[0], LayerStepTests.gradients(step))
                try fast.step(networks[1], LayerStepTests.gradients(step))
                try slow.step(networks[2], LayerStepTests.gradients(step))
            }
            let vectors = networks.map { bits($0.parameterVector) }
            #expect(vectors[0][..<16] == vectors[1][..<16], "\(method.identifier)")
            #expect(vectors[0][16...] == vectors[2][16...], "\(method.identifier)")
            #expect(vectors[1][16...] != vectors[2][16...], "\(method.identifier)")
        }
    }

    /// Weight decay, penalties and norms of one layer alone.
    @Test func regularizationOfLayers() throws {
        for (step, all) in [
            (LayerStep(weightDecay: 0.5), Regularization(weightDecay: 0.5)),
            (LayerStep(l1: 0.5), Regularization(l1: 0.5)),
            (LayerStep(l2: 0.5), Regularization(l2: 0.5)), (LayerStep(maxNorm: 0.5), Regularization(maxNorm: 0.5)),
        ] {
            let networks = try (0..<4).map { _ in try LayerStepTests.network() }
            let none = try Optimizer(Momentum(), learningRate: 0.125, for: networks[0])
            let whole = try Optimizer(Momentum(), learningRate: 0.125, regularization: all, for: networks[1])
            let one = try Optimizer(Momentum(), learningRate: 0.125, for: networks[2])
            try one.set(layer: "b", step)
            let other = try Optimizer(Momentum(), learningRate: 0.125, regularization: all, for: networks[3])
            try other.set(layer: "b", LayerStep(weightDecay: 0, l1: 0, l2: 0, maxNorm: .infinity))
            for step in 0..<3 {
                for (network, optimizer) in zip(networks, [none, whole, one, other]) {
                    try optimizer.step(network, LayerStepTests.gradients(step))
                }
            }
            let vectors = networks.map { bits($0.parameterVector) }
            #expect(vectors[0][..<16] != vectors[1][..<16] && vectors[0][16...] != vectors[1][16...])
            #expect(vectors[2][..<16] == vectors[0][..<16] && vectors[2][16...] == vectors[1][16...])
            #expect(vectors[3][..<16] == vectors[1][..<16] && vectors[3][16...] == vectors[0][16...])
        }
    }

    /// A frozen layer stays bit for bit, and so does its state: thawed, it continues as without these steps.
    @Test func frozenLayers() throws {
        for method in OptimizationMethods.all {
            let (network, twin) = (try LayerStepTests.network(), try LayerStepTests.network())
            let optimizer = try Optimizer(
                method, learningRate: 0.0625, regularization: Regularization(weightDecay: 0.25), for: network)
            let plain = try Optimizer(
                method, learningRate: 0.0625, regularization: Regularization(weightDecay: 0.25), for: twin)
            for step in 0..<3 {
                try optimizer.step(network, LayerStepTests.gradients(step))
                try plain.step(twin, LayerStepTests.gradients(step))
            }
            try optimizer.set(layer: "a", LayerStep(isFrozen: true))
            let before = network.parameterVector
            for step in 3..<6 {
                var gradients = LayerStepTests.gradients(step)
                // They are not looked at.
                gradients[0] = .nan
                gradients[15] = .infinity
                try optimizer.step(network, gradients)
            }
            #expect(bits(network.parameterVector)[..<16] == bits(before)[..<16], "\(method.identifier)")
            #expect(bits(network.parameterVector)[16...] != bits(before)[16...], "\(method.identifier)")
            try optimizer.set(layer: "a", LayerStep())
            for step in 6..<9 {
                try optimizer.step(network, LayerStepTests.gradients(step))
                try plain.step(twin, LayerStepTests.gradients(step))
            }
            #expect(bits(network.parameterVector)[..<16] == bits(twin.parameterVector)[..<16], "\(method.identifier)")
            expectError(.notFinite, "a.weight[0, 0]") {
                try optimizer.step(network, [.nan] + [Float](repeating: 0, count: 25))
            }
        }
    }

    /// In a fit a frozen layer stays bit for bit, whoever computes the gradients. The other layers move as by hand.
    @Test(arguments: [Regularization(), Regularization(clipNorm: 0.5)]) func fittingAroundFrozenLayers(
        regularization: Regularization
    ) throws {
        var noise = Noise(9)
        let x = noise.floats(3 * 20)
        let targets = noise.floats(2 * 20)
        for method in OptimizationMethods.all {
            for frozen in ["a", "b"] {
                let (fitted, byHand) = (try LayerStepTests.network(), try LayerStepTests.network())
                var options = TrainingOptions(cost: .meanSquaredError())
                options.epochs = 5
                options.batchSize = 20
                options.shuffles = false
                let optimizers = try [fitted, byHand].map {
                    try Optimizer(method, learningRate: 0.0625, regularization: regularization, for: $0)
                }
                for optimizer in optimizers { try optimizer.set(layer: frozen, LayerStep(isFrozen: true)) }
                try fitted.fit(
                    x, targets: .values(targets, columns: 2), optimizer: optimizers[0], options: options)
                for _ in 0..<5 {
                    try optimizers[1].step(
                        byHand, byHand.valueAndGradient(.meanSquaredError(), x, .values(targets, columns: 2)).1)
                }
                #expect(bits(fitted.parameterVector) == bits(byHand.parameterVector), "\(method.identifier)")
                let start = bits(try LayerStepTests.network().parameterVector)
                let range = frozen == "a" ? 0..<16 : 16..<26
                #expect(bits(fitted.parameterVector)[range] == start[range])
                #expect(bits(fitted.parameterVector) != start)
            }
        }
    }

    @Test func everythingFrozen() throws {
        let network = try LayerStepTests.network()
        let optimizer = try Optimizer(AdamW(), learningRate: 0.1, for: network)
        for layer in ["a", "b"] { try optimizer.set(layer: layer, LayerStep(isFrozen: true)) }
        let before = bits(network.parameterVector)
        try optimizer.step(network, [Float](repeating: 1, count: 26))
        try network.fit(
            [1, 2, 3], targets: .values([1, 2], columns: 2), optimizer: optimizer,
            options: TrainingOptions(cost: .meanSquaredError()))
        #expect(bits(network.parameterVector) == before)
        #expect(optimizer.steps == 11)
    }

    /// A method without a kernel of the library's is told of each tensor alone.
    @Test func methodsOfOnesOwn() throws {
        final class Plain: OptimizationMethod {
            let identifier: StaticString = "plain"
            let stateVectors = 1
            func validate() throws(ChainruleError) {}
            func bound(
                gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
            ) -> Double {
                state[0] = Double(step)
                return learningRate * gradient
            }
            func step(_ step: OptimizerStep) {
                step.withState(0) { counts in
                    step.withParameters { parameters, gradients in
                        for i in gradients.indices {
                            counts[i] += 1
                            // The state is this tensor's own, and counts its steps.
                            if counts[i] == Float(step.number) { parameters[i] -= step.learningRate * gradients[i] }
                        }
                    }
                }
            }
        }
        let (network, twin) = (try LayerStepTests.network(), try LayerStepTests.network())
        let regularization = Regularization(weightDecay: 0.5, l2: 0.125, clipNorm: 2)
        let own = try Optimizer(Plain(), learningRate: 0.125, regularization: regularization, for: network)
        let built = try Optimizer(GradientDescent(), learningRate: 0.125, regularization: regularization, for: twin)
        for optimizer in [own, built] {
            try optimizer.set(layer: "a", LayerStep(isFrozen: true))
            try optimizer.set(layer: "b", LayerStep(learningRateFactor: 0.5))
        }
        for step in 0..<4 {
            if step == 2 { for optimizer in [own, built] { try optimizer.set(layer: "a", LayerStep()) } }
            try own.step(network, LayerStepTests.gradients(step))
            try built.step(twin, LayerStepTests.gradients(step))
        }
        expectClose(network.parameterVector, doubles(twin.parameterVector), absolute: 1e-6)
        #expect(try network.parameterVector != LayerStepTests.network().parameterVector)
    }
}
