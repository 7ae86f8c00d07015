/// Steps of one row of a small cell, of packed units that fill one vector or two: product, σ and h without a call between them,
/// because a step takes little longer than its calls.
///
/// Sums go in the order of ``PanelLoops`` and formulas are those of the cells' kernels: the bits are the same.
@usableFromInline
enum SmallCells<Set: InstructionSet> where Set.Scalar == Float {
    @usableFromInline typealias Block = Lanes<Set>

    /// The most vectors of units.
    @inlinable @inline(__always) static var mostBlocks: Int { 2 }

    /// The columns of a product that one vector of a gate's units takes.
    @usableFromInline
    struct Weights {
        @usableFromInline let first: UnsafePointer<Float>
        @usableFromInline let stride: Int
        @usableFromInline let start: UnsafePointer<Float>

        @inlinable @inline(__always)
        init(_ product: UnsafePointer<PackedDense>, column: Int) {
            let (width, all) = (2 * Block.count, product.pointee.outputs)
            let panel = column / width * width
            let isWhole = panel + width <= all
            let begin = isWhole ? panel : column
            first = product.pointee.panels + begin * product.pointee.words + (column - begin)
            stride = isWhole ? width : Block.count
            start = product.pointee.start + column
        }
    }

    /// `C = A Wᵀ` of one row, from the start's values on, for the gates' columns.
    @inlinable @inline(__always)
    static func sums<Gates: GateSums>(
        _: Gates.Type, _ product: UnsafePointer<PackedDense>, _ a: UnsafePointer<Float>, column: Int, distance: Int
    ) -> Gates where Gates.Set == Set {
        var weights = Gates.Pointers(product, column: column, distance: distance)
        var sums = Gates(weights)
        for index in 0..<product.pointee.words {
            sums.multiplyAdd(Block(a[index]), weights)
            weights.advance()
        }
        return sums
    }

    /// Calls `body` with each step's x and output.
    @inlinable @inline(__always)
    static func forEachStep(
        _ run: UnsafePointer<CellRun>,
        _ body: (_ x: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) -> Void
    ) {
        guard var x = run.pointee.x, var output = run.pointee.output?.base else { return }
        for _ in 0..<run.pointee.count {
            body(x, output)
            x += run.pointee.xDistance
            output += run.pointee.outputDistance
        }
    }

    @inlinable @inline(__always)
    static func gru(_ run: UnsafePointer<CellRun>) {
        let (h, distance) = (run.pointee.step.state.base, run.pointee.step.gateDistance)
        let blocks = run.pointee.step.units / Block.count
        forEachStep(run) { x, output in
            var (first, second) = (Block(0.0), Block(0.0))
            for block in 0..<blocks {
                let column = block * Block.count
                let recurrent = sums(
                    ThreeGates<Set>.self, run.pointee.products, h, column: column, distance: distance)
                let share = sums(ThreeGates<Set>.self, run.pointee.input!, x, column: column, distance: distance)
                let r = SigmoidActivation.value(share.a + recurrent.a)
                let z = SigmoidActivation.value(share.b + recurrent.b)
                var q = recurrent.c
                if let bias = run.pointee.step.weights { q = q + Block(loading: bias + column, Block.count) }
                let n = Block.tanh(share.c.adding(r, times: q))
                let new = GRUUnit(r: r, z: z, n: n).state(Block(loading: h + column, Block.count))
                if block == 0 { first = new } else { second = new }
            }
            store(first, second, blocks, h, output, run.pointee.outputUnits)
        }
    }

    @inlinable @inline(__always)
    static func lstm(_ run: UnsafePointer<CellRun>) {
        let (h, cell, distance) = (
            run.pointee.step.state.base, run.pointee.step.cell.base, run.pointee.step.gateDistance
        )
        let blocks = run.pointee.step.units / Block.count
        forEachStep(run) { x, output in
            var (first, second) = (Block(0.0), Block(0.0))
            for block in 0..<blocks {
                let column = block * Block.count
                let recurrent = sums(FourGates<Set>.self, run.pointee.products, h, column: column, distance: distance)
                let share = sums(FourGates<Set>.self, run.pointee.input!, x, column: column, distance: distance)
                let before = Block(loading: cell + column, Block.count)
                let f = SigmoidActivation.value(share.b + recurrent.b)
                let i = SigmoidActivation.value(share.a + recurrent.a)
                let g = Block.tanh(share.c + recurrent.c)
                let c = LSTMUnit(i: i, f: f, g: g, o: g).cell(before)
                let o = SigmoidActivation.value(share.d + recurrent.d)
                c.store(cell + column, Block.count)
                let new = o * Block.tanh(c)
                if block == 0 { first = new } else { second = new }
            }
            store(first, second, blocks, h, output, run.pointee.outputUnits)
        }
    }

