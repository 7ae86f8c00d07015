// A Swift program outside the package, as a user builds one for release: it trains, predicts, prepares, publishes, saves, loads
// and lets everything go again. Tools/test-examples runs it.
import Chainrule
import Foundation

@main
struct Client {
    static let x: [Float] = [0, 0, 0, 1, 1, 0, 1, 1]
    static let exclusiveOr = Targets.values([0, 1, 1, 0], columns: 1)

    static func main() throws {
        for activation in [Activation.tanh, .relu, .sigmoid] {
            try useChain(activation)
            try useGraph(activation)
        }
        try learn()
        print("all is well")
    }

    /// Ends the program unless the condition holds.
    static func require(_ condition: Bool, _ what: String) {
        guard !condition else { return }
        FileHandle.standardError.write(Data("does not hold: \(what)\n".utf8))
        exit(EXIT_FAILURE)
    }

    /// Dense layers one after the other: a predictor packs the whole network.
    static func useChain(_ activation: Activation) throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(40, activation)
        try architecture.dense(300, activation)
        try architecture.dense(1)
        try use(try Network(architecture, seed: 1))
    }

    /// Anything else: a predictor packs its dense layers.
    static func useGraph(_ activation: Activation) throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(5, name: "a")
        try architecture.activation(activation, name: "b")
        try architecture.sum(of: ["a", "b"])
        try architecture.dropout(0.5)
        try architecture.dense(1)
        try use(try Network(architecture, seed: 1))
    }

    /// Makes predictors in every precision and lets them go: alone, in an array, in a publisher, unused.
    static func use(_ network: Network) throws {
        let y = try network.predict(x)
        for precision in [Precision.float32, .bfloat16, .int8] {
            _ = try Predictor(network, precision: precision)
            var predictors = try (0..<3).map { _ in try Predictor(network, precision: precision) }
            let prepared = try predictors[0].predict(x)
            require(prepared.count == y.count, "a prediction for each row")
            require(precision != .float32 || prepared == y, "float32 has the network's bits")
            predictors.removeLast()
            let publisher = try Publisher(network, precision: precision)
            for _ in 0..<3 { try publisher.publish(network) }
            require(try publisher.predict(x) == prepared, "what is published is what was prepared")
            require((try? predictors[0].predict([1])) == nil, "half a row is refused")
        }
    }

    static func learn() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(8, .tanh)
        try architecture.dense(1, .sigmoid)
        let network = try Network(architecture, seed: 1)
        let optimizer = try Optimizer(Adam(), learningRate: 0.05, for: network)
        let publisher = try Publisher(network)
        var options = TrainingOptions(cost: .meanSquaredError())
        options.epochs = 300
        options.onEpoch = { epoch in
            if epoch.isBest { try? publisher.publish(network) }
            return true
        }
        try network.fit(x, targets: exclusiveOr, optimizer: optimizer, options: options)
        let y = try network.predict(x)
        require(zip(y, [0, 1, 1, 0]).allSatisfy { ($0 - $1).magnitude < 0.2 }, "exclusive or is learnt: \(y)")
        require(publisher.publications > 1, "the training published")

        let path = NSTemporaryDirectory() + "/chainrule-client-\(ProcessInfo.processInfo.processIdentifier).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try network.save(to: path)
        require(try Predictor(Network(contentsOf: path)).predict(x) == y, "the file holds the network")
    }
}
