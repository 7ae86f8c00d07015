/// The sums of one vector of channels at neighbouring positions, held in registers: nested structs, as in RegisterTile.swift.
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
    func store(_ x: Out, distance: Int, _ left: Int)
    /// The sum over the positions, by pairs.
    var total: Lanes<Set> { get }
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
    @inlinable @inline(__always) func store(_ x: Out, distance: Int, _ left: Int) { sum.store(x, left) }
    @inlinable @inline(__always) var total: Lanes<Set> { sum }
}

@usableFromInline
struct TwoTiles<Half: SumTile>: SumTile {
    @usableFromInline typealias Set = Half.Set
    @usableFromInline var first: Half
    @usableFromInline var second: Half

    @inlinable @inline(__always) static var count: Int { 2 * Half.count }
    @inlinable @inline(__always) init(repeating start: Lanes<Set>) {
        first = Half(repeating: start)
        second = first
    }
    @inlinable @inline(__always) init(loading x: In, distance: Int, _ left: Int) {
        first = Half(loading: x, distance: distance, left)
        second = Half(loading: x + Half.count * distance, distance: distance, left)
    }
    @inlinable @inline(__always)
    mutating func add(_ a: In, distance aDistance: Int, times b: In, distance bDistance: Int, _ left: Int) {
        first.add(a, distance: aDistance, times: b, distance: bDistance, left)
        second.add(
            a + Half.count * aDistance, distance: aDistance, times: b + Half.count * bDistance, distance: bDistance,
            left)
    }
    @inlinable @inline(__always) func store(_ x: Out, distance: Int, _ left: Int) {
        first.store(x, distance: distance, left)
        second.store(x + Half.count * distance, distance: distance, left)
    }
    @inlinable @inline(__always) var total: Lanes<Set> { first.total + second.total }
}

/// Four positions. Eight are a tenth faster in wide rows, and slower where a row is shorter than twelve.
@usableFromInline typealias FourSums<Set: InstructionSet> = TwoTiles<TwoTiles<OneSum<Set>>>

extension Lanes {
    /// Calls `body` for each of the ``vectors(of:)``, with the code for a whole vector apart: there the count is a constant.
    @inlinable @inline(__always)
    static func forEachVector(of count: Int, _ body: (_ start: Int, _ left: Int) -> Void) {
        for (start, left) in vectors(of: count) {
            if left >= Lanes.count { body(start, Lanes.count) } else { body(start, left) }
        }
    }
}
