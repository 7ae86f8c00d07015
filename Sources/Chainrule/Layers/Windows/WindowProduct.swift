import Kernels

/// The bilinear maps of a convolution: `Z = P W`, with a row of patches P for each output position, and their adjoints.
///
/// Patches are gathered some positions at a time, as many as take a part of the second-level cache; a window of one tap needs
/// none. With groups, each group of output channels sees its own group of input channels. Where every channel is a group,
/// the convolution is depthwise, and has kernels of its own.
struct WindowProduct {
    let window: Window
    let inputChannels: Int
    let outputChannels: Int
    let groups: Int
    let arithmetic: Arithmetic
    let scratch: Matrix

    var isDepthwise: Bool { WindowProduct.isDepthwise(inputChannels, outputChannels, groups) }
    var groupInputs: Int { inputChannels / groups }
    var groupOutputs: Int { outputChannels / groups }
    var depth: Int { window.taps * groupInputs }

    var isPointwise: Bool { WindowProduct.isPointwise(window) }

    /// Whether a patch is the input position itself.
    static func isPointwise(_ window: Window) -> Bool {
        window.taps == 1 && window.stride == Window.Axes(repeating: 1) && window.before == Window.Axes()
            && window.input == window.output
    }

    static func isDepthwise(_ inputChannels: Int, _ outputChannels: Int, _ groups: Int) -> Bool {
        groups > 1 && groups == inputChannels && groups == outputChannels
    }

    /// `Z = P W + b`, or `Z += P W`.
    /// - Parameters:
    ///   - x: a row for each input position of all samples; z: for each output position.
    ///   - w: a row for each output channel: taps × channels of its group.
    func multiply(_ x: Matrix, _ w: Matrix, plus bias: Matrix?, into z: Matrix, accumulating: Bool) {
        if isDepthwise {
            let (taps, rest) = tapMajor(w)
            return forEachSample(x, z) { x, z in
                guard accumulating else { return arithmetic.depthwise(window, x, weights: taps, bias: bias, into: z) }
                let product = Matrix(base: rest, rows: z.rows, columns: z.columns)
                arithmetic.depthwise(window, x, weights: taps, bias: nil, into: product)
                arithmetic.add(product, to: z)
            }
        }
        for group in 0..<groups {
            let units = group * groupOutputs
            let rows = w.rows(from: units, count: groupOutputs)
            let bias = bias?.columns(from: units, count: groupOutputs)
            forEachPiece(x, z, group, needsRoom: accumulating) { patches, piece, rest in
                let sums = piece.columns(from: units, count: groupOutputs)
                guard accumulating else {
                    return arithmetic.productTransposed(patches, rows, plus: bias, into: sums, scratch: rest)
                }
                let product = Matrix(base: rest.base, rows: sums.rows, columns: groupOutputs)
                arithmetic.productTransposed(
                    patches, rows, plus: nil, into: product, scratch: after(rest, product.count))
                arithmetic.add(product, to: sums)
            }
        }
    }

    /// `Δ = Pᵀ`-scattered `S W`: what reaches the inputs from S.
    func multiplyInput(_ s: Matrix, _ w: Matrix, into delta: Matrix, accumulating: Bool) {
        if isDepthwise {
            let (taps, _) = tapMajor(w)
            return forEachSample(delta, s) { delta, s in
                arithmetic.depthwiseInputGradient(window, s, weights: taps, into: delta, accumulating: accumulating)
            }
        }
        if !accumulating && !isPointwise { delta.fill { 0 } }
        for group in 0..<groups {
            let units = group * groupOutputs
            let rows = w.rows(from: units, count: groupOutputs)
            let sums = s.columns(from: units, count: groupOutputs)
            if isPointwise {
                arithmetic.product(
                    sums, rows, into: delta.columns(from: group * groupInputs, count: groupInputs),
                    accumulating: accumulating, scratch: scratch)
                continue
            }
            for first in stride(from: 0, to: s.rows, by: positionsAtATime) {
                let positions = first..<min(first + positionsAtATime, s.rows)
                let patches = Matrix(base: scratch.base, rows: positions.count, columns: depth)
                arithmetic.product(
                    sums.rows(from: positions.lowerBound, count: positions.count), rows, into: patches,
                    accumulating: false, scratch: after(scratch, patches.count))
                PatchKernels.scatter(
                    window, channels: groupInputs, patches.base, positions: positions,
                    addingTo: delta.base + group * groupInputs, positionStride: delta.stride)
            }
        }
    }

