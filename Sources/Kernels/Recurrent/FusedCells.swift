/// Steps of one row of a cell in float32: product, σ and h in one loop without calls, because a small cell's step takes little
/// longer than its calls. Two vectors of units at a time: their sums, two times the gates, keep the multipliers busy.
///
/// Sums go in the order of ``PanelLoops`` and formulas are those of the cells' kernels: the bits are the same.
@usableFromInline
enum FusedCells<Set: InstructionSet> where Set.Scalar == Float {
    @usableFromInline typealias Block = Lanes<Set>
    @usableFromInline typealias In = UnsafePointer<Float>
    @usableFromInline typealias Out = UnsafeMutablePointer<Float>

    /// Takes what it can; ``CellLoop`` takes the rest.
    @inlinable @inline(__always)
    static func run(_ run: UnsafePointer<CellRun>) {
        let isFused = run.pointee.step.rows == 1 && run.pointee.step.units % Block.count == 0
        switch run.pointee.cell {
        case .gru where isFused: forEachVector(run, ThreeGates<Set>.self, gru)
        case .lstm where isFused: forEachVector(run, FourGates<Set>.self, lstm)
        default: CellLoop<Float32Product<Set>>.run(run)
        }
    }

    /// What a vector of units reads at a step: its shares of z, and the cell's memory.
    @usableFromInline
    struct Units<Gates: GateSums> where Gates.Set == Set {
        @usableFromInline let recurrent, share: Gates
        /// h before the step.
        @usableFromInline let before: Block
        @usableFromInline let run: UnsafePointer<CellRun>
        @usableFromInline let column: Int

        @inlinable @inline(__always)
        init(recurrent: Gates, share: Gates, h: In, _ run: UnsafePointer<CellRun>, column: Int) {
            (self.recurrent, self.share, self.run, self.column) = (recurrent, share, run, column)
            before = Block(loading: h + column, Block.count)
        }
    }

    @inlinable @inline(__always)
    static func gru(_ units: Units<ThreeGates<Set>>) -> Block {
        let r = SigmoidActivation.value(units.share.a + units.recurrent.a)
        let z = SigmoidActivation.value(units.share.b + units.recurrent.b)
        var q = units.recurrent.c
        if let bias = units.run.pointee.step.weights { q = q + Block(loading: bias + units.column, Block.count) }
        let n = Block.tanh(units.share.c.adding(r, times: q))
        return GRUUnit(r: r, z: z, n: n).state(units.before)
    }

    @inlinable @inline(__always)
    static func lstm(_ units: Units<FourGates<Set>>) -> Block {
        let cell = units.run.pointee.step.cell.base + units.column
        let f = SigmoidActivation.value(units.share.b + units.recurrent.b)
        let i = SigmoidActivation.value(units.share.a + units.recurrent.a)
        let g = Block.tanh(units.share.c + units.recurrent.c)
        let c = LSTMUnit(i: i, f: f, g: g, o: g).cell(Block(loading: cell, Block.count))
        let o = SigmoidActivation.value(units.share.d + units.recurrent.d)
        c.store(cell, Block.count)
        return o * Block.tanh(c)
    }

    /// Where one step reads and writes. A value: what nested functions share and change can lie in memory that is allocated.
    @usableFromInline
    struct Place {
        @usableFromInline let h: In
        @usableFromInline let next: Out
        @usableFromInline let gates: In
        @usableFromInline let x: In?
        @usableFromInline let output: Out?

        @inlinable @inline(__always)
        init(h: In, next: Out, gates: In, x: In?, output: Out?) {
            (self.h, self.next, self.gates, self.x, self.output) = (h, next, gates, x, output)
        }
    }

