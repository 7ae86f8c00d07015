extension Architecture {
    /// The same network for a sequence of one step, x being that step: what a stream computes for each frame.
    ///
    /// Throws if an output depends on later steps, with the name of the layer.
    func ofOneStep() throws(ChainruleError) -> Architecture {
        guard let sequence = nodes.first(where: { $0.givesSequence(of: self) }) else {
            throw ChainruleError(.value, "x is no sequence: no layer gives it the shape [steps, channels]")
        }
        let frame = try sequence.shape.with(1, along: 0, in: sequence.name)
        var result = try Architecture(inputs: frame.count)
        var times: [StreamTime] = []
        for node in nodes {
            let inputTimes = node.inputs.map { $0 == 0 ? StreamTime.input : times[$0 - 1] }
            let dependence = node.layer.timeDependence(shape: node.shape, inputs: inputShapes(of: node))
            guard let time = StreamTime(of: dependence, inputTimes, node) else { throw node.notCausal() }
            times.append(time)
            // Another sequence of x would have other steps.
            guard time != .sequence || node.shape[0] == sequence.shape[0] else { throw node.notCausal() }
            let isSequence = time == .sequence
            let shape = isSequence ? try node.shape.with(1, along: 0, in: node.name) : node.shape
            do throws(ChainruleError) {
                try result.append(
                    isSequence ? node.layer.ofOneStep(shape) : node.layer, name: node.name.text,
                    inputs: node.inputs.map { name(at: $0).text })
            } catch {
                throw ChainruleError(.value, "layer '\(node.name.text)' is not causal: \(error.message)")
            }
            guard result.outputShape == shape else { throw node.notCausal() }
        }
        guard times.last != .constant else { throw nodes[nodes.count - 1].notCausal() }
        return result
    }
}

/// What a layer's output is to a stream.
enum StreamTime {
    /// x, all steps in one row.
    case input
    /// A step of a sequence.
    case sequence
    /// What the last step leaves: after each frame, what it would be if that frame were the last.
    case last
    case constant

    /// Nil if it depends on later steps.
    init?(of dependence: TimeDependence, _ inputs: [StreamTime], _ node: Architecture.Node) {
        switch dependence {
        case .allSteps: return nil
        case .constant: self = .constant
        case .view where inputs[0] == .input || inputs[0] == .sequence:
            guard node.shape.rank > 1 else { return nil }
            self = .sequence
        case .window:
            guard inputs[0] == .sequence else { return nil }
            self = .sequence
        case .state:
            // The first state cannot depend on what comes later.
            guard inputs[0] == .sequence, !inputs.dropFirst().contains(where: { $0 != .constant }) else { return nil }
            self = node.shape.rank > 1 ? .sequence : .last
        case .step, .view:
            var time = StreamTime.constant
            for input in inputs where input != .constant {
                // A sequence and what its last step leaves are of different steps.
                guard input != .input, time == .constant || time == input else { return nil }
                time = input
            }
            self = time
        }
    }
}

extension Architecture.Node {
    /// Whether the layer is x as a sequence.
    fileprivate func givesSequence(of architecture: Architecture) -> Bool {
        guard inputs == [0], shape.rank > 1 else { return false }
        if case .view = layer.timeDependence(shape: shape, inputs: architecture.inputShapes(of: self)) { return true }
        return false
    }

    fileprivate func notCausal() -> ChainruleError {
        ChainruleError(
            .value,
            """
            layer '\(name.text)', \(layer.kind), is not causal: a stream takes one step after the other of a sequence \
            [steps, channels]
            """)
    }
}
