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
            var channel = 0
            while channel < channels & ~3 {
                let added = SIMD4<Float>.zero.replacing(
                    with: four(dy + channel), where: four(taps + channel) .== number)
                store(four(dx + channel) + added, dx + channel)
                channel += 4
            }
            while channel < channels {
                if taps[channel] == number { dx[channel] += dy[channel] }
                channel += 1
            }
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
            var channel = 0
            while channel < channels & ~3 {
                let isFrom = four(taps + channel) .== number
                store(four(y + channel).replacing(with: four(v + channel), where: isFrom), y + channel)
                channel += 4
            }
            while channel < channels {
                if taps[channel] == number { y[channel] = v[channel] }
                channel += 1
            }
        }
    }

    @inline(__always)
    private static func four(_ elements: In) -> SIMD4<Float> {
        UnsafeRawPointer(elements).loadUnaligned(as: SIMD4<Float>.self)
    }

    @inline(__always)
    private static func store(_ four: SIMD4<Float>, _ elements: Out) {
        UnsafeMutableRawPointer(elements).storeBytes(of: four, as: SIMD4<Float>.self)
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
