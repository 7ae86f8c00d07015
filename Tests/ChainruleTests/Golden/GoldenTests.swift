import Chainrule
import Testing

/// The library against PyTorch's numbers. PyTorch computed in float64, so every tolerance is about the library's float32
/// alone: `relative` and `absolute` are small multiples of its rounding, 6e-8 of a number.
@Suite struct GoldenTests {
    /// One function of moderate numbers: a few roundings.
    private static let elementwise = 1e-6
    /// A network: sums of up to a dozen products, a few layers deep.
    private static let network = 5e-6

    private let golden: GoldenFile

    init() throws { golden = try GoldenFile.read() }

    @Test func coversEveryActivationAndCost() throws {
        let activations = Set(golden.activations.map { $0.name })
        for activation in Activation.all { #expect(activations.contains(activation.identifier.description)) }
        for (reduction, name) in [(Cost.Reduction.mean, "mean"), (.sum, "sum")] {
            let costs = Set(golden.costs.filter { $0.reduction == name }.map { $0.name })
            for cost in try Cost.all(reduction) { #expect(costs.contains(cost.identifier.description)) }
        }
        let differentiated = golden.derivatives.map { ($0.layers[0].activation, $0.cost) }
        for activation in Activation.all {
            #expect(differentiated.contains { $0.0 == activation.identifier.description })
        }
        for cost in try Cost.all() { #expect(differentiated.contains { $0.1 == cost.identifier.description }) }
        let methods = Set(golden.trajectories.map { $0.name })
        let schedules = Set(golden.schedules.map { $0.name })
        for rule in Schedules.all { #expect(schedules.contains(rule.identifier.description)) }
        for method in OptimizationMethods.all { #expect(methods.contains(method.identifier.description)) }
    }

    @Test func activations() throws {
        for golden in golden.activations {
            let activation = try GoldenFile.activation(golden.name, alpha: golden.alpha)
            var architecture = try Architecture(inputs: golden.columns)
            try architecture.activation(activation, name: "a")
            let network = try Network(architecture, seed: 0)
            let workspace = try Workspace(for: network, maxRows: 4)
            try network.forward(golden.z, in: workspace)
            _ = try network.gradients(from: golden.delta, in: workspace)
            // Log-softmax of a row of size 40, and σ' of flat ends such as 1 − h², have an absolute error of 40 and 1.
            expectClose(
                try workspace.values(of: "a", .activation), golden.h, relative: GoldenTests.elementwise,
                absolute: 4 * GoldenTests.elementwise, "\(golden.name) forward")
            expectClose(
                try workspace.values(of: "input", .delta), golden.s, relative: GoldenTests.elementwise,
                absolute: 4 * GoldenTests.elementwise, "\(golden.name) backward")
            #expect(try workspace.values(of: "a", .activation) == network.predict(golden.z))
        }
    }

    @Test func costs() throws {
        for golden in golden.costs {
            let cost = try GoldenFile.cost(golden.name, golden.reduction, parameter: golden.parameter)
            let targets = GoldenFile.targets(
                golden.values, golden.classes, columns: golden.columns, weights: golden.weights)
            let (value, gradient) = try cost.evaluate(golden.y, columns: golden.columns, targets)
            let what = "\(golden.name) by \(golden.reduction)"
            expectClose([value], [golden.cost], relative: GoldenTests.elementwise, absolute: 0, what)
            // Differences such as y − t of numbers up to 3 keep an absolute error.
            expectClose(
                gradient, golden.gradient, relative: 2 * GoldenTests.elementwise, absolute: GoldenTests.elementwise,
                what)
        }
    }

    @Test func networks() throws {
        for golden in golden.networks {
            let network = try Network(GoldenFile.architecture(inputs: golden.inputs, golden.layers), seed: 0)
            network.setParameters(golden.parameters)
            let cost = try GoldenFile.cost(golden.cost, golden.reduction, parameter: nil)
            let targets = GoldenFile.targets(
                golden.values, golden.classes, columns: golden.columns, weights: golden.weights)
            let workspace = try Workspace(for: network, maxRows: golden.rows)
            try network.forward(golden.x, in: workspace)
            let y = try workspace.values(of: golden.layers.last!.name, .activation)
            let (value, slope) = try cost.evaluate(y, columns: golden.columns, targets)
            let gradients = try network.gradients(from: slope, in: workspace)

            func expect(_ result: [Float], _ exact: [Double], _ what: String) {
                expectClose(
                    result, exact, relative: GoldenTests.network, absolute: GoldenTests.network,
                    "\(golden.name): \(what)")
            }
            expect(y, golden.outputs, "the outputs")
            expectClose([value], [golden.value], relative: GoldenTests.network, absolute: 0, golden.name)
            expect(gradients, golden.gradients, "the gradient")
            expect(try workspace.values(of: "input", .delta), golden.inputGradient, "the input's gradient")
            for (layer, delta) in golden.deltas {
                expect(try workspace.values(of: layer, .delta), delta, "delta of \(layer)")
            }
            let (sameValue, sameGradients) = try network.valueAndGradient(cost, golden.x, targets)
            #expect(sameValue == value)
            #expect(bits(sameGradients) == bits(gradients))
        }
    }

    @Test func schedules() throws {
        for golden in golden.schedules {
            if let costs = golden.costs {
                let plateau = Plateau(
                    factor: golden.factor ?? 0.1, patience: golden.patience ?? 10, threshold: golden.threshold ?? 1e-4,
                    cooldown: golden.cooldown ?? 0, minRate: golden.minRate ?? 0)
                var state = Plateau.State()
                var rate = golden.base
                let rates = try costs.map { cost in
                    rate = try plateau.rate(after: cost, from: rate, &state)
                    return rate
                }
                expectClose(rates, golden.rates, relative: GoldenTests.elementwise, absolute: 0, golden.name)
                continue
            }
            let rule: any ScheduleRule
            switch golden.name {
            case "constant": rule = ConstantSchedule()
            case "step": rule = StepSchedule(period: golden.period!, factor: golden.factor!)
            case "exponential": rule = ExponentialSchedule(factor: golden.factor!)
            case "cosine":
                rule = CosineSchedule(
                    period: golden.period!, periodFactor: golden.periodFactor ?? 1, minRate: golden.minRate ?? 0)
            case "one_cycle":
                rule = OneCycleSchedule(
                    period: golden.period!, peak: golden.peak ?? 0.3, startDivisor: golden.startDivisor ?? 25,
                    endDivisor: golden.endDivisor ?? 1e4)
            default: throw UnknownName(name: golden.name)
            }
            let schedule = Schedule(rule, warmup: golden.warmup, warmupStart: 0.25)
            let rates = try golden.rates.indices.map { try schedule.rate(base: golden.base, at: $0) }
            #expect(rates.count > 100)
            // The ends of a cycle are differences: 1e-9 of the base.
            expectClose(
                rates, golden.rates, relative: GoldenTests.elementwise / 4, absolute: 1e-9 * Double(golden.base),
                "\(golden.name), warm-up \(golden.warmup)")
        }
    }

    @Test func derivatives() throws {
        for golden in golden.derivatives {
            let network = try Network(GoldenFile.architecture(inputs: golden.inputs, golden.layers), seed: 0)
            network.setParameters(golden.parameters)
            let cost = try GoldenFile.cost(golden.cost, golden.reduction, parameter: golden.parameter)
            let targets = GoldenFile.targets(
                golden.values, golden.classes, columns: golden.columns, weights: golden.weights)
            func expect(_ result: [Float], _ exact: [Double], _ what: String) {
                // Elements are sums of products as large as the largest.
                let largest = exact.map { $0.magnitude }.max() ?? 0
                expectClose(
                    result, exact, absolute: GoldenTests.network * max(1, largest), "\(golden.name): \(what)")
            }
            let (_, tangent) = try network.jvp(
                golden.x, inputTangent: golden.inputTangent, parameterTangent: golden.vector)
            expect(tangent, golden.jvp, "jvp")
            let (gradients, inputGradient) = try network.vjp(golden.x, golden.outputVector)
            expect(gradients, golden.vjp, "vjp")
            expect(inputGradient, golden.inputVJP, "vjp of the input")
            expect(
                try network.product(.hessian, cost, golden.x, targets, golden.vector), golden.hessianProduct,
                "the Hessian product")
            expect(
                try network.product(.gaussNewton, cost, golden.x, targets, golden.vector), golden.gaussNewtonProduct,
                "the Gauss-Newton product")
        }
    }

    private func method(_ golden: GoldenFile.TrajectoryCase) throws -> any OptimizationMethod {
        switch golden.name {
        case "gradient_descent": return GradientDescent()
        case "momentum": return Momentum(momentum: golden.momentum!)
        case "nesterov": return Nesterov(momentum: golden.momentum!)
        case "adagrad": return AdaGrad(epsilon: golden.epsilon!)
        case "rmsprop": return RMSprop(beta2: golden.alpha!, epsilon: golden.epsilon!)
        case "adam": return Adam(beta1: golden.betas![0], beta2: golden.betas![1], epsilon: golden.epsilon!)
        case "adamw":
            return AdamW(
                beta1: golden.betas![0], beta2: golden.betas![1], epsilon: golden.epsilon!)
        case "amsgrad": return AMSGrad(beta1: golden.betas![0], beta2: golden.betas![1], epsilon: golden.epsilon!)
        case "nadam": return NAdam(beta1: golden.betas![0], beta2: golden.betas![1], epsilon: golden.epsilon!)
        case "lion":
            return Lion(beta1: golden.betas![0], beta2: golden.betas![1])
        case "irprop_minus":
            return IRPROPMinus(
                growth: golden.growth!, shrink: golden.shrink!, minStep: golden.minStep!, maxStep: golden.maxStep!)
        case "quickprop":
            return Quickprop(growth: golden.growth!, maxStep: golden.maxStep!)
        default: throw UnknownName(name: golden.name)
        }
    }

    private func optimizer(_ golden: GoldenFile.TrajectoryCase, for network: Network) throws -> Optimizer {
        let optimizer = try Optimizer(
            method(golden), learningRate: golden.learningRate, regularization: golden.regularization.library,
            for: network)
        for (layer, group) in golden.groups {
            try optimizer.set(
                layer: layer,
                LayerStep(
                    learningRateFactor: group.learningRateFactor ?? 1, weightDecay: group.weightDecay,
                    isFrozen: group.isFrozen ?? false))
        }
        return optimizer
    }

    /// 100 steps from the same start: the parameters after each, and C before it. An error in one step moves the start of
    /// the next, so that the tolerance grows with the steps; training contracts it again. Where it does not, the steps are
    /// along the recorded gradients.
    @Test func trajectories() throws {
        for golden in golden.trajectories {
            let network = try Network(GoldenFile.architecture(inputs: golden.inputs, golden.layers), seed: 0)
            network.setParameters(golden.start)
            let optimizer = try optimizer(golden, for: network)
            #expect(golden.steps.count == 100)
            for (step, exact) in golden.steps.enumerated() {
                let (cost, gradients) = try network.valueAndGradient(
                    .meanSquaredError(), golden.x, .values(golden.values, columns: golden.columns))
                let tolerance = Double(step + 1) * GoldenTests.elementwise / 4
                expectClose(
                    [cost], [golden.costs[step]], absolute: tolerance, "\(golden.name): C before step \(step + 1)")
                try optimizer.step(network, golden.gradients?[step] ?? gradients)
                expectClose(
                    network.parameterVector, exact, absolute: tolerance, "\(golden.name): after step \(step + 1)")
            }
            #expect(optimizer.steps == 100)
        }
    }

    /// The same steps as one call.
    @Test func trajectoriesByFitting() throws {
        for golden in golden.trajectories where golden.gradients == nil {
            let network = try Network(GoldenFile.architecture(inputs: golden.inputs, golden.layers), seed: 0)
            network.setParameters(golden.start)
            var options = TrainingOptions(cost: .meanSquaredError())
            options.epochs = 100
            options.batchSize = 8
            options.shuffles = false
            try network.fit(
                golden.x, targets: .values(golden.values, columns: golden.columns),
                optimizer: optimizer(golden, for: network), options: options)
            expectClose(network.parameterVector, golden.steps[99], absolute: 25 * GoldenTests.elementwise, golden.name)
        }
    }
}
