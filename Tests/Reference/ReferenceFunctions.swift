import Chainrule
import Foundation

/// What every activation is, in float64, on a row; by its identifier. Written for clarity, and only for the moderate
/// numbers of these tests.
package enum ReferenceActivation {
    package typealias Function = @Sendable ([Double]) -> [Double]

    private static func elementwise(_ function: @escaping @Sendable (Double) -> Double) -> Function {
        { $0.map(function) }
    }

    package static func of(_ activation: Activation) -> Function? {
        let alpha = Double(activation.alpha ?? 0)
        switch activation.identifier.description {
        case "identity": return { $0 }
        case "sigmoid": return elementwise { 1 / (1 + exp(-$0)) }
        case "tanh": return elementwise { tanh($0) }
        case "relu": return elementwise { max(0, $0) }
        case "leaky_relu": return elementwise { $0 > 0 ? $0 : alpha * $0 }
        case "elu": return elementwise { $0 > 0 ? $0 : alpha * (exp($0) - 1) }
        case "selu":
            return elementwise { 1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * (exp($0) - 1)) }
        case "softplus": return elementwise { log(1 + exp($0)) }
        case "gelu": return elementwise { $0 * erfc(-$0 / 2.0.squareRoot()) / 2 }
        case "gelu_tanh":
            return elementwise { $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) / 2 }
        case "silu": return elementwise { $0 / (1 + exp(-$0)) }
        case "softsign": return elementwise { $0 / (1 + abs($0)) }
        case "hard_sigmoid": return elementwise { min(max($0 / 6 + 0.5, 0), 1) }
        case "hard_swish": return elementwise { $0 * min(max($0 / 6 + 0.5, 0), 1) }
        case "mish": return elementwise { $0 * tanh(log(1 + exp($0))) }
        case "clipped_relu": return elementwise { min(max($0, 0), alpha) }
        case "exponential": return elementwise { exp($0) }
        case "softmax": return { softmax($0) }
        case "log_softmax": return { softmax($0).map { log($0) } }
        case "custom": return elementwise { sin($0) }
        default: return nil
        }
    }

    package static func softmax(_ z: [Double]) -> [Double] {
        let total = z.map { exp($0) }.reduce(0, +)
        return z.map { exp($0) / total }
    }
}

extension Activation {
    /// Those that layers can have one after another: exponentials of exponentials leave float32.
    package static var stackable: [Activation] { all.filter { $0.identifier.description != "exponential" } + [.sine] }

    /// The custom activation of the tests: σ = sin.
    package static var sine: Activation {
        Activation(
            custom: CustomActivation(
                value: { z, h, rows, columns in
                    for index in 0..<rows * columns { h[index] = sin(z[index]) }
                },
                derivative: { z, h, derivative, rows, columns in
                    for index in 0..<rows * columns { derivative[index] = cos(z[index]) }
                },
                secondDerivative: { z, h, derivative, rows, columns in
                    for index in 0..<rows * columns { derivative[index] = -sin(z[index]) }
                }))
    }
}

/// What every built-in cost of a row is, in float64; by its identifier, Huber's with d = 1.
package enum ReferenceCost {
    package static func row(_ cost: Cost, _ y: [Double], _ t: [Double]) -> Double? {
        func mean(_ function: (Double, Double) -> Double) -> Double {
            zip(y, t).map(function).reduce(0, +) / Double(y.count)
        }
        switch cost.identifier.description {
        case "mean_squared_error": return mean { ($0 - $1) * ($0 - $1) }
        case "mean_absolute_error": return mean { abs($0 - $1) }
        case "huber": return mean { abs($0 - $1) <= 1 ? ($0 - $1) * ($0 - $1) / 2 : abs($0 - $1) - 0.5 }
        case "binary_cross_entropy": return mean { -$1 * log($0) - (1 - $1) * log(1 - $0) }
        case "binary_cross_entropy_logits": return mean { log(1 + exp($0)) - $0 * $1 }
        case "cross_entropy": return zip(ReferenceActivation.softmax(y), t).map { -$1 * log($0) }.reduce(0, +)
        default: return nil
        }
    }

    /// The rows' costs put together.
    package static func total(_ cost: Cost, _ y: [[Double]], _ t: [[Double]], weights: [Double]?) -> Double? {
        let weights = weights ?? y.map { _ in 1 }
        var total = 0.0
        for row in y.indices {
            guard let value = ReferenceCost.row(cost, y[row], t[row]) else { return nil }
            total += weights[row] * value
        }
        switch cost.reduction {
        case .mean: return total / weights.reduce(0, +)
        case .sum: return total
        }
    }
}
