import CIntrinsics

/// One step of a method on each parameter alone, by its formula. The parameter is `w`, its gradient `g`.
public protocol OptimizerRule: SendableMetatype {
    /// How many numbers it keeps for each parameter, at most 3.
    static var stateCount: Int { get }
    /// Changes `w` and the state `s`, of which it uses the first ``stateCount``. `factors` are the numbers that the rule
    /// names, at most 8. The ninth is η λ of decoupled weight decay, `w ← w − η λ w`, which comes before every rule.
    static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout StateLanes<Set>, _ g: Lanes<Set>, _ factors: UnsafePointer<Set.Scalar>)
}

/// What a rule keeps of each parameter.
public typealias StateLanes<Set: InstructionSet> = (Lanes<Set>, Lanes<Set>, Lanes<Set>)

/// The kernels of one optimizer.
///
/// `w` and each state have `rows × columns` elements with `stride` between rows; the states lie in vectors of the shape of
/// the parameters, at the same `offset` in each. So they are a block of larger matrices; flat vectors are one row.
public struct OptimizerKernel<Scalar: KernelScalar>: Sendable {
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    public typealias Step =
        @Sendable (
            _ rows: Int, _ columns: Int, _ w: Out, _ states: UnsafePointer<Out>, _ offset: Int, _ stride: Int, _ g: In,
            _ gStride: Int, _ factors: In
        ) -> Void

    /// A step along the gradient `g`, which has a stride of its own.
    public let step: Step
    /// A step along the gradient `Aᵀ B`, which is never there as a whole. Scratch memory is aligned to a cache line:
    /// ``CopyLayout/scratchCount(rows:columns:depth:)`` elements for the fastest step, ``CopyLayout/tile`` at least.
    public let stepAlongProduct:
        @Sendable (
            _ rows: Int, _ columns: Int, _ depth: Int, _ a: In, _ aStride: Int, _ b: In, _ bStride: Int, _ w: Out,
            _ states: UnsafePointer<Out>, _ offset: Int, _ stride: Int, _ factors: In, _ scratch: Out,
            _ scratchCount: Int
        ) -> Void

    @inlinable @inline(__always)
    init(
        step: @escaping Step,
        stepAlongProduct:
            @escaping @Sendable (
                Int, Int, Int, In, Int, In, Int, Out, UnsafePointer<Out>, Int, Int, In, Out, Int
            ) -> Void
    ) {
        self.step = step
        self.stepAlongProduct = stepAlongProduct
    }
}

/// Where a step takes place: an element of the parameters and of each state.
@usableFromInline
struct StepPlace<Set: InstructionSet, Rule: OptimizerRule> {
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    @usableFromInline let w: Out
    // The address of w where the rule keeps less.
    @usableFromInline let state0: Out
    @usableFromInline let state1: Out
    @usableFromInline let state2: Out
    @usableFromInline let factors: UnsafePointer<Set.Scalar>

    @inlinable @inline(__always)
    init(_ w: Out, state0: Out, state1: Out, state2: Out, factors: UnsafePointer<Set.Scalar>) {
        self.w = w
        self.state0 = state0
        self.state1 = state1
        self.state2 = state2
        self.factors = factors
    }

    @inlinable @inline(__always)
    init(_ w: Out, states: UnsafePointer<Out>, offset: Int, factors: UnsafePointer<Set.Scalar>) {
        self.init(
            w, state0: Rule.stateCount > 0 ? states[0] + offset : w,
            state1: Rule.stateCount > 1 ? states[1] + offset : w,
            state2: Rule.stateCount > 2 ? states[2] + offset : w,
            factors: factors)
    }

    @inlinable @inline(__always)
    func advanced(by distance: Int) -> StepPlace {
        StepPlace(
            w + distance, state0: state0 + distance, state1: state1 + distance, state2: state2 + distance,
            factors: factors)
    }

    /// The step of a vector, or of the first `count` elements.
    @inlinable @inline(__always)
    func step(_ gradient: Lanes<Set>, count: Int = Lanes<Set>.count) {
        var parameters = Lanes<Set>(loading: w, count)
        var state: StateLanes<Set> = (
            Rule.stateCount > 0 ? Lanes(loading: state0, count) : 0.0,
            Rule.stateCount > 1 ? Lanes(loading: state1, count) : 0.0,
            Rule.stateCount > 2 ? Lanes(loading: state2, count) : 0.0
        )
        parameters = parameters.adding(Lanes(-factors[8]), times: parameters)
        Rule.step(&parameters, &state, gradient, factors)
        parameters.store(w, count)
        if Rule.stateCount > 0 { state.0.store(state0, count) }
        if Rule.stateCount > 1 { state.1.store(state1, count) }
        if Rule.stateCount > 2 { state.2.store(state2, count) }
    }

    /// Brings the cache lines of `count` elements into the cache.
    @inlinable @inline(__always)
    func prefetch(count: Int) {
        var element = 0
        while element < count {
            vector_prefetch(w + element)
            if Rule.stateCount > 0 { vector_prefetch(state0 + element) }
            if Rule.stateCount > 1 { vector_prefetch(state1 + element) }
            if Rule.stateCount > 2 { vector_prefetch(state2 + element) }
            element += 64 / MemoryLayout<Set.Scalar>.stride
        }
    }
}

@usableFromInline
enum OptimizerKernelInstance<Set: InstructionSet, Rule: OptimizerRule> {
    @usableFromInline typealias Scalar = Set.Scalar
    @usableFromInline typealias In = UnsafePointer<Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Scalar>

