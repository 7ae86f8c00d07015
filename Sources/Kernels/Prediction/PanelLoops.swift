// The products of prediction: rows of activations times panels of packed weights.
//
// Every element of the result is summed in one order, along the depth, from the bias on, as in ``MatrixKernels``: with
// float32 words it has the same bits.

/// One vector that is loaded whole and of which only the first lanes may be stored.
@usableFromInline
struct PaddedVector<Set: TileArithmetic>: TileColumns {
    @usableFromInline var vector: Set.Vector

    @inlinable @inline(__always) static var width: Int { Set.Vector.scalarCount }
    @inlinable @inline(__always) init() { self.init(repeating: 0) }
    @inlinable @inline(__always) init(repeating value: Set.Scalar) { vector = Set.broadcast(value) }
    @inlinable @inline(__always) init(loading pointer: UnsafePointer<Set.Scalar>, count: Int) {
        vector = Set.load(pointer)
    }
    @inlinable @inline(__always) mutating func multiplyAdd(_ a: Set.Vector, _ b: Self) {
        vector = Set.multiplyAdd(a, b.vector, vector)
    }
    @inlinable @inline(__always) mutating func rectify() { vector = Set.rectified(vector) }
    @inlinable @inline(__always) func store(_ pointer: UnsafeMutablePointer<Set.Scalar>, count: Int) {
        // What follows reads the result at once, and a store of some lanes is not forwarded to loads.
        if count == PaddedVector.width { Set.store(vector, pointer) } else { Set.store(vector, pointer, count) }
    }
}

/// A few rows by several panels. A tile of one panel and so few rows would wait for its own sums: each addition takes
/// several cycles, in which others can begin.
@usableFromInline
protocol PanelGroup {
    associatedtype Rows: TileRows
    static var panels: Int { get }
    init(start: UnsafePointer<Rows.Scalar>)
    mutating func multiplyAdd(_ a: RowPointers<Rows.Scalar>, _ b: UnsafePointer<Rows.Scalar>, panelSize: Int)
    mutating func rectify()
    func store(_ pointer: UnsafeMutablePointer<Rows.Scalar>, rowStride: Int, count: Int)
}

@usableFromInline
struct OnePanel<Rows: TileRows>: PanelGroup {
    @usableFromInline var sums: Rows

    @inlinable @inline(__always) static var panels: Int { 1 }
    @inlinable @inline(__always) init(start: UnsafePointer<Rows.Scalar>) {
        sums = Rows(repeating: Rows.Columns(loading: start, count: Rows.Columns.width))
    }
    @inlinable @inline(__always)
    mutating func multiplyAdd(_ a: RowPointers<Rows.Scalar>, _ b: UnsafePointer<Rows.Scalar>, panelSize: Int) {
        sums.multiplyAdd(a, first: 0, Rows.Columns(loading: b, count: Rows.Columns.width))
    }
    @inlinable @inline(__always) mutating func rectify() { sums.rectify() }
    @inlinable @inline(__always)
    func store(_ pointer: UnsafeMutablePointer<Rows.Scalar>, rowStride: Int, count: Int) {
        sums.store(pointer, rowStride: rowStride, count: count)
    }
}

@usableFromInline
struct PanelPair<Half: PanelGroup>: PanelGroup {
    @usableFromInline typealias Rows = Half.Rows
    @usableFromInline var left: Half
    @usableFromInline var right: Half

    @inlinable @inline(__always) static var panels: Int { 2 * Half.panels }
    @inlinable @inline(__always) static var halfWidth: Int { Half.panels * Half.Rows.Columns.width }
    @inlinable @inline(__always) init(start: UnsafePointer<Half.Rows.Scalar>) {
        left = Half(start: start)
        right = Half(start: start + PanelPair.halfWidth)
    }
    @inlinable @inline(__always)
    mutating func multiplyAdd(
        _ a: RowPointers<Half.Rows.Scalar>, _ b: UnsafePointer<Half.Rows.Scalar>, panelSize: Int
    ) {
        left.multiplyAdd(a, b, panelSize: panelSize)
        right.multiplyAdd(a, b + Half.panels * panelSize, panelSize: panelSize)
    }
    @inlinable @inline(__always) mutating func rectify() {
        left.rectify()
        right.rectify()
    }
    @inlinable @inline(__always)
    func store(_ pointer: UnsafeMutablePointer<Half.Rows.Scalar>, rowStride: Int, count: Int) {
        left.store(pointer, rowStride: rowStride, count: count)
        right.store(pointer + PanelPair.halfWidth, rowStride: rowStride, count: count)
    }
}

