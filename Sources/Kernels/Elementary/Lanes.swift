/// A vector of an instruction set with operators: what the formulas of activations, costs and optimizers are written in.
public struct Lanes<Set: InstructionSet>: ExpressibleByFloatLiteral {
    public typealias Scalar = Set.Scalar
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    public let vector: Set.Vector

    @inlinable @inline(__always) public init(_ vector: Set.Vector) { self.vector = vector }
    /// The same number in every lane.
    @inlinable @inline(__always) public init(_ scalar: Scalar) { vector = Set.broadcast(scalar) }
    @inlinable @inline(__always) public init(floatLiteral value: Double) { vector = Set.broadcast(Scalar(value)) }

    @inlinable @inline(__always) public static var count: Int { Set.Vector.scalarCount }

    // MARK: Arithmetic

    @inlinable @inline(__always)
    public static func + (a: Lanes, b: Lanes) -> Lanes { Lanes(Set.add(a.vector, b.vector)) }
    @inlinable @inline(__always)
    public static func - (a: Lanes, b: Lanes) -> Lanes { Lanes(Set.subtract(a.vector, b.vector)) }
    @inlinable @inline(__always)
    public static func * (a: Lanes, b: Lanes) -> Lanes { Lanes(Set.multiply(a.vector, b.vector)) }
    @inlinable @inline(__always)
    public static func / (a: Lanes, b: Lanes) -> Lanes { Lanes(Set.divide(a.vector, b.vector)) }
    @inlinable @inline(__always)
    public static prefix func - (a: Lanes) -> Lanes { -0.0 - a }

    /// `self + a b`, with one rounding or two as the instruction set has it.
    @inlinable @inline(__always)
    public func adding(_ a: Lanes, times b: Lanes) -> Lanes { Lanes(Set.multiplyAdd(a.vector, b.vector, vector)) }
    /// `a + b x`: what polynomials are made of, in a tree (Estrin's scheme), because a chain has to wait for each link.
    @inlinable @inline(__always)
    public static func line(_ a: Lanes, _ b: Lanes, _ x: Lanes) -> Lanes { a.adding(b, times: x) }
    @inlinable @inline(__always)
    public func squareRoot() -> Lanes { Lanes(Set.squareRoot(vector)) }
    @inlinable @inline(__always)
    public var magnitude: Lanes { Lanes(Set.magnitude(vector)) }
    /// These magnitudes with the signs of `other`.
    @inlinable @inline(__always)
    public func withSign(of other: Lanes) -> Lanes { Lanes(Set.copySign(vector, other.vector)) }
    /// 1 where these are positive, −1 where they are negative, 0 otherwise.
    @inlinable @inline(__always)
    public var sign: Lanes { .select(0.0 < magnitude, Lanes(1.0).withSign(of: self), 0.0) }
    /// ``InstructionSet/scale``.
    @inlinable @inline(__always)
    public func scaled(byPowerOfTwo n: Lanes) -> Lanes { Lanes(Set.scale(vector, n.vector)) }

    /// ``InstructionSet/powerOfTwo``.
    @inlinable @inline(__always)
    public static func powerOfTwo(_ n: Lanes) -> Lanes { Lanes(Set.powerOfTwo(n.vector)) }
    /// ``InstructionSet/exponent``.
    @inlinable @inline(__always)
    public var exponent: Lanes { Lanes(Set.exponent(vector)) }
    /// ``InstructionSet/significand``.
    @inlinable @inline(__always)
    public var significand: Lanes { Lanes(Set.significand(vector)) }

    // MARK: Choice

    /// For each lane, whether something holds.
    public struct Condition {
        public let mask: Set.Mask
        @inlinable @inline(__always) public init(_ mask: Set.Mask) { self.mask = mask }
    }

    // Comparisons with NaN are false.
    @inlinable @inline(__always)
    public static func < (a: Lanes, b: Lanes) -> Condition { Condition(Set.less(a.vector, b.vector)) }
    @inlinable @inline(__always)
    public static func > (a: Lanes, b: Lanes) -> Condition { Condition(Set.less(b.vector, a.vector)) }
    @inlinable @inline(__always)
    public static func <= (a: Lanes, b: Lanes) -> Condition { Condition(Set.lessOrEqual(a.vector, b.vector)) }

    /// `condition ? a : b` in each lane; both are computed.
    @inlinable @inline(__always)
    public static func select(_ condition: Condition, _ a: Lanes, _ b: Lanes) -> Lanes {
        Lanes(Set.select(condition.mask, a.vector, b.vector))
    }
    /// The smaller of these and `limit`; NaN stays.
    @inlinable @inline(__always)
    public func atMost(_ limit: Lanes) -> Lanes { .select(limit < self, limit, self) }
    /// The larger of these and `limit`; NaN stays.
    @inlinable @inline(__always)
    public func atLeast(_ limit: Lanes) -> Lanes { .select(self < limit, limit, self) }
    /// The first `count` lanes as they are, `other` in the rest.
    @inlinable @inline(__always)
    public func prefix(_ count: Int, else other: Lanes) -> Lanes {
        .select(Condition(Set.lanes(before: count)), self, other)
    }

    // MARK: Memory

    /// The next elements of an array that has `count` ≥ 1 left: a whole vector, or as many as there are and 0 after them.
    @inlinable @inline(__always)
    public init(loading x: In, _ count: Int) {
        vector = count >= Lanes.count ? Set.load(x) : Set.load(x, count)
    }
    /// Writes as many lanes.
    @inlinable @inline(__always)
    public func store(_ x: Out, _ count: Int) {
        if count >= Lanes.count { Set.store(vector, x) } else { Set.store(vector, x, count) }
    }
    /// The vectors of an array of `count` elements: the place of the first element of each, and how many are left there.
    ///
    /// The last may be partial, and goes through the same code: an element's bits do not depend on its place.
    @inlinable @inline(__always)
    public static func vectors(of count: Int) -> Vectors { Vectors(count) }

    // A sequence, because the compiler inlines it whole; the closure of a function like forEach it calls if it is long.
    public struct Vectors: Sequence, IteratorProtocol {
        @usableFromInline var start = 0
        @usableFromInline let count: Int

        @inlinable @inline(__always) init(_ count: Int) { self.count = count }

        @inlinable @inline(__always)
        public mutating func next() -> (start: Int, left: Int)? {
            guard start < count else { return nil }
            defer { start += Lanes.count }
            return (start, count - start)
        }
    }
}
