extension Network {
    /// Computes the tangent of the workspace's forward pass: R{z} and R{h} of every layer, for a change of the
    /// parameters and of x (Pearlmutter 1994).
    /// - Parameters:
    ///   - workspace: for tangents.
    ///   - parameterTangents: R{w}, a vector of the shape of the parameters; nil: 0.
    ///   - inputTangent: R{x}, of the rows of the forward pass; nil: 0.
    func tangent(
        in workspace: Workspace, parameterTangents: Matrix?, inputTangent: Matrix?
    ) throws(ChainruleError) {
        let input = workspace.tangents!.input.rows(from: 0, count: workspace.rows)
        if let inputTangent { input.assign(inputTangent) } else { input.fill { 0 } }
        for index in architecture.nodes.indices {
            try Cancellation.look(before: workspace.rows, times: plan.multiplications)
            let pass = tangentPass(
                index, in: workspace, parameterTangents: parameterTangents, hasInputTangent: inputTangent != nil)
            do throws(ChainruleError) {
                try architecture.nodes[index].layer.tangent(pass)
            } catch {
                throw architecture.nodes[index].named(in: error)
            }
        }
    }

    /// Computes the tangents of a backward pass: R{δ} and R{s} of every layer, and R{∂C/∂w}.
    ///
    /// Run the backward pass first, and ``tangent(in:parameterTangents:inputTangent:)`` with the same parameter
    /// tangents and without a tangent of x. Put R{∇C} into ``Workspace/Tangents/outputDelta(rows:)``.
    func tangentBackward(
        in workspace: Workspace, parameterTangents: Matrix, gradientTangents: Matrix, accumulating: Bool
    ) throws(ChainruleError) {
        for index in architecture.nodes.indices.reversed() {
            try Cancellation.look(before: workspace.rows, times: plan.multiplications)
            let pass = tangentPass(
                index, in: workspace, parameterTangents: parameterTangents, hasInputTangent: false)
            do throws(ChainruleError) {
                try architecture.nodes[index].layer.tangentBackward(pass)
            } catch {
                throw architecture.nodes[index].named(in: error)
            }
        }
        let tangents = workspace.tangents!
        let all = GradientPart(
            sink: .vector(gradientTangents, accumulating: accumulating), arithmetic: arithmetic,
            scratch: workspace.scratch.row(0), share: .whole)
        for index in architecture.nodes.indices {
            try Cancellation.look(before: workspace.rows, times: plan.multiplications)
            func gradientPass(_ layers: [LayerMemory], _ input: Matrix) -> GradientPass {
                GradientPass(memory: layers[index], networkInput: input, rows: 0..<workspace.rows)
            }
            let layer = architecture.nodes[index].layer
            let pass = TangentGradientPass(
                values: gradientPass(workspace.layers, workspace.input),
                tangents: gradientPass(tangents.layers, tangents.input), hasInputTangent: false)
            for (number, tensor) in workspace.layers[index].tensors.enumerated() {
                if layer.writesGradients {
                    all.write(tensor, hasFewRows: layer.hasFewGradientRows) { tangent, accumulating in
                        layer.writeGradientTangent(
                            ofTensor: number, into: tangent, accumulating: accumulating, pass, all)
                    }
                    continue
                }
                // By the product rule.
                all.compute(tensor, terms: 2 * tensor.gradientTerms) {
                    layer.gradientTangent(ofTensor: number, term: $0, pass)
                }
            }
        }
    }

    private func tangentPass(
        _ index: Int, in workspace: Workspace, parameterTangents: Matrix?, hasInputTangent: Bool
    ) -> TangentPass {
        let tangents = workspace.tangents!
        func pass(_ layers: [LayerMemory], _ input: Matrix, _ parameters: Matrix) -> LayerPass {
            LayerPass(
                arithmetic: arithmetic, memory: layers[index], networkInput: input, rows: 0..<workspace.rows,
                firstRow: workspace.firstRow, parameters: parameters, layer: index, noise: workspace.noise,
                scratch: workspace.scratch.row(0), usesBatchStatistics: false, wantsNetworkInputDelta: false)
        }
        return TangentPass(
            values: pass(workspace.layers, workspace.input, parameters),
            tangents: pass(tangents.layers, tangents.input, parameterTangents ?? parameters),
            hasParameterTangents: parameterTangents != nil, hasInputTangent: hasInputTangent)
    }
}
