/// Copies of a product's operands, in the order in which register tiles read them.
///
/// A tile reads two vectors of B and a few elements of A at each step along the depth. In a large matrix each step is on another
/// cache line, often on another page; and lines a power of two apart evict one another. In a copy the steps follow one another
/// (Goto and van de Geijn 2008). The copies hold the same numbers, and sums keep their order: so do the bits of the result.
@usableFromInline
enum OperandCopies<Set: InstructionSet> {
    @usableFromInline typealias Scalar = Set.Scalar

    /// The columns of a strip of B: two vectors.
    @inlinable @inline(__always) static var stripWidth: Int { 2 * Set.Vector.scalarCount }

    /// Copies columns of B into strips, one after the other. A strip holds ``stripWidth`` elements for each step along the depth;
    /// the last is filled up with zeros.
    @inlinable @inline(never)
    static func strips(
        depth: Int, columns: Int, _ b: UnsafePointer<Scalar>, stride: Int, into strips: UnsafeMutablePointer<Scalar>
    ) {
        let width = Set.Vector.scalarCount
        // So many lines are written in turns.
        let together = 8 * stripWidth
        for first in Swift.stride(from: 0, to: columns, by: together) {
            let end = min(columns, first + together)
            for p in 0..<depth {
                var (from, to) = (b + p * stride + first, strips + (first * depth + p * stripWidth))
                var column = first
                while column + stripWidth <= end {
                    Set.store(Set.load(from), to)
                    Set.store(Set.load(from + width), to + width)
                    from += stripWidth
                    to += stripWidth * depth
                    column += stripWidth
                }
                if column < end {
                    Set.store(Set.load(from, min(width, end - column)), to)
                    let rest = end - column - width
                    Set.store(rest > 0 ? Set.load(from + width, rest) : .zero, to + width)
                }
            }
        }
    }

    /// Copies rows of A, whose neighbours in a column lie side by side, into panels of tiles, one after the other. A panel holds
    /// the elements of its rows for each step along the depth. Writes up to a vector beyond the last.
    @inlinable @inline(__always)
    static func panels(
        rows: Int, depth: Int, _ a: UnsafePointer<Scalar>, columnStride: Int, into panels: UnsafeMutablePointer<Scalar>
    ) {
        for row in stride(from: 0, to: rows, by: Set.tileRows) {
            panel(
                rows: min(Set.tileRows, rows - row), depth: depth, a + row, columnStride: columnStride,
                into: panels + row * depth)
        }
    }

    @inlinable @inline(never)
    static func panel(
        rows: Int, depth: Int, _ a: UnsafePointer<Scalar>, columnStride: Int, into panel: UnsafeMutablePointer<Scalar>
    ) {
        let width = Set.Vector.scalarCount
        // Whole vectors, of which the next step overwrites what is too much. In the last step they could reach beyond A.
        let filled = (rows + width - 1) / width * width
        let whole = columnStride >= filled ? depth - 1 : 0
        for p in 0..<whole {
            for i in Swift.stride(from: 0, to: rows, by: width) {
                Set.store(Set.load(a + (p * columnStride + i)), panel + (p * rows + i))
            }
        }
        for p in whole..<depth {
            for i in Swift.stride(from: 0, to: rows, by: width) {
                Set.store(Set.load(a + (p * columnStride + i), min(width, rows - i)), panel + (p * rows + i))
            }
        }
    }
}

/// What the copies of a product's operands take of scratch memory, which decides how many are made at a time. In front lies a tile.
///
/// Either a strip of B, which the first-level cache holds unless a step needs all of a great depth, is multiplied with as many panels of A as the second-level cache
/// holds beside other things: each element of C comes once, but its rows lie apart. Or a panel of A is multiplied with as many
/// strips of B: then C passes in the order of memory.
public enum CopyLayout {
    /// Of the instruction sets with the highest tiles and the widest vectors.
    @inlinable static var mostTileRows: Int { 14 }
    @inlinable static var mostStripWidth: Int { 32 }
    /// Of the instruction set with the narrowest.
    static var leastStripWidth: Int { 8 }
    /// A tile.
    @inlinable public static var tile: Int { mostTileRows * mostStripWidth }

