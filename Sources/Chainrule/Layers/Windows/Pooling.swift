import Kernels

/// The largest or the mean of each channel under a window, or over all positions.
///
///     h[o, c] = max_t h_in[o · stride + t · dilation − before, c]
///     h[o, c] = 1/n Σ_t h_in[o · stride + t · dilation − before, c]
///
/// A maximum passes δ to the first of its largest elements; positions outside the input do not count. A mean divides by the
/// taps of the window, or only by those inside the input.
final class Pooling: ParameterlessLayer {
    static let kind: StaticString = "pooling"
    var kind: StaticString { Pooling.kind }
    var settings: LayerSettings { .pooling(method, window) }

    let method: PoolingMethod
    /// nil: all positions, and the output has one axis.
    let window: WindowSettings?

    init(_ method: PoolingMethod, _ window: WindowSettings?) {
        self.method = method
        self.window = window
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        // A kept tap is a float32, which tells so many apart.
        let taps = window?.kernel.reduce(1.0) { $0 * Double($1) } ?? Double(input.positions)
        guard method != .maximum || taps <= 0x1p24 else {
            throw ChainruleError(
                .size, "pooling '\(name.text)' reads \(input.text): a maximum is of at most 16777216 elements")
        }
        guard let window else { return try Shape([input.channels]) }
        let shape = try window.shape(over: input, channels: input.channels, self, name)
        for axis in window.kernel.indices where window.window(from: input, to: shape).hasEmptyWindows(2 - axis) {
            throw ChainruleError(
                .size,
                """
                pooling '\(name.text)' reads \(input.text): with this padding and dilation, some windows see no element
                """)
        }
        return shape
    }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    /// A maximum keeps the number of the tap that it took.
    func keptPerRow(shape: Shape, inputs: [Shape]) -> Int { method == .maximum ? shape.count : 0 }

    /// A weight for each channel, and a sample's result.
    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int {
        method == .maximum ? 0 : Int(clamping: Int64(shape.channels) + Int64(shape.count) + 16)
    }

    private func window(from input: Shape, to shape: Shape) -> Window {
        if let window { return window.window(from: input, to: shape) }
        let one = Window.Axes(repeating: 1)
        // Along the height, where taps outside are left out.
        let all = Window.Axes(1, input.positions, 1)
        return Window(input: all, output: one, kernel: all, stride: one, dilation: one, before: Window.Axes())
    }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        if method != .maximum { return mean(pass) }
        let window = window(from: pass.inputShape(0), to: pass.shape)
        forEachSample(window, pass.inputActivation(0), pass.h, pass) { x, h, taps in
            pass.arithmetic.maximum(window, x, into: h, taps: taps)
        }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) { passBack(pass, kept: pass) }

    /// - Parameter kept: the pass that keeps the taps of a maximum.
    private func passBack(_ pass: LayerPass, kept: LayerPass) {
        guard let inputDelta = pass.inputDelta(0) else { return }
        if method != .maximum { return meanBack(pass, inputDelta) }
        if !pass.accumulatesInputDelta(0) { inputDelta.fill { 0 } }
        let window = window(from: pass.inputShape(0), to: pass.shape)
        forEachSample(window, inputDelta, pass.delta, kept) { inputDelta, delta, taps in
            pass.arithmetic.scatterMaximum(window, taps: taps!, delta, into: inputDelta)
        }
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        if method != .maximum { return mean(pass.tangents) }
        let window = window(from: pass.tangents.inputShape(0), to: pass.tangents.shape)
        forEachSample(window, pass.tangents.inputActivation(0), pass.tangents.h, pass.values) { x, h, taps in
            pass.arithmetic.gatherMaximum(window, taps: taps!, x, into: h)
        }
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { passBack(pass.tangents, kept: pass.values) }

    /// A mean is a depthwise convolution with weights of 1, divided by the number of taps.
    private func mean(_ pass: LayerPass) {
        let window = window(from: pass.inputShape(0), to: pass.shape)
        SlidingWindow(
            window, isTransposed: false, first: Window.Axes(), source: pass.inputActivation(0),
            arithmetic: pass.arithmetic
        ).depthwise(window, weights: weights(of: 1, window, pass), plus: nil, into: pass.h, accumulating: false)
        forEachSample(window, pass.inputActivation(0), pass.h, pass) { _, h, _ in divide(h, window, pass) }
    }

    private func meanBack(_ pass: LayerPass, _ inputDelta: Matrix) {
        let window = window(from: pass.inputShape(0), to: pass.shape)
        func slideBack(_ delta: Matrix, times weights: Matrix, into inputDelta: Matrix) {
            SlidingWindow.forEachTransposedSeries(window) { first in
                SlidingWindow(
                    window, isTransposed: true, first: first, source: delta, arithmetic: pass.arithmetic
                ).depthwise(
                    window, weights: weights, plus: nil, into: inputDelta, accumulating: pass.accumulatesInputDelta(0))
            }
        }
        if method == .meanWithPadding || !window.isPadded {
            return slideBack(pass.delta, times: weights(of: 1 / Float(window.taps), window, pass), into: inputDelta)
        }
        let ones = weights(of: 1, window, pass)
        let room = pass.scratch.fromNextLine(after: ones.columns)
        let quotient = Matrix(base: room.base, rows: window.outputPositions, columns: ones.columns)
        forEachSample(window, inputDelta, pass.delta, pass) { inputDelta, delta, _ in
            quotient.assign(delta)
            divide(quotient, window, pass)
            slideBack(quotient, times: ones, into: inputDelta)
        }
    }

    /// One row of weights for all taps.
    private func weights(of number: Float, _ window: Window, _ pass: LayerPass) -> Matrix {
        let weights = Matrix(base: pass.scratch.base, rows: window.taps, columns: pass.shape.channels, stride: 0)
        weights.row(0).fill { number }
        return weights
    }

    /// Divides the sums at each output position by the number of taps.
    private func divide(_ sums: Matrix, _ window: Window, _ pass: LayerPass) {
        for position in 0..<sums.rows {
            let taps = method == .mean ? window.tapsInside(at: position) : window.taps
            let (row, factor) = (sums.row(position), 1 / Float(taps))
            for channel in 0..<row.columns { row[0, channel] *= factor }
        }
    }

    private func forEachSample(
        _ window: Window, _ x: Matrix, _ h: Matrix, _ pass: LayerPass,
        _ body: (_ x: Matrix, _ h: Matrix, _ taps: Matrix?) -> Void
    ) {
        for sample in 0..<pass.rows.count {
            body(
                x.rows(from: sample * window.inputPositions, count: window.inputPositions),
                h.rows(from: sample * window.outputPositions, count: window.outputPositions),
                pass.kept?.row(sample).reshaped(columns: h.columns))
        }
    }

    func encode(to json: inout JSONWriter) {
        json.member("method", method.identifier.description)
        if let window { window.encode(to: &json) }
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        let name = try object.text("method")
        for method in PoolingMethod.allCases where name.isSame(as: method.identifier.description) {
            return Pooling(method, object["kernel"] == nil ? nil : try WindowSettings.decode(object))
        }
        throw ChainruleError(
            .format, "a layer has the pooling method '\(name.content)', which this version does not know")
    }
}

/// What pooling makes of the elements under a window.
public enum PoolingMethod: Sendable, CaseIterable {
    case maximum
    /// The mean of the elements inside the input.
    case mean
    /// The sum divided by the taps of the window, those outside the input included.
    case meanWithPadding

    var identifier: StaticString {
        switch self {
        case .maximum: "maximum"
        case .mean: "mean"
        case .meanWithPadding: "mean_with_padding"
        }
    }
}
