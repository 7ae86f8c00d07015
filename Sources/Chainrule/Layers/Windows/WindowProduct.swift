import Kernels

/// The bilinear maps of a convolution: `Z = P W`, with a row of patches P for each output position, and their adjoints.
///
/// P is written out for predictions in bfloat16 and int8 alone: windows slide over the inputs (``SlidingWindow``), and a window
/// of one tap is the input itself. With groups, each group of output channels sees its own group of input channels. Where every channel is a group, the
/// convolution is depthwise, and has kernels of its own.
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
            let taps = tapMajor(w)
            return slide(over: x).depthwise(
                window, weights: taps, plus: bias, into: z, accumulating: accumulating)
        }
        for group in 0..<groups {
            let units = group * groupOutputs
            let (inputs, rows) = (channels(ofInput: x, group), w.rows(from: units, count: groupOutputs))
            let (bias, sums) = (
                bias?.columns(from: units, count: groupOutputs), z.columns(from: units, count: groupOutputs)
            )
            if isPointwise && !accumulating {
                arithmetic.productTransposed(inputs, rows, plus: bias, into: sums, scratch: scratch)
                continue
            }
            slide(over: inputs)
                .multiply(panels: packed(rows), plus: bias, into: sums, accumulating: accumulating)
        }
    }

    /// What reaches the inputs from S: windows of S slide over the inputs, one for each series of inputs that have the same
    /// taps.
    func multiplyInput(_ s: Matrix, _ w: Matrix, into delta: Matrix, accumulating: Bool) {
        if isDepthwise {
            let taps = tapMajor(w)
            return SlidingWindow.forEachTransposedSeries(window) { first in
                slideBack(over: s, first).depthwise(
                    window, weights: taps, plus: nil, into: delta, accumulating: accumulating)
            }
        }
        for group in 0..<groups {
            let units = group * groupOutputs
            let rows = w.rows(from: units, count: groupOutputs)
            let sums = s.columns(from: units, count: groupOutputs)
            let inputs = channels(ofInput: delta, group)
            if isPointwise {
                arithmetic.product(sums, rows, into: inputs, accumulating: accumulating, scratch: scratch)
            } else {
                SlidingWindow.forEachTransposedSeries(window) { first in
                    let product = slideBack(over: sums, first)
                    product.multiply(
                        panels: packed(rows, for: product), plus: nil, into: inputs, accumulating: accumulating)
                }
            }
        }
    }

    /// `G = Sᵀ P`, or `G += Sᵀ P`: a share of its columns.
    func multiplyWeights(_ s: Matrix, _ x: Matrix, into gradient: Matrix, accumulating: Bool, _ share: Share) {
        if isDepthwise {
            // Tap-major, so that the channels of a tap lie side by side.
            let channels = share.of(groups)
            if channels.isEmpty { return }
            let taps = room(window.taps, channels.count)
            taps.clear()
            let (x, s) = (
                x.columns(from: channels.lowerBound, count: channels.count),
                s.columns(from: channels.lowerBound, count: channels.count)
            )
            slide(over: x).addDepthwiseProducts(window, s, to: taps)
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
            let (inputs, sums) = (channels(ofInput: x, group), s.columns(from: units, count: groupOutputs))
            if isPointwise {
                arithmetic.transposedProduct(
                    sums, inputs.columns(from: columns.lowerBound, count: columns.count), into: block,
                    accumulating: accumulating, scratch: scratch)
                continue
            }
            if !accumulating { block.fill { 0 } }
            guard addsTransposed else {
                slide(over: inputs).addTransposedProduct(sums, columns: columns, to: block)
                continue
            }
            let transposed = room(columns.count, groupOutputs)
            transposed.clear()
            slide(over: inputs).addProduct(sums, columns: columns, to: transposed)
            for unit in 0..<groupOutputs {
                for column in 0..<columns.count { block[unit, column] += transposed[column, unit] }
            }
        }
    }

    /// Whether the gradient of the weights is faster to compute transposed: fewer of its vectors are filled in part.
    private var addsTransposed: Bool {
        let lanes = arithmetic.kernels.vectorWidth
        func vectors(_ count: Int) -> Int { (count + lanes - 1) / lanes }
        // Taps that lie apart are computed one by one.
        let taps = window.dilation[2] == 1 ? window.kernel[2] : 1
        let run = taps * groupInputs
        return 4 * run * vectors(groupOutputs) < 3 * groupOutputs * vectors(run)
    }

    func channels(ofInput x: Matrix, _ group: Int) -> Matrix {
        x.columns(from: group * groupInputs, count: groupInputs)
    }

    /// The window over inputs.
    func slide(over inputs: Matrix) -> SlidingWindow {
        SlidingWindow(window, isTransposed: false, first: Window.Axes(), source: inputs, arithmetic: arithmetic)
    }

    /// A series of the transposed window, over outputs.
    func slideBack(over outputs: Matrix, _ first: Window.Axes) -> SlidingWindow {
        SlidingWindow(window, isTransposed: true, first: first, source: outputs, arithmetic: arithmetic)
    }

    // MARK: Packed weights

    /// A group's Wᵀ in panels (``PanelPacking``), in scratch memory.
    private func packed(_ w: Matrix) -> UnsafeMutablePointer<Float> {
        let panels = room(PanelPacking.lanes(of: w.rows, vectorWidth: arithmetic.kernels.vectorWidth), depth).base
        PanelPacking.forEachPanel(outputs: w.rows, vectorWidth: arithmetic.kernels.vectorWidth) { units, width in
            arithmetic.transpose(
                w.rows(from: units.lowerBound, count: units.count),
                into: Matrix(
                    base: panels + units.lowerBound * depth, rows: depth, columns: units.count, stride: width))
        }
        return panels
    }

    /// A group's W in panels of input channels, with a row for each tap of a transposed product and each output channel.
    private func packed(_ w: Matrix, for product: SlidingWindow) -> UnsafeMutablePointer<Float> {
        let (depth, height, across) = (product.depth, product.height, product.width)
        let taps = depth.taps * height.taps * across.taps
        let panels = room(
            PanelPacking.lanes(of: groupInputs, vectorWidth: arithmetic.kernels.vectorWidth), taps * w.rows
        ).base
        PanelPacking.forEachPanel(outputs: groupInputs, vectorWidth: arithmetic.kernels.vectorWidth) { units, width in
            var to = panels + units.lowerBound * taps * w.rows
            for tap in 0..<taps {
                let (line, widthTap) = tap.quotientAndRemainder(dividingBy: across.taps)
                let (plane, heightTap) = line.quotientAndRemainder(dividingBy: height.taps)
                let number =
                    (depth.windowTap(plane) * window.kernel[1] + height.windowTap(heightTap)) * window.kernel[2]
                    + across.windowTap(widthTap)
                Matrix(base: to, rows: w.rows, columns: units.count, stride: width)
                    .assign(w.columns(from: number * groupInputs + units.lowerBound, count: units.count))
                to += w.rows * width
            }
        }
        return panels
    }

    /// How many positions' patches to gather at a time: as many as take a quarter of the second-level cache.
    var positionsAtATime: Int { WindowProduct.positionsAtATime(depth: depth) }

    static func positionsAtATime(depth: Int) -> Int {
        max(2, CacheSizes.second / 4 / MemoryLayout<Float>.stride / depth / 16) * 16
    }

    /// The scratch memory for so many rows, in floats; `Int.max` for too much: what the products of a pointwise window take, or
    /// packed weights, or a predictor's patches.
    static func scratchCount(
        _ window: Window, inputChannels: Int, outputChannels: Int, groups: Int, rows: Int
    ) -> Int {
        if isDepthwise(inputChannels, outputChannels, groups) {
            return Int(clamping: Int64(window.taps) * Int64(groups) + 64)
        }
        let (inputs, columns) = (inputChannels / groups, outputChannels / groups)
        let depth = window.taps * inputs
        let some = Int(
            clamping: min(Int64(positionsAtATime(depth: depth)), Int64(rows) * Int64(window.outputPositions)))
        guard (Int64(depth) + Int64(columns)) * Int64(max(some, columns)) <= Int64(Int.max) / 128 else { return .max }
        // Panels are whole vectors of at most 16 lanes.
        let packed =
            Int64(window.taps) * max(Int64(inputs) * (Int64(columns) + 15), Int64(columns) * (Int64(inputs) + 15))
        var count = max(packed, Int64(some) * Int64(depth))
        if isPointwise(window) {
            let products = [
                PackedProduct.scratchCount(rows: some, columns: columns, depth: depth),
                CopyLayout.scratchCount(rows: some, columns: depth, depth: min(columns, CopyLayout.mostDepth)),
                CopyLayout.scratchCount(rows: columns, columns: depth, depth: some),
            ]
            for product in products { count = max(count, Int64(product)) }
        }
        return Int(clamping: count + 64)
    }

    /// The first of the scratch memory.
    func room(_ rows: Int, _ columns: Int) -> Matrix {
        precondition(rows * columns <= scratch.count)
        return Matrix(base: scratch.base, rows: rows, columns: columns)
    }

    /// The weights of a depthwise convolution with a row for each tap, in scratch memory.
    private func tapMajor(_ w: Matrix) -> Matrix {
        let taps = room(window.taps, groups)
        arithmetic.transpose(w, into: taps)
        return taps
    }
}