    /// `G = Sᵀ P`, or `G += Sᵀ P`: a share of its columns.
    func multiplyWeights(_ s: Matrix, _ x: Matrix, into gradient: Matrix, accumulating: Bool, _ share: Share) {
        if isDepthwise {
            // Tap-major, so that the channels of a tap lie side by side.
            let channels = share.of(groups)
            if channels.isEmpty { return }
            let taps = Matrix(base: scratch.base, rows: window.taps, columns: channels.count)
            var isFirst = true
            forEachSample(x, s) { x, s in
                arithmetic.depthwiseWeightGradient(
                    window, x.columns(from: channels.lowerBound, count: channels.count),
                    s.columns(from: channels.lowerBound, count: channels.count), into: taps, accumulating: !isFirst)
                isFirst = false
            }
            for channel in 0..<channels.count {
                for tap in 0..<window.taps {
                    let sum = taps[tap, channel]
                    let row = channels.lowerBound + channel
                    gradient[row, tap] = accumulating ? gradient[row, tap] + sum : sum
                }
            }
            return
        }
        let columns = share.of(depth)
        if columns.isEmpty { return }
        for group in 0..<groups {
            let units = group * groupOutputs
            let block = gradient.rows(from: units, count: groupOutputs)
                .columns(from: columns.lowerBound, count: columns.count)
            var accumulates = accumulating
            forEachPiece(x, s, group, columns: columns) { patches, piece, rest in
                arithmetic.transposedProduct(
                    piece.columns(from: units, count: groupOutputs), patches, into: block, accumulating: accumulates,
                    scratch: rest)
                accumulates = true
            }
        }
    }

    /// Calls `body` with the patches of some output positions, with these positions' rows of z, and with the rest of the
    /// scratch memory.
    /// - Parameter needsRoom: whether the rest has room for a result of these positions.
    func forEachPiece(
        _ x: Matrix, _ z: Matrix, _ group: Int, columns: Range<Int>? = nil, needsRoom: Bool = false,
        _ body: (_ patches: Matrix, _ z: Matrix, _ rest: Matrix) -> Void
    ) {
        let columns = columns ?? 0..<depth
        let most = isPointwise && !needsRoom ? z.rows : positionsAtATime
        for first in stride(from: 0, to: z.rows, by: most) {
            let positions = first..<min(first + most, z.rows)
            let piece = z.rows(from: first, count: positions.count)
            if isPointwise {
                let inputs = x.rows(from: first, count: positions.count)
                body(
                    inputs.columns(from: group * groupInputs + columns.lowerBound, count: columns.count), piece, scratch
                )
                continue
            }
            let patches = Matrix(base: scratch.base, rows: positions.count, columns: columns.count)
            PatchKernels.gather(
                window, channels: groupInputs, columns: columns, x.base + group * groupInputs, positionStride: x.stride,
                positions: positions, into: patches.base)
            body(patches, piece, after(scratch, patches.count))
        }
    }

    /// Calls `body` with the positions of each sample, in two matrices.
    func forEachSample(_ x: Matrix, _ z: Matrix, _ body: (_ x: Matrix, _ z: Matrix) -> Void) {
        for sample in 0..<z.rows / window.outputPositions {
            body(
                x.rows(from: sample * window.inputPositions, count: window.inputPositions),
                z.rows(from: sample * window.outputPositions, count: window.outputPositions))
        }
    }

    /// How many positions' patches to gather at a time: as many as take a quarter of the second-level cache.
    var positionsAtATime: Int { WindowProduct.positionsAtATime(depth: depth) }

    static func positionsAtATime(depth: Int) -> Int {
        max(2, CacheSizes.second / 4 / MemoryLayout<Float>.stride / depth / 16) * 16
    }

    /// The scratch memory for so many rows, in floats; `Int.max` for too much.
    static func scratchCount(
        _ window: Window, inputChannels: Int, outputChannels: Int, groups: Int, rows: Int
    ) -> Int {
        let (taps, positions) = (Int64(window.taps), Int64(window.outputPositions))
        if isDepthwise(inputChannels, outputChannels, groups) {
            return Int(clamping: (taps + positions) * Int64(groups) + 16)
        }
        let (depth, columns) = (window.taps * (inputChannels / groups), outputChannels / groups)
        let some = Int(clamping: min(Int64(positionsAtATime(depth: depth)), Int64(rows) * positions))
        guard (Int64(depth) + Int64(columns)) * Int64(max(some, columns)) <= Int64(Int.max) / 128 else { return .max }
        let product = max(
            PackedProduct.scratchCount(rows: some, columns: columns, depth: depth),
            CopyLayout.scratchCount(rows: some, columns: depth, depth: min(columns, CopyLayout.mostDepth)),
            CopyLayout.scratchCount(rows: columns, columns: depth, depth: some))
        return Int(clamping: Int64(some) * (Int64(depth) + Int64(columns)) + Int64(product) + 32)
    }

    /// The weights of a depthwise convolution with a row for each tap, and the scratch memory behind them.
    private func tapMajor(_ w: Matrix) -> (taps: Matrix, rest: UnsafeMutablePointer<Float>) {
        let taps = Matrix(base: scratch.base, rows: window.taps, columns: groups)
        arithmetic.transpose(w, into: taps)
        return (taps, scratch.base + WindowProduct.wholeLines(taps.count))
    }

    /// Scratch memory from the next cache line on.
    private func after(_ scratch: Matrix, _ count: Int) -> Matrix {
        let used = WindowProduct.wholeLines(count)
        return Matrix(base: scratch.base + used, rows: 1, columns: scratch.count - used)
    }

    private static func wholeLines(_ count: Int) -> Int { (count + 15) & ~15 }
}
