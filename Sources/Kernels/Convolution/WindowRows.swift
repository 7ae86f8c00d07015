/// A tap within a row of the output: the output positions, one after the other, at which it lies inside the input.
public struct WindowRow {
    public let tap: Int
    /// The first output position.
    public let output: Int
    /// The input position under the tap there; those of the next lie the window's stride apart.
    public let input: Int
    public let count: Int
}

/// Every tap within every row of the output, row by row. Compiled once, as ``ConvolutionRuns`` is.
public struct WindowRows {
    private let window: Window
    private var row = 0
    private var tap = 0

    @inline(never) @export(interface)
    public init(_ window: Window) { self.window = window }

    @inline(never) @export(interface)
    public mutating func next() -> WindowRow? {
        let (output, kernel) = (window.output, window.kernel)
        while row < output[0] * output[1] {
            let (row, tap) = (row, tap)
            self.tap = tap + 1 == window.taps ? 0 : tap + 1
            if self.tap == 0 { self.row = row + 1 }
            let depth = window.position(0, at: row / output[1], under: tap / (kernel[1] * kernel[2]))
            let height = window.position(1, at: row % output[1], under: tap / kernel[2] % kernel[1])
            guard 0..<window.input[0] ~= depth && 0..<window.input[1] ~= height else { continue }
            let widthTap = tap % kernel[2]
            let places = window.outputs(2, under: widthTap)
            return WindowRow(
                tap: tap, output: row * output[2] + places.lowerBound,
                input: (depth * window.input[1] + height) * window.input[2]
                    + window.position(2, at: places.lowerBound, under: widthTap), count: places.count)
        }
        return nil
    }
}
