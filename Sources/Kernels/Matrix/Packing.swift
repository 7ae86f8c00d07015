/// As many vectors as a vector has lanes, held in registers: a square matrix to be transposed.
///
/// Transposition in rounds of one kind of step (Stone 1971): the vectors of the upper half meet those of the lower half
/// one by one, and each pair is shuffled into two vectors that become neighbours. After as many rounds as the number of
/// vectors can be halved, rows have become columns. Which shuffles do that is the instruction set's affair; rows are taken in,
/// and columns handed out, in the order that they need.
@usableFromInline
protocol VectorStack {
    associatedtype Set: InstructionSet
    static var count: Int { get }
    /// The vectors at the places from `place`: the first `columns` elements of the rows below `rows`, otherwise zeros.
    init(loading matrix: UnsafePointer<Set.Scalar>, stride: Int, place: Int, rows: Int, columns: Int)
    func store(_ result: UnsafeMutablePointer<Set.Scalar>, stride: Int, place: Int, rows: Int, columns: Int)
    func shuffled(with other: Self, round: Int) -> VectorPair<Self>
    /// - Parameter place: a constant.
    func vector(at place: Int) -> Set.Vector
}

@usableFromInline
struct SingleVector<Set: InstructionSet>: VectorStack {
    @usableFromInline var vector: Set.Vector

    @inlinable @inline(__always) init(_ vector: Set.Vector) { self.vector = vector }
    @inlinable @inline(__always) static var count: Int { 1 }
    @inlinable @inline(__always)
    init(loading matrix: UnsafePointer<Set.Scalar>, stride: Int, place: Int, rows: Int, columns: Int) {
        let row = Set.transpositionOrder(place)
        vector = row < rows ? Set.load(matrix + row * stride, columns) : .zero
    }
    @inlinable @inline(__always)
    func store(_ result: UnsafeMutablePointer<Set.Scalar>, stride: Int, place: Int, rows: Int, columns: Int) {
        let row = Set.transpositionOrder(place)
        if row < rows { Set.store(vector, result + row * stride, columns) }
    }
    @inlinable @inline(__always) func shuffled(with other: Self, round: Int) -> VectorPair<Self> {
        let (first, second) = Set.transpositionRound(round, vector, other.vector)
        return VectorPair(top: SingleVector(first), bottom: SingleVector(second))
    }
    @inlinable @inline(__always) func vector(at place: Int) -> Set.Vector { vector }
}

@usableFromInline
struct VectorPair<Half: VectorStack>: VectorStack {
    @usableFromInline typealias Set = Half.Set
    @usableFromInline var top: Half
    @usableFromInline var bottom: Half

    @inlinable @inline(__always) init(top: Half, bottom: Half) {
        self.top = top
        self.bottom = bottom
    }
    @inlinable @inline(__always) static var count: Int { 2 * Half.count }
    @inlinable @inline(__always)
    init(loading matrix: UnsafePointer<Half.Set.Scalar>, stride: Int, place: Int, rows: Int, columns: Int) {
        top = Half(loading: matrix, stride: stride, place: place, rows: rows, columns: columns)
        bottom = Half(loading: matrix, stride: stride, place: place + Half.count, rows: rows, columns: columns)
    }
    @inlinable @inline(__always)
    func store(_ result: UnsafeMutablePointer<Half.Set.Scalar>, stride: Int, place: Int, rows: Int, columns: Int) {
        top.store(result, stride: stride, place: place, rows: rows, columns: columns)
        bottom.store(result, stride: stride, place: place + Half.count, rows: rows, columns: columns)
    }
    @inlinable @inline(__always) func shuffled(with other: Self, round: Int) -> VectorPair<Self> {
        VectorPair<Self>(
            top: top.shuffled(with: other.top, round: round), bottom: bottom.shuffled(with: other.bottom, round: round))
    }
    @inlinable @inline(__always) func shuffled(round: Int) -> Self { top.shuffled(with: bottom, round: round) }
    @inlinable @inline(__always) func vector(at place: Int) -> Half.Set.Vector {
        place < Half.count ? top.vector(at: place) : bottom.vector(at: place - Half.count)
    }

