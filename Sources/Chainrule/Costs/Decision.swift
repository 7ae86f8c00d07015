extension Cost {
    /// What a row of outputs decides. The decision makes the row right or wrong.
    enum Decision: Sendable {
        /// Nothing: the outputs are quantities.
        case none
        /// One of the classes: the largest output, the first of equals.
        case largest
        /// Yes or no for each output: yes above the threshold; for targets, yes above a half.
        case above(Float)

        var isMade: Bool {
            if case .none = self { return false }
            return true
        }

        /// Whether a row's outputs and targets decide the same.
        func isRight(_ y: Matrix, _ targets: TargetView, row: Int) -> Bool {
            if case .above(let threshold) = self, let values = targets.values {
                return y.countDifferences(above: threshold, from: values, above: 0.5, inRow: row) == 0
            }
            let target = targets.decidedClass(row: row)
            let output = y[row, target]
            guard y.countAbove(output, inRow: row) == 0 else { return false }
            // Normally only the output itself is above that; otherwise there are equals.
            return y.countAbove(output.nextDown, inRow: row) == 1 || y.indexOfLargest(inRow: row) == target
        }

        /// Adds up the weight of some rows, and of the right ones.
        func judge(_ y: Matrix, _ targets: TargetView, rows: Range<Int>) -> DecidedWeight {
            var decided = DecidedWeight()
            for row in rows {
                decided.add(
                    weight: targets.weights.map { Double($0[row]) } ?? 1, isRight: isRight(y, targets, row: row))
            }
            return decided
        }
    }
}

extension Cost {
    /// How many classes the outputs decide between. Two, no and yes, for a binary cross-entropy of one output.
    func classes(outputs: Int) throws(ChainruleError) -> Int {
        switch decision {
        case .largest: return outputs
        case .above where outputs == 1: return 2
        default: throw ChainruleError(.value, "the cost '\(identifier)' of \(outputs) outputs has no classes")
        }
    }
}

extension TargetView {
    /// The class of a row, or its only target, which is 0 or 1.
    func labelledClass(row: Int) throws(ChainruleError) -> Int {
        if let classes { return Int(classes[row]) }
        guard let value = values?[row, 0], value == 0 || value == 1 else {
            throw ChainruleError(
                .target, "the target of row \(row) is \(values?[row, 0] ?? .nan); with class weights it must be 0 or 1")
        }
        return Int(value)
    }

    /// The class of a row; of a distribution, the most probable one, the first of equals.
    func decidedClass(row: Int) -> Int {
        classes.map { Int($0[row]) } ?? values?.indexOfLargest(inRow: row) ?? 0
    }
}

/// The weight of rows about which outputs decided, and of the right ones. Both add in the same order, so the second is
/// never larger.
struct DecidedWeight: BitwiseCopyable {
    var all = 0.0
    var right = 0.0

    /// The share that is right; nil if the weight is 0.
    var accuracy: Double? { all > 0 ? right / all : nil }

    mutating func add(weight: Double, isRight: Bool) {
        all += weight
        right += isRight ? weight : 0
    }

    static func += (sum: inout DecidedWeight, added: DecidedWeight) {
        sum.all += added.all
        sum.right += added.right
    }
}