    /// Computes h of each step.
    @inlinable @inline(__always)
    static func forEachVector<Gates: GateSums>(
        _ run: UnsafePointer<CellRun>, _: Gates.Type, _ state: (Units<Gates>) -> Block
    ) where Gates.Set == Set {
        // All sums read h before the step: h after it takes another place.
        var (h, next) = (run.pointee.step.state.base, run.pointee.step.recurrent.base)
        var (gates, x) = (In(run.pointee.step.gates.base), run.pointee.x)
        var output = run.pointee.output?.base
        // Every other step goes the other way: what the step before read last is still in the cache.
        let units = run.pointee.step.units
        let pairs = units / (2 * Block.count)
        let pieces = pairs + units / Block.count % 2
        for time in 0..<run.pointee.count {
            let place = Place(h: h, next: next, gates: gates, x: x, output: output)
            for number in 0..<pieces {
                let piece = time & 1 == 0 ? number : pieces - 1 - number
                let column = 2 * piece * Block.count
                if piece < pairs {
                    let (recurrent, share) = sums(GatePair<Gates>.self, run, place, column: column)
                    finish(recurrent.first, share.first, run, place, column: column, state)
                    finish(recurrent.second, share.second, run, place, column: column + Block.count, state)
                } else {
                    let (recurrent, share) = sums(Gates.self, run, place, column: column)
                    finish(recurrent, share, run, place, column: column, state)
                }
            }
            swap(&h, &next)
            gates += run.pointee.gatesDistance
            if let row = x { x = row + run.pointee.xDistance }
            if let row = output { output = row + run.pointee.outputDistance }
        }
        if h != run.pointee.step.state.base { run.pointee.step.state.base.update(from: h, count: units) }
    }

    /// The shares of z from the column on.
    @inlinable @inline(__always)
    static func sums<Gates: GateSums>(
        _: Gates.Type, _ run: UnsafePointer<CellRun>, _ place: Place, column: Int
    ) -> (recurrent: Gates, share: Gates) where Gates.Set == Set {
        let (products, distance) = (run.pointee.products, run.pointee.step.gateDistance)
        var recurrent = Gates(products, products.pointee.start, column, distance: distance)
        for index in 0..<products.pointee.words { recurrent.multiplyAdd(Block(place.h[index]), index) }
        guard let input = run.pointee.input, let x = place.x else {
            return (recurrent, Gates(products, place.gates, column, distance: distance))
        }
        var share = Gates(input, input.pointee.start, column, distance: distance)
        for index in 0..<input.pointee.words { share.multiplyAdd(Block(x[index]), index) }
        return (recurrent, share)
    }

    @inlinable @inline(__always)
    static func finish<Gates: GateSums>(
        _ recurrent: Gates, _ share: Gates, _ run: UnsafePointer<CellRun>, _ place: Place, column: Int,
        _ state: (Units<Gates>) -> Block
    ) where Gates.Set == Set {
        let new = state(Units(recurrent: recurrent, share: share, h: place.h, run, column: column))
        new.store(place.next + column, Block.count)
        if let output = place.output { new.store(output + column, run.pointee.outputUnits - column) }
    }
}

/// The gates' sums of one vector of units, or of more.
@usableFromInline
protocol GateSums {
    associatedtype Set: InstructionSet where Set.Scalar == Float

    /// - Parameters:
    ///   - start: what the sums begin with, for all columns of the product.
    ///   - column: of the first gate.
    ///   - distance: from one gate's column to that of the next.
    ///   - isPaired: whether the next vector's columns are read too. Then all panels are whole.
    init(
        _ product: UnsafePointer<PackedDense>, _ start: UnsafePointer<Float>, _ column: Int, distance: Int,
        isPaired: Bool)

    /// Adds the number with this index, times its weights.
    mutating func multiplyAdd(_ a: Lanes<Set>, _ index: Int)
}

extension GateSums {
    @inlinable @inline(__always)
    init(_ product: UnsafePointer<PackedDense>, _ start: UnsafePointer<Float>, _ column: Int, distance: Int) {
        self.init(product, start, column, distance: distance, isPaired: false)
    }
}

/// The sum of one vector of columns.
@usableFromInline
struct ColumnSum<Set: InstructionSet> where Set.Scalar == Float {
    @usableFromInline let weights: UnsafePointer<Float>
    /// From one input's weights to those of the next.
    @usableFromInline let stride: Int
    @usableFromInline var value: Lanes<Set>

