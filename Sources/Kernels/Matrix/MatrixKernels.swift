// The matrix products that dense layers and convolutions need, in register tiles.
//
// Contract. All matrices are row-major; a stride is the distance between rows in elements. The operands do not overlap the
// result. Every element of the result is summed in one order, along the depth, whatever tile it falls into and whichever
// operand was packed: so a row has the same bits whichever rows it is computed with.

public enum MatrixKernels<Set: InstructionSet> {
    public typealias Scalar = Set.Scalar

    /// `C = A B`, or `C += A B`: C is `rows × columns`, B is `depth × columns`. A's element (i, p) lies at
    /// `i * aRowStride + p * aColumnStride`, one of the strides being 1: so A can also be a transposed matrix.
    /// - Parameters:
    ///   - scratch: aligned to a cache line.
    ///   - scratchCount: its elements; ``CopyLayout/scratchCount(rows:columns:depth:)`` for the fastest product; 0 is enough.
    @inlinable @inline(__always)
    public static func multiply(
        rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aRowStride: Int, aColumnStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int, accumulating: Bool,
        scratch: UnsafeMutablePointer<Scalar>, scratchCount: Int
    ) {
        let piecesDepth = CopyLayout.pieceDepth(of: depth, stripWidth: OperandCopies<Set>.stripWidth)
        let inOrder = CopyLayout.passesInOrder(rows * columns)
        guard
            aColumnStride != 1 || CopyLayout.paysForB(rows: rows, columns: columns, depth: depth, stride: bStride),
            let plan = CopyPlan<Set>(
                rows: rows, columns: columns, depth: piecesDepth, inOrder: inOrder, scratch, scratchCount)
        else {
            return columnBlocks(
                rows: rows, columns: columns, depth: depth, a, aRowStride: aRowStride, aColumnStride: aColumnStride, b,
                bStride: bStride, c, cStride: cStride, start: accumulating ? .result : .zero, ahead: Ahead(b, step: 0),
                tileRows: Set.tileRows)
        }
        for p in stride(from: 0, to: depth, by: piecesDepth) {
            let piece = min(piecesDepth, depth - p)
            let start: TileStart<Scalar> = accumulating || p > 0 ? .result : .zero
            if aColumnStride == 1 {
                multiplyStrips(
                    rows: rows, columns: columns, depth: piece, a + p, aStride: aRowStride, b + p * bStride,
                    bStride: bStride, c, cStride: cStride, start: start, strip: plan.strips)
            } else {
                multiplyTiles(
                    rows: rows, columns: columns, depth: piece, a + p * aColumnStride, aStride: aColumnStride,
                    b + p * bStride, bStride: bStride, c, cStride: cStride, start: start, inOrder: inOrder,
                    scratch: scratch, scratchCount: scratchCount)
            }
        }
    }

    /// The product with B copied strip by strip. A, whose rows are contiguous, is read where it is.
    @inlinable @inline(never)
    static func multiplyStrips(
        rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aStride: Int, _ b: UnsafePointer<Scalar>, bStride: Int,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int, start: TileStart<Scalar>, strip: UnsafeMutablePointer<Scalar>
    ) {
        let width = OperandCopies<Set>.stripWidth
        for column in stride(from: 0, to: columns, by: width) {
            let count = min(width, columns - column)
            OperandCopies<Set>.strips(depth: depth, columns: count, b + column, stride: bStride, into: strip)
            columnBlocks(
                rows: rows, columns: count, depth: depth, a, aRowStride: aStride, aColumnStride: 1, strip,
                bStride: width, c + column, cStride: cStride, start: start, ahead: Ahead(strip, step: 0),
                tileRows: tileRows(stride: aStride))
        }
    }

    /// The product of a transposed A, with both copied.
    @inlinable @inline(never)
    static func multiplyTiles(
        rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aStride: Int, _ b: UnsafePointer<Scalar>, bStride: Int,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int, start: TileStart<Scalar>, inOrder: Bool,
        scratch: UnsafeMutablePointer<Scalar>, scratchCount: Int
    ) {
        ProductTile<Set>.forEach(
            rows: rows, columns: columns, depth: depth, a, aStride: aStride, b, bStride: bStride, inOrder: inOrder,
            scratch: scratch, scratchCount: scratchCount
        ) { tile in
            tile.multiply(depth: depth, into: c + (tile.row * cStride + tile.column), stride: cStride, start: start)
        }
    }

