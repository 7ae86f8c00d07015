/// What maximum pooling does with the taps it chose: moves elements between the outputs and the inputs under these taps.
///
/// Memory takes most of the time, so the code is the same for every instruction set. Each tap looks at all channels, because
/// a tap's number alone tells its position only by divisions.
public enum MaximumTaps {
    public typealias In = UnsafePointer<Float>
    public typealias Out = UnsafeMutablePointer<Float>

    /// Adds each element of dy to the element of dx under its tap.
    @inline(never)
    public static func scatter(
        _ window: Window, channels: Int, taps: In, _ tapsStride: Int, _ dy: In, _ dyStride: Int, addingTo dx: Out,
        _ dxStride: Int
    ) {
        window.forEachOutput { output, inside in
            let (taps, dy) = (taps + output * tapsStride, dy + output * dyStride)
            inside.forEach { tap, position in
                let (number, dx) = (Float(tap), dx + position * dxStride)
                for channel in 0..<channels { dx[channel] += taps[channel] == number ? dy[channel] : 0 }
            }
        }
    }

    /// Writes to each element of y the element of v under its tap.
    @inline(never)
    public static func gather(
        _ window: Window, channels: Int, taps: In, _ tapsStride: Int, _ v: In, _ vStride: Int, into y: Out,
        _ yStride: Int
    ) {
        window.forEachOutput { output, inside in
            let (taps, y) = (taps + output * tapsStride, y + output * yStride)
            inside.forEach { tap, position in
                let (number, v) = (Float(tap), v + position * vStride)
                for channel in 0..<channels { y[channel] = taps[channel] == number ? v[channel] : y[channel] }
            }
        }
    }
}