    @inlinable @inline(__always)
    init(_ product: UnsafePointer<PackedDense>, _ start: UnsafePointer<Float>, _ column: Int, isPaired: Bool) {
        let width = 2 * Lanes<Set>.count
        let panel = column / width * width
        let isWhole = isPaired || panel + width <= product.pointee.outputs
        let first = isWhole ? panel : column
        weights = product.pointee.panels + (first * product.pointee.words + (column - first))
        stride = isWhole ? width : Lanes<Set>.count
        value = Lanes(loading: start + column, Lanes<Set>.count)
    }

    @inlinable @inline(__always)
    mutating func multiplyAdd(_ a: Lanes<Set>, _ index: Int) {
        value = value.adding(a, times: Lanes(loading: weights + index * stride, Lanes<Set>.count))
    }
}

@usableFromInline
struct ThreeGates<Set: InstructionSet>: GateSums where Set.Scalar == Float {
    @usableFromInline var sums: (ColumnSum<Set>, ColumnSum<Set>, ColumnSum<Set>)
    @inlinable @inline(__always) var a: Lanes<Set> { sums.0.value }
    @inlinable @inline(__always) var b: Lanes<Set> { sums.1.value }
    @inlinable @inline(__always) var c: Lanes<Set> { sums.2.value }

    @inlinable @inline(__always)
    init(
        _ product: UnsafePointer<PackedDense>, _ start: UnsafePointer<Float>, _ column: Int, distance: Int,
        isPaired: Bool
    ) {
        sums = (
            ColumnSum(product, start, column, isPaired: isPaired),
            ColumnSum(product, start, column + distance, isPaired: isPaired),
            ColumnSum(product, start, column + 2 * distance, isPaired: isPaired)
        )
    }

    @inlinable @inline(__always)
    mutating func multiplyAdd(_ a: Lanes<Set>, _ index: Int) {
        sums.0.multiplyAdd(a, index)
        sums.1.multiplyAdd(a, index)
        sums.2.multiplyAdd(a, index)
    }
}

@usableFromInline
struct FourGates<Set: InstructionSet>: GateSums where Set.Scalar == Float {
    @usableFromInline var three: ThreeGates<Set>
    @usableFromInline var last: ColumnSum<Set>
    @inlinable @inline(__always) var a: Lanes<Set> { three.a }
    @inlinable @inline(__always) var b: Lanes<Set> { three.b }
    @inlinable @inline(__always) var c: Lanes<Set> { three.c }
    @inlinable @inline(__always) var d: Lanes<Set> { last.value }

    @inlinable @inline(__always)
    init(
        _ product: UnsafePointer<PackedDense>, _ start: UnsafePointer<Float>, _ column: Int, distance: Int,
        isPaired: Bool
    ) {
        three = ThreeGates(product, start, column, distance: distance, isPaired: isPaired)
        last = ColumnSum(product, start, column + 3 * distance, isPaired: isPaired)
    }

    @inlinable @inline(__always)
    mutating func multiplyAdd(_ a: Lanes<Set>, _ index: Int) {
        three.multiplyAdd(a, index)
        last.multiplyAdd(a, index)
    }
}

/// The gates' sums of two vectors of units, one behind the other.
@usableFromInline
struct GatePair<Gates: GateSums>: GateSums {
    @usableFromInline typealias Set = Gates.Set
    @usableFromInline var first, second: Gates

    @inlinable @inline(__always)
    init(
        _ product: UnsafePointer<PackedDense>, _ start: UnsafePointer<Float>, _ column: Int, distance: Int,
        isPaired: Bool
    ) {
        first = Gates(product, start, column, distance: distance, isPaired: true)
        second = Gates(product, start, column + Lanes<Set>.count, distance: distance, isPaired: true)
    }

    @inlinable @inline(__always)
    mutating func multiplyAdd(_ a: Lanes<Set>, _ index: Int) {
        first.multiplyAdd(a, index)
        second.multiplyAdd(a, index)
    }
}
