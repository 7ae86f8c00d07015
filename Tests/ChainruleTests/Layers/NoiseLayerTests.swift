import Chainrule
import Testing

/// Dropout and Gaussian noise.
@Suite struct NoiseLayerTests {
    /// 3 inputs, dropout of them, 5 tanh units, dropout, noise, 2 outputs.
    private static func network(rate: Float = 0.5, deviation: Float = 0.25) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dropout(rate, name: "first")
        try architecture.dense(5, .tanh, name: "a", biases: .uniform(low: -0.5, high: 0.5))
        try architecture.dropout(rate, name: "drop")
        try architecture.noise(deviation: deviation, name: "noise")
        try architecture.dense(2, name: "b", biases: .uniform(low: -0.5, high: 0.5))
        return try Network(architecture, seed: 4)
    }

    private static func plain() throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(5, .tanh, name: "a", biases: .uniform(low: -0.5, high: 0.5))
        try architecture.dense(2, name: "b", biases: .uniform(low: -0.5, high: 0.5))
        return try Network(architecture, seed: 4)
    }

    private static func x(_ rows: Int) -> [Float] {
        var noise = Noise(3)
        return noise.floats(3 * rows)
    }

    /// Where nothing asks for noise, networks with and without these layers are the same, bit for bit.
    @Test func inactiveUnlessAsked() throws {
        let (network, plain) = (try NoiseLayerTests.network(), try NoiseLayerTests.plain())
        #expect(bits(network.parameterVector) == bits(plain.parameterVector))
        let x = NoiseLayerTests.x(40)
        let y = bits(try plain.predict(x))
        #expect(try bits(network.predict(x)) == y)
        for precision in [Precision.float32, .bfloat16, .int8] {
            let (mine, theirs) = (
                try Predictor(network, precision: precision), try Predictor(plain, precision: precision)
            )
            let (y, plainY) = (try mine.predict(x), try theirs.predict(x))
            #expect(bits(y) == bits(plainY))
        }
        #expect(try bits(Predictor(network).predict(x)) == y)
        let targets = Targets.values([Float](repeating: 0.5, count: 80), columns: 2)
        let (value, gradients) = try network.valueAndGradient(.meanSquaredError(), x, targets)
        let (plainValue, plainGradients) = try plain.valueAndGradient(.meanSquaredError(), x, targets)
        #expect(value == plainValue && bits(gradients) == bits(plainGradients))
        let workspace = try Workspace(for: network, maxRows: 40)
        try network.forward(x, in: workspace)
        #expect(bits(workspace.outputs) == y)
        workspace.setNoise(NoiseSeed(seed: 1, step: 1))
        try network.forward(x, in: workspace)
        #expect(bits(workspace.outputs) != y)
        workspace.setNoise(nil)
        try network.forward(x, in: workspace)
        #expect(bits(workspace.outputs) == y)
        var alone = try Architecture(inputs: 3)
        try alone.dropout(0.5)
        let y1 = try Predictor(Network(alone, seed: 1)).predict(x)
        #expect(bits(y1) == bits(x))
    }

    /// Forward and backward see the same numbers: the gradients are those of a float64 reference with the mask and the noise
    /// that the forward pass shows.
    @Test func gradients() throws {
        let network = try NoiseLayerTests.network()
        let rows = 6
        let x = NoiseLayerTests.x(rows)
        let workspace = try Workspace(for: network, maxRows: rows)
        workspace.setNoise(NoiseSeed(seed: 9, step: 2))
        try network.forward(x, in: workspace)
        func h(_ layer: String) throws -> [Double] { doubles(try workspace.values(of: layer, .activation)) }
        let inputMask = zip(try h("first"), x).map { $0 / Double($1) }
        let mask = zip(try h("drop"), try h("a")).map { $0 / $1 }
        let noise = zip(try h("noise"), try h("drop")).map { $0 - $1 }
        #expect(Set(inputMask + mask) == [0, 2])
        #expect(Set(noise).count == 30)
        var slope = Noise(8)
        let outputGradient = slope.floats(2 * rows)
        let gradients = try network.gradients(from: outputGradient, in: workspace)
        let inputGradient = try workspace.values(of: "input", .delta)

        let tanh = try #require(ReferenceActivation.of(.tanh))
        /// Σ y · ∇C.
        func reference(_ w: [Double], _ x: [Double]) -> Double {
            var total = 0.0
            for row in 0..<rows {
                var y = [w[30], w[31]]
                for unit in 0..<5 {
                    var z = w[15 + unit]
                    for input in 0..<3 {
                        z += w[3 * unit + input] * x[3 * row + input] * inputMask[3 * row + input]
                    }
                    let place = 5 * row + unit
                    let h = tanh([z])[0] * mask[place] + noise[place]
                    for output in 0..<2 { y[output] += w[20 + 5 * output + unit] * h }
                }
                for output in 0..<2 { total += y[output] * Double(outputGradient[2 * row + output]) }
            }
            return total
        }
        func differences(_ at: [Double], _ function: ([Double]) -> Double) -> [Double] {
            at.indices.map { index in
                var (up, down) = (at, at)
                up[index] += 1e-5
                down[index] -= 1e-5
                return (function(up) - function(down)) / 2e-5
            }
        }
        let (w, inputs) = (doubles(network.parameterVector), doubles(x))
        expectClose(gradients, differences(w) { reference($0, inputs) }, absolute: 2e-6, "parameters")
        expectClose(inputGradient, differences(inputs) { reference(w, $0) }, absolute: 2e-6, "inputs")
    }

    /// The numbers follow from seed, step, layer, row and column.
    @Test func whatNumbersDependOn() throws {
        let network = try NoiseLayerTests.network()
        let x = NoiseLayerTests.x(24)
        func outputs(_ seed: UInt64, _ step: UInt64, maxRows: Int = 24) throws -> [Float] {
            let workspace = try Workspace(for: network, maxRows: maxRows)
            workspace.setNoise(NoiseSeed(seed: seed, step: step))
            try network.forward(x, in: workspace)
            return workspace.outputs
        }
        let y = try outputs(1, 0)
        #expect(try bits(outputs(1, 0, maxRows: 100)) == bits(y))
        #expect(try outputs(2, 0) != y)
        #expect(try outputs(1, 1) != y)
        // Rows of the same x differ, and so do layers.
        let workspace = try Workspace(for: network, maxRows: 24)
        workspace.setNoise(NoiseSeed(seed: 1, step: 0))
        try network.forward([Float](repeating: 0.5, count: 72), in: workspace)
        let masks = try workspace.values(of: "first", .activation)
        let rows = (0..<24).map { row in Array(masks[3 * row..<3 * row + 3]) }
        #expect(Set(rows).count > 4)
        // A backward pass after another seed has no forward pass.
        workspace.setNoise(NoiseSeed(seed: 1, step: 1))
        expectError(.noForward) { _ = try network.gradients(from: [0, 0], in: workspace) }
    }

    /// In a fit: the same for any number of threads and any pieces, as by hand with the optimizer's steps, and as two fits.
    @Test func fitting() throws {
        let rows = 3000
        let x = NoiseLayerTests.x(rows)
        var noise = Noise(5)
        let targets = noise.floats(2 * rows)
        func fitted(threads: Int, epochs: [Int] = [3], seed: UInt64 = 7) throws -> [UInt32] {
            let network = try NoiseLayerTests.network()
            let optimizer = try Optimizer(Adam(), learningRate: 0.01, for: network)
            for epochs in epochs {
                var options = TrainingOptions(cost: .meanSquaredError())
                options.epochs = epochs
                options.batchSize = 1500
                options.shuffles = false
                options.seed = seed
                options.threads = threads
                try network.fit(x, targets: .values(targets, columns: 2), optimizer: optimizer, options: options)
            }
            return bits(network.parameterVector)
        }
        let once = try fitted(threads: 1)
        #expect(try fitted(threads: 3) == once)
        #expect(try fitted(threads: 2, epochs: [1, 2]) == once)
        #expect(try fitted(threads: 1, seed: 8) != once)

        let network = try NoiseLayerTests.network()
        let optimizer = try Optimizer(Adam(), learningRate: 0.01, for: network)
        let workspace = try Workspace(for: network, maxRows: 1500)
        for step in 0..<6 {
            let first = step % 2 * 1500
            workspace.setNoise(NoiseSeed(seed: 7, step: UInt64(step)))
            try network.forward(Array(x[3 * first..<3 * (first + 1500)]), in: workspace)
            let (_, slope) = try Cost.meanSquaredError().evaluate(
                workspace.outputs, columns: 2, .values(Array(targets[2 * first..<2 * (first + 1500)]), columns: 2))
            try optimizer.step(network, network.gradients(from: slope, in: workspace))
        }
        // Large batches go in pieces: another order of the same sums.
        expectClose(network.parameterVector, once.map { Double(Float(bitPattern: $0)) }, absolute: 1e-4)
    }

    @Test func badNumbers() throws {
        var architecture = try Architecture(inputs: 2)
        for bad in [Float.nan, .infinity, -0.5, 1, 1.5] {
            expectError(.value, "rate of dropout 'd' is \(bad)", "[0, 1)") { try architecture.dropout(bad, name: "d") }
        }
        for bad in [Float.nan, .infinity, -0.5] {
            expectError(.value, "deviation of noise 'n' is \(bad)", ">= 0") {
                try architecture.noise(deviation: bad, name: "n")
            }
        }
        #expect(architecture.nodes.isEmpty)
        expectError(.name, "nowhere") { try architecture.dropout(0.5, input: "nowhere") }
        // Ends of the ranges.
        for (rate, deviation) in [(Float(0), Float(0)), (Float(1).nextDown, .greatestFiniteMagnitude)] {
            let network = try NoiseLayerTests.network(rate: rate, deviation: deviation)
            let workspace = try Workspace(for: network, maxRows: 4)
            workspace.setNoise(NoiseSeed(seed: .max, step: (1 << 50) - 1))
            try network.forward(NoiseLayerTests.x(4), in: workspace)
            let y = try network.predict(NoiseLayerTests.x(4))
            if rate == 0 { #expect(bits(workspace.outputs) == bits(y)) }
        }
    }
}
