// The two matrix products that dense layers need, in register tiles.
//
// Contract. All matrices are row-major; a stride is the distance between rows in elements. The operands do not overlap the
// result. Every element of the result is summed in a fixed order that depends on the depth alone, never on the tile it fell
// into: so a row has the same bits whichever rows it is computed with.

/// A group of neighbouring columns of the result, held in registers.
@usableFromInline
protocol ColumnBlock {
    associatedtype Set: InstructionSet
    static var width: Int { get }
    init()
    init(loading pointer: UnsafePointer<Set.Scalar>)
    mutating func multiplyAdd(_ a: Set.Scalar, _ b: Self)
    func store(_ pointer: UnsafeMutablePointer<Set.Scalar>, accumulating: Bool)
}

@usableFromInline
struct TwoVectors<Set: InstructionSet>: ColumnBlock {
    @usableFromInline var left: Set.Vector
    @usableFromInline var right: Set.Vector

    @inlinable @inline(__always) static var width: Int { 2 * Set.Vector.scalarCount }
    @inlinable @inline(__always) init() {
        left = .zero
        right = .zero
    }
    @inlinable @inline(__always) init(loading pointer: UnsafePointer<Set.Scalar>) {
        left = Set.load(pointer)
        right = Set.load(pointer + Set.Vector.scalarCount)
    }
    @inlinable @inline(__always) mutating func multiplyAdd(_ a: Set.Scalar, _ b: Self) {
        let a = Set.broadcast(a)
        left = Set.multiplyAdd(a, b.left, left)
        right = Set.multiplyAdd(a, b.right, right)
    }
    @inlinable @inline(__always) func store(_ pointer: UnsafeMutablePointer<Set.Scalar>, accumulating: Bool) {
        let second = pointer + Set.Vector.scalarCount
        Set.store(accumulating ? Set.add(Set.load(pointer), left) : left, pointer)
        Set.store(accumulating ? Set.add(Set.load(second), right) : right, second)
    }
}

@usableFromInline
struct OneVector<Set: InstructionSet>: ColumnBlock {
    @usableFromInline var vector: Set.Vector

    @inlinable @inline(__always) static var width: Int { Set.Vector.scalarCount }
    @inlinable @inline(__always) init() { vector = .zero }
    @inlinable @inline(__always) init(loading pointer: UnsafePointer<Set.Scalar>) { vector = Set.load(pointer) }
    @inlinable @inline(__always) mutating func multiplyAdd(_ a: Set.Scalar, _ b: Self) {
        vector = Set.multiplyAdd(Set.broadcast(a), b.vector, vector)
    }
    @inlinable @inline(__always) func store(_ pointer: UnsafeMutablePointer<Set.Scalar>, accumulating: Bool) {
        Set.store(accumulating ? Set.add(Set.load(pointer), vector) : vector, pointer)
    }
}

@usableFromInline
struct OneColumn<Set: InstructionSet>: ColumnBlock {
    @usableFromInline var value: Set.Scalar

    @inlinable @inline(__always) static var width: Int { 1 }
    @inlinable @inline(__always) init() { value = 0 }
    @inlinable @inline(__always) init(loading pointer: UnsafePointer<Set.Scalar>) { value = pointer.pointee }
    @inlinable @inline(__always) mutating func multiplyAdd(_ a: Set.Scalar, _ b: Self) {
        value = Set.multiplyAdd(a, b.value, value)
    }
    @inlinable @inline(__always) func store(_ pointer: UnsafeMutablePointer<Set.Scalar>, accumulating: Bool) {
        pointer.pointee = accumulating ? pointer.pointee + value : value
    }
}

/// A group of neighbouring rows of the result: a register tile of `count` rows by one column block.
@usableFromInline
protocol RowBlock {
    associatedtype Columns: ColumnBlock
    typealias Scalar = Columns.Set.Scalar
    static var count: Int { get }
    init()
    mutating func multiplyAdd(_ a: UnsafePointer<Scalar>, rowStride: Int, _ b: Columns)
    func store(_ c: UnsafeMutablePointer<Scalar>, rowStride: Int, accumulating: Bool)
}

@usableFromInline
struct OneRow<Columns: ColumnBlock>: RowBlock {
    @usableFromInline var columns: Columns

    @inlinable @inline(__always) static var count: Int { 1 }
    @inlinable @inline(__always) init() { columns = Columns() }
    @inlinable @inline(__always)
    mutating func multiplyAdd(_ a: UnsafePointer<Columns.Set.Scalar>, rowStride: Int, _ b: Columns) {
        columns.multiplyAdd(a.pointee, b)
    }
    @inlinable @inline(__always)
    func store(_ c: UnsafeMutablePointer<Columns.Set.Scalar>, rowStride: Int, accumulating: Bool) {
        columns.store(c, accumulating: accumulating)
    }
}

@usableFromInline
struct Stacked<Top: RowBlock, Bottom: RowBlock>: RowBlock where Top.Columns == Bottom.Columns {
    @usableFromInline typealias Columns = Top.Columns
    @usableFromInline var top: Top
    @usableFromInline var bottom: Bottom

