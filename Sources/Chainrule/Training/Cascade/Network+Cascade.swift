extension Network {
    /// Grows a network on data: cascade correlation (Fahlman and Lebiere 1990), which finds out how many hidden units are
    /// needed, and trains one layer of weights at a time.
    ///
    /// It begins with the outputs alone, which read x. Then, again and again, candidates for a new hidden unit are trained to
    /// follow what the network still does wrong (``CascadeOptions/candidates``); the best is installed, its weights final; and
    /// the outputs are trained, which read x and all hidden units. Each hidden unit reads x and the hidden units before it.
    ///
    /// The layers are called "unit1", "features1" (a concatenation of what the unit reads and the unit), "unit2", … and
    /// "output"; with no units there is "output" alone. The network is one like others, and can be trained further.
    ///
    /// One seed gives one network, bit for bit, whatever the number of threads.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major, every element finite.
    ///   - inputs: the length of a row of x.
    ///   - targets: for each row of x.
    ///   - outputs: how many the network has.
    ///   - validation: data to measure on after each unit; never trained on.
    /// - Returns: the network with the lowest cost among those that it was while it grew, that of the validation data if there
    ///   are any; also if the callback or a ``Cancellation`` has ended it.
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
        // A call that is cancelled has a network to return: neither its first one nor its last is given up.
        let growth = try Cancellation.unwatched { () throws(ChainruleError) in
            try CascadeGrowth(data, outputs: outputs, validation: validation, options: options)
        }
        try growth.run()
        return (try Cancellation.unwatched(growth.network), growth.isCancelled)
    }
}
