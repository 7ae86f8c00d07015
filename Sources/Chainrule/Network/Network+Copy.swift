extension Network {
    /// Makes an independent network with the same architecture, parameters, class labels, metadata and instruction set. Shares the
    /// functions of custom activations.
    public func copy() throws(ChainruleError) -> Network {
        let copy = try Network(uninitialized: Plan(architecture), level: level)
        copy.numbers.assign(numbers)
        copy.classLabels = classLabels
        copy.metadata = metadata
        return copy
    }
}
