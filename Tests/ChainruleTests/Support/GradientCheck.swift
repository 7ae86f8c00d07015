import Chainrule
import Testing

/// The library's gradients against central differences of the float64 reference.
///
/// The step is 10⁻⁵: the differences' truncation (10⁻¹⁰ times a third derivative) and rounding (10⁻¹¹ times C) are far
/// below float32's rounding, which is what the tolerance is for. It is a few dozen roundings of the largest element
/// of the gradient, because each element is a sum of products of numbers of that size.
struct GradientCheck {
    let description: TestNetwork
    let network: Network
    let workspace: Workspace
    let x: [Float]
    let rows: Int
    /// C of the outputs, in float64.
    let reference: ([[Double]]) -> Double
    /// ∇C of the outputs, from the library.
    let outputGradient: ([Float]) throws -> [Float]
    let what: String

    static let step = 1e-5
    private static let tolerance = 2e-5

    init(
        _ description: TestNetwork, rows: Int, seed: UInt64, _ what: String,
        reference: @escaping ([[Double]]) -> Double,
        outputGradient: @escaping ([Float]) throws -> [Float]
    ) throws {
        self.description = description
        self.rows = rows
        self.reference = reference
        self.outputGradient = outputGradient
        self.what = what
        network = try Network(description.architecture, seed: seed)
        network.setState()
        workspace = try Workspace(for: network, maxRows: rows + 2)
        var noise = Noise(seed)
        x = noise.floats(rows * network.inputs, in: -2...2)
    }

    /// A check with a built-in cost.
    init(
        _ description: TestNetwork, rows: Int, seed: UInt64, cost: Cost, targets: [Float], classes: [Int32]? = nil,
        weights: [Float]? = nil, _ what: String
    ) throws {
        let columns = try description.architecture.outputs
        let wanted =
            classes.map { $0.map { one in (0..<columns).map { $0 == Int(one) ? 1 : 0 } } }
            ?? splitRows(targets, of: columns)
        let given =
            classes.map { Targets.classes($0, weights: weights) }
            ?? .values(targets, columns: columns, weights: weights)
        try self.init(
            description, rows: rows, seed: seed, what,
            reference: { ReferenceCost.total(cost, $0, wanted, weights: weights.map { doubles($0) })! },
            outputGradient: { try cost.evaluate($0, columns: columns, given).gradient })
    }

    private var exactX: [[Double]] { splitRows(x, of: network.inputs) }
    private var exactParameters: [Double] { doubles(network.parameterVector) }

    /// Runs forward and backward, and checks z, h and the gradient of every parameter; then along random directions;
    /// then δ of every layer and ∂C/∂x.
    func run() throws {
        let gradients = try pass()
        try checkForward()
        checkParameters(gradients)
        checkDirections(gradients)
        for layer in ["input"] + description.layers.map({ $0.name }) { try checkDelta(of: layer) }
    }

    /// Along random directions alone: of all parameters, of one layer's, and of every layer's h.
    func run(along layer: String) throws {
        let gradients = try pass()
        try checkForward()
        checkDirections(gradients)
        checkDirections(gradients, of: network.plan.tensors.filter { $0.name.hasPrefix("\(layer).") })
        for layer in ["input"] + description.layers.map({ $0.name }) { try checkDeltaAlongDirection(of: layer) }
    }

    /// Without the coordinates one by one, for large batches.
    func runAlongDirections() throws {
        let gradients = try pass()
        try checkForward()
        checkDirections(gradients)
    }

    private func pass() throws -> [Float] {
        try network.forward(x, in: workspace)
        let y = try workspace.values(of: description.layers.last!.name, .activation)
        let slope = try outputGradient(y)
        let parts = try gradientsInParts(from: slope)
        let gradients = try network.gradients(from: slope, in: workspace)
        #expect(bits(parts) == bits(gradients), "\(what): the backward pass in parts")
        return gradients
    }