    @inlinable @inline(__always)
    static func store(
        _ first: Block, _ second: Block, _ blocks: Int, _ h: UnsafeMutablePointer<Float>,
        _ output: UnsafeMutablePointer<Float>, _ units: Int
    ) {
        first.store(h, Block.count)
        first.store(output, units)
        if blocks > 1 {
            second.store(h + Block.count, Block.count)
            second.store(output + Block.count, units - Block.count)
        }
    }
}

/// The sums of the gates of one vector of units.
@usableFromInline
protocol GateSums {
    associatedtype Set: InstructionSet where Set.Scalar == Float
    associatedtype Pointers: GatePointers where Pointers.Set == Set
    init(_ weights: Pointers)
    mutating func multiplyAdd(_ a: Lanes<Set>, _ weights: Pointers)
}

@usableFromInline
protocol GatePointers {
    associatedtype Set: InstructionSet where Set.Scalar == Float
    init(_ product: UnsafePointer<PackedDense>, column: Int, distance: Int)
    mutating func advance()
}

@usableFromInline
struct ThreeGates<Set: InstructionSet>: GateSums where Set.Scalar == Float {
    @usableFromInline
    struct Pointers: GatePointers {
        @usableFromInline var a, b, c: SmallCells<Set>.Weights
        @usableFromInline var place = (0, 0, 0)

        @inlinable @inline(__always)
        init(_ product: UnsafePointer<PackedDense>, column: Int, distance: Int) {
            a = SmallCells<Set>.Weights(product, column: column)
            b = SmallCells<Set>.Weights(product, column: column + distance)
            c = SmallCells<Set>.Weights(product, column: column + 2 * distance)
        }
        @inlinable @inline(__always) mutating func advance() {
            place = (place.0 + a.stride, place.1 + b.stride, place.2 + c.stride)
        }
    }
    @usableFromInline var a, b, c: Lanes<Set>

    @inlinable @inline(__always)
    init(_ weights: Pointers) {
        a = Lanes(loading: weights.a.start, Lanes<Set>.count)
        b = Lanes(loading: weights.b.start, Lanes<Set>.count)
        c = Lanes(loading: weights.c.start, Lanes<Set>.count)
    }
    @inlinable @inline(__always)
    mutating func multiplyAdd(_ x: Lanes<Set>, _ weights: Pointers) {
        a = a.adding(x, times: Lanes(loading: weights.a.first + weights.place.0, Lanes<Set>.count))
        b = b.adding(x, times: Lanes(loading: weights.b.first + weights.place.1, Lanes<Set>.count))
        c = c.adding(x, times: Lanes(loading: weights.c.first + weights.place.2, Lanes<Set>.count))
    }
}

@usableFromInline
struct FourGates<Set: InstructionSet>: GateSums where Set.Scalar == Float {
    @usableFromInline
    struct Pointers: GatePointers {
        @usableFromInline var a, b, c, d: SmallCells<Set>.Weights
        @usableFromInline var place = (0, 0, 0, 0)

        @inlinable @inline(__always)
        init(_ product: UnsafePointer<PackedDense>, column: Int, distance: Int) {
            a = SmallCells<Set>.Weights(product, column: column)
            b = SmallCells<Set>.Weights(product, column: column + distance)
            c = SmallCells<Set>.Weights(product, column: column + 2 * distance)
            d = SmallCells<Set>.Weights(product, column: column + 3 * distance)
        }
        @inlinable @inline(__always) mutating func advance() {
            place = (
                place.0 + a.stride, place.1 + b.stride, place.2 + c.stride, place.3 + d.stride
            )
        }
    }
    @usableFromInline var a, b, c, d: Lanes<Set>

    @inlinable @inline(__always)
    init(_ weights: Pointers) {
        a = Lanes(loading: weights.a.start, Lanes<Set>.count)
        b = Lanes(loading: weights.b.start, Lanes<Set>.count)
        c = Lanes(loading: weights.c.start, Lanes<Set>.count)
        d = Lanes(loading: weights.d.start, Lanes<Set>.count)
    }
    @inlinable @inline(__always)
    mutating func multiplyAdd(_ x: Lanes<Set>, _ weights: Pointers) {
        a = a.adding(x, times: Lanes(loading: weights.a.first + weights.place.0, Lanes<Set>.count))
        b = b.adding(x, times: Lanes(loading: weights.b.first + weights.place.1, Lanes<Set>.count))
        c = c.adding(x, times: Lanes(loading: weights.c.first + weights.place.2, Lanes<Set>.count))
        d = d.adding(x, times: Lanes(loading: weights.d.first + weights.place.3, Lanes<Set>.count))
    }
}
