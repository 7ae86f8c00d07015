extension Network {
    /// Grows a network on data by cascade correlation (Fahlman and Lebiere 1990). Finds the number of hidden units and
    /// trains one layer of weights at a time.
    ///
    /// Starts with the outputs alone, which read x. Then repeats three steps. Trains candidates for a new hidden unit
    /// to follow the network's remaining errors (``CascadeOptions/candidates``). Installs the best; its weights are
    /// final. Trains the outputs, which read x and all hidden units. Each hidden unit reads x and the hidden units
    /// before it.
    ///
    /// The layers are "unit1", "features1" (a concatenation of what the unit reads and the unit), "unit2", … and
    /// "output"; without units only "output". You can train the network further, like any other.
    ///
    /// The same seed gives the same network, bit for bit, with any number of threads.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major, every element finite.
    ///   - inputs: the length of a row of x.
    ///   - targets: for each row of x.
    ///   - outputs: the number of outputs of the network.
    ///   - validation: data to measure on after each unit; never trained on.
    ///   - options: how it grows.
    /// - Returns: the best network seen during growth: the one with the lowest validation cost, or without validation
    ///   data the lowest cost. Also if the callback or a ``Cancellation`` ended growth.
    public static func cascade(
        _ x: [Float], inputs: Int, targets: Targets, outputs: Int,
        validation: (x: [Float], targets: Targets)? = nil, options: CascadeOptions
    ) throws(ChainruleError) -> Network {
        _ = try Architecture(inputs: inputs)
        return try withData(x, inputs: inputs, targets, "x") { data throws(ChainruleError) in
            try withValidation(validation, inputs: inputs) { held throws(ChainruleError) in
                try cascade(data, outputs: outputs, validation: held, options: options).network
            }
        }
    }

    package static func cascade(
        _ data: DataView, outputs: Int, validation: DataView?, options: CascadeOptions
    ) throws(ChainruleError) -> (network: Network, isCancelled: Bool) {
        // A cancelled call has a network to return: it must finish making its first and its last.
        let growth = try Cancellation.unwatched { () throws(ChainruleError) in
            try CascadeGrowth(data, outputs: outputs, validation: validation, options: options)
        }
        try growth.run()
        return (try Cancellation.unwatched(growth.network), growth.isCancelled)
    }
}
