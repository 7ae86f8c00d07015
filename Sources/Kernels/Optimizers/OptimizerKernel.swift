import CIntrinsics

/// One step of a method on each parameter alone, by its formula. The parameter is `w`, its gradient `g`.
public protocol OptimizerRule: SendableMetatype {
    /// How many numbers it keeps for each parameter, at most 2.
    static var stateCount: Int { get }
    /// Changes `w` and the state `s`. `factors` are the numbers that the rule names.
    static func step<Set: InstructionSet>(
        _ w: inout Lanes<Set>, _ s: inout (Lanes<Set>, Lanes<Set>), _ g: Lanes<Set>,
        _ factors: UnsafePointer<Set.Scalar>)
}

/// The kernels of one optimizer.
///
/// `w` and each state have `rows × columns` elements with `stride` between rows; the states lie in vectors of the shape of
/// the parameters, at the same `offset` in each. So they are a block of larger matrices; flat vectors are one row.
public struct OptimizerKernel<Scalar: KernelScalar>: Sendable {
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    /// A step along the gradient `g`, which has a stride of its own.
    public let step:
        @Sendable (
            _ rows: Int, _ columns: Int, _ w: Out, _ states: UnsafePointer<Out>, _ offset: Int, _ stride: Int, _ g: In,
            _ gStride: Int, _ factors: In
        ) -> Void
    /// A step along the gradient `A B`, as ``MatrixKernels/multiply`` has it, which is never there as a whole.
    public let stepAlongProduct:
        @Sendable (
            _ rows: Int, _ columns: Int, _ depth: Int, _ a: In, _ aRowStride: Int, _ aColumnStride: Int, _ b: In,
            _ bStride: Int, _ w: Out, _ states: UnsafePointer<Out>, _ offset: Int, _ stride: Int,
            _ factors: In, _ scratch: Out
        ) -> Void

    @inlinable @inline(__always)
    init(
        step:
            @escaping @Sendable (
                Int, Int, Out, UnsafePointer<Out>, Int, Int, In, Int, In
            ) -> Void,
        stepAlongProduct:
            @escaping @Sendable (
                Int, Int, Int, In, Int, Int, In, Int, Out, UnsafePointer<Out>, Int, Int, In, Out
            ) -> Void
    ) {
        self.step = step
        self.stepAlongProduct = stepAlongProduct
    }

    /// As many elements of scratch memory as `stepAlongProduct` needs: a register tile.
    public static var scratchCount: Int { 14 * 32 }
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
            let (w, g) = (w + row * stride, g + row * gStride)
            let state0 = Rule.stateCount > 0 ? states[0] + (offset + row * stride) : w
            let state1 = Rule.stateCount > 1 ? states[1] + (offset + row * stride) : w
            for (i, left) in Lanes<Set>.vectors(of: columns) {
                var parameters = Lanes<Set>(loading: w + i, left)
                var state: (Lanes<Set>, Lanes<Set>) = (
                    Rule.stateCount > 0 ? Lanes(loading: state0 + i, left) : 0.0,
                    Rule.stateCount > 1 ? Lanes(loading: state1 + i, left) : 0.0
                )
                Rule.step(&parameters, &state, Lanes(loading: g + i, left), factors)
                parameters.store(w + i, left)
                if Rule.stateCount > 0 { state.0.store(state0 + i, left) }
                if Rule.stateCount > 1 { state.1.store(state1 + i, left) }
            }
        }
    }

    @inlinable @inline(never)
    static func stepAlongProduct(
        rows: Int, columns: Int, depth: Int, _ a: In, aRowStride: Int, aColumnStride: Int, _ b: In, bStride: Int,
        _ w: Out, states: UnsafePointer<Out>, offset: Int, stride: Int, factors: In, scratch: Out
    ) {
        let width = TwoVectors<Set>.width
        var row = 0
        var tiles = (rows + Set.tileRows - 1) / Set.tileRows
        while tiles > 0 {
            let height = (rows - row + tiles - 1) / tiles
            for column in Swift.stride(from: 0, to: columns, by: width) {
                let place = row * stride + column
                let count = min(width, columns - column)
                // What the step will need comes into the cache while the product is computed.
                for i in 0..<height {
                    prefetch(w + (place + i * stride), count: count)
                    if Rule.stateCount > 0 { prefetch(states[0] + (offset + place + i * stride), count: count) }
                    if Rule.stateCount > 1 { prefetch(states[1] + (offset + place + i * stride), count: count) }
                }
                MatrixKernels<Set>.columnBlocks(
                    rows: height, columns: count, depth: depth, a + row * aRowStride, aRowStride: aRowStride,
                    aColumnStride: aColumnStride, b + column, bStride: bStride, scratch, cStride: width, start: .zero)
                step(
                    rows: height, columns: count, w + place, states: states, offset: offset + place, stride: stride,
                    scratch, gStride: width, factors: factors)
            }
            row += height
            tiles -= 1
        }
    }

    @inlinable @inline(__always)
    static func prefetch(_ pointer: Out, count: Int) {
        let line = 64 / MemoryLayout<Scalar>.stride
        for element in Swift.stride(from: 0, to: count, by: line) { vector_prefetch(pointer + element) }
    }

    @inlinable @inline(__always)
    static var kernel: OptimizerKernel<Scalar> {
        OptimizerKernel(step: step, stepAlongProduct: stepAlongProduct)
    }
}