    /// The first `columns` elements of `rows` rows, transposed.
    @inlinable @inline(__always)
    init(transposing matrix: UnsafePointer<Half.Set.Scalar>, stride: Int, rows: Int, columns: Int) {
        self.init(loading: matrix, stride: stride, place: 0, rows: rows, columns: columns)
        self = shuffled(round: 0)
        if VectorPair.count > 2 { self = shuffled(round: 1) }
        if VectorPair.count > 4 { self = shuffled(round: 2) }
        if VectorPair.count > 8 { self = shuffled(round: 3) }
    }

    /// As many rows and columns as there are vectors, transposed.
    @inlinable @inline(__always)
    init(transposing matrix: UnsafePointer<Half.Set.Scalar>, stride: Int) {
        self.init(transposing: matrix, stride: stride, rows: VectorPair.count, columns: VectorPair.count)
    }
}

@usableFromInline
enum Packing<Set: InstructionSet> {
    @usableFromInline typealias Scalar = Set.Scalar
    @usableFromInline typealias Four = VectorPair<VectorPair<SingleVector<Set>>>
    @usableFromInline typealias Eight = VectorPair<Four>
    @usableFromInline typealias Sixteen = VectorPair<Eight>

    /// Writes the transposed matrix: the element (i, p) of `rows × columns` to `p * resultStride + i`.
    @inlinable @inline(never)
    static func transpose(
        rows: Int, columns: Int, _ matrix: UnsafePointer<Scalar>, stride: Int, _ result: UnsafeMutablePointer<Scalar>,
        resultStride: Int
    ) {
        let width = Set.Vector.scalarCount
        @inline(__always) func block(_ row: Int, _ column: Int) {
            let from = matrix + row * stride + column
            let to = result + column * resultStride + row
            let (rowCount, columnCount) = (min(width, rows - row), min(width, columns - column))
            if rowCount == width && columnCount == width {
                square(rows: width, columns: width, from, stride: stride, to, resultStride: resultStride)
            } else {
                edge(rows: rowCount, columns: columnCount, from, stride: stride, to, resultStride: resultStride)
            }
        }
        // Along the longer side, so that what lies far apart is read or written in few streams.
        if rows > columns {
            for column in Swift.stride(from: 0, to: columns, by: width) {
                for row in Swift.stride(from: 0, to: rows, by: width) { block(row, column) }
            }
        } else {
            for row in Swift.stride(from: 0, to: rows, by: width) {
                for column in Swift.stride(from: 0, to: columns, by: width) { block(row, column) }
            }
        }
    }

    /// At most a vector's lanes of rows and columns.
    @inlinable @inline(never)
    static func edge(
        rows: Int, columns: Int, _ matrix: UnsafePointer<Scalar>, stride: Int, _ result: UnsafeMutablePointer<Scalar>,
        resultStride: Int
    ) {
        square(rows: rows, columns: columns, matrix, stride: stride, result, resultStride: resultStride)
    }

    @inlinable @inline(__always)
    static func square(
        rows: Int, columns: Int, _ matrix: UnsafePointer<Scalar>, stride: Int, _ result: UnsafeMutablePointer<Scalar>,
        resultStride: Int
    ) {
        if Set.Vector.scalarCount == 16 {
            Sixteen(transposing: matrix, stride: stride, rows: rows, columns: columns).store(
                result, stride: resultStride, place: 0, rows: columns, columns: rows)
        } else if Set.Vector.scalarCount == 8 {
            Eight(transposing: matrix, stride: stride, rows: rows, columns: columns).store(
                result, stride: resultStride, place: 0, rows: columns, columns: rows)
        } else {
            Four(transposing: matrix, stride: stride, rows: rows, columns: columns).store(
                result, stride: resultStride, place: 0, rows: columns, columns: rows)
        }
    }
}
