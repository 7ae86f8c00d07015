extension Network {
    /// Moves the running statistics of batch normalisation towards those of the workspace's last forward pass, which has
    /// used the batch's (``Workspace/usesBatchStatistics``). Training with ``fit(_:targets:optimizer:options:validation:)``
    /// does so after each step.
    public func updateStatistics(from workspace: Workspace) throws(ChainruleError) {
        try check(workspace, rows: max(workspace.rows, 1))
        guard workspace.rows > 0, workspace.usesBatchStatistics else {
            throw ChainruleError(.noForward, "the workspace holds no forward pass with the batch's statistics")
        }
        updateState(from: workspace)
    }

    func updateState(from workspace: Workspace) {
        guard plan.mixesRows else { return }
        for index in architecture.nodes.indices where architecture.nodes[index].layer.mixesRows {
            architecture.nodes[index].layer.updateState(
                LayerPass(
                    arithmetic: arithmetic, memory: workspace.layers[index], networkInput: workspace.input,
                    rows: 0..<workspace.rows, firstRow: 0, parameters: parameters, layer: index, noise: nil,
                    scratch: workspace.scratch.row(0), usesBatchStatistics: true, wantsNetworkInputDelta: false))
        }
        parameterVersion += 1
    }
}
