import CIntrinsics

// Register tiles: a few rows by one or two vectors of a matrix product, held in registers while the depth goes by.
//
// The compiler keeps nested structs in registers where an `InlineArray` would stay in memory: so a tile of 14 rows is
// built as a tile of 8 on a tile of 6, and so on down to one row. Everything is inlined; nothing here exists at run time.

/// Neighbouring columns of the result: one or two vectors, the last of them perhaps not full.
@usableFromInline
protocol TileColumns {
    associatedtype Set: TileArithmetic
    /// The columns, if all lanes are used.
    static var width: Int { get }
    init()
    /// - Parameter count: how many of the columns there are.
    init(loading pointer: UnsafePointer<Set.Scalar>, count: Int)
    init(repeating value: Set.Scalar)
    mutating func multiplyAdd(_ a: Set.Vector, _ b: Self)
    /// max(0, z) of each column.
    mutating func rectify()
    func store(_ pointer: UnsafeMutablePointer<Set.Scalar>, count: Int)
}

/// Two full vectors.
@usableFromInline
struct TwoVectors<Set: TileArithmetic>: TileColumns {
    @usableFromInline var left: Set.Vector
    @usableFromInline var right: Set.Vector

    @inlinable @inline(__always) static var width: Int { 2 * Set.Vector.scalarCount }
    @inlinable @inline(__always) init() { self.init(repeating: 0) }
    @inlinable @inline(__always) init(repeating value: Set.Scalar) {
        left = Set.broadcast(value)
        right = left
    }
    @inlinable @inline(__always) init(loading pointer: UnsafePointer<Set.Scalar>, count: Int) {
        left = Set.load(pointer)
        right = Set.load(pointer + Set.Vector.scalarCount)
    }
    @inlinable @inline(__always) mutating func multiplyAdd(_ a: Set.Vector, _ b: Self) {
        left = Set.multiplyAdd(a, b.left, left)
        right = Set.multiplyAdd(a, b.right, right)
    }
    @inlinable @inline(__always) mutating func rectify() {
        left = Set.rectified(left)
        right = Set.rectified(right)
    }
    @inlinable @inline(__always) func store(_ pointer: UnsafeMutablePointer<Set.Scalar>, count: Int) {
        Set.store(left, pointer)
        Set.store(right, pointer + Set.Vector.scalarCount)
    }
}

/// One vector, of which only the first lanes may be used.
@usableFromInline
struct OneVector<Set: TileArithmetic>: TileColumns {
    @usableFromInline var vector: Set.Vector

    @inlinable @inline(__always) static var width: Int { Set.Vector.scalarCount }
    @inlinable @inline(__always) init(_ vector: Set.Vector) { self.vector = vector }
    @inlinable @inline(__always) init() { self.init(repeating: 0) }
    @inlinable @inline(__always) init(repeating value: Set.Scalar) { vector = Set.broadcast(value) }
    @inlinable @inline(__always) init(loading pointer: UnsafePointer<Set.Scalar>, count: Int) {
        vector = Set.load(pointer, count)
    }
    @inlinable @inline(__always) mutating func multiplyAdd(_ a: Set.Vector, _ b: Self) {
        vector = Set.multiplyAdd(a, b.vector, vector)
    }
    @inlinable @inline(__always) mutating func rectify() { vector = Set.rectified(vector) }
    @inlinable @inline(__always) func store(_ pointer: UnsafeMutablePointer<Set.Scalar>, count: Int) {
        Set.store(vector, pointer, count)
    }
}

/// What the sums of a tile begin with.
@usableFromInline
enum TileStart<Scalar> {
    case zero
    /// What the result holds.
    case result
    /// An element for each row.
    case rowBias(UnsafePointer<Scalar>)
    /// An element for each column.
    case columnBias(UnsafePointer<Scalar>)
}

/// Memory that will be read soon, to be brought into the cache while a product is computed: so many elements for each
/// step along the depth.
@usableFromInline
struct Ahead<Scalar> {
    @usableFromInline var pointer: UnsafePointer<Scalar>
    @usableFromInline let step: Int

    @inlinable @inline(__always) init(_ pointer: UnsafePointer<Scalar>, step: Int) {
        self.pointer = pointer
        self.step = step
    }
}

/// The depth of a product in pieces, whose operands lie apart: the lines of a window, for example.
public struct Segments {
    /// How many pieces.
    public let count: Int
    /// The elements from one piece of A to the next, and of B.
    public let aStride: Int
    public let bStride: Int

    @inlinable @inline(__always)
    public init(_ count: Int, aStride: Int, bStride: Int) {
        self.count = count
        self.aStride = aStride
        self.bStride = bStride
    }

    @inlinable @inline(__always) static var one: Segments { Segments(1, aStride: 0, bStride: 0) }
}

/// A column of a tile's rows of A.
@usableFromInline
protocol TileOperand {
    associatedtype Scalar
    /// - Parameter row: a constant.
    func element(ofRow row: Int) -> Scalar
}