    /// `C = A Bᵀ`, plus `bias` on every row if there is one: C is `rows × columns`, A is `rows × depth`, B is
    /// `columns × depth`.
    ///
    /// Vectors need neighbouring elements of C to come from neighbouring elements of an operand, which neither has here:
    /// the one whose packing costs less is transposed into `scratch`, a piece at a time; for few rows blocks of B are
    /// transposed in registers (``FewRowsProduct``). With B packed the lanes of a vector are columns of C; with A packed they
    /// are rows, and C comes out transposed.
    /// - Parameters:
    ///   - depth: at least 1.
    ///   - scratch: aligned to a cache line.
    ///   - scratchCount: its elements: at least ``PackedProduct/scratchCount(columns:depth:)``;
    ///     ``PackedProduct/scratchCount(rows:columns:depth:)`` for the fastest product.
    @inlinable @inline(__always)
    public static func multiplyTransposed(
        rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int, bias: UnsafePointer<Scalar>?,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int, scratch: UnsafeMutablePointer<Scalar>, scratchCount: Int
    ) {
        let lanes = 2 * Set.Vector.scalarCount
        let panel = scratch
        let transposedResult = scratch + lanes * min(depth, PackedProduct.panelDepth)
        var row = 0
        // The rows that will be packed next come into the cache while these are multiplied.
        let bTileRows = tileRows(stride: bStride)
        let tiles = (columns + bTileRows - 1) / bTileRows
        let aheadStep = (lanes + tiles - 1) / tiles
        while row < rows
            && PackedProduct.packsRows(
                rows: rows - row, columns: columns, depth: depth, vectorWidth: Set.Vector.scalarCount,
                mostFewRows: FewRowsProduct<Set>.mostRows)
        {
            let together = PackedProduct.groups(
                rows: rows - row, columns: columns, depth: depth, lanes: lanes, room: scratchCount)
            if together > 1 {
                let count = min(rows - row, together * lanes)
                multiplyGroups(
                    rows: count, columns: columns, depth: depth, a + row * aStride, aStride: aStride, b,
                    bStride: bStride, bias: bias, c + row * cStride, cStride: cStride, scratch: scratch)
                row += count
                continue
            }
            let count = min(rows - row, lanes)
            // Whole vectors: what lanes without a row compute is not read.
            let filled = count > Set.Vector.scalarCount ? lanes : Set.Vector.scalarCount
            var start = bias.map { TileStart.rowBias($0) } ?? .zero
            let piecesDepth = PackedProduct.pieceDepth(of: depth, most: PackedProduct.shallowDepth)
            for p in stride(from: 0, to: depth, by: piecesDepth) {
                let piece = min(piecesDepth, depth - p)
                Packing<Set>.transpose(
                    rows: count, columns: piece, a + row * aStride + p, stride: aStride, panel, resultStride: lanes)
                columnBlocks(
                    rows: columns, columns: filled, depth: piece, b + p, aRowStride: bStride, aColumnStride: 1, panel,
                    bStride: lanes, transposedResult, cStride: lanes, start: start,
                    ahead: Ahead(a + (row + count) * aStride + lanes * p, step: aheadStep),
                    tileRows: bTileRows)
                start = .result
            }
            Packing<Set>.transpose(
                rows: columns, columns: count, transposedResult, stride: lanes, c + row * cStride, resultStride: cStride
            )
            row += count
        }
        if row == rows { return }
        let (a, c) = (a + row * aStride, c + row * cStride)
        let start = bias.map { TileStart.columnBias($0) } ?? .zero
        var wholeColumns = 0
        if rows - row <= FewRowsProduct<Set>.mostRows && depth >= Set.Vector.scalarCount {
            wholeColumns = columns / lanes * lanes
            let wholeDepth = depth / Set.Vector.scalarCount * Set.Vector.scalarCount
            FewRowsProduct<Set>.multiply(
                rows: rows - row, columns: wholeColumns, depth: wholeDepth, a, aStride: aStride, b, bStride: bStride,
                c, cStride: cStride, start: start)
            if wholeDepth < depth {
                packingColumns(
                    rows: rows - row, columns: 0..<wholeColumns, depth: wholeDepth..<depth, a, aStride: aStride, b,
                    bStride: bStride, c, cStride: cStride, start: .result, panel: panel)
            }
        }
        packingColumns(
            rows: rows - row, columns: wholeColumns..<columns, depth: 0..<depth, a, aStride: aStride, b,
            bStride: bStride, c, cStride: cStride, start: start, panel: panel)
    }

