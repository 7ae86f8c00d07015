/// Two sums in float64 over each of some neighbouring columns of a matrix, held in registers: nested structs, as in
/// RegisterTile.swift.
@usableFromInline
protocol ColumnSums {
    associatedtype Set: InstructionSet
    /// The columns.
    static var width: Int { get }
    init()
    /// Adds a row.
    /// - Parameter terms: what to add to both sums, from the column of its first lane.
    mutating func add(_ terms: (_ column: Int) -> (Lanes<Set>, Lanes<Set>))
    /// Calls `body` with the sums of each column.
    /// - Parameter left: how many columns there are.
    func forEach(_ left: Int, _ body: (_ column: Int, Double, Double) -> Void)
}

@usableFromInline
struct OneVectorOfSums<Set: InstructionSet>: ColumnSums {
    @usableFromInline var first: Set.Sums
    @usableFromInline var second: Set.Sums

    @inlinable @inline(__always) static var width: Int { Lanes<Set>.count }
    @inlinable @inline(__always) init() {
        first = Set.Sums()
        second = first
    }
    @inlinable @inline(__always)
    mutating func add(_ terms: (_ column: Int) -> (Lanes<Set>, Lanes<Set>)) {
        let (a, b) = terms(0)
        first = Set.accumulate(first, a.vector)
        second = Set.accumulate(second, b.vector)
    }
    @inlinable @inline(__always)
    func forEach(_ left: Int, _ body: (_ column: Int, Double, Double) -> Void) {
        for lane in 0..<min(left, Lanes<Set>.count) { body(lane, first[lane], second[lane]) }
    }
}

@usableFromInline
struct PairOfSums<Half: ColumnSums>: ColumnSums {
    @usableFromInline typealias Set = Half.Set
    @usableFromInline var left: Half
    @usableFromInline var right: Half

    @inlinable @inline(__always) static var width: Int { 2 * Half.width }
    @inlinable @inline(__always) init() {
        left = Half()
        right = Half()
    }
    @inlinable @inline(__always)
    mutating func add(_ terms: (_ column: Int) -> (Lanes<Half.Set>, Lanes<Half.Set>)) {
        left.add(terms)
        right.add { column in terms(Half.width + column) }
    }
    @inlinable @inline(__always)
    func forEach(_ count: Int, _ body: (_ column: Int, Double, Double) -> Void) {
        left.forEach(count, body)
        right.forEach(count - Half.width) { body(Half.width + $0, $1, $2) }
    }
}

@usableFromInline typealias TwoVectorsOfSums<Set: InstructionSet> = PairOfSums<OneVectorOfSums<Set>>
@usableFromInline typealias FourVectorsOfSums<Set: InstructionSet> = PairOfSums<TwoVectorsOfSums<Set>>
