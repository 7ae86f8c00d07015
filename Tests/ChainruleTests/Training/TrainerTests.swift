import Testing

@testable import Chainrule

/// Training against the same steps by hand, bit for bit.
@Suite struct TrainerTests {
    private static let description = TestNetwork(
        inputs: 3, [.dense("a", 8, .tanh, from: "input"), .dense("b", 3, from: "a")])
    private let x: [Float]
    private let classes: [Int32]

    init() {
        // Classes that x decides, so that there is something to learn.
        var noise = Noise(21)
        let x = noise.floats(50 * 3)
        self.x = x
        classes = (0..<50).map { row in
            let numbers = x[row * 3..<row * 3 + 3]
            return Int32(numbers.firstIndex(of: numbers.max()!)! - row * 3)
        }
    }

    private func makeNetwork() throws -> Network { try Network(TrainerTests.description.architecture, seed: 21) }

    private func options(
        _ cost: Cost = .crossEntropy(), epochs: Int, batch: Int, shuffles: Bool = false, seed: UInt64 = 0,
        onEpoch: ((Epoch) -> Bool)? = nil
    ) -> TrainingOptions {
        var options = TrainingOptions(cost: cost)
        options.epochs = epochs
        options.batchSize = batch
        options.shuffles = shuffles
        options.seed = seed
        options.onEpoch = onEpoch
        return options
    }

    /// Steps on the rows in this order, in batches, with the library's primitives. Returns the mean of C by rows.
    private func train(_ network: Network, _ optimizer: Optimizer, order: [Int], batch: Int) throws -> Double {
        var total = 0.0
        for start in stride(from: 0, to: order.count, by: batch) {
            let rows = order[start..<min(start + batch, order.count)]
            let (cost, gradients) = try network.valueAndGradient(
                .crossEntropy(), rows.flatMap { x[$0 * 3..<$0 * 3 + 3] }, .classes(rows.map { classes[$0] }))
            try optimizer.step(network, gradients)
            total += cost * Double(rows.count)
        }
        return total / Double(order.count)
    }

    @Test func costFallsWithEveryMethod() throws {
        for method in OptimizationMethods.all {
            let network = try makeNetwork()
            let costs = try network.fit(
                x, targets: .classes(classes), optimizer: Optimizer(method, learningRate: 0.02, for: network),
                options: options(epochs: 30, batch: 8, shuffles: true)
            ).map { $0.cost }
            #expect(costs.count == 30)
            #expect(costs[29] < 0.9 * costs[0], "\(method.identifier): from \(costs[0]) to \(costs[29])")
        }
    }

    @Test func epochsAreStepsOnBatches() throws {
        // The last batch of each epoch has 2 rows; then a batch larger than the data; then batches of one.
        for batch in [16, 64, 1] {
            let (fitted, byHand) = (try makeNetwork(), try makeNetwork())
            var reported: [Epoch] = []
            let returned = try fitted.fit(
                x, targets: .classes(classes), optimizer: Optimizer(Adam(), learningRate: 0.01, for: fitted),
                options: options(epochs: 2, batch: batch) {
                    reported.append($0)
                    return true
                })
            #expect(returned.map { $0.cost } == reported.map { $0.cost })
            let optimizer = try Optimizer(Adam(), learningRate: 0.01, for: byHand)
            for epoch in 0..<2 {
                let cost = try train(byHand, optimizer, order: Array(0..<50), batch: batch)
                #expect(reported[epoch].cost == cost)
                #expect(reported[epoch].number == epoch + 1 && reported[epoch].count == 2)
                #expect(reported[epoch].seconds > 0)
                #expect(reported[epoch].samplesPerSecond == 50 / reported[epoch].seconds)
                #expect(reported[epoch].validation == nil)
            }
            #expect(bits(fitted.parameterVector) == bits(byHand.parameterVector), "batches of \(batch)")
        }
    }

