import Kernels

// Activations, functions of elements, and reductions.
extension CWriter {
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

    func passBack(_ activation: Activation, _ delta: String) {
        if activation.isIdentity { return }
        let name = activation.identifier
        let at = activation.derivativeIsOfValue ? output : preactivation
        if activation.readsWholeRows {
            call("\(name)_back(\(output), \(delta), \(shape.positions), \(shape.channels));")
        } else if let alpha = activation.alpha {
            call("slope_of_\(name)(\(at), \(delta), \(shape.count), \(CText.number(alpha)));")
        } else {
            call("pass_back(slope_of_\(name), \(at), \(delta), \(shape.count));")
        }
    }

    func apply(_ function: ElementFunction) {
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

    /// δ times the slopes of a function, to its input. Straight lines are a factor.
    func applyBack(_ function: ElementFunction, _ delta: String) throws(ChainruleError) {
        let numbers = function.numbers
        var (slope, factor) = ("flat" as StaticString?, Float(1))
        switch function {
        case .affine: (slope, factor) = (nil, numbers[0])
        case .quantize: (slope, factor) = (nil, 1 / numbers[0])
        case .clip:
            slope = nil
            call(
                """
                slope_of_clip(\(input()), \(delta), \(shape.count), \(CText.number(numbers[0])), \(CText.number(numbers[1])));
                """)
        case .log: slope = "reciprocal"
        case .squareRoot: slope = "slope_of_square_root"
        case .absolute: slope = "slope_of_absolute"
        case .reciprocal: slope = "slope_of_reciprocal"
        case .square: slope = "slope_of_square"
        case .erf: slope = "slope_of_erf"
        case .sine: slope = "cosine"
        case .stepwiseSigmoid: slope = "slope_of_stepwise_sigmoid"
        case .step, .floor: break
        }
        if let slope { call("pass_back(\(slope), \(input()), \(delta), \(shape.count));") }
        try moveBack(.identity(shape.count), delta, factor: factor)
    }

    func combine() throws(ChainruleError) {
        let (a, b) = (try operand(0), try operand(1))
        call("combine(\(node.layer.kind)_of, \(a), \(b), \(output), \(shape.count));")
    }

    func combineBack(_ delta: String) throws(ChainruleError) {
        let (a, b) = (try operand(0), try operand(1))
        for (input, letter) in zip(0..<2, ["a", "b"]) where needsDelta(ofInput: input) {
            let share = try room(shape.count)
            call("combine(\(node.layer.kind)_by_\(letter), \(a), \(b), \(share), \(shape.count));")
            call("combine(product_of, \(share), \(delta), \(share), \(shape.count));")
            try moveBack(inputShape(input).repetition(in: shape)!, share, input)
        }
    }

    /// An input in the layer's shape.
    func operand(_ input: Int) throws(ChainruleError) -> String {
        if inputShape(input).count == shape.count { return self.input(input) }
        let repeated = try room(shape.count)
        try move(inputShape(input).repetition(in: shape)!, self.input(input), repeated)
        return repeated
    }

    func reduce(_ layer: Reduction) throws(ChainruleError) {
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

    func reduceBack(_ layer: Reduction, _ delta: String) throws(ChainruleError) {
        let input = inputShape()
        let length = input.count / shape.count
        switch layer.method {
        case .sum, .mean:
            guard let (to, adds) = try inputDelta() else { return }
            let factor = layer.method == .sum ? 1 : 1 / Float(length)
            try move(layer.repetition(of: input), delta, to, count: input.count, factor: factor, adds: adds)
        case .maximum, .minimum:
            let (lines, order) = (try room(input.count), layer.order(of: input, into: shape))
            try move(order, self.input(), lines)
            let sign: StaticString = layer.method == .minimum ? "-1.0f" : "1.0f"
            call("scatter_largest(\(lines), \(delta), \(length), \(shape.count), \(sign));")
            try moveBack(order, lines)
        case .argmax: _ = try clearedInputDelta()
        }
    }

    func softmax(_ axis: Int) throws(ChainruleError) {
        let rows = try room(shape.count)
        let lines = AxisSoftmax(axis: axis).rearrangement(of: shape)
        try move(lines, input(), rows)
        call("softmax(\(rows), \(rows), \(shape.count / shape[axis]), \(shape[axis]));")
        try move(lines, rows, output, adjoint: true)
    }

    func softmaxBack(_ axis: Int, _ delta: String) throws(ChainruleError) {
        let (h, rows) = (try room(shape.count), try room(shape.count))
        let lines = AxisSoftmax(axis: axis).rearrangement(of: shape)
        try move(lines, output, h)
        try move(lines, delta, rows)
        call("softmax_back(\(h), \(rows), \(shape.count / shape[axis]), \(shape[axis]));")
        try moveBack(lines, rows)
    }

    /// Draws a factor for each element or channel, and multiplies by it.
    func drop(_ rate: Float, _ dropsChannels: Bool) throws(ChainruleError) {
        hasModes = true
        let count = dropsChannels ? shape.channels : shape.count
        let threshold = UInt64(Double(rate) * 4_294_967_296)
        call(
            """
            if (trains) draw_factors(\(try kept(count)), \(count), \(threshold)u, \(CText.number(1 / (1 - rate))));
            """)
        call("multiply_by(\(input()), trains ? \(try kept(count)) : 0, \(output), \(shape.count), \(count), 0);")
    }

    func dropBack(_ dropsChannels: Bool, _ delta: String) throws(ChainruleError) {
        guard let (to, adds) = try inputDelta() else { return }
        let count = dropsChannels ? shape.channels : shape.count
        call("multiply_by(\(delta), \(try kept(0)), \(to), \(shape.count), \(count), \(adds ? 1 : 0));")
    }
}
