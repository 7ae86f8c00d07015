/// `C = A Bᵀ` for few rows of A. Blocks of B are transposed in registers and multiplied there: to pack them would take
/// longer than so few rows' arithmetic.
@usableFromInline
enum FewRowsProduct<Set: InstructionSet> {
    @usableFromInline typealias Scalar = Set.Scalar

    /// More rows' sums do not fit in registers beside a block.
    @inlinable @inline(__always) static var mostRows: Int { Set.tileRows > 6 ? 8 : 4 }
    /// Up to this many rows two blocks of columns take turns: the sums of one alone would wait for themselves.
    @inlinable @inline(__always) static var pairedRows: Int { 2 }

    /// - Parameters:
    ///   - rows: at most ``mostRows``.
    ///   - columns: a multiple of two vectors' lanes.
    ///   - depth: a multiple of a vector's lanes.
    @inlinable @inline(never)
    static func multiply(
        rows: Int, columns: Int, depth: Int, _ a: UnsafePointer<Scalar>, aStride: Int, _ b: UnsafePointer<Scalar>,
        bStride: Int, _ c: UnsafeMutablePointer<Scalar>, cStride: Int, start: TileStart<Scalar>
    ) {
        @inline(__always) func product<Rows: TileRows>(of _: Rows.Type) where Rows.Columns == OneVector<Set> {
            blocks(
                of: Rows.self, columns: columns, depth: depth, a, aStride: aStride, b, bStride: bStride, c,
                cStride: cStride, start: start)
        }
        switch rows {
        case 1: product(of: OneRow.self)
        case 2: product(of: Rows2.self)
        case 3: product(of: Rows3.self)
        case 4: product(of: Rows4.self)
        // The conditions are constant for each instruction set.
        case 5 where mostRows >= 5: product(of: Rows5.self)
        case 6 where mostRows >= 6: product(of: Rows6.self)
        case 7 where mostRows >= 7: product(of: Rows7.self)
        case 8 where mostRows >= 8: product(of: Rows8.self)
        default: break
        }
    }

    @inlinable @inline(__always)
    static func blocks<Rows: TileRows>(
        of _: Rows.Type, columns: Int, depth: Int, _ a: UnsafePointer<Scalar>, aStride: Int,
        _ b: UnsafePointer<Scalar>, bStride: Int, _ c: UnsafeMutablePointer<Scalar>, cStride: Int,
        start: TileStart<Scalar>
    ) where Rows.Columns == OneVector<Set> {
        let width = Set.Vector.scalarCount
        let inPairs = Rows.count <= pairedRows
        for column in stride(from: 0, to: columns, by: inPairs ? 2 * width : width) {
            let next = inPairs ? column + width : column
            var sums = Rows(
                start.advanced(columns: column), result: c + column, row: 0, rowStride: cStride, count: width)
            var nextSums = Rows(
                start.advanced(columns: next), result: c + next, row: 0, rowStride: cStride, count: width)
            var rows = RowPointers(a, rowStride: aStride)
            for p in stride(from: 0, to: depth, by: width) {
                multiplyAdd(&sums, rows, block: b + column * bStride + p, stride: bStride)
                if inPairs { multiplyAdd(&nextSums, rows, block: b + next * bStride + p, stride: bStride) }
                rows.advance(by: width)
            }
            sums.store(c + column, rowStride: cStride, count: width)
            if inPairs { nextSums.store(c + next, rowStride: cStride, count: width) }
        }
    }

    /// Adds the product of as many columns of A as a vector has lanes and a block of B.
    @inlinable @inline(__always)
    static func multiplyAdd<Rows: TileRows>(
        _ sums: inout Rows, _ a: RowPointers<Scalar>, block: UnsafePointer<Scalar>, stride: Int
    ) where Rows.Columns == OneVector<Set> {
        if Set.Vector.scalarCount == 16 {
            multiplyAdd(&sums, a, Packing<Set>.Sixteen(transposing: block, stride: stride))
        } else if Set.Vector.scalarCount == 8 {
            multiplyAdd(&sums, a, Packing<Set>.Eight(transposing: block, stride: stride))
        } else {
            multiplyAdd(&sums, a, Packing<Set>.Four(transposing: block, stride: stride))
        }
    }

    /// One step along the depth after the other, as all products go.
    @inlinable @inline(__always)
    static func multiplyAdd<Rows: TileRows, Block: VectorStack>(
        _ sums: inout Rows, _ a: RowPointers<Scalar>, _ block: Block
    ) where Rows.Columns == OneVector<Set>, Block.Set == Set {
        var a = a
        fourSteps(&sums, &a, block, from: 0)
        if Block.count > 4 { fourSteps(&sums, &a, block, from: 4) }
        if Block.count > 8 {
            fourSteps(&sums, &a, block, from: 8)
            fourSteps(&sums, &a, block, from: 12)
        }
    }

    /// Written out: the vectors of a block stay in registers only where the compiler sees which is which.
    @inlinable @inline(__always)
    static func fourSteps<Rows: TileRows, Block: VectorStack>(
        _ sums: inout Rows, _ a: inout RowPointers<Scalar>, _ block: Block, from index: Int
    ) where Rows.Columns == OneVector<Set>, Block.Set == Set {
        step(&sums, &a, block, index)
        step(&sums, &a, block, index + 1)
        step(&sums, &a, block, index + 2)
        step(&sums, &a, block, index + 3)
    }

    @inlinable @inline(__always)
    static func step<Rows: TileRows, Block: VectorStack>(
        _ sums: inout Rows, _ a: inout RowPointers<Scalar>, _ block: Block, _ index: Int
    ) where Rows.Columns == OneVector<Set>, Block.Set == Set {
        sums.multiplyAdd(a, first: 0, OneVector(block.vector(at: Set.transpositionPlace(of: index))))
        a.advance(by: 1)
    }
}