    @inlinable @inline(__always) static var count: Int { Top.count + Bottom.count }
    @inlinable @inline(__always) init() {
        top = Top()
        bottom = Bottom()
    }
    @inlinable @inline(__always)
    mutating func multiplyAdd(_ a: UnsafePointer<Top.Columns.Set.Scalar>, rowStride: Int, _ b: Top.Columns) {
        top.multiplyAdd(a, rowStride: rowStride, b)
        bottom.multiplyAdd(a + Top.count * rowStride, rowStride: rowStride, b)
    }
    @inlinable @inline(__always)
    func store(_ c: UnsafeMutablePointer<Top.Columns.Set.Scalar>, rowStride: Int, accumulating: Bool) {
        top.store(c, rowStride: rowStride, accumulating: accumulating)
        bottom.store(c + Top.count * rowStride, rowStride: rowStride, accumulating: accumulating)
    }
}

@usableFromInline typealias TwoRows<Columns: ColumnBlock> = Stacked<OneRow<Columns>, OneRow<Columns>>
@usableFromInline typealias FourRows<Columns: ColumnBlock> = Stacked<TwoRows<Columns>, TwoRows<Columns>>

public enum MatrixKernels<Set: InstructionSet> {
    public typealias Scalar = Set.Scalar

    /// `C = A B`, or `C += A B`: C is `rows × columns`, B is `depth × columns`. A's element (i, p) lies at
    /// `i * aRowStride + p * aColumnStride`, so that A can also be a transposed matrix.
    @inlinable @inline(__always)
    public static func multiply(
        rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aRowStride: Int, aColumnStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int, accumulating: Bool
    ) {
        var column = 0
        @inline(__always) func columnBlocks<Columns: ColumnBlock>(of _: Columns.Type) where Columns.Set == Set {
            while column + Columns.width <= columns {
                var row = 0
                @inline(__always) func rowBlocks<Rows: RowBlock>(of _: Rows.Type) where Rows.Columns == Columns {
                    while row + Rows.count <= rows {
                        var tile = Rows()
                        var aPointer = a + row * aRowStride
                        var bPointer = b + column
                        for _ in 0..<depth {
                            tile.multiplyAdd(aPointer, rowStride: aRowStride, Columns(loading: bPointer))
                            aPointer += aColumnStride
                            bPointer += bStride
                        }
                        tile.store(c + row * cStride + column, rowStride: cStride, accumulating: accumulating)
                        row += Rows.count
                    }
                }
                rowBlocks(of: FourRows<Columns>.self)
                rowBlocks(of: OneRow<Columns>.self)
                column += Columns.width
            }
        }
        columnBlocks(of: TwoVectors<Set>.self)
        columnBlocks(of: OneVector<Set>.self)
        columnBlocks(of: OneColumn<Set>.self)
    }

    /// `C = A Bᵀ`, plus `bias` on every row if there is one: C is `rows × columns`, A is `rows × depth`, B is
    /// `columns × depth`.
    @inlinable @inline(__always)
    public static func multiplyTransposed(
        rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int, bias: UnsafePointer<Scalar>?,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int
    ) {
        let width = Set.Vector.scalarCount
        let vectorDepth = depth - depth % width
        for row in 0..<rows {
            let aRow = a + row * aStride
            let cRow = c + row * cStride
            @inline(__always) func finish(_ lanes: Set.Vector, _ bRow: UnsafePointer<Scalar>, _ column: Int) {
                var total = Set.sum(lanes)
                for p in vectorDepth..<depth { total = Set.multiplyAdd(aRow[p], bRow[p], total) }
                if let bias { total += bias[column] }
                cRow[column] = total
            }
            var column = 0
            while column + 4 <= columns {
                let b0 = b + column * bStride
                let b1 = b0 + bStride
                let b2 = b1 + bStride
                let b3 = b2 + bStride
                var lanes0 = Set.Vector.zero
                var lanes1 = Set.Vector.zero
                var lanes2 = Set.Vector.zero
                var lanes3 = Set.Vector.zero
                var p = 0
                while p < vectorDepth {
                    let x = Set.load(aRow + p)
                    lanes0 = Set.multiplyAdd(x, Set.load(b0 + p), lanes0)
                    lanes1 = Set.multiplyAdd(x, Set.load(b1 + p), lanes1)
                    lanes2 = Set.multiplyAdd(x, Set.load(b2 + p), lanes2)
                    lanes3 = Set.multiplyAdd(x, Set.load(b3 + p), lanes3)
                    p += width
                }
                finish(lanes0, b0, column)
                finish(lanes1, b1, column + 1)
                finish(lanes2, b2, column + 2)
                finish(lanes3, b3, column + 3)
                column += 4
            }
            while column < columns {
                let bRow = b + column * bStride
                var lanes = Set.Vector.zero
                var p = 0
                while p < vectorDepth {
                    lanes = Set.multiplyAdd(Set.load(aRow + p), Set.load(bRow + p), lanes)
                    p += width
                }
                finish(lanes, bRow, column)
                column += 1
            }
        }
    }
}
