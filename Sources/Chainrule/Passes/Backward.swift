extension Network {
    /// Runs the backward pass from `∇C` at the outputs of the last forward pass. For l = L … 1, computes
    /// `s = δ ⊙ σ'(z_l)`, `∂C/∂W_l = s ⊗ h_{l−1}`, `∂C/∂b_l = s`, `δ ← W_lᵀ s`. Sums over the rows of the batch.
    ///
    /// The weights must be those of the forward pass. After an ``Optimizer/step(_:gradients:)`` this throws
    /// ``ChainruleError/Code/noForward``: δ through changed weights is no gradient.
    /// - Parameters:
    ///   - outputGradient: ∇C, `rows × outputs`, with the rows of the last forward pass.
    ///   - workspace: for training or for gradients. A workspace for training keeps δ of every layer and ∂C/∂x; read
    ///     them with ``Workspace/values(of:_:)``.
    ///   - gradients: the gradient of every parameter, in the order of the parameter vector.
    ///   - accumulating: whether to add to `gradients` instead of setting them.
    public func backward(
        _ outputGradient: Span<Float>, in workspace: Workspace, gradients: inout MutableSpan<Float>,
        accumulating: Bool = false
    ) throws(ChainruleError) {
        guard workspace.rows >= 1 else { throw ChainruleError(.noForward, "the workspace holds no forward pass") }
        try Matrix.checkShape(outputGradient.count, rows: workspace.rows, columns: outputs, "the output gradient")
        guard gradients.count == parameterCount else {
            throw ChainruleError(
                .size, "gradients holds \(gradients.count) floats; the network has \(parameterCount) parameters")
        }
        try outputGradient.withUnsafeBufferPointer { gradient throws(ChainruleError) in
            try gradients.withUnsafeMutableBufferPointer { buffer throws(ChainruleError) in
                // The empty buffer of a network without parameters may have no address. Then there is nothing to write.
                let vector = buffer.baseAddress.map { Matrix(base: $0, rows: 1, columns: buffer.count) }
                try backward(
                    Matrix(reading: gradient.baseAddress!, rows: workspace.rows, columns: outputs, stride: outputs),
                    in: workspace, gradients: vector, accumulating: accumulating,
                    wantsInputGradient: workspace.inputDelta != nil)
            }
        }
    }

    /// - Parameters:
    ///   - gradients: a vector of the shape of the parameters; nil: compute only δ.
    package func backward(
        _ outputGradient: Matrix, in workspace: Workspace, gradients: Matrix?, accumulating: Bool,
        wantsInputGradient: Bool
    ) throws(ChainruleError) {
        try outputDelta(of: workspace, rows: outputGradient.rows).assign(outputGradient)
        try backward(
            in: workspace, gradients: gradients, accumulating: accumulating, wantsInputGradient: wantsInputGradient)
    }

    /// Checks that a backward pass is possible, and returns where it finds ∇C of the workspace's rows.
    func outputDelta(of workspace: Workspace, rows: Int) throws(ChainruleError) -> Matrix {
        try check(workspace, rows: rows)
        guard let delta = workspace.layers[workspace.layers.count - 1].delta else {
            throw ChainruleError(
                .mismatch, "a backward pass needs a workspace for training or for gradients; this one is for inference")
        }
        guard workspace.rows == rows else {
            throw ChainruleError(
                .noForward, "a backward pass of \(rows) rows, but the last forward pass had \(workspace.rows)")
        }
        guard workspace.parameterVersion == parameterVersion else {
            throw ChainruleError(
                .noForward, "the parameters have changed since the workspace's forward pass: run forward again")
        }
        return delta.rows(from: 0, count: rows)
    }

    /// Runs a part of a backward pass: as far as the gradients from an index to the end of the vector need.
    /// - Parameters:
    ///   - outputGradient: starts a pass; nil: goes on with the one that the last call started.
    ///   - first: the index; 0: the pass ends.
    package func backward(
        _ outputGradient: Matrix?, in workspace: Workspace, until first: Int, gradients: Matrix?, accumulating: Bool
    ) throws(ChainruleError) {
        var layer = architecture.nodes.count
        if let outputGradient {
            try outputDelta(of: workspace, rows: outputGradient.rows).assign(outputGradient)
        } else {
            guard case .stopped(let reached) = workspace.backwardPass else {
                throw ChainruleError(
                    .noForward, "the workspace holds no backward pass that could go on: dC_dy starts one")
            }
            _ = try outputDelta(of: workspace, rows: workspace.rows)
            layer = reached
        }
        try backward(
            in: workspace, from: layer, until: first, gradients: gradients, accumulating: accumulating,
            wantsInputGradient: false)
    }

    /// Runs the backward pass from the ∇C that ``outputDelta(of:rows:)`` points to: layer by layer δ and s, and the gradients
    /// of the layer's parameters.
    /// - Parameters:
    ///   - layer: the one after the first to compute; nil: all are to compute.
    ///   - first: the pass stops when the gradients from this index on are complete; 0: it ends.
    func backward(
        in workspace: Workspace, from layer: Int? = nil, until first: Int = 0, gradients: Matrix?, accumulating: Bool,
        wantsInputGradient: Bool
    ) throws(ChainruleError) {
        var reached = layer ?? architecture.nodes.count
        let rows = 0..<workspace.rows
        workspace.backwardPass = .none
        while reached > 0 && (first == 0 || plan.parameterCount(beforeLayer: reached) > first) {
            reached -= 1
            if workspace.layers[reached].delta != nil {
                try run(
                    reached, workspace.input, rows: rows, thread: 0, in: workspace,
                    wantsInputGradient: wantsInputGradient
                ) { layer, pass throws(ChainruleError) in try layer.backward(pass) }
            }
            if let gradients {
                try parameterGradients(
                    workspace.input, of: rows, share: .whole, in: workspace,
                    into: .vector(gradients, accumulating: accumulating), layers: reached..<reached + 1)
            }
        }
        workspace.backwardPass = first == 0 ? .ended : .stopped(before: reached)
        workspace.hasInputDelta = wantsInputGradient
    }

    /// Computes one thread's part of the gradients of the parameters, summed over the rows, from the layers' s.
    ///
    /// Can be cancelled, except when it makes a step: a step is made whole or not at all.
    /// - Parameters:
    ///   - layers: nil: all.
    ///   - optimizer: steps along the gradients; layers that it has frozen are left out.
    func parameterGradients(
        _ x: Matrix, of rows: Range<Int>, share: Share, in workspace: Workspace, into sink: GradientSink,
        layers: Range<Int>? = nil, for optimizer: Optimizer? = nil
    ) throws(ChainruleError) {
        let part = GradientPart(
            sink: sink, arithmetic: arithmetic, scratch: workspace.scratch.row(share.part), share: share)
        for index in layers ?? architecture.nodes.indices where optimizer?.isFrozen(layer: index) != true {
            let (layer, memory) = (architecture.nodes[index].layer, workspace.layers[index])
            let pass = GradientPass(memory: memory, networkInput: x, rows: rows)
            for (number, tensor) in memory.tensors.enumerated() {
                if case .vector = sink { try Cancellation.look(before: rows.count, times: plan.multiplications) }
                if layer.writesGradients {
                    part.write(tensor, hasFewRows: layer.hasFewGradientRows) { gradient, accumulating in
                        layer.writeGradient(ofTensor: number, into: gradient, accumulating: accumulating, pass, part)
                    }
                    continue
                }
                part.compute(tensor, terms: tensor.gradientTerms) {
                    layer.gradient(ofTensor: number, term: $0, pass)
                }
            }
        }
    }
}
