import Chainrule
import Testing

/// Whole Jacobians and Hessians, which consist of the products that ``ProductTests`` checks.
@Suite struct DerivativeMatrixTests {
    private let network: Network
    private let x: [Float]
    private let rows = 5

    init() throws {
        let description = TestNetwork(
            inputs: 3,
            [
                .dense("a", 4, .tanh, from: "input"), .concatenation("b", of: "a", "input"),
                .dense("c", 3, .softmax, from: "b"), .sum("d", of: "c", "input"),
            ])
        network = try Network(description.architecture, seed: 2)
        var noise = Noise(3)
        x = noise.floats(rows * 3, in: -2...2)
    }

    @Test func jacobiansConsistOfVectorJacobianProducts() throws {
        let parameters = try network.jacobian(x)
        let inputs = try network.jacobian(x, of: .input)
        #expect(parameters.count == rows * 3 * network.parameterCount && inputs.count == rows * 3 * 3)
        for row in 0..<rows {
            for output in 0..<3 {
                let place = row * 3 + output
                var unit = [Float](repeating: 0, count: rows * 3)
                unit[place] = 1
                let (gradients, inputGradient) = try network.vjp(x, unit)
                let count = network.parameterCount
                expectClose(
                    Array(parameters[place * count..<(place + 1) * count]), doubles(gradients), absolute: 1e-6)
                expectClose(
                    Array(inputs[place * 3..<(place + 1) * 3]), doubles(Array(inputGradient[row * 3..<(row + 1) * 3])),
                    absolute: 1e-6)
            }
        }
    }

    /// More rows than go through at a time.
    @Test func theJacobianOfARowDoesNotDependOnTheOthers() throws {
        var noise = Noise(8)
        let many = noise.floats(1_100 * 3, in: -2...2)
        let all = try network.jacobian(many, of: .parameters)
        let size = 3 * network.parameterCount
        for row in [0, 549, 550, 1_099] {
            let alone = try network.jacobian(Array(many[row * 3..<(row + 1) * 3]))
            #expect(Array(all[row * size..<(row + 1) * size]) == alone, "row \(row)")
        }
    }

    @Test func theHessianConsistsOfItsProductsAndIsSymmetric() throws {
        var noise = Noise(5)
        let targets = Targets.values(noise.floats(rows * 3), columns: 3)
        let hessian = try network.hessian(.meanSquaredError(), x, targets: targets)
        let count = network.parameterCount
        #expect(hessian.count == count * count)
        let largest = Double(hessian.map { $0.magnitude }.max()!)
        for index in 0..<count {
            var unit = [Float](repeating: 0, count: count)
            unit[index] = 1
            let product = try network.product(.hessian, .meanSquaredError(), x, targets, unit)
            expectClose(
                Array(hessian[index * count..<(index + 1) * count]), doubles(product), absolute: 1e-6 * largest)
            for other in 0..<index { #expect(hessian[index * count + other] == hessian[other * count + index]) }
        }
    }

    /// With H_C = 2/N the Gauss-Newton matrix is `2/N JᵀJ`.
    @Test func theGaussNewtonProductIsMadeOfTheJacobian() throws {
        var noise = Noise(7)
        let targets = Targets.values(noise.floats(rows * 3), columns: 3)
        let v = noise.floats(network.parameterCount)
        let jacobian = doubles(try network.jacobian(x))
        let count = network.parameterCount
        var exact = [Double](repeating: 0, count: count)
        for place in 0..<rows * 3 {
            let row = jacobian[place * count..<(place + 1) * count]
            let change = zip(row, v).reduce(0) { $0 + $1.0 * Double($1.1) }
            for (index, slope) in row.enumerated() { exact[index] += 2.0 / 3 * slope * change }
        }
        let product = try network.product(.gaussNewton, .meanSquaredError(.sum), x, targets, v)
        expectClose(product, exact, absolute: 2e-6 * exact.map { $0.magnitude }.max()!)
    }
}