    @Test func shufflingUsesTheSeed() throws {
        func fit(seed: UInt64, shuffles: Bool = true) throws -> [UInt32] {
            let network = try makeNetwork()
            try network.fit(
                x, targets: .classes(classes),
                optimizer: Optimizer(GradientDescent(), learningRate: 0.1, for: network),
                options: options(epochs: 3, batch: 8, shuffles: shuffles, seed: seed))
            return bits(network.parameterVector)
        }
        let shuffled = try fit(seed: 5)
        #expect(try fit(seed: 5) == shuffled)
        #expect(try fit(seed: 6) != shuffled)
        #expect(try fit(seed: 5, shuffles: false) != shuffled)
        #expect(try fit(seed: 5, shuffles: false) == fit(seed: 6, shuffles: false))

        // A new order for every epoch, every row once.
        let network = try makeNetwork()
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.1, for: network)
        for epoch in 1...3 {
            var generator = RandomGenerator(seed: 5, stream: UInt64(epoch))
            var order = Array(0..<50)
            try generator.shuffle(&order)
            _ = try train(network, optimizer, order: order, batch: 8)
        }
        #expect(bits(network.parameterVector) == shuffled)
    }

    @Test func fittingGoesOnWhereItStopped() throws {
        for method in OptimizationMethods.all {
            let (once, twice) = (try makeNetwork(), try makeNetwork())
            try once.fit(
                x, targets: .classes(classes), optimizer: Optimizer(method, learningRate: 0.01, for: once),
                options: options(epochs: 4, batch: 8))
            let optimizer = try Optimizer(method, learningRate: 0.01, for: twice)
            for _ in 0..<2 {
                try twice.fit(
                    x, targets: .classes(classes), optimizer: optimizer, options: options(epochs: 2, batch: 8))
            }
            #expect(bits(once.parameterVector) == bits(twice.parameterVector), "\(method.identifier)")
            #expect(optimizer.steps == 4 * 7)
        }
    }

    /// A row of weight 2 counts as two such rows, and one of weight 0 as none.
    @Test(arguments: [Cost.Reduction.mean, .sum]) func weightsCountRows(reduction: Cost.Reduction) throws {
        let (weighted, repeated) = (try makeNetwork(), try makeNetwork())
        try weighted.fit(
            Array(x[0..<12]), targets: .classes(Array(classes[0..<4]), weights: [1, 2, 0, 1]),
            optimizer: Optimizer(GradientDescent(), learningRate: 0.25, for: weighted),
            options: options(.crossEntropy(reduction), epochs: 3, batch: 4))
        let order = [0, 1, 1, 3]
        try repeated.fit(
            order.flatMap { x[$0 * 3..<$0 * 3 + 3] }, targets: .classes(order.map { classes[$0] }),
            optimizer: Optimizer(GradientDescent(), learningRate: 0.25, for: repeated),
            options: options(.crossEntropy(reduction), epochs: 3, batch: 4))
        // The sums are of other terms in another order: float32's rounding.
        expectClose(weighted.parameterVector, doubles(repeated.parameterVector), absolute: 1e-6)
        #expect(try weighted.parameterVector != makeNetwork().parameterVector)
    }

    /// A batch with weights of 0 costs nothing and teaches nothing; the epoch continues.
    @Test func batchesOfWeightZero() throws {
        for reduction in [Cost.Reduction.mean, .sum] {
            let (network, alone) = (try makeNetwork(), try makeNetwork())
            let epoch = try network.fit(
                Array(x[0..<12]), targets: .classes(Array(classes[0..<4]), weights: [0, 0, 1, 1]),
                optimizer: Optimizer(GradientDescent(), learningRate: 0.25, for: network),
                options: options(.crossEntropy(reduction), epochs: 1, batch: 2))[0]
            let epochAlone = try alone.fit(
                Array(x[6..<12]), targets: .classes(Array(classes[2..<4])),
                optimizer: Optimizer(GradientDescent(), learningRate: 0.25, for: alone),
                options: options(.crossEntropy(reduction), epochs: 1, batch: 2))[0]
            #expect(bits(network.parameterVector) == bits(alone.parameterVector))
            #expect(epoch.cost == epochAlone.cost)
        }
    }

    @Test func validationIsEvaluatedByHand() throws {
        let network = try makeNetwork()
        var noise = Noise(22)
        // More rows than one prediction takes at a time.
        let heldX = noise.floats(70 * 3)
        let heldClasses = noise.classes(70, below: 3)
        let weights = noise.floats(70, in: 0...1)
        let total = weights.reduce(0) { $0 + Double($1) }
        var checked = 0
        try network.fit(
            x, targets: .classes(classes), optimizer: Optimizer(Momentum(), learningRate: 0.05, for: network),
            options: options(epochs: 3, batch: 16) { epoch in
                let y = try? network.predict(heldX)
                let cost = try? Cost.crossEntropy().evaluate(
                    y ?? [], columns: 3, .classes(heldClasses, weights: weights)
                ).value
                var correct = 0.0
                for row in 0..<70 {
                    let outputs = Array((y ?? [])[row * 3..<row * 3 + 3])
                    if outputs.firstIndex(of: outputs.max()!) == Int(heldClasses[row]) {
                        correct += Double(weights[row])
                    }
                }
                #expect(epoch.validation?.cost == cost)
                #expect(epoch.validation?.accuracy == correct / total)
                checked += 1
                return true
            }, validation: (heldX, .classes(heldClasses, weights: weights)))
        #expect(checked == 3)
    }

    @Test func validationChangesNothing() throws {
        let (with, without) = (try makeNetwork(), try makeNetwork())
        try with.fit(
            x, targets: .classes(classes), optimizer: Optimizer(Adam(), learningRate: 0.01, for: with),
            options: options(epochs: 2, batch: 8, shuffles: true),
            validation: (Array(x[0..<9]), .classes(Array(classes[0..<3]))))
        try without.fit(
            x, targets: .classes(classes), optimizer: Optimizer(Adam(), learningRate: 0.01, for: without),
            options: options(epochs: 2, batch: 8, shuffles: true))
        #expect(bits(with.parameterVector) == bits(without.parameterVector))
    }

    @Test func validationWithoutClassesHasNoAccuracy() throws {
        let network = try makeNetwork()
        let targets = Targets.values([Float](repeating: 0.5, count: 150), columns: 3)
        let epochs = try network.fit(
            x, targets: targets, optimizer: Optimizer(GradientDescent(), learningRate: 0.1, for: network),
            options: options(.meanSquaredError(), epochs: 1, batch: 50), validation: (x, targets))
        #expect(epochs[0].validation?.accuracy == nil)
        #expect(
            try epochs[0].validation?.cost
                == Cost.meanSquaredError().evaluate(network.predict(x), columns: 3, targets).value)
    }

    @Test func cancelling() throws {
        let (cancelled, short) = (try makeNetwork(), try makeNetwork())
        expectError(.cancelled, "epoch 2 of 5") {
            try cancelled.fit(
                x, targets: .classes(classes), optimizer: Optimizer(Adam(), learningRate: 0.01, for: cancelled),
                options: options(epochs: 5, batch: 8) { $0.number < 2 })
        }
        try short.fit(
            x, targets: .classes(classes), optimizer: Optimizer(Adam(), learningRate: 0.01, for: short),
            options: options(epochs: 2, batch: 8))
        #expect(bits(cancelled.parameterVector) == bits(short.parameterVector))
    }

    /// C = Σ (sin-network's y − t)², as a custom cost of a custom activation.
    @Test func customCostsAndActivationsTrain() throws {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(8, .sine, name: "a")
        try architecture.dense(1, name: "b")
        let network = try Network(architecture, seed: 23)
        let cost = CustomCost { y, targets, _, rows, columns, gradient in
            var total = 0.0
            for index in 0..<rows * columns {
                let difference = y[index] - targets[index]
                total += Double(difference * difference) / Double(rows)
                gradient[index] = 2 * difference / Float(rows)
            }
            return total
        }
        let wanted = (0..<50).map { x[$0 * 3] * x[$0 * 3 + 1] }
        let costs = try network.fit(
            x, targets: .values(wanted, columns: 1), optimizer: Optimizer(Adam(), learningRate: 0.02, for: network),
            options: options(Cost(custom: cost), epochs: 60, batch: 10, shuffles: true),
            validation: (x, .values(wanted, columns: 1))
        ).map { $0.cost }
        #expect(costs[59] < 0.2 * costs[0], "from \(costs[0]) to \(costs[59])")
    }

    /// Without learning, the cost of an epoch is C of its rows, whatever the batches, the weights and the reduction.
    @Test func epochCostIsTheCostOfItsRows() throws {
        let weights = (0..<50).map { Float($0 % 5) + 0.5 }
        for reduction in [Cost.Reduction.mean, .sum] {
            let network = try makeNetwork()
            let epoch = try network.fit(
                x, targets: .classes(classes, weights: weights),
                optimizer: Optimizer(GradientDescent(), learningRate: 0, for: network),
                options: options(.crossEntropy(reduction), epochs: 1, batch: 7),
                validation: (x, .classes(classes, weights: weights)))[0]
            let whole = try #require(epoch.validation?.cost)
            #expect((epoch.cost - whole).magnitude <= 1e-12 * whole.magnitude)
        }
    }
}
