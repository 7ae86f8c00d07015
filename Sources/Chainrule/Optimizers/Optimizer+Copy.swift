extension Optimizer {
    /// Copies the optimizer for another network with the same tensors, such as a ``Network/copy()``. Copies the method,
    /// hyperparameters, number of steps and state.
    public func copy(for network: Network) throws(ChainruleError) -> Optimizer {
        try checkTensors(of: network)
        let copy = try Optimizer(method, learningRate: learningRate, regularization: regularization, for: network)
        try copy.take(self)
        return copy
    }
}
