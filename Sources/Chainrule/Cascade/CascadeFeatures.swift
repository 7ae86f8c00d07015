/// What the next unit and the outputs read for all rows: x and the hidden units' values. Each column is multiplied by a
/// power of 2 that brings its root mean square near 1. Columns of x far from 0 are first shifted to 0.
///
/// Training works well only with numbers of similar size, and a power of 2 moves into the weights without rounding. A
/// column's shift moves into the biases and is rounded with them.
struct CascadeFeatures {
    private var memory: FloatMemory
    private let rows: Int
    /// The factor of each column.
    private(set) var scales: [Float]
    /// What was subtracted from each column of x before scaling.
    private let offsets: [Float]

    /// - Parameter others: take its scales and offsets; nil: compute them from x.
    init(_ x: Matrix, like others: CascadeFeatures? = nil) throws(ChainruleError) {
        memory = try FloatMemory(copying: x)
        rows = x.rows
        scales = []
        offsets = others?.offsets ?? (0..<x.columns).map { CascadeFeatures.offset(of: x.columns(from: $0, count: 1)) }
        for column in 0..<x.columns {
            for row in 0..<rows { matrix(x.columns)[row, column] -= offsets[column] }
            let moved = matrix(x.columns).columns(from: column, count: 1)
            scales.append(others?.scales[column] ?? CascadeFeatures.scale(of: moved))
        }
        for column in 0..<x.columns { multiply(column, of: matrix) }
    }

    private func matrix(_ columns: Int) -> Matrix { memory.matrix(at: 0, rows: rows, columns: columns) }

    var width: Int { scales.count }

    /// `rows × width`.
    var matrix: Matrix { matrix(width) }

    /// Converts the parameters of a layer that reads the features to those of one that reads x and the units
    /// themselves.
    func adapt(_ layer: Network, in parameters: Matrix) {
        let weights = layer.plan.tensors[0].view(in: parameters)
        let biases = layer.plan.tensors[1].vector(in: parameters)
        for unit in 0..<weights.rows {
            var bias = Double(biases[0, unit])
            for column in 0..<weights.columns {
                weights[unit, column] *= scales[column]
                if column < offsets.count { bias -= Double(weights[unit, column]) * Double(offsets[column]) }
            }
            biases[0, unit] = Float(bias)
        }
    }

    /// Adds a column: the outputs of a one-unit network that reads the other columns.
    /// - Parameter scale: nil: computed from the outputs.
    mutating func append(_ unit: Network, scale: Float? = nil) throws(ChainruleError) {
        let grown = try FloatMemory(
            count: Plan.checkedProduct(rows, Plan.checkedSum([width, 1])), for: "the values of the hidden units")
        let features = grown.matrix(at: 0, rows: rows, columns: width + 1)
        features.columns(from: 0, count: width).assign(matrix)
        let values = features.columns(from: width, count: 1)
        try unit.predictUnprepared(matrix, into: values)
        if let found = values.firstNotFinite() {
            throw ChainruleError(.notFinite, "its value for row \(found.row) is \(found.value)")
        }
        memory = grown
        scales.append(scale ?? CascadeFeatures.scale(of: values))
        multiply(width - 1, of: matrix)
    }

    private func multiply(_ column: Int, of matrix: Matrix) {
        for row in 0..<rows { matrix[row, column] *= scales[column] }
    }

    /// The column's mean, if its standard deviation is less than a quarter of that; otherwise 0.
    private static func offset(of column: Matrix) -> Float {
        var sum = 0.0
        for row in 0..<column.rows { sum += Double(column[row, 0]) }
        let mean = sum / Double(column.rows)
        var squares = 0.0
        for row in 0..<column.rows {
            let deviation = Double(column[row, 0]) - mean
            squares += deviation * deviation
        }
        return squares / Double(column.rows) < mean * mean / 16 ? Float(mean) : 0
    }

    /// The power of 2 that brings a column's root mean square to 1 or a little below; 0 for a column of zeros, which
    /// carries no information.
    private static func scale(of column: Matrix) -> Float {
        var squares = 0.0
        for row in 0..<column.rows { squares += Double(column[row, 0]) * Double(column[row, 0]) }
        let size = (squares / Double(column.rows)).squareRoot()
        guard size > 0 else { return 0 }
        let exponent = max(-mostExponent, min(mostExponent, Int(size.exponent) + 1))
        return Float(sign: .plus, exponent: -exponent, significand: 1)
    }

    /// Keeps products of scales and weights far from the limits of float32.
    private static let mostExponent = 60
}