/// A column of a copied panel.
@usableFromInline
struct PanelColumn<Scalar>: TileOperand {
    @usableFromInline let elements: UnsafePointer<Scalar>
    @inlinable @inline(__always) init(_ elements: UnsafePointer<Scalar>) { self.elements = elements }
    @inlinable @inline(__always) func element(ofRow row: Int) -> Scalar { elements[row] }
}

/// A column where A lies, by a pointer for every four rows.
///
/// The compiler must not see that the pointers belong together: it would compute each row's address from the one before, a
/// chain that is as long as the arithmetic, and no load could begin before its turn.
@usableFromInline
struct RowPointers<Scalar>: TileOperand {
    @usableFromInline var rows0: UnsafePointer<Scalar>
    @usableFromInline var rows4: UnsafePointer<Scalar>
    @usableFromInline var rows8: UnsafePointer<Scalar>
    @usableFromInline var rows12: UnsafePointer<Scalar>
    @usableFromInline let rowStride: Int

    @inlinable @inline(__always) init(_ a: UnsafePointer<Scalar>, rowStride: Int) {
        @inline(__always) func pointer(_ row: Int) -> UnsafePointer<Scalar> {
            vector_opaque(a + row * rowStride)!.assumingMemoryBound(to: Scalar.self)
        }
        rows0 = a
        rows4 = pointer(4)
        rows8 = pointer(8)
        rows12 = pointer(12)
        self.rowStride = rowStride
    }

    @inlinable @inline(__always) func element(ofRow row: Int) -> Scalar {
        let first = row < 4 ? rows0 : row < 8 ? rows4 : row < 12 ? rows8 : rows12
        return first[(row & 3) * rowStride]
    }

    @inlinable @inline(__always) mutating func advance(by columnStride: Int) {
        rows0 += columnStride
        rows4 += columnStride
        rows8 += columnStride
        rows12 += columnStride
    }
}

/// Neighbouring rows of the result.
@usableFromInline
protocol TileRows {
    associatedtype Columns: TileColumns
    typealias Scalar = Columns.Set.Scalar
    static var count: Int { get }
    init()
    init(repeating columns: Columns)
    init(loading pointer: UnsafePointer<Scalar>, rowStride: Int, count: Int)
    init(repeatingEach pointer: UnsafePointer<Scalar>)
    /// - Parameter first: the place of the first of these rows in the tile.
    mutating func multiplyAdd<A: TileOperand>(_ a: A, first: Int, _ b: Columns) where A.Scalar == Scalar
    mutating func rectify()
    func store(_ pointer: UnsafeMutablePointer<Scalar>, rowStride: Int, count: Int)
}

extension TileRows {
    /// - Parameters:
    ///   - result: where these rows of the result are.
    ///   - row: which of its rows is the first of these.
    @inlinable @inline(__always)
    init(_ start: TileStart<Scalar>, result: UnsafePointer<Scalar>, row: Int, rowStride: Int, count: Int) {
        switch start {
        case .zero: self.init()
        case .result: self.init(loading: result, rowStride: rowStride, count: count)
        case .rowBias(let bias): self.init(repeatingEach: bias + row)
        case .columnBias(let bias): self.init(repeating: Columns(loading: bias, count: count))
        }
    }

    /// Adds the product of as many columns of A as rows of B.
    @inlinable @inline(__always)
    mutating func multiplyAdd(
        depth: Int, _ a: UnsafePointer<Scalar>, rowStride: Int, columnStride: Int, _ b: UnsafePointer<Scalar>,
        bStride: Int, count: Int, ahead: Ahead<Scalar>
    ) {
        var rows = RowPointers(a, rowStride: rowStride)
        var (b, next) = (b, ahead.pointer)
        for _ in 0..<depth {
            vector_prefetch_far(next)
            multiplyAdd(rows, first: 0, Columns(loading: b, count: count))
            rows.advance(by: columnStride)
            b += bStride
            next += ahead.step
        }
    }

    /// Adds the product of a copied panel of A, and a copied strip of B.
    @inlinable @inline(__always)
    mutating func multiplyAdd(depth: Int, panel: UnsafePointer<Scalar>, strip: UnsafePointer<Scalar>) {
        var (a, b) = (panel, strip)
        // Four steps in a round where that saves instructions: elsewhere the tile fills the registers, and the compiler would keep
        // what it loads early on the stack.
        let together = Columns.Set.Vector.scalarCount == 8 ? 4 : 1
        if together > 1 {
            for _ in 0..<depth / together {
                step(a, b, 0)
                step(a, b, 1)
                step(a, b, 2)
                step(a, b, 3)
                a += together * Self.count
                b += together * Columns.width
            }
        }
        for _ in 0..<(together > 1 ? depth % together : depth) {
            step(a, b, 0)
            a += Self.count
            b += Columns.width
        }
    }

    @inlinable @inline(__always)
    mutating func step(_ panel: UnsafePointer<Scalar>, _ strip: UnsafePointer<Scalar>, _ p: Int) {
        multiplyAdd(
            PanelColumn(panel + p * Self.count), first: 0,
            Columns(loading: strip + p * Columns.width, count: Columns.width))
    }
}

