import CPlatform

/// A seeded generator of random numbers: xoshiro256** (Blackman and Vigna 2018), with its state filled from the seed by
/// SplitMix64.
///
/// A value, owned by the object that draws from it. There is no global generator, and one seed always gives the same
/// numbers.
public struct RandomGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)
    private var spareNormal: Double?

    public init(seed: UInt64) {
        var mixer = SplitMix64(state: seed)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// One of many generators with one seed. You can make them in any order, and need not keep or save any.
    public init(seed: UInt64, stream: UInt64) {
        var mixer = SplitMix64(state: seed)
        self.init(seed: mixer.next() ^ stream)
    }

    public mutating func next() -> UInt64 {
        let product = state.1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = (state.3 << 45) | (state.3 >> 19)
        return result
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Normal with mean 0 and variance 1. The polar method (Marsaglia and Bray 1964) makes two at a time.
    public mutating func normal() -> Double {
        if let spare = spareNormal {
            spareNormal = nil
            return spare
        }
        while true {
            let u = 2 * uniform() - 1
            let v = 2 * uniform() - 1
            let square = u * u + v * v
            if square > 0 && square < 1 {
                let factor = (-2 * log(square) / square).squareRoot()
                spareNormal = v * factor
                return u * factor
            }
        }
    }

    /// Uniform among 0 ..< bound, without bias (Lemire 2019). The bound is positive.
    public mutating func integer(below bound: Int) -> Int {
        let range = UInt64(bound)
        var (high, low) = next().multipliedFullWidth(by: range)
        if low < range {
            let threshold = (0 &- range) % range
            while low < threshold { (high, low) = next().multipliedFullWidth(by: range) }
        }
        return Int(high)
    }

    /// Puts the elements in a random order, each order equally likely (Fisher and Yates). Can be cancelled.
    mutating func shuffle<Order: MutableCollection & RandomAccessCollection>(_ order: inout Order)
        throws(ChainruleError)
    where Order.Index == Int {
        var last = order.count - 1
        while last > 0 {
            if last % Cancellation.elementsUntilLook == 0 { try Cancellation.look() }
            order.swapAt(last, integer(below: last + 1))
            last -= 1
        }
    }
}

/// A generator whose state is a counter (Steele et al. 2014): every seed is equally good.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
