import Chainrule
import Testing

/// Signals that vanish. A fit takes subnormal numbers for 0, because products of them may take a hundred times as long.
@Suite struct SubnormalTests {
    private let network: Network
    private let x = [Float](repeating: 1e-19, count: 40)
    private let targets = Targets.values([Float](repeating: 1, count: 40), columns: 1)

    init() throws {
        // h of the first layer is 1e-39.
        var architecture = try Architecture(inputs: 1)
        try architecture.dense(1, bias: false, weights: .constant(1e-20))
        try architecture.dense(1, bias: false, weights: .constant(1e37))
        network = try Network(architecture, seed: 1)
    }

    private func costOfFit(_ cost: Cost, threads: Int?) throws -> Double {
        var options = TrainingOptions(cost: cost)
        options.epochs = 1
        options.batchSize = 40
        options.threads = threads
        let optimizer = try Optimizer(GradientDescent(), learningRate: 0, for: network)
        return try network.fit(x, targets: targets, optimizer: optimizer, options: options)[0].cost
    }

    @Test(arguments: [1, 2]) func aFitTakesThemForZero(threads: Int) throws {
        let y = try network.predict(x)
        #expect(abs(y[0] - 0.01) < 1e-4)
        #expect(try costOfFit(.meanSquaredError(), threads: threads) == 1)
        // The thread's arithmetic is as before.
        #expect(bits(try network.predict(x)) == bits(y))
    }

    /// So does a function that is asked now and then whether to stop.
    @Test func aPollInAFitHasTheCallersArithmetic() throws {
        final class Seen: @unchecked Sendable { var products: [Float] = [] }
        let seen = Seen()
        let half = Float(CommandLine.arguments.count) / Float(2 * CommandLine.arguments.count)
        let cancellation = Cancellation {
            seen.products.append(Float.leastNormalMagnitude * half)
            return false
        }
        var architecture = try Architecture(inputs: 256)
        try architecture.dense(256)
        let wide = try Network(architecture, seed: 1)
        var options = TrainingOptions(cost: .meanSquaredError())
        options.batchSize = 256
        options.epochs = 3
        var noise = Noise(5)
        let (x, t) = (noise.floats(2048 * 256), noise.floats(2048 * 256))
        let optimizer = try Optimizer(GradientDescent(), learningRate: 1e-3, for: wide)
        while seen.products.count < 3 {
            try cancellation.watch {
                _ = try wide.fit(x, targets: .values(t, columns: 256), optimizer: optimizer, options: options)
            }
        }
        #expect(seen.products.allSatisfy { $0 > 0 })
    }

    /// The caller's own functions see the arithmetic that the caller has.
    @Test func aFitWithACustomCostKeepsThem() throws {
        let cost = Cost(
            custom: CustomCost { y, _, _, rows, columns, gradient in
                var total = 0.0
                for index in 0..<rows * columns {
                    total += Double(y[index])
                    gradient[index] = 1
                }
                return total / Double(rows)
            })
        let mean = try costOfFit(cost, threads: nil)
        #expect(abs(mean - 0.01) < 1e-4)
    }
}
