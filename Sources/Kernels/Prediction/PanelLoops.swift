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
    @inlinable @inline(__always) func store(_ pointer: UnsafeMutablePointer<Set.Scalar>, count: Int) {
        // What follows reads the result at once, and a store of some lanes is not forwarded to loads.
        if count == PaddedVector.width { Set.store(vector, pointer) } else { Set.store(vector, pointer, count: count) }
    }
}

/// A few rows by several panels. A tile of one panel and so few rows would wait for its own sums: each addition takes
/// several cycles, in which others can begin.
@usableFromInline
protocol PanelGroup {
    associatedtype Rows: TileRows
    static var panels: Int { get }
    init(start: UnsafePointer<Rows.Scalar>)
    mutating func multiplyAdd(
        _ a: UnsafePointer<Rows.Scalar>, rowStride: Int, _ b: UnsafePointer<Rows.Scalar>, panelSize: Int)
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
    mutating func multiplyAdd(
        _ a: UnsafePointer<Rows.Scalar>, rowStride: Int, _ b: UnsafePointer<Rows.Scalar>, panelSize: Int
    ) {
        sums.multiplyAdd(a, rowStride: rowStride, Rows.Columns(loading: b, count: Rows.Columns.width))
    }
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
        _ a: UnsafePointer<Half.Rows.Scalar>, rowStride: Int, _ b: UnsafePointer<Half.Rows.Scalar>, panelSize: Int
    ) {
        left.multiplyAdd(a, rowStride: rowStride, b, panelSize: panelSize)
        right.multiplyAdd(a, rowStride: rowStride, b + Half.panels * panelSize, panelSize: panelSize)
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
    @usableFromInline typealias Wide<Rows: TileRows> = PanelPair<OnePanel<Rows>>
    @usableFromInline typealias Widest<Rows: TileRows> = PanelPair<Wide<Rows>>

    /// Rows up to this many go through panel groups.
    @inlinable @inline(__always) static var fewRows: Int { 3 }

    /// `C = A Wᵀ` from `start` on.
    /// - Parameters:
    ///   - a: `rows × words`.
    ///   - count: the columns of C that may be written: the outputs, or all lanes of the panels.
    @inlinable @inline(__always)
    static func product(
        rows: Int, outputs: Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int, _ panels: UnsafePointer<Scalar>,
        start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int, count: Int
    ) {
        let width = TwoVectors<Set>.width
        var column = 0
        if rows <= fewRows {
            column = fewRowsProduct(
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
    }

    @inlinable @inline(never)
    static func twoVectors(
        rows: Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int, _ panel: UnsafePointer<Scalar>,
        start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int
    ) {
        TileLoops<Set>.tiles(
            of: TwoVectors<Set>.self, rows: rows, count: TwoVectors<Set>.width, depth: words, a, aRowStride: aStride,
            aColumnStride: 1, panel, bStride: TwoVectors<Set>.width, c, cStride: cStride, start: .columnBias(start))
    }

    @inlinable @inline(never)
    static func oneVector(
        rows: Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int, _ panel: UnsafePointer<Scalar>,
        start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int, count: Int
    ) {
        TileLoops<Set>.tiles(
            of: PaddedVector<Set>.self, rows: rows, count: count, depth: words, a, aRowStride: aStride,
            aColumnStride: 1, panel, bStride: PaddedVector<Set>.width, c, cStride: cStride, start: .columnBias(start))
    }

    /// As many panels as come in groups.
    /// - Returns: the columns that are done.
    @inlinable @inline(never)
    static func fewRowsProduct(
        rows: Int, outputs: Int, words: Int, _ a: UnsafePointer<Scalar>, aStride: Int, _ panels: UnsafePointer<Scalar>,
        start: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, cStride: Int
    ) -> Int {
        let width = TwoVectors<Set>.width
        var column = 0
        @inline(__always) func groups<Group: PanelGroup>(of _: Group.Type) where Group.Rows.Scalar == Scalar {
            while column + Group.panels * width <= outputs {
                var sums = Group(start: start + column)
                var aPointer = a
                var bPointer = panels + column * words
                for _ in 0..<words {
                    sums.multiplyAdd(aPointer, rowStride: aStride, bPointer, panelSize: words * width)
                    aPointer += 1
                    bPointer += width
                }
                sums.store(c + column, rowStride: cStride, count: width)
                column += Group.panels * width
            }
        }
        switch rows {
        case 1:
            groups(of: Widest<OneRow<TwoVectors<Set>>>.self)
            groups(of: Wide<OneRow<TwoVectors<Set>>>.self)
        case 2: groups(of: Wide<Rows2<TwoVectors<Set>>>.self)
        default: if Set.tileRows > 6 { groups(of: Wide<Rows3<TwoVectors<Set>>>.self) }
        }
        return column
    }
}
