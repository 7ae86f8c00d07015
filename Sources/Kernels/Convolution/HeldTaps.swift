/// Weights of a few taps, or sums for them, held in registers while results go by: nested structs, as in RegisterTile.swift. A
/// distance is in elements, from a tap to the next.
@usableFromInline
protocol HeldTaps {
    associatedtype Set: InstructionSet
    typealias In = UnsafePointer<Set.Scalar>
    typealias Out = UnsafeMutablePointer<Set.Scalar>

    static var lines: Int { get }
    static var taps: Int { get }
    /// Zeros.
    init()
    init(loading w: In, line: Int, tap: Int)
    /// `sum + Σ_t w[t] ⊙ x[t]`, in the order of the lines, and of the taps of each.
    func sum(_ sum: Lanes<Set>, _ x: In, line: Int, tap: Int) -> Lanes<Set>
    /// `w[t] += dy ⊙ x[t]`.
    mutating func add(_ dy: Lanes<Set>, times x: In, line: Int, tap: Int)
    /// `dw[t] += w[t]`.
    func add(to dw: Out, line: Int, tap: Int)
}

@usableFromInline
struct HeldTap<Set: InstructionSet>: HeldTaps {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>
    @usableFromInline var w: Lanes<Set>

    @inlinable @inline(__always) static var lines: Int { 1 }
    @inlinable @inline(__always) static var taps: Int { 1 }
    @inlinable @inline(__always) init() { w = 0.0 }
    @inlinable @inline(__always) init(loading w: In, line: Int, tap: Int) {
        self.w = Lanes(loading: w, Lanes<Set>.count)
    }
    @inlinable @inline(__always)
    func sum(_ sum: Lanes<Set>, _ x: In, line: Int, tap: Int) -> Lanes<Set> {
        sum.adding(w, times: Lanes(loading: x, Lanes<Set>.count))
    }
    @inlinable @inline(__always)
    mutating func add(_ dy: Lanes<Set>, times x: In, line: Int, tap: Int) {
        w = w.adding(dy, times: Lanes(loading: x, Lanes<Set>.count))
    }
    @inlinable @inline(__always)
    func add(to dw: Out, line: Int, tap: Int) {
        (Lanes(loading: dw, Lanes<Set>.count) + w).store(dw, Lanes<Set>.count)
    }
}

/// Taps of the same lines, side by side.
@usableFromInline
struct NeighbouringTaps<First: HeldTaps, Second: HeldTaps>: HeldTaps where First.Set == Second.Set {
    @usableFromInline typealias Set = First.Set
    @usableFromInline var first: First
    @usableFromInline var second: Second

    @inlinable @inline(__always) static var lines: Int { First.lines }
    @inlinable @inline(__always) static var taps: Int { First.taps + Second.taps }
    @inlinable @inline(__always) init() {
        first = First()
        second = Second()
    }
    @inlinable @inline(__always) init(loading w: In, line: Int, tap: Int) {
        first = First(loading: w, line: line, tap: tap)
        second = Second(loading: w + First.taps * tap, line: line, tap: tap)
    }
    @inlinable @inline(__always)
    func sum(_ sum: Lanes<Set>, _ x: In, line: Int, tap: Int) -> Lanes<Set> {
        second.sum(first.sum(sum, x, line: line, tap: tap), x + First.taps * tap, line: line, tap: tap)
    }
    @inlinable @inline(__always)
    mutating func add(_ dy: Lanes<Set>, times x: In, line: Int, tap: Int) {
        first.add(dy, times: x, line: line, tap: tap)
        second.add(dy, times: x + First.taps * tap, line: line, tap: tap)
    }
    @inlinable @inline(__always)
    func add(to dw: Out, line: Int, tap: Int) {
        first.add(to: dw, line: line, tap: tap)
        second.add(to: dw + First.taps * tap, line: line, tap: tap)
    }
}

/// Lines with the same taps.
@usableFromInline
struct HeldLines<First: HeldTaps, Second: HeldTaps>: HeldTaps where First.Set == Second.Set {
    @usableFromInline typealias Set = First.Set
    @usableFromInline var first: First
    @usableFromInline var second: Second

    @inlinable @inline(__always) static var lines: Int { First.lines + Second.lines }
    @inlinable @inline(__always) static var taps: Int { First.taps }
    @inlinable @inline(__always) init() {
        first = First()
        second = Second()
    }
    @inlinable @inline(__always) init(loading w: In, line: Int, tap: Int) {
        first = First(loading: w, line: line, tap: tap)
        second = Second(loading: w + First.lines * line, line: line, tap: tap)
    }
    @inlinable @inline(__always)
    func sum(_ sum: Lanes<Set>, _ x: In, line: Int, tap: Int) -> Lanes<Set> {
        second.sum(first.sum(sum, x, line: line, tap: tap), x + First.lines * line, line: line, tap: tap)
    }
    @inlinable @inline(__always)
    mutating func add(_ dy: Lanes<Set>, times x: In, line: Int, tap: Int) {
        first.add(dy, times: x, line: line, tap: tap)
        second.add(dy, times: x + First.lines * line, line: line, tap: tap)
    }
    @inlinable @inline(__always)
    func add(to dw: Out, line: Int, tap: Int) {
        first.add(to: dw, line: line, tap: tap)
        second.add(to: dw + First.lines * line, line: line, tap: tap)
    }
}

@usableFromInline typealias TwoTaps<Set: InstructionSet> = NeighbouringTaps<HeldTap<Set>, HeldTap<Set>>
@usableFromInline typealias ThreeTaps<Set: InstructionSet> = NeighbouringTaps<TwoTaps<Set>, HeldTap<Set>>
@usableFromInline typealias TwoLines<Line: HeldTaps> = HeldLines<Line, Line>
@usableFromInline typealias ThreeLines<Line: HeldTaps> = HeldLines<TwoLines<Line>, Line>
