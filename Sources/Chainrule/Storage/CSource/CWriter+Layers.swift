import Kernels

// What each kind of layer becomes.
extension CWriter {
    func write() throws(ChainruleError) {
        switch node.settings {
        case .dense(let activation, bias: _, weights: _, biases: _): try dense(activation)
        case .activation(let activation): try activate(activation, input(), output)
        case .dropout, .noise, .reshape, .parameter, .constant: break
        case .sum: try sum { _ in 1 }
        case .mean: try sum { [count = node.inputs.count] _ in 1 / Float(count) }
        case .difference: try sum { $0 == 0 ? 1 : -1 }
        case .product: try combine("product_of")
        case .quotient: try combine("quotient_of")
        case .maximum: try combine("maximum_of")
        case .minimum: try combine("minimum_of")
        case .power: try combine("power_of")
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
            call(
                """
                prelu(\(input()), \(try table(0, "weight")!), \(output), \(shape.positions), \(shape.channels));
                """)
        case .softmax(let axis):
            let rows = try room(shape.count)
            let lines = AxisSoftmax(axis: axis).rearrangement(of: shape)
            try move(lines, input(), rows)
            call("softmax(\(rows), \(rows), \(shape.count / shape[axis]), \(shape[axis]));")
            try move(lines, rows, output, adjoint: true)
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
        case .matrixProduct(let transposesB): multiply(transposesB: transposesB)
        }
    }

    // MARK: Products

    private func dense(_ activation: Activation) throws(ChainruleError) {
        let sizes = "\(shape.positions), \(inputShape().channels), \(shape.channels)" as ErrorMessage
        if let (tables, activation) = try packed() {
            let room = try room((inputShape().channels + 3) / 4)
            call("dense_int8(\(input()), \(tables), \(output), \(sizes.text), \(room));")
            return try activate(activation, output, output)
        }
        let (weight, bias) = (try table(0, "weight")!, try table(1, "bias") ?? "0")
        call("dense(\(input()), \(weight), \(bias), \(preactivation), \(sizes.text));")
        try activate(activation, preactivation, output)
    }

    func convolve(_ settings: ConvolutionSettings) throws(ChainruleError) {
        let window = settings.window.window(from: inputShape(), to: shape, isTransposed: settings.isTransposed)
        let (name, channels) = (table(window), inputShape().channels)
        let isDepthwise = settings.groups > 1 && settings.groups == channels && channels == shape.channels
        if !isDepthwise, let (tables, activation) = try packed() {
            if settings.isTransposed { throw refusal(" in int8") }
            let depth = window.taps * (channels / settings.groups)
            let room = try room(depth + (depth + 3) / 4)
            call(
                """
                convolve_int8(\(name), \(input()), \(tables), \(output), \(channels), \(shape.channels), \(settings.groups), \
                \(room));
                """)
            return try activate(activation, output, output)
        }
        var (weight, bias, activation) = ("", "0", settings.activation)
        if isDepthwise, let (tables, merged) = try packedTaps() {
            (weight, bias, activation) = (tables.weight, tables.bias, merged)
        } else {
            (weight, bias) = (try table(0, "weight")!, try table(1, "bias") ?? "0")
        }
        if settings.isTransposed {
            call(
                """
                convolve_back(\(name), \(input()), \(weight), \(bias), \(preactivation), \(shape.channels), \(channels), \
                \(settings.groups), 0);
                """)
        } else {
            call(
                """
                convolve(\(name), \(input()), \(weight), \(bias), \(preactivation), \(channels), \(shape.channels), \
                \(settings.groups));
                """)
        }
        try activate(activation, preactivation, output)
    }

