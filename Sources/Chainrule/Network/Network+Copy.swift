extension Network {
    /// A network of its own with the same architecture, parameters and instruction set. A custom activation's functions are
    /// shared.
    public func copy() throws(ChainruleError) -> Network {
        let copy = try Network(uninitialized: Plan(architecture), level: level)
        copy.parameters.assign(parameters)
        return copy
    }
}
