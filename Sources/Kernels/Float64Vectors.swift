/// Loops over vectors of float64, for methods that are beyond float32. A sum is added in one order on every processor.
public enum Float64Vectors {
    /// `x · y`, in eight partial sums.
    @inline(never)
    public static func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int) -> Double {
        var sums = SIMD8<Double>.zero
        var i = 0
        while i + 8 <= count {
            sums += load(x + i) * load(y + i)
            i += 8
        }
        var tail = 0.0
        while i < count {
            tail += x[i] * y[i]
            i += 1
        }
        let halves = sums.lowHalf + sums.highHalf
        let quarters = halves.lowHalf + halves.highHalf
        return quarters[0] + quarters[1] + tail
    }

    /// `y += a x`.
    @inline(never)
    public static func add(_ a: Double, _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, count: Int) {
        var i = 0
        while i + 8 <= count {
            let sum = load(y + i) + a * load(x + i)
            UnsafeMutableRawPointer(y + i).storeBytes(of: sum, as: SIMD8<Double>.self)
            i += 8
        }
        while i < count {
            y[i] += a * x[i]
            i += 1
        }
    }

    /// `y *= a`.
    @inline(never)
    public static func scale(_ y: UnsafeMutablePointer<Double>, by a: Double, count: Int) {
        for i in 0..<count { y[i] *= a }
    }

    /// The largest magnitude among the elements, of which none is NaN.
    @inline(never)
    public static func largestMagnitude(_ x: UnsafePointer<Double>, count: Int) -> Double {
        var largest = 0.0
        for i in 0..<count { largest = max(largest, x[i].magnitude) }
        return largest
    }

    @inline(__always)
    private static func load(_ x: UnsafePointer<Double>) -> SIMD8<Double> {
        UnsafeRawPointer(x).loadUnaligned(as: SIMD8<Double>.self)
    }
}
