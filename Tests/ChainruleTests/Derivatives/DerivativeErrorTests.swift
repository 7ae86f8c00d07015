import Chainrule
import Testing

/// What products with derivatives refuse.
@Suite struct DerivativeErrorTests {
    private let network: Network
    private let x: [Float] = [0.5, -1, 2, 0.25]
    private let targets = Targets.values([0, 1], columns: 1)
    private let v: [Float]

    init() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(3, .tanh, name: "a")
        try architecture.dense(1, name: "b")
        network = try Network(architecture, seed: 1)
        v = [Float](repeating: 0.5, count: network.parameterCount)
    }

    @Test func wrongCounts() {
        expectError(.size, "x holds 3 floats") { _ = try network.jvp([1, 2, 3]) }
        expectError(.size, "x has 0 rows") { _ = try network.jvp([]) }
        expectError(.size, "the tangent of x holds 2 floats", "4") {
            _ = try network.jvp(x, inputTangent: [1, 2])
        }
        expectError(.size, "the tangent of the parameters holds 2 floats", "13 parameters") {
            _ = try network.jvp(x, parameterTangent: [1, 2])
        }
        expectError(.size, "the output vector holds 3 floats") { _ = try network.vjp(x, [1, 2, 3]) }
        expectError(.size, "the vector holds 1 floats", "13 parameters") {
            _ = try network.product(.hessian, .meanSquaredError(), x, targets, [1])
        }
        expectError(.size, "x holds 3 floats") { _ = try network.jacobian([1, 2, 3]) }
        expectError(.size, "x has 0 rows") { _ = try network.hessian(.meanSquaredError(), [], targets: targets) }
    }

    @Test(arguments: [Float.nan, .infinity]) func notFinite(value: Float) {
        var (badX, badV) = (x, v)
        badX[2] = value
        badV[4] = value
        expectError(.notFinite, "x holds \(value) at row 1, column 0") { _ = try network.jvp(badX) }
        expectError(.notFinite, "the tangent of x holds \(value) at row 1, column 0") {
            _ = try network.jvp(x, inputTangent: badX)
        }
        expectError(.notFinite, "the tangent of the parameters holds \(value)") {
            _ = try network.jvp(x, parameterTangent: badV)
        }
        expectError(.notFinite, "the output vector holds \(value)") { _ = try network.vjp(x, [1, value]) }
        for kind in [Network.SecondOrderProduct.hessian, .gaussNewton] {
            expectError(.notFinite, "the vector holds \(value)", "column 4") {
                _ = try network.product(kind, .meanSquaredError(), x, targets, badV)
            }
        }
        expectError(.notFinite, "x holds \(value)") { _ = try network.jacobian(badX) }
    }

    @Test func overflow() {
        let huge = [Float](repeating: 3e38, count: v.count)
        expectError(.notFinite, "the tangent of y is", "row 0") { _ = try network.jvp(x, parameterTangent: huge) }
        expectError(.notFinite, "the result is", "a.weight[") { _ = try network.vjp(x, [3e38, 3e38]) }
        for kind in [Network.SecondOrderProduct.hessian, .gaussNewton] {
            expectError(.notFinite, "the result is", "a.weight[") {
                _ = try network.product(kind, .meanSquaredError(), x, targets, huge)
            }
        }
        network.setParameters([Float](repeating: 0.9, count: 6) + [0, 0, 0, 3.4e38, 3.4e38, 3.4e38, 0])
        expectError(.notFinite, "the Jacobian is inf") { _ = try network.jacobian(x, of: .input) }
    }

    @Test func wrongTargets() {
        expectError(.target, "needs targets") { _ = try network.product(.hessian, .meanSquaredError(), x, .none(), v) }
        expectError(.target, "row 1", "2.0") {
            _ = try network.product(
                .gaussNewton, .binaryCrossEntropyOfLogits(), x, .values([0, 2], columns: 1), v)
        }
        expectError(.notFinite, "'binary_cross_entropy' is defined from 0.0 to 1.0") {
            network.setParameters([Float](repeating: 3, count: 13))
            _ = try network.product(.gaussNewton, .binaryCrossEntropy(), x, targets, v)
        }
    }

    private static func activation(second: CustomActivation.Derivative?) throws -> Network {
        var architecture = try Architecture(inputs: 2)
        let custom = CustomActivation(
            value: { z, h, rows, columns in for index in 0..<rows * columns { h[index] = z[index] * z[index] } },
            derivative: { z, h, slope, rows, columns in for index in 0..<rows * columns { slope[index] = 2 * z[index] }
            },
            secondDerivative: second)
        try architecture.dense(3, Activation(custom: custom), name: "square")
        try architecture.dense(1, name: "b")
        return try Network(architecture, seed: 1)
    }

    @Test func aCustomActivationWithoutASecondDerivative() throws {
        let network = try DerivativeErrorTests.activation(second: nil)
        expectError(.mismatch, "layer 'square'", "second derivative") {
            _ = try network.product(.hessian, .meanSquaredError(), x, targets, v)
        }
        expectError(.mismatch, "layer 'square'") {
            _ = try network.hessian(.meanSquaredError(), x, targets: targets)
        }
        // The others need none.
        #expect(try network.product(.gaussNewton, .meanSquaredError(), x, targets, v).contains { $0 != 0 })
        #expect(try network.jvp(x, parameterTangent: v).tangent.contains { $0 != 0 })
        #expect(try network.vjp(x, [1, 1]).gradients.contains { $0 != 0 })
    }

    @Test func aCustomActivationWhoseSecondDerivativeFails() throws {
        let failing = try DerivativeErrorTests.activation { _, _, _, _, _ throws(ChainruleError) in
            throw ChainruleError(.callback, "no")
        }
        expectError(.callback, "layer 'square'", "no") {
            _ = try failing.product(.hessian, .meanSquaredError(), x, targets, v)
        }
        let notANumber = try DerivativeErrorTests.activation { z, h, result, rows, columns in result[4] = .nan }
        expectError(.callback, "layer 'square'", "second derivative is nan at row 1, column 1") {
            _ = try notANumber.product(.hessian, .meanSquaredError(), x, targets, v)
        }
    }

    private static func cost(_ product: CustomCost.HessianProduct?) -> Cost {
        Cost(
            custom: CustomCost(
                { y, targets, weights, rows, columns, gradient in
                    for index in 0..<rows * columns { gradient[index] = 1 }
                    return 1
                }, hessianProduct: product))
    }

    @Test func aCustomCostWithoutAHessianProduct() {
        for kind in [Network.SecondOrderProduct.hessian, .gaussNewton] {
            expectError(.mismatch, "the custom cost has no Hessian product") {
                _ = try network.product(kind, DerivativeErrorTests.cost(nil), x, targets, v)
            }
        }
    }

    @Test func aCustomCostWhoseHessianProductFails() {
        for kind in [Network.SecondOrderProduct.hessian, .gaussNewton] {
            expectError(.callback, "no") {
                let cost = DerivativeErrorTests.cost { _, _, _, _, _, _, _ throws(ChainruleError) in
                    throw ChainruleError(.callback, "no")
                }
                _ = try network.product(kind, cost, x, targets, v)
            }
            expectError(.callback, "Hessian product is inf at row 1, column 0") {
                let cost = DerivativeErrorTests.cost { _, _, _, _, _, _, product in product[1] = .infinity }
                _ = try network.product(kind, cost, x, targets, v)
            }
        }
    }
}
