import Kernels

// What each kind of layer does backward: s, the inputs' δ with the parameters of the forward pass, and then the step.
extension CWriter {
    /// - Parameter delta: where ∂C/∂h of the node in work lies. Its s takes the same place.
    func writeBackward(_ delta: String) throws(ChainruleError) {
        callBack("/* \(node.name.text) */")
        if let activation = node.layer.outputActivation { passBack(activation, delta) }
        switch node.settings {
        case .dense:
            let (sizes, weight) = (
                "\(shape.positions), \(inputShape().channels), \(shape.channels)" as ErrorMessage,
                try table(0, "weight")!
            )
            if let (to, adds) = try inputDelta() {
                callBack("dense_back(\(delta), \(weight), \(to), \(sizes.text), \(adds ? 1 : 0));")
            }
            callBack(
                "dense_step(\(delta), \(input()), \(weight), \(try table(1, "bias") ?? "0"), \(sizes.text), rates);")
        case .activation:
            try moveBack(.identity(shape.count), delta)
        case .convolution(let settings): try convolveBack(settings, delta)
        case .pooling(let method, let settings): try poolBack(method, settings, delta)
        case .sum: try sumBack(delta) { _ in 1 }
        case .mean: try sumBack(delta) { [count = node.inputs.count] _ in 1 / Float(count) }
        case .difference: try sumBack(delta) { $0 == 0 ? 1 : -1 }
        case .concatenation(let axis):
            for (input, piece) in pieces(axis ?? shape.rank - 1).enumerated() { try moveBack(piece, delta, input) }
        case .take(let axis, let indices):
            guard let (to, adds) = try inputDelta() else { return }
            if !adds { callBack("clear(\(to), \(inputShape().count));") }
            for map in Take(axis: axis, indices: indices).moves(of: inputShape()) {
                try move(map, delta, to, adds: true, adjoint: true, backward: true)
            }
        default:
            guard let map = rearrangement() else { throw refusal(" that trains") }
            try moveBack(map, delta)
        }
    }

    private func passBack(_ activation: Activation, _ delta: String) {
        if activation.isIdentity { return }
        let name = activation.identifier
        let at = activation.derivativeIsOfValue ? output : preactivation
        if activation.readsWholeRows {
            callBack("\(name)_back(\(output), \(delta), \(shape.positions), \(shape.channels));")
        } else if let alpha = activation.alpha {
            callBack("slope_of_\(name)(\(at), \(delta), \(shape.count), \(CText.number(alpha)));")
        } else {
            callBack("pass_back(slope_of_\(name), \(at), \(delta), \(shape.count));")
        }
    }

    private func moveBack(
        _ map: Rearrangement, _ delta: String, _ input: Int = 0, factor: Float = 1
    ) throws(ChainruleError) {
        guard let (to, adds) = try inputDelta(input) else { return }
        try move(
            map, delta, to, count: inputShape(input).count, factor: factor, adds: adds, adjoint: true, backward: true)
    }

    private func sumBack(_ delta: String, _ coefficient: (Int) -> Float) throws(ChainruleError) {
        for input in node.inputs.indices {
            try moveBack(inputShape(input).repetition(in: shape)!, delta, input, factor: coefficient(input))
        }
    }

    private func convolveBack(_ settings: ConvolutionSettings, _ delta: String) throws(ChainruleError) {
        if settings.isTransposed { throw refusal(" that trains") }
        let window = table(settings.window.window(from: inputShape(), to: shape))
        let (channels, groups) = (inputShape().channels, settings.groups)
        let sizes = "\(channels), \(shape.channels), \(groups)" as ErrorMessage
        let weight = try table(0, "weight")!
        if let (to, adds) = try inputDelta() {
            callBack("convolve_back(\(window), \(delta), \(weight), 0, \(to), \(sizes.text), \(adds ? 1 : 0));")
        }
        let room = try room(Plan.checkedProduct(shape.channels, channels / groups))
        callBack(
            """
            convolve_step(\(window), \(delta), \(input()), \(weight), \(try table(1, "bias") ?? "0"), \(sizes.text), \(room), \
            rates);
            """)
    }

    private func poolBack(_ method: PoolingMethod, _ settings: WindowSettings?, _ delta: String) throws(ChainruleError)
    {
        guard let (to, adds) = try inputDelta() else { return }
        let window = table(window(settings))
        if !adds { callBack("clear(\(to), \(inputShape().count));") }
        if method == .maximum {
            return callBack("maximum_pool_back(\(window), \(input()), \(delta), \(to), \(shape.channels));")
        }
        let countsPadding = method == .meanWithPadding ? 1 : 0
        callBack("mean_pool_back(\(window), \(delta), \(to), \(shape.channels), \(countsPadding));")
    }
}
