/// A window that slides over the positions of a sample: what convolution and pooling compute over.
///
/// The axes are depth, height and width; those that a shape lacks have length 1. At output position o the tap t of the
/// window lies over input position `o · stride + t · dilation − before`. Taps beyond the input's edges see zeros, or
/// nothing, as the operation has it.
public struct Window: BitwiseCopyable, Sendable {
    public typealias Axes = SIMD3<Int>

    /// The lengths of the input's axes.
    public let input: Axes
    /// The lengths of the output's axes.
    public let output: Axes
    /// The taps along each axis.
    public let kernel: Axes
    public let stride: Axes
    public let dilation: Axes
    /// How far the first window begins before the input.
    public let before: Axes

    public init(input: Axes, output: Axes, kernel: Axes, stride: Axes, dilation: Axes, before: Axes) {
        self.input = input
        self.output = output
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        self.before = before
    }

    public var inputPositions: Int { input[0] * input[1] * input[2] }
    public var outputPositions: Int { output[0] * output[1] * output[2] }
    public var taps: Int { kernel[0] * kernel[1] * kernel[2] }

    /// The input position along an axis under a tap at an output position; it may lie beyond the input.
    func position(_ axis: Int, at output: Int, under tap: Int) -> Int {
        output * stride[axis] + tap * dilation[axis] - before[axis]
    }

    /// The output positions along an axis at which a tap lies within the input.
    func outputs(_ axis: Int, under tap: Int) -> Range<Int> {
        Window.steps(
            from: position(axis, at: 0, under: tap), by: stride[axis], below: input[axis], atMost: output[axis])
    }

    /// The k below `most` for which `first + k · step` lies from 0 to below `limit`.
    static func steps(from first: Int, by step: Int, below limit: Int, atMost most: Int) -> Range<Int> {
        // Division takes long, and most steps are 1.
        func count(over distance: Int) -> Int { step == 1 ? distance : (distance + step - 1) / step }
        let low = first >= 0 ? 0 : min(count(over: -first), most)
        let high = first >= limit ? 0 : count(over: limit - first)
        return low..<max(low, min(high, most))
    }

    /// Whether taps lie beyond the input.
    public var isPadded: Bool {
        (0..<3).contains { axis in
            before[axis] > 0 || position(axis, at: output[axis] - 1, under: kernel[axis] - 1) >= input[axis]
        }
    }

    /// How many taps along an axis lie inside the input at an output position.
    private func tapsInside(_ axis: Int, at output: Int) -> Int {
        Window.steps(
            from: position(axis, at: output, under: 0), by: dilation[axis], below: input[axis], atMost: kernel[axis]
        ).count
    }

    /// How many taps lie inside the input at an output position, counted through all axes.
    public func tapsInside(at position: Int) -> Int {
        let (rest, width) = position.quotientAndRemainder(dividingBy: output[2])
        let (depth, height) = rest.quotientAndRemainder(dividingBy: output[1])
        return tapsInside(0, at: depth) * tapsInside(1, at: height) * tapsInside(2, at: width)
    }

    /// Whether some windows along an axis have no tap inside the input. Windows within the input need no look.
    public func hasEmptyWindows(_ axis: Int) -> Bool {
        var (low, high) = (0, output[axis] - 1)
        while low <= high && position(axis, at: low, under: 0) < 0 {
            if tapsInside(axis, at: low) == 0 { return true }
            low += 1
        }
        while high >= low && position(axis, at: high, under: kernel[axis] - 1) >= input[axis] {
            if tapsInside(axis, at: high) == 0 { return true }
            high -= 1
        }
        return false
    }
}