@usableFromInline
struct OneRow<Columns: TileColumns>: TileRows {
    @usableFromInline var columns: Columns

    @inlinable @inline(__always) static var count: Int { 1 }
    @inlinable @inline(__always) init() { columns = Columns() }
    @inlinable @inline(__always) init(repeating columns: Columns) { self.columns = columns }
    @inlinable @inline(__always)
    init(loading pointer: UnsafePointer<Columns.Set.Scalar>, rowStride: Int, count: Int) {
        columns = Columns(loading: pointer, count: count)
    }
    @inlinable @inline(__always) init(repeatingEach pointer: UnsafePointer<Columns.Set.Scalar>) {
        columns = Columns(repeating: pointer.pointee)
    }
    @inlinable @inline(__always)
    mutating func multiplyAdd<A: TileOperand>(_ a: A, first: Int, _ b: Columns) where A.Scalar == Columns.Set.Scalar {
        columns.multiplyAdd(Columns.Set.broadcast(a.element(ofRow: first)), b)
    }
    @inlinable @inline(__always) mutating func rectify() { columns.rectify() }
    @inlinable @inline(__always)
    func store(_ pointer: UnsafeMutablePointer<Columns.Set.Scalar>, rowStride: Int, count: Int) {
        columns.store(pointer, count: count)
    }
}

@usableFromInline
struct Stacked<Top: TileRows, Bottom: TileRows>: TileRows where Top.Columns == Bottom.Columns {
    @usableFromInline typealias Columns = Top.Columns
    @usableFromInline var top: Top
    @usableFromInline var bottom: Bottom

    @inlinable @inline(__always) static var count: Int { Top.count + Bottom.count }
    @inlinable @inline(__always) init() {
        top = Top()
        bottom = Bottom()
    }
    @inlinable @inline(__always) init(repeating columns: Columns) {
        top = Top(repeating: columns)
        bottom = Bottom(repeating: columns)
    }
    @inlinable @inline(__always)
    init(loading pointer: UnsafePointer<Top.Columns.Set.Scalar>, rowStride: Int, count: Int) {
        top = Top(loading: pointer, rowStride: rowStride, count: count)
        bottom = Bottom(loading: pointer + Top.count * rowStride, rowStride: rowStride, count: count)
    }
    @inlinable @inline(__always) init(repeatingEach pointer: UnsafePointer<Top.Columns.Set.Scalar>) {
        top = Top(repeatingEach: pointer)
        bottom = Bottom(repeatingEach: pointer + Top.count)
    }
    @inlinable @inline(__always)
    mutating func multiplyAdd<A: TileOperand>(
        _ a: A, first: Int, _ b: Top.Columns
    ) where A.Scalar == Top.Columns.Set.Scalar {
        top.multiplyAdd(a, first: first, b)
        bottom.multiplyAdd(a, first: first + Top.count, b)
    }
    @inlinable @inline(__always) mutating func rectify() {
        top.rectify()
        bottom.rectify()
    }
    @inlinable @inline(__always)
    func store(_ pointer: UnsafeMutablePointer<Top.Columns.Set.Scalar>, rowStride: Int, count: Int) {
        top.store(pointer, rowStride: rowStride, count: count)
        bottom.store(pointer + Top.count * rowStride, rowStride: rowStride, count: count)
    }
}

@usableFromInline typealias Rows2<Columns: TileColumns> = Stacked<OneRow<Columns>, OneRow<Columns>>
@usableFromInline typealias Rows3<Columns: TileColumns> = Stacked<Rows2<Columns>, OneRow<Columns>>
@usableFromInline typealias Rows4<Columns: TileColumns> = Stacked<Rows2<Columns>, Rows2<Columns>>
@usableFromInline typealias Rows5<Columns: TileColumns> = Stacked<Rows4<Columns>, OneRow<Columns>>
@usableFromInline typealias Rows6<Columns: TileColumns> = Stacked<Rows4<Columns>, Rows2<Columns>>
@usableFromInline typealias Rows7<Columns: TileColumns> = Stacked<Rows4<Columns>, Rows3<Columns>>
@usableFromInline typealias Rows8<Columns: TileColumns> = Stacked<Rows4<Columns>, Rows4<Columns>>
@usableFromInline typealias Rows9<Columns: TileColumns> = Stacked<Rows8<Columns>, OneRow<Columns>>
@usableFromInline typealias Rows10<Columns: TileColumns> = Stacked<Rows8<Columns>, Rows2<Columns>>
@usableFromInline typealias Rows11<Columns: TileColumns> = Stacked<Rows8<Columns>, Rows3<Columns>>
@usableFromInline typealias Rows12<Columns: TileColumns> = Stacked<Rows8<Columns>, Rows4<Columns>>
@usableFromInline typealias Rows13<Columns: TileColumns> = Stacked<Rows8<Columns>, Rows5<Columns>>
@usableFromInline typealias Rows14<Columns: TileColumns> = Stacked<Rows8<Columns>, Rows6<Columns>>
