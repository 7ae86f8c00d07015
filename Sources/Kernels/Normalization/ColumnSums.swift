/// Sums in float64 over neighbouring columns of a matrix, a vector or several, held in registers: nested structs, as in
/// RegisterTile.swift.
@usableFromInline
protocol ColumnSums {
    associatedtype Set: InstructionSet
    /// The vectors.
    static var count: Int { get }
    init()
    /// Adds a row.
    /// - Parameter term: what to add, from the column of its first lane.
    mutating func add(_ term: (_ column: Int) -> Lanes<Set>)
    /// - Parameter left: how many columns there are.
    func store(_ result: UnsafeMutablePointer<Set.Scalar>, times factor: Double, _ left: Int)
}

@usableFromInline
struct OneVectorOfSums<Set: InstructionSet>: ColumnSums {
    @usableFromInline var sums: Set.Sums

    @inlinable @inline(__always) static var count: Int { 1 }
    @inlinable @inline(__always) init() { sums = Set.Sums() }
    @inlinable @inline(__always)
    mutating func add(_ term: (_ column: Int) -> Lanes<Set>) { sums = Set.accumulate(sums, term(0).vector) }
    @inlinable @inline(__always)
    func store(_ result: UnsafeMutablePointer<Set.Scalar>, times factor: Double, _ left: Int) {
        for lane in 0..<min(left, Lanes<Set>.count) { result[lane] = Set.Scalar(sums[lane] * factor) }
    }
}

@usableFromInline
struct PairOfSums<Half: ColumnSums>: ColumnSums {
    @usableFromInline typealias Set = Half.Set
    @usableFromInline var first: Half
    @usableFromInline var second: Half

    @inlinable @inline(__always) static var count: Int { 2 * Half.count }
    @inlinable @inline(__always) init() {
        first = Half()
        second = Half()
    }
    @inlinable @inline(__always)
    mutating func add(_ term: (_ column: Int) -> Lanes<Half.Set>) {
        first.add(term)
        second.add { column in term(Half.count * Lanes<Half.Set>.count + column) }
    }
    @inlinable @inline(__always)
    func store(_ result: UnsafeMutablePointer<Half.Set.Scalar>, times factor: Double, _ left: Int) {
        let columns = Half.count * Lanes<Half.Set>.count
        first.store(result, times: factor, left)
        second.store(result + columns, times: factor, left - columns)
    }
}

@usableFromInline typealias FourVectorsOfSums<Set: InstructionSet> = PairOfSums<PairOfSums<OneVectorOfSums<Set>>>
