import CIntrinsics

/// A register tile of a product `Aᵀ B`, and where its operands lie.
@usableFromInline
struct ProductTile<Set: InstructionSet> {
    @usableFromInline typealias Scalar = Set.Scalar
    @usableFromInline typealias In = UnsafePointer<Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Scalar>

    @usableFromInline let row: Int
    @usableFromInline let column: Int
    /// At most ``TileArithmetic/tileRows``.
    @usableFromInline let rows: Int
    /// At most those of two vectors.
    @usableFromInline let columns: Int
    @usableFromInline let a: In
    @usableFromInline let aStride: Int
    @usableFromInline let b: In
    @usableFromInline let bStride: Int
    /// Whether A is a copied panel, and B a copied strip.
    @usableFromInline let isCopied: Bool

    @inlinable @inline(__always)
    init(
        _ place: (row: Int, column: Int, rows: Int, columns: Int), a: In, aStride: Int, b: In, bStride: Int,
        isCopied: Bool
    ) {
        row = place.row
        column = place.column
        rows = place.rows
        columns = place.columns
        self.a = a
        self.aStride = aStride
        self.b = b
        self.bStride = bStride
        self.isCopied = isCopied
    }

    /// Whether copies have a loop of their own. Vectors of four lanes fill the registers without what it loads at once.
    @inlinable @inline(__always) static var hasLoopOfCopies: Bool { Set.Vector.scalarCount > 4 }

    /// 1: the rows of Aᵀ lie side by side. The compiler must not see that: it would load several rows at once, and has no
    /// registers for them.
    @inlinable @inline(__always)
    var rowStride: Int { Int(bitPattern: vector_opaque(UnsafeRawPointer(bitPattern: 1))) }

    /// Computes the tile.
    @inlinable @inline(__always)
    func multiply(depth: Int, into result: Out, stride: Int, start: TileStart<Scalar>) {
        if isCopied && ProductTile.hasLoopOfCopies && rows == Set.tileRows && columns == TwoVectors<Set>.width {
            TileLoops<Set>.copied(depth: depth, panel: a, strip: b, result, cStride: stride, start: start)
        } else {
            MatrixKernels<Set>.columnBlocks(
                rows: rows, columns: columns, depth: depth, a, aRowStride: 1, aColumnStride: aStride, b,
                bStride: bStride, result, cStride: stride, start: start, ahead: Ahead(b, step: 0),
                tileRows: Set.tileRows)
        }
    }

    /// Calls `body` for every tile. Copies the operands first if that pays and scratch memory has room.
    /// - Parameter inOrder: whether the tiles of a row come one after the other, so that the result passes in the order of memory.
    ///   Otherwise those of a column do, which takes fewer copies of A. Tiles without copies always come in order.
    @inlinable @inline(__always)
    static func forEach(
        rows: Int, columns: Int, depth: Int, _ a: In, aStride: Int, _ b: In, bStride: Int, inOrder: Bool, scratch: Out,
        scratchCount: Int, _ body: (ProductTile) -> Void
    ) {
        let width = TwoVectors<Set>.width
        let plan = CopyPlan<Set>(
            rows: rows, columns: columns, depth: depth, inOrder: inOrder, scratch, scratchCount)
        @inline(__always) func copyPanels(_ row: Int, _ end: Int) {
            guard let plan else { return }
            OperandCopies<Set>.panels(
                rows: end - row, depth: depth, a + row, columnStride: aStride, into: plan.panels)
        }
        @inline(__always) func copyStrips(_ column: Int, _ end: Int) {
            guard let plan else { return }
            OperandCopies<Set>.strips(
                depth: depth, columns: end - column, b + column, stride: bStride, into: plan.strips)
        }
        // The tiles of a block; in one of the two directions there is one.
        @inline(__always) func block(_ firstRow: Int, _ endRow: Int, _ firstColumn: Int, _ endColumn: Int) {
            for row in stride(from: firstRow, to: endRow, by: Set.tileRows) {
                let height = min(Set.tileRows, endRow - row)
                for column in stride(from: firstColumn, to: endColumn, by: width) {
                    let place = (row: row, column: column, rows: height, columns: min(width, endColumn - column))
                    if let plan {
                        body(
                            ProductTile(
                                place, a: plan.panels + (row - firstRow) * depth, aStride: height,
                                b: plan.strips + (column - firstColumn) * depth, bStride: width, isCopied: true))
                    } else {
                        body(
                            ProductTile(
                                place, a: a + row, aStride: aStride, b: b + column, bStride: bStride, isCopied: false))
                    }
                }
            }
        }
        let (rowsTogether, columnsTogether) = plan.map { ($0.rows, $0.columns) } ?? (rows, columns)
        // The copies that are made less often come first.
        if inOrder {
            for column in stride(from: 0, to: columns, by: columnsTogether) {
                let endColumn = min(columns, column + columnsTogether)
                copyStrips(column, endColumn)
                for row in stride(from: 0, to: rows, by: rowsTogether) {
                    let endRow = min(rows, row + rowsTogether)
                    copyPanels(row, endRow)
                    block(row, endRow, column, endColumn)
                }
            }
        } else {
            for row in stride(from: 0, to: rows, by: rowsTogether) {
                let endRow = min(rows, row + rowsTogether)
                copyPanels(row, endRow)
                for column in stride(from: 0, to: columns, by: columnsTogether) {
                    let endColumn = min(columns, column + columnsTogether)
                    copyStrips(column, endColumn)
                    block(row, endRow, column, endColumn)
                }
            }
        }
    }
}
