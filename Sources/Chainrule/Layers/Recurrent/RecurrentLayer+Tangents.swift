// The tangents of a recurrent layer's passes and gradients, by the product rule.

extension RecurrentLayer {
    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let all = pass.values.rows.count
        var step = RecurrentTangentStep(pass, self)
        preactivationTangent(
            pass, into: columns(layout.gates, of: step.tangents.positions), step.values.product)
        begin(step.tangents.scratch, description.hasInitialState ? pass.inputTangent(1) : nil)
        let h = pass.tangents.h
        try forEachStep(pass.values, rows: 0..<all) { time, rows, isInside in
            step.move(to: time, rows)
            advance(step.tangents, isInside: isInside, isKept: true, into: h) { cell.tangent(step) }
        }
        let scratch = step.tangents.scratch
        end(h, step.tangents.steps, state: scratch.state, cell: scratch.cell)
    }

    /// `R{Z} = X R{W_ih}ᵀ + 1 R{b}ᵀ + R{X} W_ihᵀ`, the input's share.
    private func preactivationTangent(_ pass: TangentPass, into z: Matrix, _ scratch: Matrix) {
        let inputTangent = pass.inputTangent(0)
        guard let weightTangent = pass.parameterTangent(0) else {
            guard let inputTangent else { return z.fill { 0 } }
            return pass.arithmetic.productTransposed(
                inputTangent, pass.values.parameter(0), plus: nil, into: z, scratch: scratch)
        }
        pass.arithmetic.productTransposed(
            pass.values.inputActivation(0), weightTangent, plus: description.hasBias ? pass.vectorTangent(2) : nil,
            into: z, scratch: scratch)
        guard let inputTangent else { return }
        // Nothing is there yet.
        let share = columns(
            layout.signals.lowerBound..<layout.signals.lowerBound + z.columns,
            of: pass.tangents.kept!.reshaped(columns: layout.count))
        pass.arithmetic.productTransposed(
            inputTangent, pass.values.parameter(0), plus: nil, into: share, scratch: scratch)
        pass.arithmetic.add(share, to: z)
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        let all = pass.values.rows.count
        var step = RecurrentTangentStep(pass, self)
        beginBackward(step.values.scratch, pass.values.delta, step.values.steps)
        beginBackward(step.tangents.scratch, pass.tangents.delta, step.tangents.steps)
        try forEachStep(pass.values, rows: 0..<all, inReverse: true) { time, rows, isInside in
            step.move(to: time, rows)
            guard isInside else { return step.tangents.signals.fill { 0 } }
            if description.givesSequence {
                pass.arithmetic.add(step.values.ofOutput(pass.values.delta), to: step.values.state)
                pass.arithmetic.add(step.tangents.ofOutput(pass.tangents.delta), to: step.tangents.state)
            }
            cell.tangentBackward(step)
        }
        if let delta = pass.tangents.inputDelta(0) {
            try multiplyInput(
                columns(layout.signals, of: step.tangents.positions), pass.values.parameter(0), into: delta,
                accumulating: pass.tangents.accumulatesInputDelta(0), pass.arithmetic, scratch: step.values.product)
            if let weightTangent = pass.parameterTangent(0) {
                try multiplyInput(
                    columns(layout.signals, of: step.values.positions), weightTangent, into: delta,
                    accumulating: true, pass.arithmetic, scratch: step.values.product)
            }
        }
        passOn(step.tangents.scratch, pass.tangents)
    }

    func writeGradientTangent(
        ofTensor index: Int, into tangent: Matrix, accumulating: Bool, _ pass: TangentGradientPass, _ part: GradientPart
    ) {
        let values = pass.values.kept.reshaped(columns: layout.count)
        let tangents = pass.tangents.kept.reshaped(columns: layout.count)
        sumProducts(
            ofTensor: index, columns(layout.signals, of: tangents), pass.values.inputActivation(0), values,
            into: tangent, accumulating: accumulating, isTangent: false, part)
        sumProducts(
            ofTensor: index, columns(layout.signals, of: values), pass.inputTangent(0), tangents,
            into: tangent, accumulating: true, isTangent: true, part)
    }
}
