/// `h_i = e^z_i / Σ_j e^z_j`, with the largest z taken out first; `s_i = h_i (δ_i − Σ_j h_j δ_j)`.
public enum SoftmaxActivation: RowActivation {
    @inlinable @inline(__always)
    public static func value<Scalar: KernelScalar>(
        _ z: UnsafePointer<Scalar>, _ h: UnsafeMutablePointer<Scalar>, columns: Int
    ) {
        let largest = maximum(z, columns)
        var total: Scalar = 0
        for i in 0..<columns {
            let e = Scalar.exp(z[i] - largest)
            h[i] = e
            total += e
        }
        for i in 0..<columns { h[i] /= total }
    }

    @inlinable @inline(__always)
    public static func backward<Scalar: KernelScalar>(
        _ h: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>, _ s: UnsafeMutablePointer<Scalar>, columns: Int
    ) {
        var mean: Scalar = 0
        for i in 0..<columns { mean += h[i] * delta[i] }
        for i in 0..<columns { s[i] = h[i] * (delta[i] - mean) }
    }

    @inlinable @inline(__always)
    static func maximum<Scalar: KernelScalar>(_ z: UnsafePointer<Scalar>, _ columns: Int) -> Scalar {
        var largest = z[0]
        for i in 1..<columns where z[i] > largest { largest = z[i] }
        return largest
    }

    /// The largest z, and `log Σ_j e^(z_j − largest)`. Kept apart: their sum would round away what distinguishes large z.
    @inlinable @inline(__always)
    static func logSumExp<Scalar: KernelScalar>(_ z: UnsafePointer<Scalar>, _ columns: Int) -> (
        largest: Scalar, logarithm: Scalar
    ) {
        let largest = maximum(z, columns)
        var total: Scalar = 0
        for i in 0..<columns { total += Scalar.exp(z[i] - largest) }
        return (largest, Scalar.log(total))
    }
}

/// `h_i = z_i − log Σ_j e^z_j`; `s_i = δ_i − e^h_i Σ_j δ_j`.
public enum LogSoftmaxActivation: RowActivation {
    @inlinable @inline(__always)
    public static func value<Scalar: KernelScalar>(
        _ z: UnsafePointer<Scalar>, _ h: UnsafeMutablePointer<Scalar>, columns: Int
    ) {
        let (largest, logarithm) = SoftmaxActivation.logSumExp(z, columns)
        for i in 0..<columns { h[i] = (z[i] - largest) - logarithm }
    }

    @inlinable @inline(__always)
    public static func backward<Scalar: KernelScalar>(
        _ h: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>, _ s: UnsafeMutablePointer<Scalar>, columns: Int
    ) {
        var total: Scalar = 0
        for i in 0..<columns { total += delta[i] }
        for i in 0..<columns { s[i] = delta[i] - Scalar.exp(h[i]) * total }
    }
}