    /// The same with several groups of A's rows packed, as many as vectors have lanes in each. A block of B's rows, come from
    /// beyond the second-level cache, is multiplied with all of them.
    @inlinable @inline(never)
    static func multiplyGroups(
        rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int, bias: UnsafePointer<Scalar>?,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int, scratch: UnsafeMutablePointer<Scalar>
    ) {
        let lanes = 2 * Set.Vector.scalarCount
        let groups = (rows + lanes - 1) / lanes
        let blockRows = PackedProduct.blockRows
        let results = scratch + groups * lanes * depth
        for group in 0..<groups {
            let row = group * lanes
            Packing<Set>.transpose(
                rows: min(lanes, rows - row), columns: depth, a + row * aStride, stride: aStride,
                scratch + row * depth, resultStride: lanes)
        }
        let piecesDepth = CopyLayout.pieceDepth(of: depth, stripWidth: lanes)
        let mostTileRows = tileRows(stride: bStride)
        for first in stride(from: 0, to: columns, by: blockRows) {
            let count = min(blockRows, columns - first)
            for p in stride(from: 0, to: depth, by: piecesDepth) {
                for group in 0..<groups {
                    let panel = scratch + group * lanes * depth + p * lanes
                    columnBlocks(
                        rows: count, columns: lanes, depth: min(piecesDepth, depth - p), b + (first * bStride + p),
                        aRowStride: bStride, aColumnStride: 1, panel, bStride: lanes,
                        results + group * blockRows * lanes, cStride: lanes,
                        start: p > 0 ? .result : bias.map { .rowBias($0 + first) } ?? .zero,
                        ahead: Ahead(panel, step: 0), tileRows: mostTileRows)
                }
            }
            for group in 0..<groups {
                let row = group * lanes
                Packing<Set>.transpose(
                    rows: count, columns: min(lanes, rows - row), results + group * blockRows * lanes, stride: lanes,
                    c + (row * cStride + first), resultStride: cStride)
            }
        }
    }

    /// Some columns of the product, for some of the depth, with B packed.
    @inlinable @inline(__always)
    static func packingColumns(
        rows: Int, columns: Range<Int>, depth: Range<Int>,
        _ a: UnsafePointer<Scalar>, aStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int, start: TileStart<Scalar>, panel: UnsafeMutablePointer<Scalar>
    ) {
        let lanes = 2 * Set.Vector.scalarCount
        let most = rows > 2 * Set.tileRows ? PackedProduct.panelDepth : PackedProduct.shallowDepth
        let piecesDepth = PackedProduct.pieceDepth(of: depth.count, most: most)
        let height = tileRows(stride: aStride)
        for column in stride(from: columns.lowerBound, to: columns.upperBound, by: lanes) {
            let count = min(columns.upperBound - column, lanes)
            var start = start.advanced(columns: column)
            for p in stride(from: depth.lowerBound, to: depth.upperBound, by: piecesDepth) {
                let piece = min(piecesDepth, depth.upperBound - p)
                Packing<Set>.transpose(
                    rows: count, columns: piece, b + column * bStride + p, stride: bStride, panel, resultStride: lanes)
                columnBlocks(
                    rows: rows, columns: count, depth: piece, a + p, aRowStride: aStride, aColumnStride: 1, panel,
                    bStride: lanes, c + column, cStride: cStride, start: start,
                    ahead: Ahead(a + height * (aStride + p), step: height), tileRows: height)
                start = .result
            }
        }
    }