    private func recur(_ settings: RecurrentSettings) throws(ChainruleError) {
        if trains { throw refusal(" that trains") }
        if predictor != nil { throw refusal(" in int8") }
        let (units, steps) = (settings.units, inputShape()[0])
        let cell: StaticString
        var (gates, states, variant, hasMore) = (1, units, false, false)
        switch settings.cell {
        case .simple(let rectifies): (cell, variant) = ("simple_cell", rectifies)
        case .gru(let resetsFirst):
            (cell, gates, variant, hasMore) = ("gru_cell", 3, resetsFirst, settings.hasBias && !resetsFirst)
        case .lstm(let hasPeepholes):
            (cell, gates, states, hasMore) = ("lstm_cell", 4, 2 * units, hasPeepholes)
        }
        let (weight, state) = (try table(0, "weight")!, try table(1, "state_weight")!)
        let bias = settings.hasBias ? try table(2, "bias")! : "0"
        let more = hasMore ? try table(settings.hasBias ? 3 : 2, "more")! : "0"
        tables.add(
            """
            static const recurrent cell_\(index) = {
                \(weight), \(bias), \(state), \(more), \(inputShape().channels), \(units), \(variant ? 1 : 0),
            };

            """)
        let first = settings.hasInitialState ? input(1) : "0"
        let length = settings.lengthsInput.map { input($0) } ?? "0"
        let room = try room(states + 2 * gates * units)
        call(
            """
            run_cell(\(cell), &cell_\(index), \(input()), \(first), \(length), \(output), \(steps), \
            \(settings.isBackwards ? 1 : 0), \(settings.givesSequence ? 1 : 0), \(settings.givesCell ? 1 : 0), \(states), \(room));
            """)
    }

    /// A product for each index of the axes before the matrices, along which an input of length 1 is repeated.
    private func multiply(transposesB: Bool) {
        let (depth, columns) = (inputShape(0).channels, shape.channels)
        var places = [input(0), input(1), output]
        for (axis, index) in zip(0..<shape.rank - 2, ["i", "j"]) {
            call("for (int32_t \(index) = 0; \(index) < \(shape[axis]); \(index)++)")
            for (place, of) in [inputShape(0), inputShape(1), shape].enumerated() {
                let own = of.rank - (shape.rank - axis)
                let step = own >= 0 && of[own] > 1 ? of.stride(ofAxis: own) : 0
                places[place] = CWriter.text("\(places[place]) + \(index) * \(step)")
            }
        }
        call(
            """
            \(shape.rank > 2 ? "    " : "")multiply(\(places[0]), \(places[1]), \(places[2]), \(shape[shape.rank - 2]), \(depth), \
            \(columns), \(transposesB ? 1 : columns), \(transposesB ? depth : 1));
            """)
    }

    private func attend(_ settings: AttentionSettings) throws(ChainruleError) {
        let sources = settings.hasLengths ? node.inputs.count - 1 : node.inputs.count
        let (width, channels) = (shape.channels, shape.channels / settings.heads)
        /// Where queries, keys or values begin, and how far apart their steps lie.
        func operand(_ index: Int) -> (place: String, step: Int) {
            let source = min(index, sources - 1)
            return (CWriter.text("\(input(source)) + \((index - source) * width)"), inputShape(source).channels)
        }
        let (q, k, v) = (operand(0), operand(1), operand(2))
        let steps = inputShape(sources - 1)[0]
        let keys = settings.hasLengths ? CWriter.text("steps_of(\(input(sources)), \(steps))") : steps.description
        if settings.hasLengths { call("clear(\(output), \(shape.count));") }
        let scale = CText.number(Float(1 / Double(channels).squareRoot()))
        let room = try room(min(steps, 256))
        call("for (int32_t i = 0; i < \(width); i += \(channels))")
        call(
            """
                attend(\(q.place) + i, \(k.place) + i, \(v.place) + i, \(output) + i, \
            \(sources == 1 ? keys : shape[0].description), \(keys), \(channels), \(q.step), \(k.step), \(v.step), \(width), \
            \(scale), \(settings.isCausal ? 1 : 0), \(room));
            """)
    }

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

    // MARK: Activations

    private static let names: [(activation: StaticString, function: StaticString)] = [
        ("tanh", "tanh_of"), ("clipped_relu", "clip"), ("exponential", "exp_of"),
    ]

    func activate(_ activation: Activation, _ z: String, _ h: String) throws(ChainruleError) {
        if activation.isCustom { throw refusal(" with a function of your own") }
        if activation.isIdentity { return }
        var function = activation.identifier
        for (name, other) in CWriter.names where name.isSameText(as: function) { function = other }
        if activation.readsWholeRows {
            call("\(function)(\(z), \(h), \(shape.positions), \(shape.channels));")
        } else if let alpha = activation.alpha {
            let low: StaticString = activation.identifier.isSameText(as: "clipped_relu") ? "0.0f, " : ""
            call("\(function)(\(z), \(h), \(shape.count), \(low)\(CText.number(alpha)));")
        } else {
            call("map(\(function), \(z), \(h), \(shape.count));")
        }
    }

