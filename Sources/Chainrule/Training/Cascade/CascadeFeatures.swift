/// What the next unit and the outputs read for all rows: x, and the values of the hidden units, each column times a power of
/// 2 that brings its root mean square near 1. Columns of x that lie far from 0 are moved there first.
///
/// Training goes well only with numbers of one size, and a power of 2 can be moved to the weights without any rounding. What a
/// column is moved by goes to the biases, and is rounded with them.
struct CascadeFeatures {
    private var memory: FloatMemory
    private let rows: Int
    /// What the columns were multiplied by.
    private(set) var scales: [Float]
    /// What was subtracted from the columns of x before.
    private let offsets: [Float]

    /// - Parameter others: whose scales and offsets are to be taken; nil for those of x.
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

    /// Makes of the parameters of a layer that reads the features those of one that reads x and the units themselves.
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

    /// Adds a column: the outputs of a network of one unit that reads the others.
    /// - Parameter scale: nil for that of the outputs.
    mutating func append(_ unit: Network, scale: Float? = nil) throws(ChainruleError) {
        let grown = try FloatMemory(
            count: Plan.checkedProduct(rows, Plan.checkedSum([width, 1])), for: "the values of the hidden units")
        let features = grown.matrix(at: 0, rows: rows, columns: width + 1)
        features.columns(from: 0, count: width).assign(matrix)
        let values = features.columns(from: width, count: 1)
        try unit.predict(matrix, into: values)
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

    /// The mean of a column that differs less than by a quarter of it, in the root mean square; otherwise 0.
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

    /// The power of 2 that brings the root mean square of a column to 1, or a little below; 0 for one of zeros, which says
    /// nothing.
    private static func scale(of column: Matrix) -> Float {
        var squares = 0.0
        for row in 0..<column.rows { squares += Double(column[row, 0]) * Double(column[row, 0]) }
        let size = (squares / Double(column.rows)).squareRoot()
        guard size > 0 else { return 0 }
        let exponent = max(-mostExponent, min(mostExponent, Int(size.exponent) + 1))
        return Float(sign: .plus, exponent: -exponent, significand: 1)
    }

    /// The products of scales and weights stay far from where float32 ends.
    private static let mostExponent = 60
}
