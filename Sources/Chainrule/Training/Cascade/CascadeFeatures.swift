/// What the next unit and the outputs read for all rows: x, and the values of the hidden units, each column times a power of
/// 2 that brings its root mean square near 1.
///
/// Training goes well only with numbers of one size, and a power of 2 can be moved to the weights without any rounding.
struct CascadeFeatures {
    private var memory: FloatMemory
    private let rows: Int
    /// What the columns were multiplied by.
    private(set) var scales: [Float]

    /// - Parameter scales: nil for those of x.
    init(_ x: Matrix, scales: [Float]? = nil) throws(NetworkError) {
        memory = try FloatMemory(copying: x)
        rows = x.rows
        self.scales = []
        for column in 0..<x.columns {
            self.scales.append(scales?[column] ?? CascadeFeatures.scale(of: x.columns(from: column, count: 1)))
        }
        for column in 0..<x.columns { multiply(column, of: matrix) }
    }

    var width: Int { scales.count }

    /// `rows × width`.
    var matrix: Matrix { memory.matrix(at: 0, rows: rows, columns: width) }

    /// Adds a column: the outputs of a network of one unit that reads the others.
    /// - Parameter scale: nil for that of the outputs.
    mutating func append(_ unit: Network, scale: Float? = nil) throws(NetworkError) {
        let grown = try FloatMemory(
            count: Plan.checkedProduct(rows, Plan.checkedSum([width, 1])), for: "the values of the hidden units")
        let features = grown.matrix(at: 0, rows: rows, columns: width + 1)
        features.columns(from: 0, count: width).assign(matrix)
        let values = features.columns(from: width, count: 1)
        try unit.predict(matrix, into: values)
        if let found = values.firstNotFinite() {
            throw NetworkError(.notFinite, "its value for row \(found.row) is \(found.value)")
        }
        memory = grown
        scales.append(scale ?? CascadeFeatures.scale(of: values))
        multiply(width - 1, of: matrix)
    }

    private func multiply(_ column: Int, of matrix: Matrix) {
        for row in 0..<rows { matrix[row, column] *= scales[column] }
    }

    /// The power of 2 that brings the root mean square of a column to 1, or a little below.
    private static func scale(of column: Matrix) -> Float {
        var squares = 0.0
        for row in 0..<column.rows { squares += Double(column[row, 0]) * Double(column[row, 0]) }
        let size = (squares / Double(column.rows)).squareRoot()
        guard size > 0 else { return 1 }
        let exponent = max(-mostExponent, min(mostExponent, Int(size.exponent) + 1))
        return Float(sign: .plus, exponent: -exponent, significand: 1)
    }

    /// The products of scales and weights stay far from where float32 ends.
    private static let mostExponent = 60
}