    private func apply(_ function: ElementFunction) {
        let name: StaticString =
            switch function {
            case .affine: "affine"
            case .clip: "clip"
            case .log: "log_of"
            case .squareRoot: "square_root"
            case .absolute: "size_of"
            case .reciprocal: "reciprocal"
            case .square: "square"
            case .erf: "erf_of"
            case .sine: "sine"
            case .step: "step_of"
            case .stepwiseSigmoid: "stepwise_sigmoid"
            case .quantize: "quantized_by"
            case .floor: "floor_of"
            }
        switch function {
        case .affine, .clip, .quantize:
            let numbers = function.numbers
            call(
                """
                \(name)(\(input()), \(output), \(shape.count), \(CText.number(numbers[0])), \(CText.number(numbers[1])));
                """)
        default: call("map(\(name), \(input()), \(output), \(shape.count));")
        }
    }

    // MARK: Combining

    private func sum(_ coefficient: (Int) -> Float) throws(ChainruleError) {
        for input in node.inputs.indices {
            try move(
                inputShape(input).repetition(in: shape)!, self.input(input), output, factor: coefficient(input),
                adds: input > 0)
        }
    }

    private func combine(_ function: StaticString) throws(ChainruleError) {
        let (a, b) = (try operand(0), try operand(1))
        call("combine(\(function), \(a), \(b), \(output), \(shape.count));")
    }

    /// An input in the layer's shape.
    private func operand(_ input: Int) throws(ChainruleError) -> String {
        if inputShape(input).count == shape.count { return self.input(input) }
        let repeated = try room(shape.count)
        try move(inputShape(input).repetition(in: shape)!, self.input(input), repeated)
        return repeated
    }

    private func concatenate(_ axis: Int) throws(ChainruleError) {
        for (input, piece) in pieces(axis).enumerated() { try move(piece, self.input(input), output) }
    }

    /// From each input of a concatenation to its piece.
    func pieces(_ axis: Int) -> [Rearrangement] {
        let columns = shape[axis] * shape.stride(ofAxis: axis)
        var (start, pieces) = (0, [Rearrangement]())
        for input in node.inputs.indices {
            let own = inputShape(input)[axis] * shape.stride(ofAxis: axis)
            var piece = Rearrangement(isPermutation: true, resultStart: start)
            piece.append(shape.count / columns, source: own, result: columns)
            piece.append(own, source: 1, result: 1)
            pieces.append(piece)
            start += own
        }
        return pieces
    }

    /// Of a layer that only moves elements.
    func rearrangement() -> Rearrangement? {
        let input = inputShape()
        switch node.settings {
        case .transpose(let axes): return Transpose(axes: axes).rearrangement(of: input, into: shape)
        case .slice(let begin, let end): return SliceLayer(begin: begin, end: end).rearrangement(of: input, into: shape)
        case .zeroPadding(let before, let after):
            return ZeroPadding(before: before, after: after).rearrangement(of: input, into: shape)
        case .upsampling(let factors): return Upsampling(factors: factors).rearrangement(of: input, into: shape)
        case .broadcast(let larger): return input.repetition(in: larger)
        case .input(let part, let first): return InputPart(part, first: first).rearrangement(of: input, into: shape)
        default: return nil
        }
    }

