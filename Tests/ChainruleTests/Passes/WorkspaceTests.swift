import Chainrule
import Testing

@Suite struct WorkspaceTests {
    private let network: Network

    init() throws {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(4, .tanh, name: "a")
        try architecture.dense(2, name: "b")
        network = try Network(architecture, seed: 1)
    }

    @Test(arguments: [0, -1, Int.min]) func tooFewRows(maxRows: Int) {
        expectError(.size, "at least 1 row", "\(maxRows)") { _ = try Workspace(for: network, maxRows: maxRows) }
    }

    @Test func moreRowsThanMemory() {
        expectError(.memory, "\(Int.max)", "overflows") { _ = try Workspace(for: network, maxRows: .max) }
        expectError(.memory, "overflows") { _ = try Workspace(for: network, maxRows: 1 << 60) }
        // 11 floats for each row of inference, in whole cache lines: 2⁵⁰ rows of 9 and more.
        expectError(.memory, "numbers for a workspace") {
            _ = try Workspace(for: network, maxRows: 1 << 50, purpose: .inference)
        }
    }

    @Test func forwardChecksItsInput() throws {
        let workspace = try Workspace(for: network, maxRows: 2)
        expectError(.size, "x has 0 rows") { try network.forward([Float]().span, rows: 0, in: workspace) }
        expectError(.size, "x has -1 rows") { try network.forward([Float]().span, rows: -1, in: workspace) }
        expectError(.size, "x holds 5 floats", "2 rows of 3 are 6") {
            try network.forward([1, 2, 3, 4, 5].span, rows: 2, in: workspace)
        }
        expectError(.size, "3 rows", "1 to 2 rows") {
            try network.forward([Float](repeating: 0, count: 9).span, rows: 3, in: workspace)
        }
        expectError(.memory, "\(Int.max)") { try network.forward([1, 2, 3].span, rows: .max, in: workspace) }
    }

    @Test func aRefusedForwardLeavesTheLastOne() throws {
        let workspace = try Workspace(for: network, maxRows: 1)
        try network.forward([1, 2, 3], in: workspace)
        let h = try workspace.values(of: "a", .activation)
        expectError(.size) { try network.forward([1, 2, 3, 4, 5, 6].span, rows: 2, in: workspace) }
        #expect(try workspace.values(of: "a", .activation) == h)
        #expect(workspace.rows == 1)
    }

    @Test func workspacesOfOtherNetworks() throws {
        let other = try Network(network.architecture, seed: 1)
        let workspace = try Workspace(for: other, maxRows: 1)
        expectError(.mismatch, "another network") { try network.forward([1, 2, 3], in: workspace) }
        try other.forward([1, 2, 3], in: workspace)
        expectError(.mismatch, "another network") { _ = try network.gradients(from: [1, 1], in: workspace) }
    }

    @Test func backwardBeforeAnyForward() throws {
        let workspace = try Workspace(for: network, maxRows: 1)
        expectError(.noForward, "forward") { _ = try network.gradients(from: [1, 1], in: workspace) }
    }

    @Test func backwardChecksItsShapes() throws {
        let workspace = try Workspace(for: network, maxRows: 2)
        try network.forward([1, 2, 3, 4, 5, 6], in: workspace)
        expectError(.size, "output gradient holds 2 floats", "2 rows of 2 are 4") {
            _ = try network.gradients(from: [1, 1], in: workspace)
        }
        var gradients = [Float](repeating: 7, count: network.parameterCount - 1)
        expectError(.size, "gradients holds 25 floats", "26 parameters") {
            var span = gradients.mutableSpan
            try network.backward([1, 1, 1, 1].span, in: workspace, gradients: &span)
        }
        #expect(gradients.allSatisfy { $0 == 7 })
    }

    @Test func backwardOfOtherRowsThanForward() throws {
        let workspace = try Workspace(for: network, maxRows: 2)
        try network.forward([1, 2, 3], in: workspace)
        let slope = try FloatMemory(holding: [1, 1, 1, 1])
        expectError(.noForward, "2 rows", "had 1") {
            try network.backward(
                slope.matrix(at: 0, rows: 2, columns: 2), in: workspace, gradients: nil, accumulating: false,
                wantsInputGradient: true)
        }
    }

    @Test func backwardInAWorkspaceForInference() throws {
        let workspace = try Workspace(for: network, maxRows: 1, purpose: .inference)
        try network.forward([1, 2, 3], in: workspace)
        expectError(.mismatch, "training", "inference") { _ = try network.gradients(from: [1, 1], in: workspace) }
    }

    @Test func whatAWorkspaceForInferenceKeeps() throws {
        let workspace = try Workspace(for: network, maxRows: 2, purpose: .inference)
        let training = try Workspace(for: network, maxRows: 2)
        try network.forward([1, 2, 3], in: workspace)
        try network.forward([1, 2, 3], in: training)
        for layer in ["input", "a", "b"] {
            #expect(try workspace.values(of: layer, .activation) == training.values(of: layer, .activation))
        }
        expectError(.value, "'a'", "inference") { _ = try workspace.values(of: "a", .preactivation) }
        expectError(.value, "'a'", "inference") { _ = try workspace.values(of: "a", .delta) }
    }