    /// How many rows a tile takes of a matrix that is read row by row beside a panel. Rows a multiple of 4 KiB apart fall
    /// into the same places of the first-level cache, which are not many more than ten.
    @inlinable @inline(__always)
    static func tileRows(stride: Int) -> Int {
        stride % (4096 / MemoryLayout<Scalar>.stride) == 0 ? min(10, Set.tileRows) : Set.tileRows
    }

    /// `C = Σ A_s B_s` over the segments s of the depth, plus `bias` on every row, or what C holds.
    /// - Parameters:
    ///   - depth: of one segment.
    ///   - bias: nil: zeros.
    ///   - accumulating: whether to add to C, without a bias.
    @inlinable @inline(__always)
    public static func multiplySegments(
        _ segments: Segments, rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aRowStride: Int, aColumnStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int, bias: UnsafePointer<Scalar>?,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int, accumulating: Bool
    ) {
        columnBlocks(
            rows: rows, columns: columns, depth: depth, a, aRowStride: aRowStride, aColumnStride: aColumnStride, b,
            bStride: bStride, c, cStride: cStride,
            start: accumulating ? .result : bias.map { .columnBias($0) } ?? .zero, ahead: Ahead(b, step: 0),
            tileRows: aColumnStride == 1 ? tileRows(stride: aRowStride) : Set.tileRows, segments: segments)
    }

    /// - Parameter tileRows: of the highest tile, no more than the instruction set's.
    @inlinable @inline(__always)
    static func columnBlocks(
        rows: Int, columns: Int, depth: Int,
        _ a: UnsafePointer<Scalar>, aRowStride: Int, aColumnStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int,
        _ c: UnsafeMutablePointer<Scalar>, cStride: Int, start: TileStart<Scalar>, ahead: Ahead<Scalar>, tileRows: Int,
        segments: Segments = .one
    ) {
        var column = 0
        while column + TwoVectors<Set>.width <= columns {
            TileLoops<Set>.twoVectors(
                rows: rows, depth: depth, a, aRowStride: aRowStride, aColumnStride: aColumnStride, b + column,
                bStride: bStride, c + column, cStride: cStride, start: start.advanced(columns: column), ahead: ahead,
                tileRows: tileRows, segments: segments)
            column += TwoVectors<Set>.width
        }
        while column < columns {
            let count = min(columns - column, OneVector<Set>.width)
            let narrow = Set.Narrow.Vector.scalarCount
            if narrow < Set.Vector.scalarCount && count <= narrow {
                TileLoops<Set.Narrow>.oneVector(
                    rows: rows, count: count, depth: depth, a, aRowStride: aRowStride, aColumnStride: aColumnStride,
                    b + column, bStride: bStride, c + column, cStride: cStride, start: start.advanced(columns: column),
                    ahead: ahead, tileRows: tileRows, segments: segments)
            } else {
                TileLoops<Set>.oneVector(
                    rows: rows, count: count, depth: depth, a, aRowStride: aRowStride, aColumnStride: aColumnStride,
                    b + column, bStride: bStride, c + column, cStride: cStride, start: start.advanced(columns: column),
                    ahead: ahead, tileRows: tileRows, segments: segments)
            }
            column += count
        }
    }
}

/// How ``MatrixKernels/multiplyTransposed`` uses its scratch memory.
public enum PackedProduct {
    /// How much of the depth is packed at a time: a panel of two vectors then fits the second-level cache.
    @inlinable public static var panelDepth: Int { 1024 }
    /// The same where the other operand is not read piece by piece from afar: the panel then fits the first-level cache.
    @inlinable static var shallowDepth: Int { 128 }

    /// The depth, at least 1, in pieces of equal size.
    @inlinable @inline(__always)
    static func pieceDepth(of depth: Int, most: Int) -> Int {
        let pieces = (depth + most - 1) / most
        return (depth + pieces - 1) / pieces
    }

    /// Enough for every instruction set: 32 lanes are two vectors of the widest. `Int.max`, which no memory holds, where an
    /// Int of 32 bits is too small for that.
    public static func scratchCount(columns: Int, depth: Int) -> Int {
        Int(clamping: 32 * (Int64(min(depth, panelDepth)) + Int64(columns)))
    }