    /// Moves elements as ``Rearrangement/apply(_:to:accumulating:_:)`` or its adjoint does, forward or, with
    /// ``isBackward``, backward.
    func move(
        _ map: Rearrangement, _ from: String, _ to: String, count: Int? = nil, factor: Float = 1, adds: Bool = false,
        adjoint: Bool = false, backward isBackward: Bool = false
    ) throws(ChainruleError) {
        var (axes, adds, lines) = ([Int](), adds, CText())
        for axis in 0..<map.axes {
            let (source, result) = (map.sourceStrides[axis], map.resultStrides[axis])
            axes += [map.lengths[axis], adjoint ? result : source, adjoint ? source : result]
        }
        if !adds && (adjoint ? !map.isPermutation : map.hasGaps) {
            lines.line("clear(\(to), \(count ?? shape.count));")
            adds = adjoint
        }
        tableCount += 1
        if axes.isEmpty { axes = [1, 0, 0] }
        tables.add("static const int32_t axes_\(tableCount)[] = \(CText.list(axes));\n")
        let (source, result) = adjoint ? (map.resultStart, map.sourceStart) : (map.sourceStart, map.resultStart)
        lines.line(
            """
            move(\(from) + \(source), \(to) + \(result), axes_\(tableCount), \(axes.count / 3), \(CText.number(factor)), \
            \(adds ? 1 : 0));
            """)
        if isBackward { backward.append(bytes: lines.bytes) } else { forward.append(bytes: lines.bytes) }
    }

    private func reduce(_ layer: Reduction) throws(ChainruleError) {
        let length = inputShape().count / shape.count
        switch layer.method {
        case .sum, .mean:
            try move(layer.repetition(of: inputShape()), input(), output, adjoint: true)
            if layer.method == .mean {
                call("affine(\(output), \(output), \(shape.count), \(CText.number(1 / Float(length))), -0.0f);")
            }
        case .maximum, .minimum, .argmax:
            let lines = try room(inputShape().count)
            try move(layer.order(of: inputShape(), into: shape), input(), lines)
            let sign: StaticString = layer.method == .minimum ? "-1.0f" : "1.0f"
            call(
                """
                reduce_largest(\(lines), \(output), \(length), \(shape.count), \(sign), \(layer.method == .argmax ? 1 : 0));
                """)
        }
    }

    // MARK: Pooling and normalization

    /// The window of a pooling layer, and where it begins.
    func window(_ settings: WindowSettings?) -> Window {
        if let settings { return settings.window(from: inputShape(), to: shape) }
        let one = Window.Axes(repeating: 1)
        let all = Window.Axes(1, inputShape().positions, 1)
        return Window(input: all, output: one, kernel: all, stride: one, dilation: one, before: Window.Axes())
    }

    private func pool(_ method: PoolingMethod, _ settings: WindowSettings?) {
        let window = table(window(settings))
        if method == .maximum {
            return call("maximum_pool(\(window), \(input()), \(output), \(shape.channels));")
        }
        let countsPadding = method == .meanWithPadding ? 1 : 0
        call("mean_pool(\(window), \(input()), \(output), \(shape.channels), \(countsPadding));")
    }

    private func normalize(_ method: NormalizationMethod, _ epsilon: Float) throws(ChainruleError) {
        let (positions, channels) = (shape.positions, shape.channels)
        let hasScale = network.plan.tensorRanges[index].count > 0
        if case .batch = method {
            if trains { throw refusal(" that trains") }
            let own = network.numbers(ofNode: index)
            let both = try FloatMemory(count: 2 * channels, for: "C source")
            for channel in 0..<channels {
                var factor = 1 / (own.state(1)[0, channel] + epsilon).squareRoot()
                if hasScale { factor *= own.vector(0)[0, channel] }
                both.base[channel] = factor
                both.base[channels + channel] =
                    (hasScale ? own.vector(1)[0, channel] : 0) - own.state(0)[0, channel] * factor
            }
            let factors = try table(both.vector.columns(from: 0, count: channels), "scale")
            let offsets = try table(both.vector.columns(from: channels, count: channels), "offset")
            return call(
                "scale_channels(\(input()), \(factors), \(offsets), \(output), \(positions), \(channels));")
        }
        var (rows, columns, blocks, centers) = (1, channels, positions, 1)
        switch method {
        case .group(let groups): (rows, columns, blocks) = (positions, channels / groups, groups)
        case .rootMeanSquare: centers = 0
        default: break
        }
        call("for (int32_t i = 0; i < \(blocks); i++)")
        call(
            """
                normalize(\(input()) + i * \(columns), \(output) + i * \(columns), \(rows), \(columns), \(channels), \
            \(CText.number(epsilon)), \(centers));
            """)
        guard hasScale else { return }
        let (scale, offset) = (try table(0, "weight")!, try table(1, "bias") ?? "0")
        call("scale_channels(\(output), \(scale), \(offset), \(output), \(positions), \(channels));")
    }
}
