import Chainrule
import Testing

/// The library's products with first and second derivatives against differences of the float64 reference.
///
/// Second differences are taken at steps of 10⁻⁴: their truncation and rounding, 10⁻⁸ each, are far below float32's rounding.
struct DerivativeCheck {
    let description: TestNetwork
    let network: Network
    let cost: Cost
    let targets: Targets
    let x: [Float]
    let rows: Int
    /// Directions of the parameters, of x, and of y.
    let (v, dx, u): ([Float], [Float], [Float])
    private let wanted: [[Double]]
    private let weights: [Double]?
    private let what: String

    private static let step = 1e-4
    /// A few dozen roundings of the largest element.
    private static let tolerance = 3e-5

    init(
        _ description: TestNetwork, rows: Int, seed: UInt64 = 1, cost: Cost, weighted: Bool = false,
        classes: Bool = false, _ what: String
    ) throws {
        self.description = description
        self.rows = rows
        self.cost = cost
        self.what = "\(what), \(cost.identifier)"
        network = try Network(description.architecture, seed: seed)
        network.setState()
        var noise = Noise(seed)
        let columns = network.outputs
        x = noise.floats(rows * network.inputs, in: -2...2)
        v = noise.floats(network.parameterCount)
        dx = noise.floats(x.count)
        u = noise.floats(rows * columns)
        let sampleWeights = weighted ? noise.floats(rows, in: 0.1...2) : nil
        weights = sampleWeights.map { doubles($0) }
        if classes {
            let indices = noise.classes(rows, below: Int32(columns))
            wanted = indices.map { index in (0..<columns).map { $0 == Int(index) ? 1 : 0 } }
            targets = .classes(indices, weights: sampleWeights)
        } else {
            let values = targetValues(of: cost, noise.floats(rows * columns, in: 0...1), columns: columns)
            wanted = splitRows(values, of: columns)
            targets = .values(values, columns: columns, weights: sampleWeights)
        }
    }

    private func reference(_ y: [[Double]]) -> Double { ReferenceCost.total(cost, y, wanted, weights: weights)! }
    private var exactX: [[Double]] { splitRows(x, of: network.inputs) }
    private var exactParameters: [Double] { doubles(network.parameterVector) }

    private func moved(_ numbers: [Double], _ step: Double, along direction: [Double]) -> [Double] {
        zip(numbers, direction).map { $0 + step * $1 }
    }

    private func outputs(_ step: Double, parameters: [Double]? = nil, along direction: [Double], input: [Double])
        -> [Double]
    {
        let x = moved(doubles(self.x), step, along: input)
        let rows = stride(from: 0, to: x.count, by: network.inputs).map { Array(x[$0..<$0 + network.inputs]) }
        return description.outputs(rows, moved(parameters ?? exactParameters, step, along: direction)).flatMap { $0 }
    }

    func run() throws {
        try checkJVP()
        try checkVJP()
        try checkHessianProduct()
        try checkGaussNewtonProduct()
    }

    /// Along random directions alone.
    func runAlongDirections() throws {
        try checkJVP()
        try checkVJP()
        let product = try network.product(.hessian, cost, x, targets, v)
        let size = dot(product, product).squareRoot()
        var noise = Noise(UInt64(v.count))
        for _ in 0..<3 {
            let direction = noise.floats(v.count)
            expectClose(
                [dot(direction, product)], [secondDifference(doubles(direction))],
                absolute: DerivativeCheck.tolerance * max(1, size),
                "\(what): the Hessian product along a direction")
        }
    }

    private func checkJVP() throws {
        let zeros = ([Double](repeating: 0, count: v.count), [Double](repeating: 0, count: x.count))
        for (inputTangent, parameterTangent) in [(dx, v), (nil, v), (dx, nil)] as [([Float]?, [Float]?)] {
            let (y, tangent) = try network.jvp(x, inputTangent: inputTangent, parameterTangent: parameterTangent)
            let along = (parameterTangent.map { doubles($0) } ?? zeros.0, inputTangent.map { doubles($0) } ?? zeros.1)
            let above = outputs(DerivativeCheck.step, along: along.0, input: along.1)
            let below = outputs(-DerivativeCheck.step, along: along.0, input: along.1)
            expect(tangent, zip(above, below).map { ($0 - $1) / (2 * DerivativeCheck.step) }, "jvp")
            #expect(y == (try network.predict(x)), "\(what)")
        }
        let (_, nothing) = try network.jvp(x)
        #expect(nothing.allSatisfy { $0 == 0 }, "\(what)")
    }