    @inlinable @inline(never)
    static func step(
        rows: Int, columns: Int, _ w: Out, states: UnsafePointer<Out>, offset: Int, stride: Int, _ g: In, gStride: Int,
        factors: In
    ) {
        for row in 0..<rows {
            let place = StepPlace<Set, Rule>(
                w + row * stride, states: states, offset: offset + row * stride, factors: factors)
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                place.advanced(by: i).step(Lanes(loading: g + (row * gStride + i), left), count: left)
            }
        }
    }

    @inlinable @inline(never)
    static func stepAlongProduct(
        rows: Int, columns: Int, depth: Int, _ a: In, aStride: Int, _ b: In, bStride: Int, _ w: Out,
        states: UnsafePointer<Out>, offset: Int, stride: Int, factors: In, scratch: Out, scratchCount: Int
    ) {
        ProductTile<Set>.forEach(
            rows: rows, columns: columns, depth: depth, a, aStride: aStride, b, bStride: bStride,
            inOrder: CopyLayout.passesInOrder((1 + Rule.stateCount) * rows * columns), scratch: scratch,
            scratchCount: scratchCount
        ) { tile in
            let distance = tile.row * stride + tile.column
            stepTile(
                tile, depth: depth, w + distance, states: states, offset: offset + distance, stride: stride,
                factors: factors, scratch: scratch)
        }
    }

    /// Steps full tiles from the registers that their gradient is summed in, others by way of `scratch`. It has the loops of the
    /// matrix product in it: some 10 KB for each rule and instruction set.
    @inlinable @inline(never)
    static func stepTile(
        _ tile: ProductTile<Set>, depth: Int, _ w: Out, states: UnsafePointer<Out>, offset: Int, stride: Int,
        factors: In, scratch: Out
    ) {
        let width = TwoVectors<Set>.width
        guard tile.rows == Set.tileRows && tile.columns == width else {
            tile.multiply(depth: depth, into: scratch, stride: width, start: .zero)
            return step(
                rows: tile.rows, columns: tile.columns, w, states: states, offset: offset, stride: stride, scratch,
                gStride: width, factors: factors)
        }
        let place = StepPlace<Set, Rule>(w, states: states, offset: offset, factors: factors)
        if Set.tileRows == 14 {
            step(Rows14<TwoVectors<Set>>.self, tile, depth: depth, place, stride: stride)
        } else {
            step(Rows6<TwoVectors<Set>>.self, tile, depth: depth, place, stride: stride)
        }
    }

    @inlinable @inline(__always)
    static func step<Rows: SteppingRows>(
        _: Rows.Type, _ tile: ProductTile<Set>, depth: Int, _ place: StepPlace<Set, Rule>, stride: Int
    ) where Rows.Columns.Set == Set {
        // While the gradient is computed.
        Rows.prefetch(place, rowStride: stride)
        var gradient = Rows()
        if tile.isCopied && ProductTile<Set>.hasLoopOfCopies {
            gradient.multiplyAdd(depth: depth, panel: tile.a, strip: tile.b)
        } else {
            gradient.multiplyAdd(
                depth: depth, tile.a, rowStride: tile.rowStride, columnStride: tile.aStride, tile.b,
                bStride: tile.bStride,
                count: Rows.Columns.width, ahead: Ahead(tile.b, step: 0))
        }
        gradient.step(place, rowStride: stride)
    }

    /// With a loop over the tiles of its own.
    @inlinable @inline(__always)
    static var kernel: OptimizerKernel<Scalar> {
        OptimizerKernel(step: step, stepAlongProduct: stepAlongProduct)
    }

    /// With the loop that the rules share.
    @inlinable @inline(__always)
    static var sharingLoop: OptimizerKernel<Scalar> {
        OptimizerKernel(
            step: step,
            stepAlongProduct: {
                SteppingLoop<Set>.stepAlongProduct(
                    rows: $0, columns: $1, depth: $2, $3, aStride: $4, $5, bStride: $6, $7, states: $8, offset: $9,
                    stride: $10, factors: $11, scratch: $12, scratchCount: $13, step: step)
            })
    }
}

/// The steps along a product of every rule that has no loop of its own.
@usableFromInline
enum SteppingLoop<Set: InstructionSet> {
    @usableFromInline typealias Scalar = Set.Scalar
    @usableFromInline typealias In = UnsafePointer<Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Scalar>

    /// Each tile of the gradient goes to `scratch` and from there, in the nearest cache, into the step.
    @inlinable @inline(never)
    static func stepAlongProduct(
        rows: Int, columns: Int, depth: Int, _ a: In, aStride: Int, _ b: In, bStride: Int, _ w: Out,
        states: UnsafePointer<Out>, offset: Int, stride: Int, factors: In, scratch: Out, scratchCount: Int,
        step: OptimizerKernel<Scalar>.Step
    ) {
        let width = TwoVectors<Set>.width
        ProductTile<Set>.forEach(
            rows: rows, columns: columns, depth: depth, a, aStride: aStride, b, bStride: bStride,
            inOrder: CopyLayout.passesInOrder(2 * rows * columns), scratch: scratch, scratchCount: scratchCount
        ) { tile in
            tile.multiply(depth: depth, into: scratch, stride: width, start: .zero)
            let distance = tile.row * stride + tile.column
            step(
                tile.rows, tile.columns, w + distance, states, offset + distance, stride, scratch, width, factors)
        }
    }
}
