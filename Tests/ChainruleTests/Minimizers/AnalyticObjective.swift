@testable import Chainrule

/// A function of float64 for a ``Minimizer``, with every point that it was evaluated at.
final class AnalyticObjective: Objective {
    struct Point {
        let w: [Double]
        let cost: Double
        let gradient: [Double]
    }

    let count: Int
    let precision = 1e-14
    private let function: ([Double]) throws(ChainruleError) -> (Double, [Double])
    private(set) var points: [Point] = []

    init(_ count: Int, _ function: @escaping ([Double]) throws(ChainruleError) -> (Double, [Double])) {
        self.count = count
        self.function = function
    }

    func evaluate(at w: Vector, gradient: Vector) throws(ChainruleError) -> Double {
        let (cost, slope) = try function(w.elements)
        points.append(Point(w: w.elements, cost: cost, gradient: slope))
        for index in slope.indices { gradient[index] = slope[index] }
        return cost
    }

    /// The residuals of least squares, `C = Σ r²`, and their Jacobian, if the function is of that kind.
    var residuals: (([Double]) -> ([Double], [[Double]]))?

    func multiplyGaussNewton(at w: Vector, by v: Vector, into product: Vector) throws(ChainruleError) {
        let (_, jacobian) = residuals!(w.elements)
        product.scale(by: 0)
        for row in jacobian {
            let change = zip(row, v.elements).map { $0 * $1 }.reduce(0, +)
            for index in row.indices { product[index] += 2 * row[index] * change }
        }
    }

    func gaussNewtonMatrix(at w: Vector, into matrix: SymmetricMatrix) throws(ChainruleError) {
        matrix.clear()
        for row in residuals!(w.elements).1 {
            for i in 0..<count { for j in i..<count { matrix.add(2 * row[i] * row[j], row: i, column: j) } }
        }
    }

    /// `Σ r²` of residuals and their Jacobian.
    static func leastSquares(
        _ count: Int, _ residuals: @escaping ([Double]) -> ([Double], [[Double]])
    ) -> AnalyticObjective {
        let objective = AnalyticObjective(count) { w in
            let (r, jacobian) = residuals(w)
            var gradient = [Double](repeating: 0, count: count)
            for (r, row) in zip(r, jacobian) { for index in row.indices { gradient[index] += 2 * r * row[index] } }
            return (r.map { $0 * $0 }.reduce(0, +), gradient)
        }
        objective.residuals = residuals
        return objective
    }

    /// Where the method gets to from `start`.
    func minimize(
        _ method: any Minimizer, from start: [Double], _ options: MinimizationOptions = MinimizationOptions()
    ) throws -> (minimum: Minimum, w: [Double]) {
        let run = try Minimization(self, options)
        for index in start.indices { run.w[index] = start[index] }
        try run.begin()
        if run.end == nil { try method.minimize(run) }
        return (run.minimum, run.best.elements)
    }

    /// `Σ 100 (w₂ − w₁²)² + (1 − w₁)²` over pairs of neighbours (Rosenbrock 1960).
    static func rosenbrock(_ count: Int) -> AnalyticObjective {
        AnalyticObjective(count) { w in
            var cost = 0.0
            var gradient = [Double](repeating: 0, count: w.count)
            for index in 0..<w.count - 1 {
                let bend = w[index + 1] - w[index] * w[index]
                let rest = 1 - w[index]
                cost += 100 * bend * bend + rest * rest
                gradient[index] += -400 * w[index] * bend - 2 * rest
                gradient[index + 1] += 200 * bend
            }
            return (cost, gradient)
        }
    }

    /// `½ Σ a (w − i)²`, with the curvatures a.
    static func quadratic(_ curvatures: [Double]) -> AnalyticObjective {
        AnalyticObjective(curvatures.count) { w in
            var cost = 0.0
            var gradient = w
            for index in w.indices {
                let distance = w[index] - Double(index)
                gradient[index] = curvatures[index] * distance
                cost += 0.5 * gradient[index] * distance
            }
            return (cost, gradient)
        }
    }
}

extension Vector {
    var elements: [Double] { (0..<count).map { self[$0] } }
}

/// Options that end a run at nothing but what a test sets.
/// Options for a run that ends where no element of ∂C/∂w is larger.
func until(gradientNorm: Double) -> MinimizationOptions {
    endless { $0.onIteration = { $0.gradientNorm > gradientNorm } }
}

func endless(_ change: (inout MinimizationOptions) -> Void = { _ in }) -> MinimizationOptions {
    var options = MinimizationOptions()
    options.gradientTolerance = 0
    options.costTolerance = 0
    change(&options)
    return options
}