    /// What the fastest product takes.
    public static func scratchCount(rows: Int, columns: Int, depth: Int) -> Int {
        let most = Int(clamping: Int64(mostGroups) * 32 * (Int64(depth) + Int64(blockRows)))
        let groups = groups(rows: rows, columns: columns, depth: depth, lanes: 8, room: most)
        return max(scratchCount(columns: columns, depth: depth), groups > 1 ? most : 0)
    }

    @inlinable static var mostGroups: Int { 4 }
    /// How many of B's rows are multiplied with all groups: whole tiles, and whole vectors when they are transposed.
    @inlinable static var blockRows: Int { 112 }

    /// How many groups of A's rows to pack at a time. More than one pays where B does not fit in the second-level cache, and
    /// would come again for each.
    @inlinable @inline(__always)
    static func groups(rows: Int, columns: Int, depth: Int, lanes: Int, room: Int) -> Int {
        let size = MemoryLayout<Float>.stride
        guard rows > lanes && columns * depth > CacheSizes.second / 2 / size else { return 1 }
        let fit = min(room, CacheSizes.second / 2 / size) / lanes / (depth + blockRows)
        return min((rows + lanes - 1) / lanes, fit, mostGroups)
    }

    /// Whether the product takes less time with A packed than with B packed, where C is moved, too. To move an element
    /// takes about as long as 4 lanes' products, or 8 out of the first-level cache; lanes of the last vector that are not
    /// used take their time as well, and tiles of one vector are slower by an eighth.
    @inlinable @inline(__always)
    static func packsRows(rows: Int, columns: Int, depth: Int, vectorWidth: Int, mostFewRows: Int) -> Bool {
        if rows <= mostFewRows { return false }
        func time(ofLanes count: Int) -> Double {
            Double(count > vectorWidth ? (count + vectorWidth - 1) / vectorWidth * vectorWidth * 8 : vectorWidth * 9)
        }
        let moveB = rows > 2 * vectorWidth && depth > shallowDepth ? 64.0 : 32.0
        let (timeOfRows, timeOfColumns) = (time(ofLanes: rows), time(ofLanes: columns))
        let (rows, columns, depth) = (Double(rows), Double(columns), Double(depth))
        return timeOfRows * columns * depth + 32 * rows * (depth + columns)
            < rows * timeOfColumns * depth + moveB * columns * depth
    }
}

/// The loops over the rows of tiles: one function for each width, so that there is one copy of each tile's code.
@usableFromInline
enum TileLoops<Set: TileArithmetic> {
    @usableFromInline typealias Scalar = Set.Scalar

    @inlinable @inline(never)
    static func twoVectors(
        rows: Int, depth: Int, _ a: UnsafePointer<Scalar>, aRowStride: Int, aColumnStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int, _ c: UnsafeMutablePointer<Scalar>, cStride: Int,
        start: TileStart<Scalar>, ahead: Ahead<Scalar>, tileRows: Int, segments: Segments
    ) {
        tiles(
            of: TwoVectors<Set>.self, rows: rows, count: TwoVectors<Set>.width, depth: depth, a, aRowStride: aRowStride,
            aColumnStride: aColumnStride, b, bStride: bStride, c, cStride: cStride, start: start, ahead: ahead,
            tileRows: tileRows, segments: segments)
    }

    @inlinable @inline(never)
    static func oneVector(
        rows: Int, count: Int, depth: Int, _ a: UnsafePointer<Scalar>, aRowStride: Int, aColumnStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int, _ c: UnsafeMutablePointer<Scalar>, cStride: Int,
        start: TileStart<Scalar>, ahead: Ahead<Scalar>, tileRows: Int, segments: Segments
    ) {
        tiles(
            of: OneVector<Set>.self, rows: rows, count: count, depth: depth, a, aRowStride: aRowStride,
            aColumnStride: aColumnStride, b, bStride: bStride, c, cStride: cStride, start: start, ahead: ahead,
            tileRows: tileRows, segments: segments)
    }

