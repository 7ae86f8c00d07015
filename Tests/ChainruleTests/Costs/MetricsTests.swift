import Chainrule
import Testing

/// Evaluation against the definitions, in float64.
@Suite struct MetricsTests {
    /// More rows than are predicted at a time.
    private let rows = 300
    private var noise = Noise(61)

    private func makeNetwork(outputs: Int, _ activation: Activation = .identity) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(7, .tanh)
        try architecture.dense(outputs, activation)
        return try Network(architecture, seed: 61)
    }

    private func row(_ y: [Float], _ index: Int, _ columns: Int) -> [Float] {
        Array(y[index * columns..<(index + 1) * columns])
    }

    private func whole(_ cost: Cost, _ network: Network, _ x: [Float], _ targets: Targets) throws -> Double {
        try cost.evaluate(network.predict(x), columns: network.outputs, targets).value
    }

    @Test(arguments: [false, true]) mutating func classes(weighted: Bool) throws {
        let network = try makeNetwork(outputs: 6)
        let x = noise.floats(rows * 3)
        let classes = noise.classes(rows, below: 6)
        let weights = weighted ? noise.floats(rows, in: 0...2) : [Float](repeating: 1, count: rows)
        let targets = Targets.classes(classes, weights: weighted ? weights : nil)
        let y = try network.predict(x)
        var confusion = [Double](repeating: 0, count: 36)
        var (right, rightOf2, total) = (0.0, 0.0, 0.0)
        for index in 0..<rows {
            let outputs = row(y, index, 6)
            let (weight, target) = (Double(weights[index]), Int(classes[index]))
            let order = (0..<6).sorted { outputs[$0] > outputs[$1] }
            confusion[target * 6 + order[0]] += weight
            if order[0] == target { right += weight }
            if order[..<2].contains(target) { rightOf2 += weight }
            total += weight
        }
        let metrics = try network.evaluate(.crossEntropy(), x, targets: targets, top: 2)
        #expect(metrics.rows == rows)
        #expect(try metrics.cost == whole(.crossEntropy(), network, x, targets))
        #expect(metrics.accuracy == right / total && right > 0 && right < total)
        #expect(metrics.topAccuracy == rightOf2 / total && rightOf2 > right)
        #expect(metrics.r2 == nil)
        #expect(try network.confusion(.crossEntropy(), x, targets: targets) == confusion)
        #expect(try network.evaluate(.crossEntropy(), x, targets: targets, top: 6).topAccuracy == 1)
        #expect(try network.evaluate(.crossEntropy(), x, targets: targets, top: 1).topAccuracy == metrics.accuracy)
    }

    /// Equal outputs: the first is the decision, also for the classes at the top.
    @Test func equalOutputs() throws {
        let network = try makeNetwork(outputs: 4)
        network.setParameters([Float](repeating: 0, count: network.parameterCount))
        let x = [Float](repeating: 1, count: 4 * 3)
        let targets = Targets.classes([0, 1, 2, 3])
        for top in 1...4 {
            let metrics = try network.evaluate(.crossEntropy(), x, targets: targets, top: top)
            #expect(metrics.accuracy == 0.25)
            #expect(metrics.topAccuracy == Double(top) / 4)
        }
    }

    /// A distribution stands for its largest element.
    @Test mutating func distributions() throws {
        let network = try makeNetwork(outputs: 3)
        let x = noise.floats(rows * 3)
        let classes = noise.classes(rows, below: 3)
        let values = classes.flatMap { target in (0..<3).map { $0 == Int(target) ? Float(0.5) : 0.25 } }
        let (soft, hard) = (Targets.values(values, columns: 3), Targets.classes(classes))
        #expect(
            try network.evaluate(.crossEntropy(), x, targets: soft).accuracy
                == network.evaluate(.crossEntropy(), x, targets: hard).accuracy)
        #expect(
            try network.confusion(.crossEntropy(), x, targets: soft)
                == network.confusion(.crossEntropy(), x, targets: hard))
    }

    /// Each output says yes or no; a row is right if all are.
    @Test mutating func binaryDecisions() throws {
        for (cost, activation, threshold) in [
            (Cost.binaryCrossEntropy(), Activation.sigmoid, Float(0.5)), (.binaryCrossEntropyOfLogits(), .identity, 0),
        ] {
            for outputs in [1, 3] {
                let network = try makeNetwork(outputs: outputs, activation)
                let x = noise.floats(rows * 3)
                let values = noise.floats(rows * outputs, in: 0...1)
                let targets = Targets.values(values, columns: outputs)
                let y = try network.predict(x)
                var right = 0
                var confusion = [0.0, 0, 0, 0]
                for index in 0..<rows {
                    let decisions = row(y, index, outputs).map { $0 > threshold }
                    let wanted = row(values, index, outputs).map { $0 > 0.5 }
                    if decisions == wanted { right += 1 }
                    confusion[(wanted[0] ? 2 : 0) + (decisions[0] ? 1 : 0)] += 1
                }
                let metrics = try network.evaluate(cost, x, targets: targets)
                #expect(metrics.accuracy == Double(right) / Double(rows) && right > 0)
                #expect(metrics.topAccuracy == nil && metrics.r2 == nil)
                if outputs == 1 {
                    #expect(try network.confusion(cost, x, targets: targets) == confusion)
                } else {
                    expectError(.value, "confusion", "3 outputs") {
                        _ = try network.confusion(cost, x, targets: targets)
                    }
                }
            }
        }
    }

    @Test(arguments: [false, true]) mutating func quantities(weighted: Bool) throws {
        let network = try makeNetwork(outputs: 2)
        let x = noise.floats(rows * 3)
        // Far from 0: sums of squares would lose everything.
        let values = noise.floats(rows * 2).map { 1e4 + $0 }
        network.withParameters { parameters in
            for index in parameters.count - 2..<parameters.count { parameters[index] = 1e4 }
        }
        let weights = noise.floats(rows, in: 0...2)
        let targets = Targets.values(values, columns: 2, weights: weighted ? weights : nil)
        let y = try network.predict(x)
        var r2 = 0.0
        for column in 0..<2 {
            let w = (0..<rows).map { weighted ? Double(weights[$0]) : 1 }
            let t = (0..<rows).map { Double(values[$0 * 2 + column]) }
            let mean = zip(w, t).reduce(0) { $0 + $1.0 * $1.1 } / w.reduce(0, +)
            var (spread, error) = (0.0, 0.0)
            for index in 0..<rows {
                spread += w[index] * (t[index] - mean) * (t[index] - mean)
                let difference = t[index] - Double(y[index * 2 + column])
                error += w[index] * difference * difference
            }
            r2 += (1 - error / spread) / 2
        }
        for cost in [Cost.meanSquaredError(), .meanAbsoluteError(), try .huber()] {
            let metrics = try network.evaluate(cost, x, targets: targets)
            #expect(((metrics.r2 ?? .nan) - r2).magnitude < 1e-9)
            #expect(metrics.accuracy == nil && metrics.topAccuracy == nil)
            #expect(try metrics.cost == whole(cost, network, x, targets))
        }
    }

    /// As scikit-learn's r2_score: 1 for what is right, 0 for what is not, where there is nothing to explain.
    @Test func quantitiesThatAreAllTheSame() throws {
        let network = try makeNetwork(outputs: 1)
        network.setParameters([Float](repeating: 0, count: network.parameterCount))
        network.withParameters { $0[$0.count - 1] = 0.1 }
        let x = [Float](repeating: 1, count: 7 * 3)
        for (value, expected) in [(Float(0.1), 1.0), (0.2, 0)] {
            let targets = Targets.values([Float](repeating: value, count: 7), columns: 1)
            #expect(try network.evaluate(.meanSquaredError(), x, targets: targets).r2 == expected)
        }
    }

    @Test func badArguments() throws {
        let network = try makeNetwork(outputs: 3)
        let x: [Float] = [1, 2, 3, 4, 5, 6]
        for top in [0, -1] {
            expectError(.size, "top is \(top)") {
                _ = try network.evaluate(.crossEntropy(), x, targets: .classes([0, 1]), top: top)
            }
        }
        expectError(.size, "x has 0 rows") { _ = try network.evaluate(.crossEntropy(), [], targets: .classes([])) }
        expectError(.notFinite, "x holds nan at row 1, column 0") {
            _ = try network.evaluate(.crossEntropy(), [1, 2, 3, .nan, 5, 6], targets: .classes([0, 1]))
        }
        // A class that no output stands for.
        expectError(.target, "class of row 1 is 3", "0 to 2") {
            _ = try network.evaluate(.crossEntropy(), x, targets: .classes([0, 3]))
        }
        expectError(.value, "confusion", "mean_squared_error") {
            _ = try network.confusion(.meanSquaredError(), x, targets: .values(x, columns: 3))
        }
    }
}
