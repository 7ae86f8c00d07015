import Kernels

/// The window of a convolution or of a pooling layer: one number for each axis of the input but the channels.
public struct WindowSettings: Sendable, Equatable {
    /// Where windows lie beyond the edges of the input, and so how many there are.
    public enum Padding: Sendable, Equatable {
        /// All windows lie within the input.
        case valid
        /// As many windows as the input has positions, divided by the stride and rounded up. The same number of positions
        /// before and after the input, or one more after it.
        case same
        /// As ``same``, all before the input: an output does not depend on later positions. For one axis.
        case causal
        /// So many positions before and after each axis. Of a transposed convolution they are cut off; a negative number after an
        /// axis adds positions (`output_padding` in PyTorch and ONNX).
        case explicit(before: [Int], after: [Int])
    }

    /// The taps along each axis.
    public var kernel: [Int]
    /// How far apart windows lie.
    public var stride: [Int]
    /// How far apart the taps of a window lie.
    public var dilation: [Int]
    public var padding: Padding

    /// - Parameters:
    ///   - kernel: the positions of a window along each axis.
    ///   - stride: nil: 1 along each axis.
    ///   - dilation: nil: 1 along each axis.
    ///   - padding: what windows find beyond the edges.
    public init(_ kernel: [Int], stride: [Int]? = nil, dilation: [Int]? = nil, padding: Padding = .valid) {
        self.kernel = kernel
        self.stride = stride ?? kernel.map { _ in 1 }
        self.dilation = dilation ?? kernel.map { _ in 1 }
        self.padding = padding
    }
}

extension WindowSettings {
    /// The shape of the output over an input. Checks everything that ``window(from:to:isTransposed:)`` takes for granted.
    /// - Parameters:
    ///   - channels: of the output.
    ///   - isTransposed: the other way round: the input has a position for each window over the output.
    func shape(
        over input: Shape, channels: Int, isTransposed: Bool = false, _ layer: any Layer, _ name: LayerName
    ) throws(ChainruleError) -> Shape {
        guard input.rank > 1 else {
            throw ChainruleError(
                .size,
                "\(layer.kind) '\(name.text)' reads \(input.text), which has no axis but the channels: reshape it"
            )
        }
        try layer.checkCount(kernel.count, "kernel", of: input, exceptChannels: true, in: name)
        try layer.checkCount(stride.count, "stride", of: input, exceptChannels: true, in: name)
        try layer.checkCount(dilation.count, "dilation", of: input, exceptChannels: true, in: name)
        try checkPadding(isTransposed: isTransposed, layer, name)
        var extents = input.extents
        extents[kernel.count] = channels
        for axis in kernel.indices {
            extents[axis] = try length(axis, of: input, isTransposed: isTransposed, layer, name)
        }
        var depth = max(input.channels, channels)
        let shape = try layer.shape(of: name, reading: input) { () throws(ChainruleError) in
            for taps in kernel { depth = try Plan.checkedProduct(depth, taps) }
            return extents
        }
        guard depth <= Shape.mostElements else {
            throw ChainruleError(
                .size,
                """
                \(layer.kind) '\(name.text)' reads \(input.text): a window lies over \(depth) elements; at most \
                \(Shape.mostElements) are possible
                """)
        }
        return shape
    }

    /// Of each number, so that sums of a few do not overflow on 32 bits.
    private static var most: Int { 1 << 28 }

    private func checkPadding(
        isTransposed: Bool, _ layer: any Layer, _ name: LayerName
    ) throws(ChainruleError) {
        switch padding {
        case .valid, .same: break
        case .causal:
            guard kernel.count == 1 else {
                throw ChainruleError(
                    .value,
                    "\(layer.kind) '\(name.text)' has \(kernel.count) axes; only one axis has causal padding")
            }
        case .explicit(let before, let after):
            guard before.count == kernel.count && after.count == kernel.count else {
                throw ChainruleError(
                    .size,
                    """
                    \(layer.kind) '\(name.text)': padding holds a number for each of \(kernel.count) axes; \
                    \(before.count) before and \(after.count) after were given
                    """)
            }
            for (index, number) in (before + after).enumerated() {
                let least = isTransposed && index >= before.count ? -WindowSettings.most : 0
                if least...WindowSettings.most ~= number { continue }
                throw ChainruleError(
                    .size,
                    """
                    \(layer.kind) '\(name.text)': the padding along axis \(index % kernel.count) is \(number); it is \
                    from \(least) to \(WindowSettings.most)
                    """)
            }
        }
    }