    /// A full tile from a copied panel and a copied strip.
    @inlinable @inline(never)
    static func copied(
        depth: Int, panel: UnsafePointer<Scalar>, strip: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>,
        cStride: Int, start: TileStart<Scalar>
    ) {
        @inline(__always) func tile<Rows: TileRows>(_: Rows.Type) where Rows.Columns == TwoVectors<Set> {
            let width = TwoVectors<Set>.width
            var sums = Rows(start, result: c, row: 0, rowStride: cStride, count: width)
            sums.multiplyAdd(depth: depth, panel: panel, strip: strip)
            sums.store(c, rowStride: cStride, count: width)
        }
        if Set.tileRows == 14 { tile(Rows14<TwoVectors<Set>>.self) } else { tile(Rows6<TwoVectors<Set>>.self) }
    }

    /// Rows in as few tiles as possible, of heights as equal as possible: a low tile is as slow as a high one.
    @inlinable @inline(__always)
    static func tiles<Columns: TileColumns>(
        of _: Columns.Type, rows: Int, count: Int, depth: Int, _ a: UnsafePointer<Scalar>, aRowStride: Int,
        aColumnStride: Int, _ b: UnsafePointer<Scalar>, bStride: Int, _ c: UnsafeMutablePointer<Scalar>, cStride: Int,
        start: TileStart<Scalar>, ahead: Ahead<Scalar>, tileRows: Int, segments: Segments = .one
    ) where Columns.Set == Set {
        var row = 0
        var ahead = ahead
        var left = (rows + tileRows - 1) / tileRows
        // Variables are handed over, not captured: a captured one can end up on the heap.
        @inline(__always)
        func tile<Rows: TileRows>(_: Rows.Type, at row: Int, ahead: Ahead<Scalar>) where Rows.Columns == Columns {
            let result = c + row * cStride
            var sums = Rows(start, result: result, row: row, rowStride: cStride, count: count)
            var (a, b) = (a + row * aRowStride, b)
            for _ in 0..<segments.count {
                sums.multiplyAdd(
                    depth: depth, a, rowStride: aRowStride, columnStride: aColumnStride, b, bStride: bStride,
                    count: count, ahead: ahead)
                a += segments.aStride
                b += segments.bStride
            }
            sums.store(result, rowStride: cStride, count: count)
        }
        while left > 0 {
            let height = (rows - row + left - 1) / left
            // The conditions are constant for each instruction set: higher tiles than its own are not compiled.
            switch height {
            case 1: tile(OneRow<Columns>.self, at: row, ahead: ahead)
            case 2: tile(Rows2<Columns>.self, at: row, ahead: ahead)
            case 3 where Set.tileRows >= 3: tile(Rows3<Columns>.self, at: row, ahead: ahead)
            case 4 where Set.tileRows >= 4: tile(Rows4<Columns>.self, at: row, ahead: ahead)
            case 5 where Set.tileRows >= 5: tile(Rows5<Columns>.self, at: row, ahead: ahead)
            case 6 where Set.tileRows >= 6: tile(Rows6<Columns>.self, at: row, ahead: ahead)
            case 7 where Set.tileRows >= 7: tile(Rows7<Columns>.self, at: row, ahead: ahead)
            case 8 where Set.tileRows >= 8: tile(Rows8<Columns>.self, at: row, ahead: ahead)
            case 9 where Set.tileRows >= 9: tile(Rows9<Columns>.self, at: row, ahead: ahead)
            case 10 where Set.tileRows >= 10: tile(Rows10<Columns>.self, at: row, ahead: ahead)
            case 11 where Set.tileRows >= 11: tile(Rows11<Columns>.self, at: row, ahead: ahead)
            case 12 where Set.tileRows >= 12: tile(Rows12<Columns>.self, at: row, ahead: ahead)
            case 13 where Set.tileRows >= 13: tile(Rows13<Columns>.self, at: row, ahead: ahead)
            case 14 where Set.tileRows >= 14: tile(Rows14<Columns>.self, at: row, ahead: ahead)
            default: break
            }
            ahead.pointer += depth * ahead.step
            row += height
            left -= 1
        }
    }
}

extension TileStart {
    @inlinable @inline(__always)
    func advanced(columns: Int) -> TileStart {
        if case .columnBias(let bias) = self { return .columnBias(bias + columns) }
        return self
    }
}
