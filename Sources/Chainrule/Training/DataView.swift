/// Data with targets.
package struct DataView {
    package let x: Matrix
    package var targets: TargetView

    package init(x: Matrix, targets: TargetView) {
        self.x = x
        self.targets = targets
    }

    /// Checks that x has rows, that the targets have as many, and that the cost takes them. Reads no element of either.
    package func checkShape(for cost: Cost, outputs: Int, _ what: StaticString) throws(ChainruleError) {
        guard x.rows >= 1 else { throw ChainruleError(.size, "\(what) has 0 rows; at least 1 is needed") }
        try DataView.checkTargets(of: what) { () throws(ChainruleError) in
            try targets.shape.validate(for: cost, rows: x.rows, columns: outputs)
        }
    }

    /// Runs a check. Its error says which targets, if there may be others.
    fileprivate static func checkTargets(
        of what: StaticString, _ check: () throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        do throws(ChainruleError) {
            try check()
        } catch {
            throw what.isSameText(as: "x") ? error : error.preceded(by: "the targets of \(what): ")
        }
    }
}

extension Network {
    func withData<Result>(
        _ x: [Float], _ targets: Targets, _ what: StaticString, _ body: (DataView) throws(ChainruleError) -> Result
    ) throws(ChainruleError) -> Result {
        try Network.withData(x, inputs: inputs, targets, what, body)
    }

    static func withData<Result>(
        _ x: [Float], inputs: Int, _ targets: Targets, _ what: StaticString,
        _ body: (DataView) throws(ChainruleError) -> Result
    ) throws(ChainruleError) -> Result {
        let rows = x.count / inputs
        try Matrix.checkShape(x.count, rows: rows, columns: inputs, what)
        return try targets.withView { targets throws(ChainruleError) in
            try x.withUnsafeBufferPointer { x throws(ChainruleError) in
                try body(
                    DataView(
                        x: Matrix(reading: x.baseAddress!, rows: rows, columns: inputs, stride: inputs),
                        targets: targets))
            }
        }
    }

    /// The same for optional validation data.
    static func withValidation<Result>(
        _ validation: (x: [Float], targets: Targets)?, inputs: Int, _ body: (DataView?) throws(ChainruleError) -> Result
    ) throws(ChainruleError) -> Result {
        guard let validation else { return try body(nil) }
        return try withData(validation.x, inputs: inputs, validation.targets, "the x of the validation data") {
            held throws(ChainruleError) in try body(held)
        }
    }

    /// Checks data for training or measuring: first all counts, then the elements.
    /// - Returns: the largest magnitude in x.
    @discardableResult
    func check(_ data: DataView, cost: Cost, _ what: StaticString) throws(ChainruleError) -> Float {
        try checkOutput(for: cost)
        try data.checkShape(for: cost, outputs: outputs, what)
        let largest = try checkFinite(data.x, what)
        try DataView.checkTargets(of: what) { () throws(ChainruleError) in
            try data.targets.validate(for: cost, rows: data.x.rows, columns: outputs)
        }
        return largest
    }

    /// Checks that training data are finite, and returns the largest magnitude.
    @discardableResult
    package func checkFinite(_ matrix: Matrix, _ what: StaticString) throws(ChainruleError) -> Float {
        var largest: Float = 0
        try matrix.inPieces { piece, first throws(ChainruleError) in
            let magnitude = arithmetic.largestMagnitude(piece)
            if !magnitude.isFinite, let found = piece.firstNotFinite() {
                throw ChainruleError(
                    .notFinite, "\(what) holds \(found.value) at row \(first + found.row), column \(found.column)")
            }
            largest = max(largest, magnitude)
        }
        return largest
    }

    /// Refuses a network that ends in the activation the cost itself applies, or in classes at several positions.
    func checkOutput(for cost: Cost) throws(ChainruleError) {
        let shape = architecture.outputShape
        guard !cost.acceptsClasses || shape.positions == 1 else {
            throw ChainruleError(
                .size,
                """
                the cost '\(cost.identifier)' decides between the classes of one row; the output has the shape \
                \(shape.text): let the network end in a reshape to one axis if all of it are classes
                """)
        }
        guard let applied = cost.appliedActivation, var last = architecture.nodes.last else { return }
        while last.layer.isIdentityWithoutNoise, last.inputs[0] > 0 { last = architecture.nodes[last.inputs[0] - 1] }
        guard let activation = last.layer.outputActivation, activation.identifier.isSameText(as: applied) else {
            return
        }
        // Over other rows it is another function.
        if activation.readsWholeRows && last.shape.channels != shape.channels { return }
        let instead: StaticString = cost.acceptsClasses ? "or log_softmax" : "or take the cost 'binary_cross_entropy'"
        throw ChainruleError(
            .value,
            """
            layer '\(last.name.text)' applies \(applied), which the cost '\(cost.identifier)' applies itself: give it the \
            activation identity, \(instead)
            """)
    }
}
