import Testing

@testable import Chainrule

@Suite struct OptimizerTests {
    private static func network(seed: UInt64 = 1) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(2, name: "a")
        return try Network(architecture, seed: seed)
    }

    /// Where a gradient stays 0, a state that decays becomes 0. Subnormal numbers, which rounding would keep, make a step many
    /// times as slow.
    @Test func statesDoNotStaySubnormal() throws {
        for method in OptimizationMethods.all {
            let network = try OptimizerTests.network()
            let optimizer = try Optimizer(method, learningRate: 0.01, for: network)
            var gradients = [Float](repeating: 1e-30, count: network.parameterCount)
            try optimizer.step(network, gradients: gradients.span)
            gradients = [Float](repeating: 0, count: network.parameterCount)
            for _ in 0..<1000 { try optimizer.step(network, gradients: gradients.span) }
            for state in optimizer.states {
                for index in 0..<state.count {
                    #expect(!state.base[index].isSubnormal, "\(method.identifier)")
                }
            }
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, -0.5]) func badLearningRates(rate: Float) throws {
        let network = try OptimizerTests.network()
        for method in OptimizationMethods.all {
            expectError(.value, "learning rate is \(rate)") {
                _ = try Optimizer(method, learningRate: rate, for: network)
            }
            let optimizer = try Optimizer(method, learningRate: 0.5, for: network)
            expectError(.value, "learning rate is \(rate)") { try optimizer.setLearningRate(rate) }
            #expect(optimizer.learningRate == 0.5)
        }
    }

    @Test func badHyperparameters() throws {
        let network = try OptimizerTests.network()
        func expectRefusal(_ method: any OptimizationMethod, _ name: String, _ value: Float, _ range: String) {
            expectError(.value, name, "\(value)", range) {
                _ = try Optimizer(method, learningRate: 0.1, for: network)
            }
        }
        for bad in [Float(1), -0.25, 1.5, .nan, .infinity] {
            for (method, name) in [
                (Momentum(momentum: bad) as any OptimizationMethod, "momentum of momentum"),
                (Nesterov(momentum: bad), "momentum of nesterov"), (RMSprop(beta2: bad), "beta2 of rmsprop"),
                (Adam(beta1: bad), "beta1 of adam"), (Adam(beta2: bad), "beta2 of adam"),
                (AdamW(beta1: bad), "beta1 of adamw"), (AdamW(beta2: bad), "beta2 of adamw"),
                (AMSGrad(beta1: bad), "beta1 of amsgrad"), (AMSGrad(beta2: bad), "beta2 of amsgrad"),
                (NAdam(beta1: bad), "beta1 of nadam"), (NAdam(beta2: bad), "beta2 of nadam"),
                (Lion(beta1: bad), "beta1 of lion"), (Lion(beta2: bad), "beta2 of lion"),
                (IRPROPMinus(shrink: bad), "shrink of irprop_minus"),
            ] {
                expectRefusal(method, name, bad, "[0, 1)")
            }
        }
        for bad in [Float(0), -1e-8, .nan, .infinity] {
            for (method, name) in [
                (AdaGrad(epsilon: bad) as any OptimizationMethod, "epsilon of adagrad"),
                (RMSprop(epsilon: bad), "epsilon of rmsprop"), (Adam(epsilon: bad), "epsilon of adam"),
                (AdamW(epsilon: bad), "epsilon of adamw"), (AMSGrad(epsilon: bad), "epsilon of amsgrad"),
                (NAdam(epsilon: bad), "epsilon of nadam"),
            ] {
                expectRefusal(method, name, bad, ">= 1e-30")
            }
            for (method, name) in [
                (IRPROPMinus(maxStep: bad) as any OptimizationMethod, "max_step of irprop_minus"),
                (Quickprop(growth: bad), "growth of quickprop"), (Quickprop(maxStep: bad), "max_step of quickprop"),
            ] {
                expectRefusal(method, name, bad, "> 0")
            }
            expectRefusal(IRPROPMinus(minStep: bad), "min_step of irprop_minus", bad, "50")
        }
        for bad in [Float(1).nextDown, 0, -1.2, .nan, .infinity] {
            expectRefusal(IRPROPMinus(growth: bad), "growth of irprop_minus", bad, ">= 1")
        }
        expectRefusal(IRPROPMinus(minStep: 2, maxStep: 1), "min_step of irprop_minus", 2, "1.0")
        for method in OptimizerTests.extremes {
            _ = try Optimizer(method, learningRate: 0, for: network)
        }
    }

    /// Hyperparameters at the ends of their ranges.
    private static var extremes: [any OptimizationMethod] {
        let (nearlyOne, largest) = (Float(1).nextDown, Float.greatestFiniteMagnitude)
        return [
            Momentum(momentum: 0), Momentum(momentum: nearlyOne), Nesterov(momentum: 0), Nesterov(momentum: nearlyOne),
            AdaGrad(epsilon: 1e-30), AdaGrad(epsilon: 1e30), RMSprop(beta2: 0, epsilon: 1e-30),
            RMSprop(beta2: nearlyOne, epsilon: 1e-30), RMSprop(epsilon: 1e30),
            Adam(epsilon: 1e30), Adam(epsilon: 1e-30), Adam(beta1: 0, beta2: 0),
            Adam(beta1: nearlyOne, beta2: nearlyOne), AdamW(epsilon: 1e-30), AdamW(beta1: 0, beta2: 0),
            AMSGrad(beta1: 0, beta2: 0, epsilon: 1e-30),
            AMSGrad(beta1: nearlyOne, beta2: nearlyOne, epsilon: 1e30), NAdam(beta1: 0, beta2: 0, epsilon: 1e-30),
            NAdam(beta1: nearlyOne, beta2: nearlyOne), Lion(beta1: 0, beta2: 0),
            Lion(beta1: nearlyOne, beta2: nearlyOne),
            IRPROPMinus(growth: 1, shrink: 0),
            IRPROPMinus(growth: largest, shrink: nearlyOne, minStep: .leastNonzeroMagnitude, maxStep: largest),
            IRPROPMinus(minStep: largest, maxStep: largest), Quickprop(growth: .leastNonzeroMagnitude),
            Quickprop(growth: largest, maxStep: largest),
            Quickprop(maxStep: .leastNonzeroMagnitude),
        ]
    }

    @Test func otherNetworksAreRefused() throws {
        let network = try OptimizerTests.network()
        let other = try OptimizerTests.network()
        let before = other.parameterVector
        for method in OptimizationMethods.all {
            let optimizer = try Optimizer(method, learningRate: 0.1, for: network)
            expectError(.mismatch, "another network") {
                try optimizer.step(other, [Float](repeating: 1, count: 8))
            }
            expectError(.size, "7 floats", "8 parameters") {
                try optimizer.step(network, [Float](repeating: 1, count: 7))
            }
            #expect(optimizer.steps == 0)
        }
        #expect(other.parameterVector == before)
    }

    /// A step that is refused is as if it had not been tried: parameters, the number of steps and the state.
    @Test func gradientsThatAreNotFiniteChangeNothing() throws {
        for method in OptimizationMethods.all {
            let network = try OptimizerTests.network()
            let twin = try OptimizerTests.network()
            let optimizer = try Optimizer(method, learningRate: 0.1, for: network)
            let twinOptimizer = try Optimizer(method, learningRate: 0.1, for: twin)
            var noise = Noise(5)
            for step in 1...4 {
                let gradients = noise.floats(8)
                for (index, bad, name) in [(5, Float.nan, "a.weight[1, 2]"), (7, -.infinity, "a.bias[1, 0]")] {
                    var spoiled = gradients
                    spoiled[index] = bad
                    let before = network.parameterVector
                    expectError(.notFinite, name, "\(bad)") { try optimizer.step(network, spoiled) }
                    #expect(bits(network.parameterVector) == bits(before))
                    #expect(optimizer.steps == step - 1)
                }
                try optimizer.step(network, gradients)
                try twinOptimizer.step(twin, gradients)
                #expect(bits(network.parameterVector) == bits(twin.parameterVector), "\(method.identifier)")
                #expect(optimizer.steps == step)
            }
        }
    }

    @Test func stepsThatOverflowChangeNothing() throws {
        for method in OptimizationMethods.all {
            let network = try OptimizerTests.network()
            let twin = try OptimizerTests.network()
            // So that even a step of the learning rate's size overflows.
            for network in [network, twin] { network.withParameters { $0[7] = 2e38 } }
            let optimizer = try Optimizer(method, learningRate: 2e38, for: network)
            let twinOptimizer = try Optimizer(method, learningRate: 0.5, for: twin)
            let before = network.parameterVector
            let huge = [Float](repeating: 0, count: 7) + [1e36]
            expectError(.notFinite, "2e+38", "1e+36", "overflow") { try optimizer.step(network, huge) }
            #expect(bits(network.parameterVector) == bits(before), "\(method.identifier)")
            #expect(optimizer.steps == 0)
            try optimizer.setLearningRate(0.5)
            for _ in 0..<2 {
                try optimizer.step(network, [Float](repeating: 1e-3, count: 8))
                try twinOptimizer.step(twin, [Float](repeating: 1e-3, count: 8))
            }
            #expect(bits(network.parameterVector) == bits(twin.parameterVector), "\(method.identifier)")
            #expect(network.parameterVector != before)
        }
    }

    /// Whatever the numbers: the parameters stay finite, or the step is refused and nothing changes.
    @Test func noStepMakesAnythingNotFinite() throws {
        let methods = OptimizationMethods.all + OptimizerTests.extremes
        let magnitudes: [Float] = [0, .leastNonzeroMagnitude, 1e-24, 1, 1e10, 1e19, 1e30, .greatestFiniteMagnitude]
        for method in methods {
            for rate in magnitudes {
                for magnitude in magnitudes {
                    let network = try OptimizerTests.network()
                    let optimizer = try Optimizer(method, learningRate: rate, for: network)
                    for sign in [Float(1), 1, -1, 1] {
                        let before = network.parameterVector
                        do {
                            try optimizer.step(network, [0, 1, -1, 0.5, 0, 1, 1, -1].map { sign * $0 * magnitude })
                        } catch let error as ChainruleError {
                            #expect(error.code == .notFinite)
                            #expect(bits(network.parameterVector) == bits(before))
                        }
                        guard network.parameterVector.allSatisfy({ $0.isFinite }) else {
                            Issue.record(
                                """
                                \(method.identifier) with learning rate \(rate) and gradient \(magnitude): \
                                \(network.parameterVector)
                                """)
                            break
                        }
                    }
                }
            }
        }
    }

    @Test func parametersThatAreNotFiniteAreNotStepped() throws {
        for method in OptimizationMethods.all {
            let network = try OptimizerTests.network()
            network.withParameters { $0[2] = .nan }
            let optimizer = try Optimizer(method, learningRate: 0.1, for: network)
            let before = network.parameterVector
            expectError(.notFinite) { try optimizer.step(network, [Float](repeating: 1, count: 8)) }
            #expect(bits(network.parameterVector) == bits(before))
        }
    }

    /// Three steps of each method with gradients (1, 2, −1) for one weight that begins at 1, by hand.
    @Test func stepsByHand() throws {
        func run(_ method: any OptimizationMethod, _ rate: Float, decay: Float? = nil) throws -> [Double] {
            var architecture = try Architecture(inputs: 1)
            try architecture.dense(1, bias: false, weights: .constant(1))
            let network = try Network(architecture, seed: 0)
            let optimizer = try Optimizer(
                method, learningRate: rate, regularization: Regularization(weightDecay: decay), for: network)
            return try [Float(1), 2, -1].map { gradient in
                try optimizer.step(network, [gradient])
                return Double(network.parameterVector[0])
            }
        }
        // w: 1 − 1/4, − 2/4, + 1/4.
        expectClose(try run(GradientDescent(), 0.25), [0.75, 0.25, 0.5], absolute: 0)
        // v: 1, 2.5, 0.25.
        expectClose(try run(Momentum(momentum: 0.5), 0.25), [0.75, 0.125, 0.0625], absolute: 0)
        // m: 0.5, 1.25, 0.125 and c₁: 0.5, 0.75, 0.875; v: 0.25, 1.1875, 1.140625 and c₂: 0.25, 0.4375, 0.578125;
        // m̂ / √v̂: 1, 1.6666667 / 1.6475090 = 1.0116283, 0.1428571 / 1.4046172 = 0.1017054.
        expectClose(
            try run(Adam(beta1: 0.5, beta2: 0.75, epsilon: 1e-12), 0.25), [0.75, 0.4970929, 0.4716666], absolute: 1e-6)
        // v: 1, 2.5, 0.25; g + v / 2: 1.5, 3.25, −0.875.
        expectClose(try run(Nesterov(momentum: 0.5), 0.25), [0.625, -0.1875, 0.03125], absolute: 0)
        // v: 1, 5, 6; g / √v: 1, 0.8944272, −0.4082483.
        expectClose(try run(AdaGrad(epsilon: 1e-12), 0.25), [0.75, 0.5263932, 0.6284553], absolute: 1e-6)
        // v: 0.25, 1.1875, 1.140625; g / √v: 2, 1.8353259, −0.9363292.
        expectClose(
            try run(RMSprop(beta2: 0.75, epsilon: 1e-12), 0.25), [0.5, 0.0411685, 0.2752508], absolute: 1e-6)
        // Adam's, after 1/8 of the parameter: 1 − 0.125 − 0.25, 0.625 · 0.875 − 0.2529071, …
        expectClose(
            try run(AdamW(beta1: 0.5, beta2: 0.75, epsilon: 1e-12), 0.25, decay: 0.5),
            [0.625, 0.2939679, 0.2317956], absolute: 1e-6)
        // u: 0.25, 1.1875, 1.1875, its corrected root at last 1.4332029; 0.1428571 / 1.4332029 = 0.0996768.
        expectClose(
            try run(AMSGrad(beta1: 0.5, beta2: 0.75, epsilon: 1e-12), 0.25), [0.75, 0.4970929, 0.4721737],
            absolute: 1e-6)
        // m before the steps: 0, 0.5, 1.25; m / 2 + g / 2: 0.5, 1.25, 0.125.
        expectClose(try run(Lion(beta1: 0.5, beta2: 0.5), 0.25), [0.75, 0.5, 0.25], absolute: 0)
        expectClose(
            try run(Lion(beta1: 0.5, beta2: 0.5), 0.25, decay: 0.5), [0.625, 0.296875, 0.009765625], absolute: 0)
        // Δ: 0.25, 0.375, then 0.1875 without a step.
        expectClose(try run(IRPROPMinus(growth: 1.5), 0.25), [0.75, 0.375, 0.375], absolute: 0)
        // d: −0.25; g has grown: 2 d − 0.5 = −1; then −1 / (2 + 1) of that.
        expectClose(
            try run(Quickprop(growth: 2), 0.25), [0.75, -0.25, 0.0833333], absolute: 1e-6)
        expectClose(
            try run(Quickprop(growth: 2, maxStep: 0.5), 0.25), [0.75, 0.25, 0.4166667], absolute: 1e-6)
    }

    /// A step size that has not begun begins with the first learning rate that is not 0, and then keeps to its limits.
    @Test func stepSizesOfIRPROP() throws {
        func run(_ rates: [Float], _ gradients: [Float]) throws -> [Float] {
            var architecture = try Architecture(inputs: 1)
            try architecture.dense(1, bias: false, weights: .zeros)
            let network = try Network(architecture, seed: 0)
            let optimizer = try Optimizer(IRPROPMinus(minStep: 0.25, maxStep: 1.25), learningRate: 0, for: network)
            return try zip(rates, gradients).map { rate, gradient in
                try optimizer.setLearningRate(rate)
                try optimizer.step(network, [gradient])
                return network.parameterVector[0]
            }
        }
        #expect(try run([0, 0, 1, 9, 9], [1, -1, -1, -1, -1]) == [0, 0, 1, 2.2, 3.45])
        // Halved, but not below a quarter; after a step that was left out the next has its size whatever its sign.
        #expect(
            try run([0.75, 9, 9, 9, 9, 9], [1, -1, -1, 1, 1, 0]) == [-0.75, -0.75, -0.375, -0.375, -0.625, -0.625])
    }

    @Test func aLearningRateOfZeroMovesNothing() throws {
        for method in OptimizationMethods.all {
            let network = try OptimizerTests.network()
            let before = network.parameterVector
            let optimizer = try Optimizer(method, learningRate: 0, for: network)
            try optimizer.step(network, [Float](repeating: 3, count: 8))
            #expect(network.parameterVector == before)
            #expect(optimizer.steps == 1)
            try optimizer.setLearningRate(0.5)
            try optimizer.step(network, [Float](repeating: 3, count: 8))
            #expect(network.parameterVector != before)
        }
    }

    @Test func aNetworkWithoutParameters() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.activation(.tanh)
        let network = try Network(architecture, seed: 0)
        #expect(network.parameterCount == 0 && network.parameterVector == [])
        for method in OptimizationMethods.all {
            try Optimizer(method, learningRate: 0.1, for: network).step(network, [])
        }
        let (value, gradients) = try network.valueAndGradient(
            .meanSquaredError(), [0, 0], .values([1, 1], columns: 2))
        #expect(value == 1 && gradients == [])
    }

    /// A custom method gets the vectors and the numbers of the step.
    @Test func methodsOfOnesOwn() throws {
        final class HeavyBall: OptimizationMethod {
            let identifier: StaticString = "heavy_ball"
            let stateVectors = 1
            func validate() throws(ChainruleError) {}
            func bound(
                gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
            ) -> Double {
                state[0] = 0.5 * state[0] + gradient
                return learningRate * state[0]
            }
            func step(_ step: OptimizerStep) {
                step.withState(0) { velocity in
                    step.withParameters { parameters, gradients in
                        for i in gradients.indices {
                            velocity[i] = 0.5 * velocity[i] + gradients[i]
                            parameters[i] -= step.learningRate * velocity[i]
                        }
                    }
                }
            }
        }
        let network = try OptimizerTests.network()
        let twin = try OptimizerTests.network()
        let own = try Optimizer(HeavyBall(), learningRate: 0.25, for: network)
        let built = try Optimizer(Momentum(momentum: 0.5), learningRate: 0.25, for: twin)
        for scale in [Float(1), -2, 0.5] {
            let gradient = (0..<8).map { scale * Float($0) }
            try own.step(network, gradient)
            try built.step(twin, gradient)
        }
        #expect(bits(network.parameterVector) == bits(twin.parameterVector))
    }

    @Test func parametersThatAreNotFinite() throws {
        let network = try OptimizerTests.network()
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.5, for: network)
        network.withParameters { $0[3] = .nan }
        expectError(.notFinite, "a.weight[1, 0]", "nan") {
            try optimizer.step(network, [Float](repeating: 0, count: 8))
        }
    }
}
