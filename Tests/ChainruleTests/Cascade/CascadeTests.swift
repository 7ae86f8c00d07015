import Testing

@testable import Chainrule

/// What networks are grown, and what they have learnt.
@Suite struct CascadeTests {
    /// Fahlman and Lebiere needed 12 to 19 units, 15.2 in the mean of 100 trials.
    @Test func twoSpirals() throws {
        var units = 0
        let seeds: Range<UInt64> = 0..<6
        for seed in seeds {
            var options = CascadeOptions(cost: .binaryCrossEntropyOfLogits())
            options.seed = seed
            options.onUnit = { $0.training.accuracy != 1 }
            let (network, reports) = try CascadeData.spirals.watch(options)
            let accuracy = try CascadeData.spirals.evaluate(network, options.cost).accuracy
            #expect(accuracy == 1, "seed \(seed): \(String(describing: accuracy)) with \(reports.count - 1) units")
            units += reports.count - 1
        }
        #expect(units <= 20 * seeds.count, "\(units) units in all")
    }

    @Test func twoSpiralsBySquaredErrors() throws {
        // One point on the wrong side alone is 0.25 / 194.
        let options = cascadeOptions(units: 40) {
            $0.candidates = 8
            $0.targetCost = 0.001
        }
        let (network, reports) = try CascadeData.spirals.watch(options)
        let last = try #require(reports.last)
        #expect(last.units < 40 && last.training.cost <= 0.001, "\(last.training.cost) with \(last.units) units")
        let y = try network.predict(CascadeData.spirals.x)
        for row in y.indices { #expect((y[row] > 0.5) == (row % 2 == 0)) }
    }

    @Test func sixBitParity() throws {
        let data = CascadeData.parity(bits: 6)
        for seed: UInt64 in 0..<4 {
            var options = CascadeOptions(cost: .binaryCrossEntropyOfLogits())
            options.seed = seed
            options.maxUnits = 6
            options.onUnit = { $0.training.accuracy != 1 }
            #expect(try data.evaluate(data.grow(options), options.cost).accuracy == 1, "seed \(seed)")
        }
    }

    @Test(arguments: [Activation.tanh, .sigmoid, .relu, .elu(), .silu]) func sine(_ activation: Activation) throws {
        let data = CascadeData.sine()
        let options = cascadeOptions(units: 12) {
            $0.candidates = 8
            $0.activations = [activation]
        }
        let cost = try data.evaluate(data.grow(options), options.cost).cost
        #expect(cost < 0.02, "\(activation.identifier): \(cost)")
    }

    /// Installing a unit does not change C; training the outputs can only lower it.
    @Test(arguments: [Activation.tanh, .relu]) func costNeverRises(_ activation: Activation) throws {
        for seed: UInt64 in 0..<4 {
            let options = cascadeOptions(units: 12) {
                $0.seed = seed
                $0.activations = [activation]
            }
            let (_, reports) = try CascadeData.noise(seed, rows: 60, outputs: 2).watch(options, outputs: 2)
            #expect(reports.count == 13)
            for (before, after) in zip(reports, reports.dropFirst()) {
                #expect(after.training.cost <= before.training.cost)
                #expect(after.units == before.units + 1)
                let correlation = try #require(after.correlation)
                #expect(correlation > 0 && correlation <= 1)
            }
            #expect(reports[0].units == 0 && reports[0].correlation == nil)
            #expect(reports[0].training.cost > reports[12].training.cost)
        }
    }

    /// Without hidden units it is the least-squares solution.
    @Test func beginsWithALinearNetwork() throws {
        let x: [Float] = [-1, 0, 1, 2]
        let data = CascadeData(x: x, inputs: 1, targets: .values([1, 0, 3, 4], columns: 1))
        var options = cascadeOptions()
        options.onUnit = { _ in false }
        let network = try data.grow(options)
        #expect(network.architecture.nodes.map { $0.name.text } == ["output"])
        // w = Σ (x − x̄) t / Σ (x − x̄)² = 6 / 5, b = t̄ − w x̄ = 2 − 0.6.
        expectClose(network.parameterVector, [1.2, 1.4], absolute: 1e-4)
    }

    /// The network is the one that its layers and parameters describe, in float64 by the definitions.
    @Test func isTheNetworkItDescribes() throws {
        let data = CascadeData.noise(5, rows: 40, inputs: 3, outputs: 2)
        let options = cascadeOptions(units: 3) {
            $0.activations = [.tanh, .sigmoid]
            $0.outputActivation = .softplus
        }
        let (network, reports) = try data.watch(options, outputs: 2)
        let dense = network.architecture.nodes.filter { $0.name.text.hasPrefix("unit") }
        let activations = dense.map { ($0.layer as? Dense)!.activation }
        let byHand = TestNetwork(
            inputs: 3,
            [
                .init(name: "unit1", kind: .dense(1, activations[0], bias: true), reads: ["input"]),
                .init(name: "features1", kind: .concatenation, reads: ["input", "unit1"]),
                .init(name: "unit2", kind: .dense(1, activations[1], bias: true), reads: ["features1"]),
                .init(name: "features2", kind: .concatenation, reads: ["features1", "unit2"]),
                .init(name: "unit3", kind: .dense(1, activations[2], bias: true), reads: ["features2"]),
                .init(name: "features3", kind: .concatenation, reads: ["features2", "unit3"]),
                .init(name: "output", kind: .dense(2, .softplus, bias: true), reads: ["features3"]),
            ])
        let same = try Network(byHand.architecture, seed: 9)
        same.setParameters(network.parameterVector)
        let y = try network.predict(data.x)
        #expect(try bits(same.predict(data.x)) == bits(y))
        #expect(same.plan.tensors.map { $0.name } == network.plan.tensors.map { $0.name })
        let rows = (0..<40).map { row in doubles(Array(data.x[3 * row..<3 * row + 3])) }
        let reference = byHand.forward(rows, doubles(network.parameterVector)).h["output"]!
        expectClose(y, reference.flatMap { $0 }, relative: 1e-5, absolute: 1e-5)
        // C during growth, computed from the hidden units' outputs, equals C of the network.
        #expect(try data.evaluate(network, options.cost).cost == reports[3].training.cost)
    }

    /// Inputs are brought to one size by powers of 2, which change no result.
    @Test func scaleOfInputsIsOfNoConcern() throws {
        let (data, large) = (CascadeData.sine(), CascadeData.sine(scale: 1024))
        let (a, b) = (try data.grow(cascadeOptions()), try large.grow(cascadeOptions()))
        #expect(try bits(a.predict(data.x)) == bits(b.predict(large.x)))
        #expect(a.parameterVector[0] == 1024 * b.parameterVector[0])
    }

    /// Nor where they lie: what is far from 0 is moved there, and the biases moved back.
    @Test(arguments: [1000, -1000, 30_000] as [Float]) func offsetOfInputsIsOfNoConcern(offset: Float) throws {
        let data = CascadeData.sine()
        let moved = CascadeData(x: data.x.map { $0 + offset }, inputs: 1, targets: data.targets)
        let options = cascadeOptions(units: 8) { $0.candidates = 8 }
        let here = try #require(try data.evaluate(data.grow(options), options.cost).r2)
        let (network, reports) = try moved.watch(options, validation: moved)
        let there = try #require(try moved.evaluate(network, options.cost).r2)
        #expect(here > 0.95 && there > 0.95, "R² is \(here) near 0 and \(there) near \(offset)")
        // The biases were rounded, to some 10⁻⁷ of what they made up for.
        let best = reports.map(\.training.cost).min()!
        let error = try moved.evaluate(network, options.cost).cost.squareRoot() - best.squareRoot()
        #expect(error.magnitude < 1e-5 * Double(offset.magnitude), "\(error)")
    }

    /// A column that never varies says nothing, however large it is.
    @Test(arguments: [0, 1, -1e6, 1e30] as [Float]) func constantInputs(value: Float) throws {
        let data = CascadeData.sine()
        let wide = CascadeData(x: data.x.flatMap { [value, $0] }, inputs: 2, targets: data.targets)
        let options = cascadeOptions(units: 8) { $0.candidates = 8 }
        let network = try wide.grow(options)
        #expect(try wide.evaluate(network, options.cost).r2! > 0.95)
        #expect(try network.tensor("output.weight", of: network.parameterVector)[0] == 0)
    }

    @Test func savedAndLoaded() throws {
        let folder = try TemporaryFolder()
        let data = CascadeData.sine()
        let network = try data.grow(cascadeOptions())
        try network.save(to: folder.path("grown"))
        let loaded = try Network(contentsOf: folder.path("grown"))
        #expect(try bits(loaded.predict(data.x)) == bits(network.predict(data.x)))
        #expect(bits(loaded.parameterVector) == bits(network.parameterVector))
    }

    /// It is a network like others: all of its weights can be trained further.
    @Test func trainsOn() throws {
        let data = CascadeData.sine()
        let network = try data.grow(cascadeOptions())
        let before = try data.evaluate(network, .meanSquaredError()).cost
        let minimum = try network.minimize(.meanSquaredError(), data.x, targets: data.targets)
        #expect(minimum.cost < 0.9 * before)
    }

    @Test func oneSeedOneNetworkWhateverTheThreads() throws {
        let data = CascadeData.noise(7, rows: 2000, inputs: 8, outputs: 3)
        func parameters(seed: UInt64, threads: Int?) throws -> [UInt32] {
            let options = cascadeOptions(units: 2) {
                $0.seed = seed
                $0.threads = threads
            }
            return bits(try data.grow(options, outputs: 3).parameterVector)
        }
        let one = try parameters(seed: 1, threads: 1)
        #expect(try parameters(seed: 1, threads: 2) == one)
        #expect(try parameters(seed: 1, threads: nil) == one)
        #expect(try parameters(seed: 2, threads: 1) != one)
    }

    @Test func classes() throws {
        var noise = Noise(3)
        var x: [Float] = []
        var t: [Int32] = []
        // Three rings, which no straight line divides.
        for _ in 0..<150 {
            let (a, b) = (Float.random(in: -1...1, using: &noise), Float.random(in: -1...1, using: &noise))
            x += [a, b]
            t.append(a * a + b * b < 0.3 ? 0 : a * a + b * b < 0.8 ? 1 : 2)
        }
        let data = CascadeData(x: x, inputs: 2, targets: .classes(t))
        let options = cascadeOptions(.crossEntropy(), units: 10)
        let (network, reports) = try data.watch(options, outputs: 3)
        #expect(try #require(data.evaluate(network, options.cost).accuracy) > 0.95)
        #expect(try #require(reports[0].training.accuracy) < 0.7)
    }
}