    /// How many windows an axis has; how many positions if the windows are those of the input.
    private func length(
        _ axis: Int, of input: Shape, isTransposed: Bool, _ layer: any Layer, _ name: LayerName
    ) throws(ChainruleError) -> Int {
        for (number, what) in [(kernel[axis], "kernel"), (stride[axis], "stride"), (dilation[axis], "dilation")]
            as [(Int, StaticString)]
        where !(1...WindowSettings.most ~= number) {
            throw ChainruleError(
                .size,
                """
                \(layer.kind) '\(name.text)': the \(what) along axis \(axis) is \(number); it is from 1 to \
                \(WindowSettings.most)
                """)
        }
        let reach = try Plan.checkedSum([Plan.checkedProduct(kernel[axis] - 1, dilation[axis]), 1])
        guard reach <= WindowSettings.most else {
            throw ChainruleError(
                .size, "\(layer.kind) '\(name.text)': a window along axis \(axis) reaches over \(reach) positions"
            )
        }
        let padding = self.padding(axis, reach: reach, length: input[axis], isTransposed: isTransposed)
        let sum = padding.before + padding.after
        let length: Int
        switch (isTransposed, self.padding) {
        case (true, .same), (true, .causal):
            // Where windows are narrower than the stride, no window reaches some of the positions.
            length = try Plan.checkedProduct(input[axis], stride[axis])
        case (true, _):
            let windows = try Plan.checkedSum([Plan.checkedProduct(input[axis] - 1, stride[axis]), reach])
            length = sum < 0 ? try Plan.checkedSum([windows, -sum]) : windows - sum
        case (false, _):
            let padded = try Plan.checkedSum([input[axis], sum])
            length = padded < reach ? 0 : (padded - reach) / stride[axis] + 1
        }
        guard length >= 1 else {
            throw ChainruleError(
                .size,
                """
                \(layer.kind) '\(name.text)' reads \(input.text): a window along axis \(axis) reaches over \(reach) \
                positions; with the padding there are \(isTransposed ? reach : input[axis] + sum), of which \
                \(isTransposed ? sum : 0) are cut off
                """)
        }
        return length
    }

    /// The positions before and after an axis.
    func padding(_ axis: Int, reach: Int, length: Int, isTransposed: Bool) -> (before: Int, after: Int) {
        let last = (length - 1) / stride[axis] * stride[axis]
        // For as many windows as positions, divided by the stride.
        let missing = max(0, isTransposed ? reach - stride[axis] : reach - (length - last))
        switch padding {
        case .valid: return (0, 0)
        case .same: return (missing / 2, missing - missing / 2)
        case .causal: return isTransposed ? (0, missing) : (missing, 0)
        case .explicit(let before, let after): return (before[axis], after[axis])
        }
    }

    /// The window between shapes that ``shape(over:channels:isTransposed:_:_:)`` has checked. A transposed one lies over the
    /// output, and has a window for each position of the input.
    func window(from input: Shape, to shape: Shape, isTransposed: Bool = false) -> Window {
        var (inputs, outputs) = (Window.Axes(repeating: 1), Window.Axes(repeating: 1))
        var (kernels, strides, dilations, befores) = (inputs, inputs, inputs, Window.Axes())
        for axis in kernel.indices {
            let place = 3 - kernel.count + axis
            (kernels[place], strides[place], dilations[place]) = (kernel[axis], stride[axis], dilation[axis])
            (inputs[place], outputs[place]) = isTransposed ? (shape[axis], input[axis]) : (input[axis], shape[axis])
            befores[place] =
                padding(
                    axis, reach: (kernel[axis] - 1) * dilation[axis] + 1, length: input[axis],
                    isTransposed: isTransposed
                ).before
        }
        return Window(
            input: inputs, output: outputs, kernel: kernels, stride: strides, dilation: dilations, before: befores)
    }

    func encode(to json: inout JSONWriter) {
        json.member("kernel", kernel)
        json.member("stride", stride)
        json.member("dilation", dilation)
        switch padding {
        case .valid: json.member("padding", "valid")
        case .same: json.member("padding", "same")
        case .causal: json.member("padding", "causal")
        case .explicit(let before, let after):
            json.member("padding", "explicit")
            json.member("before", before)
            json.member("after", after)
        }
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> WindowSettings {
        let name = try object.text("padding")
        let padding: Padding
        if name.isSame(as: "valid") {
            padding = .valid
        } else if name.isSame(as: "same") {
            padding = .same
        } else if name.isSame(as: "causal") {
            padding = .causal
        } else if name.isSame(as: "explicit") {
            padding = .explicit(
                before: try object.integers("before"), after: try object.integers("after", mayBeNegative: true))
        } else {
            throw ChainruleError(.format, "a layer has the padding '\(name.content)', which this version does not know")
        }
        return WindowSettings(
            try object.integers("kernel"), stride: try object.integers("stride"),
            dilation: try object.integers("dilation"), padding: padding)
    }
}
