import Kernels

// What each kind of layer becomes.
extension CWriter {
    func write() throws(ChainruleError) {
        switch node.settings {
        case .dense(let activation, bias: _, weights: _, biases: _): try dense(activation)
        case .activation(let activation): try activate(activation, input(), output)
        case .reshape, .parameter, .constant: break
        case .dropout(let rate, let dropsChannels): try drop(rate, dropsChannels)
        case .noise(let deviation):
            hasModes = true
            call("make_noise(\(input()), \(output), \(shape.count), trains ? \(CText.number(deviation)) : 0.0f);")
        case .sum: try sum { _ in 1 }
        case .mean: try sum { [count = node.inputs.count] _ in 1 / Float(count) }
        case .difference: try sum { $0 == 0 ? 1 : -1 }
        case .product, .quotient, .maximum, .minimum, .power: try combine()
        case .function(let function): apply(function)
        case .concatenation(let axis): try concatenate(axis ?? shape.rank - 1)
        case .transpose, .slice, .zeroPadding, .upsampling, .broadcast, .input:
            try move(rearrangement()!, input(), output)
        case .reduction(let method, let axes, let keepsAxes):
            try reduce(Reduction(method, axes: axes, keepsAxes: keepsAxes))
        case .convolution(let settings): try convolve(settings)
        case .pooling(let method, let window): pool(method, window)
        case .normalization(let method, let epsilon, _): try normalize(method, epsilon)
        case .prelu:
            call("prelu(\(input()), \(try table(0, "weight")!), \(output), \(extents));")
        case .softmax(let axis): try softmax(axis)
        case .recurrent(let settings): try recur(settings)
        case .embedding(let tokens, let width, _):
            call(
                """
                look_up(\(input()), \(try table(0, "weight")!), \(output), \(inputShape().count), \(width), \(tokens));
                """)
        case .positions:
            let places = try FloatMemory(count: shape.count, for: "C source")
            Positions().write(to: places.vector.reshaped(columns: shape.channels))
            let same = Rearrangement.identity(shape.count)
            try move(same, input(), output)
            try move(same, try table(places.vector, "places"), output, adds: true)
        case .take(let axis, let indices):
            for move in Take(axis: axis, indices: indices).moves(of: inputShape()) {
                try self.move(move, input(), output)
            }
        case .attention(let settings): try attend(settings)
        case .matrixProduct(let transposesB): multiply(transposesB)
        }
    }

    /// s, the inputs' δ with the parameters of the forward pass, and then the step.
    /// - Parameter delta: where ∂C/∂h of the node in work lies. Its s takes the same place.
    func writeBackward(_ delta: String) throws(ChainruleError) {
        call("/* \(node.name.text) */")
        if let activation = node.layer.outputActivation { passBack(activation, delta) }
        switch node.settings {
        case .dense: try denseBack(delta)
        case .activation: try moveBack(.identity(shape.count), delta)
        case .convolution(let settings): try convolveBack(settings, delta)
        case .pooling(let method, let settings): try poolBack(method, settings, delta)
        case .normalization(let method, let epsilon, _): try normalizeBack(method, epsilon, delta)
        case .sum: try sumBack(delta) { _ in 1 }
        case .mean: try sumBack(delta) { [count = node.inputs.count] _ in 1 / Float(count) }
        case .difference: try sumBack(delta) { $0 == 0 ? 1 : -1 }
        case .concatenation(let axis):
            for (input, piece) in pieces(axis ?? shape.rank - 1).enumerated() { try moveBack(piece, delta, input) }
        case .take(let axis, let indices):
            guard let to = try clearedInputDelta() else { return }
            for map in Take(axis: axis, indices: indices).moves(of: inputShape()) {
                try move(map, delta, to, adds: true, adjoint: true)
            }
        case .product, .quotient, .maximum, .minimum, .power: try combineBack(delta)
        case .function(let function): try applyBack(function, delta)
        case .reduction(let method, let axes, let keepsAxes):
            try reduceBack(Reduction(method, axes: axes, keepsAxes: keepsAxes), delta)
        case .prelu:
            let (to, adds) = try inputDeltaArguments()
            call(
                """
                prelu_back(\(delta), \(input()), \(try table(0, "")!), \(to), \(extents), \(adds), rates);
                """)
        case .softmax(let axis): try softmaxBack(axis, delta)
        case .parameter:
            _ = try clearedInputDelta()
            call("bias_step(\(delta), 0, \(try table(0, "")!), 1, \(shape.count), rates);")
        case .embedding(let tokens, let width, _):
            _ = try clearedInputDelta()
            call(
                """
                embed_step(\(delta), \(input()), \(try table(0, "")!), \(inputShape().count), \(width), \(tokens), rates);
                """)
        case .matrixProduct(let transposesB): try multiplyBack(transposesB, delta)
        case .positions: try moveBack(.identity(shape.count), delta)
        case .recurrent(let settings): try recurBack(settings, delta)
        case .attention(let settings): try attendBack(settings, delta)
        case .transpose, .slice, .zeroPadding, .upsampling, .broadcast, .input: try moveBack(rearrangement()!, delta)
        case .constant, .reshape: break
        case .dropout(_, let dropsChannels): try dropBack(dropsChannels, delta)
        case .noise: try moveBack(.identity(shape.count), delta)
        }
    }

    /// The positions and channels of the node in work, as arguments.
    var extents: String { @inline(never) get { CWriter.text("\(shape.positions), \(shape.channels)") } }

    /// A table of a window of the node in work; the same each time.
    func table(_ window: Window) -> String {
        func list(_ axes: Window.Axes) -> String { CText.list([axes[0], axes[1], axes[2]]) }
        if !hasWindow[index] {
            hasWindow[index] = true
            tables.add(
                """
                static const window window_\(index) = {
                    \(list(window.input)), \(list(window.output)), \(list(window.kernel)),
                    \(list(window.stride)), \(list(window.dilation)), \(list(window.before)),
                };

                """)
        }
        return CWriter.text("&window_\(index)")
    }
}
