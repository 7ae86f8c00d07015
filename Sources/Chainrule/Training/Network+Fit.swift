extension Network {
    /// Trains the network from the first epoch to the last. Same as a ``Trainer`` for one use.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major, every element finite.
    ///   - targets: for each row of x.
    ///   - optimizer: made for this network; continues from its present state.
    ///   - options: the cost, the batches, the epochs and callbacks.
    ///   - validation: data to measure on after each epoch; never trained on.
    /// - Returns: what happened in each epoch.
    @discardableResult
    public func fit(
        _ x: [Float], targets: Targets, optimizer: Optimizer, options: TrainingOptions,
        validation: (x: [Float], targets: Targets)? = nil
    ) throws(ChainruleError) -> [Epoch] {
        try Trainer(self, optimizer: optimizer, options: options).fit(x, targets: targets, validation: validation)
    }
}