    /// Less memory, in which z gives way to h and δ to s: the same gradients, whatever the activation.
    @Test func gradientsAreTheSameInAWorkspaceForThemAlone() throws {
        for activation in Activation.all {
            var architecture = try Architecture(inputs: 3)
            try architecture.dense(37, activation, name: "a")
            try architecture.dense(4, name: "b")
            try architecture.activation(activation, name: "c")
            try architecture.dense(2, activation, name: "d")
            let network = try Network(architecture, seed: 12)
            let x: [Float] = [1, -2, 3, 0.5, 0, -1]
            let workspace = try Workspace(for: network, maxRows: 2, purpose: .gradients)
            let training = try Workspace(for: network, maxRows: 2)
            for each in [workspace, training] { try network.forward(x, in: each) }
            let gradients = try network.gradients(from: [1, -1, 0.5, 2], in: workspace)
            let expected = try network.gradients(from: [1, -1, 0.5, 2], in: training)
            #expect(bits(gradients) == bits(expected), "\(activation.identifier)")
            #expect(try workspace.values(of: "d", .activation) == training.values(of: "d", .activation))
            expectError(.value, "'a'", "gradients alone") { _ = try workspace.values(of: "a", .preactivation) }
            expectError(.value, "'a'", "gradients alone") { _ = try workspace.values(of: "a", .delta) }
        }
    }

    @Test func quantitiesThatAreNotThere() throws {
        let workspace = try Workspace(for: network, maxRows: 2)
        expectError(.noForward, "no forward pass") { _ = try workspace.values(of: "a", .activation) }
        expectError(.name, "'nobody'") { _ = try workspace.values(of: "nobody", .activation) }
        try network.forward([1, 2, 3], in: workspace)
        expectError(.name, "'nobody'") { _ = try workspace.values(of: "nobody", .activation) }
        expectError(.value, "input has no z") { _ = try workspace.values(of: "input", .preactivation) }
        expectError(.noForward, "'b'", "no backward pass") { _ = try workspace.values(of: "b", .delta) }
        _ = try network.gradients(from: [1, 1], in: workspace)
        #expect(try workspace.values(of: "b", .delta) == [1, 1])
        // A new forward pass makes the old δ void.
        try network.forward([1, 2, 3], in: workspace)
        expectError(.noForward, "'b'") { _ = try workspace.values(of: "b", .delta) }
    }

    @Test func changedParametersVoidTheForwardPass() throws {
        let workspace = try Workspace(for: network, maxRows: 1)
        try network.forward([1, 2, 3], in: workspace)
        network.withParameters { $0[0] += 1 }
        expectError(.noForward, "parameters have changed") { _ = try network.gradients(from: [1, 1], in: workspace) }
    }

    @Test func fewerRowsThanTheMost() throws {
        let large = try Workspace(for: network, maxRows: 10)
        let small = try Workspace(for: network, maxRows: 1)
        // What an earlier, larger batch left is not seen.
        try network.forward([Float](repeating: 9, count: 30), in: large)
        for workspace in [large, small] { try network.forward([1, 2, 3], in: workspace) }
        #expect(try large.values(of: "b", .activation) == small.values(of: "b", .activation))
        #expect(try large.values(of: "b", .activation).count == 2)
        let gradients = try network.gradients(from: [1, -1], in: large)
        #expect(try bits(gradients) == bits(network.gradients(from: [1, -1], in: small)))
    }

    @Test func theWorkspaceOutlivesItsNetwork() throws {
        var workspace: Workspace?
        var expected: [Float] = []
        do {
            let network = try Network(self.network.architecture, seed: 2)
            workspace = try Workspace(for: network, maxRows: 1)
            try network.forward([1, 2, 3], in: workspace!)
            expected = try network.predict([1, 2, 3])
        }
        #expect(try workspace!.values(of: "b", .activation) == expected)
    }

    @Test func predictionChecksItsShapes() throws {
        expectError(.size, "x has 0 rows") { _ = try network.predict([]) }
        expectError(.size, "x has 0 rows") { _ = try network.predict([1, 2]) }
        expectError(.size, "x holds 4 floats", "1 rows of 3 are 3") { _ = try network.predict([1, 2, 3, 4]) }
        var y: [Float] = [7, 7, 7]
        expectError(.size, "y holds 3 floats", "2 rows of 2 are 4") {
            var span = y.mutableSpan
            try network.predict([1, 2, 3, 4, 5, 6].span, rows: 2, into: &span)
        }
        #expect(y == [7, 7, 7])
    }

    /// IEEE arithmetic, and no error: the rows beside are as they were.
    @Test func notFiniteInputsGoThroughPrediction() throws {
        let clean = try network.predict([1, 2, 3])
        let y = try network.predict([1, 2, 3, .nan, 2, 3, 1, .infinity, 3, 1, 2, 3])
        #expect(Array(y[0..<2]) == clean && Array(y[6..<8]) == clean)
        #expect(y[2].isNaN && y[3].isNaN)
        #expect(y[4].isFinite && y[5].isFinite)
    }
}
