// Register tiles that hold a gradient, and step the parameters along it.

@usableFromInline
protocol SteppingColumns: TileColumns where Set: InstructionSet {
    /// One step of an optimizer, all lanes being a gradient.
    func step<Rule: OptimizerRule>(_ place: StepPlace<Set, Rule>)
}

extension TwoVectors: SteppingColumns where Set: InstructionSet {
    @inlinable @inline(__always) func step<Rule: OptimizerRule>(_ place: StepPlace<Set, Rule>) {
        place.step(Lanes(left))
        place.advanced(by: Set.Vector.scalarCount).step(Lanes(right))
    }
}

@usableFromInline
protocol SteppingRows: TileRows where Columns: SteppingColumns {
    /// One step of an optimizer, all elements being a gradient.
    func step<Rule: OptimizerRule>(_ place: StepPlace<Columns.Set, Rule>, rowStride: Int)
    /// Brings what the step needs into the cache.
    static func prefetch<Rule: OptimizerRule>(_ place: StepPlace<Columns.Set, Rule>, rowStride: Int)
}

extension OneRow: SteppingRows where Columns: SteppingColumns {
    @inlinable @inline(__always)
    func step<Rule: OptimizerRule>(_ place: StepPlace<Columns.Set, Rule>, rowStride: Int) { columns.step(place) }
    @inlinable @inline(__always)
    static func prefetch<Rule: OptimizerRule>(_ place: StepPlace<Columns.Set, Rule>, rowStride: Int) {
        place.prefetch(count: Columns.width)
    }
}

extension Stacked: SteppingRows where Top: SteppingRows, Bottom: SteppingRows {
    @inlinable @inline(__always)
    func step<Rule: OptimizerRule>(_ place: StepPlace<Top.Columns.Set, Rule>, rowStride: Int) {
        top.step(place, rowStride: rowStride)
        bottom.step(place.advanced(by: Top.count * rowStride), rowStride: rowStride)
    }
    @inlinable @inline(__always)
    static func prefetch<Rule: OptimizerRule>(_ place: StepPlace<Top.Columns.Set, Rule>, rowStride: Int) {
        Top.prefetch(place, rowStride: rowStride)
        Bottom.prefetch(place.advanced(by: Top.count * rowStride), rowStride: rowStride)
    }
}