    /// The depth in pieces whose strip takes half the first-level cache. A step has no pieces: it needs a gradient of all of the
    /// depth.
    @inlinable @inline(__always)
    static func pieceDepth(of depth: Int, stripWidth: Int) -> Int {
        PackedProduct.pieceDepth(
            of: max(1, depth), most: CacheSizes.first / 2 / (MemoryLayout<Float>.stride * stripWidth))
    }

    /// No piece is deeper, whatever the instruction set.
    public static var mostDepth: Int { CacheSizes.first / 2 / (MemoryLayout<Float>.stride * leastStripWidth) }

    /// Fewer rows or steps do not repay the copies.
    @inlinable static var leastRows: Int { 48 }
    @inlinable static var leastDepth: Int { 16 }

    /// Whether copies of the operands take less time than they save. Operands that take little of the second-level cache are read
    /// as fast where they are.
    @inlinable @inline(__always)
    static func pays(rows: Int, columns: Int, depth: Int) -> Bool {
        rows >= leastRows && depth >= leastDepth
            && (rows + columns) * depth > CacheSizes.second / 8 / MemoryLayout<Float>.stride
    }

    /// Whether a copy of B by itself pays, too. Fewer rows of A read it faster where it is, unless it comes from beyond the
    /// second-level cache, or its rows lie at the same places of the first.
    @inlinable @inline(__always)
    static func paysForB(rows: Int, columns: Int, depth: Int, stride: Int) -> Bool {
        rows >= 128 || passesInOrder(columns * depth) || stride % (4096 / MemoryLayout<Float>.stride) == 0
    }

    /// Whether a result of so many elements, an optimizer's state included, comes from beyond the second-level cache, and passes
    /// fastest in the order of memory.
    @inlinable @inline(__always)
    static func passesInOrder(_ count: Int) -> Bool {
        count > CacheSizes.second / 2 / MemoryLayout<Float>.stride
    }

    /// How many elements of scratch memory the fastest product of these sizes takes; more are of no use.
    public static func scratchCount(rows: Int, columns: Int, depth: Int) -> Int {
        guard pays(rows: rows, columns: columns, depth: depth) else { return tile }
        let line = 16
        let most = CacheSizes.second / 4 / MemoryLayout<Float>.stride
        let panels = min(depth * rows, max(depth * mostTileRows, most))
        let strips = min(depth * (columns + mostStripWidth), max(depth * mostStripWidth, most))
        return tile + depth * (mostTileRows + mostStripWidth) + max(panels, strips) + 2 * line + mostStripWidth
    }
}

/// Where the copies of one product go.
@usableFromInline
struct CopyPlan<Set: InstructionSet> {
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>
    @usableFromInline let strips: Out
    @usableFromInline let panels: Out
    /// How many rows of A to copy at a time.
    @usableFromInline let rows: Int
    /// How many columns of B to copy at a time.
    @usableFromInline let columns: Int

    /// Nil if copies do not pay, or scratch memory has no room for them.
    /// - Parameter inOrder: whether C shall pass in the order of memory.
    @inlinable @inline(__always)
    init?(rows: Int, columns: Int, depth: Int, inOrder: Bool, _ scratch: Out, _ scratchCount: Int) {
        guard CopyLayout.pays(rows: rows, columns: columns, depth: depth) else { return nil }
        let width = OperandCopies<Set>.stripWidth
        // A panel is written up to a vector beyond its end.
        let room = (scratchCount - CopyLayout.tile - 16 - width) / depth
        guard room >= Set.tileRows + width else { return nil }
        strips = scratch + CopyLayout.tile
        if inOrder {
            let most = (room - Set.tileRows) / width
            self.rows = Set.tileRows
            self.columns = PackedProduct.pieceDepth(of: (columns + width - 1) / width, most: most) * width
        } else {
            let most = (room - width) / Set.tileRows
            self.rows =
                PackedProduct.pieceDepth(of: (rows + Set.tileRows - 1) / Set.tileRows, most: most) * Set.tileRows
            self.columns = width
        }
        panels = strips + (self.columns * depth + 15) & ~15
    }
}