    /// `uᵀ (J v) = (Jᵀ u)ᵀ v`, with the J v that was checked.
    private func checkVJP() throws {
        let (gradients, inputGradient) = try network.vjp(x, u)
        let (_, tangent) = try network.jvp(x, inputTangent: dx, parameterTangent: v)
        let forwards = dot(u, tangent)
        let backwards = dot(gradients, v) + dot(inputGradient, dx)
        let size = (dot(u, u) * dot(tangent, tangent)).squareRoot()
        expectClose([backwards], [forwards], absolute: 1e-5 * max(1, size), "\(what): the vjp against the jvp")
    }

    private func checkHessianProduct() throws {
        let product = try network.product(.hessian, cost, x, targets, v)
        let exact = v.indices.map { index in secondDifference(v.indices.map { $0 == index ? 1 : 0 }) }
        expect(product, exact, "the Hessian product")
    }

    /// `uᵀ H v` for a direction u.
    private func secondDifference(_ u: [Double]) -> Double {
        mixedDifference { first, second in
            let parameters = moved(moved(exactParameters, second, along: doubles(v)), first, along: u)
            return reference(description.outputs(exactX, parameters))
        }
    }

    private func checkGaussNewtonProduct() throws {
        let product = try network.product(.gaussNewton, cost, x, targets, v)
        let columns = network.outputs
        let none = [Double](repeating: 0, count: x.count)
        func tangent(_ direction: [Double]) -> [Double] {
            let above = outputs(DerivativeCheck.step, along: direction, input: none)
            let below = outputs(-DerivativeCheck.step, along: direction, input: none)
            return zip(above, below).map { ($0 - $1) / (2 * DerivativeCheck.step) }
        }
        let y = description.outputs(exactX, exactParameters).flatMap { $0 }
        let along = tangent(doubles(v))
        let signal = y.indices.map { index in
            mixedDifference { first, second in
                var moved = self.moved(y, second, along: along)
                moved[index] += first
                return reference(stride(from: 0, to: y.count, by: columns).map { Array(moved[$0..<$0 + columns]) })
            }
        }
        let exact = v.indices.map { index in
            var unit = [Double](repeating: 0, count: v.count)
            unit[index] = 1
            return zip(tangent(unit), signal).reduce(0) { $0 + $1.0 * $1.1 }
        }
        expect(product, exact, "the Gauss-Newton product")
    }

    /// ∂²/∂a∂b of a function of two steps.
    private func mixedDifference(_ function: (Double, Double) -> Double) -> Double {
        let h = DerivativeCheck.step
        return (function(h, h) - function(h, -h) - function(-h, h) + function(-h, -h)) / (4 * h * h)
    }

    private func expect(_ result: [Float], _ exact: [Double], _ name: String) {
        let largest = exact.map { $0.magnitude }.max() ?? 0
        expectClose(
            result, exact, absolute: DerivativeCheck.tolerance * max(0.1, largest), "\(what): \(name)")
    }
}

/// The sum of the products, in float64.
func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }

extension Network {
    enum SecondOrderProduct: Sendable { case hessian, gaussNewton }

    func product(
        _ kind: SecondOrderProduct, _ cost: Cost, _ x: [Float], _ targets: Targets, _ vector: [Float]
    ) throws -> [Float] {
        var product = [Float](repeating: .nan, count: parameterCount)
        var span = product.mutableSpan
        switch kind {
        case .hessian:
            try hessianProduct(
                cost, x.span, rows: x.count / inputs, targets: targets, vector: vector.span, product: &span)
        case .gaussNewton:
            try gaussNewtonProduct(
                cost, x.span, rows: x.count / inputs, targets: targets, vector: vector.span, product: &span)
        }
        return product
    }
}