@usableFromInline
enum PanelLoops<Set: TileArithmetic> {
    @usableFromInline typealias Scalar = Set.Scalar
    @usableFromInline typealias Two<Rows: TileRows> = PanelPair<OnePanel<Rows>>
    @usableFromInline typealias Four<Rows: TileRows> = PanelPair<Two<Rows>>

    /// Up to this many rows go through groups of panels alone.
    @inlinable @inline(__always) static var fewRows: Int { Set.tileRows > 2 ? 3 : 0 }
    /// Up to this many, as many panels as come in pairs.
    @inlinable @inline(__always) static var someRows: Int { Set.tileRows > 6 ? 6 : 0 }

    /// `C = A Wᵀ` from `start` on, and max(0, C) of it if wanted.
    /// - Parameters:
    ///   - a: `rows × words`.
    ///   - count: the columns of C that may be written: the outputs, or all lanes of the panels.
    @inlinable @inline(__always)
    static func product(
        rows: Int, outputs: Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int, _ panels: UnsafePointer<Scalar>,
        start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int, count: Int, rectifies: Bool
    ) {
        if fewRows > 0 && rows <= fewRows {
            fewRowsProduct(
                rows: rows, outputs: outputs, words: words, a, aStride: aStride, panels, start: start, c,
                cStride: cStride, count: count, rectifies: rectifies)
        } else {
            manyRowsProduct(
                rows: rows, outputs: outputs, words: words, a, aStride: aStride, panels, start: start, c,
                cStride: cStride, count: count, rectifies: rectifies)
        }
    }

    @inlinable @inline(never)
    static func manyRowsProduct(
        rows: Int, outputs: Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int, _ panels: UnsafePointer<Scalar>,
        start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int, count: Int, rectifies: Bool
    ) {
        let width = TwoVectors<Set>.width
        var column = 0
        if someRows > 0 && rows <= someRows {
            column = pairs(
                rows: rows, outputs: outputs, words: words, a, aStride: aStride, panels, start: start, c,
                cStride: cStride)
        }
        while column + width <= outputs {
            twoVectors(
                rows: rows, words: words, a, aStride: aStride, panels + column * words, start: start + column,
                c + column, cStride: cStride)
            column += width
        }
        while column < outputs {
            oneVector(
                rows: rows, words: words, a, aStride: aStride, panels + column * words, start: start + column,
                c + column, cStride: cStride, count: min(count - column, Set.Vector.scalarCount))
            column += Set.Vector.scalarCount
        }
        if rectifies { rectify(rows: rows, columns: min(count, column), c, stride: cStride) }
    }

    @inlinable @inline(never)
    static func twoVectors(
        rows: Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int, _ panel: UnsafePointer<Scalar>,
        start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int
    ) {
        // The next panel comes into the cache while this one is multiplied.
        let width = TwoVectors<Set>.width
        let tiles = (rows + Set.tileRows - 1) / Set.tileRows
        TileLoops<Set>.tiles(
            of: TwoVectors<Set>.self, rows: rows, count: width, depth: words, a, aRowStride: aStride,
            aColumnStride: 1, panel, bStride: width, c, cStride: cStride, start: .columnBias(start),
            ahead: Ahead(panel + words * width, step: (width + tiles - 1) / tiles), tileRows: Set.tileRows)
    }

    @inlinable @inline(never)
    static func oneVector(
        rows: Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int, _ panel: UnsafePointer<Scalar>,
        start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int, count: Int
    ) {
        TileLoops<LowTiles<Set>>.tiles(
            of: PaddedVector<LowTiles<Set>>.self, rows: rows, count: count, depth: words, a, aRowStride: aStride,
            aColumnStride: 1, panel, bStride: Set.Vector.scalarCount, c, cStride: cStride, start: .columnBias(start),
            ahead: Ahead(panel, step: 0), tileRows: LowTiles<Set>.tileRows)
    }

