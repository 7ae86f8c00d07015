/// Data in two parts: rows to train on, and a copy of the rows to validate on.
struct Split {
    let trainingRows: Memory<Int>
    private let validationRows: RowsCopy

    var heldOut: DataView { validationRows.data }

    /// - Parameters:
    ///   - share: the share of the rows to validate on, in (0, 1). Takes at least one row and leaves at least one.
    ///   - seed: selects the rows; nil: the last rows.
    init(of data: DataView, share: Double, seed: UInt64?) throws(ChainruleError) {
        let rows = data.x.rows
        guard rows >= 2 else {
            throw ChainruleError(.size, "x has 1 row, of which none can be held out: validation_split must be 0")
        }
        let held = max(1, min(rows - 1, Int((Double(rows) * share).rounded())))
        let order = try Memory<Int>(count: rows, for: "the order of the rows")
        for row in 0..<rows { order.base[row] = row }
        if let seed {
            // Epochs start at 1, so 0 is free.
            var generator = RandomGenerator(seed: seed, stream: 0)
            var elements = order.elements
            try generator.shuffle(&elements)
        }
        trainingRows = try Memory<Int>(count: rows - held, for: "the rows to train on")
        for place in 0..<rows - held { trainingRows.base[place] = order.base[place] }
        validationRows = try RowsCopy(order.elements[(rows - held)...], of: data, for: "the rows to validate on")
    }

    static func check(share: Double) throws(ChainruleError) {
        guard share >= 0 && share < 1 else {
            throw ChainruleError(.value, "validation_split is \(share); it must be in [0, 1)")
        }
    }

    static var bothAreGiven: ChainruleError {
        ChainruleError(.value, "both validation data and a validation_split are given")
    }
}

/// A copy of some rows of data.
struct RowsCopy {
    /// Valid as long as this value.
    let data: DataView
    private let x: FloatMemory
    private let targets: BatchTargets

    /// - Parameter rows: the places of the rows in the data.
    init(
        _ rows: Slice<UnsafeMutableBufferPointer<Int>>, of data: DataView, for purpose: StaticString
    ) throws(ChainruleError) {
        x = try FloatMemory(count: Plan.checkedProduct(rows.count, data.x.columns), for: purpose)
        targets = try BatchTargets(rows: rows.count, like: data.targets)
        let copy = x.matrix(at: 0, rows: rows.count, columns: data.x.columns)
        for place in 0..<rows.count { copy.row(place).assign(data.x.row(rows[rows.startIndex + place])) }
        targets.gather(rows, 0..<rows.count, from: data.targets)
        self.data = DataView(x: copy, targets: targets.targets(rows: rows.count))
    }
}
