extension Activation {
    /// Checks α, and that σ is not constant at this width.
    func validate(layer: LayerName, width: Int) throws(ChainruleError) {
        if readsWholeRows && width == 1 {
            throw ChainruleError(
                .size,
                """
                layer '\(layer.text)' is 1 wide: '\(identifier)' is then constant, whatever its input; take 'sigmoid', or at \
                least 2 units
                """)
        }
        guard let alpha else { return }
        // With α = 0 clipped ReLU is constant.
        let isHeight = identifier.isSameText(as: "clipped_relu")
        if alpha.isFinite && (isHeight ? alpha > 0 : alpha >= 0) { return }
        throw ChainruleError(
            .value,
            """
            layer '\(layer.text)': alpha of '\(identifier)' is \(alpha); it must be finite and \(isHeight ? "> 0" : ">= 0")
            """)
    }

    /// Where z of a layer with this σ lies.
    var preactivation: Preactivation {
        if isCustom { return .alwaysOwn }
        if isIdentity { return .activation }
        return derivativeIsOfValue ? .replaceable : .own
    }

    /// Where the signal of a layer with this σ lies.
    var signal: Signal {
        if isIdentity { return .delta }
        // A custom σ' gets two separate arrays.
        return isCustom ? .own : .replacing
    }

    /// `h = σ(z)`.
    func forward(_ pass: LayerPass) throws(ChainruleError) {
        switch function {
        case .builtIn(let kernel):
            if isIdentity && pass.z.isSameMemory(as: pass.h) { return }
            pass.arithmetic.apply(kernel, alpha: alpha ?? 0, z: pass.z, h: pass.h)
        case .custom(let custom):
            try forward(custom, pass)
        }
    }

    /// `s = δ ⊙ σ'(z)`, or its counterpart where σ is not elementwise.
    func backward(_ pass: LayerPass) throws(ChainruleError) {
        switch function {
        case .builtIn(let kernel):
            if isIdentity && pass.s.isSameMemory(as: pass.delta) { return }
            pass.arithmetic.applyBackward(kernel, alpha: alpha ?? 0, z: pass.z, h: pass.h, delta: pass.delta, s: pass.s)
        case .custom(let custom):
            try derivative(custom.derivative, "derivative", pass, into: pass.s)
            pass.arithmetic.multiply(pass.s, by: pass.delta)
        }
    }

    /// `R{h} = σ'(z) ⊙ R{z}`, or its counterpart where σ is not elementwise.
    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let (values, tangents) = (pass.values, pass.tangents)
        switch function {
        case .builtIn(let kernel):
            pass.arithmetic.applyTangent(
                kernel, alpha: alpha ?? 0, z: values.z, h: values.h, zTangent: tangents.z, hTangent: tangents.h)
        case .custom(let custom):
            try derivative(custom.derivative, "derivative", values, into: tangents.h)
            pass.arithmetic.multiply(tangents.h, by: tangents.z)
        }
    }

    /// `R{s} = R{δ} ⊙ σ'(z) + δ ⊙ σ''(z) ⊙ R{z}`, or its counterpart.
    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        let (values, tangents) = (pass.values, pass.tangents)
        switch function {
        case .builtIn(let kernel):
            let (delta, s) = (values.delta, tangents.s)
            if !(isIdentity && s.isSameMemory(as: tangents.delta)) {
                pass.arithmetic.applyBackward(
                    kernel, alpha: alpha ?? 0, z: values.z, h: values.h, delta: tangents.delta, s: s)
            }
            pass.arithmetic.addCurvature(
                kernel, alpha: alpha ?? 0, z: values.z, h: values.h, zTangent: tangents.z, hTangent: tangents.h,
                delta: delta, sTangent: s)
        case .custom(let custom):
            guard let secondDerivative = custom.secondDerivative else { throw Activation.noSecondDerivative }
            try derivative(secondDerivative, "second derivative", values, into: tangents.s)
            pass.arithmetic.multiply(tangents.s, by: values.delta)
            pass.arithmetic.multiply(tangents.s, by: tangents.z)
            // δ is no longer needed: its place can hold σ'.
            try derivative(custom.derivative, "derivative", values, into: values.delta)
            pass.arithmetic.multiply(values.delta, by: tangents.delta)
            pass.arithmetic.add(values.delta, to: tangents.s)
        }
    }

    static var noSecondDerivative: ChainruleError {
        ChainruleError(.mismatch, "the custom activation has no second derivative, which a Hessian product needs")
    }

    private func derivative(
        _ function: CustomActivation.Derivative, _ what: StaticString, _ pass: LayerPass, into result: Matrix
    ) throws(ChainruleError) {
        try pass.z.withSpan { z throws(ChainruleError) in
            try pass.h.withSpan { h throws(ChainruleError) in
                try result.withMutableSpan { result throws(ChainruleError) in
                    try function(z, h, &result, pass.z.rows, pass.z.columns)
                }
            }
        }
        try checkResult(of: pass.z, is: result, what, pass)
    }

    private func forward(_ custom: CustomActivation, _ pass: LayerPass) throws(ChainruleError) {
        try pass.z.withSpan { z throws(ChainruleError) in
            try pass.h.withMutableSpan { h throws(ChainruleError) in
                try custom.value(z, &h, pass.h.rows, pass.h.columns)
            }
        }
        try checkResult(of: pass.z, is: pass.h, "value", pass)
    }

    /// Checks that a custom activation gives NaN only where z is NaN.
    private func checkResult(
        of z: Matrix, is result: Matrix, _ what: StaticString, _ pass: LayerPass
    ) throws(ChainruleError) {
        let positions = result.rows / pass.rows.count
        for row in 0..<result.rows {
            for column in 0..<result.columns where result[row, column].isNaN && !z[row, column].isNaN {
                throw ChainruleError(
                    .callback,
                    """
                    the custom activation's \(what) is nan at row \(pass.batchRow(row / positions)), column \
                    \(row % positions * result.columns + column), where z is \(z[row, column])
                    """
                ).ofParameters()
            }
        }
    }
}
