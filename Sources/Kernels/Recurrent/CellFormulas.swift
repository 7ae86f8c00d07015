/// What the formulas of recurrent cells compute with: vectors; or numbers with their tangents, whose product is the product
/// rule.
///
/// Not operators: more of them make the compiler slow at all formulas of this module.
public protocol CellNumber {
    func plus(_ other: Self) -> Self
    func minus(_ other: Self) -> Self
    func times(_ other: Self) -> Self
    static var one: Self { get }
}

extension CellNumber {
    /// σ'(z) of a sigmoid with this value.
    @inlinable @inline(__always) public var sigmoidSlope: Self { times(Self.one.minus(self)) }
    /// σ'(z) of a hyperbolic tangent with this value.
    @inlinable @inline(__always) public var tanhSlope: Self { Self.one.minus(times(self)) }
}

extension Lanes: CellNumber {
    @inlinable @inline(__always) public func plus(_ other: Lanes) -> Lanes { self + other }
    @inlinable @inline(__always) public func minus(_ other: Lanes) -> Lanes { self - other }
    @inlinable @inline(__always) public func times(_ other: Lanes) -> Lanes { self * other }
    @inlinable @inline(__always) public static var one: Lanes { 1.0 }
}

/// A unit of an LSTM: `c = f c' + i g`, `h = o tanh c`. The gates i, f and o are sigmoids, g a hyperbolic tangent. With
/// peepholes p, z of i and of f has a share `p c'`, z of o a share `p c` (Gers, Schraudolph and Schmidhuber 2002).
public struct LSTMUnit<Number: CellNumber> {
    public struct Peepholes {
        public let i, f, o: Number

        @inlinable @inline(__always)
        public init(i: Number, f: Number, o: Number) { (self.i, self.f, self.o) = (i, f, o) }
    }

    public struct Signals {
        /// ∂C/∂z of the gates.
        public let i, f, g, o: Number
        /// ∂C/∂c'.
        public let cell: Number

        @inlinable @inline(__always)
        init(i: Number, f: Number, g: Number, o: Number, cell: Number) {
            (self.i, self.f, self.g, self.o, self.cell) = (i, f, g, o, cell)
        }
    }

    @usableFromInline let i, f, g, o: Number

    @inlinable @inline(__always)
    public init(i: Number, f: Number, g: Number, o: Number) { (self.i, self.f, self.g, self.o) = (i, f, g, o) }

    /// c, from c'.
    @inlinable @inline(__always)
    public func cell(_ previous: Number) -> Number { f.times(previous).plus(i.times(g)) }

    /// - Parameters:
    ///   - previous: c'.
    ///   - delta: ∂C/∂h.
    ///   - deltaCell: ∂C/∂c without what comes through h.
    @inlinable @inline(__always)
    public func backward(
        previous: Number, tanhCell: Number, delta: Number, deltaCell: Number, peepholes: Peepholes?
    ) -> Signals {
        let so = delta.times(tanhCell).times(o.sigmoidSlope)
        var dc = deltaCell.plus(delta.times(o).times(tanhCell.tanhSlope))
        if let peepholes { dc = dc.plus(so.times(peepholes.o)) }
        let si = dc.times(g).times(i.sigmoidSlope)
        let sf = dc.times(previous).times(f.sigmoidSlope)
        var before = dc.times(f)
        if let peepholes { before = before.plus(si.times(peepholes.i)).plus(sf.times(peepholes.f)) }
        return Signals(i: si, f: sf, g: dc.times(i).times(g.tanhSlope), o: so, cell: before)
    }
}

/// A unit of a GRU: `h = n + z (h' − n)`. The gates r and z are sigmoids, the candidate n a hyperbolic tangent.
public struct GRUUnit<Number: CellNumber> {
    public let r, z, n: Number

    @inlinable @inline(__always)
    public init(r: Number, z: Number, n: Number) { (self.r, self.z, self.n) = (r, z, n) }

    /// h, from h'.
    @inlinable @inline(__always)
    public func state(_ previous: Number) -> Number { n.plus(z.times(previous.minus(n))) }

    /// ∂C/∂z of z and n, and what ∂C/∂h' has of ∂C/∂h directly.
    @inlinable @inline(__always)
    public func backward(previous: Number, delta: Number) -> (z: Number, n: Number, state: Number) {
        let kept = delta.times(z)
        return (delta.times(previous.minus(n)).times(z.sigmoidSlope), delta.minus(kept).times(n.tanhSlope), kept)
    }

    /// ∂C/∂z of r, where r multiplies `value`, whose product has this δ.
    @inlinable @inline(__always)
    public func resetSignal(delta: Number, value: Number) -> Number { delta.times(value).times(r.sigmoidSlope) }
}
