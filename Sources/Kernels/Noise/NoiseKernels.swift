/// Where in the stream of random numbers a row's are: they depend on nothing else, and on no number drawn before.
public struct NoisePlace: Sendable {
    public let seed: UInt64
    /// Up to 2⁵⁰ − 1.
    public let step: UInt64
    /// Up to 2¹⁴ − 1.
    public let layer: UInt32
    public let row: UInt32

    @inlinable @inline(__always)
    public init(seed: UInt64, step: UInt64, layer: Int, row: Int) {
        self.seed = seed
        self.step = step
        self.layer = UInt32(truncatingIfNeeded: layer)
        self.row = UInt32(truncatingIfNeeded: row)
    }
}

/// Random numbers for the columns of a row.
public struct NoiseKernels<Scalar: KernelScalar>: Sendable {
    public typealias Out = UnsafeMutablePointer<Scalar>

    /// 0 with a probability of `threshold / 2³²`, and otherwise what `scale` points to.
    public let mask:
        @Sendable (
            _ columns: Int, _ place: NoisePlace, _ threshold: UInt32, _ scale: UnsafePointer<Scalar>, _ result: Out
        )
            -> Void
    /// Normal with mean 0 and the standard deviation that `deviation` points to.
    public let normal:
        @Sendable (_ columns: Int, _ place: NoisePlace, _ deviation: UnsafePointer<Scalar>, _ result: Out) -> Void

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        mask = NoiseKernel<Set>.mask
        normal = NoiseKernel<Set>.normal
    }
}

/// Philox4x32-10 (Salmon et al. 2011): four random words of a counter of four and a key of two.
public enum Philox {
    public typealias Words = (UInt32, UInt32, UInt32, UInt32)

    @inlinable @inline(__always)
    static func words(_ block: UInt32, at place: NoisePlace) -> Words {
        let step = (UInt32(truncatingIfNeeded: place.step), UInt32(truncatingIfNeeded: place.step >> 32))
        return words(
            counter: (block, place.row, place.layer | step.1 << 14, step.0),
            key: (UInt32(truncatingIfNeeded: place.seed), UInt32(truncatingIfNeeded: place.seed >> 32)))
    }

    @inlinable @inline(__always)
    public static func words(counter: Words, key: (UInt32, UInt32)) -> Words {
        var (counter, key) = (counter, key)
        for _ in 0..<10 {
            let first = UInt64(counter.0) &* 0xd251_1f53
            let second = UInt64(counter.2) &* 0xcd9e_8d57
            counter = (
                UInt32(truncatingIfNeeded: second >> 32) ^ counter.1 ^ key.0, UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ counter.3 ^ key.1, UInt32(truncatingIfNeeded: first)
            )
            key = (key.0 &+ 0x9e37_79b9, key.1 &+ 0xbb67_ae85)
        }
        return counter
    }
}

@usableFromInline
enum NoiseKernel<Set: InstructionSet> {
    @usableFromInline typealias Scalar = Set.Scalar
    @usableFromInline typealias Out = UnsafeMutablePointer<Scalar>

    /// A word for each column.
    @inlinable @inline(__always)
    static func forEachWord(columns: Int, _ place: NoisePlace, _ body: (_ column: Int, _ word: UInt32) -> Void) {
        var column = 0
        while column < columns {
            let words = Philox.words(UInt32(truncatingIfNeeded: column / 4), at: place)
            body(column, words.0)
            if column + 1 < columns { body(column + 1, words.1) }
            if column + 2 < columns { body(column + 2, words.2) }
            if column + 3 < columns { body(column + 3, words.3) }
            column += 4
        }
    }

    @inlinable @inline(never)
    static func mask(
        columns: Int, _ place: NoisePlace, threshold: UInt32, scale: UnsafePointer<Scalar>, _ result: Out
    ) {
        let scale = scale[0]
        forEachWord(columns: columns, place) { column, word in result[column] = word < threshold ? 0 : scale }
    }

    /// By the inverse of the distribution function: Wichura 1988, algorithm AS 241, PPND7, which is right to about 1 in 10⁷.
    @inlinable @inline(never)
    static func normal(columns: Int, _ place: NoisePlace, deviation: UnsafePointer<Scalar>, _ result: Out) {
        // 31 bits are the distance p from the nearer end of (0, 1), the other is the sign.
        forEachWord(columns: columns, place) { column, word in
            let tail = (Scalar(word >> 1) + 0.5) / 4_294_967_296
            result[column] = word & 1 == 0 ? tail : -tail
        }
        let deviation = Lanes<Set>(deviation[0])
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            let signed = Lanes<Set>(loading: result + i, left)
            let tail = signed.magnitude.atLeast(1e-10)
            let q = 0.5 - tail
            let r = 0.180625 - q * q
            let centre =
                q * Lanes.polynomial(r, 3.3871327179, 50.434271938, 159.29113202, 59.109374720)
                / Lanes.polynomial(r, 1.0, 17.895169469, 78.757757664, 67.187563600)
            let t = (-Lanes.log(tail)).atLeast(0.0).squareRoot() - 1.6
            let far =
                Lanes.polynomial(t, 1.4234372777, 2.7568153900, 1.3067284816, 0.17023821103)
                / Lanes.polynomial(t, 1.0, 0.73700164250, 0.12021132975, 0.0)
            let distance = Lanes.select(q <= 0.425, centre, far)
            (deviation * distance.withSign(of: signed)).store(result + i, left)
        }
    }
}

extension Lanes {
    /// `a + b x + c x² + d x³`.
    @inlinable @inline(__always)
    static func polynomial(_ x: Lanes, _ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes) -> Lanes {
        a.adding(b.adding(c.adding(d, times: x), times: x), times: x)
    }
}
