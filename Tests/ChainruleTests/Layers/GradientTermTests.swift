import Chainrule
import Testing

/// A layer whose gradient is the sum of two terms, against a dense layer of the sum of its inputs.
@Suite struct GradientTermTests {
    private static let rows = 37

    private let x: [Float]
    private let targets: Targets

    init() {
        var noise = Noise(12)
        x = noise.floats(GradientTermTests.rows * 3)
        targets = .values(noise.floats(GradientTermTests.rows * 2), columns: 2)
    }

    /// More units than a tile of the matrix kernels has rows, so that threads have a share each.
    private func makeNetwork(shared: Bool) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(40, .tanh, name: "a", input: "input", biases: .constant(0.25))
        try architecture.dense(40, .tanh, name: "b", input: "input", biases: .constant(0.25))
        if shared {
            try architecture.append(SharedDense(units: 33), name: "c", inputs: ["a", "b"])
        } else {
            try architecture.sum(of: ["a", "b"], name: "sum")
            try architecture.dense(33, name: "c", weights: .glorotUniform, biases: .constant(0.25))
        }
        try architecture.dense(2, .tanh, name: "d")
        return try Network(architecture, seed: 4)
    }

    @Test func derivativesAreTheSame() throws {
        let (network, plain) = (try makeNetwork(shared: true), try makeNetwork(shared: false))
        #expect(network.parameterVector == plain.parameterVector)
        let cost = Cost.meanSquaredError()
        let (value, gradient) = try network.valueAndGradient(cost, x, targets)
        let (plainValue, plainGradient) = try plain.valueAndGradient(cost, x, targets)
        #expect((value - plainValue).magnitude < 1e-6)
        expectClose(gradient, doubles(plainGradient), absolute: 2e-6, "the gradient")
        var noise = Noise(5)
        let direction = noise.floats(network.parameterCount)
        let products = try [network, plain].map { try $0.product(.hessian, cost, x, targets, direction) }
        expectClose(products[0], doubles(products[1]), absolute: 2e-5, "a product with the Hessian")
    }

    /// Every method, whether its kernel could step while a gradient is computed or not.
    @Test(arguments: 1...3) func aStepIsMadeOnceAlongTheirSum(threads: Int) throws {
        for method in OptimizationMethods.all {
            let (fitted, byHand) = (try makeNetwork(shared: true), try makeNetwork(shared: true))
            var options = TrainingOptions(cost: .meanSquaredError())
            options.epochs = 3
            options.batchSize = GradientTermTests.rows
            options.shuffles = false
            options.threads = threads
            try fitted.fit(
                x, targets: targets, optimizer: Optimizer(method, learningRate: 0.01, for: fitted), options: options)
            let optimizer = try Optimizer(method, learningRate: 0.01, for: byHand)
            for _ in 0..<3 {
                let (_, gradient) = try byHand.valueAndGradient(.meanSquaredError(), x, targets)
                try optimizer.step(byHand, gradient)
            }
            #expect(bits(fitted.parameterVector) == bits(byHand.parameterVector), "\(method.identifier)")
        }
    }

    /// In files and for callers: the layer says it, whatever the tensor's name.
    @Test func shapesAreTheLayers() throws {
        let network = try makeNetwork(shared: true)
        let header = String(decoding: try ModelHeader.encode(network.plan), as: UTF8.self)
        #expect(header.contains(#""c.weight":{"dtype":"F32","shape":[33,40],"#))
        #expect(header.contains(#""c.offset":{"dtype":"F32","shape":[33],"#))
    }

    /// Weight decay is for weights: the role says which tensors are, not their names.
    @Test func rolesDecideWhatIsRegularized() throws {
        let network = try makeNetwork(shared: true)
        let optimizer = try Optimizer(
            GradientDescent(), learningRate: 1, regularization: Regularization(weightDecay: 0.5, maxNorm: 1e-3),
            for: network)
        let before = network.parameterVector
        try optimizer.step(network, [Float](repeating: 0, count: network.parameterCount))
        let offset = try network.tensor("c.offset")
        let weight = try network.tensor("c.weight")
        #expect(Array(network.parameterVector[offset.range]) == Array(before[offset.range]))
        #expect(zip(network.parameterVector[weight.range], before[weight.range]).allSatisfy { $0 != $1 })
    }
}