    /// By parts of the parameter vector that do not end where layers end.
    private func gradientsInParts(from slope: [Float]) throws -> [Float] {
        let count = network.parameterCount
        let memory = try FloatMemory(count: max(count, 1), for: "a test")
        let view = try FloatMemory(holding: slope)
        let dC_dy = view.matrix(at: 0, rows: rows, columns: network.outputs)
        var given: Matrix? = dC_dy
        var complete: [Float] = []
        for first in Set((0...4).map { count * $0 / 4 }).sorted(by: >) {
            try network.backward(given, in: workspace, until: first, gradients: memory.vector, accumulating: false)
            complete.insert(contentsOf: memory.vector.elements[first..<count - complete.count], at: 0)
            given = nil
        }
        return complete
    }

    private func checkForward() throws {
        let (z, h) = description.forward(exactX, exactParameters)
        for layer in description.layers {
            for (quantity, exact) in [(Workspace.Quantity.preactivation, z), (.activation, h)] {
                expectClose(
                    try workspace.values(of: layer.name, quantity), exact[layer.name]!.flatMap { $0 }, relative: 2e-6,
                    absolute: 5e-6, "\(what): \(quantity) of \(layer.name)")
            }
        }
        #expect(try workspace.values(of: "input", .activation) == x)
    }

    private func difference(_ cost: (Double) -> Double) -> Double {
        (cost(GradientCheck.step) - cost(-GradientCheck.step)) / (2 * GradientCheck.step)
    }

    private func checkParameters(_ gradients: [Float]) {
        let parameters = exactParameters
        let exact = parameters.indices.map { index in
            difference { step in
                var moved = parameters
                moved[index] += step
                return reference(description.outputs(exactX, moved))
            }
        }
        expectClose(gradients, exact, absolute: tolerance(exact), "\(what): the gradient")
    }

    /// - Parameter tensors: along directions of these alone; nil: of all.
    private func checkDirections(_ gradients: [Float], of tensors: [Plan.Tensor]? = nil) {
        let parameters = exactParameters
        var noise = Noise(UInt64(parameters.count))
        for _ in 0..<3 {
            var direction = doubles(noise.floats(parameters.count))
            if let tensors {
                if tensors.isEmpty { return }
                for index in direction.indices
                where !tensors.contains(where: { $0.offset..<$0.offset + $0.count ~= index }) { direction[index] = 0 }
            }
            let slope = difference { step in
                reference(description.outputs(exactX, zip(parameters, direction).map { $0 + step * $1 }))
            }
            let product = zip(direction, gradients).reduce(0) { $0 + $1.0 * Double($1.1) }
            // The elements' errors have random signs, so their sum grows with the root of their number.
            let scale = doubles(gradients).map { $0 * $0 }.reduce(0, +).squareRoot()
            expectClose(
                [product], [slope], absolute: GradientCheck.tolerance * max(1, scale), "\(what): along a direction")
        }
    }

    private func checkDelta(of layer: String) throws {
        let delta = try workspace.values(of: layer, .delta)
        let width = delta.count / rows
        let exact = delta.indices.map { index in
            difference { step in
                var nudge = [[Double]](repeating: [Double](repeating: 0, count: width), count: rows)
                nudge[index / width][index % width] = step
                return reference(description.outputs(exactX, exactParameters, nudge: (layer, nudge)))
            }
        }
        expectClose(delta, exact, absolute: tolerance(exact), "\(what): delta of \(layer)")
    }

    private func checkDeltaAlongDirection(of layer: String) throws {
        let delta = try workspace.values(of: layer, .delta)
        let width = delta.count / rows
        var noise = Noise(UInt64(width))
        let direction = splitRows(noise.floats(delta.count), of: width)
        let slope = difference { step in
            let nudge = direction.map { $0.map { step * $0 } }
            return reference(description.outputs(exactX, exactParameters, nudge: (layer, nudge)))
        }
        let product = zip(direction.joined(), delta).reduce(0) { $0 + $1.0 * Double($1.1) }
        let scale = doubles(delta).map { $0 * $0 }.reduce(0, +).squareRoot()
        expectClose(
            [product], [slope], absolute: GradientCheck.tolerance * max(1, scale),
            "\(what): delta of \(layer) along a direction")
    }

    private func tolerance(_ exact: [Double]) -> Double {
        GradientCheck.tolerance * max(0.1, exact.map { $0.magnitude }.max() ?? 0)
    }
}
