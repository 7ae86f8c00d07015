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

    /// The first input position under the window at an output position along an axis; it may lie before the input.
    @inlinable @inline(__always)
    public func first(_ axis: Int, at output: Int) -> Int { output * stride[axis] - before[axis] }

    /// The taps along an axis that lie within the input, for a window whose first tap lies over `first`.
    @inlinable @inline(__always)
    public func taps(_ axis: Int, from first: Int) -> Range<Int> {
        Window.steps(from: first, by: dilation[axis], below: input[axis], atMost: kernel[axis])
    }

    /// The output positions along an axis for which a tap lies within the input.
    @inlinable @inline(__always)
    func outputs(_ axis: Int, under tap: Int) -> Range<Int> {
        let first = tap * dilation[axis] - before[axis]
        return Window.steps(from: first, by: stride[axis], below: input[axis], atMost: output[axis])
    }

    /// The k below `most` for which `first + k · step` lies from 0 to below `limit`.
    @inlinable @inline(__always)
    static func steps(from first: Int, by step: Int, below limit: Int, atMost most: Int) -> Range<Int> {
        let low = first >= 0 ? 0 : min((-first + step - 1) / step, most)
        let high = first >= limit ? 0 : (limit - first + step - 1) / step
        return low..<max(low, min(high, most))
    }

    /// The taps inside the input at an output position.
    public func tapsInside(at position: Int) -> Int {
        let (rest, width) = position.quotientAndRemainder(dividingBy: output[2])
        let (depth, height) = rest.quotientAndRemainder(dividingBy: output[1])
        return taps(0, from: first(0, at: depth)).count * taps(1, from: first(1, at: height)).count
            * taps(2, from: first(2, at: width)).count
    }

    /// Whether some windows along an axis have no tap inside the input. Windows within the input need no look.
    public func hasEmptyWindows(_ axis: Int) -> Bool {
        let reach = (kernel[axis] - 1) * dilation[axis] + 1
        var (low, high) = (0, output[axis] - 1)
        while low <= high && first(axis, at: low) < 0 {
            if taps(axis, from: first(axis, at: low)).isEmpty { return true }
            low += 1
        }
        while high >= low && first(axis, at: high) + reach > input[axis] {
            if taps(axis, from: first(axis, at: high)).isEmpty { return true }
            high -= 1
        }
        return false
    }
}
