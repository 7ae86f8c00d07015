/// What the next unit and the outputs read for all rows: x, and the values of the hidden units.
struct CascadeFeatures {
    private var memory: FloatMemory
    private let rows: Int
    private(set) var width: Int

    init(copying x: Matrix) throws(NetworkError) {
        memory = try FloatMemory(copying: x)
        rows = x.rows
        width = x.columns
    }

    /// `rows × width`.
    var matrix: Matrix { memory.matrix(at: 0, rows: rows, columns: width) }

    /// Adds a column: the outputs of a network of one unit that reads the others.
    mutating func append(_ unit: Network) throws(NetworkError) {
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
        width += 1
    }
}
