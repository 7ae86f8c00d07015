import Foundation
import Testing

@testable import Chainrule

/// What is cancelled ends; Tests/Clients/cancel.c does it to every call, in its midst.
@Suite struct CancellationTests {
    private static let rows = 40
    private let x = (0..<3 * rows).map { Float($0 * 7 % 11) / 11 }
    private let t = (0..<2 * rows).map { Float($0 * 5 % 13) / 13 }

    private func makeNetwork() throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(5, .tanh)
        try architecture.dense(2)
        return try Network(architecture, seed: 1)
    }

    private func makeTrainer(_ network: Network, threads: Int = 1, epochs: Int = 3) throws -> Trainer {
        var options = TrainingOptions(cost: .meanSquaredError())
        options.threads = threads
        options.epochs = epochs
        options.batchSize = 8
        return try Trainer(network, optimizer: Optimizer(Adam(), learningRate: 0.01, for: network), options: options)
    }

    @Test(arguments: [1, 3]) func aSetFlagEndsTrainingBeforeItsFirstStep(_ threads: Int) throws {
        let network = try makeNetwork()
        let before = network.parameterVector
        let trainer = try makeTrainer(network, threads: threads)
        let cancellation = Cancellation()
        #expect(!cancellation.isSet)
        cancellation.set()
        #expect(cancellation.isSet)
        cancellation.watch {
            expectError(.cancelled, "epoch 1, batch 1, step 0", "cancelled") {
                try trainer.fit(x, targets: .values(t, columns: 2))
            }
        }
        #expect(bits(network.parameterVector) == bits(before))
        #expect(trainer.progress.rows == 0 && trainer.optimizer.steps == 0)
        cancellation.reset()
        #expect(try cancellation.watch { try trainer.fit(x, targets: .values(t, columns: 2)) }.count == 3)
    }

    /// During training, from another thread. The trainer then continues as without the cancel.
    @Test func trainingGoesOn() throws {
        let (network, other) = (try makeNetwork(), try makeNetwork())
        try makeTrainer(other, epochs: 300).fit(x, targets: .values(t, columns: 2))
        let trainer = try makeTrainer(network, epochs: 300)
        let cancellation = Cancellation()
        var cancelled = 0
        while trainer.progress.epochs < 300 {
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 0.002)
                cancellation.set()
            }
            do {
                try cancellation.watch { _ = try trainer.fit(x, targets: .values(t, columns: 2)) }
            } catch let error as ChainruleError {
                #expect(error.code == .cancelled)
                cancelled += 1
            }
            cancellation.reset()
        }
        #expect(cancelled > 0)
        #expect(bits(network.parameterVector) == bits(other.parameterVector))
    }

    /// The poll is asked on the thread that watches, and ends the call.
    @Test func poll() throws {
        let trainer = try makeTrainer(makeNetwork(), epochs: .max)
        let thread = Thread.current
        nonisolated(unsafe) var asked = 0
        let cancellation = Cancellation {
            #expect(Thread.current == thread)
            asked += 1
            return asked == 2
        }
        cancellation.watch {
            expectError(.cancelled) { try trainer.fit(x, targets: .values(t, columns: 2)) }
        }
        #expect(asked == 2 && cancellation.isSet)
        #expect(trainer.optimizer.steps > 0)
    }

    @Test func minimizingReturnsTheBest() throws {
        let network = try makeNetwork()
        let cancellation = Cancellation()
        var options = MinimizationOptions()
        options.onIteration = { iteration in
            if iteration.number == 3 { cancellation.set() }
            return true
        }
        let found = try cancellation.watch {
            try network.minimize(.meanSquaredError(), x, targets: .values(t, columns: 2), options: options)
        }
        guard case .cancelled = found.reason else {
            Issue.record("the reason is \(found.reason)")
            return
        }
        #expect(found.iterations == 3)
        cancellation.watch {
            expectError(.cancelled) {
                _ = try network.minimize(.meanSquaredError(), x, targets: .values(t, columns: 2), options: options)
            }
        }
    }

    @Test func growingReturnsTheNetworkSoFar() throws {
        let cancellation = Cancellation()
        var options = CascadeOptions(cost: .meanSquaredError())
        options.onUnit = { progress in
            if progress.units == 2 { cancellation.set() }
            return true
        }
        let grown = try cancellation.watch {
            try Network.cascade(x, inputs: 3, targets: .values(t, columns: 2), outputs: 2, options: options)
        }
        #expect(grown.architecture.nodes.count == 5)
    }

    /// Only what is watched is looked at: the innermost.
    @Test func watchingIsNested() throws {
        let network = try makeNetwork()
        let (outer, inner) = (Cancellation(), Cancellation())
        outer.set()
        func predict() throws { _ = try network.predict([Float](repeating: 1, count: 3 * 1000)) }
        try outer.watch {
            expectError(.cancelled) { try predict() }
            try inner.watch { try predict() }
            expectError(.cancelled) { try predict() }
        }
        try predict()
    }

    /// Layers of much work look more often, which changes no bit.
    @Test func largeLayersInPortions() throws {
        var architecture = try Architecture(inputs: 600)
        try architecture.dense(700, .tanh)
        try architecture.dense(2)
        let network = try Network(architecture, seed: 1)
        let x = (0..<600 * 1000).map { place -> Float in Float(place * 7 % 1013) / 1013 }
        let targets = Targets.values([Float](repeating: 0.5, count: 2 * 1000), columns: 2)
        func gradient() throws -> [Float] {
            var gradients = [Float](repeating: 0, count: network.parameterCount)
            var span = gradients.mutableSpan
            _ = try network.valueAndGradient(
                .meanSquaredError(), x.span, rows: 1000, targets: targets, gradients: &span)
            return gradients
        }
        let unwatched = try gradient()
        #expect(try bits(Cancellation().watch { try gradient() }) == bits(unwatched))
    }

    /// A pass through a recurrent layer of many steps ends in its midst, and leaves no result.
    @Test func longSequences() throws {
        let steps = 1 << 16
        var architecture = try Architecture(inputs: steps)
        try architecture.reshape(Shape([steps, 1]))
        try architecture.recurrent(RecurrentSettings(.gru(resetsFirst: false), units: 8))
        let network = try Network(architecture, seed: 1)
        let x = [Float](repeating: 0.5, count: steps)
        /// The poll is asked for the first time 20 ms after the call has begun.
        func cancel(_ body: () throws -> Void) {
            Cancellation { true }.watch { expectError(.cancelled, from: body) }
        }
        cancel { _ = try network.predict(x) }
        let predictor = try Predictor(network)
        cancel {
            let x = [Float](repeating: 0.5, count: 16 * steps)
            var y = [Float](repeating: 0, count: 16 * network.outputs)
            var span = y.mutableSpan
            try predictor.predict(x.span, rows: 16, into: &span)
        }
        let workspace = try Workspace(for: network, maxRows: 1)
        cancel { try network.forward(x, in: workspace) }
        #expect(workspace.rows == 0)
        try network.forward(x, in: workspace)
        let delta = [Float](repeating: 1, count: network.outputs)
        cancel { _ = try network.gradients(from: delta, in: workspace) }
        expectError(.noForward) { _ = try workspace.values(of: "1", .delta) }
        let targets = Targets.values(delta, columns: delta.count)
        cancel {
            let direction = [Float](repeating: 1, count: network.parameterCount)
            var product = direction
            var span = product.mutableSpan
            try network.hessianProduct(
                .meanSquaredError(), x.span, rows: 1, targets: targets, vector: direction.span, product: &span)
        }
        #expect(try network.gradients(from: delta, in: workspace).count == network.parameterCount)
    }

    /// The product of each step is fast only for many rows: being watched does not part them.
    @Test func recurrentLayersGetAllRows() throws {
        var architecture = try Architecture(inputs: 2048 * 8)
        try architecture.reshape(Shape([2048, 8]))
        try architecture.recurrent(RecurrentSettings(.lstm(hasPeepholes: false), units: 192))
        let plan = try Network(architecture, seed: 1).plan
        #expect(plan.multiplications >= 1 << 28)
        #expect(Cancellation().watch { plan.rowsUntilLook(ofLayer: 1, 32) } == 32)
    }
}
