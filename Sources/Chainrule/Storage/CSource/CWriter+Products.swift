import Kernels

// Layers that multiply: dense layers and convolutions; and pooling, which has their windows.
extension CWriter {
    func dense(_ activation: Activation) throws(ChainruleError) {
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

    func denseBack(_ delta: String) throws(ChainruleError) {
        let weight = try table(0, "weight")!
        let sizes = CWriter.text("\(shape.positions), \(inputShape().channels), \(shape.channels)")
        if let (to, adds) = try inputDelta() {
            call("dense_back(\(delta), \(weight), \(to), \(sizes), \(adds ? 1 : 0));")
        }
        let bias = try table(1, "bias") ?? "0"
        call("dense_step(\(delta), \(shape.channels), \(input()), \(weight), \(bias), \(sizes), rates);")
    }

    func convolve(_ settings: ConvolutionSettings) throws(ChainruleError) {
        let window = settings.window.window(from: inputShape(), to: shape, isTransposed: settings.isTransposed)
        let (name, channels) = (table(window), inputShape().channels)
        let isDepthwise = settings.groups > 1 && settings.groups == channels && channels == shape.channels
        if !isDepthwise, let (tables, activation) = try packed() {
            let isTransposed = settings.isTransposed
            let (inside, outside) = isTransposed ? (shape.channels, channels) : (channels, shape.channels)
            let depth = window.taps * (inside / settings.groups)
            // A patch, or what an output adds under a tap; and a row of the product's inputs in int8.
            let (count, rounded) = isTransposed ? (inside / settings.groups, outside / settings.groups) : (depth, depth)
            let room = try room(count + (rounded + 3) / 4)
            let map = isTransposed ? "convolve_back_int8" : "convolve_int8" as StaticString
            call(
                """
                \(map)(\(name), \(input()), \(tables), \(output), \(inside), \(outside), \(settings.groups), \(room));
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
                \(settings.groups), 0);
                """)
        }
        try activate(activation, preactivation, output)
    }

    func convolveBack(_ settings: ConvolutionSettings, _ delta: String) throws(ChainruleError) {
        let isTransposed = settings.isTransposed
        let window = table(settings.window.window(from: inputShape(), to: shape, isTransposed: isTransposed))
        // Transposed, the window's input is the output.
        let (inside, outside) = isTransposed ? (shape, inputShape()) : (inputShape(), shape)
        let sizes = CWriter.text("\(inside.channels), \(outside.channels), \(settings.groups)")
        let (weight, bias) = (try table(0, "weight")!, try table(1, "bias") ?? "0")
        if let (to, adds) = try inputDelta() {
            let map: StaticString = isTransposed ? "convolve" : "convolve_back"
            call("\(map)(\(window), \(delta), \(weight), 0, \(to), \(sizes), \(adds ? 1 : 0));")
        }
        let room = try room(Plan.checkedProduct(outside.channels, inside.channels / settings.groups))
        let (s, x) = isTransposed ? (input(), delta) : (delta, input())
        call("convolve_step(\(window), \(s), \(x), \(weight), \(isTransposed ? "0" : bias), \(sizes), \(room), rates);")
        if isTransposed && settings.hasBias {
            call("bias_step(\(delta), \(shape.channels), \(bias), \(extents), rates);")
        }
    }

    // MARK: Pooling

    /// The window of a pooling layer, and where it begins.
    func window(_ settings: WindowSettings?) -> Window {
        if let settings { return settings.window(from: inputShape(), to: shape) }
        let one = Window.Axes(repeating: 1)
        let all = Window.Axes(1, inputShape().positions, 1)
        return Window(input: all, output: one, kernel: all, stride: one, dilation: one, before: Window.Axes())
    }

    func pool(_ method: PoolingMethod, _ settings: WindowSettings?) {
        let window = table(window(settings))
        if method == .maximum {
            return call("maximum_pool(\(window), \(input()), \(output), \(shape.channels));")
        }
        let countsPadding = method == .meanWithPadding ? 1 : 0
        call("mean_pool(\(window), \(input()), \(output), \(shape.channels), \(countsPadding));")
    }

    func poolBack(_ method: PoolingMethod, _ settings: WindowSettings?, _ delta: String) throws(ChainruleError) {
        guard let to = try clearedInputDelta() else { return }
        let window = table(window(settings))
        if method == .maximum {
            return call("maximum_pool_back(\(window), \(input()), \(delta), \(to), \(shape.channels));")
        }
        let countsPadding = method == .meanWithPadding ? 1 : 0
        call("mean_pool_back(\(window), \(delta), \(to), \(shape.channels), \(countsPadding));")
    }
}
