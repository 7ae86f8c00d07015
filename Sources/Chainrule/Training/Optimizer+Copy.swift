extension Optimizer {
    /// An optimizer for another network with the same tensors, such as a ``Network/copy()``: the same method and
    /// hyperparameters, the same steps taken, a copy of the state.
    public func copy(for network: Network) throws(ChainruleError) -> Optimizer {
        try checkTensors(of: network)
        let copy = try Optimizer(method, learningRate: learningRate, regularization: regularization, for: network)
        try copy.take(self)
        return copy
    }
}