    @inlinable @inline(__always)
    static func rectify(rows: Int, columns: Int, _ z: UnsafeMutablePointer<Scalar>, stride: Int) {
        let width = Set.Vector.scalarCount
        for row in 0..<rows {
            let z = z + row * stride
            var column = 0
            while column + width <= columns {
                Set.store(Set.rectified(Set.load(z + column)), z + column)
                column += width
            }
            if column < columns {
                let rest = columns - column
                Set.store(Set.rectified(Set.load(z + column, rest)), z + column, rest)
            }
        }
    }

    /// Four to six rows: as many panels as come in groups of two.
    /// - Returns: the columns that are done.
    @inlinable @inline(__always)
    static func pairs(
        rows: Int, outputs: Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int,
        _ panels: UnsafePointer<Scalar>, start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int
    ) -> Int {
        guard Set.tileRows > 6 else { return 0 }
        var column = 0
        @inline(__always)
        func pass<Rows: TileRows>(_: Rows.Type, _ column: inout Int) where Rows.Columns == TwoVectors<Set> {
            passes(
                of: Two<Rows>.self, until: outputs, &column, words: words, a, aStride: aStride, panels, start: start, c,
                cStride: cStride, count: TwoVectors<Set>.width, rectifies: false)
        }
        switch rows {
        case 4: pass(Rows4<TwoVectors<Set>>.self, &column)
        case 5: pass(Rows5<TwoVectors<Set>>.self, &column)
        default: pass(Rows6<TwoVectors<Set>>.self, &column)
        }
        return column
    }

    @inlinable @inline(never)
    static func fewRowsProduct(
        rows: Int, outputs: Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int, _ panels: UnsafePointer<Scalar>,
        start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int, count: Int, rectifies: Bool
    ) {
        var column = 0
        // The column is handed over, not captured: a captured variable can end up on the heap.
        @inline(__always)
        func pass<Group: PanelGroup>(_: Group.Type, _ column: inout Int) where Group.Rows.Scalar == Scalar {
            passes(
                of: Group.self, until: outputs, &column, words: words, a, aStride: aStride, panels, start: start, c,
                cStride: cStride, count: TwoVectors<Set>.width, rectifies: rectifies)
        }
        @inline(__always)
        func rest<Rows: TileRows>(_: Rows.Type, _ column: inout Int) where Rows.Columns == PaddedVector<Set> {
            while column < outputs {
                let lanes = min(count - column, Set.Vector.scalarCount)
                passes(
                    of: OnePanel<Rows>.self, until: column + Set.Vector.scalarCount, &column, words: words, a,
                    aStride: aStride, panels, start: start, c, cStride: cStride, count: lanes, rectifies: rectifies)
            }
        }
        switch rows {
        case 1:
            pass(Four<OneRow<TwoVectors<Set>>>.self, &column)
            pass(Two<OneRow<TwoVectors<Set>>>.self, &column)
            pass(OnePanel<OneRow<TwoVectors<Set>>>.self, &column)
            rest(OneRow<PaddedVector<Set>>.self, &column)
        case 2:
            pass(Two<Rows2<TwoVectors<Set>>>.self, &column)
            pass(OnePanel<Rows2<TwoVectors<Set>>>.self, &column)
            rest(Rows2<PaddedVector<Set>>.self, &column)
        default:
            if Set.tileRows > 6 { pass(Two<Rows3<TwoVectors<Set>>>.self, &column) }
            pass(OnePanel<Rows3<TwoVectors<Set>>>.self, &column)
            rest(Rows3<PaddedVector<Set>>.self, &column)
        }
    }

    /// The product with as many groups of panels as there are from `column` on.
    @inlinable @inline(__always)
    static func passes<Group: PanelGroup>(
        of _: Group.Type, until end: Int, _ column: inout Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int,
        _ panels: UnsafePointer<Scalar>, start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int,
        count: Int, rectifies: Bool
    ) where Group.Rows.Scalar == Scalar {
        let width = Group.Rows.Columns.width
        while column + Group.panels * width <= end {
            var sums = Group(start: start + column)
            var rows = RowPointers(a, rowStride: aStride)
            var bPointer = panels + column * words
            for _ in 0..<words {
                sums.multiplyAdd(rows, bPointer, panelSize: words * width)
                rows.advance(by: 1)
                bPointer += width
            }
            if rectifies { sums.rectify() }
            sums.store(c + column, rowStride: cStride, count: count)
            column += Group.panels * width
        }
    }
}
