import Testing

@testable import Chainrule

/// S, which candidates are trained for, against its definition in float64.
@Suite struct CandidateCorrelationTests {
    /// −S.
    private func reference(_ v: [Double], _ e: [Double], outputs: Int) -> Double {
        let mean = v.reduce(0, +) / Double(v.count)
        var norm = 0.0
        for value in v { norm += (value - mean) * (value - mean) + 0.01 * value * value }
        var sum = 0.0
        for output in 0..<outputs {
            var covariance = 0.0
            for row in v.indices { covariance += (v[row] - mean) * e[row * outputs + output] }
            sum += covariance.magnitude
        }
        return -sum / norm.squareRoot()
    }

    private func centered(_ seed: UInt64, rows: Int, outputs: Int) throws -> [Float] {
        var noise = Noise(seed)
        let memory = try FloatMemory(holding: noise.floats(rows * outputs, in: -3...5))
        #expect(CandidateCorrelation.center(memory.matrix(at: 0, rows: rows, columns: outputs)))
        return memory.vector.elements
    }

    @Test(arguments: [1, 3]) func gradientByDifferences(outputs: Int) throws {
        let rows = 50
        let e = try centered(11, rows: rows, outputs: outputs)
        var noise = Noise(12)
        let v = noise.floats(rows, in: -1...2)
        let (value, gradient) = try CandidateCorrelation.cost.evaluate(
            v, columns: 1, .values(e, columns: outputs))
        #expect((value - reference(doubles(v), doubles(e), outputs: outputs)).magnitude < 1e-7)
        #expect(value < 0 && value > -1)
        let step = 1e-5
        var differences: [Double] = []
        for row in 0..<rows {
            var (up, down) = (doubles(v), doubles(v))
            up[row] += step
            down[row] -= step
            differences.append(
                (reference(up, doubles(e), outputs: outputs) - reference(down, doubles(e), outputs: outputs))
                    / (2 * step))
        }
        expectClose(gradient, differences, relative: 1e-5, absolute: 1e-7)
    }

    @Test func centersAndScales() throws {
        let (rows, outputs) = (40, 3)
        let e = doubles(try centered(13, rows: rows, outputs: outputs))
        var total = 0.0
        for output in 0..<outputs {
            let column = (0..<rows).map { e[$0 * outputs + output] }
            #expect(column.reduce(0, +).magnitude < 1e-7)
            total += column.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        #expect((total - 1).magnitude < 1e-6)
    }

    @Test func aUnitThatIsTheErrorHasTheLargest() throws {
        let e = try centered(14, rows: 30, outputs: 1)
        let (value, _) = try CandidateCorrelation.cost.evaluate(e, columns: 1, .values(e, columns: 1))
        #expect((value + 1 / 1.01.squareRoot()).magnitude < 1e-6)
    }

    @Test func whatIsConstantFollowsNothing() throws {
        let e = try centered(15, rows: 20, outputs: 2)
        let zeros = [Float](repeating: 0, count: 20)
        let (value, gradient) = try CandidateCorrelation.cost.evaluate(zeros, columns: 1, .values(e, columns: 2))
        #expect(value == 0)
        #expect(gradient == zeros)
        let ones = [Float](repeating: 1, count: 20)
        #expect(try CandidateCorrelation.cost.evaluate(ones, columns: 1, .values(e, columns: 2)).value > -1e-6)
        let constant = try FloatMemory(holding: [Float](repeating: 0.3, count: 6))
        #expect(!CandidateCorrelation.center(constant.matrix(at: 0, rows: 3, columns: 2)))
    }
}
