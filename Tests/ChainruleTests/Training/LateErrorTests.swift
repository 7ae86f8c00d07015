@testable import Chainrule
import Testing

/// Errors after steps were taken are none that say that nothing was changed.
@Suite struct LateErrorTests {
    /// One weight without a bound on the output, which the first steps bring beyond 1.
    private func makeNetwork() throws -> Network {
        var architecture = try Architecture(inputs: 1)
        try architecture.dense(1, name: "a", bias: false)
        let network = try Network(architecture, seed: 1)
        network.setParameters([0.5])
        return network
    }

    /// C is not defined there: the best parameters are put back, as where it is not finite.
    @Test func outputsThatLeaveTheRangeOfTheCost() throws {
        let network = try makeNetwork()
        var options = TrainingOptions(cost: .binaryCrossEntropy())
        options.epochs = 100
        var last: Epoch?
        options.onEpoch = {
            last = $0
            return true
        }
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.125, for: network)
        expectError(.notFinite, "the output at row 0, column 0 is 1.", "defined from 0.0 to 1.0") {
            try network.fit([1], targets: .values([1], columns: 1), optimizer: optimizer, options: options)
        }
        #expect(optimizer.steps >= 2 && last?.isBest == true)
        // The parameters of the end of the last epoch.
        #expect(network.parameterVector[0] > 0.5 && network.parameterVector[0] != 0.5)
    }

    /// Every count of Swift's own calls comes before the elements.
    @Test func countsComeFirst() throws {
        let network = try makeNetwork()
        let (x, t) = ([Float](repeating: .nan, count: 4), Targets.values([0, 1, 1], columns: 1))
        let cost = Cost.meanSquaredError()
        let words = "3 target values for 4 rows"
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0.1, for: network)
        let options = TrainingOptions(cost: cost)
        expectError(.size, words) { _ = try network.valueAndGradient(cost, x, t) }
        expectError(.size, words) { _ = try network.evaluate(cost, x, targets: t) }
        expectError(.size, words) { _ = try network.confusion(.binaryCrossEntropyOfLogits(), x, targets: t) }
        expectError(.size, words) { _ = try network.minimize(cost, x, targets: t) }
        expectError(.size, words) { _ = try network.hessian(cost, x, targets: t) }
        expectError(.size, words) { _ = try network.product(.hessian, cost, x, t, [1]) }
        expectError(.size, words) { _ = try network.product(.gaussNewton, cost, x, t, [1]) }
        expectError(.size, words) { _ = try network.checkGradient(cost, x, targets: t) }
        expectError(.size, words) { try network.fit(x, targets: t, optimizer: optimizer, options: options) }
        expectError(.size, "the targets of the validation data: there are 3") {
            try network.fit(
                x, targets: .values([0, 1, 1, 0], columns: 1), optimizer: optimizer, options: options,
                validation: (x, t))
        }
        let trainer = try Trainer(network, optimizer: optimizer, options: options)
        expectError(.size, words) { try trainer.fit(x, targets: t) }
        expectError(.size, words) { try trainer.partialFit(x, targets: t) }
        expectError(.size, words) {
            _ = try Network.cascade(x, inputs: 1, targets: t, outputs: 1, options: CascadeOptions(cost: cost))
        }
    }

    /// Before there is memory for as many outputs as no memory has.
    @Test func countsComeBeforeMemory() throws {
        let targets = Targets.values([0, 1], columns: 1)
        let options = CascadeOptions(cost: .meanSquaredError())
        expectError(.size, "targets have 1 columns; the outputs have 2147483647") {
            _ = try Network.cascade([1, 2], inputs: 1, targets: targets, outputs: 2_147_483_647, options: options)
        }
        let network = try makeNetwork()
        let trainer = try Trainer(
            network, optimizer: Optimizer(GradientDescent(), learningRate: 0.1, for: network),
            options: TrainingOptions(cost: .meanSquaredError()))
        expectError(.size, "targets have 9223372036854775807 columns; the outputs have 1") {
            try trainer.fit(DataSource(targets: .values(columns: .max)) { _, _, _, _, _ in 0 })
        }
    }
}
