/// The sums of one vector of channels at neighbouring positions or taps, held in registers: nested structs, as in RegisterTile.swift.
@usableFromInline
protocol SumTile {
    associatedtype Set: InstructionSet
    typealias In = UnsafePointer<Set.Scalar>
    typealias Out = UnsafeMutablePointer<Set.Scalar>

    /// The positions.
    static var count: Int { get }
    init(repeating start: Lanes<Set>)
    /// - Parameter distance: from one position to the next, in floats.
    init(loading x: In, distance: Int, _ left: Int)
    /// Adds `a ⊙ b` at each position.
    mutating func add(_ a: In, distance aDistance: Int, times b: In, distance bDistance: Int, _ left: Int)
    /// Adds the sums of another tile.
    mutating func add(_ other: Self)
    func store(_ x: Out, distance: Int, _ left: Int)
}

@usableFromInline
struct OneSum<Set: InstructionSet>: SumTile {
    @usableFromInline var sum: Lanes<Set>

    @inlinable @inline(__always) static var count: Int { 1 }
    @inlinable @inline(__always) init(repeating start: Lanes<Set>) { sum = start }
    @inlinable @inline(__always) init(loading x: In, distance: Int, _ left: Int) { sum = Lanes(loading: x, left) }
    @inlinable @inline(__always)
    mutating func add(_ a: In, distance aDistance: Int, times b: In, distance bDistance: Int, _ left: Int) {
        sum = sum.adding(Lanes(loading: a, left), times: Lanes(loading: b, left))
    }
    @inlinable @inline(__always) mutating func add(_ other: Self) { sum = sum + other.sum }
    @inlinable @inline(__always) func store(_ x: Out, distance: Int, _ left: Int) { sum.store(x, left) }
}

@usableFromInline
struct JoinedTiles<First: SumTile, Second: SumTile>: SumTile where First.Set == Second.Set {
    @usableFromInline typealias Set = First.Set
    @usableFromInline var first: First
    @usableFromInline var second: Second

    @inlinable @inline(__always) static var count: Int { First.count + Second.count }
    @inlinable @inline(__always) init(repeating start: Lanes<Set>) {
        first = First(repeating: start)
        second = Second(repeating: start)
    }
    @inlinable @inline(__always) init(loading x: In, distance: Int, _ left: Int) {
        first = First(loading: x, distance: distance, left)
        second = Second(loading: x + First.count * distance, distance: distance, left)
    }
    @inlinable @inline(__always)
    mutating func add(_ a: In, distance aDistance: Int, times b: In, distance bDistance: Int, _ left: Int) {
        first.add(a, distance: aDistance, times: b, distance: bDistance, left)
        second.add(
            a + First.count * aDistance, distance: aDistance, times: b + First.count * bDistance, distance: bDistance,
            left)
    }
    @inlinable @inline(__always) mutating func add(_ other: Self) {
        first.add(other.first)
        second.add(other.second)
    }
    @inlinable @inline(__always) func store(_ x: Out, distance: Int, _ left: Int) {
        first.store(x, distance: distance, left)
        second.store(x + First.count * distance, distance: distance, left)
    }
}

@usableFromInline typealias TwoSums<Set: InstructionSet> = JoinedTiles<OneSum<Set>, OneSum<Set>>
@usableFromInline typealias ThreeSums<Set: InstructionSet> = JoinedTiles<TwoSums<Set>, OneSum<Set>>
