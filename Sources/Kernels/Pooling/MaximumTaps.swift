/// What maximum pooling does with the taps it chose: moves elements between the outputs and the inputs under these taps.
///
/// Memory takes most of the time, so the code is the same for every instruction set. Each tap looks at all channels, because
/// a tap's number alone tells its position only by divisions.
public enum MaximumTaps {
    public typealias In = UnsafePointer<Float>
    public typealias Out = UnsafeMutablePointer<Float>

    /// Adds each element of dy to the element of dx under its tap.
    @export(interface)
    public static func scatter(
        _ window: Window, channels: Int, taps: In, _ tapsStride: Int, _ dy: In, _ dyStride: Int, addingTo dx: Out,
        _ dxStride: Int
    ) {
        forEachPlace(window) { number, output, input in
            let (taps, dy, dx) = (taps + output * tapsStride, dy + output * dyStride, dx + input * dxStride)
            for channel in 0..<channels { dx[channel] += taps[channel] == number ? dy[channel] : 0 }
        }
    }

    /// Writes to each element of y the element of v under its tap.
    @export(interface)
    public static func gather(
        _ window: Window, channels: Int, taps: In, _ tapsStride: Int, _ v: In, _ vStride: Int, into y: Out,
        _ yStride: Int
    ) {
        forEachPlace(window) { number, output, input in
            let (taps, v, y) = (taps + output * tapsStride, v + input * vStride, y + output * yStride)
            for channel in 0..<channels { y[channel] = taps[channel] == number ? v[channel] : y[channel] }
        }
    }

    /// Calls `body` with each tap inside the input: its number, and the positions that it joins.
    @inline(__always)
    private static func forEachPlace(_ window: Window, _ body: (_ number: Float, _ output: Int, _ input: Int) -> Void) {
        var rows = WindowRows(window)
        while let row = rows.next() {
            for place in 0..<row.count {
                body(Float(row.tap), row.output + place, row.input + place * window.stride[2])
            }
        }
    }
}
